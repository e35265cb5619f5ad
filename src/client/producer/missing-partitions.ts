// Records that name a partition their topic is not known to have: it may have been added since. As in the Java client
// they wait for it, for `maxBlockMs` at most, while metadata is asked for again and again.

import { KafkaError } from '../../errors.ts'
import type { Cluster } from '../cluster/types.ts'
import { after } from '../network/wait.ts'
import type { PendingRecord, TopicQueue } from './topic-queue.ts'

/** A record that names a partition, and its topic. */
export interface Misplaced {
  readonly topic: TopicQueue
  readonly record: PendingRecord
}

export interface MissingPartitionsOptions {
  readonly cluster: Pick<Cluster, 'retry' | 'refresh'>
  readonly maxBlockMs: number
  readonly onFailed: (misplaced: Misplaced, error: KafkaError) => void
}

export class MissingPartitions {
  readonly #given: MissingPartitionsOptions
  /** In the order of their calls: that of each partition is kept. */
  #waiting: Misplaced[] = []
  /** Ends the asking. */
  #stop: AbortController | undefined
  /** Why metadata could not be had last. */
  #lastFailure: unknown
  #expiresAt = Number.POSITIVE_INFINITY
  #cancelExpiry = () => {}

  constructor(given: MissingPartitionsOptions) {
    this.#given = given
  }

  get waiting(): readonly Misplaced[] {
    return this.#waiting
  }

  wait(misplaced: Misplaced): void {
    this.#waiting.push(misplaced)
    this.#expireAt(this.#dueAt(misplaced))
    if (this.#stop === undefined) this.#look()
  }

  /** Those of a topic whose partition is there now; they wait no more. */
  takeFound(topic: TopicQueue): readonly Misplaced[] {
    return this.#take((each) => each.topic === topic && each.record.partition! < topic.partitionCount)
  }

  takeAll(): readonly Misplaced[] {
    return this.#take(() => true)
  }

  #take(isTaken: (misplaced: Misplaced) => boolean): readonly Misplaced[] {
    if (this.#waiting.length === 0) return []
    const taken = this.#waiting.filter(isTaken)
    this.#waiting = this.#waiting.filter((misplaced) => !isTaken(misplaced))
    if (this.#waiting.length === 0) {
      this.#stop?.abort()
      this.#stop = undefined
      this.#cancelExpiry()
      this.#expiresAt = Number.POSITIVE_INFINITY
    }
    return taken
  }

  /** Only asks: what the answer brings comes to the accumulator, as all metadata does. */
  #look(): void {
    const { cluster, onFailed } = this.#given
    const stop = new AbortController()
    this.#stop = stop
    this.#lastFailure = undefined
    const limits = { deadline: Number.POSITIVE_INFINITY, signal: stop.signal }
    const looking = cluster.retry({ what: 'looking for partitions', ...limits }, async () => {
      try {
        await cluster.refresh()
        this.#lastFailure = undefined
      } catch (error) {
        this.#lastFailure = error
        throw error
      }
      throw new KafkaError('UNKNOWN_PARTITION', 'a partition is still missing', { retriable: true })
    })
    looking.catch((error) => {
      if (stop.signal.aborted) return
      // Nothing that passes.
      for (const misplaced of this.takeAll()) onFailed(misplaced, error)
    })
  }

  #dueAt({ record }: Misplaced): number {
    return record.since + this.#given.maxBlockMs
  }

  #expireAt(at: number): void {
    if (at >= this.#expiresAt) return
    this.#cancelExpiry()
    this.#expiresAt = at
    this.#cancelExpiry = after(at - performance.now(), () => this.#expire())
  }

  #expire(): void {
    this.#expiresAt = Number.POSITIVE_INFINITY
    const now = performance.now()
    const expired = this.#take((misplaced) => this.#dueAt(misplaced) <= now)
    for (const misplaced of this.#waiting) this.#expireAt(this.#dueAt(misplaced))
    for (const misplaced of expired) this.#given.onFailed(misplaced, this.#noSuchPartition(misplaced))
  }

  #noSuchPartition({ topic: { name: topic, partitionCount }, record: { partition } }: Misplaced): KafkaError {
    const cause = this.#lastFailure
    const because = cause instanceof Error ? `; its metadata could not be had again: ${cause.message}` : ''
    return new KafkaError(
      'UNKNOWN_PARTITION',
      `topic ${topic} has no partition ${partition}: it has ${partitionCount}, from 0 to ${partitionCount - 1}, and had no more within ${this.#given.maxBlockMs} ms (maxBlockMs)${because}`,
      { topic, partition, ...(cause !== undefined && { cause }) },
    )
  }
}
