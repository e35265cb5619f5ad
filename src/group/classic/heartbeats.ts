// What keeps a member in the group, and what tells it that it is out: heartbeats (G4), refused commits, and progress (G7).

import { brokerError, errorByCode } from '../../protocol/error-codes.ts'
import { accounts } from './accounts.ts'
import { fail } from './ending.ts'
import { fatalError } from './errors.ts'
import { join, lose, prepareJoin, rejoin } from './giving-up.ts'
import { heartbeats, overdueAt, watchesSession } from './state.ts'
import { REFIND, type Transition } from './transition.ts'
import type { MembershipEvent } from './types.ts'

export function heartbeatAnswered(t: Transition, errorCode: number): void {
  t.set({ heartbeatToken: undefined })
  const { name } = errorByCode(errorCode)
  switch (name) {
    case 'NONE':
      return heard(t)
    case 'REBALANCE_IN_PROGRESS':
      heard(t)
      return rejoin(t, 'the group rebalances')
    case 'ILLEGAL_GENERATION':
    case 'UNKNOWN_MEMBER_ID':
      return thrownOut(t, name)
    default:
      break
  }
  const fatal = fatalError(errorCode, t.settings, 'Heartbeat')
  if (fatal !== undefined) return fail(t, fatal)
  if (REFIND.has(name)) t.do({ type: 'forget coordinator' })
  heartbeatFailed(t, brokerError(errorCode, { groupId: t.settings.groupId, api: 'Heartbeat' }))
}

export function heartbeatFailed(t: Transition, error: unknown): void {
  t.do(accounts.retrying(t.settings, 'a heartbeat', error))
  t.set({ nextHeartbeatAt: t.backOff() })
}

export function commitRefused(
  t: Transition,
  event: Extract<MembershipEvent, { type: 'commit refused' }>,
): void {
  const { identity } = t.state
  if (identity.memberId !== event.memberId || identity.generation !== event.generation) return
  if (!heartbeats(t.state)) return
  const { name } = errorByCode(event.errorCode)
  if (name === 'ILLEGAL_GENERATION' || name === 'UNKNOWN_MEMBER_ID') thrownOut(t, name)
  else if (name === 'REBALANCE_IN_PROGRESS') rejoin(t, 'the group rebalances')
  else if (REFIND.has(name)) t.do({ type: 'forget coordinator' })
  else {
    const fatal =
      name === 'FENCED_INSTANCE_ID' ? fatalError(event.errorCode, t.settings, 'OffsetCommit') : undefined
    if (fatal !== undefined) fail(t, fatal)
  }
}

export function tick(t: Transition): void {
  const { phase, lastHeartbeatAt } = t.state
  const { sessionTimeoutMs } = t.settings
  if (t.now >= overdueAt(t.settings, t.state)) return giveWay(t)
  if (watchesSession(t.state) && t.now >= lastHeartbeatAt + sessionTimeoutMs) return suspend(t)
  if (phase.name === 'waiting' && t.now >= phase.until) return prepareJoin(t)
  const isDue = t.state.heartbeatToken === undefined && t.now >= t.state.nextHeartbeatAt
  if (heartbeats(t.state) && isDue) sendHeartbeat(t)
}

/** G4: the coordinator was not heard for the session timeout. */
function suspend(t: Transition): void {
  t.set({ suspended: true })
  t.do(accounts.silent(t.settings), { type: 'suspend', suspended: true })
  if (!heartbeats(t.state)) return
  t.do({ type: 'drop connection' }, { type: 'forget coordinator' })
  sendHeartbeat(t)
}

function heard(t: Transition): void {
  const nextHeartbeatAt = t.now + t.settings.heartbeatIntervalMs
  t.set({ lastHeartbeatAt: t.now, nextHeartbeatAt })
  // A leader that cannot assign is heard all the same, and is not to join again and again.
  if (t.state.phase.name !== 'assigning') t.set({ attempts: 0 })
  if (t.state.suspended) t.do(accounts.heardAgain(t.settings))
  t.resume()
}

/** G4: only the coordinator's word makes partitions lost. Nothing is handed out again before the next join. */
function thrownOut(t: Transition, name: 'ILLEGAL_GENERATION' | 'UNKNOWN_MEMBER_ID'): void {
  if (name === 'UNKNOWN_MEMBER_ID') t.dropIdentity()
  else t.dropGeneration()
  const reason =
    'the coordinator has given up this member: it was silent for longer than sessionTimeoutMs, or the group went on'
  const { phase } = t.state
  // A leader that could not assign, and waits to try again, may have kept something.
  const isLost = phase.name === 'waiting' && t.state.owned.length > 0
  if (phase.name === 'stable' || phase.name === 'assigning' || isLost) join(t, reason)
  // What is being taken is lost when it has been; what is being given up is followed by a join anyway.
  else t.set({ rejoin: reason })
}

function sendHeartbeat(t: Transition): void {
  const token = t.token()
  t.set({ heartbeatToken: token })
  t.do({ type: 'send heartbeat', token, identity: t.state.identity })
}

/** G7: no progress for maxPollIntervalMs. A static member just falls silent. */
function giveWay(t: Transition): void {
  const { identity, phase } = t.state
  const isListener = phase.name === 'taking' && t.now >= phase.since + t.settings.maxPollIntervalMs
  const isStatic = t.settings.groupInstanceId !== null
  const silence = 'falling silent, so that others get the partitions when sessionTimeoutMs has passed'
  t.do(accounts.noProgress(t.settings, isListener, isStatic ? silence : undefined))
  if (!isStatic && identity.memberId !== '') {
    t.do({
      type: 'send leave',
      token: t.token(),
      memberId: identity.memberId,
      reason: 'no progress within maxPollIntervalMs',
    })
    t.dropIdentity()
  } else t.dropGeneration()
  lose(t, 'no progress was made within maxPollIntervalMs', 'out')
}
