// What assignors have in common: the order in which members are served, and who subscribes to what.

import type { AssignmentInput, GroupMember, TopicPartition } from './assignor.ts'

/** Static members first, by instance id, which outlives restarts; then by member id. Java's order, in UTF-16 units. */
export function inOrder(members: readonly GroupMember[]): GroupMember[] {
  return [...members].sort(byIdentity)
}

/** For each topic that exists and that somebody subscribes to, by name: its subscribers, in the order given. */
export function subscribersByTopic(
  members: readonly GroupMember[],
  partitionCounts: AssignmentInput['partitionCounts'],
): ReadonlyMap<string, readonly GroupMember[]> {
  const subscribers = new Map<string, GroupMember[]>()
  for (const member of members) {
    for (const topic of new Set(member.topics)) {
      const others = subscribers.get(topic)
      if (others !== undefined) others.push(member)
      else if ((partitionCounts.get(topic) ?? 0) > 0) subscribers.set(topic, [member])
    }
  }
  return new Map([...subscribers].sort(([a], [b]) => compare(a, b)))
}

/** An assignment in which every member has nothing yet. */
export function emptyAssignment(members: readonly GroupMember[]): Map<string, TopicPartition[]> {
  return new Map(members.map(({ memberId }) => [memberId, []]))
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function byIdentity(a: GroupMember, b: GroupMember): number {
  if (a.groupInstanceId !== null && b.groupInstanceId !== null)
    return compare(a.groupInstanceId, b.groupInstanceId) || compare(a.memberId, b.memberId)
  if (a.groupInstanceId !== null) return -1
  if (b.groupInstanceId !== null) return 1
  return compare(a.memberId, b.memberId)
}
