// Sends what the accumulator has gathered: to each leader one Produce request at a time with a batch of each partition
// that has one ready, several of them under way, and reads the answers into the partitions' sequences.

import { ConnectionError, isKafkaError, KafkaError, TimeoutError } from '../../errors.ts'
import { Produce } from '../../protocol/api/index.ts'
import { brokerError } from '../../protocol/error-codes.ts'
import type { ResponseOf } from '../../protocol/schema.ts'
import type { Cluster, Lane } from '../cluster/types.ts'
import type { ResolvedProducerOptions } from '../config/types.ts'
import { backoffMs } from '../network/backoff.ts'
import { wasNeverWritten } from '../network/request.ts'
import { after } from '../network/wait.ts'
import { type Accumulator, asKafkaError } from './accumulator.ts'
import { type Batch, type BatchCompression, compressionOf, type Written } from './batch.ts'
import { Expiry } from './expiry.ts'
import { meaningOf } from './produce-answer.ts'
import {
  answersOf,
  leftOut,
  type Part,
  type PartitionAnswer,
  recordErrorOf,
  topicDataOf,
} from './produce-request.ts'
import { IdentitySource } from './producer-id.ts'
import type { Answer, Outstanding, SharedIdentity } from './sequences.ts'
import type { PartitionQueue } from './topic-queue.ts'

type Endpoints = ResponseOf<typeof Produce>['nodeEndpoints']

export interface SenderOptions {
  readonly cluster: Cluster
  readonly lane: Lane
  readonly options: ResolvedProducerOptions
  readonly identity: SharedIdentity | undefined
  readonly accumulator: () => Accumulator
  /** A batch is settled with its callers: no error, or that of each record by its place. */
  readonly onWritten: (batch: Batch, written: Written) => void
  readonly onFailed: (batch: Batch, errorOf: (index: number) => KafkaError) => void
  /** The producer is finished. */
  readonly onFatal: (error: KafkaError) => void
}

/** The way to one leader. */
interface Leader {
  readonly nodeId: number
  inFlight: number
  /** Partitions that have work, the next to be served first. */
  readonly queues: Set<PartitionQueue>
}

/** What a request's header, topics and partitions take beside the batches, at most about. */
const PARTITION_OVERHEAD_BYTES = 300

export class Sender {
  readonly #given: SenderOptions
  readonly #cluster: Cluster
  readonly #options: ResolvedProducerOptions
  readonly #compression: BatchCompression
  readonly #leaders = new Map<number, Leader>()
  readonly #leaderless = new Set<PartitionQueue>()
  readonly #expiry: Expiry
  readonly #stopping = new AbortController()
  #isPumpDue = false
  readonly #identity: IdentitySource | undefined
  #isRefreshing = false
  /** Asked for while it had to wait. */
  #isRefreshDue = false
  #refreshAt = 0
  #refreshFailures = 0
  #wakeAt = Number.POSITIVE_INFINITY
  #cancelWake = () => {}

  constructor(given: SenderOptions) {
    this.#given = given
    this.#cluster = given.cluster
    this.#options = given.options
    this.#compression = compressionOf(given.options)
    const { cluster, identity, options } = given
    const signal = this.#stopping.signal
    this.#identity =
      identity &&
      new IdentitySource(cluster, identity, signal, {
        onGiven: ({ producerId, epoch }) => {
          options.logger.debug('got a producer id', { producerId: String(producerId), epoch })
          this.pumpSoon()
        },
        onFailed: (error) => (error.retriable ? this.pumpSoon() : given.onFatal(error)),
      })
    this.#expiry = new Expiry({
      deliveryTimeoutMs: options.deliveryTimeoutMs,
      queues: () => this.#queues(),
      identityError: () => this.#identity?.error,
      onExpired: (queue, batch, isHeld, errorOf) => {
        if (isHeld) this.#given.onFailed(batch, errorOf)
        else this.#failNow(batch, errorOf)
        if (queue.hasWork) this.work(queue)
      },
    })
  }

  /** The partition has something to send: it leaves at the end of this turn of the event loop, or when it may. */
  work(queue: PartitionQueue): void {
    this.#setOf(queue.leader).add(queue)
    this.#expiry.watch(queue)
    this.pumpSoon()
  }

  /** The partition's leader has changed. */
  leaderChanged(queue: PartitionQueue, before: number): void {
    this.#setOf(before).delete(queue)
    if (queue.hasWork) this.work(queue)
  }

  /** Looks for what may be sent at the end of this turn, so that records of one turn leave together. */
  pumpSoon(): void {
    if (this.#isPumpDue || this.#stopping.signal.aborted) return
    this.#isPumpDue = true
    setImmediate(() => {
      this.#isPumpDue = false
      if (!this.#stopping.signal.aborted) this.#pump()
    })
  }

  /** Nothing is sent any more; what is under way may still be answered. */
  stop(): void {
    this.#stopping.abort(new KafkaError('CLOSED', 'the producer is closed'))
    this.idle()
  }

  /** Nothing is left to wait for. */
  idle(): void {
    this.#expiry.stop()
    this.#cancelWake()
    this.#wakeAt = Number.POSITIVE_INFINITY
  }

  #pump(): void {
    const now = performance.now()
    // What waits for a leader now is told of one by new metadata.
    if (this.#leaderless.size > 0) {
      for (const queue of this.#leaderless) if (!queue.hasWork) this.#leaderless.delete(queue)
      if (this.#leaderless.size > 0) this.#isRefreshDue = true
    }
    if (this.#isRefreshDue) this.#refresh(now)
    let hasWork = false
    for (const leader of this.#leaders.values()) {
      hasWork ||= leader.queues.size > 0
      while (leader.inFlight < this.#options.maxInFlightRequestsPerConnection && leader.queues.size > 0) {
        const parts = this.#collect(leader, now)
        if (parts.length === 0) break
        this.#send(leader, parts)
      }
    }
    if (hasWork) this.#identity?.ask()
  }

  /** The batches of the next request to a leader: at most one a partition (P2 orders what there is of one). */
  #collect(leader: Leader, now: number): Part[] {
    const parts: Part[] = []
    let bytes = 0
    const { maxRequestSize } = this.#options
    const accumulator = this.#given.accumulator()
    for (const queue of [...leader.queues]) {
      const step = queue.sequences.next()
      if (step === undefined) {
        if (!queue.hasWork) leader.queues.delete(queue)
        continue
      }
      const batch = step === 'new' ? queue.batches[0] : step.batch
      if (batch === undefined) {
        leader.queues.delete(queue)
        continue
      }
      if (queue.retryAt > now) {
        this.#wakeBy(queue.retryAt)
        continue
      }
      if (step === 'new' && !this.#isReady(batch, now)) continue
      const size = batch.sizeBytes + PARTITION_OVERHEAD_BYTES
      if (parts.length > 0 && bytes + size > maxRequestSize) break
      bytes += size
      let out: Outstanding<Batch>
      if (step === 'new') {
        queue.batches.shift()
        queue.lastBatchBytes = batch.sizeBytes
        out = queue.sequences.send(batch, batch.recordCount)
      } else {
        out = step
        queue.sequences.sendAgain(out)
      }
      batch.attempts++
      try {
        const keep = (buffer: Buffer) => accumulator.keepBuffer(buffer)
        parts.push({ queue, out, bytes: batch.seal(out.identity, out.baseSequence, this.#compression, keep) })
      } catch (error) {
        // A codec that fails.
        this.#answered({ queue, out }, { kind: 'refused', mayBeWritten: false }, asKafkaError(error))
      }
      // Served: to the end of the line.
      leader.queues.delete(queue)
      if (queue.hasWork) leader.queues.add(queue)
    }
    return parts
  }

  #isReady(batch: Batch, now: number): boolean {
    const { lingerMs } = this.#options
    if (lingerMs === 0 || !batch.isOpen) return true
    const dueAt = batch.createdAt + lingerMs
    const { flushes, memory } = this.#given.accumulator()
    if (now >= dueAt || flushes > 0 || memory.isFull) return true
    this.#wakeBy(dueAt)
    return false
  }

  #send(leader: Leader, parts: readonly Part[]): void {
    leader.inFlight++
    const { acks, requestTimeoutMs } = this.#options
    const { topicData, canUseIds } = topicDataOf(parts)
    const body = { transactionalId: null, acks, timeoutMs: requestTimeoutMs, topicData }
    // C5: topics go by id from 13 on.
    const sendOptions = { to: leader.nodeId, lane: this.#given.lane, ...(!canUseIds && { maxVersion: 12 }) }
    const failed = (error: unknown) => {
      leader.inFlight--
      this.#unanswered(parts, asKafkaError(error))
    }
    if (acks === 0) {
      this.#cluster.sendWithoutAnswer(Produce, body, sendOptions).then(() => {
        leader.inFlight--
        // P12
        for (const part of parts) this.#answered(part, { kind: 'written' }, undefined)
        this.pumpSoon()
      }, failed)
      return
    }
    this.#cluster.send(Produce, body, sendOptions).then(({ response, version, nodeId }) => {
      leader.inFlight--
      const answers = answersOf(response, version, topicData)
      for (const part of parts) {
        const answer = answers(part.queue)
        if (answer !== undefined) this.#readPart(part, answer, response.nodeEndpoints, nodeId)
        else this.#unanswered([part], leftOut(part.queue, nodeId))
      }
      this.pumpSoon()
    }, failed)
  }

  #readPart(part: Part, answer: PartitionAnswer, endpoints: Endpoints, nodeId: number): void {
    const { queue } = part
    const { errorCode, baseOffset, logAppendTimeMs, logStartOffset, currentLeader } = answer
    const { answer: meaning, effect } = meaningOf(errorCode, logStartOffset)
    if (meaning.kind === 'written') {
      // P4: of a duplicate the offset may be unknown.
      const offset = errorCode === 0 ? baseOffset : Math.max(baseOffset, -1)
      this.#answered(part, meaning, undefined, { baseOffset: offset, logAppendTimeMs })
      return
    }
    const { topic, partition } = queue
    const isFatal = effect === 'fatal'
    const error = brokerError(
      errorCode,
      { api: 'Produce', broker: `node ${nodeId}`, topic, partition, fatal: isFatal },
      answer.errorMessage,
    )
    this.#log(part, error)
    let isMoved = false
    if (effect === 'refresh') {
      // M6: the answer may name the leader itself.
      this.#cluster.learnLeader(
        topic,
        partition,
        { id: currentLeader.leaderId, epoch: currentLeader.leaderEpoch },
        endpoints,
      )
      isMoved = queue.leader >= 0 && queue.leader !== nodeId
      if (!isMoved) this.#refresh(performance.now())
    }
    this.#answered(part, meaning, error, undefined, isMoved, recordErrorOf(answer, error))
    if (isFatal) this.#given.onFatal(error)
  }

  /** No answer: the batches may be in the log or not. */
  #unanswered(parts: readonly Part[], error: KafkaError): void {
    const isRetriable = error.retriable || isKafkaError(error, 'PROTOCOL_ERROR')
    if (
      !isRetriable &&
      (error.fatal || isKafkaError(error, 'CLOSED') || isKafkaError(error, 'UNSUPPORTED_VERSION'))
    ) {
      this.#given.onFatal(error)
    }
    const mayBeWritten = !wasNeverWritten(error) && !isKafkaError(error, 'CONNECTION_FAILED')
    const answer: Answer = { kind: isRetriable ? 'retriable' : 'refused', mayBeWritten }
    for (const part of parts) {
      this.#log(part, error)
      this.#answered(part, answer, error)
    }
    if (error instanceof ConnectionError || error instanceof TimeoutError) this.#refresh(performance.now())
    this.pumpSoon()
  }

  #answered(
    part: Pick<Part, 'queue' | 'out'>,
    answer: Answer,
    error: KafkaError | undefined,
    written: Written = { baseOffset: -1, logAppendTimeMs: -1 },
    isMoved = false,
    errorOf: (index: number) => KafkaError = () => error!,
  ): void {
    const { queue, out } = part
    const { sequences } = queue
    const { batch } = out
    const accumulator = this.#given.accumulator()
    const verdict = sequences.answer(out, answer)
    switch (verdict.kind) {
      case 'done':
        queue.retryAt = 0
        accumulator.release(batch, true)
        this.#given.onWritten(batch, written)
        break
      case 'dropped':
        accumulator.release(batch, answer.kind === 'written')
        break
      case 'fail':
        accumulator.release(batch, false)
        this.#given.onFailed(batch, errorOf)
        for (const other of verdict.others) this.#failNow(other.batch, () => error!)
        break
      case 'split':
        this.#split(queue, out)
        break
      case 'retry':
        batch.lastError = error
        if (batch.isSettled || batch.attempts > this.#options.retries) {
          sequences.expire(out)
          this.#failNow(batch, errorOf)
        } else if (!isMoved) {
          const { retryBackoffMs, retryBackoffMaxMs } = this.#options
          queue.retryAt =
            performance.now() +
            backoffMs(retryBackoffMs, Math.max(retryBackoffMs, retryBackoffMaxMs), batch.attempts - 1)
        }
        break
    }
    if (queue.hasWork) this.#setOf(queue.leader).add(queue)
  }

  #failNow(batch: Batch, errorOf: (index: number) => KafkaError): void {
    this.#given.accumulator().release(batch, false)
    if (!batch.isSettled) this.#given.onFailed(batch, errorOf)
  }

  /** P9 */
  #split(queue: PartitionQueue, out: Outstanding<Batch>): void {
    const { live } = this.#given.accumulator()
    const halves = out.batch.split()
    queue.sequences.replace(
      out,
      halves.map((batch) => ({ batch, recordCount: batch.recordCount })),
    )
    live.delete(out.batch)
    for (const half of halves) live.add(half)
    queue.retryAt = 0
  }

  // ---- what sending needs

  #wakeBy(at: number): void {
    if (at >= this.#wakeAt || this.#stopping.signal.aborted) return
    this.#cancelWake()
    this.#wakeAt = at
    this.#cancelWake = after(at - performance.now(), () => {
      this.#wakeAt = Number.POSITIVE_INFINITY
      this.pumpSoon()
    })
  }

  *#queues(): Generator<PartitionQueue> {
    for (const { partitions } of this.#given.accumulator().topics.values()) yield* partitions
  }

  #setOf(nodeId: number): Set<PartitionQueue> {
    if (nodeId < 0) return this.#leaderless
    let leader = this.#leaders.get(nodeId)
    if (leader === undefined) {
      leader = { nodeId, inFlight: 0, queues: new Set() }
      this.#leaders.set(nodeId, leader)
    }
    return leader.queues
  }

  #refresh(now: number): void {
    this.#isRefreshDue = true
    if (this.#isRefreshing) return
    if (this.#refreshAt > now) {
      this.#wakeBy(this.#refreshAt)
      return
    }
    this.#isRefreshing = true
    this.#isRefreshDue = false
    const over = (failed: boolean) => {
      this.#isRefreshing = false
      this.#refreshFailures = failed || this.#leaderless.size > 0 ? this.#refreshFailures + 1 : 0
      const { retryBackoffMs, retryBackoffMaxMs } = this.#options
      this.#refreshAt =
        performance.now() +
        backoffMs(retryBackoffMs, Math.max(retryBackoffMs, retryBackoffMaxMs), this.#refreshFailures)
      this.pumpSoon()
    }
    this.#cluster.refresh({ signal: this.#stopping.signal }).then(
      () => over(false),
      () => over(true),
    )
  }

  #log({ queue: { topic, partition }, out }: Part, error: KafkaError): void {
    this.#options.logger.debug('a batch was not written', {
      topic,
      partition,
      attempt: out.batch.attempts,
      baseSequence: out.baseSequence,
      error,
    })
  }
}
