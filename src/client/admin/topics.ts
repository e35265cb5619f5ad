// Topics: create, delete, grow, describe, list. Changes go to the controller, which any KRaft broker stands for.

import { CreatePartitions, CreateTopics, DeleteTopics, Metadata } from '../../protocol/api/index.ts'
import { brokerError } from '../../protocol/error-codes.ts'
import { ZERO_UUID } from '../../protocol/schema.ts'
import type { TopicMetadata } from '../cluster/types.ts'
import { type TopicName, topicNameOf } from '../topic.ts'
import { type AdminContext, callDeadline, sendOptions } from './call.ts'
import { settleItems } from './items.ts'
import type {
  AdminCallOptions,
  CreatedTopic,
  NewPartitions,
  NewTopic,
  TopicDescription,
  TopicListing,
  ValidateOnlyOptions,
} from './types.ts'

export function createTopics(
  context: AdminContext,
  topics: readonly NewTopic[],
  options: ValidateOnlyOptions = {},
): Promise<ReadonlyMap<string, CreatedTopic>> {
  const { cluster } = context
  const call = callDeadline(context, options)
  const wanted = new Map(topics.map((topic) => [topicNameOf(topic.name), topic]))
  return settleItems<CreatedTopic>(context, {
    what: 'creating topics',
    items: [...wanted.keys()],
    ...call,
    async attempt(pending, outcomes) {
      const body = {
        topics: pending.map((name) => creatableTopic(name, wanted.get(name)!)),
        timeoutMs: call.left(),
        validateOnly: options.validateOnly ?? false,
      }
      const { response } = await cluster.send(CreateTopics, body, { to: 'controller', ...sendOptions(call) })
      for (const topic of response.topics) {
        const where = { api: 'CreateTopics', topic: topic.name }
        if (topic.errorCode !== 0)
          outcomes.fail(topic.name, brokerError(topic.errorCode, where, topic.errorMessage))
        else {
          outcomes.succeed(topic.name, {
            name: topic.name,
            topicId: knownId(topic.topicId),
            numPartitions: topic.numPartitions,
            replicationFactor: topic.replicationFactor,
          })
        }
      }
    },
  })
}

function creatableTopic(name: string, topic: NewTopic) {
  const assignments = topic.replicasAssignments ?? []
  // With explicit replicas the two counts must be left to the broker.
  const explicit = assignments.length > 0
  return {
    name,
    numPartitions: explicit ? -1 : (topic.numPartitions ?? -1),
    replicationFactor: explicit ? -1 : (topic.replicationFactor ?? -1),
    assignments: assignments.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
    configs: Object.entries(topic.configs ?? {}).map(([name, value]) => ({ name, value })),
  }
}

export function deleteTopics(
  context: AdminContext,
  topics: readonly TopicName[],
  options: AdminCallOptions = {},
): Promise<ReadonlyMap<string, undefined>> {
  const { cluster } = context
  const call = callDeadline(context, options)
  return settleItems<undefined>(context, {
    what: 'deleting topics',
    items: [...new Set(topics.map(topicNameOf))],
    ...call,
    async attempt(pending, outcomes) {
      const { response } = await cluster.send(
        DeleteTopics,
        (version) => ({
          ...(version >= 6
            ? { topics: pending.map((name) => ({ name, topicId: ZERO_UUID })) }
            : { topicNames: [...pending] }),
          timeoutMs: call.left(),
        }),
        { to: 'controller', ...sendOptions(call) },
      )
      for (const { name, errorCode, errorMessage } of response.responses) {
        if (name === null) continue
        const where = { api: 'DeleteTopics', topic: name }
        if (errorCode === 0) outcomes.succeed(name, undefined)
        else outcomes.fail(name, brokerError(errorCode, where, errorMessage))
      }
    },
  })
}

export function createPartitions(
  context: AdminContext,
  topics: readonly NewPartitions[],
  options: ValidateOnlyOptions = {},
): Promise<ReadonlyMap<string, undefined>> {
  const { cluster } = context
  const call = callDeadline(context, options)
  const wanted = new Map(topics.map((topic) => [topicNameOf(topic.topic), topic]))
  return settleItems<undefined>(context, {
    what: 'adding partitions',
    items: [...wanted.keys()],
    ...call,
    async attempt(pending, outcomes) {
      const body = {
        topics: pending.map((name) => {
          const { totalCount, newAssignments } = wanted.get(name)!
          return {
            name,
            count: totalCount,
            assignments: newAssignments?.map((brokerIds) => ({ brokerIds })) ?? null,
          }
        }),
        timeoutMs: call.left(),
        validateOnly: options.validateOnly ?? false,
      }
      const { response } = await cluster.send(CreatePartitions, body, {
        to: 'controller',
        ...sendOptions(call),
      })
      for (const { name, errorCode, errorMessage } of response.results) {
        const where = { api: 'CreatePartitions', topic: name }
        if (errorCode === 0) outcomes.succeed(name, undefined)
        else outcomes.fail(name, brokerError(errorCode, where, errorMessage))
      }
    },
  })
}

/** Asked of a broker afresh, not of the client's snapshot, which may be minutes old. */
export function describeTopics(
  context: AdminContext,
  topics: readonly TopicName[],
  options: AdminCallOptions = {},
): Promise<ReadonlyMap<string, TopicDescription>> {
  const { cluster } = context
  const call = callDeadline(context, options)
  return settleItems<TopicDescription>(context, {
    what: 'describing topics',
    items: [...new Set(topics.map(topicNameOf))],
    ...call,
    async attempt(pending, outcomes) {
      const { response } = await cluster.send(
        Metadata,
        (version) => ({
          topics: pending.map((name) => ({ name })),
          // Before version 4 it can't be said, and the broker's own setting decides.
          ...(version >= 4 && { allowAutoTopicCreation: false }),
        }),
        { to: 'any', ...sendOptions(call) },
      )
      for (const topic of response.topics) {
        if (topic.name === null) continue
        if (topic.errorCode !== 0) {
          outcomes.fail(topic.name, brokerError(topic.errorCode, { api: 'Metadata', topic: topic.name }))
          continue
        }
        outcomes.succeed(topic.name, {
          name: topic.name,
          topicId: knownId(topic.topicId),
          isInternal: topic.isInternal,
          partitions: topic.partitions
            .map(({ partitionIndex, leaderId, leaderEpoch, replicaNodes, isrNodes, offlineReplicas }) => ({
              partition: partitionIndex,
              leader: leaderId,
              leaderEpoch,
              replicas: replicaNodes,
              isr: isrNodes,
              offlineReplicas,
            }))
            .sort((a, b) => a.partition - b.partition),
        })
      }
    },
  })
}

export async function listTopics(
  context: AdminContext,
  options: AdminCallOptions & { readonly listInternal?: boolean } = {},
): Promise<readonly TopicListing[]> {
  const call = callDeadline(context, options)
  const { topics } = await context.cluster.allTopics({ deadline: call.deadline, ...sendOptions(call) })
  return [...topics.values()]
    .filter((topic) => options.listInternal === true || !topic.isInternal)
    .map(({ name, id, isInternal }: TopicMetadata) => ({ name, topicId: id, isInternal }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function knownId(topicId: string): string | undefined {
  return topicId === ZERO_UUID ? undefined : topicId
}
