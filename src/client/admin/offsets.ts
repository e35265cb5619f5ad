// Offsets of partitions, asked of their leaders, and those that groups have committed, asked of their coordinators.

import { KafkaError } from '../../errors.ts'
import { ListOffsets, OffsetFetch } from '../../protocol/api/index.ts'
import { brokerError } from '../../protocol/error-codes.ts'
import { fieldsOf, mapOf, oneOf, type Read, refuse, text, topicName, wholeNumber } from './arguments.ts'
import { type AdminContext, sendOptions, startCall } from './call.ts'
import { askEach, settleItems } from './items.ts'
import { askForTopics } from './topics.ts'
import type { AdminCallOptions, GroupOffset, ListedOffset, ListOffsetsOptions, OffsetQuery } from './types.ts'

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
  const call = startCall(context, 'listOffsets', options, {
    isolationLevel: oneOf(['read_uncommitted', 'read_committed']),
  })
  const wanted = mapOf(queries, 'listOffsets: queries', readQuery, itemOf)
  const isolationLevel = options.isolationLevel === 'read_committed' ? 1 : 0

  return settleItems<ListedOffset>(context, {
    what: 'listing offsets',
    items: [...wanted.keys()],
    ...call,
    async attempt(pending, outcomes) {
      const topics = [...new Set(pending.map((item) => wanted.get(item)!.topic))]
      // Not of the snapshot: a topic that is not there is an answer here, not something to wait for.
      const described = new Map(
        (await askForTopics(cluster, topics, call)).map((topic) => [topic.name, topic]),
      )
      const byLeader = new Map<number, string[]>()
      for (const item of pending) {
        const { topic, partition } = wanted.get(item)!
        const where = { api: 'Metadata', topic, partition }
        const { errorCode, partitions } = described.get(topic) ?? {
          errorCode: LEADER_NOT_AVAILABLE,
          partitions: [],
        }
        const leader = partitions.find(({ partitionIndex }) => partitionIndex === partition)?.leaderId
        if (errorCode !== 0) outcomes.fail(item, brokerError(errorCode, where))
        else if (leader === undefined)
          outcomes.fail(item, unknownPartition(topic, partition, partitions.length))
        else if (leader < 0) outcomes.fail(item, brokerError(LEADER_NOT_AVAILABLE, where))
        else byLeader.set(leader, [...(byLeader.get(leader) ?? []), item])
      }
      const isKnown = (leader: number) => cluster.metadata.brokers.has(leader)
      if (![...byLeader.keys()].every(isKnown)) await cluster.refresh(sendOptions(call))
      await askEach(byLeader, outcomes, async (leader, items) => {
        const queries = items.map((item) => wanted.get(item)!)
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
            const item = itemOf({ topic: name, partition })
            if (errorCode === 0)
              outcomes.succeed(item, { topic: name, partition, offset, timestamp, leaderEpoch })
            else outcomes.fail(item, brokerError(errorCode, { api: 'ListOffsets', topic: name, partition }))
          }
        }
      })
    },
  })
}

export async function listConsumerGroupOffsets(
  context: AdminContext,
  groupId: string,
  options: AdminCallOptions = {},
): Promise<readonly GroupOffset[]> {
  const { cluster } = context
  const call = startCall(context, 'listConsumerGroupOffsets', options)
  const results = await settleItems<readonly GroupOffset[]>(context, {
    what: 'listing the offsets of group',
    items: [text(groupId, 'listConsumerGroupOffsets: groupId')],
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

function itemOf({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}-${partition}`
}

const readQuery: Read<WantedOffset> = (value, at) => {
  const { topic, partition, offset } = fieldsOf(value, at, ['topic', 'partition', 'offset'])
  return {
    topic: topicName(topic, `${at}.topic`),
    partition: wholeNumber(0)(partition, `${at}.partition`),
    timestamp: readSpec(offset, `${at}.offset`),
  }
}

const readSpec: Read<number> = (spec, at) => {
  if (spec === 'earliest') return EARLIEST
  if (spec === 'latest') return LATEST
  if (spec === 'maxTimestamp') return MAX_TIMESTAMP
  if (typeof spec !== 'object' || spec === null) {
    return refuse(
      at,
      "'earliest', 'latest', 'maxTimestamp' or { timestamp } in milliseconds since 1970",
      spec,
    )
  }
  const { timestamp } = fieldsOf(spec, at, ['timestamp'])
  return wholeNumber(0, Number.MAX_SAFE_INTEGER)(timestamp, `${at}.timestamp`)
}

function groupByTopic(queries: readonly WantedOffset[]): [string, WantedOffset[]][] {
  const topics = new Map<string, WantedOffset[]>()
  for (const query of queries) topics.set(query.topic, [...(topics.get(query.topic) ?? []), query])
  return [...topics]
}

function unknownPartition(topic: string, partition: number, count: number): KafkaError {
  const message = `topic ${topic} has no partition ${partition}: it has ${count}, from 0 to ${count - 1}`
  return new KafkaError('UNKNOWN_PARTITION', message, { topic, partition })
}

function tooOldForMaxTimestamp(leader: number): KafkaError {
  const message = `broker ${leader} is too old to list offsets by maxTimestamp: it needs Kafka 3.0 or newer (KIP-734)`
  return new KafkaError('UNSUPPORTED_VERSION', message, { api: 'ListOffsets' })
}
