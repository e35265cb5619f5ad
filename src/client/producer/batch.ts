// A batch on the producer's side: the encoded records of one partition, and who is to be told what became of them.

import type { Buffer } from 'node:buffer'
import type { KafkaError } from '../../errors.ts'
import type { BatchBuilder, HeaderEntries, SealOptions } from '../../protocol/records/builder.ts'
import { restampProducer, splitBatch } from '../../protocol/records/rewrite.ts'
import type { ResolvedProducerOptions } from '../config/types.ts'
import type { Bytes } from '../serde.ts'
import type { Identity } from './sequences.ts'
import type { DeliveryCallback, RecordMetadata } from './types.ts'

/** Told once what became of a record; `context` is what was given with it. Must not throw. */
export type Listener = DeliveryCallback<never>

/** Someone who waits until records are settled. */
export interface SettlementCount {
  settled(count: number, error: KafkaError | null): void
}

/** Where a batch was written, as the broker says. */
export interface Written {
  /** -1: unknown. */
  readonly baseOffset: number
  /** -1: records keep their own time. */
  readonly logAppendTimeMs: number
}

export type BatchCompression = Pick<SealOptions, 'compression' | 'compressionLevel'>

/** The codec of a producer's batches, with its level. */
export function compressionOf(options: ResolvedProducerOptions): BatchCompression {
  const levels = {
    none: undefined,
    gzip: options.compressionGzipLevel,
    snappy: undefined,
    lz4: options.compressionLz4Level,
    zstd: options.compressionZstdLevel,
  }
  return { compression: options.compressionType, compressionLevel: levels[options.compressionType] }
}

export interface BatchPlace {
  readonly topic: string
  readonly partition: number
}

export class Batch {
  readonly place: BatchPlace
  /** As `performance.now()` counts; so is `deadline`. */
  readonly createdAt: number
  readonly deadline: number
  /** Takes more records. */
  isOpen = true
  isSettled = false
  recordCount = 0
  /** Bytes that count against `bufferMemory` until no request holds them any more. */
  countedBytes = 0
  /** How often it was sent. */
  attempts = 0
  lastError: KafkaError | undefined
  #builder: BatchBuilder | undefined
  #bytes: Buffer | undefined
  /** All of what the builder wrote into, while the bytes lie in it. */
  #buffer: Buffer | undefined
  #identity: Identity | undefined
  #baseSequence = -1
  #listeners: (Listener | undefined)[] | undefined
  #contexts: unknown[] | undefined
  #timestamps: number[] = []
  #counts: SettlementCount[] = []

  constructor(place: BatchPlace, builder: BatchBuilder, createdAt: number, deadline: number) {
    this.place = place
    this.#builder = builder
    this.createdAt = createdAt
    this.deadline = deadline
  }

  /** Before it is sealed, of the uncompressed batch; afterwards of what is sent. */
  get sizeBytes(): number {
    return this.#bytes?.length ?? this.#builder?.sizeBytes ?? 0
  }

  get isWatched(): boolean {
    return this.#counts.length > 0
  }

  /** Hot. False: it has no room. Throws as {@link BatchBuilder.tryAppend}. */
  tryAppend(
    key: Bytes | null,
    value: Bytes | null,
    headers: HeaderEntries,
    timestamp: number,
    listener: Listener | undefined,
    context: unknown,
  ): boolean {
    const builder = this.#builder!
    if (!builder.tryAppend(key, value, headers, timestamp)) return false
    const index = this.recordCount++
    if (listener !== undefined) {
      if (this.#listeners === undefined) {
        this.#listeners = []
        this.#contexts = []
      }
      this.#listeners[index] = listener
      this.#contexts![index] = context
      this.#timestamps[index] = timestamp
    }
    return true
  }

  /**
   * The bytes to send, with this identity; the same as before when it is the same (P2). Never while a request that
   * holds them is outstanding.
   */
  seal(
    identity: Identity | undefined,
    baseSequence: number,
    compression: BatchCompression,
    onBufferFree: (buffer: Buffer) => void,
  ): Buffer {
    this.isOpen = false
    const builder = this.#builder
    if (builder !== undefined) {
      const { bytes, buffer } = builder.seal({
        ...compression,
        ...(identity && { producerId: identity.producerId, producerEpoch: identity.epoch, baseSequence }),
      })
      if (buffer === builder.buffer) this.#buffer = buffer
      else onBufferFree(builder.buffer)
      this.#builder = undefined
      this.#bytes = bytes
    } else if (
      identity !== undefined &&
      (identity !== this.#identity || baseSequence !== this.#baseSequence)
    ) {
      restampProducer(this.#bytes!, {
        producerId: identity.producerId,
        producerEpoch: identity.epoch,
        baseSequence,
      })
    }
    this.#identity = identity
    this.#baseSequence = baseSequence
    return this.#bytes!
  }

  /** P9: its records in two batches. This one must not be used for more afterwards. */
  split(): readonly [Batch, Batch] {
    let from = 0
    const [first, second] = splitBatch(this.#bytes!).map((builder) => {
      const half = new Batch(this.place, builder, this.createdAt, this.deadline)
      const to = from + builder.recordCount
      half.isOpen = false
      half.recordCount = builder.recordCount
      half.attempts = this.attempts
      half.countedBytes = Math.round((this.countedBytes * builder.recordCount) / this.recordCount)
      half.#listeners = this.#listeners?.slice(from, to)
      half.#contexts = this.#contexts?.slice(from, to)
      half.#timestamps = this.#timestamps.slice(from, to)
      half.#counts = [...this.#counts]
      from = to
      return half
    }) as [Batch, Batch]
    second.countedBytes = this.countedBytes - first.countedBytes
    return [first, second]
  }

  /** Has `count` told when its records are settled. */
  watch(count: SettlementCount): void {
    this.#counts.push(count)
  }

  /** Tells everyone. `onListenerError` gets what a listener throws (P17). Returns whether nobody listened. */
  written({ baseOffset, logAppendTimeMs }: Written, onListenerError: (error: unknown) => void): void {
    this.isSettled = true
    const listeners = this.#listeners
    if (listeners !== undefined) {
      const { topic, partition } = this.place
      for (let i = 0; i < listeners.length; i++) {
        const listener = listeners[i]
        if (listener === undefined) continue
        const metadata: RecordMetadata = {
          topic,
          partition,
          offset: baseOffset < 0 ? -1 : baseOffset + i,
          timestamp: logAppendTimeMs < 0 ? this.#timestamps[i]! : logAppendTimeMs,
        }
        tell(listener, null, metadata, this.#contexts![i], onListenerError)
      }
    }
    for (const count of this.#counts) count.settled(this.recordCount, null)
    this.#forget()
  }

  /** As {@link written}. `errorOf` gives the error of each record by its place. Returns how many had no listener. */
  failed(errorOf: (index: number) => KafkaError, onListenerError: (error: unknown) => void): number {
    this.isSettled = true
    const { topic, partition } = this.place
    let unheard = this.recordCount
    const listeners = this.#listeners
    if (listeners !== undefined) {
      for (let i = 0; i < listeners.length; i++) {
        const listener = listeners[i]
        if (listener === undefined) continue
        unheard--
        const metadata: RecordMetadata = { topic, partition, offset: -1, timestamp: this.#timestamps[i]! }
        tell(listener, errorOf(i), metadata, this.#contexts![i], onListenerError)
      }
    }
    for (const count of this.#counts) count.settled(this.recordCount, errorOf(0))
    this.#forget()
    return unheard
  }

  /** The buffer, when no request holds it any more and nothing else will read it. */
  takeBuffer(): Buffer | undefined {
    const buffer = this.#builder?.buffer ?? this.#buffer
    this.#bytes = undefined
    this.#buffer = undefined
    this.#builder = undefined
    return buffer
  }

  #forget(): void {
    this.#listeners = undefined
    this.#contexts = undefined
    this.#timestamps = []
    this.#counts = []
  }
}

/** P17: what a listener throws changes nothing. */
export function tell(
  listener: Listener,
  error: KafkaError | null,
  metadata: RecordMetadata,
  context: unknown,
  onListenerError: (error: unknown) => void,
): void {
  try {
    listener(error, metadata, context as never)
  } catch (thrown) {
    onListenerError(thrown)
  }
}
