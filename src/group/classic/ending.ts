// How a membership ends: with a goodbye, without one, or by an error.

import type { KafkaError } from '../../errors.ts'
import { errorByCode } from '../../protocol/error-codes.ts'
import { accounts } from './accounts.ts'
import { fatalFailure } from './errors.ts'
import { NOBODY } from './state.ts'
import { REFIND, type Transition } from './transition.ts'
import type { MembershipEvent, Phase } from './types.ts'

/** What one that is closing tries, before it goes without a goodbye. */
const GOODBYES = 5

/** G9: a static member stays unless it is told to leave, a dynamic one leaves unless it is told to stay. */
export function leave(
  t: Transition,
  { reason, leaveGroup }: Extract<MembershipEvent, { type: 'leave' }>,
): void {
  const { settings } = t
  const { memberId } = t.state.identity
  t.set({ attempts: 0, heartbeatToken: undefined })
  if (memberId === '') return gone(t)
  if (leaveGroup ?? settings.groupInstanceId === null) return sayGoodbye(t, reason)
  t.do(accounts.stays(settings, memberId, reason))
  gone(t)
}

export function saidGoodbye(
  t: Transition,
  phase: Extract<Phase, { name: 'leaving' }>,
  event: MembershipEvent,
): void {
  const { reason } = phase
  if (event.type === 'fail') return gone(t)
  if (event.type === 'tick') {
    if (t.now >= phase.until) sayGoodbye(t, reason)
    return
  }
  if ((event.type !== 'left' && event.type !== 'attempt failed') || event.token !== phase.token) return
  if (event.type === 'attempt failed' && fatalFailure(event.error, t.settings) !== undefined) return gone(t)
  const name = event.type === 'left' ? errorByCode(event.errorCode).name : undefined
  const isToBeSaidAgain = name === undefined || REFIND.has(name) || name === 'COORDINATOR_LOAD_IN_PROGRESS'
  if (!isToBeSaidAgain || t.state.attempts >= GOODBYES - 1) {
    t.do(accounts.left(t.settings, t.state.identity.memberId, reason))
    return gone(t)
  }
  if (name !== 'COORDINATOR_LOAD_IN_PROGRESS') t.do({ type: 'forget coordinator' })
  t.set({ phase: { ...phase, until: t.backOff() } })
}

/** As {@link fail}, of a member that cannot assign, or join: it leaves, so that another leads and nobody waits for it. */
export function resign(t: Transition, error: KafkaError): void {
  const { memberId } = t.state.identity
  if (t.settings.groupInstanceId === null && memberId !== '') {
    t.do({ type: 'send leave', token: t.token(), memberId, reason: `it has ended: ${error.message}` })
  }
  fail(t, error)
}

export function fail(t: Transition, error: KafkaError): void {
  const { identity, owned } = t.state
  const isNews = owned.length > 0 && identity.generation >= 0 && error.code !== 'CLOSED'
  if (isNews) t.do(accounts.lost(t.settings, 'the membership has ended', owned))
  t.set({ phase: { name: 'failed', error }, identity: NOBODY, owned: [], heartbeatToken: undefined })
  t.do({ type: 'fail', error })
}

function sayGoodbye(t: Transition, reason: string): void {
  const token = t.token()
  t.set({ phase: { name: 'leaving', token, reason, until: Number.POSITIVE_INFINITY } })
  t.do({ type: 'send leave', token, memberId: t.state.identity.memberId, reason })
}

function gone(t: Transition): void {
  t.set({ phase: { name: 'left' }, identity: NOBODY, owned: [], heartbeatToken: undefined })
}
