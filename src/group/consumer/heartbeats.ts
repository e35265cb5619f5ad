// What a member makes of the coordinator's answers (N3), of their absence, and of refused commits.

import type { BrokerError } from '../../errors.ts'
import { brokerError, errorByCode } from '../../protocol/error-codes.ts'
import { accounts } from './accounts.ts'
import { fail } from './ending.ts'
import { fatalError } from './errors.ts'
import { joined, lose } from './joining.ts'
import { targeted } from './reconciliation.ts'
import { speak } from './speaking.ts'
import { ALL_UNSAID } from './state.ts'
import { REFIND, type Transition } from './transition.ts'
import type { MembershipEvent, Unsaid } from './types.ts'

type Answer = Extract<MembershipEvent, { type: 'heartbeat answered' }>

export function heartbeatAnswered(t: Transition, answer: Answer): void {
  t.set({ heartbeatToken: undefined })
  const { errorCode, errorMessage } = answer
  const { name } = errorByCode(errorCode)
  const isMember = t.state.phase.name === 'member'
  const error = errorOf(t, answer)
  switch (name) {
    case 'NONE':
      return heard(t, answer)
    case 'FENCED_MEMBER_EPOCH':
    case 'UNKNOWN_MEMBER_ID':
      // A broker before 4.2 fences a join, too, of a member that it knows and whose session has to end first.
      return isMember ? fenced(t) : retry(t, error)
    case 'GROUP_ID_NOT_FOUND':
      // An empty group is cleaned away in time; a member that slept for so long makes it anew.
      if (isMember) return fenced(t)
      break
    case 'UNRELEASED_INSTANCE_ID':
      return unreleased(t, answer)
    case 'TOPIC_AUTHORIZATION_FAILED':
      report(t, error)
      return retry(t, errorOf(t, answer, true))
    default:
      break
  }
  const fatal = fatalError(errorCode, errorMessage, t.settings)
  if (fatal !== undefined) return fail(t, fatal)
  if (!REFIND.has(name)) return retry(t, error)
  t.do({ type: 'forget coordinator' })
  // Another one may coordinate by now. If none does, there is time.
  const isFirst = t.state.attempts === 0
  retry(t, error)
  if (!isFirst) return
  t.set({ nextHeartbeatAt: t.now })
  speak(t)
}

/** No answer: what was said may have been understood or not. */
export function heartbeatFailed(t: Transition, error: unknown): void {
  t.set({ heartbeatToken: undefined })
  if (t.state.phase.name === 'joining') t.set({ mayHoldInstanceId: true })
  t.do({ type: 'forget coordinator' })
  retry(t, error)
}

export function commitRefused(
  t: Transition,
  { errorCode, epoch }: Extract<MembershipEvent, { type: 'commit refused' }>,
): void {
  const { phase, heartbeatToken } = t.state
  if (phase.name !== 'member' || t.state.epoch !== epoch) return
  const { name } = errorByCode(errorCode)
  if (name === 'UNKNOWN_MEMBER_ID') return fenced(t)
  if (name === 'FENCED_INSTANCE_ID') return fail(t, fatalError(errorCode, null, t.settings)!)
  if (REFIND.has(name)) t.do({ type: 'forget coordinator' })
  // A newer epoch is on its way, or its answer was lost: then ids alone would be fenced.
  if (name !== 'STALE_MEMBER_EPOCH' || heartbeatToken !== undefined) return
  t.unsaid(ALL_UNSAID)
  speak(t)
}

/** No answer for the session timeout: others may own the partitions by now. */
export function fallSilent(t: Transition): void {
  t.do(
    accounts.silent(t.settings),
    { type: 'suspend', suspended: true },
    { type: 'drop connection' },
    { type: 'forget coordinator' },
  )
  t.set({ suspended: true, heartbeatToken: undefined })
  t.unsaid(ALL_UNSAID)
  speak(t)
}

function heard(t: Transition, answer: Answer): void {
  const { phase, unsaid } = t.state
  if (t.state.suspended) t.do(accounts.heardAgain(t.settings))
  t.resume()
  const heartbeatIntervalMs =
    answer.heartbeatIntervalMs > 0 ? answer.heartbeatIntervalMs : t.state.heartbeatIntervalMs
  t.set({
    heartbeatIntervalMs,
    nextHeartbeatAt: isSomething(unsaid) ? t.now : t.now + heartbeatIntervalMs,
    lastHeardAt: t.now,
    attempts: 0,
    toldOf: undefined,
    inDoubt: false,
  })
  // No member's epoch: it is to be asked again.
  if (answer.epoch <= 0) return t.set({ unsaid: ALL_UNSAID })
  t.set({ epoch: answer.epoch })
  if (phase.name === 'joining') joined(t)
  targeted(t, answer.assignment ?? t.state.target ?? [])
  if (answer.assignment === undefined) sayIdle(t)
  speak(t)
}

/** A newcomer owns nothing until others have given something up: it is idle when the coordinator leaves it at that. */
function sayIdle(t: Transition): void {
  const { heartbeatIntervalMs, owned, phase, saidIdle, target, targetedAt } = t.state
  const isSettled = phase.name === 'member' && phase.work === undefined && target?.length === 0
  if (!isSettled || owned.length > 0 || saidIdle || t.now < targetedAt + heartbeatIntervalMs) return
  t.set({ saidIdle: true })
  t.do(accounts.idle(t.settings))
}

function isSomething({ all, subscription, owned }: Unsaid): boolean {
  return all || subscription || owned
}

/** `passes`: it is retried for a while, whatever its code promises. */
function errorOf(t: Transition, { errorCode, errorMessage }: Answer, passes?: true): BrokerError {
  const where = { groupId: t.settings.groupId, api: 'ConsumerGroupHeartbeat' }
  return brokerError(errorCode, { ...where, ...(passes && { retriable: true }) }, errorMessage)
}

/** All of it, later with each attempt. */
function retry(t: Transition, error: unknown): void {
  t.do(accounts.retrying(t.settings, t.state.phase.name === 'joining' ? 'joining' : 'a heartbeat', error))
  t.set({ unsaid: ALL_UNSAID, nextHeartbeatAt: t.backOff() })
}

/** Only the coordinator's word makes partitions lost. Joins again when everything is released, with the same id. */
function fenced(t: Transition): void {
  t.set({ mayHoldInstanceId: true })
  const reason =
    'the coordinator has given up this member: it was silent for longer than the session timeout, or took too long to give partitions up, or was removed'
  lose(t, reason, 'join')
}

/** A killed member's instance id is released when its session ends (N3). */
function unreleased(t: Transition, answer: Answer): void {
  const { mayHoldInstanceId, unreleasedUntil } = t.state
  const { sessionTimeoutMs, retryBackoffMaxMs } = t.settings
  if (mayHoldInstanceId) {
    const token = t.token()
    t.set({ releaseToken: token })
    t.do({ type: 'send leave', token, epoch: -2 })
  } else if (unreleasedUntil === undefined) {
    // One attempt lies behind the last moment at which it may be released.
    t.set({ unreleasedUntil: t.now + sessionTimeoutMs + retryBackoffMaxMs })
    t.do(accounts.unreleased(t.settings))
  } else if (t.now >= unreleasedUntil) {
    return fail(t, fatalError(answer.errorCode, answer.errorMessage, t.settings)!)
  }
  retry(t, errorOf(t, answer, true))
}

/** Was it this member itself that held the instance id? By now it is released, or another's. */
export function saidRelease(t: Transition, errorCode: number): void {
  const { name } = errorByCode(errorCode)
  const isSettled = ['NONE', 'UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID', 'GROUP_ID_NOT_FOUND'].includes(name)
  t.set({ releaseToken: undefined, mayHoldInstanceId: !isSettled })
}

/** Once, until it has passed. */
function report(t: Transition, error: BrokerError): void {
  if (t.state.toldOf === error.message) return
  t.set({ toldOf: error.message })
  t.do({ type: 'report', error })
}
