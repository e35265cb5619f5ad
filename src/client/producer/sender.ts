// Sends what the accumulator has gathered: to each leader one Produce request at a time with a batch of each partition
// that has one ready, several of them under way, and reads the answers into the partitions' sequences.

import { ConnectionError, isKafkaError, KafkaError, TimeoutError } from '../../errors.ts'
import { Produce } from '../../protocol/api/index.ts'
import { brokerError, errorByCode } from '../../protocol/error-codes.ts'
import { type ResponseOf, ZERO_UUID } from '../../protocol/schema.ts'
import type { Cluster, Lane } from '../cluster/types.ts'
import type { ResolvedProducerOptions } from '../config/types.ts'
import { backoffMs } from '../network/backoff.ts'
import { wasNeverWritten } from '../network/request.ts'
import { after } from '../network/wait.ts'
import { type Accumulator, asKafkaError } from './accumulator.ts'
import type { Batch, Written } from './batch.ts'
import { meaningOf } from './produce-answer.ts'
import { askProducerId } from './producer-id.ts'
import type { Answer, Outstanding, SharedIdentity } from './sequences.ts'
import type { PartitionQueue } from './topic-queue.ts'

type PartitionAnswer = ResponseOf<typeof Produce>['responses'][number]['partitionResponses'][number]
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

/** One batch in a request. */
interface Part {
  readonly queue: PartitionQueue
  readonly out: Outstanding<Batch>
  readonly bytes: Buffer
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
  readonly #leaders = new Map<number, Leader>()
  readonly #leaderless = new Set<PartitionQueue>()
  readonly #stopping = new AbortController()
  #isPumpDue = false
  #isAskingIdentity = false
  /** Why there is none yet. */
  #identityError: KafkaError | undefined
  #isRefreshing = false
  /** Asked for while it had to wait. */
  #isRefreshDue = false
  #refreshAt = 0
  #refreshFailures = 0
  #wakeAt = Number.POSITIVE_INFINITY
  #cancelWake = () => {}
  #expireAt = Number.POSITIVE_INFINITY
  #cancelExpire = () => {}

  constructor(given: SenderOptions) {
    this.#given = given
    this.#cluster = given.cluster
    this.#options = given.options
  }

  /** Requests under way. */
  get inFlight(): number {
    let count = 0
    for (const leader of this.#leaders.values()) count += leader.inFlight
    return count
  }

  /** The partition has something to send: it leaves at the end of this turn of the event loop, or when it may. */
  work(queue: PartitionQueue): void {
    this.#setOf(queue.leader).add(queue)
    const oldest = queue.sequences.outstanding[0]?.batch ?? queue.batches[0]
    if (oldest !== undefined) this.#expireBy(oldest.deadline)
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
    this.#cancelWake()
    this.#cancelExpire()
  }

  #pump(): void {
    const now = performance.now()
    const { identity } = this.#given
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
    if (hasWork && identity !== undefined && identity.current === undefined) this.#askIdentity(identity)
  }

  /** The batches of the next request to a leader: at most one a partition (P2 orders what there is of one). */
  #collect(leader: Leader, now: number): Part[] {
    const parts: Part[] = []
    let bytes = 0
    const { compressionType, maxRequestSize } = this.#options
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
      const sealed = batch.seal(out.identity, out.baseSequence, compressionType, (buffer) =>
        accumulator.keepBuffer(buffer),
      )
      parts.push({ queue, out, bytes: sealed })
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
    const topics = new Map<
      string,
      { name: string; topicId: string; partitionData: { index: number; records: Buffer }[] }
    >()
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
    const body = { transactionalId: null, acks, timeoutMs: requestTimeoutMs, topicData: [...topics.values()] }
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
    const ids = new Map([...topics.values()].map(({ name, topicId }) => [topicId, name]))
    this.#cluster.send(Produce, body, sendOptions).then(({ response, version, nodeId }) => {
      leader.inFlight--
      this.#read(
        parts,
        response,
        nodeId,
        version >= 13 ? (topic) => ids.get(topic.topicId) : (topic) => topic.name,
      )
    }, failed)
  }

  #read(
    parts: readonly Part[],
    { responses, nodeEndpoints }: ResponseOf<typeof Produce>,
    nodeId: number,
    nameOf: (topic: ResponseOf<typeof Produce>['responses'][number]) => string | undefined,
  ): void {
    const answers = new Map<string, PartitionAnswer>()
    for (const topic of responses) {
      const name = nameOf(topic)
      for (const answer of topic.partitionResponses) answers.set(`${name}-${answer.index}`, answer)
    }
    for (const part of parts) {
      const { topic, partition } = part.queue
      const answer = answers.get(`${topic}-${partition}`)
      if (answer !== undefined) this.#readPart(part, answer, nodeEndpoints, nodeId)
      else
        this.#unanswered(
          [part],
          new KafkaError('PROTOCOL_ERROR', `broker ${nodeId} left ${topic}-${partition} out of its answer`, {
            topic,
            partition,
            api: 'Produce',
            retriable: true,
          }),
        )
    }
    this.pumpSoon()
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
    part: Part,
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

  // ---- time

  /** P10: what is overdue fails; what is under way keeps its memory until its request is over (P13). */
  #expire(): void {
    this.#expireAt = Number.POSITIVE_INFINITY
    const now = performance.now()
    const accumulator = this.#given.accumulator()
    const overdue: PartitionQueue[] = []
    let next = Number.POSITIVE_INFINITY
    for (const { partitions } of accumulator.topics.values()) {
      for (const queue of partitions) {
        const oldest = Math.min(
          ...queue.sequences.outstanding
            .filter(({ isExpired }) => !isExpired)
            .map(({ batch }) => batch.deadline),
          queue.batches[0]?.deadline ?? Number.POSITIVE_INFINITY,
        )
        if (oldest <= now) overdue.push(queue)
        else next = Math.min(next, oldest)
      }
    }
    for (const queue of overdue) this.#expireQueue(queue, now)
    if (overdue.length > 0) {
      this.pumpSoon()
      next = Math.min(next, now + 100)
    }
    this.#expireBy(next)
  }

  #expireQueue(queue: PartitionQueue, now: number): void {
    const { sequences, batches } = queue
    for (const out of [...sequences.outstanding]) {
      const { batch } = out
      if (batch.deadline > now || out.isExpired) continue
      const isInFlight = out.isInFlight
      sequences.expire(out)
      if (!isInFlight) this.#given.accumulator().release(batch, false)
      this.#given.onFailed(batch, this.#overdue(queue, batch))
    }
    while (batches.length > 0 && batches[0]!.deadline <= now) {
      const batch = batches.shift()!
      batch.isOpen = false
      this.#failNow(batch, this.#overdue(queue, batch))
    }
    if (queue.hasWork) this.#setOf(queue.leader).add(queue)
  }

  #overdue({ leader }: PartitionQueue, batch: Batch): () => KafkaError {
    const { topic, partition } = batch.place
    const cause = batch.lastError ?? this.#identityError
    const because = cause === undefined ? '' : `; last: ${cause.message}`
    const fate =
      batch.attempts > 0
        ? `it was sent ${batch.attempts} times and may have been written`
        : `it was never sent${leader < 0 ? ', for the partition has no leader' : ''}`
    const records = batch.recordCount === 1 ? 'a record' : `${batch.recordCount} records`
    const error = new TimeoutError(
      `${records} for ${topic}-${partition} could not be delivered within ${this.#options.deliveryTimeoutMs} ms (deliveryTimeoutMs): ${fate}${because}`,
      { topic, partition, cause, retriable: false },
      'DELIVERY_TIMEOUT',
    )
    return () => error
  }

  #expireBy(at: number): void {
    if (at >= this.#expireAt || this.#stopping.signal.aborted) return
    this.#cancelExpire()
    this.#expireAt = at
    this.#cancelExpire = after(at - performance.now(), () => this.#expire())
  }

  /** Nothing is left that could expire. */
  idle(): void {
    this.#cancelExpire()
    this.#cancelWake()
    this.#expireAt = Number.POSITIVE_INFINITY
    this.#wakeAt = Number.POSITIVE_INFINITY
  }

  #wakeBy(at: number): void {
    if (at >= this.#wakeAt || this.#stopping.signal.aborted) return
    this.#cancelWake()
    this.#wakeAt = at
    this.#cancelWake = after(at - performance.now(), () => {
      this.#wakeAt = Number.POSITIVE_INFINITY
      this.pumpSoon()
    })
  }

  // ---- what sending needs

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

  #askIdentity(identity: SharedIdentity): void {
    if (this.#isAskingIdentity) return
    this.#isAskingIdentity = true
    askProducerId(this.#cluster, this.#stopping.signal).then(
      (given) => {
        this.#isAskingIdentity = false
        this.#identityError = undefined
        identity.current = given
        this.#options.logger.debug('got a producer id', {
          producerId: String(given.producerId),
          epoch: given.epoch,
        })
        this.pumpSoon()
      },
      (error: KafkaError) => {
        this.#isAskingIdentity = false
        if (this.#stopping.signal.aborted) return
        this.#identityError = error
        if (error.retriable) this.pumpSoon()
        else this.#given.onFatal(error)
      },
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

/** KIP-467: the records that the broker names fail with its reason, the rest because of them (P9). */
function recordErrorOf(answer: PartitionAnswer, error: KafkaError): (index: number) => KafkaError {
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
