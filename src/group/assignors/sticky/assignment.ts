// From members and their claims to the group in numbers, and back.

import type { AssignmentInput, GroupMember, TopicPartition } from '../assignor.ts'
import { emptyAssignment } from '../members.ts'
import type { Lot, Lots } from './lots.ts'
import { NOBODY, type Ownership } from './ownership.ts'
import type { Before, Owners } from './plan.ts'

/** Of what is shared: who owns it by right, and who had it before. */
export function ownersBefore(group: Lots, ownership: ReadonlyMap<string, Ownership>): Before {
  const places = new Map<readonly number[], Int32Array>()
  for (const { members } of group.lots) {
    if (!places.has(members)) places.set(members, placesIn(members, group.memberCount))
  }
  const asPlaces = ({ partitions, members }: Lot, indexes: Int32Array): Int32Array => {
    const placeOf = places.get(members)!
    const owners = new Int32Array(partitions.length)
    for (let i = 0; i < owners.length; i++) owners[i] = placeOf[indexes[partitions[i]!]!] ?? NOBODY
    return owners
  }
  return {
    owners: group.lots.map((lot) => asPlaces(lot, ownership.get(lot.topic)!.owners)),
    formers: group.lots.map((lot) => asPlaces(lot, ownership.get(lot.topic)!.formers)),
  }
}

function placesIn(members: readonly number[], memberCount: number): Int32Array {
  const places = new Int32Array(memberCount).fill(NOBODY)
  for (const [place, member] of members.entries()) places[member] = place
  return places
}

/** Each member's partitions by topic and number; what nobody has is in no list. */
export function asAssignment(
  members: readonly GroupMember[],
  { partitionCounts }: AssignmentInput,
  { lots }: Lots,
  owners: Owners,
): Map<string, TopicPartition[]> {
  const membersOf = new Map<string, Int32Array>()
  for (const [lot, { topic, partitions, members }] of lots.entries()) {
    const ofTopic = membersOf.get(topic) ?? new Int32Array(partitionCounts.get(topic)!)
    membersOf.set(topic, ofTopic)
    const ownersOfLot = owners[lot]!
    for (let i = 0; i < partitions.length; i++) ofTopic[partitions[i]!] = members[ownersOfLot[i]!] ?? NOBODY
  }
  const assignment = emptyAssignment(members)
  const lists = [...assignment.values()]
  for (const topic of [...membersOf.keys()].sort()) {
    for (const [partition, member] of membersOf.get(topic)!.entries())
      lists[member]?.push({ topic, partition })
  }
  return assignment
}
