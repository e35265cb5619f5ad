// What a producer takes and gives, as its users see it.

import type { KafkaError } from '../../errors.ts'
import type { CloseOptions, SignalOptions } from '../call-options.ts'
import type { HeadersInput } from '../headers.ts'
import type { Bytes } from '../serde.ts'
import type { AnyTopic, Topic, TopicPartition } from '../topic.ts'

interface RecordFields {
  readonly headers?: HeadersInput | undefined
  /**
   * Which partition. Left out, it follows from the key as in the Java client, or from load when there is none. One that
   * the topic is not known to have is waited for, at most `maxBlockMs`: then UNKNOWN_PARTITION.
   */
  readonly partition?: number | undefined
  /** Milliseconds since 1970. Default: now. */
  readonly timestamp?: number | undefined
}

/** A record for a topic given by name: the producer's own `key` and `value` serdes write it. */
export interface ProducerRecord<K = Bytes, V = Bytes> extends RecordFields {
  readonly topic: string
  readonly key?: K | null
  /** Required; null is a tombstone, `undefined` is refused. */
  readonly value: V | null
}

/** A record for a topic given as an object, whose serdes write it. */
export interface TopicRecord<T extends AnyTopic> extends RecordFields {
  readonly topic: T
  readonly key?: TopicKey<T> | null
  /** Required; null is a tombstone, `undefined` is refused. */
  readonly value: TopicValue<T> | null
}

/** What a topic takes as a key. */
export type TopicKey<T> = T extends Topic<string, infer K, never, unknown, unknown> ? K : never

/** What a topic takes as a value. */
export type TopicValue<T> = T extends Topic<string, never, infer V, unknown, unknown> ? V : never

/** Where a record was written. */
export interface RecordMetadata extends TopicPartition {
  /** −1 where the broker did not say: `acks: 0`, or a duplicate that it recognised. */
  readonly offset: number
  /** Milliseconds since 1970: the record's own, or the broker's where the topic has log-append time. */
  readonly timestamp: number
}

/**
 * Called once for each record of `enqueue`, never before `enqueue` returned. `metadata.partition` and
 * `metadata.offset` are −1 where they are not known. What it throws is logged and changes nothing.
 */
export type DeliveryCallback<Context = undefined> = (
  error: KafkaError | null,
  metadata: RecordMetadata,
  context: Context,
) => void

/** A record of `sendMany` that was not written. */
export interface FailedRecord {
  /** Its place among the records given, from 0. */
  readonly index: number
  readonly error: KafkaError
}

/** What became of the records of `sendMany`, in the order in which they were given. */
export interface SendReport extends Iterable<RecordMetadata> {
  /** How many records were given. */
  readonly length: number
  /** Where the record at `index` was written; undefined when it failed, or when there is none. */
  at(index: number): RecordMetadata | undefined
  /** Those that were not written, in order. Iteration leaves them out. */
  readonly failed: readonly FailedRecord[]
}

/** What `flush` waited for. */
export interface FlushResult {
  /** How many of the records that were waiting were not written. */
  readonly failed: number
}

/** Records as `sendMany` takes them: an array, a generator, a stream. */
export type ManyRecords<R> = Iterable<R> | AsyncIterable<R>

/** A record for each of the topics. */
export type TopicRecords<Topics extends readonly AnyTopic[]> = {
  readonly [I in keyof Topics]: TopicRecord<Topics[I]>
}

/** Writes records. Made by `kafka.producer()`; safe to share. */
export interface Producer<K = Bytes, V = Bytes> extends AsyncDisposable {
  /**
   * Sends one record, waiting for room in the buffer at most `maxBlockMs`, and resolves when the broker has it
   * as `acks` asks. The signal drops a record that was not taken yet; afterwards it ends the wait, not the record.
   */
  send(record: ProducerRecord<K, V>, options?: SignalOptions): Promise<RecordMetadata>
  send<T extends AnyTopic>(record: TopicRecord<T>, options?: SignalOptions): Promise<RecordMetadata>

  /**
   * Sends many, waiting for room by itself, and resolves when all are settled.
   *
   * @throws BatchError with the report, when any failed.
   */
  sendMany(records: ManyRecords<ProducerRecord<K, V>>, options?: SignalOptions): Promise<SendReport>
  sendMany<T extends AnyTopic>(
    records: ManyRecords<TopicRecord<T>>,
    options?: SignalOptions,
  ): Promise<SendReport>
  sendMany<const Topics extends readonly AnyTopic[]>(
    records: TopicRecords<Topics>,
    options?: SignalOptions,
  ): Promise<SendReport>

  /**
   * The fast path: no promise a record. The record is taken when this returns. `false` means that the buffer has
   * reached `bufferMemory`: `await producer.ready()` before the next. What goes wrong later comes through
   * `callback`, or, without one, to the log. Takes synchronous serdes only.
   *
   * @throws KafkaError `BUFFER_FULL` while the buffer is full: nothing was taken.
   */
  enqueue<Context = undefined>(
    record: ProducerRecord<K, V>,
    callback?: DeliveryCallback<Context>,
    context?: Context,
  ): boolean
  enqueue<T extends AnyTopic, Context = undefined>(
    record: TopicRecord<T>,
    callback?: DeliveryCallback<Context>,
    context?: Context,
  ): boolean

  /** Resolves when `enqueue` has room again. */
  ready(options?: SignalOptions): Promise<void>

  /**
   * Resolves when every record given before it is settled, whatever the outcome. With `reject` it rejects with the
   * first cause when any failed.
   */
  flush(options?: FlushOptions): Promise<FlushResult>

  /**
   * Sends what is waiting, for at most `timeoutMs`, rejects the rest and lets go of everything. Called twice, it
   * is the same promise.
   */
  close(options?: CloseOptions): Promise<void>

  /** Resolves when the producer is closed; rejects when an error has ended it. */
  readonly closed: Promise<void>
}

/** How to flush. */
export interface FlushOptions extends SignalOptions {
  /** Reject with the first cause when a record failed. Default false. */
  readonly reject?: boolean | undefined
}

/** What a partitioner is told. */
export interface PartitionerInput {
  readonly topic: string
  /** The key as it was given, before its serde; null when there is none. */
  readonly key: unknown
  /** The key as it is written, or null. */
  readonly keyBytes: Uint8Array | null
  /** The value as it was given, before its serde. */
  readonly value: unknown
  /** The value as it is written, or null. */
  readonly valueBytes: Uint8Array | null
  /** How many partitions the topic has. */
  readonly partitionCount: number
  /** The topic's partitions, by their number. */
  readonly partitions: readonly PartitionLeader[]
}

/** A partition as a partitioner sees it. */
export interface PartitionLeader {
  readonly partition: number
  /** Node id of its leader; −1: none now. */
  readonly leader: number
}

/** Chooses a partition, from 0 to `partitionCount - 1`, for a record that names none. */
export type Partitioner = (input: PartitionerInput) => number
