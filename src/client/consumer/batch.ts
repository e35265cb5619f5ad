// Some records of one partition, handed out together, and how far the application is through with them.

import { KafkaError } from '../../errors.ts'
import type { Slice } from './fetched.ts'
import type { Position } from './partition.ts'
import { FetchedRecord } from './record.ts'
import type { AnyRecord, Batch } from './types.ts'

/** Commits a position of the batch's partition, under the epoch that the batch was handed out under. */
export type CommitBatch = (batch: FetchedBatch, position: Position) => Promise<void>

export class FetchedBatch implements Batch<AnyRecord> {
  readonly topic: string
  readonly partition: number
  readonly #slice: Slice
  readonly #records: readonly FetchedRecord[]
  readonly #positionAfter: Position
  readonly #commit: CommitBatch
  #abort: AbortController | undefined
  #isRevoked = false
  /** The most records that one walk was given. The last of them was in its hand. */
  #walked = 0
  #isWalkedToTheEnd = false
  #wasReadAt = false
  /** How many were committed in so many words; then that alone counts. */
  #committed: number | undefined

  /** Of the slice's records from `at` on: all of them go into the batch's hand. */
  constructor(slice: Slice, commit: CommitBatch) {
    this.topic = slice.partition.topic
    this.partition = slice.partition.partition
    this.#slice = slice
    this.#records = slice.at === 0 ? slice.records : slice.records.slice(slice.at)
    slice.at = slice.records.length
    this.#positionAfter = slice.positionAt(slice.at)
    this.#commit = commit
    slice.onRevoke = () => this.#revoke()
  }

  get length(): number {
    return this.#records.length
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.#isRevoked) this.#abort.abort(revoked(this))
    return this.#abort.signal
  }

  /** The partition and the assignment epoch that it belongs to. */
  get slice(): Slice {
    return this.#slice
  }

  at(index: number): FetchedRecord | undefined {
    this.#wasReadAt = true
    return index < 0 ? undefined : this.#records[index]
  }

  [Symbol.iterator](): Iterator<FetchedRecord, undefined> {
    const records = this.#records
    let next = 0
    return {
      next: () => {
        if (next < records.length) {
          const value = records[next++]!
          if (next > this.#walked) this.#walked = next
          return { done: false, value }
        }
        this.#isWalkedToTheEnd = true
        return { done: true, value: undefined }
      },
    }
  }

  commit(upTo?: AnyRecord): Promise<void> {
    return this.commitBy(this.#commit, upTo)
  }

  async commitBy(commit: CommitBatch, upTo?: AnyRecord): Promise<void> {
    const count = upTo === undefined ? this.length : this.#countUpTo(upTo)
    await commit(this, this.#positionAfterFirst(count))
    this.#committed = Math.max(count, this.#committed ?? 0)
  }

  /**
   * How many of its records are done when the next batch is asked for: those committed, if any were in so many words;
   * else those walked past, if a walk was left early or the partition was taken away meanwhile; else all.
   */
  get doneCount(): number {
    if (this.#committed !== undefined) return this.#committed
    const walked = this.#isWalkedToTheEnd ? this.length : Math.max(0, this.#walked - 1)
    if (this.#isRevoked) return walked
    return this.#wasReadAt || this.#walked === 0 ? this.length : walked
  }

  /** How many count although the next was never asked for: those committed. */
  get committedCount(): number {
    return this.#committed ?? 0
  }

  #countUpTo(upTo: AnyRecord): number {
    const index = upTo instanceof FetchedRecord ? this.#records.indexOf(upTo) : -1
    if (index >= 0) return index + 1
    throw new KafkaError(
      'INVALID_ARGUMENT',
      `The record to commit up to is not one of this batch of ${this.topic}-${this.partition}`,
      { topic: this.topic, partition: this.partition },
    )
  }

  #positionAfterFirst(count: number): Position {
    if (count >= this.length) return this.#positionAfter
    const { offset, leaderEpoch } = this.#records[count - 1]!
    return { offset: offset + 1, leaderEpoch: leaderEpoch ?? -1 }
  }

  #revoke(): void {
    if (this.#isRevoked) return
    this.#isRevoked = true
    this.#abort?.abort(revoked(this))
  }
}

function revoked({ topic, partition }: FetchedBatch): KafkaError {
  return new KafkaError('NOT_ASSIGNED', `${topic}-${partition} is being taken from this consumer`, {
    topic,
    partition,
  })
}
