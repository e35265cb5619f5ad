// Makes a plan the best one: the most balanced of all; of those, with the most partitions near their members; of those,
// with the fewest that change hands.
//
// A step of improvement is a chain: a member gives a partition of some lot to a second one, which gives one of another
// lot to a third, and so on. An open chain takes one from the load of its first member and adds one to that of its last;
// a closed one leaves all loads as they are. When no chain lowers the cost of the plan, no other plan costs less: plans
// are flows from lots to members, and their cost is convex (Klein's theorem of negative cycles). Chains are found as
// shortest paths are, by the method of Bellman and Ford: a label tells what the cheapest chain to a member costs.

import type { Lots } from './lots.ts'
import type { Plan } from './plan.ts'

export interface ImproveOptions {
  /** By lot, then by place: how many of its partitions a member owned before. */
  readonly owned: readonly Int32Array[]
  /** False: nothing that is owned may change hands; the plan given has none of that. */
  readonly mayMove: boolean
}

/** Changes `plan`. */
export function improve(group: Lots, plan: Plan, options: ImproveOptions): void {
  const chains = new Chains(group, plan, options)
  while (chains.lengthen()) {
    if (chains.applyOpen() || chains.applyClosed()) chains.forget()
  }
}

const NONE = -1

class Chains {
  readonly #group: Lots
  readonly #plan: Plan
  readonly #options: ImproveOptions
  // What moves costs 1; costs of other kinds are so much dearer that the most links a chain can have don't make up for it.
  readonly #farCost: number
  readonly #loadCost: number
  /** By member: what the cheapest chain that ends there costs, but for what it adds to that member's load. */
  readonly #labels: Float64Array
  /** By member: the lot of the chain's last link, or `NONE` where it begins; and the places of who gives and who gets. */
  readonly #lots: Int32Array
  readonly #givers: Int32Array
  readonly #getters: Int32Array

  constructor(group: Lots, plan: Plan, options: ImproveOptions) {
    this.#group = group
    this.#plan = plan
    this.#options = options
    this.#farCost = 2 * group.memberCount + 1
    this.#loadCost = this.#farCost ** 2
    this.#labels = new Float64Array(group.memberCount)
    this.#lots = new Int32Array(group.memberCount)
    this.#givers = new Int32Array(group.memberCount)
    this.#getters = new Int32Array(group.memberCount)
    this.forget()
  }

  /** A chain may begin with any member: its load becomes less by one. */
  forget(): void {
    this.#lots.fill(NONE)
    for (const [member, load] of this.#plan.loads.entries()) {
      this.#labels[member] = this.#loadCost * (1 - 2 * load)
    }
  }

  /** Tries each lot once as the next link. False when that has made no chain cheaper: then none will. */
  lengthen(): boolean {
    let hasChanged = false
    for (let lot = 0; lot < this.#group.lots.length; lot++) {
      const giver = this.#cheapestGiver(lot)
      if (giver !== NONE && this.#offer(lot, giver)) hasChanged = true
    }
    return hasChanged
  }

  /** Applies those that improve the plan, the best first, as far as they have no member in common. */
  applyOpen(): boolean {
    const { loads } = this.#plan
    const ends: { readonly member: number; readonly cost: number }[] = []
    for (const [member, load] of loads.entries()) {
      const cost = this.#labels[member]! + this.#loadCost * (1 + 2 * load)
      if (cost < 0) ends.push({ member, cost })
    }
    ends.sort((a, b) => a.cost - b.cost || a.member - b.member)
    const used = new Set<number>()
    for (const { member } of ends) {
      const chain = this.#chainTo(member, used)
      if (chain === undefined) continue
      for (const each of chain) used.add(each)
      this.#apply(chain)
      loads[chain.at(-1)!]!--
      loads[member]!++
    }
    return used.size > 0
  }

  /** A chain that bites its own tail improves the plan, or its label would not have become less. */
  applyClosed(): boolean {
    const seen = new Set<number>()
    let hasApplied = false
    for (let start = 0; start < this.#labels.length; start++) {
      const trail = new Set<number>()
      let member = start
      while (!seen.has(member) && this.#lots[member] !== NONE) {
        seen.add(member)
        trail.add(member)
        member = this.#giverTo(member)
      }
      if (!trail.has(member)) continue
      const circle = [...trail]
      this.#apply(circle.slice(circle.indexOf(member)))
      hasApplied = true
    }
    return hasApplied
  }

  /** The place of the member whose chain is the cheapest once it gives a partition of this lot. */
  #cheapestGiver(lot: number): number {
    const { members, isFar } = this.#group.lots[lot]!
    const counts = this.#plan.counts[lot]!
    const owned = this.#options.owned[lot]!
    let least = Number.POSITIVE_INFINITY
    let giver = NONE
    for (let place = 0; place < members.length; place++) {
      const count = counts[place]!
      const isMove = count <= owned[place]!
      if (count === 0 || (isMove && !this.#options.mayMove)) continue
      const label = this.#labels[members[place]!]! - isFar[place]! * this.#farCost + (isMove ? 1 : 0)
      if (label >= least) continue
      least = label
      giver = place
    }
    this.#cheapest = least
    return giver
  }
  #cheapest = 0

  #offer(lot: number, giver: number): boolean {
    const { members, isFar } = this.#group.lots[lot]!
    const counts = this.#plan.counts[lot]!
    const owned = this.#options.owned[lot]!
    let hasChanged = false
    for (let place = 0; place < members.length; place++) {
      const isBack = counts[place]! < owned[place]!
      const label = this.#cheapest + isFar[place]! * this.#farCost - (isBack ? 1 : 0)
      const member = members[place]!
      if (label >= this.#labels[member]!) continue
      this.#labels[member] = label
      this.#lots[member] = lot
      this.#givers[member] = giver
      this.#getters[member] = place
      hasChanged = true
    }
    return hasChanged
  }

  #giverTo(member: number): number {
    return this.#group.lots[this.#lots[member]!]!.members[this.#givers[member]!]!
  }

  /** From the end to the beginning; undefined when it meets itself or one that is in use. */
  #chainTo(end: number, used: ReadonlySet<number>): number[] | undefined {
    const chain = new Set<number>()
    for (let member = end; ; member = this.#giverTo(member)) {
      if (used.has(member) || chain.has(member)) return undefined
      chain.add(member)
      if (this.#lots[member] === NONE) return [...chain]
    }
  }

  /** Each member gets what its last link says. */
  #apply(chain: readonly number[]): void {
    for (const member of chain) {
      const lot = this.#lots[member]!
      if (lot === NONE) continue
      this.#plan.counts[lot]![this.#givers[member]!]!--
      this.#plan.counts[lot]![this.#getters[member]!]!++
    }
  }
}
