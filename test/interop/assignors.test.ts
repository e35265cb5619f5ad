// Random groups, assigned by us and by Java's classes.
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AssignmentInput, GroupAssignment } from '../../src/group/assignors/assignor.ts'
import { range } from '../../src/group/assignors/range.ts'
import { javaProgram, runJava } from '../support/brokers/java.ts'
import { anyGroup } from '../support/groups.ts'

const program = () => javaProgram(fileURLToPath(new URL('java/Assignors.java', import.meta.url)))

test("range equals Java's RangeAssignor on two thousand random groups", async () => {
  const groups = fc.sample(anyGroup(), { numRuns: 2_000, seed: 4_040 })
  const stdin = groups.map((input) => `${asLine('RangeAssignor', input)}\n`).join('')
  const { exitCode, stdout, stderr } = await runJava(await program(), [], { stdin })
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
  const answers = stdout.split('\n').slice(0, -1)
  expect(answers).toHaveLength(groups.length)
  for (const [i, input] of groups.entries()) {
    expect(asAnswer(range.assign(input)), asLine('RangeAssignor', input)).toEqual(byMember(answers[i]!))
  }
})

function asLine(javaClass: string, { members, partitionCounts }: AssignmentInput): string {
  const topics = [...partitionCounts].map(([topic, count]) => `${topic}=${count}`).join(',')
  const all = members.map(
    ({ memberId, groupInstanceId, topics }) => `${memberId}/${groupInstanceId ?? ''}/${topics.join(',')}`,
  )
  return [javaClass, topics, all.join(';')].join('\t')
}

/** In no order: Java gives a member's topics in that of a hash map. */
function byMember(answer: string): Map<string, string[]> {
  const members = answer === '' ? [] : answer.split(';').map((each) => each.split('/') as [string, string])
  return new Map(members.map(([id, list]) => [id, list === '' ? [] : list.split(',').sort()]))
}

function asAnswer(assignment: GroupAssignment): Map<string, string[]> {
  return new Map(
    [...assignment].map(([id, list]) => [
      id,
      list.map(({ topic, partition }) => `${topic}=${partition}`).sort(),
    ]),
  )
}
