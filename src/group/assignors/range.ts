// Java's RangeAssignor: topic by topic, its partitions in order are cut into ranges, one for each subscriber in the
// order of members; the first ones get one more where it does not divide. Topics with as many partitions and the same
// subscribers are thus co-partitioned: one member has the same numbers of each.
//
// Racks are not looked at yet: members that state racks are assigned as if they stated none.

import type { AssignmentInput, Assignor, GroupMember, TopicPartition } from './assignor.ts'

export const range: Assignor = { name: 'range', protocol: 'eager', assign }

function assign({ members, partitionCounts }: AssignmentInput): Map<string, TopicPartition[]> {
  const assignment = new Map<string, TopicPartition[]>()
  const subscribers = new Map<string, GroupMember[]>()
  for (const member of [...members].sort(byIdentity)) {
    assignment.set(member.memberId, [])
    for (const topic of new Set(member.topics)) {
      const others = subscribers.get(topic)
      if (others === undefined) subscribers.set(topic, [member])
      else others.push(member)
    }
  }
  for (const topic of [...subscribers.keys()].sort()) {
    shareTopic(topic, partitionCounts.get(topic) ?? 0, subscribers.get(topic)!, assignment)
  }
  return assignment
}

function shareTopic(
  topic: string,
  partitionCount: number,
  subscribers: readonly GroupMember[],
  assignment: ReadonlyMap<string, TopicPartition[]>,
): void {
  const share = Math.floor(partitionCount / subscribers.length)
  const withOneMore = partitionCount % subscribers.length
  let partition = 0
  for (const [i, { memberId }] of subscribers.entries()) {
    const end = partition + share + (i < withOneMore ? 1 : 0)
    const owned = assignment.get(memberId)!
    for (; partition < end; partition++) owned.push({ topic, partition })
  }
}

/** Static members first, by instance id, which outlives restarts; then by member id. */
function byIdentity(a: GroupMember, b: GroupMember): number {
  if (a.groupInstanceId !== null && b.groupInstanceId !== null)
    return compare(a.groupInstanceId, b.groupInstanceId)
  if (a.groupInstanceId !== null) return -1
  if (b.groupInstanceId !== null) return 1
  return compare(a.memberId, b.memberId)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
