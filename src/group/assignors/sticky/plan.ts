// A plan says who gets what. While one is made, it matters only how many partitions of each lot a member gets, not
// which: those are chosen in the end, its own ones first.

import type { Lots } from './lots.ts'
import { NOBODY } from './ownership.ts'

/** By lot, then by its partitions in order: the place of a member in the lot, or `NOBODY`. */
export type Owners = readonly Int32Array[]

export interface Before {
  readonly owners: Owners
  /** Who had it before its owner, and still claims it. */
  readonly formers: Owners
}

export interface Plan {
  /** By lot, then by place: how many of its partitions the member gets. */
  readonly counts: readonly Int32Array[]
  /** By member: how many partitions it gets. */
  readonly loads: Int32Array
}

/** By lot, then by place: how many partitions each has. */
export function countsOf({ lots }: Lots, owners: Owners): Int32Array[] {
  return lots.map(({ members }, lot) => {
    const counts = new Int32Array(members.length)
    const ownersOfLot = owners[lot]!
    for (let i = 0; i < ownersOfLot.length; i++) {
      if (ownersOfLot[i] !== NOBODY) counts[ownersOfLot[i]!]!++
    }
    return counts
  })
}

/** By member: how many partitions it has. */
export function loadsOf({ lots, memberCount }: Lots, counts: readonly Int32Array[]): Int32Array {
  const loads = new Int32Array(memberCount)
  for (const [lot, { members }] of lots.entries()) {
    for (let place = 0; place < members.length; place++) loads[members[place]!]! += counts[lot]![place]!
  }
  return loads
}

export function planOf(group: Lots, owners: Owners): Plan {
  const counts = countsOf(group, owners)
  return { counts, loads: loadsOf(group, counts) }
}

/** How many partitions change hands: `owned` as of {@link countsOf}, before. */
export function movesOf({ counts }: Plan, owned: readonly Int32Array[]): number {
  let moves = 0
  for (const [lot, before] of owned.entries()) {
    const after = counts[lot]!
    for (let place = 0; place < before.length; place++) moves += Math.max(0, before[place]! - after[place]!)
  }
  return moves
}

/** The less, the better balanced: it is least where loads are as equal as they can be. */
export function imbalanceOf({ loads }: Plan): number {
  return loads.reduce((sum, load) => sum + load * load, 0)
}

/** Each keeps as many of its own as its count allows, the lowest numbers first; the others fill up in order. */
export function ownersOf({ lots }: Lots, { counts }: Plan, before: Owners): Int32Array[] {
  return lots.map((_, lot) => {
    const left = counts[lot]!.slice()
    const owners = before[lot]!.slice()
    for (let i = 0; i < owners.length; i++) {
      const place = owners[i]!
      if (place === NOBODY) continue
      if (left[place]! > 0) left[place]!--
      else owners[i] = NOBODY
    }
    let place = 0
    for (let i = 0; i < owners.length; i++) {
      if (owners[i] !== NOBODY) continue
      while (left[place] === 0) place++
      left[place]!--
      owners[i] = place
    }
    return owners
  })
}
