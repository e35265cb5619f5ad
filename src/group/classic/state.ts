// What a membership begins with, and what its state says about time: when it next has something to do by itself.

import type { Identity, MembershipSettings, MembershipState } from './types.ts'

/** Who is no member. */
export const NOBODY: Identity = { memberId: '', generation: -1, assignor: '' }

export function initialMembership(topics: readonly string[], now: number): MembershipState {
  return {
    phase: { name: 'out', because: 'not started' },
    identity: NOBODY,
    topics,
    owned: [],
    lastAssignment: { partitions: [], generation: -1 },
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
  const until = phase.name === 'waiting' || phase.name === 'leaving' ? phase.until : NEVER
  const heartbeat = heartbeats(state) && state.heartbeatToken === undefined ? state.nextHeartbeatAt : NEVER
  const session = watchesSession(state) ? state.lastHeartbeatAt + settings.sessionTimeoutMs : NEVER
  return Math.min(until, heartbeat, session, overdueAt(settings, state))
}

/**
 * Heartbeats go from the join's answer to leave, but not while a join or sync waits on the broker: on the lane they
 * would queue behind it, and the coordinator counts a member that waits there as alive.
 */
export function heartbeats({ phase, identity }: MembershipState): boolean {
  return identity.generation >= 0 && ['releasing', 'assigning', 'taking', 'stable'].includes(phase.name)
}

/**
 * Is the coordinator's silence to be noticed (G4)? Heartbeats tell of it; and what a cooperative member keeps while it
 * tries again and again to join may be another's by now.
 */
export function watchesSession(state: MembershipState): boolean {
  if (state.suspended) return false
  const { attempts, owned, phase } = state
  const triesInVain = phase.name === 'waiting' || (phase.name === 'joining' && attempts > 0)
  return heartbeats(state) || (triesInVain && owned.length > 0)
}

/** When the application has made no progress for too long (G7); a listener that is told of the assignment counts. */
export function overdueAt({ maxPollIntervalMs }: MembershipSettings, state: MembershipState): number {
  const { lastProgressAt, phase } = state
  const isWorking = phase.name === 'stable' || (phase.name === 'taking' && phase.keeps)
  const since = Math.min(isWorking ? lastProgressAt : NEVER, phase.name === 'taking' ? phase.since : NEVER)
  return since + maxPollIntervalMs
}

const NEVER = Number.POSITIVE_INFINITY
