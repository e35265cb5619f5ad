// What the sticky assignor keeps in a subscription, read and written again by Java's.
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  decodeStickyUserData,
  encodeStickyUserData,
  type StickyUserData,
} from '../../src/protocol/group-messages/sticky-user-data.ts'
import { javaProgram, runJava } from '../support/brokers/java.ts'

const program = () => javaProgram(fileURLToPath(new URL('java/StickyUserData.java', import.meta.url)))

const anyUserData: fc.Arbitrary<StickyUserData> = fc.record({
  previousAssignment: fc.uniqueArray(
    fc.record({
      topic: fc.stringMatching(/^[a-z]{1,8}$/),
      partitions: fc.uniqueArray(fc.nat({ max: 99 }), { minLength: 1, maxLength: 5 }),
    }),
    { maxLength: 4, selector: ({ topic }) => topic },
  ),
  generation: fc.integer({ min: -1, max: 1000 }),
})

test("a member's user data is understood by Java's StickyAssignor, and its own by us", async () => {
  const all = fc.sample(anyUserData, { numRuns: 200, seed: 4_040 })
  const stdin = all.map((each) => `${encodeStickyUserData(each).toString('hex')}\n`).join('')
  const { exitCode, stdout, stderr } = await runJava(await program(), [], { stdin })
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
  const answers = stdout.split('\n').slice(0, -1)
  expect(answers).toHaveLength(all.length)
  for (const [i, each] of all.entries()) {
    expect(sorted(decodeStickyUserData(Buffer.from(answers[i]!, 'hex')))).toEqual(sorted(each))
  }
})

/** Java gives topics in the order of a hash map. */
function sorted({ previousAssignment, generation }: StickyUserData) {
  return {
    generation,
    owned: previousAssignment
      .flatMap(({ topic, partitions }) => partitions.map((partition) => `${topic}-${partition}`))
      .sort(),
  }
}
