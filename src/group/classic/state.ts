// What a membership begins with, and what its state says about time: when it next has something to do by itself.

import type { Identity, MembershipSettings, MembershipState, Phase } from './types.ts'

/** Who is no member. */
export const NOBODY: Identity = { memberId: '', generation: -1, assignor: '' }

export function initialMembership(topics: readonly string[], now: number): MembershipState {
  return {
    phase: { name: 'out', because: 'not started' },
    identity: NOBODY,
    topics,
    owned: [],
    rejoin: undefined,
    joinReason: '',
    lastHeartbeatAt: now,
    nextHeartbeatAt: Number.POSITIVE_INFINITY,
    heartbeatToken: undefined,
    suspended: false,
    lastProgressAt: now,
    saidIdle: false,
    attempts: 0,
    nextToken: 1,
  }
}

/** When the membership next wants a `tick`; Infinity: not by itself. */
export function wakeAt(settings: MembershipSettings, state: MembershipState): number {
  const { phase } = state
  if (phase.name === 'waiting' || phase.name === 'leaving') return phase.until
  const progress = watchesProgress(phase)
    ? state.lastProgressAt + settings.maxPollIntervalMs
    : Number.POSITIVE_INFINITY
  if (!heartbeats(state)) return progress
  const heartbeat = state.heartbeatToken === undefined ? state.nextHeartbeatAt : Number.POSITIVE_INFINITY
  const session = state.suspended
    ? Number.POSITIVE_INFINITY
    : state.lastHeartbeatAt + settings.sessionTimeoutMs
  return Math.min(heartbeat, session, progress)
}

/**
 * Heartbeats go from the join's answer to leave, but not while a join or sync waits on the broker: on the lane they
 * would queue behind it, and the coordinator counts a member that waits there as alive.
 */
export function heartbeats({ phase, identity }: MembershipState): boolean {
  return identity.generation >= 0 && ['releasing', 'assigning', 'taking', 'stable'].includes(phase.name)
}

/** G7; a listener that is told of the assignment is bounded in the same way. */
export function watchesProgress(phase: Phase): boolean {
  return phase.name === 'stable' || phase.name === 'taking'
}
