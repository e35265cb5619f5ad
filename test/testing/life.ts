// Random lives of a group: what may happen to it, step by step.

import fc from 'fast-check'
import type { AssignorChoice, SimulatedGroup } from '../../src/testing/index.ts'

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f']
const TOPICS = ['orders', 'payments', 'refunds']
const MOST_PARTITIONS = 15

export interface Happening {
  readonly what: 'join' | 'leave' | 'crash' | 'subscribe' | 'grow' | 'bounce'
  readonly names: readonly string[]
  readonly topics: readonly string[]
  readonly isStatic: boolean
}

export function anyLife(): fc.Arbitrary<readonly Happening[]> {
  const happening = fc.record<Happening>({
    what: fc.constantFrom('join', 'join', 'join', 'leave', 'crash', 'subscribe', 'grow', 'bounce'),
    names: fc.subarray(NAMES, { minLength: 1, maxLength: 2 }),
    topics: fc.subarray(TOPICS, { minLength: 1 }),
    isStatic: fc.boolean(),
  })
  return fc.array(happening, { minLength: 10, maxLength: 30, size: 'max' })
}

export interface LifeOptions {
  /** Members subscribe to different topics. */
  readonly isMixed: boolean
  readonly assignor?: AssignorChoice
}

/** What is not possible now does not happen: who is no member does not leave. */
export function live(
  group: SimulatedGroup,
  life: readonly Happening[],
  { isMixed, assignor }: LifeOptions,
): void {
  for (const { what, names, topics, isStatic } of life) {
    const members = new Set(group.members.map(({ name }) => name))
    const inside = names.filter((name) => members.has(name))
    const outside = names.filter((name) => !members.has(name))
    if (what === 'join') {
      const options = { topics: isMixed ? topics : TOPICS, isStatic, ...(assignor && { assignor }) }
      if (outside.length > 0) group.join(outside, options)
    } else if (what === 'grow') grow(group, topics[0]!)
    else if (inside.length === 0) continue
    else if (what === 'leave') group.leave(inside)
    else if (what === 'crash') group.crash(inside)
    else if (what === 'bounce') group.bounce({ members: inside })
    else if (isMixed) group.subscribe(inside, topics)
    else group.subscribe([...members], topics)
  }
}

function grow(group: SimulatedGroup, topic: string): void {
  const partitions = [...group.assignment.values()].flat().filter((each) => each.topic === topic).length
  if (partitions > 0 && partitions < MOST_PARTITIONS) group.increasePartitions(topic, partitions + 2)
}
