// A record as it was given, made into what is written: checked, its parts serialised, its size held against the limit.

import { KafkaError } from '../../errors.ts'
import { type HeaderEntries, NO_HEADERS, recordSizeUpperBound } from '../../protocol/records/builder.ts'
import { headersOf, normalizeHeaders } from '../headers.ts'
import {
  type AnySerializer,
  type Bytes,
  isAsyncSerializer,
  type RecordPart,
  type SerdeContext,
  serde,
  serializePart,
  serializePartAsync,
} from '../serde.ts'
import { isTopic, topicNameProblem } from '../topic.ts'
import { isPartition } from './partitioner.ts'
import type { TopicQueue } from './topic-queue.ts'
import type { ProducerRecord, TopicRecord } from './types.ts'

/** Any record that a producer is given. */
export type AnyRecord = ProducerRecord<unknown, unknown> | TopicRecord<never>

/** Its serdes: those of its `topic(...)`, or the producer's. */
export interface Serializers {
  readonly key: AnySerializer
  readonly value: AnySerializer
}

/** Partitions are numbered by an int32. */
const MAX_PARTITIONS = 2_147_483_648

/** The topic's name. Throws INVALID_ARGUMENT where Kafka would refuse it, or the record is none. */
export function topicNameIn(record: AnyRecord): string {
  if (typeof record !== 'object' || record === null) {
    throw new KafkaError(
      'INVALID_ARGUMENT',
      `a record is an object { topic, key, value }, not ${record === null ? 'null' : `a ${typeof record}`}`,
    )
  }
  const { topic } = record as { topic: unknown }
  const name = isTopic(topic) ? topic.name : topic
  const problem = topicNameProblem(name)
  if (problem !== undefined) throw new KafkaError('INVALID_ARGUMENT', problem)
  return name as string
}

export function serializersOf(record: AnyRecord, own: Serializers): Serializers {
  const { topic } = record as { topic: unknown }
  return isTopic(topic) ? topic : own
}

export function isAsync({ key, value }: Serializers): boolean {
  return isAsyncSerializer(key) || isAsyncSerializer(value)
}

/** The headers as they are written. */
export function headersIn(record: AnyRecord): HeaderEntries {
  return record.headers === undefined ? NO_HEADERS : normalizeHeaders(record.headers)
}

/** One part of a record, by a synchronous serde (hot). */
export function serialize(
  part: RecordPart,
  given: unknown,
  serializer: AnySerializer,
  topic: TopicQueue,
  headers: HeaderEntries,
): Bytes | null {
  // What needs no serde's code and no context.
  if (serializer === serde.bytes && (typeof given === 'string' || given instanceof Uint8Array)) return given
  if (part === 'value' && given === undefined) throw noValue(topic.name)
  const context = contextOf(part, topic, headers)
  if (isAsyncSerializer(serializer)) {
    throw new KafkaError(
      'INVALID_ARGUMENT',
      `the ${part} serde of topic ${topic.name} is asynchronous, and enqueue waits for nothing: use send`,
      { topic: topic.name },
    )
  }
  return serializePart(serializer, given, context)
}

/** As {@link serialize}, by either kind of serde. */
export async function serializeAsync(
  part: RecordPart,
  given: unknown,
  serializer: AnySerializer,
  topic: TopicQueue,
  headers: HeaderEntries,
): Promise<Bytes | null> {
  if (!isAsyncSerializer(serializer)) return serialize(part, given, serializer, topic, headers)
  if (part === 'value' && given === undefined) throw noValue(topic.name)
  return serializePartAsync(serializer, given, contextOf(part, topic, headers))
}

/** Throws RECORD_TOO_LARGE when it could not be sent, and INVALID_ARGUMENT for a partition or timestamp that is none. */
export function checkRecord(
  topic: TopicQueue,
  key: Bytes | null,
  value: Bytes | null,
  headers: HeaderEntries,
  partition: number | undefined,
  timestamp: number,
  maxRequestSize: number,
): void {
  if (partition !== undefined && !isPartition(partition, MAX_PARTITIONS)) {
    throw new KafkaError(
      'INVALID_ARGUMENT',
      `the partition of a record for topic ${topic.name} is ${String(partition)}: it is a whole number from 0 on`,
      { topic: topic.name },
    )
  }
  if (!Number.isSafeInteger(timestamp) || timestamp < 0) {
    throw new KafkaError(
      'INVALID_ARGUMENT',
      `the timestamp of a record for topic ${topic.name} is ${String(timestamp)}: it is a whole number of milliseconds since 1970 (Date.now(), date.getTime())`,
      { topic: topic.name },
    )
  }
  // Text is at most three times as many bytes as characters: that is mostly enough to know.
  const atMost = (key === null ? 0 : key.length * 3) + (value === null ? 0 : value.length * 3) + 200
  if (headers.length === 0 && atMost <= maxRequestSize) return
  const bytes = recordSizeUpperBound(key, value, headers)
  if (bytes <= maxRequestSize) return
  throw new KafkaError(
    'RECORD_TOO_LARGE',
    `a record for topic ${topic.name} takes ${bytes} bytes, more than maxRequestSize (${maxRequestSize}): give a larger one, and see that the topic's max.message.bytes allows it`,
    { topic: topic.name },
  )
}

function contextOf(part: RecordPart, topic: TopicQueue, headers: HeaderEntries): SerdeContext {
  if (headers.length === 0) return part === 'key' ? topic.keyContext : topic.valueContext
  return { topic: topic.name, part, headers: headersOf(headers) }
}

function noValue(topic: string): KafkaError {
  return new KafkaError(
    'INVALID_ARGUMENT',
    `a record for topic ${topic} has no value (undefined): give null for a tombstone`,
    { topic },
  )
}
