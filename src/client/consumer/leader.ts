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
import { Metadata } from '../../protocol/api/index.ts'
import { errorByName } from '../../protocol/error-codes.ts'
import { decodeSubscription, encodeAssignment } from '../../protocol/group-messages/subscription.ts'
import { ZERO_UUID } from '../../protocol/schema.ts'
import type { Cluster, ClusterMetadata } from '../cluster/types.ts'
import type { Logger } from '../logger.ts'
import { maintenanceAfter, unobserved } from '../network/wait.ts'

const ASSIGNMENT_VERSION = 0
/** How often topics that may not exist are looked for: nobody tells of them. */
const LOOK_INTERVAL_MS = 5_000
const UNKNOWN_TOPIC_OR_PARTITION = errorByName('UNKNOWN_TOPIC_OR_PARTITION').code
const TOPIC_AUTHORIZATION_FAILED = errorByName('TOPIC_AUTHORIZATION_FAILED').code

export interface LeaderContext {
  readonly cluster: Cluster
  readonly groupId: string
  readonly assignors: readonly Assignor[]
  readonly logger: Logger
  /** The leader sees other partitions than it assigned. */
  readonly onChange: (reason: string) => void
}

/** A topic as it was seen when its partitions were assigned. */
interface Sighting {
  /** Undefined where the broker is too old to tell. */
  readonly id: string | undefined
  /** The id that the cluster's snapshot still had for its name. */
  readonly former: string | undefined
  /** 0: there is no such topic, or its partitions may not be known. */
  readonly count: number
  readonly errorCode: number
}

type AskOptions = { readonly timeoutMs: number; readonly signal: AbortSignal }

export class Leader {
  readonly #context: LeaderContext
  #watched = new Map<string, Sighting>()
  /** Topics of which it is not known whether they exist. */
  readonly #doubtful = new Set<string>()
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
    const seen = await this.#lookUp(topics, options)
    logger.info(`found ${members.length} members and the topics ${topics.join(', ') || '(none)'}`, {
      groupId,
      members: members.map(({ memberId }) => memberId),
      topics,
    })
    this.#watch(seen, options)
    if (work.skipAssignment) return []

    const assignor = assignors.find(({ name }) => name === work.assignor)
    if (assignor === undefined) {
      throw new KafkaError(
        'INVALID_STATE',
        `the coordinator of group ${groupId} chose the assignor '${work.assignor}', which this member did not offer`,
        { groupId, fatal: true },
      )
    }
    const existing = [...seen].filter(([, { count }]) => count > 0)
    const partitionCounts = new Map(existing.map(([topic, { count }]) => [topic, count]))
    const input: AssignmentInput = { members, partitionCounts }
    const assignment = assignor.assign(input)
    return members.map(({ memberId }) => {
      const partitions = assignment.get(memberId) ?? []
      logger.info(`${assignor.name} gives ${memberId} ${describePartitions(partitions)}`, {
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
    this.#doubtful.clear()
  }

  /** Asked afresh, and of topics that do not exist told by their absence: nobody waits for those. */
  async #lookUp(
    topics: readonly string[],
    { timeoutMs, signal }: AskOptions,
  ): Promise<ReadonlyMap<string, Sighting>> {
    const { cluster } = this.#context
    const { response } = await cluster.send(
      Metadata,
      (version) => ({
        topics: topics.map((name) => ({ name })),
        ...(version >= 4 && { allowAutoTopicCreation: false }),
      }),
      { to: 'any', timeoutMs, signal },
    )
    const seen = new Map<string, Sighting>()
    for (const topic of topics) {
      const answered = response.topics.find(({ name }) => name === topic)
      const known = cluster.metadata.topics.get(topic)
      const { errorCode = UNKNOWN_TOPIC_OR_PARTITION, partitions = [] } = answered ?? {}
      const id = errorCode === 0 && answered?.topicId !== ZERO_UUID ? answered?.topicId : known?.id
      // The broker asked may be behind those that this cluster's snapshot came from; a topic made anew is another.
      const fromSnapshot = known?.id === id ? (known?.partitions.length ?? 0) : 0
      const former = known?.id === id ? undefined : known?.id
      seen.set(topic, { id, former, count: Math.max(partitions.length, fromSnapshot), errorCode })
    }
    return seen
  }

  #watch(seen: ReadonlyMap<string, Sighting>, options: AskOptions): void {
    const { cluster } = this.#context
    this.stop()
    this.#watched = new Map(seen)
    // Makes the cluster keep them fresh. Nothing is to be waited for: whether they exist is known already.
    const existing = [...seen].filter(([, { count }]) => count > 0)
    const isNews = existing.some(([topic, { id, count }]) => {
      const known = cluster.metadata.topics.get(topic)
      return known?.partitions.length !== count || known.id !== id
    })
    const names = existing.map(([topic]) => topic)
    unobserved(cluster.topics(names, { deadline: performance.now() + 60_000, signal: options.signal }))
    if (isNews) unobserved(cluster.refresh({ signal: options.signal }))
    this.#stopWatching = cluster.onMetadata((metadata) => this.#compare(metadata, options))
    const missing = [...seen].filter(([, { count }]) => count === 0)
    this.#tellMissing(missing)
    for (const [topic] of missing) this.#doubt(topic, options)
    // The snapshot may have been replaced between the answer and the watch.
    this.#compare(cluster.metadata, options)
  }

  #tellMissing(missing: readonly (readonly [topic: string, Sighting])[]): void {
    const { groupId, logger } = this.#context
    const isRefused = ({ errorCode }: Sighting) => errorCode === TOPIC_AUTHORIZATION_FAILED
    const refused = missing.filter(([, sighting]) => isRefused(sighting)).map(([topic]) => topic)
    const unknown = missing.filter(([, sighting]) => !isRefused(sighting)).map(([topic]) => topic)
    if (refused.length > 0) {
      const message =
        `this member leads the group and may not describe ${refused.join(', ')} ` +
        '(TOPIC_AUTHORIZATION_FAILED): nobody is given any partitions of that. Grant it DESCRIBE on the topic'
      logger.warn(message, { groupId, topics: refused })
    }
    if (unknown.length > 0) {
      const message = `no partitions are known of ${unknown.join(', ')}: nobody is given any`
      logger.warn(message, { groupId, topics: unknown })
    }
  }

  /** G10. Fewer partitions, or none, is what a broker says that is behind, too, unless the topic is another. */
  #compare({ topics }: ClusterMetadata, options: AskOptions): void {
    for (const [topic, { id, former, count }] of this.#watched) {
      const known = topics.get(topic)
      if (known?.errorCode === UNKNOWN_TOPIC_OR_PARTITION && count > 0) this.#doubt(topic, options)
      if (known === undefined || known.errorCode !== 0) continue
      if (former !== undefined && known.id === former) continue
      const now = known.partitions.length
      const isAnew = known.id !== undefined && known.id !== id
      if (isAnew || now > count) {
        this.#watched.set(topic, { id: known.id, former: id, count: now, errorCode: 0 })
      }
      if (now === count || (now < count && !isAnew)) continue
      this.#context.onChange(`topic ${topic} has ${now} partitions, where ${count} were assigned`)
      return
    }
  }

  /** Whether there is such a topic is asked after a while, and again until it is known. */
  #doubt(topic: string, options: AskOptions): void {
    this.#doubtful.add(topic)
    if (this.#doubtful.size === 1) this.#lookLater(options)
  }

  #lookLater(options: AskOptions): void {
    this.#cancelLook = maintenanceAfter(LOOK_INTERVAL_MS, () => void this.#look(options))
  }

  async #look(options: AskOptions): Promise<void> {
    const { onChange } = this.#context
    const watched = this.#watched
    const seen = await this.#lookUp([...this.#doubtful], options).catch(() => new Map<string, Sighting>())
    if (this.#watched !== watched || options.signal.aborted) return
    for (const [topic, { count, errorCode }] of seen) {
      const assigned = watched.get(topic)?.count ?? 0
      const isGone = errorCode === UNKNOWN_TOPIC_OR_PARTITION && count === 0
      if (assigned === 0 && count > 0) return onChange(`topic ${topic} has appeared`)
      if (assigned > 0 && isGone) return onChange(`topic ${topic} was deleted`)
      if (assigned > 0 && errorCode === 0) this.#doubtful.delete(topic)
    }
    if (this.#doubtful.size > 0) this.#lookLater(options)
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
