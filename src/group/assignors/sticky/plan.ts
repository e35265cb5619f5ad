// A plan says who gets what. While one is made, it matters only how many partitions of each lot a member gets, not
// which: those are chosen in the end, its own ones first.

import type { Lots } from './lots.ts'
import { NOBODY } from './ownership.ts'

/** By lot, then by its partitions in order: the place of a member in the lot, or `NOBODY`. */
export type Owners = readonly Int32Array[]

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
    for (const place of owners[lot]!) if (place !== NOBODY) counts[place]!++
    return counts
  })
}

export function planOf(group: Lots, owners: Owners): Plan {
  const counts = countsOf(group, owners)
  const loads = new Int32Array(group.memberCount)
  for (const [lot, { members }] of group.lots.entries()) {
    for (const [place, member] of members.entries()) loads[member]! += counts[lot]![place]!
  }
  return { counts, loads }
}

export function copyOf({ counts, loads }: Plan): Plan {
  return { counts: counts.map((each) => each.slice()), loads: loads.slice() }
}

/** How many partitions change hands: `owned` as of {@link countsOf}, before. */
export function movesOf({ counts }: Plan, owned: readonly Int32Array[]): number {
  let moves = 0
  for (const [lot, before] of owned.entries()) {
    for (const [place, count] of before.entries()) moves += Math.max(0, count - counts[lot]![place]!)
  }
  return moves
}

/** The less, the better balanced; what one member loses and another gains changes it by at least 2. */
export function imbalanceOf({ loads }: Plan): number {
  return loads.reduce((sum, load) => sum + load * load, 0)
}

/** Each keeps as many of its own as its count allows, the lowest numbers first; the others fill up in order. */
export function ownersOf({ lots }: Lots, { counts }: Plan, before: Owners): Int32Array[] {
  return lots.map((_, lot) => {
    const left = counts[lot]!.slice()
    const owners = before[lot]!.map((place) => (place !== NOBODY && left[place]!-- > 0 ? place : NOBODY))
    let place = 0
    return owners.map((owner) => {
      if (owner !== NOBODY) return owner
      while (left[place]! <= 0) place++
      left[place]!--
      return place
    })
  })
}
