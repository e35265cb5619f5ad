// From what is owned to what the coordinator wants to be owned (N2): first what is not wanted any more is given up, then
// the new is taken, then the coordinator hears of it. One at a time; a newer target replaces the older on the way.

import { accounts } from './accounts.ts'
import { areSame, keyOf, keysOf, normalised } from './partitions.ts'
import { acknowledge } from './speaking.ts'
import type { Transition } from './transition.ts'
import type { MembershipState, OwnedPartition, TopicIdPartitions, Work } from './types.ts'

/** The coordinator has said what it wants. */
export function targeted(t: Transition, assignment: readonly TopicIdPartitions[]): void {
  const target = normalised(assignment)
  if (t.state.target !== undefined && areSame(t.state.target, target)) return reconcile(t)
  t.set({
    target,
    targetedAt: t.now,
    // Also when nothing is to be done about it, the coordinator waits to hear so.
    owesAcknowledgement: true,
    namingToken: undefined,
    nextNamingAt: Number.POSITIVE_INFINITY,
    namingAttempts: 0,
  })
  if (target.length > 0) t.set({ saidIdle: false })
  reconcile(t)
}

/** The next step towards the target, unless one is under way. */
export function reconcile(t: Transition): void {
  const { target, owned, owesAssigned } = t.state
  if (target === undefined || !isIdle(t.state)) return
  const wanted = keysOf(target)
  const unwanted = owned.filter((partition) => !wanted.has(keyOf(partition)))
  if (unwanted.length > 0) return revoke(t, unwanted)
  askForNames(t)
  const { namingToken, namingAttempts } = t.state
  // Most names are known at once: the application is told of one assignment, not of its parts.
  if (namingToken !== undefined && namingAttempts === 0) return
  const held = new Set(owned.map(keyOf))
  const added = withNames(t.state, target).filter((partition) => !held.has(keyOf(partition)))
  if (added.length > 0 && t.state.inDoubt) return
  if (added.length > 0 || owesAssigned) take(t, added)
  else if (t.state.owesAcknowledgement) acknowledge(t)
}

/** What was to be given up is: the coordinator may give it to others, whatever is still to be taken here. */
export function revoked(t: Transition, { partitions }: Work): void {
  const gone = new Set(partitions.map(keyOf))
  t.set({ owned: t.state.owned.filter((partition) => !gone.has(keyOf(partition))) })
  begin(t, undefined)
  acknowledge(t)
  reconcile(t)
}

export function taken(t: Transition): void {
  begin(t, undefined)
  acknowledge(t)
  reconcile(t)
}

/** What is not among the names is asked for again, later with each attempt. */
export function topicsNamed(t: Transition, token: number, found: ReadonlyMap<string, string>): void {
  const { names, namingToken, namingAttempts, target } = t.state
  if (target === undefined) return
  // A late answer is true as well: a topic's id never has another name.
  const known = new Map([...names, ...found])
  const wanted = target.flatMap(({ topicId }) => {
    const name = known.get(topicId)
    return name === undefined ? [] : [[topicId, name] as const]
  })
  t.set({ names: new Map(wanted) })
  if (token === namingToken) {
    const isComplete = wanted.length === target.length
    t.set({
      namingToken: undefined,
      namingAttempts: namingAttempts + 1,
      nextNamingAt: isComplete ? Number.POSITIVE_INFINITY : t.now + t.pauseMs(namingAttempts),
    })
  }
  reconcile(t)
}

/** The pause is over. */
export function askAgainForNames(t: Transition): void {
  t.set({ nextNamingAt: Number.POSITIVE_INFINITY })
  askForNames(t)
}

function askForNames(t: Transition): void {
  const { target, names, namingAttempts, namingToken, nextNamingAt } = t.state
  if (namingToken !== undefined || nextNamingAt < Number.POSITIVE_INFINITY) return
  const ids = target!.map(({ topicId }) => topicId).filter((id) => !names.has(id))
  if (ids.length === 0) return
  const token = t.token()
  t.set({ namingToken: token })
  t.do(accounts.unnamed(t.settings, ids, namingAttempts), { type: 'name topics', token, ids })
}

function withNames(
  { names }: MembershipState,
  target: readonly TopicIdPartitions[],
): readonly OwnedPartition[] {
  return target.flatMap(({ topicId, partitions }) => {
    const topic = names.get(topicId)
    return topic === undefined ? [] : partitions.map((partition) => ({ topicId, topic, partition }))
  })
}

function revoke(t: Transition, partitions: readonly OwnedPartition[]): void {
  const token = t.token()
  begin(t, { step: 'revoking', token, partitions, since: t.now })
  t.set({ owesAssigned: true })
  t.do(accounts.givingUp(t.settings, t.state, partitions), {
    type: 'revoke',
    token,
    partitions: partitions.map(nameOnly),
  })
}

function take(t: Transition, partitions: readonly OwnedPartition[]): void {
  const token = t.token()
  const owned = [...t.state.owned, ...partitions]
  begin(t, { step: 'taking', token, partitions, since: t.now })
  t.set({ owned, owesAssigned: false })
  const [all, added] = [owned.map(nameOnly), partitions.map(nameOnly)]
  t.do(accounts.assigned(t.settings, t.state, all, added), { type: 'take', token, all, added })
}

function begin(t: Transition, work: Work | undefined): void {
  t.set({ phase: { name: 'member', work } })
}

function isIdle({ phase }: MembershipState): boolean {
  return phase.name === 'member' && phase.work === undefined
}

function nameOnly({ topic, partition }: OwnedPartition) {
  return { topic, partition }
}
