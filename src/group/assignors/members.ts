// What assignors have in common: the order in which members are served, and who subscribes to what.

import type { AssignmentInput, GroupMember, TopicPartition } from './assignor.ts'

/** Static members first, by instance id, which outlives restarts; then by member id. Java's order, in UTF-16 units. */
export function byIdentity(a: GroupMember, b: GroupMember): number {
  if (a.groupInstanceId !== null && b.groupInstanceId !== null)
    return compare(a.groupInstanceId, b.groupInstanceId) || byMemberId(a, b)
  if (a.groupInstanceId !== null) return -1
  if (b.groupInstanceId !== null) return 1
  return byMemberId(a, b)
}

export function byMemberId(a: GroupMember, b: GroupMember): number {
  return compare(a.memberId, b.memberId)
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** For each topic that exists and has subscribers, by name: their indexes, rising. */
export function subscribersByTopic(
  members: readonly GroupMember[],
  partitionCounts: AssignmentInput['partitionCounts'],
): ReadonlyMap<string, readonly number[]> {
  const subscribers = new Map<string, number[]>()
  for (const [index, { topics }] of members.entries()) {
    for (const topic of topics) {
      const others = subscribers.get(topic)
      if (others === undefined) {
        if ((partitionCounts.get(topic) ?? 0) > 0) subscribers.set(topic, [index])
      } else if (others[others.length - 1] !== index) others.push(index) // A member may name a topic twice.
    }
  }
  return new Map([...subscribers].sort(([a], [b]) => compare(a, b)))
}

/** An assignment in which every member has nothing yet. */
export function emptyAssignment(members: readonly GroupMember[]): Map<string, TopicPartition[]> {
  return new Map(members.map(({ memberId }) => [memberId, []]))
}
