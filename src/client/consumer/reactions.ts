// What an error code about one partition means to a consumer (F2, F3), in one place.

import type { KafkaError } from '../../errors.ts'
import { brokerError, errorByCode } from '../../protocol/error-codes.ts'
import type { TopicPartition } from '../topic.ts'

/**
 * - `refresh`: the partition has moved, or is not there yet; new metadata, then again.
 * - `retry`: again after a pause.
 * - `reset`: the position is outside the log.
 * - `caller`: the application must know.
 */
export type Reaction = 'refresh' | 'retry' | 'reset' | 'caller'

const REACTIONS: { readonly [name: string]: Reaction } = {
  NOT_LEADER_OR_FOLLOWER: 'refresh',
  FENCED_LEADER_EPOCH: 'refresh',
  UNKNOWN_TOPIC_OR_PARTITION: 'refresh',
  UNKNOWN_TOPIC_ID: 'refresh',
  INCONSISTENT_TOPIC_ID: 'refresh',
  LEADER_NOT_AVAILABLE: 'refresh',
  REPLICA_NOT_AVAILABLE: 'refresh',
  KAFKA_STORAGE_ERROR: 'refresh',
  OFFSET_NOT_AVAILABLE: 'refresh',
  // The broker is behind us: it will hear of the epoch, too.
  UNKNOWN_LEADER_EPOCH: 'retry',
  UNKNOWN_SERVER_ERROR: 'retry',
  REQUEST_TIMED_OUT: 'retry',
  OFFSET_OUT_OF_RANGE: 'reset',
  TOPIC_AUTHORIZATION_FAILED: 'caller',
  CORRUPT_MESSAGE: 'caller',
  UNSUPPORTED_COMPRESSION_TYPE: 'caller',
  UNSUPPORTED_FOR_MESSAGE_FORMAT: 'caller',
}

/** A code that no rule names is tried again: a partition is never silently left out. */
export function reactionTo(errorCode: number): Reaction {
  return REACTIONS[errorByCode(errorCode).name] ?? 'retry'
}

/** Has it a name in the table? Others are logged louder. */
export function isExpected(errorCode: number): boolean {
  return errorByCode(errorCode).name in REACTIONS
}

/** The error for a partition, as the application gets it. */
export function partitionError(api: string, errorCode: number, at: TopicPartition): KafkaError {
  const { topic, partition } = at
  return brokerError(errorCode, { api, topic, partition })
}
