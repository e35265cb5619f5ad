// Model-based: several members against a model coordinator, in any interleaving of joins, losses, late answers, errors.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Assignor } from '../../../src/group/assignors/assignor.ts'
import { cooperativeSticky } from '../../../src/group/assignors/cooperative-sticky.ts'
import { range } from '../../../src/group/assignors/range.ts'

import { SimulatedGroup } from './simulated-group.ts'

const choices = fc.array(fc.nat(), { minLength: 20, maxLength: 400, size: 'max' })

/** Faults are many more than what must happen: every other choice is among the latter. */
function play(group: SimulatedGroup, choices: readonly number[]): void {
  group.start()
  for (const [i, choice] of choices.entries()) {
    const all = group.possibilities()
    const fair = all.filter(({ isFault }) => !isFault)
    const among = i % 4 === 3 || fair.length === 0 ? all : fair
    group.happens(among[choice % among.length]!)
  }
}

function withStory(group: SimulatedGroup, check: () => void): void {
  try {
    check()
  } catch (error) {
    throw new Error(`${String(error)}\n${group.story.join('\n')}`, { cause: error })
  }
}

const UPGRADING = [range, cooperativeSticky]
const KINDS: readonly (readonly [name: string, assignorsOf: (born: number) => readonly Assignor[]])[] = [
  ['eager', () => [range]],
  ['cooperative', () => [cooperativeSticky]],
  ['on the way from eager to a cooperative assignor', (born) => (born % 2 === 0 ? [range] : UPGRADING)],
  ['some of them cooperative already', (born) => (born % 2 === 0 ? UPGRADING : [cooperativeSticky])],
]

describe.each(KINDS)('members that are %s', (_, assignorsOf) => {
  it.each<[string, (born: number) => boolean]>([
    ['dynamic', () => false],
    ['static, one of two', (born) => born % 2 === 0],
  ])(
    '%s: no partition has two owners in a generation, nothing is written behind a join, and the group settles',
    (_, isStatic) => {
      fc.assert(
        fc.property(choices, (choices) => {
          const group = new SimulatedGroup({ assignorsOf, isStatic })
          withStory(group, () => {
            play(group, choices)
            group.settle()
            const held = [...group.holdings().values()].flat()
            expect(held.sort()).toEqual(group.wanted().sort())
          })
        }),
        { numRuns: 100 },
      )
    },
  )
})
