// The built-in assignors through long random lives of groups.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  expectBalanced,
  expectOrderIndependent,
  expectSticky,
  expectUninterrupted,
  type Step,
  simulateGroup,
} from '../../src/testing/index.ts'
import { anyLife, live } from './life.ts'

const topics = { orders: 7, payments: 4, refunds: 1 }
const ASSIGNORS = ['range', 'roundrobin', 'sticky', 'cooperative-sticky'] as const
const STICKY = ['sticky', 'cooperative-sticky'] as const
const RUNS = { numRuns: 25 }

/** By another way than the simulation's own check: each partition of a subscribed topic has one owner in the end. */
function expectShared(
  { action, assignment, members, rebalances }: Step,
  counts: ReadonlyMap<string, number>,
): void {
  for (const held of [assignment, ...rebalances.map((each) => each.assignment)]) {
    const all = [...held.values()].flat().map(({ topic, partition }) => `${topic}-${partition}`)
    expect(new Set(all).size, `${action}: no two owners`).toBe(all.length)
  }
  const subscribed = new Set(members.flatMap((member) => member.topics))
  const wanted = [...subscribed].reduce((sum, topic) => sum + counts.get(topic)!, 0)
  expect([...assignment.values()].flat(), `${action}: all have owners`).toHaveLength(wanted)
}

describe.each(ASSIGNORS)('%s', (assignor) => {
  it.each([false, true])('shares everything, nothing twice, whoever is asked first; mixed: %s', (isMixed) => {
    fc.assert(
      fc.property(anyLife(), (life) => {
        const group = simulateGroup({ assignor, topics })
        live(group, life, { isMixed })
        const counts = new Map<string, number>(Object.entries(topics))
        for (const step of group.history) {
          const grown = /^partitions of (\w+): (\d+)/.exec(step.action)
          if (grown !== null) counts.set(grown[1]!, Number(grown[2]))
          expectShared(step, counts)
        }
        expectOrderIndependent(group)
      }),
      RUNS,
    )
  })
})

describe.each(STICKY)('%s', (assignor) => {
  it.each([false, true])('is balanced; mixed: %s', (isMixed) => {
    fc.assert(
      fc.property(anyLife(), (life) => {
        const group = simulateGroup({ assignor, topics })
        live(group, life, { isMixed })
        expectBalanced(group)
      }),
      RUNS,
    )
  })

  it('moves nothing without need where all subscribe to the same', () => {
    fc.assert(
      fc.property(anyLife(), (life) => {
        const group = simulateGroup({ assignor, topics })
        live(group, life, { isMixed: false })
        expectSticky(group)
      }),
      RUNS,
    )
  })
})

describe('cooperative-sticky', () => {
  it.each([false, true])('interrupts nobody, and settles in two rebalances; mixed: %s', (isMixed) => {
    fc.assert(
      fc.property(anyLife(), (life) => {
        const group = simulateGroup({ assignor: 'cooperative-sticky', topics })
        live(group, life, { isMixed })
        expectUninterrupted(group)
        for (const { action, rebalances } of group.history) {
          expect(rebalances.length, action).toBeLessThanOrEqual(2)
        }
      }),
      RUNS,
    )
  })

  it('shares everything also where some members are eager still', () => {
    fc.assert(
      fc.property(anyLife(), anyLife(), (eager, cooperative) => {
        const group = simulateGroup({ assignor: ['cooperative-sticky', 'range'], topics })
        live(group, eager, { isMixed: false })
        live(group, cooperative, { isMixed: false, assignor: 'cooperative-sticky' })
        expectBalanced(group)
      }),
      RUNS,
    )
  })
})
