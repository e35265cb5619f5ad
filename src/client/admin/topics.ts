// Topics: create, delete, grow, describe, list. Changes go to the controller, which any KRaft broker stands for.

import { CreatePartitions, CreateTopics, DeleteTopics, Metadata } from '../../protocol/api/index.ts'
import { brokerError } from '../../protocol/error-codes.ts'
import { type RequestOf, ZERO_UUID } from '../../protocol/schema.ts'
import type { Cluster, TopicMetadata } from '../cluster/types.ts'
import type { TopicName } from '../topic.ts'
import {
  fieldsOf,
  flag,
  listOf,
  mapOf,
  optional,
  type Read,
  refuse,
  replicas,
  topicName,
  wholeNumber,
} from './arguments.ts'
import { type AdminContext, sendOptions, startCall } from './call.ts'
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
  const call = startCall(context, 'createTopics', options, { validateOnly: flag })
  const wanted = mapOf(topics, 'createTopics: topics', readNewTopic, ({ name }) => name)
  return settleItems<CreatedTopic>(context, {
    what: 'creating topics',
    items: [...wanted.keys()],
    ...call,
    async attempt(pending, outcomes) {
      const body = {
        topics: pending.map((name) => wanted.get(name)!),
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

/** As it is written. */
const readNewTopic: Read<RequestOf<typeof CreateTopics>['topics'][number]> = (value, at) => {
  const known = ['name', 'numPartitions', 'replicationFactor', 'replicasAssignments', 'configs']
  const fields = fieldsOf(value, at, known)
  const name = topicName(fields.name, `${at}.name`)
  const numPartitions = optional(wholeNumber(1))(fields.numPartitions, `${at}.numPartitions`)
  const replicationFactor = optional(wholeNumber(1, 32_767))(
    fields.replicationFactor,
    `${at}.replicationFactor`,
  )
  const assignments = optional(replicas)(fields.replicasAssignments, `${at}.replicasAssignments`) ?? []
  if (assignments.length > 0 && (numPartitions ?? replicationFactor) !== undefined) {
    refuse(
      `${at}.replicasAssignments`,
      'given alone: numPartitions and replicationFactor follow from it',
      assignments,
    )
  }
  return {
    name,
    // Left to the broker; with explicit replicas they must be.
    numPartitions: numPartitions ?? -1,
    replicationFactor: replicationFactor ?? -1,
    assignments: assignments.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
    configs: readConfigs(fields.configs ?? {}, `${at}.configs`),
  }
}

const readConfigs: Read<{ name: string; value: string | null }[]> = (value, at) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse(at, "an object of strings by config name, such as { 'retention.ms': '60000' }", value)
  }
  return Object.entries(value).map(([name, value]: [string, unknown]) => {
    if (value === null || typeof value === 'string') return { name, value }
    return refuse(`${at}['${name}']`, 'a string or null', value)
  })
}

export function deleteTopics(
  context: AdminContext,
  topics: readonly TopicName[],
  options: AdminCallOptions = {},
): Promise<ReadonlyMap<string, undefined>> {
  const { cluster } = context
  const call = startCall(context, 'deleteTopics', options)
  return settleItems<undefined>(context, {
    what: 'deleting topics',
    items: [...new Set(listOf(topics, 'deleteTopics: topics', topicName))],
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
  const call = startCall(context, 'createPartitions', options, { validateOnly: flag })
  const wanted = mapOf(topics, 'createPartitions: topics', readNewPartitions, ({ name }) => name)
  return settleItems<undefined>(context, {
    what: 'adding partitions',
    items: [...wanted.keys()],
    ...call,
    async attempt(pending, outcomes) {
      const body = {
        topics: pending.map((name) => wanted.get(name)!),
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

/** As it is written. */
const readNewPartitions: Read<RequestOf<typeof CreatePartitions>['topics'][number]> = (value, at) => {
  const { topic, totalCount, newAssignments } = fieldsOf(value, at, ['topic', 'totalCount', 'newAssignments'])
  const assignments = optional(replicas)(newAssignments, `${at}.newAssignments`)
  return {
    name: topicName(topic, `${at}.topic`),
    count: wholeNumber(1)(totalCount, `${at}.totalCount`),
    assignments: assignments?.map((brokerIds) => ({ brokerIds })) ?? null,
  }
}

/** Asked of a broker afresh, not of the client's snapshot, which may be minutes old. */
export function describeTopics(
  context: AdminContext,
  topics: readonly TopicName[],
  options: AdminCallOptions = {},
): Promise<ReadonlyMap<string, TopicDescription>> {
  const { cluster } = context
  const call = startCall(context, 'describeTopics', options)
  return settleItems<TopicDescription>(context, {
    what: 'describing topics',
    items: [...new Set(listOf(topics, 'describeTopics: topics', topicName))],
    ...call,
    async attempt(pending, outcomes) {
      for (const topic of await askForTopics(cluster, pending, call)) {
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

/** Metadata of topics as a broker tells it now, not as the client's snapshot has it. */
export async function askForTopics(
  cluster: Cluster,
  names: readonly string[],
  call: { readonly signal: AbortSignal | undefined },
) {
  const { response } = await cluster.send(
    Metadata,
    (version) => ({
      topics: names.map((name) => ({ name })),
      // Before version 4 it can't be said, and the broker's own setting decides.
      ...(version >= 4 && { allowAutoTopicCreation: false }),
    }),
    { to: 'any', ...sendOptions(call) },
  )
  return response.topics
}

export async function listTopics(
  context: AdminContext,
  options: AdminCallOptions & { readonly listInternal?: boolean } = {},
): Promise<readonly TopicListing[]> {
  const call = startCall(context, 'listTopics', options, { listInternal: flag })
  const { topics } = await context.cluster.allTopics({ deadline: call.deadline, ...sendOptions(call) })
  return [...topics.values()]
    .filter((topic) => options.listInternal === true || !topic.isInternal)
    .map(({ name, id, isInternal }: TopicMetadata) => ({ name, topicId: id, isInternal }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function knownId(topicId: string): string | undefined {
  return topicId === ZERO_UUID ? undefined : topicId
}
