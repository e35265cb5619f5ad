// Keeps one fetch on its way to each leader that has partitions with room in the prefetch budget, on a lane of the
// consumer's own (C12), within a fetch session. An answer's bytes are kept whole; the next request goes out before any
// of them is decoded.

import { isKafkaError, KafkaError } from '../../errors.ts'
import { Fetch } from '../../protocol/api/index.ts'
import type { ResponseOf } from '../../protocol/schema.ts'
import type { Cluster, Lane } from '../cluster/types.ts'
import type { ResolvedConsumerOptions } from '../config/types.ts'
import type { Logger } from '../logger.ts'
import { backoffMs } from '../network/backoff.ts'
import type { Assignment } from './assignment.ts'
import {
  type FetchPlan,
  type FetchSession,
  NO_SESSION,
  planClose,
  planFetch,
  sessionAfterAnswer,
  sessionAfterFailure,
  type WantedPartition,
} from './fetch-session.ts'
import {
  FIRST_TOPIC_ID_VERSION,
  fetchRequest,
  namedAnswers,
  type PartitionAnswer,
  sizeOf,
} from './fetch-wire.ts'
import { FetchedChunk } from './fetched.ts'
import type { HandOut } from './hand-out.ts'
import type { Asked, Partition } from './partition.ts'
import { frameLease, PrefetchBudget } from './prefetch.ts'
import { isExpected, partitionError, reactionTo } from './reactions.ts'

export type FetcherOptions = Pick<
  ResolvedConsumerOptions,
  | 'checkCrcs'
  | 'clientRack'
  | 'fetchMaxBytes'
  | 'fetchMaxWaitMs'
  | 'fetchMinBytes'
  | 'isolationLevel'
  | 'maxPartitionFetchBytes'
  | 'prefetchMemory'
  | 'retryBackoffMs'
  | 'retryBackoffMaxMs'
> & { readonly metadataMaxAgeMs: number }

export interface FetcherContext {
  readonly cluster: Cluster
  readonly assignment: Assignment
  readonly handOut: HandOut
  readonly logger: Logger
  /** A broker is free to be asked again: runs the pump now, before what it sent is decoded. */
  readonly onAnswer: () => void
  /** Something that was buffered is used up. */
  readonly onRoom: () => void
  /** The position is outside the log: reset it by policy, or fail it (F2). */
  readonly onOutOfRange: (partition: Partition) => void
  /** New metadata is needed. */
  readonly onStaleMetadata: () => void
}

/** A broker we fetch from. */
interface Source {
  readonly nodeId: number
  session: FetchSession
  isInFlight: boolean
  retryAtMs: number
  failures: number
  /** Where the next request begins in the list of partitions, so that none is always last. */
  turn: number
  /** How long an answer may wait while a partition is left out. */
  shortWaitMs: number
}

interface Request {
  readonly source: Source
  readonly plan: FetchPlan
  readonly asked: ReadonlyMap<string, Asked>
  /** Partitions of the same broker were left out: enough of them is buffered, or their position is being looked up. */
  readonly leavesOut: boolean
  readonly settle: (arrivedBytes: number) => void
}

const FIRST_SHORT_WAIT_MS = 5
const CLOSE_TIMEOUT_MS = 1_000
/** So many answers in a row that are no Kafka answers are told to the loop. */
const UNREADABLE_ANSWERS = 3

export class Fetcher {
  readonly #context: FetcherContext
  readonly #options: FetcherOptions
  readonly #lane: Lane
  readonly #budget: PrefetchBudget
  readonly #sources = new Map<number, Source>()
  readonly #abort = new AbortController()

  constructor(context: FetcherContext, options: FetcherOptions) {
    this.#context = context
    this.#options = options
    this.#lane = context.cluster.openLane('fetch')
    this.#budget = new PrefetchBudget(options.prefetchMemory)
  }

  /** Sends what can be sent; returns when it wants to be called again. */
  readonly step = (now: number): number => {
    const { assignment } = this.#context
    const enough = this.#budget.enoughFor(assignment.size, this.#options.maxPartitionFetchBytes)
    const groups = new Map<Source, { partitions: Partition[]; leavesOut: boolean }>()
    let next = Number.POSITIVE_INFINITY
    for (const partition of assignment) {
      const isComing = partition.isAsking && partition.hold === undefined && !partition.isPaused
      if (!partition.isFetchable && !isComing) continue
      const nodeId = this.#nodeOf(partition, now)
      if (!isComing && partition.retryAtMs > now) {
        next = Math.min(next, partition.retryAtMs)
        continue
      }
      if (nodeId === undefined) {
        if (isComing) continue
        next = Math.min(next, this.#backOff(partition, now))
        this.#context.onStaleMetadata()
        continue
      }
      const source = this.#source(nodeId)
      let group = groups.get(source)
      if (group === undefined) {
        group = { partitions: [], leavesOut: false }
        groups.set(source, group)
      }
      if (isComing || partition.bufferedBytes >= enough) group.leavesOut = true
      else group.partitions.push(partition)
    }
    for (const [source, { partitions, leavesOut }] of groups) {
      if (source.isInFlight || partitions.length === 0) continue
      if (source.retryAtMs > now) {
        next = Math.min(next, source.retryAtMs)
        continue
      }
      const maxBytes = this.#budget.allowance(groups.size, this.#options.fetchMaxBytes)
      if (maxBytes === 0) this.#makeRoom()
      else void this.#fetch(source, partitions, leavesOut, maxBytes)
    }
    return next
  }

  /** Ends the sessions and the connections (F4). What is on its way is dropped. */
  async close(): Promise<void> {
    this.#abort.abort(new KafkaError('CLOSED', 'the consumer is closed'))
    const { cluster } = this.#context
    await Promise.allSettled(
      [...this.#sources.values()].map(async ({ nodeId, session }) => {
        const plan = planClose(session)
        if (plan === undefined) return
        const body = { ...plan, maxWaitMs: 0, minBytes: 0, topics: [] }
        // On the ordinary lane: on ours it would wait for the fetch that waits there.
        const cap = session.usesTopicIds ? {} : { maxVersion: FIRST_TOPIC_ID_VERSION - 1 }
        await cluster.send(Fetch, body, { to: nodeId, timeoutMs: CLOSE_TIMEOUT_MS, ...cap })
      }),
    )
    await this.#lane.close({ timeoutMs: 0 })
  }

  // ---- requests

  async #fetch(source: Source, partitions: Partition[], leavesOut: boolean, maxBytes: number): Promise<void> {
    const { cluster } = this.#context
    const start = source.turn++ % partitions.length
    const ordered = [...partitions.slice(start), ...partitions.slice(0, start)]
    const plan = planFetch(
      source.session,
      ordered.map((partition) => this.#wanted(partition)),
    )
    const request: Request = {
      source,
      plan,
      asked: new Map(ordered.map((partition) => [partition.name, partition.snapshot()])),
      leavesOut,
      settle: this.#budget.reserve(maxBytes),
    }
    source.isInFlight = true
    let arrived = 0
    try {
      const body = fetchRequest(plan, this.#options, { maxBytes, maxWaitMs: this.#maxWaitMs(request) })
      const { response, version } = await cluster.send(Fetch, body, {
        to: source.nodeId,
        lane: this.#lane,
        signal: this.#abort.signal,
        ...(!plan.usesTopicIds && { maxVersion: FIRST_TOPIC_ID_VERSION - 1 }),
      })
      arrived = this.#answered(request, response, version)
    } catch (error) {
      this.#failed(request, error)
    }
    source.isInFlight = false
    request.settle(arrived)
    if (!this.#abort.signal.aborted) this.#context.onAnswer()
  }

  #wanted(partition: Partition): WantedPartition {
    const topic = this.#context.cluster.metadata.topics.get(partition.topic)
    return {
      key: partition.name,
      topic: partition.topic,
      topicId: topic?.id,
      partition: partition.partition,
      fetchOffset: partition.fetchOffset,
      currentLeaderEpoch: topic?.partitions[partition.partition]?.leaderEpoch ?? -1,
      maxBytes: this.#options.maxPartitionFetchBytes,
    }
  }

  /**
   * A partition that was left out may be wanted before the answer comes, and nothing is fetched for it until then. So
   * the wait is short at first, and doubles while nothing comes: a slow loop must not make us busy.
   */
  #maxWaitMs({ source, leavesOut }: Request): number {
    const { fetchMaxWaitMs } = this.#options
    return leavesOut ? Math.min(fetchMaxWaitMs, source.shortWaitMs) : fetchMaxWaitMs
  }

  // ---- answers

  /** Returns the bytes that are held now, and released when the last part of them is let go. */
  #answered(request: Request, response: ResponseOf<typeof Fetch>, version: number): number {
    const { source, plan } = request
    const answers = namedAnswers(plan, response, version)
    const verdict = sessionAfterAnswer(plan, {
      errorCode: response.errorCode,
      sessionId: response.sessionId,
      throttleTimeMs: response.throttleTimeMs,
      keys: answers.map(({ key }) => key),
    })
    source.session = verdict.session
    if (!verdict.use) {
      this.#refused(request, response.errorCode, verdict.reason)
      return 0
    }
    source.failures = 0
    const arrived = sizeOf(response)
    const withRecords = answers.filter(({ answer }) => (answer.records?.length ?? 0) > 0).length
    source.shortWaitMs = withRecords === 0 && request.leavesOut ? source.shortWaitMs * 2 : FIRST_SHORT_WAIT_MS
    const release = frameLease(withRecords, () => {
      this.#budget.release(arrived)
      this.#context.onRoom()
    })
    const now = performance.now()
    for (const { key, answer } of answers) {
      const asked = request.asked.get(key!)!
      const partition = this.#partition(plan.wanted.get(key!)!)
      const hasRecords = (answer.records?.length ?? 0) > 0
      // A seek, a revocation or a pause that dropped what was buffered came first (F5).
      if (partition === undefined || !partition.concerns(asked)) {
        if (hasRecords) release()
      } else if (answer.errorCode !== 0) {
        if (hasRecords) release()
        this.#partitionFailed(source, partition, answer, response, now)
      } else this.#partitionAnswered(partition, answer, release, now)
    }
    return arrived
  }

  #partitionAnswered(partition: Partition, answer: PartitionAnswer, release: () => void, now: number): void {
    const { records, preferredReadReplica } = answer
    partition.wasRead()
    partition.highWatermark = answer.highWatermark
    partition.lastStableOffset = answer.lastStableOffset
    partition.logStartOffset = answer.logStartOffset
    if (preferredReadReplica >= 0) {
      const untilMs = now + this.#options.metadataMaxAgeMs
      partition.preferredReplica = { nodeId: preferredReadReplica, untilMs }
    }
    if (records === null || records.length === 0) return
    const chunk = new FetchedChunk(partition, records, {
      checkCrcs: this.#options.checkCrcs,
      abortedTransactions:
        this.#options.isolationLevel === 'read_committed' ? (answer.abortedTransactions ?? []) : [],
      onRelease: release,
    })
    if (chunk.batchCount === 0 && !chunk.isBroken) {
      chunk.release()
      this.#context.handOut.fail(partition, noWholeBatch(partition, this.#options.maxPartitionFetchBytes))
      return
    }
    partition.resets = 0
    partition.buffer(chunk)
    this.#context.handOut.offer(partition)
  }

  #partitionFailed(
    source: Source,
    partition: Partition,
    { errorCode, currentLeader }: PartitionAnswer,
    { nodeEndpoints }: ResponseOf<typeof Fetch>,
    now: number,
  ): void {
    const { cluster, handOut, logger } = this.#context
    const error = partitionError('Fetch', errorCode, partition)
    const fields = { topic: partition.topic, partition: partition.partition, error: error.code }
    const fromFollower = partition.preferredReplica?.nodeId === source.nodeId
    partition.preferredReplica = undefined
    const reaction = reactionTo(errorCode)
    if (reaction === 'caller') {
      handOut.fail(partition, error)
      return
    }
    if (reaction === 'reset') {
      // A follower may be behind its leader, who is asked next (KIP-392); what was fetched before is still good.
      if (fromFollower) return
      if (partition.hasBuffered) this.#backOff(partition, now)
      else this.#context.onOutOfRange(partition)
      return
    }
    if (isExpected(errorCode)) logger.debug('a fetch of a partition is tried again', fields)
    else logger.warn('a fetch of a partition failed in an unexpected way and is tried again', fields)
    if (reaction === 'refresh') {
      if (currentLeader.leaderId >= 0 && currentLeader.leaderEpoch >= 0) {
        const { leaderId: id, leaderEpoch: epoch } = currentLeader
        cluster.learnLeader(partition.topic, partition.partition, { id, epoch }, nodeEndpoints)
        if (this.#leaderEpochOf(partition) === epoch) return
      }
      this.#context.onStaleMetadata()
    }
    this.#backOff(partition, now)
  }

  /** The answer as a whole cannot be used. */
  #refused({ source }: Request, errorCode: number, reason: string): void {
    this.#context.logger.debug(`a fetch is sent again: ${reason}`, { broker: source.nodeId })
    // A session that is gone is replaced at once, but not for ever.
    if (source.failures++ > 0) source.retryAtMs = performance.now() + this.#pauseMs(source.failures)
    if (errorCode !== 0 && reactionTo(errorCode) === 'refresh') this.#context.onStaleMetadata()
  }

  /** No answer came. */
  #failed({ source, plan }: Request, error: unknown): void {
    source.session = sessionAfterFailure(plan)
    if (this.#abort.signal.aborted) return
    source.retryAtMs = performance.now() + this.#pauseMs(source.failures++)
    for (const wanted of plan.wanted.values()) {
      const partition = this.#partition(wanted)
      if (partition?.preferredReplica?.nodeId === source.nodeId) partition.preferredReplica = undefined
    }
    const { handOut, logger, onStaleMetadata } = this.#context
    // Bytes damaged once may pass; a broker that sends such again and again is for the caller to know.
    const isLasting = isKafkaError(error, 'PROTOCOL_ERROR') && source.failures >= UNREADABLE_ANSWERS
    if (isKafkaError(error) && error.retriable && !isLasting) {
      logger.debug('a fetch got no answer and is sent again', { broker: source.nodeId, error: error.message })
      onStaleMetadata()
      return
    }
    const told: KafkaError = isKafkaError(error)
      ? error
      : new KafkaError('INVALID_STATE', `A fetch from broker ${source.nodeId} failed: ${String(error)}`, {
          cause: error,
        })
    logger.error('a fetch failed', { broker: source.nodeId, error: told.message })
    handOut.report(told)
  }

  // ---- helpers

  #partition(wanted: WantedPartition): Partition | undefined {
    return this.#context.assignment.find(wanted)
  }

  #leaderEpochOf({ topic, partition }: Partition): number | undefined {
    return this.#context.cluster.metadata.topics.get(topic)?.partitions[partition]?.leaderEpoch
  }

  /** The preferred replica while it is good (F9), else the leader; undefined when none is known. */
  #nodeOf(partition: Partition, now: number): number | undefined {
    const { brokers, topics } = this.#context.cluster.metadata
    const leader = topics.get(partition.topic)?.partitions[partition.partition]?.leader ?? -1
    const preferred = partition.preferredReplica
    if (preferred !== undefined) {
      if (preferred.untilMs > now && brokers.has(preferred.nodeId)) return preferred.nodeId
      partition.preferredReplica = undefined
    }
    return leader < 0 ? undefined : leader
  }

  #source(nodeId: number): Source {
    let source = this.#sources.get(nodeId)
    if (source === undefined) {
      const fresh = { session: NO_SESSION, isInFlight: false, retryAtMs: 0, failures: 0, turn: 0 }
      source = { nodeId, ...fresh, shortWaitMs: FIRST_SHORT_WAIT_MS }
      this.#sources.set(nodeId, source)
    }
    return source
  }

  /** Buffers of partitions that nobody reads must not stop the others: they are fetched again. */
  #makeRoom(): void {
    const partitions = [...this.#context.assignment]
    if (partitions.some((partition) => partition.isHandable && partition.hasBuffered)) return
    for (const partition of partitions) if (!partition.isHandable) partition.dropBuffered()
  }

  #backOff(partition: Partition, now: number): number {
    partition.failedAttempt(now + this.#pauseMs(partition.failures))
    return partition.retryAtMs
  }

  #pauseMs(failures: number): number {
    return backoffMs(this.#options.retryBackoffMs, this.#options.retryBackoffMaxMs, failures)
  }
}

/** Only brokers before version 3 of Fetch do this (F6). */
function noWholeBatch({ topic, partition, fetchOffset }: Partition, maxBytes: number): KafkaError {
  return new KafkaError(
    'RECORD_TOO_LARGE',
    `The batch of ${topic}-${partition} at offset ${fetchOffset} is larger than maxPartitionFetchBytes (${maxBytes}): ` +
      'raise it, or seek past the batch',
    { topic, partition, offset: fetchOffset },
  )
}
