// The producer as its users see it: takes records, promises or reports what becomes of them, and ends in order.

import { isKafkaError, KafkaError } from '../../errors.ts'
import type { HeaderEntries } from '../../protocol/records/builder.ts'
import type { Cluster } from '../cluster/types.ts'
import type { ResolvedProducerOptions } from '../config/types.ts'
import { type Logger, safeLogger } from '../logger.ts'
import { after, onAbort, unobserved } from '../network/wait.ts'
import type { Bytes } from '../serde.ts'
import { Accumulator, asKafkaError, noRoomWithin } from './accumulator.ts'
import type { Batch, Listener, SettlementCount } from './batch.ts'
import {
  type AnyRecord,
  checkRecord,
  headersIn,
  isAsync,
  type Serializers,
  serialize,
  serializeAsync,
  serializersOf,
  topicNameIn,
} from './record.ts'
import { ReportBuilder } from './send-report.ts'
import { Sender } from './sender.ts'
import { PartitionSequences, SharedIdentity } from './sequences.ts'
import type { TopicQueue } from './topic-queue.ts'
import type {
  CloseOptions,
  DeliveryCallback,
  FlushOptions,
  FlushResult,
  ManyRecords,
  Producer,
  RecordMetadata,
  SendReport,
  SignalOptions,
} from './types.ts'

/** A producer on a cluster. Nothing touches the network before the first record. */
export function createProducer(
  cluster: Cluster,
  options: ResolvedProducerOptions,
): Producer<unknown, unknown> {
  return new BatchingProducer(cluster, { ...options, logger: safeLogger(options.logger) })
}

/** Bounds what a failing producer without callbacks says. */
const UNHEARD_LOG_INTERVAL_MS = 1_000

class BatchingProducer {
  readonly closed: Promise<void>
  readonly #options: ResolvedProducerOptions
  readonly #serializers: Serializers
  readonly #logger: Logger
  readonly #accumulator: Accumulator
  readonly #sender: Sender
  readonly #lane: ReturnType<Cluster['openLane']>
  readonly #stopListening: () => void
  /** Sends that are not taken yet: they wait for a serde or for room. Each resolves when its record is settled. */
  readonly #entering = new Set<Promise<KafkaError | null>>()
  /** By topic, what the next record waits for so that it does not overtake one whose serde is slow (P1). */
  readonly #turns = new Map<TopicQueue, Promise<unknown>>()
  /** Why no call is taken any more. */
  #ended: KafkaError | undefined
  /** Why nothing is sent any more, not even what was given before. */
  #stopped: KafkaError | undefined
  #closing: Promise<void> | undefined
  #resolveClosed!: () => void
  #rejectClosed!: (error: unknown) => void
  #unheardSince = Number.NEGATIVE_INFINITY

  constructor(cluster: Cluster, options: ResolvedProducerOptions) {
    this.#options = options
    this.#logger = options.logger
    this.#serializers = { key: options.key, value: options.value }
    this.closed = unobserved(
      new Promise<void>((resolve, reject) => {
        this.#resolveClosed = resolve
        this.#rejectClosed = reject
      }),
    )
    this.#lane = cluster.openLane('produce')
    const identity = options.enableIdempotence ? new SharedIdentity() : undefined
    const maxInFlight = options.maxInFlightRequestsPerConnection
    this.#sender = new Sender({
      cluster,
      lane: this.#lane,
      options,
      identity,
      accumulator: () => this.#accumulator,
      onWritten: (batch, written) => {
        this.#accumulator.live.delete(batch)
        batch.written(written, this.#onListenerError)
        this.#idleIfEmpty()
      },
      onFailed: (batch, errorOf) => this.#failBatch(batch, errorOf),
      onFatal: (error) => this.#fail(error),
    })
    this.#accumulator = new Accumulator({
      cluster,
      options,
      newSequences: () => new PartitionSequences<Batch>(identity, maxInFlight),
      onWork: (queue) => this.#sender.work(queue),
      onLeader: (queue, before) => this.#sender.leaderChanged(queue, before),
      onUnheard: this.#onUnheard,
      onListenerError: this.#onListenerError,
    })
    this.#stopListening = cluster.onMetadata((metadata) => this.#accumulator.update(metadata))
  }

  send(record: AnyRecord, options: SignalOptions = {}): Promise<RecordMetadata> {
    return unobserved(
      new Promise((resolve, reject) => {
        const { signal } = options
        signal?.throwIfAborted()
        const forget = onAbort(signal, reject)
        this.#submit(
          record,
          (error, metadata) => {
            forget()
            if (error === null) resolve(metadata)
            else reject(error)
          },
          undefined,
          (error) => {
            forget()
            reject(error)
          },
          signal,
        )
      }),
    )
  }

  sendMany(records: ManyRecords<AnyRecord>, options: SignalOptions = {}): Promise<SendReport> {
    return unobserved(this.#sendMany(records, options.signal))
  }

  enqueue(record: AnyRecord, callback?: DeliveryCallback<never>, context?: unknown): boolean {
    if (this.#ended !== undefined) throw this.#ended
    const { memory } = this.#accumulator
    const topic = this.#accumulator.topics.get(record?.topic as string) ?? this.#topicOf(record)
    if (memory.isFull) throw this.#bufferFull()
    const serializers =
      typeof record.topic === 'string' ? this.#serializers : serializersOf(record, this.#serializers)
    const headers = headersIn(record)
    const key =
      record.key === undefined || record.key === null
        ? serializeNull(record.key, serializers, topic, headers)
        : serialize('key', record.key, serializers.key, topic, headers)
    const value = serialize('value', record.value, serializers.value, topic, headers)
    this.#take(topic, key, value, headers, record, callback, context, performance.now())
    return !memory.isFull
  }

  ready(options: SignalOptions = {}): Promise<void> {
    if (this.#ended !== undefined) return unobserved(Promise.reject(this.#ended))
    return unobserved(this.#accumulator.memory.ready(options.signal))
  }

  flush(options: FlushOptions = {}): Promise<FlushResult> {
    return unobserved(this.#flush(options))
  }

  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= unobserved(this.#close(options))
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  // ---- taking records

  /** Has a record taken, now or when its turn comes; `refuse` hears why it was not. */
  #submit(
    record: AnyRecord,
    listener: Listener,
    context: unknown,
    refuse: (error: unknown) => void,
    signal: AbortSignal | undefined,
  ): void {
    const since = performance.now()
    try {
      if (this.#ended !== undefined) throw this.#ended
      const topic = this.#topicOf(record)
      const serializers = serializersOf(record, this.#serializers)
      const headers = headersIn(record)
      const turn = this.#turns.get(topic)
      if (turn === undefined && !isAsync(serializers)) {
        const key = serialize('key', record.key, serializers.key, topic, headers)
        const value = serialize('value', record.value, serializers.value, topic, headers)
        this.#takeOrWait(topic, key, value, headers, record, listener, context, since, refuse, signal)
        return
      }
      const parts = unobserved(
        Promise.all([
          serializeAsync('key', record.key, serializers.key, topic, headers),
          serializeAsync('value', record.value, serializers.value, topic, headers),
        ]),
      )
      const entry = this.#enter(listener, refuse)
      const entered = (async () => {
        await turn
        try {
          const [key, value] = await parts
          signal?.throwIfAborted()
          if (this.#stopped !== undefined) throw this.#stopped
          entry.taken()
          this.#takeOrWait(
            topic,
            key,
            value,
            headers,
            record,
            entry.listener,
            context,
            since,
            entry.refuse,
            signal,
          )
        } catch (error) {
          entry.refuse(error)
        }
      })()
      this.#turns.set(topic, entered)
      void entered.then(() => {
        if (this.#turns.get(topic) === entered) this.#turns.delete(topic)
      })
    } catch (error) {
      refuse(error)
    }
  }

  #takeOrWait(
    topic: TopicQueue,
    key: Bytes | null,
    value: Bytes | null,
    headers: HeaderEntries,
    record: AnyRecord,
    listener: Listener,
    context: unknown,
    since: number,
    refuse: (error: unknown) => void,
    signal: AbortSignal | undefined,
  ): void {
    const { memory } = this.#accumulator
    if (!memory.isFull) {
      this.#take(topic, key, value, headers, record, listener, context, since)
      return
    }
    const { maxBlockMs, bufferMemory, maxRequestSize } = this.#options
    // What is wrong with it is said now.
    checkRecord(topic, key, value, headers, record.timestamp ?? 0, maxRequestSize)
    const entry = this.#enter(listener, refuse)
    memory.whenRoom(
      () => {
        entry.taken()
        try {
          this.#take(topic, key, value, headers, record, entry.listener, context, since)
        } catch (error) {
          entry.refuse(error)
        }
      },
      entry.refuse,
      { deadline: since + maxBlockMs, late: () => noRoomWithin(maxBlockMs, bufferMemory), signal },
    )
    // Open batches may leave now, whatever they linger for.
    this.#sender.pumpSoon()
  }

  /** A record that is not taken yet, for those who flush meanwhile. */
  #enter(listener: Listener, refuse: (error: unknown) => void) {
    let settle!: (error: KafkaError | null) => void
    const settled = new Promise<KafkaError | null>((resolve) => {
      settle = resolve
    })
    this.#entering.add(settled)
    const taken = () => this.#entering.delete(settled)
    return {
      taken,
      listener: ((error, metadata, context) => {
        settle(error)
        listener(error, metadata, context)
      }) satisfies Listener,
      refuse: (error: unknown) => {
        taken()
        settle(asKafkaError(error))
        refuse(error)
      },
    }
  }

  /** Hot. */
  #take(
    topic: TopicQueue,
    key: Bytes | null,
    value: Bytes | null,
    headers: HeaderEntries,
    record: AnyRecord,
    listener: Listener | undefined,
    context: unknown,
    since: number,
  ): void {
    const timestamp = record.timestamp ?? Date.now()
    checkRecord(topic, key, value, headers, timestamp, this.#options.maxRequestSize)
    const { partition } = record
    if (partition !== undefined && !(Number.isInteger(partition) && partition >= 0)) {
      throw new KafkaError(
        'INVALID_ARGUMENT',
        `the partition of a record for topic ${topic.name} is ${String(partition)}: it is a whole number from 0 on`,
        { topic: topic.name },
      )
    }
    this.#accumulator.take(topic, key, value, headers, partition, timestamp, listener, context, since)
  }

  #topicOf(record: AnyRecord): TopicQueue {
    const name = typeof record?.topic === 'string' ? (record.topic as string) : topicNameIn(record)
    return this.#accumulator.topics.get(name) ?? this.#accumulator.topic(topicNameIn(record))
  }

  async #sendMany(records: ManyRecords<AnyRecord>, signal: AbortSignal | undefined): Promise<SendReport> {
    signal?.throwIfAborted()
    const report = new ReportBuilder()
    const { memory } = this.#accumulator
    const take = (record: AnyRecord): void => {
      const index = report.begin()
      this.#submit(
        record,
        report.settle as Listener,
        index,
        (error) => report.refuse(index, asKafkaError(error)),
        signal,
      )
    }
    const goOn = async (): Promise<void> => {
      if (memory.isFull) await this.ready(signal && { signal })
      signal?.throwIfAborted()
      if (this.#ended !== undefined) throw this.#ended
    }
    if (Symbol.iterator in records) {
      for (const record of records) {
        if (memory.isFull || this.#ended !== undefined || signal?.aborted) await goOn()
        take(record)
      }
    } else if (Symbol.asyncIterator in records) {
      for await (const record of records) {
        if (memory.isFull || this.#ended !== undefined || signal?.aborted) await goOn()
        take(record)
      }
    } else {
      throw new KafkaError(
        'INVALID_ARGUMENT',
        'sendMany takes an array, an iterable or an async iterable of records',
      )
    }
    return withSignal(report.complete(), signal)
  }

  // ---- ending

  async #flush({ signal, reject }: FlushOptions): Promise<FlushResult> {
    signal?.throwIfAborted()
    let failed = 0
    let first: KafkaError | undefined
    const onSettled = (count: number, error: KafkaError | null) => {
      if (error === null) return
      failed += count
      first ??= error
    }
    const entering = [...this.#entering].map(async (each) => onSettled(1, await each))
    const settled = Promise.all([this.#watch(onSettled), ...entering])
    this.#accumulator.flushes++
    this.#sender.pumpSoon()
    const over = () => {
      this.#accumulator.flushes--
    }
    void settled.then(over, over)
    await withSignal(settled, signal)
    if (reject && first !== undefined) throw first
    return { failed }
  }

  /** Resolves when everything that has been taken is settled. */
  #watch(onSettled: (count: number, error: KafkaError | null) => void): Promise<void> {
    return new Promise((resolve) => {
      let left = Number.POSITIVE_INFINITY
      let settled = 0
      const count: SettlementCount = {
        settled(records, error) {
          settled += records
          onSettled(records, error)
          if (settled >= left) resolve()
        },
      }
      left = this.#accumulator.watch(count)
      if (settled >= left) resolve()
    })
  }

  async #close({ timeoutMs }: CloseOptions): Promise<void> {
    const isFatal = this.#ended !== undefined
    this.#ended ??= new KafkaError('CLOSED', 'this producer is closed: make a new one')
    const deadline = performance.now() + (timeoutMs ?? Number.POSITIVE_INFINITY)
    if (!isFatal) {
      const flushed = this.#flush({})
      await (timeoutMs === undefined ? flushed : Promise.race([flushed, elapsed(timeoutMs, flushed)]))
    }
    this.#end(
      new KafkaError(
        'CLOSED',
        'the producer was closed before the record was acknowledged: it may have been written or not',
      ),
    )
    const left = timeoutMs === undefined ? {} : { timeoutMs: Math.max(0, deadline - performance.now()) }
    await this.#lane.close(left)
    this.#resolveClosed()
  }

  /** An error that ends the producer. What is taken fails with it, and so does every later call. */
  #fail(error: KafkaError): void {
    if (this.#ended !== undefined && this.#closing === undefined) return
    this.#ended ??= error
    if (this.#closing === undefined) {
      if (!isKafkaError(error, 'CLOSED'))
        this.#logger.error('the producer has failed for good: make a new one', { error })
      this.#rejectClosed(error)
      unobserved(this.#lane.close({ timeoutMs: 0 }))
    }
    this.#end(error)
  }

  #end(error: KafkaError): void {
    this.#stopped = error
    this.#stopListening()
    this.#sender.stop()
    this.#accumulator.memory.failAll(error)
    this.#accumulator.failPending(error)
    for (const batch of [...this.#accumulator.live]) this.#failBatch(batch, () => error)
  }

  #failBatch(batch: Batch, errorOf: (index: number) => KafkaError): void {
    this.#accumulator.live.delete(batch)
    const unheard = batch.failed(errorOf, this.#onListenerError)
    if (unheard > 0) this.#onUnheard(batch.place.topic, batch.place.partition, errorOf(0), unheard)
    this.#idleIfEmpty()
  }

  #idleIfEmpty(): void {
    if (this.#accumulator.live.size === 0) this.#sender.idle()
  }

  readonly #onUnheard = (topic: string, partition: number, error: KafkaError, count: number): void => {
    const now = performance.now()
    if (now - this.#unheardSince < UNHEARD_LOG_INTERVAL_MS) {
      this.#logger.debug('records were not written', { topic, partition, count, error })
      return
    }
    this.#unheardSince = now
    this.#logger.error('records were not written, and no callback was given', {
      topic,
      partition,
      count,
      error,
    })
  }

  readonly #onListenerError = (error: unknown): void => {
    this.#logger.error('a delivery callback threw', { error })
  }

  #bufferFull(): KafkaError {
    return new KafkaError(
      'BUFFER_FULL',
      `the buffer of ${this.#options.bufferMemory} bytes (bufferMemory) is full: await ready() when enqueue returned false`,
      { retriable: true },
    )
  }
}

/** A required key serde refuses null. */
function serializeNull(
  key: null | undefined,
  serializers: Serializers,
  topic: TopicQueue,
  headers: HeaderEntries,
): Bytes | null {
  return serialize('key', key, serializers.key, topic, headers)
}

function withSignal<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const forget = onAbort(signal, reject)
    work.finally(forget).then(resolve, reject)
  })
}

/** Resolves after so long, unless the other does before: then its timer goes. */
function elapsed(ms: number, other: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = after(ms, resolve)
    other.then(cancel, cancel)
  })
}
