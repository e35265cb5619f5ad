// What a group's leader does at the edge: it learns the partitions of every member's topics, has the assignor share
// them, and watches them afterwards (G3, G10).

import { KafkaError } from '../../errors.ts'
import type {
  AssignmentInput,
  Assignor,
  GroupMember,
  TopicPartition,
} from '../../group/assignors/assignor.ts'
import { describePartitions } from '../../group/classic/accounts.ts'
import type { JoinedMember, MemberAssignment } from '../../group/classic/types.ts'
import { decodeSubscription, encodeAssignment } from '../../group/subscription.ts'
import { Metadata } from '../../protocol/api/index.ts'
import type { Cluster, ClusterMetadata } from '../cluster/types.ts'
import type { Logger } from '../logger.ts'

const ASSIGNMENT_VERSION = 0

export interface LeaderContext {
  readonly cluster: Cluster
  readonly groupId: string
  readonly assignors: readonly Assignor[]
  readonly logger: Logger
  /** The leader sees other partitions than it assigned. */
  readonly onChange: (reason: string) => void
}

export class Leader {
  readonly #context: LeaderContext
  #watched: ReadonlyMap<string, number> = new Map()
  #stopWatching = () => {}

  constructor(context: LeaderContext) {
    this.#context = context
  }

  /** Shares the partitions among the members; under `skipAssignment` (KIP-814) nothing is shared, but all is watched. */
  async assign(
    work: {
      readonly assignor: string
      readonly members: readonly JoinedMember[]
      readonly skipAssignment: boolean
    },
    options: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<readonly MemberAssignment[]> {
    const { groupId, assignors, logger } = this.#context
    const members = work.members.map((member) => readMember(member, groupId))
    const topics = [...new Set(members.flatMap((member) => member.topics))].sort()
    const partitionCounts = await this.#partitionCounts(topics, options)
    logger.info(
      `group ${groupId}: found ${members.length} members and the topics ${topics.join(', ') || '(none)'}`,
      {
        groupId,
        members: members.map(({ memberId }) => memberId),
        topics,
      },
    )
    this.#watch(topics, partitionCounts)
    if (work.skipAssignment) return []

    const assignor = assignors.find(({ name }) => name === work.assignor)
    if (assignor === undefined) {
      throw new KafkaError(
        'INVALID_STATE',
        `the coordinator of group ${groupId} chose the assignor '${work.assignor}', which this member did not offer`,
        { groupId, fatal: true },
      )
    }
    const input: AssignmentInput = { members, partitionCounts }
    const assignment = assignor.assign(input)
    return members.map(({ memberId }) => {
      const partitions = assignment.get(memberId) ?? []
      logger.info(`group ${groupId}: ${assignor.name} gives ${memberId} ${describePartitions(partitions)}`, {
        groupId,
        memberId,
        partitions,
      })
      return { memberId, assignment: encodePartitions(partitions) }
    })
  }

  /** No leader any more: nothing is watched. */
  stop(): void {
    this.#stopWatching()
    this.#stopWatching = () => {}
    this.#watched = new Map()
  }

  /** Asked afresh, and of topics that do not exist told by their absence: nobody waits for those. */
  async #partitionCounts(
    topics: readonly string[],
    { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<Map<string, number>> {
    const { cluster, groupId, logger } = this.#context
    const { response } = await cluster.send(
      Metadata,
      (version) => ({
        topics: topics.map((name) => ({ name })),
        ...(version >= 4 && { allowAutoTopicCreation: false }),
      }),
      { to: 'any', timeoutMs, signal },
    )
    const counts = new Map<string, number>()
    for (const { name, partitions } of response.topics) {
      if (name !== null && partitions.length > 0) counts.set(name, partitions.length)
    }
    const missing = topics.filter((topic) => !counts.has(topic))
    if (missing.length > 0) {
      logger.warn(`group ${groupId}: no partitions are known of ${missing.join(', ')}: nobody is given any`, {
        groupId,
        topics: missing,
      })
    }
    return counts
  }

  #watch(topics: readonly string[], counts: ReadonlyMap<string, number>): void {
    const { cluster } = this.#context
    this.#watched = new Map(topics.map((topic) => [topic, counts.get(topic) ?? 0]))
    // Makes the cluster keep them fresh. Nothing is to be waited for: whether they exist is known already.
    const existing = [...counts.keys()]
    if (existing.length > 0)
      cluster.topics(existing, { deadline: performance.now() + 60_000 }).catch(() => {})
    this.#stopWatching()
    this.#stopWatching = cluster.onMetadata((metadata) => this.#compare(metadata))
  }

  #compare({ topics }: ClusterMetadata): void {
    for (const [topic, count] of this.#watched) {
      const known = topics.get(topic)
      if (known === undefined || known.errorCode !== 0 || known.partitions.length === count) continue
      const now = known.partitions.length
      this.#watched = new Map([...this.#watched, [topic, now]])
      this.#context.onChange(`topic ${topic} has ${now} partitions, where ${count} were assigned`)
      return
    }
  }
}

/** G11: what cannot be read of a member counts as owning nothing; what it subscribes to must be readable. */
function readMember({ memberId, groupInstanceId, metadata }: JoinedMember, groupId: string): GroupMember {
  try {
    const { topics, userData, ownedPartitions, generationId, rackId } = decodeSubscription(metadata)
    return {
      memberId,
      groupInstanceId,
      topics,
      userData,
      ownedPartitions: ownedPartitions.flatMap(({ topic, partitions }) =>
        partitions.map((partition) => ({ topic, partition })),
      ),
      generation: generationId,
      rackId,
    }
  } catch (cause) {
    const message = `the subscription of member ${memberId} of group ${groupId} cannot be read: is it another kind of client?`
    throw new KafkaError('PROTOCOL_ERROR', message, { groupId, cause })
  }
}

function encodePartitions(partitions: readonly TopicPartition[]): Uint8Array {
  const byTopic = new Map<string, number[]>()
  for (const { topic, partition } of partitions) {
    const numbers = byTopic.get(topic)
    if (numbers === undefined) byTopic.set(topic, [partition])
    else numbers.push(partition)
  }
  const assignedPartitions = [...byTopic].map(([topic, numbers]) => ({ topic, partitions: numbers }))
  return encodeAssignment({ assignedPartitions, userData: null }, ASSIGNMENT_VERSION)
}
