// The producer as its users see it: takes records, promises or reports what becomes of them, and ends in order.

import { isKafkaError, KafkaError } from '../../errors.ts'
import { codecFor } from '../../protocol/records/builder.ts'
import type { CloseOptions, SignalOptions } from '../call-options.ts'
import type { Cluster } from '../cluster/types.ts'
import type { ResolvedProducerOptions } from '../config/types.ts'
import { type Logger, safeLogger } from '../logger.ts'
import { after, onAbort, unobserved } from '../network/wait.ts'
import { Accumulator, asKafkaError } from './accumulator.ts'
import type { Batch, Listener, SettlementCount } from './batch.ts'
import { Intake } from './intake.ts'
import type { AnyRecord } from './record.ts'
import { ReportBuilder } from './send-report.ts'
import { Sender } from './sender.ts'
import { PartitionSequences, SharedIdentity } from './sequences.ts'
import type {
  DeliveryCallback,
  FlushOptions,
  FlushResult,
  ManyRecords,
  Producer,
  RecordMetadata,
  SendReport,
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
  readonly #logger: Logger
  readonly #accumulator: Accumulator
  readonly #intake: Intake
  readonly #sender: Sender
  readonly #lane: ReturnType<Cluster['openLane']>
  readonly #stopListening: () => void
  /** Why no call is taken any more. */
  #ended: KafkaError | undefined
  /** Why nothing is sent any more, not even what was given before. */
  #stopped: KafkaError | undefined
  #closing: Promise<void> | undefined
  #resolveClosed!: () => void
  #rejectClosed!: (error: unknown) => void
  #unheardSince = Number.NEGATIVE_INFINITY

  constructor(cluster: Cluster, options: ResolvedProducerOptions) {
    this.#logger = options.logger
    this.closed = unobserved(
      new Promise<void>((resolve, reject) => {
        this.#resolveClosed = resolve
        this.#rejectClosed = reject
      }),
    )
    this.#lane = cluster.openLane('produce')
    const { compressionType } = options
    // A codec that is not there is said now.
    if (compressionType !== 'none') codecFor(compressionType)
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
    this.#intake = new Intake({
      accumulator: this.#accumulator,
      options,
      ended: () => this.#ended,
      stopped: () => this.#stopped,
      onWaiting: () => this.#sender.pumpSoon(),
    })
    this.#stopListening = cluster.onMetadata((metadata) => this.#accumulator.update(metadata))
  }

  send(record: AnyRecord, options: SignalOptions = {}): Promise<RecordMetadata> {
    return unobserved(
      new Promise((resolve, reject) => {
        const { signal } = options
        signal?.throwIfAborted()
        const forget = onAbort(signal, reject)
        this.#intake.submit(
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
    this.#intake.takeNow(record, callback, context)
    return !this.#accumulator.memory.isFull
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

  async #sendMany(records: ManyRecords<AnyRecord>, signal: AbortSignal | undefined): Promise<SendReport> {
    signal?.throwIfAborted()
    const report = new ReportBuilder()
    const { memory } = this.#accumulator
    const take = (record: AnyRecord): void => {
      const index = report.begin()
      this.#intake.submit(
        record,
        report.settle as Listener,
        index,
        (error) => report.refuse(index, asKafkaError(error)),
        signal,
      )
    }
    const intake = this.#intake
    const mustPause = () =>
      memory.isFull || intake.isSerializing || this.#ended !== undefined || signal?.aborted === true
    const goOn = async (): Promise<void> => {
      if (intake.isSerializing) await withSignal(intake.serialized(), signal)
      if (memory.isFull) await this.ready(signal && { signal })
      signal?.throwIfAborted()
      if (this.#ended !== undefined) throw this.#ended
    }
    if (Symbol.iterator in records) {
      for (const record of records) {
        if (mustPause()) await goOn()
        take(record)
      }
    } else if (Symbol.asyncIterator in records) {
      for await (const record of records) {
        if (mustPause()) await goOn()
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
    const entering = [...this.#intake.entering].map(async (each) => onSettled(1, await each))
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
