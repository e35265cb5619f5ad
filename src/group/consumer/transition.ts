// One step in the making: the state as it changes, and the actions in the order in which they are to be done.

import type { MembershipAction, MembershipSettings, MembershipState, Unsaid } from './types.ts'

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
    this.set({ attempts: attempts + 1 })
    return this.now + this.pauseMs(attempts)
  }

  pauseMs(attempts: number): number {
    const { retryBackoffMs, retryBackoffMaxMs } = this.settings
    return Math.min(retryBackoffMs * 2 ** attempts, retryBackoffMaxMs)
  }

  /** Something the coordinator does not know yet: a heartbeat is due, as soon as none is outstanding. */
  unsaid(news: Partial<Unsaid>): void {
    this.set({ unsaid: { ...this.state.unsaid, ...news }, nextHeartbeatAt: this.now })
  }

  /** The coordinator has spoken: what is owned may be handed out again. */
  resume(): void {
    if (!this.state.suspended) return
    this.set({ suspended: false })
    this.do({ type: 'suspend', suspended: false })
  }
}
