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
  /** Who had it before that, by an older claim; else `NOBODY`. */
  readonly formers: Int32Array
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
      const ofTopic = topics.get(topic) ?? NONE
      const claimant = ofTopic.claimants[partition]
      // Who lists a partition twice is not in conflict with itself.
      if (claimant === undefined || ofTopic.claimedBy[partition] === index) continue
      ofTopic.claimedBy[partition] = index
      ofTopic.claimants[partition] = claimant === NOBODY ? index : SEVERAL
      settle(ofTopic, partition, subscribed.has(topic) ? index : NOBODY, generation)
    }
  }
  return topics
}

/** The later claim wins; of two in the same generation neither does. */
function settle(claimed: Claimed, partition: number, claimant: number, generation: number): void {
  const { owners, formers, generations, formerGenerations } = claimed
  if (generation > generations[partition]!) {
    formers[partition] = owners[partition]!
    formerGenerations[partition] = generations[partition]!
    owners[partition] = claimant
    generations[partition] = generation
  } else if (generation === generations[partition]) {
    owners[partition] = NOBODY
  } else if (generation > formerGenerations[partition]!) {
    formers[partition] = claimant
    formerGenerations[partition] = generation
  }
}

interface Claimed extends Ownership {
  /** The last one seen to claim it. */
  readonly claimedBy: Int32Array
  /** Of the owner's claim and of the former one's. */
  readonly generations: Int32Array
  readonly formerGenerations: Int32Array
}

function unclaimed(partitionCount: number): Claimed {
  const each = (value: number) => new Int32Array(partitionCount).fill(value)
  const [owners, formers, claimants, claimedBy] = [each(NOBODY), each(NOBODY), each(NOBODY), each(NOBODY)]
  const [generations, formerGenerations] = [each(MIN_INT32), each(MIN_INT32)]
  return { owners, formers, claimants, claimedBy, generations, formerGenerations }
}

const MIN_INT32 = -(2 ** 31)
const NONE = unclaimed(0)
