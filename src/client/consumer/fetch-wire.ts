// Fetch requests and responses on the wire: from a session's plan to a request's body, and from a response's topics,
// which may be named by id, to the partitions asked for.

import type { Fetch } from '../../protocol/api/index.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import type { ResolvedConsumerOptions } from '../config/types.ts'
import type { FetchPlan, SessionPartition } from './fetch-session.ts'

export type PartitionAnswer = ResponseOf<typeof Fetch>['responses'][number]['partitions'][number]

/** From this version on topics go by id, which must be known (C5). */
export const FIRST_TOPIC_ID_VERSION = 13

export function fetchRequest(
  plan: FetchPlan,
  options: Pick<ResolvedConsumerOptions, 'clientRack' | 'fetchMinBytes' | 'isolationLevel'>,
  limits: { readonly maxBytes: number; readonly maxWaitMs: number },
): RequestOf<typeof Fetch> {
  return {
    ...limits,
    minBytes: options.fetchMinBytes,
    isolationLevel: options.isolationLevel === 'read_committed' ? 1 : 0,
    sessionId: plan.sessionId,
    sessionEpoch: plan.sessionEpoch,
    topics: byTopic(plan.send).map(([{ topic, topicId }, partitions]) => ({
      topic,
      topicId,
      partitions: partitions.map(({ partition, currentLeaderEpoch, fetchOffset, maxBytes }) => ({
        partition,
        currentLeaderEpoch,
        fetchOffset,
        partitionMaxBytes: maxBytes,
      })),
    })),
    forgottenTopicsData: byTopic(plan.forget).map(([{ topic, topicId }, partitions]) => ({
      topic,
      topicId,
      partitions: partitions.map(({ partition }) => partition),
    })),
    rackId: options.clientRack ?? '',
  }
}

/** Each partition's answer with the key it was asked under; from version 13 on topics come by id. */
export function namedAnswers(
  plan: FetchPlan,
  response: ResponseOf<typeof Fetch>,
  version: number,
): { readonly key: string | undefined; readonly answer: PartitionAnswer }[] {
  const names = new Map<string, string>()
  if (version >= FIRST_TOPIC_ID_VERSION) {
    for (const { topic, topicId } of plan.wanted.values()) names.set(topicId ?? '', topic)
  }
  return response.responses.flatMap(({ topic, topicId, partitions }) => {
    const name = version >= FIRST_TOPIC_ID_VERSION ? names.get(topicId) : topic
    return partitions.map((answer) => ({
      key: name === undefined ? undefined : `${name}-${answer.partitionIndex}`,
      answer,
    }))
  })
}

/** The bytes of records in an answer, which stay in memory until all of them are let go. */
export function sizeOf(response: ResponseOf<typeof Fetch>): number {
  let bytes = 0
  for (const { partitions } of response.responses) {
    for (const { records } of partitions) bytes += records?.length ?? 0
  }
  return bytes
}

function byTopic<P extends SessionPartition>(partitions: readonly P[]): [P, P[]][] {
  const topics = new Map<string, P[]>()
  for (const partition of partitions) {
    const key = partition.topicId ?? partition.topic
    const known = topics.get(key)
    if (known === undefined) topics.set(key, [partition])
    else known.push(partition)
  }
  return [...topics.values()].map((group) => [group[0]!, group])
}
