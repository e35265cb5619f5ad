// The loops: iterators written by hand (an async generator costs twice as much a record), one at a time, that hand out
// records or batches and say, by being asked for the next, that the last is done.

import { KafkaError } from '../../errors.ts'
import { type CommitBatch, FetchedBatch } from './batch.ts'
import { decodeAhead } from './decode-ahead.ts'
import type { Slice } from './fetched.ts'
import type { HandOut } from './hand-out.ts'
import type { FetchedRecord } from './record.ts'

/** What the loops need of their consumer. */
export interface LoopHost {
  readonly handOut: HandOut
  readonly commitBatch: CommitBatch
  /** Joins, at the first loop. */
  start(): void
  /** The loop asks for the next: the application makes progress (G7). Hot: once a record. */
  asked(): void
  /** The same, where the loop goes on to another slice: the membership is told at once. */
  wentOn(): void
  /** The loop waits for something to be handed out; waiting is progress, too. */
  waiting(isWaiting: boolean): void
}

/** The loops of one consumer. */
export class Loops {
  readonly #host: LoopHost
  #active: Loop | undefined
  #isClosed = false
  #fatal: KafkaError | undefined

  constructor(host: LoopHost) {
    this.#host = host
  }

  records(signal: AbortSignal | undefined): AsyncIterable<FetchedRecord> {
    return { [Symbol.asyncIterator]: () => new RecordIterator(this, this.#host, signal) }
  }

  batches(signal: AbortSignal | undefined): AsyncIterable<FetchedBatch> {
    return { [Symbol.asyncIterator]: () => new BatchIterator(this, this.#host, signal) }
  }

  /** Ends the loop, if there is one, when it asks for the next. */
  stop(): void {
    this.#active?.stop()
  }

  /** As {@link stop}; further loops are refused. */
  close(): void {
    this.#isClosed = true
    this.stop()
  }

  /** Every loop ends with this error from now on. */
  fail(error: KafkaError): void {
    this.#fatal ??= error
    this.#host.handOut.interrupt()
  }

  get fatal(): KafkaError | undefined {
    return this.#fatal
  }

  begin(loop: Loop): void {
    if (this.#active === loop) return
    if (this.#fatal !== undefined) throw this.#fatal
    if (this.#isClosed) throw new KafkaError('CLOSED', 'The consumer is closed: make a new one')
    if (this.#active !== undefined) {
      throw new KafkaError(
        'INVALID_STATE',
        'Another loop over this consumer has not ended: one at a time, so that it is clear which records are done',
      )
    }
    this.#active = loop
    this.#host.start()
  }

  end(loop: Loop): void {
    if (this.#active === loop) this.#active = undefined
  }
}

/** What both kinds of loop share: beginning, waiting for the next slice, and ending. */
class Loop {
  readonly #loops: Loops
  readonly #host: LoopHost
  readonly #signal: AbortSignal | undefined
  readonly #onAbort = () => this.stop()
  #state: 'new' | 'running' | 'stopping' | 'ended' = 'new'
  isPending = false

  constructor(loops: Loops, host: LoopHost, signal: AbortSignal | undefined) {
    this.#loops = loops
    this.#host = host
    this.#signal = signal
  }

  get #isStopping(): boolean {
    return this.#state === 'stopping'
  }

  stop(): void {
    if (this.#state === 'ended') return
    this.#state = 'stopping'
    this.#host.handOut.interrupt()
  }

  end(): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#loops.end(this)
  }

  /**
   * The next slice with something to hand out; undefined when the loop has ended. What was in hand is finished by now.
   * One caller at a time.
   */
  async nextSlice(): Promise<Slice | undefined> {
    if (this.isPending) throw concurrent()
    if (this.#state === 'ended') return undefined
    this.isPending = true
    try {
      return await this.#next()
    } catch (error) {
      this.end()
      throw error
    } finally {
      this.isPending = false
    }
  }

  async #next(): Promise<Slice | undefined> {
    const { handOut } = this.#host
    this.#begin()
    for (;;) {
      handOut.isInterrupted = false
      if (this.#loops.fatal !== undefined) throw this.#loops.fatal
      if (this.#isStopping) {
        this.end()
        return undefined
      }
      const problem = handOut.takeProblem()
      if (problem !== undefined) throw problem.error
      const slice = handOut.take()
      if (slice === undefined) await this.#wait()
      // It may have been stopped while it waited; then nobody would take what is handed out.
      else if ((await decodeAhead(slice)) && !this.#isStopping) return slice
    }
  }

  #begin(): void {
    if (this.#state !== 'new') return
    this.#loops.begin(this)
    this.#state = 'running'
    if (this.#signal === undefined) return
    if (this.#signal.aborted) this.stop()
    else this.#signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  async #wait(): Promise<void> {
    this.#host.waiting(true)
    try {
      await this.#host.handOut.changed()
    } finally {
      this.#host.waiting(false)
    }
  }
}

/** Hands out records one by one. A record is done when the next is asked for. */
class RecordIterator implements AsyncIterator<FetchedRecord, undefined> {
  readonly #loop: Loop
  readonly #host: LoopHost
  readonly #handOut: HandOut
  #slice: Slice | undefined

  constructor(loops: Loops, host: LoopHost, signal: AbortSignal | undefined) {
    this.#loop = new Loop(loops, host, signal)
    this.#host = host
    this.#handOut = host.handOut
  }

  // Hot: once a record.
  next(): Promise<IteratorResult<FetchedRecord, undefined>> {
    const slice = this.#slice
    if (slice !== undefined && slice.at < slice.records.length && !this.#handOut.isInterrupted) {
      this.#host.asked()
      const { at } = slice
      slice.done = at
      slice.at = at + 1
      return Promise.resolve({ done: false, value: slice.records[at]! })
    }
    return this.#nextOfAnother()
  }

  async return(): Promise<IteratorResult<FetchedRecord, undefined>> {
    leave(this.#loop, () => this.#handOut.putBack(), this.#slice)
    this.#slice = undefined
    return { done: true, value: undefined }
  }

  async #nextOfAnother(): Promise<IteratorResult<FetchedRecord, undefined>> {
    if (this.#loop.isPending) throw concurrent()
    if (this.#slice !== undefined) {
      this.#slice = undefined
      this.#handOut.finish()
    }
    this.#host.wentOn()
    const slice = await this.#loop.nextSlice()
    if (slice === undefined) return { done: true, value: undefined }
    this.#slice = slice
    const value = slice.records[slice.at++]!
    this.#handOut.hold(slice)
    return { done: false, value }
  }
}

/** Hands out batches. A batch is done, as far as it says, when the next is asked for. */
class BatchIterator implements AsyncIterator<FetchedBatch, undefined> {
  readonly #loop: Loop
  readonly #host: LoopHost
  #batch: FetchedBatch | undefined

  constructor(loops: Loops, host: LoopHost, signal: AbortSignal | undefined) {
    this.#loop = new Loop(loops, host, signal)
    this.#host = host
  }

  async next(): Promise<IteratorResult<FetchedBatch, undefined>> {
    if (this.#loop.isPending) throw concurrent()
    const last = this.#batch
    if (last !== undefined) {
      this.#batch = undefined
      this.#host.handOut.finish(last.doneCount)
    }
    this.#host.wentOn()
    const slice = await this.#loop.nextSlice()
    if (slice === undefined) return { done: true, value: undefined }
    this.#batch = new FetchedBatch(slice, this.#host.commitBatch)
    this.#host.handOut.hold(slice)
    return { done: false, value: this.#batch }
  }

  async return(): Promise<IteratorResult<FetchedBatch, undefined>> {
    const batch = this.#batch
    this.#batch = undefined
    leave(this.#loop, () => this.#host.handOut.putBack(batch?.committedCount), batch)
    return { done: true, value: undefined }
  }
}

/** `break`, `return` and `throw` look the same from here: what is in hand is not done. */
function leave(loop: Loop, putBack: () => void, inHand: unknown): void {
  if (loop.isPending) {
    loop.stop()
    return
  }
  if (inHand !== undefined) putBack()
  loop.end()
}

function concurrent(): KafkaError {
  return new KafkaError(
    'INVALID_STATE',
    'next() was called while an earlier call is pending: one at a time, so that it is clear which records are done',
  )
}
