// One step in the making: the state as it changes, and the actions in the order in which they are to be done.

import { NOBODY } from './state.ts'
import type { Identity, MembershipAction, MembershipSettings, MembershipState } from './types.ts'

/** The coordinator moved, or can't be reached: look for it again. */
export const REFIND: ReadonlySet<string> = new Set(['NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE'])

export class Transition {
  state: MembershipState
  readonly actions: MembershipAction[] = []
  readonly settings: MembershipSettings
  readonly now: number

  constructor(settings: MembershipSettings, state: MembershipState, now: number) {
    this.settings = settings
    this.state = state
    this.now = now
  }

  set(change: Partial<MembershipState>): void {
    this.state = { ...this.state, ...change }
  }

  do(...actions: MembershipAction[]): void {
    this.actions.push(...actions)
  }

  /** For the next thing to wait for: an answer that carries an older one is late. */
  token(): number {
    const token = this.state.nextToken
    this.set({ nextToken: token + 1 })
    return token
  }

  /** When to try again, later with each attempt. */
  backOff(): number {
    const { attempts } = this.state
    const { retryBackoffMs, retryBackoffMaxMs } = this.settings
    this.set({ attempts: attempts + 1 })
    return this.now + Math.min(retryBackoffMs * 2 ** attempts, retryBackoffMaxMs)
  }

  /** The coordinator has spoken: what is owned may be handed out again. */
  resume(): void {
    if (!this.state.suspended) return
    this.set({ suspended: false })
    this.do({ type: 'suspend', suspended: false })
  }

  /** ILLEGAL_GENERATION: a member without its id would leave a ghost behind that holds up the next rebalance. */
  dropGeneration(): void {
    this.#become({ ...NOBODY, memberId: this.state.identity.memberId })
  }

  dropIdentity(): void {
    this.#become(NOBODY)
  }

  /** G13: what is still to be answered under the former identity counts no more. */
  #become(identity: Identity): void {
    this.set({ identity, heartbeatToken: undefined })
  }
}
