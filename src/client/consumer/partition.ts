// One assigned partition: where it stands, what is fetched ahead of the loop, and which answers still concern it.
// Pure: no socket, no clock; the times in it are set by whoever waits.
//
// Two positions are kept. `position` is the next offset to hand out; `fetchOffset` the next to ask the broker for.
// Between the two lies what is buffered. A seek, a reset or a revocation starts a new assignment epoch: every answer,
// record and batch carries the epoch it belongs to, and one of an earlier epoch moves nothing (F5, O7).

import type { KafkaError } from '../../errors.ts'
import type { AnyDeserializer } from '../serde.ts'
import type { TopicPartition } from '../topic.ts'
import type { FetchedChunk, Slice } from './fetched.ts'

/** Where a reset goes: an end of the log, or the first record that is not older than a timestamp. */
export type ResetTarget = 'earliest' | 'latest' | { readonly timestamp: number }

/** A new object at every transition, so that an answer to an earlier phase is told from one to this. */
export type Phase =
  /** Its committed offset is to be looked up. */
  | { readonly name: 'unknown' }
  /** Its position is to be looked up at its leader. */
  | { readonly name: 'resetting'; readonly to: ResetTarget }
  /** Its position is of an older leader's epoch: was the log truncated since (F1)? */
  | { readonly name: 'validating' }
  | { readonly name: 'fetching' }
  /** Stopped until a seek. The loop is told once. */
  | { readonly name: 'failed'; readonly error: KafkaError; readonly before: Phase }

/**
 * Why nothing of an assigned partition is fetched or handed out: its assignment's listener has not ended yet, or it
 * threw (G14); it is being given up.
 */
export type Hold = 'assigning' | 'listener failed' | 'revoking'

/** An offset, and the epoch of the leader that wrote the record before it; -1: not known. */
export interface Position {
  readonly offset: number
  readonly leaderEpoch: number
}

/** What a question was asked for. Its answer is applied only while all of this holds (F5). */
export interface Asked {
  readonly epoch: number
  readonly phase: Phase
  readonly fetchOffset: number
}

export interface PartitionOptions {
  readonly key: AnyDeserializer
  readonly value: AnyDeserializer
  /** Numbers assignment epochs, never the same twice in a consumer. */
  readonly nextEpoch: () => number
}

export class Partition implements TopicPartition {
  readonly topic: string
  readonly partition: number
  /** `topic-partition` */
  readonly name: string
  readonly deserializers: { readonly key: AnyDeserializer; readonly value: AnyDeserializer }

  isPaused = false
  hold: Hold | undefined = 'assigning'

  /** Of the last fetch; -1: not known (F12). */
  highWatermark = -1
  lastStableOffset = -1
  logStartOffset = -1

  /** The id of the topic when the position was chosen (M4). */
  topicId: string | undefined
  /** A follower nearby to fetch from (F9). */
  preferredReplica: { readonly nodeId: number; readonly untilMs: number } | undefined

  /** Asked again not before this time, after so many failures in a row. */
  retryAtMs = 0
  failures = 0
  /** The failure that the loop was told of last; it is not told again until the partition was read, or moved. */
  toldOf: string | undefined
  /** After it was refused so many times, when to try again; 0: not decided. */
  refusals = 0
  mendAtMs = 0
  /** Resets by policy since it was last fetched, so that they do not go in a circle (F2). */
  resets = 0

  /** What the group has, as far as we know, so that it is not committed again; of an earlier epoch it is history. */
  committed: { readonly offset: number; readonly epoch: number } | undefined

  #epoch: number
  #phase: Phase = { name: 'unknown' }
  #offset = -1
  #leaderEpoch = -1
  #fetchOffset = -1
  #fetchLeaderEpoch = -1
  /** The leader's epoch for which the position is known to be good. */
  #validatedEpoch = -1
  /** The question that is on its way. */
  #asking: Asked | undefined
  #chunks: FetchedChunk[] = []
  #slice: Slice | undefined
  readonly #nextEpoch: () => number

  constructor(topic: string, partition: number, options: PartitionOptions) {
    this.topic = topic
    this.partition = partition
    this.name = `${topic}-${partition}`
    this.deserializers = { key: options.key, value: options.value }
    this.#nextEpoch = options.nextEpoch
    this.#epoch = options.nextEpoch()
  }

  get epoch(): number {
    return this.#epoch
  }

  get phase(): Phase {
    return this.#phase
  }

  get fetchOffset(): number {
    return this.#fetchOffset
  }

  get fetchLeaderEpoch(): number {
    return this.#fetchLeaderEpoch
  }

  /** May its leader be asked for records? */
  get isFetchable(): boolean {
    if (this.#phase.name !== 'fetching' || this.isPaused || this.hold !== undefined) return false
    const last = this.#chunks.at(-1)
    return last === undefined || !last.isBroken
  }

  /** May what is buffered be handed out? */
  get isHandable(): boolean {
    return this.#phase.name === 'fetching' && !this.isPaused && this.hold === undefined
  }

  get hasBuffered(): boolean {
    return this.#chunks.length > 0 || this.#slice !== undefined
  }

  get bufferedBytes(): number {
    let bytes = 0
    for (const chunk of this.#chunks) bytes += chunk.sizeBytes
    return bytes
  }

  // ---- positions

  /** The next offset to hand out; undefined until it is known. */
  get position(): Position | undefined {
    const slice = this.#slice
    if (this.#offset < 0) return undefined
    return slice === undefined || slice.at === 0 ? this.#start() : slice.positionAt(slice.at)
  }

  /** The start of the lowest record that is not done: what auto-commit may commit (O2). */
  get donePosition(): Position | undefined {
    const slice = this.#slice
    if (this.#offset < 0) return undefined
    return slice === undefined || slice.done === 0 ? this.#start() : slice.positionAt(slice.done)
  }

  #start(): Position {
    return { offset: this.#offset, leaderEpoch: this.#leaderEpoch }
  }

  // ---- questions and their answers

  /** What an answer to a question asked now must find unchanged. */
  snapshot(): Asked {
    return { epoch: this.#epoch, phase: this.#phase, fetchOffset: this.#fetchOffset }
  }

  concerns(asked: Asked): boolean {
    return (
      asked.epoch === this.#epoch && asked.phase === this.#phase && asked.fetchOffset === this.#fetchOffset
    )
  }

  /** Asks a question about its position, of which there is one at a time. */
  ask(): Asked {
    this.#asking = this.snapshot()
    return this.#asking
  }

  get isAsking(): boolean {
    return this.#asking !== undefined && this.concerns(this.#asking)
  }

  /** The question has its answer, or has none; false when it does not concern the partition any more. */
  answered(asked: Asked): boolean {
    if (this.#asking === asked) this.#asking = undefined
    return this.concerns(asked)
  }

  /** What was asked failed, and is asked again after a pause. */
  failedAttempt(retryAtMs: number): void {
    this.failures++
    this.retryAtMs = retryAtMs
  }

  succeeded(): void {
    this.failures = 0
    this.retryAtMs = 0
  }

  /** Its leader has answered: what failed before is over. */
  wasRead(): void {
    this.succeeded()
    this.toldOf = undefined
    this.refusals = 0
  }

  // ---- transitions

  /** Reads on from `position`: by a user's seek, or because a reset or a committed offset says so. */
  startAt(position: Position): void {
    this.#startEpoch()
    this.#offset = position.offset
    this.#leaderEpoch = position.leaderEpoch
    this.#toStart()
    this.#phase = { name: 'fetching' }
  }

  /** Looks the position up at the leader. */
  reset(to: ResetTarget): void {
    this.#startEpoch()
    this.#offset = -1
    this.#toStart()
    this.#phase = { name: 'resetting', to }
  }

  /** Stops it until a seek. What the loop has in hand still counts when it is done. */
  fail(error: KafkaError): void {
    this.dropBuffered()
    const before = this.#phase.name === 'failed' ? this.#phase.before : this.#phase
    this.#phase = { name: 'failed', error, before }
  }

  /** Goes on after a failure that may have passed. */
  tryAgain(): void {
    if (this.#phase.name === 'failed') this.#phase = this.#phase.before
  }

  /** Nothing that was asked or handed out before counts any more. */
  end(): void {
    this.#startEpoch()
    this.#offset = -1
    this.#phase = { name: 'unknown' }
  }

  /**
   * Does a position that was reached under an older leader have to be validated first (F1)? Then its phase is
   * `validating`, and what is buffered is handed out only afterwards.
   */
  validateFor(leaderEpoch: number): boolean {
    if (this.#phase.name !== 'fetching' || leaderEpoch < 0 || leaderEpoch <= this.#validatedEpoch)
      return false
    if (this.#fetchLeaderEpoch < 0 || this.#fetchLeaderEpoch >= leaderEpoch) {
      this.#validatedEpoch = leaderEpoch
      return false
    }
    this.#phase = { name: 'validating' }
    return true
  }

  /** The log reaches to the position. */
  validated(leaderEpoch: number): void {
    this.#validatedEpoch = leaderEpoch
    this.#phase = { name: 'fetching' }
  }

  /**
   * The log was truncated at `offset`, below what is fetched. What the loop has not seen is fetched anew; returns
   * false when the loop has seen more than that.
   */
  truncated(offset: number, leaderEpoch: number): boolean {
    const position = this.position
    if (position === undefined || position.offset > offset) return false
    this.dropBuffered()
    this.validated(leaderEpoch)
    return true
  }

  // ---- what is fetched ahead

  buffer(chunk: FetchedChunk): void {
    if (chunk.nextOffset > this.#fetchOffset) {
      this.#fetchOffset = chunk.nextOffset
      this.#fetchLeaderEpoch = chunk.leaderEpoch
    }
    this.#chunks.push(chunk)
  }

  /** Lets go of what the loop has not seen; it is fetched again. */
  dropBuffered(): void {
    const { position } = this
    for (const chunk of this.#chunks) chunk.release()
    this.#chunks = []
    if (this.#slice?.at === 0) this.#slice = undefined
    this.#slice?.cut()
    if (position === undefined) return
    this.#fetchOffset = position.offset
    this.#fetchLeaderEpoch = position.leaderEpoch
  }

  /**
   * The next records to hand out, at most `max` unless some were left over; undefined when there are none yet.
   *
   * @throws CorruptRecordError (F8): the partition must be failed.
   */
  take(max: number): Slice | undefined {
    if (this.#slice !== undefined) {
      if (this.#slice.at < this.#slice.records.length) return this.#slice
      this.finish(this.#slice)
    }
    for (;;) {
      const chunk = this.#chunks[0]
      if (chunk === undefined) return undefined
      const slice = chunk.take(this, this.#offset, max)
      if (chunk.isFinished) {
        chunk.release()
        this.#chunks.shift()
      }
      if (slice.records.length > 0) {
        this.#slice = slice
        return slice
      }
      // Nothing in it to show (F7): the position passes it all the same.
      this.#moveTo(slice)
    }
  }

  /** When all of the slice is done, the position passes what follows its last record, too (F7). */
  finish(slice: Slice): void {
    if (slice !== this.#slice || slice.done < slice.records.length) return
    this.#slice = undefined
    this.#moveTo(slice)
  }

  get slice(): Slice | undefined {
    return this.#slice
  }

  /** Is the rest of a response it began to hand out still there? */
  get isInsideChunk(): boolean {
    return this.#chunks[0]?.isStarted === true
  }

  // ---- helpers

  #moveTo(slice: Slice): void {
    this.#offset = Math.max(this.#offset, slice.nextOffset)
    this.#leaderEpoch = slice.leaderEpoch
  }

  #startEpoch(): void {
    this.#epoch = this.#nextEpoch()
    this.#validatedEpoch = -1
    this.toldOf = undefined
    this.#drop()
    this.succeeded()
  }

  #drop(): void {
    for (const chunk of this.#chunks) chunk.release()
    this.#chunks = []
    this.#slice = undefined
  }

  #toStart(): void {
    this.#fetchOffset = this.#offset
    this.#fetchLeaderEpoch = this.#leaderEpoch
  }
}
