// Makes the best plan: the most balanced of all; of those, with the most partitions near their members; of those, with
// the fewest that change hands.
//
// All begin with nothing, and whoever has least gets a partition, again and again: from a lot with some left, or by a
// chain, in which it gets what another member has, who gets one of another lot instead, and so on to a lot with some
// left. The cheapest chains come first. So the plan is the best one for what is given so far, after every step: it is a
// flow of least cost, made by shortest paths, in which a higher load costs more than anything that chains can cost.

import type { Lots } from './lots.ts'
import { loadsOf, type Plan } from './plan.ts'

export interface FillOptions {
  /** By lot, then by place: how many of its partitions a member owned before. */
  readonly owned: readonly Int32Array[]
  /** Everybody begins with what it owned, and keeps it. */
  readonly keepAll: boolean
}

export function fill(group: Lots, options: FillOptions): Plan {
  const filling = new Filling(group, options)
  for (let next = filling.whoseTurn(); next.length > 0; next = filling.whoseTurn()) {
    for (const member of next) filling.serve(member)
  }
  return filling.plan
}

/** A place in a lot. */
interface Seat {
  readonly lot: number
  readonly place: number
}

const UNREACHED = Number.POSITIVE_INFINITY

class Filling {
  readonly plan: Plan
  readonly #group: Lots
  readonly #options: FillOptions
  /** By lot: how many of its partitions nobody has yet. */
  readonly #left: Int32Array
  /** By member. */
  readonly #seats: readonly (readonly Seat[])[]

  // The cost of a chain is one number. Each link costs 1, so the shortest of chains as cheap is taken; a move costs more
  // than all the links that a chain can have, and being far more than all the moves.
  readonly #moveCost: number
  readonly #farCost: number
  /** What it costs until a partition of a lot is free, and until a member has one more: of the cheapest chains. */
  readonly #lotLabels: Float64Array
  readonly #memberLabels: Float64Array
  /** By lot: the first place whose member may have one to give. By member: its first seat by which it may get one. */
  readonly #givers: Int32Array
  readonly #sources: Int32Array

  constructor(group: Lots, options: FillOptions) {
    const { lots, memberCount } = group
    const counts = options.owned.map((each) => (options.keepAll ? each.slice() : new Int32Array(each.length)))
    this.plan = { counts, loads: loadsOf(group, counts) }
    this.#group = group
    this.#options = options
    this.#left = Int32Array.from(lots, ({ partitions }, lot) => partitions.length - sum(counts[lot]!))
    this.#seats = seatsOf(group)
    this.#moveCost = 2 * (memberCount + lots.length) + 1
    this.#farCost = this.#moveCost ** 2
    this.#lotLabels = new Float64Array(lots.length)
    this.#memberLabels = new Float64Array(memberCount)
    this.#givers = new Int32Array(lots.length)
    this.#sources = new Int32Array(memberCount)
  }

  /** Of those that can get one more, those with the least load; of these, those with the cheapest chains. */
  whoseTurn(): number[] {
    this.#findChains()
    const { loads } = this.plan
    const costOf = (member: number) => Math.floor(this.#memberLabels[member]! / this.#moveCost)
    let turn: number[] = []
    for (let member = 0; member < loads.length; member++) {
      if (this.#memberLabels[member] === UNREACHED) continue
      const first = turn[0] ?? member
      const difference = loads[member]! - loads[first]! || costOf(member) - costOf(first)
      if (difference < 0) turn = [member]
      else if (difference === 0) turn.push(member)
    }
    return turn
  }

  /** Gives it one more by one of the cheapest chains, if those served before it have left any. */
  serve(member: number): void {
    // From the one who gets to the one who gives; the last gets from a lot with some left.
    const chain = [member]
    while (chain.length > 0) {
      const getter = chain.at(-1)!
      const seat = this.#sourceOf(getter)
      if (seat === undefined) {
        // A dead end: the one before it has to get one elsewhere.
        chain.pop()
        const before = chain.at(-1)
        if (before !== undefined) this.#givers[this.#seats[before]![this.#sources[before]!]!.lot]!++
      } else if (this.#left[seat.lot]! > 0) {
        this.#left[seat.lot]!--
        this.plan.loads[member]!++
        return this.#apply(chain)
      } else {
        const giver = this.#giverOf(seat.lot)
        if (giver === undefined) this.#sources[getter]!++
        else chain.push(giver)
      }
    }
  }

  /** The method of Bellman and Ford, with a queue: first the lots, behind them the members. */
  #findChains(): void {
    const { lots } = this.#group
    this.#lotLabels.fill(UNREACHED)
    this.#memberLabels.fill(UNREACHED)
    this.#givers.fill(0)
    this.#sources.fill(0)
    const queue: number[] = []
    const isQueued = new Uint8Array(lots.length + this.#memberLabels.length)
    const improve = (labels: Float64Array, index: number, label: number, node: number) => {
      if (label >= labels[index]!) return
      labels[index] = label
      if (isQueued[node] === 0) queue.push(node)
      isQueued[node] = 1
    }
    for (const [lot, left] of this.#left.entries()) if (left > 0) improve(this.#lotLabels, lot, 0, lot)
    for (let i = 0; i < queue.length; i++) {
      const node = queue[i]!
      isQueued[node] = 0
      if (node < lots.length) {
        const { members } = lots[node]!
        for (let place = 0; place < members.length; place++) {
          const member = members[place]!
          const label = this.#lotLabels[node]! + this.#costOfGetting(node, place)
          improve(this.#memberLabels, member, label, lots.length + member)
        }
      } else {
        for (const { lot, place } of this.#seats[node - lots.length]!) {
          const label = this.#memberLabels[node - lots.length]! + this.#costOfGiving(lot, place)
          improve(this.#lotLabels, lot, label, lot)
        }
      }
    }
  }

  #costOfGetting(lot: number, place: number): number {
    const isItsOwn = this.plan.counts[lot]![place]! < this.#options.owned[lot]![place]!
    return 1 + this.#group.lots[lot]!.isFar[place]! * this.#farCost - (isItsOwn ? this.#moveCost : 0)
  }

  #costOfGiving(lot: number, place: number): number {
    const count = this.plan.counts[lot]![place]!
    const isItsOwn = count <= this.#options.owned[lot]![place]!
    if (count === 0 || (isItsOwn && this.#options.keepAll)) return UNREACHED
    return 1 - this.#group.lots[lot]!.isFar[place]! * this.#farCost + (isItsOwn ? this.#moveCost : 0)
  }

  /** The seat by which a member gets one in a cheapest chain, as far as it is known. */
  #sourceOf(member: number): Seat | undefined {
    const seats = this.#seats[member]!
    for (; this.#sources[member]! < seats.length; this.#sources[member]!++) {
      const seat = seats[this.#sources[member]!]!
      const label = this.#lotLabels[seat.lot]! + this.#costOfGetting(seat.lot, seat.place)
      if (label === this.#memberLabels[member]) return seat
    }
    return undefined
  }

  /** Who gives one of the lot in a cheapest chain, as far as it is known. */
  #giverOf(lot: number): number | undefined {
    const { members } = this.#group.lots[lot]!
    for (; this.#givers[lot]! < members.length; this.#givers[lot]!++) {
      const place = this.#givers[lot]!
      const giver = members[place]!
      if (this.#memberLabels[giver]! + this.#costOfGiving(lot, place) === this.#lotLabels[lot]) return giver
    }
    return undefined
  }

  #apply(chain: readonly number[]): void {
    for (const [i, getter] of chain.entries()) {
      const { lot, place } = this.#seats[getter]![this.#sources[getter]!]!
      this.plan.counts[lot]![place]!++
      if (i + 1 < chain.length) this.plan.counts[lot]![this.#givers[lot]!]!--
    }
  }
}

function sum(counts: Int32Array): number {
  return counts.reduce((all, count) => all + count, 0)
}

function seatsOf({ lots, memberCount }: Lots): Seat[][] {
  const seats = Array.from({ length: memberCount }, (): Seat[] => [])
  for (const [lot, { members }] of lots.entries()) {
    for (let place = 0; place < members.length; place++) seats[members[place]!]!.push({ lot, place })
  }
  return seats
}
