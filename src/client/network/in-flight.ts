// The requests of one connection that are not settled: held back, written and waiting for their answers in order (C1),
// or being flushed; and the one timer for all their deadlines (C2).

import type { Buffer } from 'node:buffer'
import type { Api } from '../../protocol/schema.ts'
import { maintenanceAfter } from './wait.ts'

/** One request, from `send` until it is settled. */
export interface Exchange {
  readonly api: Api
  readonly version: number
  readonly correlationId: number
  readonly timeoutMs: number
  readonly segments: readonly Uint8Array[]
  /** Undefined: no answer will come. */
  readonly decode: ((frame: Buffer) => object) | undefined
  /** As `performance.now()` counts; throttling moves it. */
  deadline: number
  /** Settled by an abort it may still be here: its answer will come and must find its place. */
  readonly isSettled: boolean
  resolve(response: object | undefined): void
  reject(reason: unknown): void
}

export class InFlight {
  readonly #onOverdue: (overdue: Exchange, now: number) => void
  readonly #heldBack: Exchange[] = []
  readonly #outstanding: Exchange[] = []
  readonly #flushing = new Set<Exchange>()
  #alarmAt = Number.POSITIVE_INFINITY
  // The socket keeps the process alive while it is open, so this timer need not.
  #cancelAlarm = () => {}

  /** Told of a request whose deadline has passed; to end the connection. */
  constructor(onOverdue: (overdue: Exchange, now: number) => void) {
    this.#onOverdue = onOverdue
  }

  get size(): number {
    return this.#heldBack.length + this.#outstanding.length + this.#flushing.size
  }

  get isHoldingBack(): boolean {
    return this.#heldBack.length > 0
  }

  /** Nobody waits for anything: what is left was aborted. */
  get isSettled(): boolean {
    for (const exchange of this.#all()) if (!exchange.isSettled) return false
    return true
  }

  /** Not written for now. */
  holdBack(exchange: Exchange): void {
    this.#heldBack.push(exchange)
    this.#alarmBy(exchange.deadline)
  }

  /** What was held back, in order, to be written now. */
  release(): readonly Exchange[] {
    return this.#heldBack.splice(0)
  }

  /** Forgets a request that was held back; false when it was written. */
  withdraw(exchange: Exchange): boolean {
    const at = this.#heldBack.indexOf(exchange)
    if (at !== -1) this.#heldBack.splice(at, 1)
    return at !== -1
  }

  written(exchange: Exchange): void {
    if (exchange.decode === undefined) this.#flushing.add(exchange)
    else this.#outstanding.push(exchange)
    this.#alarmBy(exchange.deadline)
  }

  flushed(exchange: Exchange): void {
    this.#flushing.delete(exchange)
  }

  /** The request whose answer is due next. */
  get oldest(): Exchange | undefined {
    return this.#outstanding[0]
  }

  /** The oldest has its answer. */
  answered(): void {
    this.#outstanding.shift()
  }

  postpone(ms: number): void {
    for (const exchange of this.#all()) exchange.deadline += ms
  }

  /** Empties it and stops the timer: what was written, and what was not. */
  clear(): { readonly written: readonly Exchange[]; readonly heldBack: readonly Exchange[] } {
    this.stop()
    const written = [...this.#outstanding.splice(0), ...this.#flushing]
    this.#flushing.clear()
    return { written, heldBack: this.release() }
  }

  stop(): void {
    this.#cancelAlarm()
  }

  *#all(): Iterable<Exchange> {
    yield* this.#outstanding
    yield* this.#heldBack
    yield* this.#flushing
  }

  /** Set to the earliest deadline; that of a request which has been answered since is let pass. */
  #alarmBy(deadline: number): void {
    if (deadline >= this.#alarmAt) return
    this.#cancelAlarm()
    this.#alarmAt = deadline
    this.#cancelAlarm = maintenanceAfter(deadline - performance.now(), () => {
      if (this.#earliest(performance.now()) === undefined) return
      // After the event loop was blocked, answers may lie in the socket unread: they count.
      const judgement = setImmediate(() => {
        const now = performance.now()
        const overdue = this.#earliest(now)
        if (overdue !== undefined) this.#onOverdue(overdue, now)
      })
      this.#cancelAlarm = () => clearImmediate(judgement)
    })
  }

  /** The earliest of all if it is overdue; else the alarm is set to it. */
  #earliest(now: number): Exchange | undefined {
    this.#alarmAt = Number.POSITIVE_INFINITY
    let earliest: Exchange | undefined
    for (const exchange of this.#all()) {
      if (earliest === undefined || exchange.deadline < earliest.deadline) earliest = exchange
    }
    if (earliest === undefined || earliest.deadline <= now) return earliest
    this.#alarmBy(earliest.deadline)
    return undefined
  }
}
