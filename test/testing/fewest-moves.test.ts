// How many moves a balance needs: held against trying every assignment.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fewestMoves, type Passed } from '../../src/testing/fewest-moves.ts'

const TOPICS = ['s', 't']

/** Of all assignments that are as balanced, the one with the fewest moves. */
function byTrying(topicsOfMembers: readonly ReadonlySet<string>[], partitions: readonly Passed[]): number {
  const imbalance = (owners: readonly number[]) => {
    const loads = topicsOfMembers.map((_, member) => owners.filter((owner) => owner === member).length)
    return loads.reduce((sum, load) => sum + load * load, 0)
  }
  const reached = imbalance(partitions.map(({ after }) => after))
  let fewest = Number.POSITIVE_INFINITY
  const owners: number[] = []
  const choose = (at: number): void => {
    const next = partitions[at]
    if (next === undefined) {
      if (imbalance(owners) > reached) return
      const moves = partitions.filter(({ before }, i) => before >= 0 && before !== owners[i]).length
      fewest = Math.min(fewest, moves)
      return
    }
    for (const [member, topics] of topicsOfMembers.entries()) {
      if (!topics.has(next.topic)) continue
      owners[at] = member
      choose(at + 1)
    }
  }
  choose(0)
  return fewest
}

function anyCase(isEqual: boolean) {
  const own = isEqual ? fc.constant(TOPICS) : fc.subarray(TOPICS, { minLength: 1 })
  return fc.array(own, { minLength: 1, maxLength: 3 }).chain((members) => {
    const topicsOfMembers = members.map((topics) => new Set(topics))
    const known = TOPICS.filter((topic) => topicsOfMembers.some((topics) => topics.has(topic)))
    const partition = fc.constantFrom(...known).chain((topic) => {
      const able = [...topicsOfMembers.keys()].filter((member) => topicsOfMembers[member]!.has(topic))
      return fc.record<Passed>({
        topic: fc.constant(topic),
        before: fc.constantFrom(-1, ...able),
        after: fc.constantFrom(...able),
      })
    })
    return fc.record({
      topicsOfMembers: fc.constant(topicsOfMembers),
      partitions: fc.array(partition, { maxLength: 7 }),
    })
  })
}

describe('fewestMoves', () => {
  it('is exact where all members subscribe to the same', () => {
    fc.assert(
      fc.property(anyCase(true), ({ topicsOfMembers, partitions }) => {
        expect(fewestMoves(topicsOfMembers, partitions)).toBe(byTrying(topicsOfMembers, partitions))
      }),
      { numRuns: 300 },
    )
  })

  it('never asks for less than is possible, nor for more than there was, where they do not', () => {
    fc.assert(
      fc.property(anyCase(false), ({ topicsOfMembers, partitions }) => {
        const fewest = fewestMoves(topicsOfMembers, partitions)
        expect(fewest).toBeGreaterThanOrEqual(byTrying(topicsOfMembers, partitions))
        expect(fewest).toBeLessThanOrEqual(
          partitions.filter(({ before, after }) => before >= 0 && before !== after).length,
        )
      }),
      { numRuns: 300 },
    )
  })

  it('sees through a circle among members that subscribe to different topics', () => {
    const members = [new Set(['s', 't']), new Set(['s', 't']), new Set(['t'])]
    const swapped = [
      { topic: 's', before: 0, after: 1 },
      { topic: 't', before: 1, after: 2 },
      { topic: 't', before: 2, after: 0 },
    ]
    expect(fewestMoves(members, swapped)).toBe(0)
  })
})
