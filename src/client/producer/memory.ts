// The bound on what waits to be sent (P13): bytes taken and given back, and who waits for room, in order.

import { TimeoutError } from '../../errors.ts'
import { after, onAbort } from '../network/wait.ts'

interface Waiter {
  /** There is room: takes its bytes before it returns. */
  readonly proceed: () => void
  readonly fail: (error: unknown) => void
}

export interface WaitOptions {
  /** As `performance.now()` counts. */
  readonly deadline: number
  readonly late: () => unknown
  readonly signal?: AbortSignal | undefined
}

export class BufferMemory {
  readonly limitBytes: number
  #usedBytes = 0
  /** In the order of their calls. */
  readonly #waiters = new Set<Waiter>()
  /** Those that wait for `ready`. */
  readonly #ready = new Set<Waiter>()
  #isAdmitting = false

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Nothing is to be taken now: the bound is reached, or others were here before. */
  get isFull(): boolean {
    return this.#usedBytes >= this.limitBytes || this.#waiters.size > 0
  }

  /** Takes bytes, beyond the bound too: it is the caller that asks first whether it is full. */
  take(bytes: number): void {
    this.#usedBytes += bytes
  }

  release(bytes: number): void {
    this.#usedBytes -= bytes
    for (const waiter of this.#waiters) {
      if (this.#usedBytes >= this.limitBytes) return
      this.#waiters.delete(waiter)
      waiter.proceed()
    }
    this.#admit()
  }

  /**
   * One of those that wait for `ready`, and the next in a later turn if there is still room: the first may fill the
   * buffer again, and what it left to the others must be true.
   */
  #admit(): void {
    const [first] = this.#ready
    if (first === undefined || this.isFull || this.#isAdmitting) return
    this.#isAdmitting = true
    setImmediate(() => {
      this.#isAdmitting = false
      this.#admit()
    })
    first.proceed()
  }

  /** Calls `proceed` when it is this caller's turn and there is room, or `fail`. */
  whenRoom(proceed: () => void, fail: (error: unknown) => void, options: WaitOptions): void {
    this.#wait(this.#waiters, proceed, fail, options)
  }

  /** Resolves when it is not full. */
  ready(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason)
    return new Promise((resolve, reject) => {
      const deadline = Number.POSITIVE_INFINITY
      this.#wait(this.#ready, resolve, reject, { deadline, signal, late: () => new TimeoutError('') })
      this.#admit()
    })
  }

  /** Nobody will get room any more. */
  failAll(error: unknown): void {
    for (const waiters of [this.#waiters, this.#ready]) {
      for (const waiter of [...waiters]) waiter.fail(error)
    }
  }

  #wait(
    waiters: Set<Waiter>,
    proceed: () => void,
    fail: (error: unknown) => void,
    { deadline, late, signal }: WaitOptions,
  ): void {
    let cancel = () => {}
    const done = () => {
      cancel()
      forget()
      waiters.delete(waiter)
    }
    const waiter: Waiter = {
      proceed() {
        done()
        proceed()
      },
      fail(error) {
        done()
        fail(error)
      },
    }
    const forget = onAbort(signal, (reason) => waiter.fail(reason))
    if (deadline !== Number.POSITIVE_INFINITY) {
      cancel = after(deadline - performance.now(), () => waiter.fail(late()))
    }
    waiters.add(waiter)
  }
}
