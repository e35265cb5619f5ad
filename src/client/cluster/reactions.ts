// What a broker's error code asks of a call that has no rules of its own (reliability.md's reactions). Producing,
// fetching, groups and transactions have, and read codes themselves.

import type { BrokerError, ErrorContext } from '../../errors.ts'
import { type BrokerErrorName, brokerError, errorByCode } from '../../protocol/error-codes.ts'
import type { Cluster } from './types.ts'

/**
 * `retry`: back off, try again until the deadline. `refresh`: get new metadata, then retry. `refind`: find the
 * coordinator again, then retry. `fatal`: this client object is finished. `caller`: reject this call alone.
 */
export type Reaction = 'retry' | 'refresh' | 'refind' | 'fatal' | 'caller'

const REACTIONS: { readonly [name in BrokerErrorName]?: Reaction } = {
  // Another broker is asked next.
  NOT_LEADER_OR_FOLLOWER: 'refresh',
  LEADER_NOT_AVAILABLE: 'refresh',
  FENCED_LEADER_EPOCH: 'refresh',
  REPLICA_NOT_AVAILABLE: 'refresh',
  BROKER_NOT_AVAILABLE: 'refresh',
  KAFKA_STORAGE_ERROR: 'refresh',
  NOT_CONTROLLER: 'refresh',
  PREFERRED_LEADER_NOT_AVAILABLE: 'refresh',
  // Topics appear with delay, and ids change when a topic is made again (M3, M4).
  UNKNOWN_TOPIC_OR_PARTITION: 'refresh',
  UNKNOWN_TOPIC_ID: 'refresh',
  INCONSISTENT_TOPIC_ID: 'refresh',
  REBOOTSTRAP_REQUIRED: 'refresh',

  NOT_COORDINATOR: 'refind',
  COORDINATOR_NOT_AVAILABLE: 'refind',

  COORDINATOR_LOAD_IN_PROGRESS: 'retry',
  UNKNOWN_LEADER_EPOCH: 'retry',
  OFFSET_NOT_AVAILABLE: 'retry',
  UNSTABLE_OFFSET_COMMIT: 'retry',
  CONCURRENT_TRANSACTIONS: 'retry',
  REQUEST_TIMED_OUT: 'retry',
  NETWORK_EXCEPTION: 'retry',
  THROTTLING_QUOTA_EXCEEDED: 'retry',
  // No rule names it: tried again, and told to the caller at the deadline.
  UNKNOWN_SERVER_ERROR: 'retry',

  FENCED_INSTANCE_ID: 'fatal',
  PRODUCER_FENCED: 'fatal',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'fatal',
}

/** The reaction to a code (not 0). A code that is newer than this client is retried, like UNKNOWN_SERVER_ERROR. */
export function reactionTo(errorCode: number): Reaction {
  const { name, retriable } = errorByCode(errorCode)
  return REACTIONS[name] ?? (retriable ? 'retry' : 'caller')
}

export interface AnsweredError {
  readonly context: ErrorContext
  /** The broker's own words, where its answer has them. */
  readonly message?: string | null
  /** The coordinator that was asked. */
  readonly coordinator?: { readonly type: 'group' | 'transaction'; readonly key: string }
  readonly signal?: AbortSignal
}

/**
 * Does for a code what makes the next attempt better, then throws it: retriable, so that {@link Cluster.retry} tries
 * again, or final. To be called inside a retried attempt.
 */
export async function throwReacting(
  cluster: Cluster,
  errorCode: number,
  answered: AnsweredError,
): Promise<never> {
  const { context, message, coordinator, signal } = answered
  const reaction = reactionTo(errorCode)
  if (reaction === 'refind' && coordinator) cluster.forgetCoordinator(coordinator.type, coordinator.key)
  // A refresh that fails says less than the code does; the next attempt will meet the same failure.
  if (reaction === 'refresh') await cluster.refresh(signal && { signal }).catch(() => {})
  signal?.throwIfAborted()
  const error: BrokerError = brokerError(
    errorCode,
    { ...context, retriable: reaction !== 'caller' && reaction !== 'fatal', fatal: reaction === 'fatal' },
    message,
  )
  throw error
}
