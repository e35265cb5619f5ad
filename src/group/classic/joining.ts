// From giving up what is owned, by way of JoinGroup and SyncGroup, to the new assignment.
//
// Eager: everything owned is given up before each join (G5).

import { brokerError, errorByCode } from '../../protocol/error-codes.ts'
import { accounts } from './accounts.ts'
import { fail } from './ending.ts'
import { fatalError } from './errors.ts'
import { NOBODY } from './state.ts'
import { REFIND, type Transition } from './transition.ts'
import type { Identity, MembershipEvent, Phase } from './types.ts'

/** A rejoin that is wanted now, or as soon as the phase allows it. */
export function rejoin(t: Transition, reason: string): void {
  const { phase } = t.state
  if (phase.name === 'stable') return join(t, reason)
  if (['assigning', 'syncing', 'taking'].includes(phase.name)) t.set({ rejoin: reason })
}

export function subscribe(t: Transition, topics: readonly string[]): void {
  const changed = !sameTopics(t.state.topics, topics)
  t.set({ topics: [...topics] })
  if (changed) rejoin(t, 'the subscription changed')
}

/** Gives up what is owned, then joins; at once when nothing is owned. */
export function join(t: Transition, reason: string): void {
  const { owned, identity } = t.state
  t.set({ rejoin: undefined, joinReason: reason })
  if (identity.memberId === '' && owned.length === 0) t.do(accounts.firstJoin(t.settings, t.state.topics))
  else t.do(accounts.joining(t.settings, reason, owned))
  if (owned.length === 0) return sendJoin(t)
  const token = t.token()
  t.set({ phase: { name: 'releasing', token, next: 'join' } })
  t.do({ type: 'revoke', token, partitions: owned })
}

/** Ownership ended without a word: tell it, then join, or stay out. */
export function lose(t: Transition, reason: string, next: 'join' | 'out'): void {
  const { owned } = t.state
  t.set({ rejoin: undefined, joinReason: reason })
  if (owned.length === 0) return released(t, next)
  t.do(accounts.lost(t.settings, reason, owned))
  const token = t.token()
  t.set({ phase: { name: 'releasing', token, next } })
  t.do({ type: 'lose', token, partitions: owned })
}

export function released(t: Transition, next: 'join' | 'out'): void {
  t.set({ owned: [] })
  if (next === 'join') return sendJoin(t)
  t.set({ phase: { name: 'out', because: 'no progress' } })
}

export function sendJoin(t: Transition): void {
  const token = t.token()
  const { identity, topics, joinReason } = t.state
  t.set({ phase: { name: 'joining', token, topics }, heartbeatToken: undefined, rejoin: undefined })
  t.do({ type: 'send join', token, memberId: identity.memberId, topics, reason: joinReason })
}

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
      return sendJoin(t)
    default:
      return refused(t, answer.errorCode, 'JoinGroup')
  }
  const { memberId, generation, assignor, leader } = answer
  const identity: Identity = { memberId, generation, assignor }
  const isLeader = leader === memberId
  const { heartbeatIntervalMs } = t.settings
  t.set({
    identity,
    lastHeartbeatAt: t.now,
    nextHeartbeatAt: t.now + heartbeatIntervalMs,
    heartbeatToken: undefined,
  })
  t.do(accounts.joined(t.settings, identity, isLeader))
  t.resume()
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

export function syncAnswered(
  t: Transition,
  { errorCode, partitions }: Extract<MembershipEvent, { type: 'sync answered' }>,
): void {
  const { name } = errorByCode(errorCode)
  switch (name) {
    case 'NONE':
      break
    case 'REBALANCE_IN_PROGRESS':
      return join(t, 'another rebalance began')
    case 'ILLEGAL_GENERATION':
      t.dropGeneration()
      return join(t, 'the group went on without this member')
    case 'UNKNOWN_MEMBER_ID':
      t.dropIdentity()
      return join(t, 'the group went on without this member')
    default:
      return refused(t, errorCode, 'SyncGroup')
  }
  const { topics } = t.state
  if (partitions.some(({ topic }) => !topics.includes(topic))) {
    return join(t, 'it was assigned a topic that it does not subscribe to any more')
  }
  const token = t.token()
  t.set({
    phase: { name: 'taking', token },
    owned: partitions,
    attempts: 0,
    lastHeartbeatAt: t.now,
    nextHeartbeatAt: t.now + t.settings.heartbeatIntervalMs,
    lastProgressAt: t.now,
  })
  t.do(accounts.assigned(t.settings, t.state.identity, partitions))
  if (partitions.length > 0) t.set({ saidIdle: false })
  else if (!t.state.saidIdle) {
    t.set({ saidIdle: true })
    t.do(accounts.idle(t.settings))
  }
  t.do({ type: 'take', token, all: partitions, added: partitions })
}

export function taken(t: Transition): void {
  t.set({ phase: { name: 'stable' }, lastProgressAt: t.now })
  const { rejoin, identity } = t.state
  if (rejoin === undefined) return
  // G5: thrown out meanwhile: what was taken is nothing that could still be committed.
  if (identity.generation < 0) lose(t, rejoin, 'join')
  else join(t, rejoin)
}

export function tryAgain(t: Transition, what: string, error: unknown): void {
  t.do(accounts.retrying(t.settings, what, error))
  t.set({ phase: { name: 'waiting', until: t.backOff() } })
}

/** A join or sync that was refused for now, or for good. */
function refused(t: Transition, errorCode: number, api: string): void {
  const fatal = fatalError(errorCode, t.settings, api)
  if (fatal !== undefined) return fail(t, fatal)
  const { name } = errorByCode(errorCode)
  if (REFIND.has(name)) t.do({ type: 'forget coordinator' })
  const { groupId } = t.settings
  const error = brokerError(errorCode, { groupId, api })
  const passes = error.retriable || name === 'REBALANCE_IN_PROGRESS'
  tryAgain(t, api, brokerError(errorCode, { groupId, api, retriable: passes }))
}

function sameTopics(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false
  const known = new Set(a)
  return b.every((topic) => known.has(topic))
}
