// Assertions for tests of assignors, in whatever test runner: they throw Node's AssertionError.

import { AssertionError } from 'node:assert'
import type { GroupAssignment, TopicPartition } from '../group/assignors/assignor.ts'
import { nameOf, sorted } from './partitions.ts'
import type { Rebalance, SimulatedGroup, Step } from './types.ts'

/** A group stands for all that has happened to it, a step for itself. */
export type Simulated = SimulatedGroup | Step

/** How many names a message lists. */
const MOST_NAMES = 10

/**
 * After every step, no member had more than `within` partitions (default 1) more than another one that subscribes to the
 * topic of one of them: what Kafka's sticky assignors call balanced.
 *
 * @throws AssertionError that names the step and both members.
 */
export function expectBalanced(
  simulated: Simulated,
  { within = 1 }: { readonly within?: number } = {},
): void {
  for (const { action, members, assignment, balance } of stepsOf(simulated)) {
    for (const { name: rich } of members) {
      const topics = new Set(assignment.get(rich)!.map(({ topic }) => topic))
      for (const { name: poor, topics: subscribed } of members) {
        const [more, less] = [balance.perMember.get(rich)!, balance.perMember.get(poor)!]
        const topic = more - less > within ? subscribed.find((topic) => topics.has(topic)) : undefined
        if (topic === undefined) continue
        const could = `${poor}, who subscribes to ${topic} too, could take one of it`
        const message = `${action}: not balanced: ${rich} has ${more} partitions, ${poor} has ${less}, and ${could}`
        fail(expectBalanced, message, Object.fromEntries(balance.perMember), `within ${within}`)
      }
    }
  }
}

/**
 * In no step did more partitions move between members that stayed than its balance needs.
 *
 * @throws AssertionError that names the step and the moves.
 */
export function expectSticky(simulated: Simulated): void {
  for (const { action, moves, neededMoves } of stepsOf(simulated)) {
    if (moves.length <= neededMoves) continue
    const told = list(moves.map((move) => `${nameOf(move)} from ${move.from} to ${move.to}`))
    const message = `${action}: not sticky: ${moves.length} partitions moved where ${neededMoves} had to: ${told}`
    fail(expectSticky, message, moves.length, neededMoves)
  }
}

/**
 * No member had to stop and start again a partition that it had before the step and after it: cooperative rebalancing.
 *
 * @throws AssertionError that names the step and the partitions.
 */
export function expectUninterrupted(simulated: Simulated): void {
  for (const { action, interrupted } of stepsOf(simulated)) {
    if (interrupted.length === 0) continue
    const names = interrupted.map(nameOf)
    const message = `${action}: interrupted: ${list(names)} had to be given up, and went to the same owner again`
    fail(expectUninterrupted, message, names, [])
  }
}

/**
 * The assignor gives the same answer when it is asked again with the same members in another order, as a group must be
 * able to rely on. It is called anew.
 *
 * @throws AssertionError that names the step and a member whose partitions differ.
 */
export function expectOrderIndependent(simulated: Simulated): void {
  for (const { action, rebalances } of stepsOf(simulated)) {
    for (const each of rebalances) {
      const { members } = each.input
      checkOrder(action, each, [...members].reverse())
      checkOrder(action, each, [...members.slice(1), ...members.slice(0, 1)])
    }
  }
}

function checkOrder(
  action: string,
  { assignor, input }: Rebalance,
  members: Rebalance['input']['members'],
): void {
  const one = assignor.assign(input)
  const other = assignor.assign({ ...input, members })
  for (const { memberId } of members) {
    const [first, second] = [partitionsOf(one, memberId), partitionsOf(other, memberId)]
    if (first.join() === second.join()) continue
    const gets = `${memberId} gets ${list(first)}, and with the members in another order ${list(second)}`
    fail(
      expectOrderIndependent,
      `${action}: '${assignor.name}' depends on the order of members: ${gets}`,
      second,
      first,
    )
  }
}

function partitionsOf(assignment: GroupAssignment, memberId: string): readonly string[] {
  const partitions: readonly TopicPartition[] = assignment.get(memberId) ?? []
  return sorted(partitions).map(nameOf)
}

function stepsOf(simulated: Simulated): readonly Step[] {
  return 'history' in simulated ? simulated.history : [simulated]
}

function list(names: readonly string[]): string {
  if (names.length === 0) return 'nothing'
  const more = names.length - MOST_NAMES
  return more > 0 ? `${names.slice(0, MOST_NAMES).join(', ')} and ${more} more` : names.join(', ')
}

/** The stack begins where the assertion was called. */
function fail(
  assertion: (simulated: Simulated) => void,
  message: string,
  actual: unknown,
  expected: unknown,
): never {
  throw new AssertionError({ message, actual, expected, operator: assertion.name, stackStartFn: assertion })
}
