// The plan of the Java client's sticky assignors: who owns a partition keeps it, the others go to whoever has least,
// and then single partitions go over from members that have at least two more than one that could have them.

import type { Lot, Lots } from './lots.ts'
import { NOBODY } from './ownership.ts'
import type { Owners } from './plan.ts'

/** Lot by lot, the partitions that nobody owns. */
export function placeUnowned(group: Lots, before: Owners): Int32Array[] {
  const loads = loadsOf(group, before)
  const owners = before.map((each) => each.slice())
  const places = group.lots.map(({ members }) => [...members.keys()])
  // Who is near comes first, be it more balanced otherwise or not: the plan is balanced afterwards.
  for (const isNear of group.racksMatter ? [true, false] : [false]) {
    for (const [lot, { members, isFar }] of group.lots.entries()) {
      const candidates = isNear ? places[lot]!.filter((place) => isFar[place] === 0) : places[lot]!
      if (candidates.length === 0) continue
      const heap = new LeastLoaded(candidates, members, loads)
      for (const [i, owner] of owners[lot]!.entries()) if (owner === NOBODY) owners[lot]![i] = heap.take()
    }
  }
  return owners
}

/** Moves partitions until no single move makes it more balanced. What nobody owned goes first: that is no change. */
export function evenOut(group: Lots, placed: Owners, before: Owners): Int32Array[] {
  const loads = loadsOf(group, placed)
  const owners = placed.map((each) => each.slice())
  while (movePartitions(group, owners, loads, (lot, i) => before[lot]![i] === NOBODY)) {}
  while (movePartitions(group, owners, loads, () => true)) {}
  return owners
}

/** Goes once over all partitions. False when none had to move. */
function movePartitions(
  { lots }: Lots,
  owners: Owners,
  loads: Int32Array,
  mayMove: (lot: number, i: number) => boolean,
): boolean {
  let hasMoved = false
  for (const [lot, { members }] of lots.entries()) {
    const ownersOfLot = owners[lot]!
    let least = leastLoaded(members, loads)
    for (let i = 0; i < ownersOfLot.length; i++) {
      const owner = members[ownersOfLot[i]!]!
      if (loads[owner]! <= loads[members[least]!]! + 1 || !mayMove(lot, i)) continue
      ownersOfLot[i] = least
      loads[owner]!--
      loads[members[least]!]!++
      hasMoved = true
      least = leastLoaded(members, loads)
    }
  }
  return hasMoved
}

function loadsOf({ lots, memberCount }: Lots, owners: Owners): Int32Array {
  const loads = new Int32Array(memberCount)
  for (const [lot, { members }] of lots.entries()) {
    for (const place of owners[lot]!) if (place !== NOBODY) loads[members[place]!]!++
  }
  return loads
}

/** Its place; of several the first. */
function leastLoaded(members: Lot['members'], loads: Int32Array): number {
  let least = 0
  for (let place = 1; place < members.length; place++) {
    if (loads[members[place]!]! < loads[members[least]!]!) least = place
  }
  return least
}

/** A heap of places in a lot: whose load is least is on top, of several the first. */
class LeastLoaded {
  readonly #places: number[]
  readonly #members: Lot['members']
  readonly #loads: Int32Array

  constructor(places: readonly number[], members: Lot['members'], loads: Int32Array) {
    this.#places = [...places]
    this.#members = members
    this.#loads = loads
    for (let i = (this.#places.length >> 1) - 1; i >= 0; i--) this.#sink(i)
  }

  /** Gives one partition to the top, and returns its place. */
  take(): number {
    const place = this.#places[0]!
    this.#loads[this.#members[place]!]!++
    this.#sink(0)
    return place
  }

  #sink(from: number): void {
    const places = this.#places
    const place = places[from]!
    let i = from
    for (;;) {
      let child = 2 * i + 1
      if (child >= places.length) break
      if (child + 1 < places.length && this.#isBefore(places[child + 1]!, places[child]!)) child++
      if (this.#isBefore(place, places[child]!)) break
      places[i] = places[child]!
      i = child
    }
    places[i] = place
  }

  #isBefore(a: number, b: number): boolean {
    const difference = this.#loads[this.#members[a]!]! - this.#loads[this.#members[b]!]!
    return difference < 0 || (difference === 0 && a < b)
  }
}
