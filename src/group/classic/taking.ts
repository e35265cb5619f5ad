// From the answer to SyncGroup to a member that is stable: what it has to give up again, what it takes, and whether it
// joins once more.

import { errorByCode } from '../../protocol/error-codes.ts'
import type { TopicPartition } from '../assignors/assignor.ts'
import { accounts } from './accounts.ts'
import { join, without } from './giving-up.ts'
import { refused } from './joining.ts'
import type { Transition } from './transition.ts'
import type { MembershipEvent, Phase } from './types.ts'

export function syncAnswered(
  t: Transition,
  { errorCode, partitions }: Extract<MembershipEvent, { type: 'sync answered' }>,
): void {
  const { name } = errorByCode(errorCode)
  switch (name) {
    case 'NONE':
      return assigned(t, partitions)
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
}

function assigned(t: Transition, partitions: readonly TopicPartition[]): void {
  const { identity, owned, topics } = t.state
  if (partitions.some(({ topic }) => !topics.includes(topic))) return notSubscribed(t)
  t.set({
    lastAssignment: { partitions, generation: identity.generation },
    attempts: 0,
    lastHeartbeatAt: t.now,
    nextHeartbeatAt: t.now + t.settings.heartbeatIntervalMs,
  })
  const added = without(partitions, owned)
  const taken = without(owned, partitions)
  const kept = without(owned, taken)
  t.do(accounts.assigned(t.settings, identity, partitions, { kept, added, taken }))
  if (partitions.length > 0) t.set({ saidIdle: false })
  else if (!t.state.saidIdle) {
    t.set({ saidIdle: true })
    t.do(accounts.idle(t.settings))
  }
  if (taken.length === 0) return take(t, partitions)
  const token = t.token()
  // Whoever gets them is given them when this member has joined without them.
  t.set({
    phase: { name: 'releasing', token, partitions: taken, next: 'take', assigned: partitions },
    rejoin: 'it has given up partitions that others are to get',
  })
  t.do({ type: 'revoke', token, partitions: taken })
}

/** Cooperative: what the assignment took away has been given up. */
export function madeRoom(
  t: Transition,
  { partitions, assigned }: Extract<Phase, { name: 'releasing'; next: 'take' }>,
): void {
  t.set({ owned: without(t.state.owned, partitions) })
  const { identity, rejoin, topics } = t.state
  if (identity.generation < 0) return join(t, rejoin!)
  if (assigned.some(({ topic }) => !topics.includes(topic))) return notSubscribed(t)
  take(t, assigned)
}

export function taken(t: Transition, { keeps }: Extract<Phase, { name: 'taking' }>): void {
  t.set({ phase: { name: 'stable' } })
  if (!keeps) t.set({ lastProgressAt: t.now })
  const { rejoin } = t.state
  if (rejoin !== undefined) join(t, rejoin)
}

function take(t: Transition, all: readonly TopicPartition[]): void {
  const token = t.token()
  const { owned } = t.state
  const added = without(all, owned)
  t.set({ phase: { name: 'taking', token, since: t.now, keeps: owned.length > 0 }, owned: all })
  t.do({ type: 'take', token, all, added })
}

function notSubscribed(t: Transition): void {
  join(t, 'it was assigned a topic that it does not subscribe to any more')
}
