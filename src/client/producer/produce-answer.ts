// What the broker's codes mean to a batch (P3): one table.

import { type BrokerErrorName, errorByCode } from '../../protocol/error-codes.ts'
import type { Answer } from './sequences.ts'

/** What to do beside answering to the batch. */
export type Effect = 'none' | 'refresh' | 'fatal'

export interface Meaning {
  readonly answer: Answer
  readonly effect: Effect
}

interface Retriable {
  readonly refresh?: true
  /** The broker answers so before it appends. Of all others the batch may be in the log: they come late, too. */
  readonly neverWritten?: true
}

const RETRIABLE: { readonly [name in BrokerErrorName]?: Retriable } = {
  NOT_LEADER_OR_FOLLOWER: { refresh: true },
  FENCED_LEADER_EPOCH: { refresh: true },
  UNKNOWN_LEADER_EPOCH: { refresh: true },
  LEADER_NOT_AVAILABLE: { refresh: true },
  UNKNOWN_TOPIC_OR_PARTITION: { refresh: true },
  UNKNOWN_TOPIC_ID: { refresh: true, neverWritten: true },
  INCONSISTENT_TOPIC_ID: { refresh: true, neverWritten: true },
  REPLICA_NOT_AVAILABLE: { refresh: true },
  BROKER_NOT_AVAILABLE: { refresh: true },
  KAFKA_STORAGE_ERROR: { refresh: true },
  OFFSET_NOT_AVAILABLE: {},
  NETWORK_EXCEPTION: { refresh: true },
  REQUEST_TIMED_OUT: {},
  NOT_ENOUGH_REPLICAS: { neverWritten: true },
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: {},
  CORRUPT_MESSAGE: { neverWritten: true },
  THROTTLING_QUOTA_EXCEEDED: { neverWritten: true },
}

const FATAL: ReadonlySet<BrokerErrorName> = new Set([
  'CLUSTER_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'PRODUCER_FENCED',
  'UNSUPPORTED_VERSION',
] as const)

const WRITTEN: Meaning = { answer: { kind: 'written' }, effect: 'none' }

/** The meaning of a code in an answer to Produce. */
export function meaningOf(errorCode: number, logStartOffset: number): Meaning {
  if (errorCode === 0) return WRITTEN
  const { name } = errorByCode(errorCode)
  const retriable = RETRIABLE[name]
  if (retriable !== undefined) {
    const mayBeWritten = retriable.neverWritten !== true
    return { answer: { kind: 'retriable', mayBeWritten }, effect: retriable.refresh ? 'refresh' : 'none' }
  }
  switch (name) {
    case 'DUPLICATE_SEQUENCE_NUMBER':
      return WRITTEN
    case 'OUT_OF_ORDER_SEQUENCE_NUMBER':
      return { answer: { kind: 'outOfOrder' }, effect: 'none' }
    case 'UNKNOWN_PRODUCER_ID':
      return { answer: { kind: 'unknownProducer', logStartOffset }, effect: 'none' }
    case 'INVALID_PRODUCER_EPOCH':
      return { answer: { kind: 'staleEpoch' }, effect: 'none' }
    case 'MESSAGE_TOO_LARGE':
      return { answer: { kind: 'tooLarge' }, effect: 'none' }
  }
  const mayBeWritten = name === 'UNKNOWN_SERVER_ERROR'
  return { answer: { kind: 'refused', mayBeWritten }, effect: FATAL.has(name) ? 'fatal' : 'none' }
}
