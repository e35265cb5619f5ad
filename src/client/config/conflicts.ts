// Options that are right each by itself and wrong together: refused by name (P11), with what to do.

import { ConfigurationError } from '../../errors.ts'
import { CALLS } from './hints.ts'
import type { OptionsKind } from './tables.ts'
import type { ResolvedConsumerOptions, ResolvedKafkaOptions, ResolvedProducerOptions } from './types.ts'

/** What was given, by name; what is not in it has its default. */
export type Given = { readonly [name: string]: unknown }

export function checkKafka(options: ResolvedKafkaOptions): void {
  notAbove('kafka', options, 'reconnectBackoffMs', 'reconnectBackoffMaxMs')
  notAbove('kafka', options, 'socketConnectionSetupTimeoutMs', 'socketConnectionSetupTimeoutMaxMs')
  checkShared('kafka', options)
}

/** Retry backoffs, of any kind of client. */
export function checkShared(
  kind: OptionsKind,
  options: { readonly retryBackoffMs: number; readonly retryBackoffMaxMs: number },
): void {
  notAbove(kind, options, 'retryBackoffMs', 'retryBackoffMaxMs')
}

export function checkProducer(options: ResolvedProducerOptions): void {
  checkShared('producer', options)
  const { deliveryTimeoutMs, lingerMs, requestTimeoutMs } = options
  if (deliveryTimeoutMs < lingerMs + requestTimeoutMs) {
    refuse(
      'producer',
      'deliveryTimeoutMs',
      `is ${deliveryTimeoutMs}, less than lingerMs (${lingerMs}) + requestTimeoutMs (${requestTimeoutMs}): ` +
        'a record would expire before its first request does',
    )
  }
  if (!options.enableIdempotence) return
  const remedy = ', or give enableIdempotence: false'
  if (options.acks !== -1) {
    refuse('producer', 'acks', `is ${options.acks}, and idempotence needs 'all': leave acks out${remedy}`)
  }
  if (options.retries === 0) {
    refuse('producer', 'retries', `is 0, and idempotence needs retries: leave retries out${remedy}`)
  }
  const inFlight = options.maxInFlightRequestsPerConnection
  if (inFlight > 5) {
    const name = 'maxInFlightRequestsPerConnection'
    refuse(
      'producer',
      name,
      `is ${inFlight}, and idempotence allows at most 5: the broker remembers 5${remedy}`,
    )
  }
}

export function checkConsumer(
  options: ResolvedConsumerOptions,
  given: Given,
  { maxResponseSize }: { readonly maxResponseSize: number },
): void {
  checkShared('consumer', options)
  checkReads(options, given)
  checkProtocol(options, given)
  const { fetchMaxWaitMs, heartbeatIntervalMs, requestTimeoutMs, sessionTimeoutMs } = options
  if (heartbeatIntervalMs >= sessionTimeoutMs) {
    refuse(
      'consumer',
      'heartbeatIntervalMs',
      `is ${heartbeatIntervalMs}; it must be below sessionTimeoutMs (${sessionTimeoutMs}), best a third of it, or ` +
        'the group takes the member for dead',
    )
  }
  if (fetchMaxWaitMs >= requestTimeoutMs) {
    refuse(
      'consumer',
      'fetchMaxWaitMs',
      `is ${fetchMaxWaitMs}; it must be below requestTimeoutMs (${requestTimeoutMs}), or every fetch that waits times out`,
    )
  }
  for (const name of ['fetchMaxBytes', 'maxPartitionFetchBytes'] as const) {
    if (options[name] <= maxResponseSize) continue
    refuse(
      'consumer',
      name,
      `is ${options[name]}, more than maxResponseSize (${maxResponseSize}) of ${CALLS.kafka} lets through`,
    )
  }
}

/** What is read, and by whom. */
function checkReads(options: ResolvedConsumerOptions, given: Given): void {
  const { assign, groupId, topics } = options
  if (topics !== undefined && assign !== undefined) {
    refuse(
      'consumer',
      'assign',
      'cannot be given together with topics: a group shares topics, assign shares nothing',
    )
  }
  if (topics === undefined && assign === undefined) {
    refuse('consumer', 'topics', 'must be given, or assign: there is nothing to read')
  }
  if (topics !== undefined && groupId === undefined) {
    refuse('consumer', 'groupId', 'must be given with topics; to read partitions without a group give assign')
  }
  if (topics === undefined && options.groupInstanceId !== undefined) {
    refuse('consumer', 'groupInstanceId', 'is given, but without topics the consumer is no member of a group')
  }
  if (groupId === undefined && given['enableAutoCommit'] === true) {
    refuse('consumer', 'enableAutoCommit', 'is true, but there is no groupId to commit for')
  }
}

/** Each group protocol has its own options: what does not apply is refused, as by Java's client. */
function checkProtocol({ groupProtocol, topics }: ResolvedConsumerOptions, given: Given): void {
  if (groupProtocol === 'classic') {
    if (given['groupRemoteAssignor'] !== undefined) {
      refuse(
        'consumer',
        'groupRemoteAssignor',
        "cannot be set when groupProtocol is 'classic': its members assign, by partitionAssignmentStrategy",
      )
    }
    const pattern = topics?.find((topic) => typeof topic === 'object' && 'pattern' in topic)
    if (pattern === undefined) return
    const what = "has a pattern for the broker to match, which needs groupProtocol 'consumer': give a RegExp"
    refuse('consumer', 'topics', what)
  }
  for (const [name, instead] of Object.entries(CLASSIC_ONLY)) {
    if (given[name] === undefined) continue
    refuse('consumer', name, `cannot be set when groupProtocol is 'consumer': ${instead}`)
  }
}

const CLASSIC_ONLY = {
  sessionTimeoutMs:
    "it is the broker's (group.consumer.session.timeout.ms, or consumer.session.timeout.ms of the group)",
  heartbeatIntervalMs:
    "it is the broker's (group.consumer.heartbeat.interval.ms, or consumer.heartbeat.interval.ms of the group)",
  partitionAssignmentStrategy: 'the broker assigns; groupRemoteAssignor names its assignor',
}

function notAbove<Name extends string, Max extends string>(
  kind: OptionsKind,
  options: { readonly [Key in Name | Max]: number },
  name: Name,
  max: Max,
): void {
  if (options[name] <= options[max]) return
  refuse(kind, name, `is ${options[name]}, more than ${max} (${options[max]})`)
}

function refuse(kind: OptionsKind, option: string, reason: string): never {
  throw new ConfigurationError(`Option '${option}' of ${CALLS[kind]} ${reason}`, option)
}
