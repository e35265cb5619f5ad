// Why and how a member joins anew: what it gives up first, and what it says it goes on owning (G5).
//
// Eager: everything is given up before each join. Cooperative: only partitions of topics that are not subscribed any
// more; the rest is kept, and claimed in the join. Whoever has lost its generation has lost all, and claims nothing.

import type { TopicPartition } from '../assignors/assignor.ts'
import { accounts } from './accounts.ts'
import type { Transition } from './transition.ts'
import type { Phase } from './types.ts'

/** A rejoin that is wanted now, or as soon as the phase allows it. */
export function rejoin(t: Transition, reason: string): void {
  const { phase } = t.state
  if (phase.name === 'stable') return join(t, reason)
  const isWithin = ['assigning', 'syncing', 'taking'].includes(phase.name)
  if (isWithin || (phase.name === 'releasing' && phase.next === 'take')) t.set({ rejoin: reason })
}

export function subscribe(t: Transition, topics: readonly string[]): void {
  const changed = !sameTopics(t.state.topics, topics)
  t.set({ topics: [...topics] })
  if (changed) rejoin(t, 'the subscription changed')
}

/** Gives up what has to be given up, then joins. Whoever was thrown out has lost all: nothing of it can be committed. */
export function join(t: Transition, reason: string): void {
  const { identity, owned, phase, topics } = t.state
  if (owned.length > 0 && identity.generation < 0) return lose(t, reason, 'join')
  t.set({ rejoin: undefined, joinReason: reason })
  if (identity.memberId === '') t.do(accounts.firstJoin(t.settings, topics))
  else t.do(accounts.joining(t.settings, reason, owned))
  // An eager member is told of each rebalance by what it gives up, also where that is nothing.
  const isTold = phase.name === 'stable' && identity.generation >= 0
  if (t.settings.protocol === 'eager' && isTold) revoke(t, owned)
  else prepareJoin(t)
}

/** Ownership ended without a word: tell it, then join, or stay out. */
export function lose(t: Transition, reason: string, next: 'join' | 'out'): void {
  const { owned } = t.state
  t.set({ rejoin: undefined, joinReason: reason })
  if (owned.length === 0) return next === 'join' ? sendJoin(t) : stayOut(t)
  t.do(accounts.lost(t.settings, reason, owned))
  const token = t.token()
  t.set({ phase: { name: 'releasing', token, partitions: owned, next } })
  t.do({ type: 'lose', token, partitions: owned })
}

/** What was to be given up before a join, or was lost, is gone. */
export function released(
  t: Transition,
  { partitions, next }: Extract<Phase, { name: 'releasing'; next: 'join' | 'out' }>,
): void {
  t.set({ owned: without(t.state.owned, partitions) })
  if (next === 'out') stayOut(t)
  else prepareJoin(t)
}

/**
 * Joins, after a cooperative member has given up what it does not subscribe to any more. If it was thrown out meanwhile,
 * all that it still has is lost first.
 */
export function prepareJoin(t: Transition): void {
  const { identity, joinReason, owned, topics } = t.state
  if (owned.length > 0 && identity.generation < 0) return lose(t, joinReason, 'join')
  const left = owned.filter(({ topic }) => !topics.includes(topic))
  if (left.length > 0) revoke(t, left)
  else sendJoin(t)
}

/** Nothing that is owned may be named when the generation is gone, and then nothing is owned. */
export function sendJoin(t: Transition): void {
  const token = t.token()
  const { identity, joinReason: reason, lastAssignment, owned, topics } = t.state
  const { generation, memberId } = identity
  t.set({ phase: { name: 'joining', token, topics }, heartbeatToken: undefined, rejoin: undefined })
  t.do({ type: 'send join', token, memberId, topics, owned, generation, lastAssignment, reason })
}

export function sameTopics(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false
  const known = new Set(a)
  return b.every((topic) => known.has(topic))
}

/** Those of `partitions` that are not among `others`. */
export function without(
  partitions: readonly TopicPartition[],
  others: readonly TopicPartition[],
): readonly TopicPartition[] {
  if (others.length === 0) return partitions
  const names = new Set(others.map(nameOf))
  return partitions.filter((each) => !names.has(nameOf(each)))
}

function revoke(t: Transition, partitions: readonly TopicPartition[]): void {
  const token = t.token()
  t.set({ phase: { name: 'releasing', token, partitions, next: 'join' } })
  t.do({ type: 'revoke', token, partitions })
}

function stayOut(t: Transition): void {
  t.set({ phase: { name: 'out', because: 'no progress' } })
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
