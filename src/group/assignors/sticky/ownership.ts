// Who owned what, as members claim it. Claims may be old, wrong or in conflict (G11, G12).

import type { AssignmentInput, GroupMember, TopicPartition } from '../assignor.ts'

/** What a member says it owned, and in which generation; -1: it does not know. */
export interface Claim {
  readonly partitions: readonly TopicPartition[]
  readonly generation: number
}

export const NOBODY = -1
export const SEVERAL = -2

/** Of one topic, by partition: indexes of members. */
export interface Ownership {
  /** Who owns it by right: its claim is of a later generation than any other, and it subscribes to the topic. Else `NOBODY`. */
  readonly owners: Int32Array
  /** Who claims it, by right or not: one, `NOBODY` or `SEVERAL`. */
  readonly claimants: Int32Array
}

/** By topic. `claimOf` reads a member's claim; what it says of partitions that do not exist counts for nothing. */
export function ownershipOf(
  members: readonly GroupMember[],
  partitionCounts: AssignmentInput['partitionCounts'],
  claimOf: (member: GroupMember) => Claim,
): ReadonlyMap<string, Ownership> {
  const topics = new Map([...partitionCounts].map(([topic, count]) => [topic, unclaimed(count)]))
  for (const [index, member] of members.entries()) {
    const { partitions, generation } = claimOf(member)
    if (partitions.length === 0) continue
    const subscribed = new Set(member.topics)
    for (const { topic, partition } of partitions) {
      const { owners, claimants, claimedBy, generations } = topics.get(topic) ?? NONE
      const latest = generations[partition]
      if (latest === undefined || claimedBy[partition] === index) continue
      claimants[partition] = claimants[partition] === NOBODY ? index : SEVERAL
      claimedBy[partition] = index
      if (generation < latest) continue
      owners[partition] = generation > latest && subscribed.has(topic) ? index : NOBODY
      generations[partition] = generation
    }
  }
  return topics
}

interface Claimed extends Ownership {
  /** The last one that was seen to claim it: who lists a partition twice is not in conflict with itself. */
  readonly claimedBy: Int32Array
  /** The latest in which it was claimed. */
  readonly generations: Int32Array
}

function unclaimed(partitionCount: number): Claimed {
  const each = (value: number) => new Int32Array(partitionCount).fill(value)
  return {
    owners: each(NOBODY),
    claimants: each(NOBODY),
    claimedBy: each(NOBODY),
    generations: each(MIN_INT32),
  }
}

const MIN_INT32 = -(2 ** 31)
const NONE = unclaimed(0)
