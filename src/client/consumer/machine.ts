// Drives one of the memberships' pure machines: steps one after the other, wakes it when it wants to be woken, and lets
// others wait for a state.

import { after } from '../network/wait.ts'

export interface MachineContext<State, Event, Action> {
  readonly initial: State
  readonly step: (
    state: State,
    event: Event,
    now: number,
  ) => { readonly state: State; readonly actions: readonly Action[] }
  /** Performs an action; what comes of it is told later, or now, by {@link Machine.happened}. */
  readonly perform: (action: Action) => void
  /** When the state wants a tick (as `performance.now()` counts); Infinity: not by itself. */
  readonly wakeAt: (state: State) => number
  /** Is what it waits for an attempt that failed? Those of many members are spread. */
  readonly isBackingOff: (state: State) => boolean
  readonly tick: Event
}

/** Attempts of many members are spread over this much more than their pause. */
const JITTER = 0.2

export class Machine<State, Event, Action> {
  readonly #context: MachineContext<State, Event, Action>
  #state: State
  /** Events that arrive while actions are being performed wait their turn. */
  readonly #events: Event[] = []
  #isStepping = false
  #isStopped = false
  #cancelWake = () => {}
  readonly #watchers = new Set<() => void>()

  constructor(context: MachineContext<State, Event, Action>) {
    this.#context = context
    this.#state = context.initial
  }

  get state(): State {
    return this.#state
  }

  /** Steps happen one after the other: an action that causes an event at once has it wait. */
  happened(event: Event): void {
    this.#events.push(event)
    if (this.#isStepping) return
    this.#isStepping = true
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        const { state, actions } = this.#context.step(this.#state, next, performance.now())
        this.#state = state
        for (const action of actions) this.#context.perform(action)
      }
    } finally {
      this.#isStepping = false
    }
    this.#wake()
    for (const watcher of [...this.#watchers]) watcher()
  }

  /** Resolves when `condition` holds, rejects when it throws; looked at after each step. */
  until(condition: (state: State) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        try {
          if (!condition(this.#state)) return
          resolve()
        } catch (error) {
          reject(error)
        }
        this.#watchers.delete(look)
      }
      this.#watchers.add(look)
    })
  }

  /** Wakes no more. */
  stop(): void {
    this.#isStopped = true
    this.#cancelWake()
  }

  #wake(): void {
    this.#cancelWake()
    this.#cancelWake = () => {}
    const { isBackingOff, tick, wakeAt } = this.#context
    const at = wakeAt(this.#state)
    if (at === Number.POSITIVE_INFINITY || this.#isStopped) return
    const jitter = isBackingOff(this.#state) ? 1 + Math.random() * JITTER : 1
    this.#cancelWake = after((at - performance.now()) * jitter, () => this.happened(tick))
  }
}
