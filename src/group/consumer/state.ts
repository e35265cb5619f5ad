// What a membership begins with, and what its state says about time: when it next has something to do by itself.

import type { MembershipSettings, MembershipState, Phase, Subscription, Unsaid } from './types.ts'

/** Until the coordinator has named another: its default. */
const HEARTBEAT_INTERVAL_MS = 5_000

/** A session is longer than its heartbeats' interval. */
const FEWEST_IN_SESSION = 2

export const NOTHING_UNSAID: Unsaid = { all: false, subscription: false, owned: false }
export const ALL_UNSAID: Unsaid = { all: true, subscription: false, owned: false }

export function initialMembership(subscription: Subscription, now: number): MembershipState {
  return {
    phase: { name: 'out', because: 'not started' },
    epoch: 0,
    subscription,
    target: undefined,
    targetedAt: now,
    names: new Map(),
    owned: [],
    owesAssigned: true,
    owesAcknowledgement: false,
    said: [],
    unsaid: ALL_UNSAID,
    inDoubt: false,
    heartbeatIntervalMs: HEARTBEAT_INTERVAL_MS,
    heartbeatToken: undefined,
    nextHeartbeatAt: Number.POSITIVE_INFINITY,
    lastHeardAt: now,
    namingToken: undefined,
    nextNamingAt: Number.POSITIVE_INFINITY,
    namingAttempts: 0,
    unreleasedUntil: undefined,
    mayHoldInstanceId: false,
    releaseToken: undefined,
    suspended: false,
    lastProgressAt: now,
    toldOf: undefined,
    saidIdle: false,
    attempts: 0,
    nextToken: 1,
  }
}

/** When the membership next wants a `tick`; Infinity: not by itself. */
export function wakeAt(settings: MembershipSettings, state: MembershipState): number {
  const { phase } = state
  if (phase.name === 'leaving') return phase.until
  if (!heartbeats(phase)) return Number.POSITIVE_INFINITY
  const heartbeat = state.heartbeatToken === undefined ? state.nextHeartbeatAt : Number.POSITIVE_INFINITY
  if (phase.name === 'joining') return heartbeat
  const naming = state.namingToken === undefined ? state.nextNamingAt : Number.POSITIVE_INFINITY
  return Math.min(heartbeat, naming, silentAt(settings, state), overdueAt(settings, state))
}

/** When the coordinator has not been heard of for too long, as far as its session timeout is known here. */
export function silentAt({ sessionTimeoutMs }: MembershipSettings, state: MembershipState): number {
  if (state.suspended) return Number.POSITIVE_INFINITY
  return state.lastHeardAt + Math.max(sessionTimeoutMs, FEWEST_IN_SESSION * state.heartbeatIntervalMs)
}

/** When it has been without progress for too long (G7): in the loop, or in a listener that is told of an assignment. */
export function overdueAt({ maxPollIntervalMs }: MembershipSettings, state: MembershipState): number {
  const { phase, lastProgressAt } = state
  if (phase.name !== 'member') return Number.POSITIVE_INFINITY
  const { work } = phase
  const since = work?.step === 'taking' ? Math.min(work.since, lastProgressAt) : lastProgressAt
  return since + maxPollIntervalMs
}

/** Has the application been told of what it has now? */
export function isSettled({ phase, owesAssigned }: MembershipState): boolean {
  return phase.name === 'member' && phase.work === undefined && !owesAssigned
}

/** Whatever the application does meanwhile: it has the rebalance timeout for it, not the session's. */
export function heartbeats(phase: Phase): boolean {
  return phase.name === 'joining' || phase.name === 'member'
}
