// Random groups, assigned by us and by Java's classes: range and round-robin give the same.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { range } from '../../../src/group/assignors/range.ts'
import { roundRobin } from '../../../src/group/assignors/round-robin.ts'
import { asWritten } from '../../support/assignment-measures.ts'
import { anyGroup } from '../../support/groups.ts'
import { asLine, type JavaAssignors, startJavaAssignors } from '../../support/java-assignors.ts'

let java: JavaAssignors
beforeAll(async () => {
  java = await startJavaAssignors()
})
afterAll(() => java?.stop())

describe.each([
  { assignor: range, javaClass: 'RangeAssignor' },
  { assignor: roundRobin, javaClass: 'RoundRobinAssignor' },
] as const)("$assignor.name equals Java's $javaClass", ({ assignor, javaClass }) => {
  it.each([
    { what: 'groups', options: {} },
    { what: 'groups with racks', options: { racks: true } },
    { what: 'groups with racks and equal subscriptions', options: { racks: true, equal: true } },
    { what: 'larger groups', options: { racks: true, equal: true, maxMembers: 20, maxPartitions: 60 } },
  ])('on seven hundred random $what', async ({ options }) => {
    // Java's RoundRobinAssignor does not take a group of nobody.
    const groups = anyGroup(options).filter(({ members }) => members.length > 0)
    const inputs = fc.sample(groups, { numRuns: 700, seed: 4_040 })
    const expected = await Promise.all(inputs.map((input) => java.assign(javaClass, input)))
    for (const [i, input] of inputs.entries()) {
      expect(asWritten(assignor.assign(input)), asLine(javaClass, input)).toEqual(expected[i])
    }
  })
})
