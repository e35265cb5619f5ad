// Members and replicas on racks (KIP-881).

import type { AssignmentInput, GroupMember } from './assignor.ts'

const NO_RACKS: readonly string[] = []

/** Null where it states none. */
export function rackOf({ rackId }: GroupMember): string | null {
  return rackId === '' ? null : rackId
}

/** The racks of each partition of a topic; none where they are not known. */
export function racksOfTopic(
  partitionRacks: AssignmentInput['partitionRacks'],
  topic: string,
  partitionCount: number,
): readonly (readonly string[])[] {
  const known = partitionRacks?.get(topic)
  return Array.from({ length: partitionCount }, (_, partition) => known?.[partition] ?? NO_RACKS)
}

/** Some of the members are where replicas are, and some partition has no replica where another has one. */
export function doRacksMatter(
  members: readonly GroupMember[],
  racksOfPartitions: () => readonly (readonly string[])[],
): boolean {
  if (members.every((member) => rackOf(member) === null)) return false
  const partitions = racksOfPartitions()
  const distinct = partitions.map((racks) => new Set(racks))
  const all = new Set(partitions.flat())
  return (
    members.some((member) => all.has(rackOf(member) ?? '')) && distinct.some(({ size }) => size < all.size)
  )
}
