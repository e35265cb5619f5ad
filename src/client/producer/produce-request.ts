// One Produce request: its topics from the batches, and the answer of each partition.

import { KafkaError } from '../../errors.ts'
import type { Produce } from '../../protocol/api/index.ts'
import { brokerError, errorByCode } from '../../protocol/error-codes.ts'
import { type RequestOf, type ResponseOf, ZERO_UUID } from '../../protocol/schema.ts'
import type { Batch, BatchPlace } from './batch.ts'
import type { Outstanding } from './sequences.ts'
import type { PartitionQueue } from './topic-queue.ts'

export type PartitionAnswer = ResponseOf<typeof Produce>['responses'][number]['partitionResponses'][number]

/** One batch in a request. */
export interface Part {
  readonly queue: PartitionQueue
  readonly out: Outstanding<Batch>
  readonly bytes: Buffer
}

type TopicData = RequestOf<typeof Produce>['topicData'][number]
type MutableTopic = { name: string; topicId: string; partitionData: { index: number; records: Buffer }[] }

/** The batches by topic. Without the id of each topic only versions up to 12 can be used (C5). */
export function topicDataOf(parts: readonly Part[]): {
  readonly topicData: readonly MutableTopic[]
  readonly canUseIds: boolean
} {
  const topics = new Map<string, MutableTopic>()
  let canUseIds = true
  for (const { queue, bytes } of parts) {
    const { name, id } = queue.queueOf
    if (id === undefined) canUseIds = false
    let topic = topics.get(name)
    if (topic === undefined) {
      topic = { name, topicId: id ?? ZERO_UUID, partitionData: [] }
      topics.set(name, topic)
    }
    topic.partitionData.push({ index: queue.partition, records: bytes })
  }
  return { topicData: [...topics.values()], canUseIds }
}

/** The answer of each partition; from version 13 on the broker names topics by the ids of the request. */
export function answersOf(
  { responses }: ResponseOf<typeof Produce>,
  version: number,
  topicData: readonly Pick<TopicData & MutableTopic, 'name' | 'topicId'>[],
): (place: BatchPlace) => PartitionAnswer | undefined {
  const names = new Map(topicData.map(({ name, topicId }) => [topicId, name]))
  const answers = new Map<string, PartitionAnswer>()
  for (const topic of responses) {
    const name = version >= 13 ? names.get(topic.topicId) : topic.name
    for (const answer of topic.partitionResponses) answers.set(`${name}-${answer.index}`, answer)
  }
  return ({ topic, partition }) => answers.get(`${topic}-${partition}`)
}

/** A partition is never silently left out: its batch is tried again. */
export function leftOut({ topic, partition }: BatchPlace, nodeId: number): KafkaError {
  const message = `broker ${nodeId} left ${topic}-${partition} out of its answer`
  return new KafkaError('PROTOCOL_ERROR', message, { topic, partition, api: 'Produce', retriable: true })
}

/** KIP-467: the records that the broker names fail with its reason, the rest because of them (P9). */
export function recordErrorOf(answer: PartitionAnswer, error: KafkaError): (index: number) => KafkaError {
  const { errorCode, recordErrors, errorMessage } = answer
  if (recordErrors.length === 0) return () => error
  const { api, broker, topic, partition } = error
  const context = { api, broker, topic, partition }
  const named = new Map(
    recordErrors.map(({ batchIndex, batchIndexErrorMessage }) => [
      batchIndex,
      brokerError(errorCode, context, batchIndexErrorMessage ?? errorMessage),
    ]),
  )
  const { name } = errorByCode(errorCode)
  const rest = new KafkaError(
    name,
    `topic ${topic}, partition ${partition}: the record was not written because ${recordErrors.length} other${recordErrors.length === 1 ? '' : 's'} of its batch ${recordErrors.length === 1 ? 'was' : 'were'} refused (${name})`,
    { ...context, cause: error },
  )
  return (index) => named.get(index) ?? rest
}
