// The membership of a classic group as a function: (state, event, now) to the next state and what to do. It sends
// nothing and waits for nothing; the consumer in `client` performs its actions and feeds it what happened.

import { fail, leave, resign, saidGoodbye } from './ending.ts'
import { fatalFailure } from './errors.ts'
import { join, rejoin, released, subscribe } from './giving-up.ts'
import { commitRefused, heartbeatAnswered, heartbeatFailed, tick } from './heartbeats.ts'
import { joinAnswered, sync, tryAgain } from './joining.ts'
import { madeRoom, syncAnswered, taken } from './taking.ts'
import { Transition } from './transition.ts'
import type { MembershipEvent, MembershipSettings, MembershipState, Step } from './types.ts'

/** The next state and what is to be done, in order. An event that comes too late changes nothing (G13). */
export function step(
  settings: MembershipSettings,
  state: MembershipState,
  event: MembershipEvent,
  now: number,
): Step {
  const transition = new Transition(settings, state, now)
  apply(transition, event)
  return { state: transition.state, actions: transition.actions }
}

function apply(t: Transition, event: MembershipEvent): void {
  const { phase } = t.state
  if (phase.name === 'failed' || phase.name === 'left') return
  if (phase.name === 'leaving') return saidGoodbye(t, phase, event)
  switch (event.type) {
    case 'start':
      if (phase.name === 'out') join(t, 'it starts')
      return
    case 'subscribe':
      return subscribe(t, event.topics)
    case 'join answered':
      if (phase.name === 'joining' && phase.token === event.token) joinAnswered(t, phase, event)
      return
    case 'assigned':
      if (phase.name === 'assigning' && phase.token === event.token) sync(t, event.assignments)
      return
    case 'sync answered':
      if (phase.name === 'syncing' && phase.token === event.token) syncAnswered(t, event)
      return
    case 'heartbeat answered':
      if (t.state.heartbeatToken === event.token) heartbeatAnswered(t, event.errorCode)
      return
    case 'attempt failed':
      return attemptFailed(t, event.token, event.error)
    case 'released':
      if (phase.name !== 'releasing' || phase.token !== event.token) return
      if (phase.next === 'take') madeRoom(t, phase)
      else released(t, phase)
      return
    case 'taken':
      if (phase.name === 'taking' && phase.token === event.token) taken(t, phase)
      return
    case 'commit refused':
      return commitRefused(t, event)
    case 'metadata changed':
      return rejoin(t, event.reason)
    case 'progress':
      t.set({ lastProgressAt: t.now })
      if (phase.name === 'out' && phase.because === 'no progress') join(t, 'the loop goes on')
      else if (phase.name === 'releasing' && phase.next === 'out') {
        t.set({ phase: { ...phase, next: 'join' } })
      }
      return
    case 'fail':
      return fail(t, event.error)
    case 'leave':
      return leave(t, event)
    case 'left':
      return
    case 'tick':
      return tick(t)
  }
}

function attemptFailed(t: Transition, token: number, error: unknown): void {
  const { phase, heartbeatToken } = t.state
  if (heartbeatToken !== token && !('token' in phase && phase.token === token)) return
  const fatal = fatalFailure(error, t.settings)
  if (fatal !== undefined) {
    // The coordinator has nothing to do with it, and need not wait for this member's session to end.
    const isOwn = phase.name === 'assigning' || fatal.code === 'INVALID_ASSIGNMENT'
    return isOwn && heartbeatToken !== token ? resign(t, fatal) : fail(t, fatal)
  }
  if (heartbeatToken === token) {
    t.set({ heartbeatToken: undefined })
    t.do({ type: 'forget coordinator' })
    return heartbeatFailed(t, error)
  }
  if (phase.name === 'joining' || phase.name === 'syncing') t.do({ type: 'forget coordinator' })
  if (['joining', 'syncing', 'assigning'].includes(phase.name)) tryAgain(t, phase.name, error)
}
