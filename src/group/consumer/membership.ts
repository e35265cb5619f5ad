// The membership of a group whose coordinator assigns, as a function: (state, event, now) to the next state and what to
// do. It sends nothing and waits for nothing; the consumer in `client` performs its actions and feeds it what happened.

import { accounts } from './accounts.ts'
import { fail, giveWay, leave, saidGoodbye } from './ending.ts'
import { fatalFailure } from './errors.ts'
import { commitRefused, fallSilent, heartbeatAnswered, heartbeatFailed, saidRelease } from './heartbeats.ts'
import { join, released } from './joining.ts'
import { askAgainForNames, revoked, taken, topicsNamed } from './reconciliation.ts'
import { speak } from './speaking.ts'
import { overdueAt, silentAt } from './state.ts'
import { Transition } from './transition.ts'
import type { MembershipEvent, MembershipSettings, MembershipState, Step, Subscription } from './types.ts'

/** The next state and what is to be done, in order. An event that comes too late changes nothing. */
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
      return start(t)
    case 'subscribe':
      return subscribe(t, event.subscription)
    case 'heartbeat answered':
      if (t.state.heartbeatToken === event.token) heartbeatAnswered(t, event)
      return
    case 'attempt failed':
      return attemptFailed(t, event.token, event.error)
    case 'topics named':
      if (phase.name === 'member') topicsNamed(t, event.token, event.names)
      return
    case 'released':
      if (phase.name === 'releasing' && phase.token === event.token) released(t, phase.next)
      else if (phase.name === 'member' && phase.work?.token === event.token) revoked(t, phase.work)
      return
    case 'taken':
      if (phase.name === 'member' && phase.work?.token === event.token) taken(t)
      return
    case 'commit refused':
      return commitRefused(t, event)
    case 'progress':
      return progress(t)
    case 'fail':
      return fail(t, event.error)
    case 'leave':
      return leave(t, event)
    case 'left':
      if (t.state.releaseToken === event.token) saidRelease(t, event.errorCode)
      return
    case 'tick':
      return tick(t)
  }
}

function start(t: Transition): void {
  const { phase, subscription } = t.state
  if (phase.name !== 'out') return
  t.do(accounts.firstJoin(t.settings, subscription))
  join(t)
}

function subscribe(t: Transition, subscription: Subscription): void {
  const { phase, heartbeatToken } = t.state
  const isNews = !isSame(t.state.subscription, subscription)
  t.set({ subscription })
  if (!isNews) return
  // What is still to be sent has it anyway.
  if (phase.name === 'joining' && heartbeatToken === undefined) return
  if (phase.name !== 'joining' && phase.name !== 'member') return
  t.unsaid({ subscription: true })
  speak(t)
}

function attemptFailed(t: Transition, token: number, error: unknown): void {
  const { heartbeatToken, namingToken } = t.state
  if (token === namingToken) return topicsNamed(t, token, new Map())
  if (token !== heartbeatToken) return
  const fatal = fatalFailure(error, t.settings)
  if (fatal !== undefined) fail(t, fatal)
  else heartbeatFailed(t, error)
}

function progress(t: Transition): void {
  const { phase } = t.state
  t.set({ lastProgressAt: t.now })
  if (phase.name === 'releasing') t.set({ phase: { ...phase, next: 'join' } })
  if (phase.name !== 'out' || phase.because !== 'no progress') return
  t.do(accounts.joining(t.settings, 'the loop goes on'))
  join(t)
}

function tick(t: Transition): void {
  const { phase, namingToken, nextNamingAt } = t.state
  if (phase.name === 'member') {
    if (t.now >= overdueAt(t.settings, t.state)) return giveWay(t)
    if (t.now >= silentAt(t.settings, t.state)) return fallSilent(t)
    if (namingToken === undefined && t.now >= nextNamingAt) askAgainForNames(t)
  }
  speak(t)
}

function isSame(a: Subscription, b: Subscription): boolean {
  const names = new Set(a.topics)
  return (
    a.pattern === b.pattern &&
    a.topics.length === b.topics.length &&
    b.topics.every((topic) => names.has(topic))
  )
}
