// What a fetch brought for one partition, kept as its response's bytes until the loop reaches it. Then its batches are
// checked, decompressed and filtered (control records, aborted transactions, what lies before the position), and their
// records walked, a slice at a time.

import type { Buffer } from 'node:buffer'
import { batchAt, type RecordBatch } from '../../protocol/records/batch.ts'
import { readControlBatch } from '../../protocol/records/control.ts'
import { openBatch, type RecordCursor } from '../../protocol/records/cursor.ts'
import type { Partition, Position } from './partition.ts'
import { FetchedRecord, RecordSource } from './record.ts'

/** Records of a partition that were walked together, and how far the loop is with them. */
export class Slice {
  readonly partition: Partition
  /** The assignment epoch they are handed out under. */
  readonly epoch: number
  readonly records: FetchedRecord[] = []
  /** Records before this index are done. */
  done = 0
  /** The next to hand out. Those between are in hand. */
  at = 0
  /** The position after the last record and what follows it unseen (F7). */
  nextOffset: number
  /** The leader's epoch of the last batch passed. */
  leaderEpoch = -1
  /** Told when the partition is taken away while some of it is in hand. */
  onRevoke: (() => void) | undefined
  /** Its asynchronously decoded parts are in place. */
  isDecoded = false

  constructor(partition: Partition, nextOffset: number) {
    this.partition = partition
    this.epoch = partition.epoch
    this.nextOffset = nextOffset
  }

  /** The position when all before `index` are done. `index` is above 0. */
  positionAt(index: number): Position {
    if (index >= this.records.length) return { offset: this.nextOffset, leaderEpoch: this.leaderEpoch }
    const { offset, leaderEpoch } = this.records[index - 1]!
    return { offset: offset + 1, leaderEpoch: leaderEpoch ?? -1 }
  }

  /** Lets go of the records that were not handed out. */
  cut(): void {
    if (this.at === 0 || this.at === this.records.length) return
    const { offset, leaderEpoch } = this.positionAt(this.at)
    this.records.length = this.at
    this.nextOffset = offset
    this.leaderEpoch = leaderEpoch
  }
}

export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: number
}

export interface ChunkOptions {
  readonly checkCrcs: boolean
  /** Under `read_committed`: the transactions among these records that were aborted. Otherwise empty. */
  readonly abortedTransactions: readonly AbortedTransaction[]
  /** Called once, when the bytes are not needed any more. */
  readonly onRelease: () => void
}

/** The records of one partition in one answer. */
export class FetchedChunk {
  readonly sizeBytes: number
  /** The position after all of it, and the leader's epoch of its last batch. */
  readonly nextOffset: number
  readonly leaderEpoch: number
  readonly #batches: readonly RecordBatch[]
  readonly #checkCrcs: boolean
  readonly #aborted: AbortedTransaction[]
  readonly #abortedProducers = new Set<bigint>()
  /** What made the batches after the readable ones unreadable. */
  readonly #brokenBy: unknown
  #onRelease: (() => void) | undefined
  #next = 0
  #cursor: RecordCursor | undefined
  #source: RecordSource | undefined
  /** Of the batch that comes next; told when what was walked before it is used up. */
  #failure: unknown

  constructor(partition: Partition, bytes: Buffer, options: ChunkOptions) {
    const { batches, brokenBy } = scan(partition, bytes)
    const last = batches.at(-1)
    this.sizeBytes = bytes.length
    this.nextOffset = last?.nextOffset ?? -1
    this.leaderEpoch = last?.partitionLeaderEpoch ?? -1
    this.#batches = batches
    this.#brokenBy = brokenBy
    this.#checkCrcs = options.checkCrcs
    // Some brokers do not sort it (T8).
    this.#aborted = [...options.abortedTransactions].sort((a, b) => a.firstOffset - b.firstOffset)
    this.#onRelease = options.onRelease
  }

  /** Whole batches in it. The last of a fetch may be cut: it is left out (F6). */
  get batchCount(): number {
    return this.#batches.length
  }

  /** Bytes follow that are no batches; it is useless to fetch on. */
  get isBroken(): boolean {
    return this.#brokenBy !== undefined
  }

  get isStarted(): boolean {
    return this.#next > 0
  }

  get isFinished(): boolean {
    if (this.#cursor !== undefined || this.#failure !== undefined || this.isBroken) return false
    return this.#next >= this.#batches.length
  }

  /**
   * Walks on for at most `max` records at or after `position`. May give none, when there is nothing to show.
   *
   * @throws CorruptRecordError when the next batch is unreadable; those before it were given (F8).
   */
  take(partition: Partition, position: number, max: number): Slice {
    const slice = new Slice(partition, position)
    try {
      if (this.#failure !== undefined) throw this.#failure
      while (slice.records.length < max) {
        if (this.#cursor === undefined && !this.#openNext(partition, position, slice)) break
        this.#walk(slice, position, max)
      }
    } catch (error) {
      this.#failure = error
      this.#cursor = undefined
      if (slice.records.length === 0) throw error
    }
    return slice
  }

  release(): void {
    this.#onRelease?.()
    this.#onRelease = undefined
  }

  /** Moves to the next batch that has something to show; false at the end. */
  #openNext(partition: Partition, position: number, slice: Slice): boolean {
    while (this.#next < this.#batches.length) {
      const batch = this.#batches[this.#next]!
      if (!this.#isHidden(batch) && batch.lastOffset >= position) {
        this.#cursor = openBatch(batch, { checkCrcs: this.#checkCrcs })
        this.#source = new RecordSource(partition, this.#cursor)
        this.#next++
        return true
      }
      this.#next++
      pass(slice, batch)
    }
    if (this.isBroken) throw this.#brokenBy
    return false
  }

  /** Control records are never shown; aborted ones not under `read_committed` (T8). */
  #isHidden(batch: RecordBatch): boolean {
    if (!batch.isTransactional) return batch.isControl
    while (this.#aborted.length > 0 && this.#aborted[0]!.firstOffset <= batch.lastOffset) {
      this.#abortedProducers.add(this.#aborted.shift()!.producerId)
    }
    if (!batch.isControl)
      return this.#abortedProducers.size > 0 && this.#abortedProducers.has(batch.producerId)
    if (
      this.#abortedProducers.size > 0 &&
      readControlBatch(batch, { checkCrcs: this.#checkCrcs })?.type === 'abort'
    ) {
      this.#abortedProducers.delete(batch.producerId)
    }
    return true
  }

  // Hot: once a record.
  #walk(slice: Slice, position: number, max: number): void {
    const cursor = this.#cursor!
    const source = this.#source!
    const { records } = slice
    while (records.length < max) {
      if (!cursor.next()) {
        this.#cursor = undefined
        pass(slice, cursor.batch)
        return
      }
      if (cursor.offset < position) continue
      records.push(new FetchedRecord(source, cursor))
      slice.nextOffset = cursor.offset + 1
    }
    slice.leaderEpoch = cursor.batch.partitionLeaderEpoch
  }
}

function pass(slice: Slice, batch: RecordBatch): void {
  slice.nextOffset = Math.max(slice.nextOffset, batch.nextOffset)
  slice.leaderEpoch = batch.partitionLeaderEpoch
}

function scan(
  context: Partition,
  bytes: Buffer,
): { readonly batches: readonly RecordBatch[]; readonly brokenBy: unknown } {
  const batches: RecordBatch[] = []
  const where = { topic: context.topic, partition: context.partition }
  let at = 0
  try {
    for (;;) {
      const batch = batchAt(bytes, at, bytes.length, where)
      if (batch === null) return { batches, brokenBy: undefined }
      batches.push(batch)
      at = batch.end
    }
  } catch (brokenBy) {
    return { batches, brokenBy }
  }
}
