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
import { maintenanceAfter, unobserved } from '../network/wait.ts'

const ASSIGNMENT_VERSION = 0
/** How often topics without partitions are looked for: nobody may have told of them yet. */
const MISSING_TOPICS_INTERVAL_MS = 5_000

export interface LeaderContext {
  readonly cluster: Cluster
  readonly groupId: string
  readonly assignors: readonly Assignor[]
  readonly logger: Logger
  /** The leader sees other partitions than it assigned. */
  readonly onChange: (reason: string) => void
}

type AskOptions = { readonly timeoutMs: number; readonly signal: AbortSignal }

export class Leader {
  readonly #context: LeaderContext
  #watched: ReadonlyMap<string, number> = new Map()
  #stopWatching = () => {}
  #cancelLook = () => {}

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
    options: AskOptions,
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
    this.#watch(topics, partitionCounts, options)
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
    this.#cancelLook()
    this.#watched = new Map()
  }

  /** Asked afresh, and of topics that do not exist told by their absence: nobody waits for those. */
  async #partitionCounts(
    topics: readonly string[],
    { timeoutMs, signal }: AskOptions,
  ): Promise<Map<string, number>> {
    const { cluster } = this.#context
    const { response } = await cluster.send(
      Metadata,
      (version) => ({
        topics: topics.map((name) => ({ name })),
        ...(version >= 4 && { allowAutoTopicCreation: false }),
      }),
      { to: 'any', timeoutMs, signal },
    )
    const counts = new Map<string, number>()
    for (const topic of topics) {
      const answered = response.topics.find(({ name }) => name === topic)
      const known = cluster.metadata.topics.get(topic)
      // The broker asked may be behind those that this cluster's snapshot came from; a topic made anew is another.
      const isOther = known?.id !== undefined && answered?.errorCode === 0 && answered.topicId !== known.id
      const fromSnapshot = isOther ? 0 : (known?.partitions.length ?? 0)
      const count = Math.max(answered?.partitions.length ?? 0, fromSnapshot)
      if (count > 0) counts.set(topic, count)
    }
    return counts
  }

  #watch(topics: readonly string[], counts: ReadonlyMap<string, number>, options: AskOptions): void {
    const { cluster, groupId, logger } = this.#context
    this.stop()
    this.#watched = new Map(topics.map((topic) => [topic, counts.get(topic) ?? 0]))
    // Makes the cluster keep them fresh. Nothing is to be waited for: whether they exist is known already.
    const existing = [...counts.keys()]
    const isNews = existing.some((topic) => {
      return cluster.metadata.topics.get(topic)?.partitions.length !== counts.get(topic)
    })
    unobserved(cluster.topics(existing, { deadline: performance.now() + 60_000, signal: options.signal }))
    if (isNews) unobserved(cluster.refresh({ signal: options.signal }))
    this.#stopWatching = cluster.onMetadata((metadata) => this.#compare(metadata))
    const missing = topics.filter((topic) => !counts.has(topic))
    if (missing.length === 0) return
    logger.warn(`group ${groupId}: no partitions are known of ${missing.join(', ')}: nobody is given any`, {
      groupId,
      topics: missing,
    })
    this.#lookFor(missing, options)
  }

  #lookFor(missing: readonly string[], options: AskOptions): void {
    const { onChange } = this.#context
    const look = async () => {
      const watched = this.#watched
      const counts = await this.#partitionCounts(missing, options).catch(() => new Map<string, number>())
      if (this.#watched !== watched || options.signal.aborted) return
      const [found] = counts.keys()
      if (found === undefined) this.#lookFor(missing, options)
      else onChange(`topic ${found} has appeared`)
    }
    this.#cancelLook = maintenanceAfter(MISSING_TOPICS_INTERVAL_MS, () => void look())
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
