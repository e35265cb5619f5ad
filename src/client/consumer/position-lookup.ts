// Finds out where each assigned partition is to be read from: what the group has committed (O4), else an end of the log
// by the reset policy or the offset at a timestamp (F2), and whether the log was truncated since a position was
// reached (F1). Whatever comes back is applied only if it is still what was asked for (F5).

import { isKafkaError, KafkaError } from '../../errors.ts'
import { describePartitions } from '../../group/accounts.ts'
import { ListOffsets, OffsetForLeaderEpoch } from '../../protocol/api/index.ts'
import type { Cluster } from '../cluster/types.ts'
import type { ResolvedConsumerOptions } from '../config/types.ts'
import type { Logger } from '../logger.ts'
import { backoffMs } from '../network/backoff.ts'
import type { Assignment } from './assignment.ts'
import { fetchCommitted } from './committed.ts'
import type { HandOut } from './hand-out.ts'
import type { Asked, Partition, Position, ResetTarget } from './partition.ts'
import { partitionError, reactionTo } from './reactions.ts'

export type PositionLookupOptions = Pick<
  ResolvedConsumerOptions,
  | 'autoOffsetReset'
  | 'defaultApiTimeoutMs'
  | 'groupId'
  | 'isolationLevel'
  | 'retryBackoffMs'
  | 'retryBackoffMaxMs'
>

export interface PositionLookupContext {
  readonly cluster: Cluster
  readonly assignment: Assignment
  readonly handOut: HandOut
  readonly logger: Logger
  /** Aborts when the consumer closes. */
  readonly signal: AbortSignal
  /** Runs the pump: partitions can be fetched, or must be looked up again. */
  readonly onChange: () => void
  readonly onStaleMetadata: () => void
  /** A reset chose the position: it is to be committed at once. */
  readonly onReset: () => void
}

type Questions = ReadonlyMap<Partition, Asked>

const EARLIEST_TIMESTAMP = -2
const LATEST_TIMESTAMP = -1
/** Before it, OffsetForLeaderEpoch needs rights on the cluster that consumers do not have. */
const FIRST_VALIDATION_VERSION = 3

export class PositionLookup {
  readonly #context: PositionLookupContext
  readonly #options: PositionLookupOptions

  constructor(context: PositionLookupContext, options: PositionLookupOptions) {
    this.#context = context
    this.#options = options
  }

  /** Asks what can be asked; returns when it wants to be called again. */
  readonly step = (now: number): number => {
    const unknown: Partition[] = []
    const resetting = new Map<number, Partition[]>()
    const validating = new Map<number, Partition[]>()
    let next = Number.POSITIVE_INFINITY
    for (const partition of this.#context.assignment) {
      if (partition.hold !== undefined) continue
      if (partition.phase.name === 'fetching') this.#check(partition)
      if (isRefused(partition)) {
        next = Math.min(next, this.#mend(partition, now))
        continue
      }
      if (partition.phase.name === 'unknown' && this.#options.groupId === undefined) {
        this.#resetByPolicy(partition, noCommitted(partition))
      }
      const { name } = partition.phase
      if (name === 'fetching' || name === 'failed' || partition.isAsking) continue
      if (partition.retryAtMs > now) {
        next = Math.min(next, partition.retryAtMs)
        continue
      }
      if (name === 'unknown') {
        unknown.push(partition)
        continue
      }
      const leader = this.#leaderOf(partition)
      if (leader === undefined) {
        next = Math.min(next, this.#backOff(partition))
        this.#context.onStaleMetadata()
        continue
      }
      const groups = name === 'resetting' ? resetting : validating
      groups.set(leader, [...(groups.get(leader) ?? []), partition])
    }
    if (unknown.length > 0) void this.#ask(unknown, (asked) => this.#lookUpCommitted(asked))
    for (const [leader, partitions] of resetting) {
      void this.#ask(partitions, (asked) => this.#lookUpEnds(leader, asked))
    }
    for (const [leader, partitions] of validating) {
      void this.#ask(partitions, (asked) => this.#validate(leader, asked))
    }
    return next
  }

  /** What was not allowed may be allowed by now: tried again, ever more rarely. */
  #mend(partition: Partition, now: number): number {
    if (partition.mendAtMs === 0) {
      const { retryBackoffMs, retryBackoffMaxMs } = this.#options
      partition.mendAtMs = now + backoffMs(retryBackoffMs * 10, retryBackoffMaxMs * 60, partition.refusals++)
    }
    if (partition.mendAtMs > now) return partition.mendAtMs
    partition.mendAtMs = 0
    partition.tryAgain()
    this.#context.onChange()
    return Number.POSITIVE_INFINITY
  }

  /** The position is outside the log (F2). */
  outOfRange(partition: Partition): void {
    const { topic, partition: number, fetchOffset: offset } = partition
    this.#resetByPolicy(
      partition,
      new KafkaError(
        'OFFSET_OUT_OF_RANGE',
        `Offset ${offset} of ${partition.name} is not in the log any more, or not yet: seek to one that is, or set autoOffsetReset`,
        { topic, partition: number, offset },
      ),
    )
  }

  // ---- questions

  async #ask(partitions: readonly Partition[], question: (asked: Questions) => Promise<void>): Promise<void> {
    const asked: Questions = new Map(partitions.map((partition) => [partition, partition.ask()]))
    try {
      await question(asked)
    } catch (error) {
      if (this.#context.signal.aborted) return
      this.#context.logger.debug('a position could not be looked up', { error: String(error) })
      if (isKafkaError(error) && error.retriable) this.#context.onStaleMetadata()
      for (const [partition, token] of asked) {
        if (!partition.answered(token)) continue
        if (isKafkaError(error) && error.retriable) this.#backOff(partition)
        else this.#context.handOut.fail(partition, failureOf(partition, error))
      }
    }
    // What the answer left out is asked again.
    const now = performance.now()
    for (const [partition, token] of asked) {
      if (partition.answered(token) && partition.retryAtMs <= now) this.#backOff(partition)
    }
    this.#context.onChange()
  }

  async #lookUpCommitted(asked: Questions): Promise<void> {
    const { cluster, handOut, signal } = this.#context
    const answers = await fetchCommitted(cluster, {
      groupId: this.#options.groupId!,
      partitions: [...asked.keys()],
      deadline: performance.now() + this.#options.defaultApiTimeoutMs,
      signal,
    })
    const found: Partition[] = []
    for (const [partition, token] of asked) {
      const answer = answers.get(partition.name)
      if (answer === undefined || !partition.answered(token)) continue
      if (answer instanceof Error) {
        if (answer.retriable) this.#backOff(partition)
        else handOut.fail(partition, answer)
      } else if (answer.offset === null) this.#resetByPolicy(partition, noCommitted(partition))
      else {
        partition.startAt({ offset: answer.offset, leaderEpoch: answer.leaderEpoch ?? -1 })
        partition.committed = { offset: answer.offset, epoch: partition.epoch }
        found.push(partition)
      }
    }
    this.#tell('the committed offset', found)
  }

  async #lookUpEnds(leader: number, asked: Questions): Promise<void> {
    const { cluster, logger, onReset, signal } = this.#context
    const { response } = await cluster.send(
      ListOffsets,
      (version) => ({
        replicaId: -1,
        ...(version >= 2 && { isolationLevel: this.#options.isolationLevel === 'read_committed' ? 1 : 0 }),
        topics: byTopic(asked, (partition) => ({
          partitionIndex: partition.partition,
          currentLeaderEpoch: this.#leaderEpochOf(partition),
          timestamp: timestampOf(resetTargetOf(partition)),
        })).map(([name, partitions]) => ({ name, partitions })),
        ...(version >= 10 && { timeoutMs: this.#options.defaultApiTimeoutMs }),
      }),
      { to: leader, signal },
    )
    const found: Partition[] = []
    for (const { name, partitions } of response.topics) {
      for (const { partitionIndex, errorCode, offset, leaderEpoch } of partitions) {
        const answered = this.#stillAsked(asked, name, partitionIndex)
        if (answered === undefined) continue
        if (errorCode !== 0) this.#failed('ListOffsets', answered, errorCode)
        else if (offset < 0) {
          logger.info(
            `${describePartitions([answered])} has no record at the timestamp or after it: its end is taken`,
          )
          answered.reset('latest')
        } else {
          answered.startAt({ offset, leaderEpoch })
          found.push(answered)
        }
      }
    }
    if (found.length === 0) return
    this.#tell('the reset', found)
    onReset()
  }

  async #validate(leader: number, asked: Questions): Promise<void> {
    const { cluster, signal } = this.#context
    const epochs = new Map([...asked.keys()].map((partition) => [partition, this.#leaderEpochOf(partition)]))
    const { response, version } = await cluster.send(
      OffsetForLeaderEpoch,
      {
        replicaId: -1,
        topics: byTopic(asked, (partition) => ({
          partition: partition.partition,
          currentLeaderEpoch: epochs.get(partition)!,
          leaderEpoch: partition.fetchLeaderEpoch,
        })).map(([topic, partitions]) => ({ topic, partitions })),
      },
      { to: leader, signal },
    )
    for (const { topic, partitions } of response.topics) {
      for (const { partition: number, errorCode, leaderEpoch, endOffset } of partitions) {
        const partition = this.#stillAsked(asked, topic, number)
        if (partition === undefined) continue
        if (errorCode !== 0 && (version >= FIRST_VALIDATION_VERSION || reactionTo(errorCode) !== 'caller')) {
          this.#failed('OffsetForLeaderEpoch', partition, errorCode)
          continue
        }
        const currentEpoch = epochs.get(partition)!
        if (errorCode !== 0 || (endOffset >= partition.fetchOffset && leaderEpoch >= 0)) {
          partition.validated(currentEpoch)
        } else this.#truncated(partition, { offset: endOffset, leaderEpoch }, currentEpoch)
        if (partition.hasBuffered) this.#context.handOut.offer(partition)
      }
    }
  }

  // ---- what follows from answers

  /** The log ends before the position (F1, KIP-320). */
  #truncated(partition: Partition, end: Position, currentEpoch: number): void {
    const { topic, partition: number, name, fetchOffset } = partition
    const { handOut, logger } = this.#context
    const isDivergenceKnown = end.offset >= 0 && end.leaderEpoch >= 0
    if (isDivergenceKnown && partition.truncated(end.offset, currentEpoch)) {
      logger.info(
        `the log of ${describePartitions([partition])} was truncated at ${end.offset}; nothing of it had been handed out`,
      )
      return
    }
    const where = isDivergenceKnown ? ` at offset ${end.offset}` : ''
    const lost = new KafkaError(
      'LOG_TRUNCATED',
      `The log of ${name} was truncated${where} after it was read up to ${fetchOffset}: records that were handed out ` +
        'are gone (an unclean leader election); seek to go on, or set autoOffsetReset',
      { topic, partition: number, offset: isDivergenceKnown ? end.offset : fetchOffset },
    )
    if (this.#options.autoOffsetReset === 'none') handOut.fail(partition, lost)
    else if (!isDivergenceKnown) this.#resetByPolicy(partition, lost)
    else {
      logger.warn(`${lost.message}. Reading goes on at ${end.offset}`)
      partition.startAt(end)
      handOut.interrupt()
    }
  }

  #resetByPolicy(partition: Partition, reason: KafkaError): void {
    const { handOut, logger } = this.#context
    const policy = this.#options.autoOffsetReset
    if (policy === 'none') {
      handOut.fail(partition, reason)
      return
    }
    const resets = partition.resets + 1
    if (reason.code !== 'NO_OFFSET_FOR_PARTITION') logger.warn(`${reason.message}. Resetting to ${policy}`)
    partition.reset(policy)
    partition.resets = resets
    handOut.interrupt()
    // A position that is out of range again as soon as it was reset must not become a busy loop.
    if (resets > 1) this.#backOff(partition, resets)
    this.#context.onChange()
  }

  #failed(api: string, partition: Partition, errorCode: number): void {
    const reaction = reactionTo(errorCode)
    const error = partitionError(api, errorCode, partition)
    if (reaction === 'caller') {
      this.#context.handOut.fail(partition, error)
      return
    }
    this.#context.logger.debug(`${error.message}. It is asked again`)
    if (reaction === 'refresh') this.#context.onStaleMetadata()
    this.#backOff(partition)
  }

  /** A leader of a newer epoch may have truncated the log; a topic made anew has another log (M4). */
  #check(partition: Partition): void {
    const topic = this.#context.cluster.metadata.topics.get(partition.topic)
    const topicId = topic?.id
    if (topicId !== undefined && partition.topicId !== undefined && topicId !== partition.topicId) {
      const { topic: name, partition: number } = partition
      partition.topicId = topicId
      this.#resetByPolicy(
        partition,
        new KafkaError(
          'OFFSET_OUT_OF_RANGE',
          `Topic ${name} was deleted and made anew: the position in ${partition.name} means nothing any more`,
          { topic: name, partition: number },
        ),
      )
      return
    }
    partition.topicId ??= topicId
    partition.validateFor(topic?.partitions[partition.partition]?.leaderEpoch ?? -1)
  }

  // ---- helpers

  #stillAsked(asked: Questions, topic: string, partition: number): Partition | undefined {
    const found = this.#context.assignment.find({ topic, partition })
    const token = found && asked.get(found)
    return token !== undefined && found!.answered(token) ? found : undefined
  }

  #leaderOf({ topic, partition }: Partition): number | undefined {
    const leader = this.#context.cluster.metadata.topics.get(topic)?.partitions[partition]?.leader ?? -1
    return leader < 0 ? undefined : leader
  }

  #leaderEpochOf({ topic, partition }: Partition): number {
    return this.#context.cluster.metadata.topics.get(topic)?.partitions[partition]?.leaderEpoch ?? -1
  }

  #backOff(partition: Partition, failures = partition.failures): number {
    const pauseMs = backoffMs(this.#options.retryBackoffMs, this.#options.retryBackoffMaxMs, failures)
    partition.failedAttempt(performance.now() + pauseMs)
    return partition.retryAtMs
  }

  #tell(by: string, partitions: readonly Partition[]): void {
    if (partitions.length === 0) return
    const offsets = Object.fromEntries(partitions.map(({ name, position }) => [name, position?.offset]))
    const list = describePartitions(
      partitions,
      ({ partition, position }) => `${partition} from ${position?.offset}`,
    )
    this.#context.logger.info(`reads ${list}, as ${by} says`, { offsets })
  }
}

function isRefused({ phase }: Partition): boolean {
  if (phase.name !== 'failed') return false
  return (
    phase.error.code === 'TOPIC_AUTHORIZATION_FAILED' || phase.error.code === 'GROUP_AUTHORIZATION_FAILED'
  )
}

function resetTargetOf({ phase }: Partition): ResetTarget {
  return phase.name === 'resetting' ? phase.to : 'latest'
}

function timestampOf(target: ResetTarget): number {
  if (target === 'earliest') return EARLIEST_TIMESTAMP
  return target === 'latest' ? LATEST_TIMESTAMP : target.timestamp
}

function byTopic<Out>(asked: Questions, make: (partition: Partition) => Out): [string, Out[]][] {
  const topics = new Map<string, Out[]>()
  for (const partition of asked.keys()) {
    topics.set(partition.topic, [...(topics.get(partition.topic) ?? []), make(partition)])
  }
  return [...topics]
}

function noCommitted({ topic, partition, name }: Partition): KafkaError {
  return new KafkaError(
    'NO_OFFSET_FOR_PARTITION',
    `Nothing is committed for ${name}, and autoOffsetReset is 'none': seek to where it is to be read from`,
    { topic, partition },
  )
}

function failureOf({ topic, partition, name }: Partition, cause: unknown): KafkaError {
  if (isKafkaError(cause)) return cause
  return new KafkaError('INVALID_STATE', `The position of ${name} could not be looked up: ${String(cause)}`, {
    topic,
    partition,
    cause,
  })
}
