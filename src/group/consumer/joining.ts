// Becoming a member, and becoming one no more without having said so.

import { accounts } from './accounts.ts'
import { speak } from './speaking.ts'
import { ALL_UNSAID } from './state.ts'
import type { Transition } from './transition.ts'

/** Asks to be a member, with nothing that is owned. */
export function join(t: Transition): void {
  t.set({
    phase: { name: 'joining' },
    epoch: 0,
    target: undefined,
    names: new Map(),
    owned: [],
    owesAssigned: true,
    said: [],
    unsaid: ALL_UNSAID,
    nextHeartbeatAt: t.now,
    attempts: 0,
    unreleasedUntil: undefined,
    releaseToken: undefined,
  })
  speak(t)
}

/** The coordinator has taken it in. */
export function joined(t: Transition): void {
  t.set({
    phase: { name: 'member', work: undefined },
    lastProgressAt: t.now,
    mayHoldInstanceId: false,
    unreleasedUntil: undefined,
  })
  t.do(accounts.joined(t.settings, t.state.epoch))
}

/** Ownership ended without a word: tell it, then join, or stay out. */
export function lose(t: Transition, reason: string, next: 'join' | 'out'): void {
  const { owned } = t.state
  const token = t.token()
  t.set({
    phase: { name: 'releasing', token, next },
    epoch: 0,
    heartbeatToken: undefined,
    namingToken: undefined,
    nextNamingAt: Number.POSITIVE_INFINITY,
  })
  if (owned.length > 0) t.do(accounts.lost(t.settings, reason, owned))
  else if (next === 'join') t.do(accounts.joining(t.settings, reason))
  // Also with nothing: a listener that is told of an assignment ends before there is another.
  t.do({
    type: 'lose',
    token,
    partitions: owned.map(({ topic, partition }) => ({ topic, partition })),
  })
}

export function released(t: Transition, next: 'join' | 'out'): void {
  t.set({ owned: [] })
  if (next === 'join') join(t)
  else t.set({ phase: { name: 'out', because: 'no progress' } })
}
