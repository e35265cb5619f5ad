// Between what is fetched and the loop: whose records come next, which of them the loop has in hand, and what else the
// loop must be told. There is one loop at a time, so there is one record or batch in hand at most.

import { CorruptRecordError, isKafkaError, type KafkaError } from '../../errors.ts'
import type { Slice } from './fetched.ts'
import type { Partition } from './partition.ts'

/** Something that the loop is told by a rejection, once. */
interface Problem {
  readonly error: unknown
  /** False when it has passed before any loop heard of it. */
  readonly isCurrent: () => boolean
}

export class HandOut {
  /**
   * Something changed that the loop must look at before it takes its next record, even from the slice that it is in:
   * a partition was paused, moved or taken away, or the loop is to end.
   */
  isInterrupted = false

  /** `maxPollRecords`: of a slice. */
  readonly #maxRecords: number
  /** Partitions that have something, in the order in which they got it. */
  #ready: Partition[] = []
  readonly #isReady = new Set<Partition>()
  /** The partition that the loop is at, until it is through with an answer of it. */
  #current: Partition | undefined
  #inHand: Slice | undefined
  #isSuspended = false
  #problems: Problem[] = []
  #wake: (() => void) | undefined
  readonly #releases = new Set<() => void>()

  constructor(options: { readonly maxRecords: number }) {
    this.#maxRecords = options.maxRecords
  }

  // ---- for those who make changes

  /** Anything that concerns the loop has changed. */
  interrupt(): void {
    this.isInterrupted = true
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  /** The partition may have something to hand out. */
  offer(partition: Partition): void {
    if (!this.#isReady.has(partition)) {
      this.#isReady.add(partition)
      this.#ready.push(partition)
    }
    if (this.#wake !== undefined) this.interrupt()
  }

  /** Hands out nothing, and loses nothing, until told otherwise: the session may have ended (G4). */
  suspend(isSuspended: boolean): void {
    this.#isSuspended = isSuspended
    this.interrupt()
  }

  /** Tells the loop, or the next one; once, when the same is reported again meanwhile. */
  report(error: unknown, isCurrent: () => boolean = () => true): void {
    const message = messageOf(error)
    if (!this.#problems.some((problem) => messageOf(problem.error) === message)) {
      this.#problems.push({ error, isCurrent })
    }
    this.interrupt()
  }

  /** Stops a partition and tells the loop, once for the same failure; the others go on. */
  fail(partition: Partition, error: KafkaError): void {
    const isTold = partition.toldOf === error.code
    partition.fail(error)
    partition.toldOf = error.code
    if (isTold) return
    const { phase } = partition
    this.report(error, () => partition.phase === phase)
  }

  get inHand(): Slice | undefined {
    return this.#inHand
  }

  /**
   * Resolves when the loop has none of these in hand any more, or when the signal aborts (G6). What it has in hand then
   * will not be done: its position goes back.
   */
  async released(partitions: readonly Partition[], signal: AbortSignal): Promise<void> {
    const isInHand = () => this.#inHand !== undefined && partitions.includes(this.#inHand.partition)
    while (isInHand() && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const done = () => {
          this.#releases.delete(done)
          signal.removeEventListener('abort', done)
          resolve()
        }
        this.#releases.add(done)
        signal.addEventListener('abort', done, { once: true })
      })
    }
    if (isInHand()) this.putBack()
  }

  // ---- for the loop

  /** The next slice whose records from `at` on are to be handed out; undefined when there is none now. */
  take(): Slice | undefined {
    if (this.#isSuspended) return undefined
    const current = this.#current
    if (current !== undefined) {
      this.#current = undefined
      const isWithin = current.slice !== undefined || current.isInsideChunk
      const slice = isWithin && current.isHandable ? this.#takeFrom(current) : undefined
      if (slice !== undefined) return slice
      if (current.hasBuffered) this.offer(current)
    }
    for (;;) {
      const next = this.#ready.shift()
      if (next === undefined) return undefined
      this.#isReady.delete(next)
      // One that is paused or on hold is offered again when it goes on.
      const slice = next.isHandable ? this.#takeFrom(next) : undefined
      if (slice !== undefined) return slice
    }
  }

  /** The loop has what lies between the slice's `done` and `at` in hand. */
  hold(slice: Slice): void {
    this.#inHand = slice
  }

  /** Asking for the next makes what is in hand done; `count` of it, where it is a batch. */
  finish(count?: number): void {
    const slice = this.#inHand
    if (slice === undefined) return
    slice.done = count === undefined ? slice.at : slice.done + count
    slice.at = slice.done
    slice.partition.finish(slice)
    this.#letGo(slice)
  }

  /** What is in hand is not done, but for `count` of it, and comes again. */
  putBack(count = 0): void {
    const slice = this.#inHand
    if (slice === undefined) return
    slice.done += count
    slice.at = slice.done
    slice.partition.finish(slice)
    this.#letGo(slice)
  }

  /** What the loop must be told next. */
  takeProblem(): { readonly error: unknown } | undefined {
    for (;;) {
      const problem = this.#problems.shift()
      if (problem === undefined || problem.isCurrent()) return problem
    }
  }

  /** Resolves when anything has changed. */
  async changed(): Promise<void> {
    if (this.isInterrupted) return
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
  }

  // ---- helpers

  #takeFrom(partition: Partition): Slice | undefined {
    try {
      const slice = partition.take(this.#maxRecords)
      if (slice !== undefined) this.#current = partition
      return slice
    } catch (error) {
      this.fail(partition, isKafkaError(error) ? error : unreadable(partition, error))
      return undefined
    }
  }

  #letGo(slice: Slice): void {
    this.#inHand = undefined
    if (slice.partition.slice === slice && slice.partition !== this.#current) this.offer(slice.partition)
    for (const release of this.#releases) release()
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function unreadable({ topic, partition, position }: Partition, cause: unknown): KafkaError {
  return new CorruptRecordError(`Records of ${topic}-${partition} cannot be read: ${String(cause)}`, {
    topic,
    partition,
    offset: position?.offset,
    cause,
  })
}
