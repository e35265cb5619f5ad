// Java's StickyAssignor in its meaning: balanced, and members keep what they had as far as that allows. It is eager:
// they give up everything before a rebalance, and tell by user data what that was.

import { decodeStickyUserData, encodeStickyUserData } from '../../protocol/group-messages/sticky-user-data.ts'
import type { AssignmentInput, Assignor, GroupMember, JoiningMember, TopicPartition } from './assignor.ts'
import { byMemberId } from './members.ts'
import { asAssignment, ownersBefore } from './sticky/assignment.ts'
import { lotsOf } from './sticky/lots.ts'
import { type Claim, ownershipOf } from './sticky/ownership.ts'
import { share } from './sticky/share.ts'

export const sticky: Assignor = { name: 'sticky', protocol: 'eager', userData, assign }

function assign(input: AssignmentInput): Map<string, TopicPartition[]> {
  const members = [...input.members].sort(byMemberId)
  const group = lotsOf(members, input)
  const before = ownersBefore(group, ownershipOf(members, input.partitionCounts, claimOf))
  return asAssignment(members, input, group, share(group, before))
}

function userData({ lastAssigned, generation }: JoiningMember): Uint8Array | null {
  if (generation < 0) return null
  const byTopic = new Map<string, number[]>()
  for (const { topic, partition } of lastAssigned) {
    const partitions = byTopic.get(topic)
    if (partitions === undefined) byTopic.set(topic, [partition])
    else partitions.push(partition)
  }
  const previousAssignment = [...byTopic].map(([topic, partitions]) => ({ topic, partitions }))
  return encodeStickyUserData({ previousAssignment, generation })
}

/** G11: of whom nothing can be read owns nothing. */
function claimOf({ userData }: GroupMember): Claim {
  if (userData === null || userData.length === 0) return { partitions: [], generation: -1 }
  try {
    const { previousAssignment, generation } = decodeStickyUserData(userData)
    const partitions = previousAssignment.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    )
    return { partitions, generation }
  } catch {
    return { partitions: [], generation: -1 }
  }
}
