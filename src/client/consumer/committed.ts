// What a group has committed, asked of its coordinator (O4).

import { isKafkaError, type KafkaError, PartialFailureError, TimeoutError } from '../../errors.ts'
import { OffsetFetch } from '../../protocol/api/index.ts'
import { brokerError, errorByCode } from '../../protocol/error-codes.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import type { Cluster } from '../cluster/types.ts'
import type { TopicPartition } from '../topic.ts'
import { namesOf } from './assignment.ts'
import type { CommittedOffset } from './types.ts'

/** Undefined where the group has committed nothing; an error is never read as nothing. */
export type CommittedAnswer = CommittedOffset | KafkaError

export interface CommittedQuery {
  readonly groupId: string
  readonly partitions: readonly TopicPartition[]
  /** Absolute, as `performance.now()` counts. */
  readonly deadline: number
  readonly signal?: AbortSignal | undefined
}

/** For all of these, in order; rejects when any of them could not be looked up. */
export async function committedOffsets(
  cluster: Cluster,
  query: CommittedQuery,
): Promise<readonly CommittedOffset[]> {
  const { partitions } = query
  if (partitions.length === 0) return []
  const answers = await fetchCommitted(cluster, query)
  const found = new Map<string, CommittedOffset>()
  const errors = new Map<string, KafkaError>()
  for (const [name, answer] of answers) {
    if (answer instanceof Error) errors.set(name, answer)
    else found.set(name, answer)
  }
  if (errors.size > 0 && partitions.length === 1) throw errors.values().next().value
  if (errors.size > 0) throw new PartialFailureError('Looking up committed offsets', found, errors)
  return partitions.map(({ topic, partition }) => found.get(`${topic}-${partition}`)!)
}

/** `refind`: another broker coordinates the group. `retry`: again, for these partitions. */
const REACTIONS: { readonly [name: string]: 'refind' | 'retry' } = {
  NOT_COORDINATOR: 'refind',
  COORDINATOR_NOT_AVAILABLE: 'refind',
  REQUEST_TIMED_OUT: 'refind',
  COORDINATOR_LOAD_IN_PROGRESS: 'retry',
  UNSTABLE_OFFSET_COMMIT: 'retry',
  STALE_MEMBER_EPOCH: 'retry',
  UNKNOWN_MEMBER_ID: 'retry',
  UNKNOWN_TOPIC_ID: 'retry',
}

const FIRST_TOPIC_ID_VERSION = 10

/**
 * By `topic-partition`: the offset, or what went wrong with that partition. Rejects when nothing could be learnt of any.
 */
export async function fetchCommitted(
  cluster: Cluster,
  query: CommittedQuery,
): Promise<ReadonlyMap<string, CommittedAnswer>> {
  const { groupId, deadline, signal } = query
  const answers = new Map<string, CommittedAnswer>()
  const pending = new Map(query.partitions.map((at) => [`${at.topic}-${at.partition}`, at]))
  const where = { api: 'OffsetFetch', groupId }
  const attempt = async (): Promise<void> => {
    const partitions = [...pending.values()]
    const { topics } = cluster.metadata
    const hasIds = partitions.every(({ topic }) => topics.get(topic)?.id !== undefined)
    const { response, version } = await cluster.send(
      OffsetFetch,
      (version) => requestBody(cluster, groupId, partitions, version),
      {
        to: { coordinator: 'group', key: groupId },
        ...(!hasIds && { maxVersion: FIRST_TOPIC_ID_VERSION - 1 }),
        ...(signal && { signal }),
      },
    )
    let passing: KafkaError | undefined
    for (const { topic, partition, ...offset } of offsetsOf(cluster, response, version, partitions)) {
      const name = `${topic}-${partition}`
      const reaction = REACTIONS[errorByCode(offset.errorCode).name]
      if (reaction === 'refind') cluster.forgetCoordinator('group', groupId)
      if (reaction !== undefined) {
        passing = brokerError(offset.errorCode, { ...where, topic, partition, retriable: true })
      } else if (pending.delete(name)) {
        const failed = offset.errorCode !== 0 && brokerError(offset.errorCode, { ...where, topic, partition })
        answers.set(name, failed || committedOf({ topic, partition, ...offset }))
      }
    }
    if (pending.size === 0) return
    if (passing?.code === 'UNKNOWN_TOPIC_ID') await cluster.refresh(signal && { signal })
    throw passing ?? unanswered(groupId, pending.values())
  }
  const what = `looking up what group ${groupId} has committed`
  try {
    await cluster.retry({ what, deadline, ...(signal && { signal }) }, attempt)
  } catch (error) {
    if (answers.size === 0 || !isKafkaError(error) || signal?.aborted === true) throw error
    for (const name of pending.keys()) answers.set(name, error)
  }
  return answers
}

interface PartitionOffset {
  readonly committedOffset: number
  readonly committedLeaderEpoch: number
  readonly metadata: string | null
  readonly errorCode: number
}

function requestBody(
  cluster: Cluster,
  groupId: string,
  partitions: readonly TopicPartition[],
  version: number,
): RequestOf<typeof OffsetFetch> {
  const byTopic = new Map<string, number[]>()
  for (const { topic, partition } of partitions) {
    byTopic.set(topic, [...(byTopic.get(topic) ?? []), partition])
  }
  const topics = [...byTopic].map(([name, partitionIndexes]) => ({
    name,
    partitionIndexes,
    ...(version >= FIRST_TOPIC_ID_VERSION && { topicId: cluster.metadata.topics.get(name)?.id }),
  }))
  const stable = version >= 7 ? { requireStable: true } : {}
  return version >= 8 ? { groups: [{ groupId, topics }], ...stable } : { groupId, topics, ...stable }
}

/** What the answer says of each partition; an error of the group as a whole stands for all of them. */
function* offsetsOf(
  cluster: Cluster,
  response: ResponseOf<typeof OffsetFetch>,
  version: number,
  asked: readonly TopicPartition[],
): Generator<TopicPartition & PartitionOffset> {
  const { topicNames } = cluster.metadata
  const group = version >= 8 ? response.groups[0] : undefined
  const errorCode = group?.errorCode ?? response.errorCode
  if (errorCode !== 0) {
    const nothing = { committedOffset: -1, committedLeaderEpoch: -1, metadata: null, errorCode }
    for (const at of asked) yield { ...at, ...nothing }
    return
  }
  const byGroup = (group?.topics ?? []).map(({ topicId, name, partitions }) => ({
    name: version >= FIRST_TOPIC_ID_VERSION ? topicNames.get(topicId) : name,
    partitions,
  }))
  for (const { name, partitions } of version >= 8 ? byGroup : response.topics) {
    if (name === undefined) continue
    for (const { partitionIndex, ...offset } of partitions) {
      yield { topic: name, partition: partitionIndex, ...offset }
    }
  }
}

function committedOf({ topic, partition, ...offset }: TopicPartition & PartitionOffset): CommittedOffset {
  return {
    topic,
    partition,
    offset: offset.committedOffset < 0 ? null : offset.committedOffset,
    leaderEpoch: offset.committedLeaderEpoch < 0 ? null : offset.committedLeaderEpoch,
    metadata: offset.metadata ?? '',
  }
}

function unanswered(groupId: string, partitions: Iterable<TopicPartition>): KafkaError {
  return new TimeoutError(`OffsetFetch of group ${groupId} was not answered for ${namesOf(partitions)}`, {
    api: 'OffsetFetch',
    groupId,
  })
}
