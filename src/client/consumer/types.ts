// What a consumer takes and gives, as its users see it.

import type { CloseOptions, SignalOptions } from '../call-options.ts'
import type { RecordHeader, RecordHeaders } from '../headers.ts'
import type { NonNull } from '../serde.ts'
import type { AnyTopic, Topic, TopicName, TopicPartition, TopicPartitionInput } from '../topic.ts'

/**
 * A record as it was read. Key and value are decoded when first looked at, once. It stays valid after the next
 * is read, but keeps the memory of its response alive: `detach()` ends that.
 */
export interface ConsumerRecord<K = Buffer, V = Buffer, Name extends string = string> {
  readonly topic: Name
  readonly partition: number
  readonly offset: number
  /** Milliseconds since 1970, set by the producer or, where the topic says so, by the broker. */
  readonly timestamp: number
  /** The epoch of the leader that wrote it; null where the broker did not say. */
  readonly leaderEpoch: number | null
  /** @throws DeserializationError */
  readonly key: K | null
  /** Null is a tombstone. @throws DeserializationError */
  readonly value: V | null
  /** The key as it came. */
  readonly rawKey: Buffer | null
  /** The value as it came. */
  readonly rawValue: Buffer | null
  readonly headers: RecordHeaders
  /** Copies the record's bytes, so that it no longer keeps its response in memory. Returns the record. */
  detach(): this
  /** Everything as a plain object, decoded: for spreading and `structuredClone`. */
  toObject(): RecordObject<K, V, Name>
  /** For people and logs: bytes are shown as UTF-8 text. */
  toJSON(): unknown
}

/** A record as a plain object. */
export interface RecordObject<K = Buffer, V = Buffer, Name extends string = string> {
  readonly topic: Name
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number | null
  readonly key: K | null
  readonly value: V | null
  readonly headers: readonly RecordHeader[]
}

/** The key is never null: its serde is `serde.required`. */
export interface HasKey<K> {
  readonly key: K
}

/** The value is never null: its serde is `serde.required`. */
export interface HasValue<V> {
  readonly value: V
}

/** Any record, whatever its types. */
export type AnyRecord = ConsumerRecord<unknown, unknown>

/** Some records of one partition, in order. */
export interface Batch<R extends AnyRecord = ConsumerRecord> extends Iterable<R> {
  readonly topic: R['topic']
  readonly partition: number
  readonly length: number
  /** Aborts when the partition is taken away: stop working on it. */
  readonly signal: AbortSignal
  /** The record at `index`, from 0; undefined outside. */
  at(index: number): R | undefined
  /** Commits the position after the record `upTo`, or after the whole batch. */
  commit(upTo?: R): Promise<void>
}

/** Any batch, whatever its types. */
export interface AnyBatch extends TopicPartition {
  readonly length: number
  readonly signal: AbortSignal
}

/** The batches of a union of records: `batch.topic` narrows them. */
export type BatchOf<R> = R extends AnyRecord ? Batch<R> : never

/**
 * All topics whose whole name matches, looked for by the broker, in RE2 syntax: `{ pattern: 'eu\\..*' }`. Under
 * `groupProtocol: 'consumer'`; a RegExp is matched here, under either protocol.
 */
export interface TopicPattern {
  readonly pattern: string
}

/** What may be subscribed to: a topic by name, a topic with its serdes, or all topics that match. */
export type TopicInput = TopicName | RegExp | TopicPattern

/** Where to start reading a partition that is assigned by hand. */
export interface ManualAssignment {
  readonly topic: TopicName
  readonly partition: number
  /** The next offset to read. Default: the committed one, else as `autoOffsetReset` says. */
  readonly offset?: number | 'earliest' | 'latest' | undefined
}

/** What a consumer may be made to read. */
export type ConsumerSource = TopicInput | ManualAssignment

/** The records of a source: a topic's have its types; by name or RegExp they have the consumer's own, `K` and `V`. */
export type RecordOf<Source, K, V> = Source extends { readonly topic: infer T; readonly partition: number }
  ? TopicRecordOf<T, K, V>
  : TopicRecordOf<Source, K, V>

type TopicRecordOf<T, K, V> =
  T extends Topic<infer Name, never, never, infer KeyOut, infer ValueOut>
    ? RecordWith<KeyOut, ValueOut, Name>
    : RecordWith<K, V, string>
type RecordWith<K, V, Name extends string> = ConsumerRecord<Nullable<K>, Nullable<V>, Name> &
  (IsRequired<K> extends true ? HasKey<Nullable<K>> : unknown) &
  (IsRequired<V> extends true ? HasValue<Nullable<V>> : unknown)
type Nullable<T> = IsRequired<T> extends true ? (T extends NonNull<infer U> ? U : never) : T
type IsRequired<T> = 0 extends 1 & T ? false : [T] extends [NonNull<unknown>] ? true : false

/** The position to commit for a partition. */
export interface OffsetToCommit extends TopicPartitionInput {
  /** The next offset to read: that of the last record done, plus one. */
  readonly offset: number
  readonly leaderEpoch?: number | null | undefined
  /** Kept by the broker with the offset, for whoever reads it. Default ''. */
  readonly metadata?: string | undefined
}

/** What a group has committed for a partition. */
export interface CommittedOffset extends TopicPartition {
  /** The next offset to read; null when nothing is committed. */
  readonly offset: number | null
  readonly leaderEpoch: number | null
  readonly metadata: string
}

/** How far behind the end of a partition the consumer is. Null is what is not known yet. */
export interface PartitionLag extends TopicPartition {
  /** The next offset to hand out. */
  readonly position: number | null
  /** Where the readable log ends, as of the last fetch: for `read_committed` at the last stable offset. */
  readonly endOffset: number | null
  /** Records between the two. */
  readonly records: number | null
}

/** An offset of a partition's log. */
export interface PartitionOffset extends TopicPartition {
  readonly offset: number
}

/** Asks for the first record of a partition that is not older than `timestamp`, in milliseconds since 1970. */
export interface TimestampQuery extends TopicPartitionInput {
  readonly timestamp: number
}

/** The first record that is not older than the timestamp asked for; all null when there is none. */
export interface OffsetAtTime extends TopicPartition {
  readonly offset: number | null
  readonly timestamp: number | null
  readonly leaderEpoch: number | null
}

/** Who this consumer is in its group; what a transaction needs to commit its offsets. */
export interface ConsumerGroupMetadata {
  readonly groupId: string
  /** −1 before the first join. */
  readonly generationId: number
  /** '' before the first join. */
  readonly memberId: string
  readonly groupInstanceId: string | null
}

/** Told of partitions gained or given up; awaited before the rebalance goes on. What it throws ends the loop. */
export type RebalanceListener = (
  partitions: readonly TopicPartition[],
  consumer: ConsumerControl,
) => void | Promise<void>

/** How to close a consumer. */
export interface ConsumerCloseOptions extends CloseOptions {
  /**
   * Whether the group is told, so that others get the partitions at once; otherwise they wait for this member, or for
   * another with its `groupInstanceId`, until `sessionTimeoutMs` has passed. Default: true, and false for a static
   * member.
   */
  readonly leaveGroup?: boolean | undefined
}

/** What can be done with a consumer whatever its records are, inside its listeners too. */
export interface ConsumerControl {
  /** Commits what is done, the record or batch in hand of the loop included. */
  commit(): Promise<void>
  /** Commits the position after a record or a batch, or after the highest record of each partition. */
  commit(done: AnyRecord | AnyBatch | readonly AnyRecord[]): Promise<void>
  /** Commits positions as given: the next offset to read of each partition. */
  commit(offsets: readonly OffsetToCommit[]): Promise<void>
  /**
   * As `commit`, with what is done at the time of the call, in one attempt: what fails is left to the next commit.
   * It may be left unawaited: the order of calls is kept, and while one waits, later ones go along with it.
   */
  commitAsync(): Promise<void>
  commitAsync(done: AnyRecord | AnyBatch | readonly AnyRecord[]): Promise<void>
  commitAsync(offsets: readonly OffsetToCommit[]): Promise<void>

  /** Reads on from `offset`. Records handed out before can no longer move the position. */
  seek(partition: TopicPartitionInput, offset: number): void
  /** Reads on from the start of the log; of all assigned partitions, when none are given. */
  seekToBeginning(partitions?: readonly TopicPartitionInput[]): void
  /** Reads on from the end of the log; of all assigned partitions, when none are given. */
  seekToEnd(partitions?: readonly TopicPartitionInput[]): void
  /** Reads on from the first record that is not older than `timestamp`, or the end when there is none. */
  seekToTimestamp(partitions: readonly TopicPartitionInput[], timestamp: number): void
  /** Stops handing out records of these partitions, until `resume`. */
  pause(partitions: readonly TopicPartitionInput[]): void
  resume(partitions: readonly TopicPartitionInput[]): void
  paused(): readonly TopicPartition[]

  /** The partitions that this consumer owns now. */
  assignment(): readonly TopicPartition[]
  /** The names of the topics subscribed to now, those that a RegExp matched included. */
  subscription(): readonly string[]
  /** The offset of the next record to hand out; undefined until it has been looked up. */
  position(partition: TopicPartitionInput): number | undefined
  /** What the group has committed; of the assignment, when no partitions are given. */
  committed(
    partitions?: readonly TopicPartitionInput[],
    options?: SignalOptions,
  ): Promise<readonly CommittedOffset[]>
  /** Where the logs of these partitions begin, as their leaders say. */
  beginningOffsets(
    partitions: readonly TopicPartitionInput[],
    options?: SignalOptions,
  ): Promise<readonly PartitionOffset[]>
  /** Where they end; for `read_committed` at the last stable offset. */
  endOffsets(
    partitions: readonly TopicPartitionInput[],
    options?: SignalOptions,
  ): Promise<readonly PartitionOffset[]>
  /** The offsets at these times. */
  offsetsForTimes(
    queries: readonly TimestampQuery[],
    options?: SignalOptions,
  ): Promise<readonly OffsetAtTime[]>
  /** How far behind each assigned partition is, as of the last fetch. Asks nobody. */
  lag(): readonly PartitionLag[]
  /** @throws KafkaError `INVALID_STATE` when the consumer has no `groupId`. */
  groupMetadata(): ConsumerGroupMetadata
}

/**
 * Reads records, alone or sharing partitions with its group. Made by `kafka.consumer()`.
 *
 * A record is done when the next is asked for. A loop left by `break`, `return` or a throw leaves the record in
 * hand undone: it comes again.
 */
export interface Consumer<R extends AnyRecord = ConsumerRecord>
  extends ConsumerControl,
    AsyncIterable<R>,
    AsyncDisposable {
  /** The records, one by one; the same as iterating the consumer. The signal's abort ends the loop normally. */
  records(options?: SignalOptions): AsyncIterable<R>
  /** Batches of one partition each. The signal's abort ends the loop normally. */
  batches(options?: SignalOptions): AsyncIterable<BatchOf<R>>

  /** Joins the group and resolves when the first assignment is there; a loop does it by itself. */
  join(options?: SignalOptions): Promise<void>
  /** Ends the loop normally after its body. The membership stays until `close()`. */
  stop(): void
  /**
   * Stops, waits for a running body at most `timeoutMs`, commits what is done (auto-commit only) and leaves the
   * group; a static member stays in it unless `leaveGroup` is true. Called twice, it is the same promise. Inside a
   * loop's body use `break` or `stop()`. Rejects, when all is closed, with what a listener threw meanwhile.
   */
  close(options?: ConsumerCloseOptions): Promise<void>
  /** Resolves when the consumer is closed; rejects when an error has ended it. */
  readonly closed: Promise<void>
}

/** The records of a topic object: `RecordsOf<typeof orders>`. */
export type RecordsOf<T extends AnyTopic> = RecordOf<T, never, never>
