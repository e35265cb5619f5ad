// Model-based: several members against a model coordinator, in any interleaving of joins, losses, late answers, errors.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SimulatedGroup } from './simulated-group.ts'

const choices = fc.array(fc.nat(), { minLength: 20, maxLength: 400, size: 'max' })

/** Faults are many more than what must happen: most choices are among the latter. */
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

it.each([
  ['as it is', { fencesKnownJoins: false }],
  ['as it was before 4.2', { fencesKnownJoins: true }],
])(
  'never has two owners of a partition that the coordinator knows, joins with nothing, and always settles, with the coordinator %s',
  (_, options) => {
    fc.assert(
      fc.property(choices, (choices) => {
        const group = new SimulatedGroup(options)
        withStory(group, () => {
          play(group, choices)
          group.settle()
          expect(group.holdings().sort()).toEqual(group.wanted().sort())
        })
      }),
      { numRuns: 300 },
    )
  },
)
