// One process of a simulated group: a member's machine, what is on its way, and what its application works on.
import { initialMembership } from '../../../src/group/consumer/state.ts'
import type {
  MembershipAction,
  MembershipEvent,
  MembershipSettings,
  MembershipState,
} from '../../../src/group/consumer/types.ts'

export const SESSION_TIMEOUT_MS = 45_000
export const MAX_POLL_INTERVAL_MS = 300_000

export type Request = Extract<MembershipAction, { type: 'send heartbeat' | 'send leave' }>

/** A request on its way, or answered and the answer on its way back. */
export interface Sent {
  readonly request: Request
  answer: MembershipEvent | undefined
}

/** What the application or the edge does, and has not ended. */
export interface Task {
  readonly what: string
  readonly token: number
  readonly end: () => MembershipEvent
}

export class Process {
  readonly settings: MembershipSettings
  state: MembershipState
  /** In order, as one connection has them. */
  lane: Sent[] = []
  /** The coordinator had them when their connection ended: their answers come late, or never. */
  late: Sent[] = []
  tasks: Task[] = []
  /** What the application works on. */
  held = new Set<string>()
  /** The epochs that a commit may have been sent under. */
  epochs = new Set<number>()

  constructor(memberId: string, groupInstanceId: string | null, topics: readonly string[], now: number) {
    this.settings = {
      groupId: 'g',
      memberId,
      groupInstanceId,
      maxPollIntervalMs: MAX_POLL_INTERVAL_MS,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      retryBackoffMs: 100,
      retryBackoffMaxMs: 1_000,
    }
    this.state = initialMembership({ topics, pattern: null }, now)
  }

  get name(): string {
    return this.settings.memberId
  }

  get isOver(): boolean {
    return this.state.phase.name === 'left' || this.state.phase.name === 'failed'
  }
}
