// The plan of the Java client's sticky assignors: who owns a partition keeps it, the others go to whoever has least,
// and then single partitions go over from members that have at least two more than one that could have them.

import type { Lot, Lots } from './lots.ts'
import { NOBODY } from './ownership.ts'
import { type Before, countsOf, loadsOf, type Owners } from './plan.ts'

/** Lot by lot, the partitions that nobody owns go to whoever has least. */
export function placeUnowned(group: Lots, before: Owners): Int32Array[] {
  const loads = loadsOf(group, countsOf(group, before))
  return before.map((ownersOfLot, lot) => {
    const owners = ownersOfLot.slice()
    const takers = leastLoadedInTurn(group.lots[lot]!.members, countOf(owners, NOBODY), loads)
    let taken = 0
    for (let i = 0; i < owners.length; i++) if (owners[i] === NOBODY) owners[i] = takers[taken++]!
    return owners
  })
}

function countOf(values: Int32Array, value: number): number {
  return values.reduce((count, each) => (each === value ? count + 1 : count), 0)
}

/** So many places, one after another that of the least loaded, of several the first. Adds to their loads. */
function leastLoadedInTurn(members: Lot['members'], count: number, loads: Int32Array): number[] {
  const takers: number[] = []
  // All who have least take one, then all of them and those who have one more, and so on.
  for (let level = loads[members[leastLoaded(members, loads)]!]!; takers.length < count; level++) {
    for (let place = 0; place < members.length && takers.length < count; place++) {
      if (loads[members[place]!]! > level) continue
      loads[members[place]!]!++
      takers.push(place)
    }
  }
  return takers
}

/** Moves partitions until no single move makes it more balanced. What nobody owned goes first: that is no change. */
export function evenOut(group: Lots, placed: Owners, before: Before): Int32Array[] {
  const loads = loadsOf(group, countsOf(group, placed))
  const owners = placed.map((each) => each.slice())
  const isNew = (lot: number, i: number) => before.owners[lot]![i] === NOBODY
  while (movePartitions(group, owners, loads, before.formers, isNew)) {}
  while (movePartitions(group, owners, loads, before.formers, () => true)) {}
  return owners
}

/** Goes once over all partitions. False when none had to move. */
function movePartitions(
  { lots }: Lots,
  owners: Owners,
  loads: Int32Array,
  formers: Owners,
  mayMove: (lot: number, i: number) => boolean,
): boolean {
  let hasMoved = false
  for (const [lot, { members }] of lots.entries()) {
    const ownersOfLot = owners[lot]!
    const loadAt = (place: number) => loads[members[place]!]!
    let least = leastLoaded(members, loads)
    for (let i = 0; i < ownersOfLot.length; i++) {
      const owner = ownersOfLot[i]!
      if (loadAt(owner) <= loadAt(least) + 1 || !mayMove(lot, i)) continue
      const former = formers[lot]![i]!
      const taker = former !== NOBODY && loadAt(owner) > loadAt(former) + 1 ? former : least
      ownersOfLot[i] = taker
      loads[members[owner]!]!--
      loads[members[taker]!]!++
      hasMoved = true
      least = leastLoaded(members, loads)
    }
  }
  return hasMoved
}

/** Its place; of several the first. */
function leastLoaded(members: Lot['members'], loads: Int32Array): number {
  let least = 0
  for (let place = 1; place < members.length; place++) {
    if (loads[members[place]!]! < loads[members[least]!]!) least = place
  }
  return least
}
