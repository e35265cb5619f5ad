// JoinGroup's answers, and what the leader and the others go on with: SyncGroup.

import { brokerError, errorByCode } from '../../protocol/error-codes.ts'
import { accounts } from './accounts.ts'
import { fail } from './ending.ts'
import { fatalError } from './errors.ts'
import { join, lose, sameTopics, sendJoin } from './giving-up.ts'
import { NOBODY } from './state.ts'
import { REFIND, type Transition } from './transition.ts'
import type { Identity, MembershipEvent, Phase } from './types.ts'

export function joinAnswered(
  t: Transition,
  { topics }: Extract<Phase, { name: 'joining' }>,
  answer: Extract<MembershipEvent, { type: 'join answered' }>,
): void {
  const { name } = errorByCode(answer.errorCode)
  switch (name) {
    case 'NONE':
      break
    case 'MEMBER_ID_REQUIRED':
      // G1, KIP-394: the id given is to be joined with.
      t.set({ identity: { ...NOBODY, memberId: answer.memberId } })
      return sendJoin(t)
    case 'UNKNOWN_MEMBER_ID':
      t.dropIdentity()
      return join(t, 'the group went on without this member')
    default:
      return refused(t, answer.errorCode, 'JoinGroup')
  }
  const { memberId, generation, assignor, leader } = answer
  const identity: Identity = { memberId, generation, assignor }
  const isLeader = leader === memberId
  const { heartbeatIntervalMs } = t.settings
  const { owned, identity: former } = t.state
  t.set({
    identity,
    lastHeartbeatAt: t.now,
    nextHeartbeatAt: t.now + heartbeatIntervalMs,
    heartbeatToken: undefined,
  })
  t.do(accounts.joined(t.settings, identity, isLeader))
  t.resume()
  // A generation that it took no part in may have given to others what it kept: coordinators keep static members that do
  // not join in time, and of a member whose answer was lost leaders do not believe the older claim.
  if (owned.length > 0 && generation > former.generation + 1) {
    return lose(t, 'the group went on without this member', 'join')
  }
  // G10: what was asked for meanwhile is not what was joined with.
  if (!sameTopics(topics, t.state.topics)) t.set({ rejoin: 'the subscription changed' })
  if (!isLeader) return sync(t, [])
  const token = t.token()
  t.set({ phase: { name: 'assigning', token } })
  t.do({
    type: 'assign',
    token,
    assignor,
    members: answer.members,
    skipAssignment: answer.skipAssignment,
  })
}

export function sync(
  t: Transition,
  assignments: Extract<MembershipEvent, { type: 'assigned' }>['assignments'],
): void {
  const token = t.token()
  const { identity } = t.state
  t.set({ phase: { name: 'syncing', token }, heartbeatToken: undefined })
  t.do(accounts.syncing(t.settings, identity.generation), {
    type: 'send sync',
    token,
    identity,
    assignments,
  })
}

export function tryAgain(t: Transition, what: string, error: unknown): void {
  t.do(accounts.retrying(t.settings, what, error))
  t.set({ phase: { name: 'waiting', until: t.backOff() } })
}

/** A join or sync that was refused for now, or for good. */
export function refused(t: Transition, errorCode: number, api: string): void {
  const fatal = fatalError(errorCode, t.settings, api)
  if (fatal !== undefined) return fail(t, fatal)
  const { name } = errorByCode(errorCode)
  if (REFIND.has(name)) t.do({ type: 'forget coordinator' })
  const { groupId } = t.settings
  const error = brokerError(errorCode, { groupId, api })
  const passes = error.retriable || name === 'REBALANCE_IN_PROGRESS'
  tryAgain(t, api, brokerError(errorCode, { groupId, api, retriable: passes }))
}
