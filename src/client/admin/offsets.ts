// Offsets of partitions, asked of their leaders, and those that groups have committed, asked of their coordinators.

import { ConfigurationError, KafkaError } from '../../errors.ts'
import { ListOffsets, OffsetFetch } from '../../protocol/api/index.ts'
import { brokerError } from '../../protocol/error-codes.ts'
import { topicNameOf } from '../topic.ts'
import { type AdminContext, callDeadline, sendOptions } from './call.ts'
import { settleItems } from './items.ts'
import type {
  AdminCallOptions,
  GroupOffset,
  ListedOffset,
  ListOffsetsOptions,
  OffsetQuery,
  OffsetSpec,
} from './types.ts'

const EARLIEST = -2
const LATEST = -1
const MAX_TIMESTAMP = -3
/** First version of ListOffsets that knows MAX_TIMESTAMP (KIP-734). */
const MAX_TIMESTAMP_VERSION = 7

interface WantedOffset {
  readonly topic: string
  readonly partition: number
  readonly timestamp: number
}

export function listOffsets(
  context: AdminContext,
  queries: readonly OffsetQuery[],
  options: ListOffsetsOptions = {},
): Promise<ReadonlyMap<string, ListedOffset>> {
  const { cluster } = context
  const call = callDeadline(context, options)
  const wanted = new Map<string, WantedOffset>()
  for (const { topic, partition, offset } of queries) {
    const name = topicNameOf(topic)
    wanted.set(itemOf(name, partition), { topic: name, partition, timestamp: timestampOf(offset) })
  }
  const isolationLevel = options.isolationLevel === 'read_committed' ? 1 : 0

  return settleItems<ListedOffset>(context, {
    what: 'listing offsets',
    items: [...wanted.keys()],
    ...call,
    async attempt(pending, outcomes) {
      const topics = [...new Set(pending.map((item) => wanted.get(item)!.topic))]
      const metadata = await cluster.topics(topics, { deadline: call.deadline, ...sendOptions(call) })
      const byLeader = new Map<number, WantedOffset[]>()
      for (const item of pending) {
        const query = wanted.get(item)!
        const known = metadata.topics.get(query.topic)?.partitions[query.partition]
        if (known === undefined) outcomes.fail(item, unknownPartition(query))
        else if (known.leader < 0) outcomes.fail(item, brokerError(LEADER_NOT_AVAILABLE, query))
        else byLeader.set(known.leader, [...(byLeader.get(known.leader) ?? []), query])
      }
      if (byLeader.size === 0 && pending.length > 0) await cluster.refresh(sendOptions(call))
      for (const [leader, queries] of byLeader) {
        const needsMaxTimestamp = queries.some(({ timestamp }) => timestamp === MAX_TIMESTAMP)
        const { response } = await cluster.send(
          ListOffsets,
          (version) => {
            if (needsMaxTimestamp && version < MAX_TIMESTAMP_VERSION) throw tooOldForMaxTimestamp(leader)
            return {
              replicaId: -1,
              ...(version >= 2 && { isolationLevel }),
              topics: groupByTopic(queries).map(([name, partitions]) => ({
                name,
                partitions: partitions.map(({ partition, timestamp }) => ({
                  partitionIndex: partition,
                  timestamp,
                })),
              })),
              ...(version >= 10 && { timeoutMs: call.left() }),
            }
          },
          { to: leader, ...sendOptions(call) },
        )
        for (const { name, partitions } of response.topics) {
          for (const { partitionIndex: partition, errorCode, offset, timestamp, leaderEpoch } of partitions) {
            const item = itemOf(name, partition)
            if (errorCode === 0)
              outcomes.succeed(item, { topic: name, partition, offset, timestamp, leaderEpoch })
            else outcomes.fail(item, brokerError(errorCode, { api: 'ListOffsets', topic: name, partition }))
          }
        }
      }
    },
  })
}

export async function listConsumerGroupOffsets(
  context: AdminContext,
  groupId: string,
  options: AdminCallOptions = {},
): Promise<readonly GroupOffset[]> {
  const { cluster } = context
  const call = callDeadline(context, options)
  const results = await settleItems<readonly GroupOffset[]>(context, {
    what: `listing the offsets of group ${groupId}`,
    items: [groupId],
    ...call,
    async attempt(_, outcomes) {
      const { response } = await cluster.send(
        OffsetFetch,
        // Before version 2 a group's partitions can't be asked for without naming them.
        (version) =>
          version >= 8
            ? { groups: [{ groupId, topics: null }], requireStable: true }
            : { groupId, topics: null, ...(version >= 7 && { requireStable: true }) },
        // From version 10 on topics come by id only.
        { to: { coordinator: 'group', key: groupId }, maxVersion: 9, ...sendOptions(call) },
      )
      const { errorCode, topics } = response.groups[0] ?? response
      if (errorCode !== 0) {
        if (errorCode === NOT_COORDINATOR) cluster.forgetCoordinator('group', groupId)
        outcomes.fail(groupId, brokerError(errorCode, { api: 'OffsetFetch', groupId }))
        return
      }
      const committed: GroupOffset[] = []
      for (const { name, partitions } of topics) {
        for (const {
          partitionIndex,
          committedOffset,
          committedLeaderEpoch,
          metadata,
          errorCode,
        } of partitions) {
          const where = { topic: name, partition: partitionIndex }
          if (errorCode !== 0)
            return outcomes.fail(groupId, brokerError(errorCode, { api: 'OffsetFetch', groupId, ...where }))
          if (committedOffset < 0) continue
          committed.push({
            ...where,
            offset: committedOffset,
            leaderEpoch: committedLeaderEpoch,
            metadata: metadata ?? '',
          })
        }
      }
      outcomes.succeed(groupId, committed)
    },
  })
  return results.get(groupId)!
}

const LEADER_NOT_AVAILABLE = 5
const NOT_COORDINATOR = 16

function itemOf(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

function timestampOf(spec: OffsetSpec): number {
  if (spec === 'earliest') return EARLIEST
  if (spec === 'latest') return LATEST
  if (spec === 'maxTimestamp') return MAX_TIMESTAMP
  const timestamp = typeof spec === 'object' && spec !== null ? spec.timestamp : undefined
  if (timestamp !== undefined && Number.isSafeInteger(timestamp) && timestamp >= 0) return timestamp
  throw new ConfigurationError(
    "an offset to list is 'earliest', 'latest', 'maxTimestamp' or { timestamp } in milliseconds since 1970",
    'offset',
  )
}

function groupByTopic(queries: readonly WantedOffset[]): [string, WantedOffset[]][] {
  const topics = new Map<string, WantedOffset[]>()
  for (const query of queries) topics.set(query.topic, [...(topics.get(query.topic) ?? []), query])
  return [...topics]
}

function unknownPartition({ topic, partition }: WantedOffset): KafkaError {
  return new KafkaError('UNKNOWN_PARTITION', `topic ${topic} has no partition ${partition}`, {
    topic,
    partition,
  })
}

function tooOldForMaxTimestamp(leader: number): KafkaError {
  const message = `broker ${leader} is too old to list offsets by maxTimestamp: it needs Kafka 3.0 or newer (KIP-734)`
  return new KafkaError('UNSUPPORTED_VERSION', message, { api: 'ListOffsets' })
}
