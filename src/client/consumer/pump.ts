// Runs the consumer's steps when something has changed, once for all changes of a turn, and again when one of them
// wants to be: the only timer of fetching and of looking up positions.

/** Does what can be done now; returns when it wants to run again (as `performance.now()` counts), or Infinity. */
export type Step = (now: number) => number

export class Pump {
  readonly #steps: readonly Step[]
  #isScheduled = false
  #isStopped = false
  #timer: NodeJS.Timeout | undefined
  #timerAt = Number.POSITIVE_INFINITY

  constructor(steps: readonly Step[]) {
    this.#steps = steps
  }

  /** Runs soon: after what runs now. */
  schedule(): void {
    if (this.#isScheduled || this.#isStopped) return
    this.#isScheduled = true
    queueMicrotask(() => this.run())
  }

  /** Runs now. */
  run(): void {
    this.#isScheduled = false
    if (this.#isStopped) return
    const now = performance.now()
    let next = Number.POSITIVE_INFINITY
    for (const step of this.#steps) next = Math.min(next, step(now))
    this.#wakeAt(next, now)
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  #wakeAt(at: number, now: number): void {
    if (at === this.#timerAt) return
    clearTimeout(this.#timer)
    this.#timerAt = at
    if (at === Number.POSITIVE_INFINITY) return
    this.#timer = setTimeout(
      () => {
        this.#timerAt = Number.POSITIVE_INFINITY
        this.run()
      },
      Math.max(1, Math.ceil(at - now)),
    )
  }
}
