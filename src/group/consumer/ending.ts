// How a membership ends: with a goodbye, without one, by an error; or for a while, when nothing moves (N4).

import type { KafkaError } from '../../errors.ts'
import { errorByCode } from '../../protocol/error-codes.ts'
import { accounts } from './accounts.ts'
import { fatalFailure } from './errors.ts'
import { lose } from './joining.ts'
import { REFIND, type Transition } from './transition.ts'
import type { GoodbyeEpoch, MembershipEvent, MembershipState, Phase } from './types.ts'

/** What one that is closing tries, before it goes without a goodbye. */
const GOODBYES = 5

/** N4, G9: a static member comes back unless it is told to leave; a dynamic one leaves unless it is told to stay. */
export function leave(
  t: Transition,
  { reason, leaveGroup }: Extract<MembershipEvent, { type: 'leave' }>,
): void {
  const { phase } = t.state
  const { groupInstanceId } = t.settings
  t.set({ attempts: 0, heartbeatToken: undefined, namingToken: undefined })
  // A join that is not answered may have been heard.
  if (phase.name !== 'joining' && phase.name !== 'member') return gone(t)
  if (groupInstanceId !== null) return sayGoodbye(t, leaveGroup === true ? -1 : -2, reason)
  if (leaveGroup !== false) return sayGoodbye(t, -1, reason)
  t.do(accounts.stays(t.settings, reason))
  gone(t)
}

export function saidGoodbye(
  t: Transition,
  phase: Extract<Phase, { name: 'leaving' }>,
  event: MembershipEvent,
): void {
  if (event.type === 'fail') return gone(t)
  if (event.type === 'tick') {
    if (t.now >= phase.until) sayGoodbye(t, phase.epoch, phase.reason)
    return
  }
  if ((event.type !== 'left' && event.type !== 'attempt failed') || event.token !== phase.token) return
  if (event.type === 'attempt failed' && fatalFailure(event.error, t.settings) !== undefined) return gone(t)
  const name = event.type === 'left' ? errorByCode(event.errorCode).name : undefined
  const isToBeSaidAgain = name === undefined || REFIND.has(name) || name === 'COORDINATOR_LOAD_IN_PROGRESS'
  if (!isToBeSaidAgain || t.state.attempts >= GOODBYES - 1) {
    // Whoever is not known, fenced, or of a group that is gone, has left as well.
    if (phase.epoch === -1) t.do(accounts.left(t.settings, t.settings.memberId, phase.reason))
    else t.do(accounts.stays(t.settings, phase.reason))
    return gone(t)
  }
  if (name !== 'COORDINATOR_LOAD_IN_PROGRESS') t.do({ type: 'forget coordinator' })
  t.set({ phase: { ...phase, until: t.backOff() } })
}

/** Others get the partitions; the coordinator itself does not look at progress. */
export function giveWay(t: Transition): void {
  const { phase } = t.state
  t.do(accounts.noProgress(t.settings, phase.name === 'member' && phase.work?.step === 'taking'))
  t.set({ mayHoldInstanceId: true })
  const epoch = t.settings.groupInstanceId === null ? -1 : -2
  t.do({ type: 'send leave', token: t.token(), epoch })
  lose(t, 'no progress was made within maxPollIntervalMs', 'out')
}

export function fail(t: Transition, error: KafkaError): void {
  const { owned } = t.state
  if (owned.length > 0 && error.code !== 'CLOSED')
    t.do(accounts.lost(t.settings, 'the membership has ended', owned))
  t.set({ phase: { name: 'failed', error }, ...NOBODY })
  t.do({ type: 'fail', error })
}

function sayGoodbye(t: Transition, epoch: GoodbyeEpoch, reason: string): void {
  const token = t.token()
  t.set({ phase: { name: 'leaving', token, epoch, reason, until: Number.POSITIVE_INFINITY } })
  t.do({ type: 'send leave', token, epoch })
}

const NOBODY: Partial<MembershipState> = { epoch: 0, owned: [], heartbeatToken: undefined }

function gone(t: Transition): void {
  t.set({ phase: { name: 'left' }, ...NOBODY })
}
