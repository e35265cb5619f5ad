// Groups for tests of assignors: short ways to write one down, and random ones.
import fc from 'fast-check'
import type { AssignmentInput, GroupAssignment, GroupMember } from '../../src/group/assignors/assignor.ts'

export function member(
  memberId: string,
  topics: readonly string[],
  more: Partial<GroupMember> = {},
): GroupMember {
  return {
    memberId,
    groupInstanceId: null,
    topics,
    userData: null,
    ownedPartitions: [],
    generation: -1,
    rackId: null,
    ...more,
  }
}

/** `{ orders: 3 }`: topics and their partition counts. */
export function group(
  partitionCounts: Readonly<Record<string, number>>,
  ...members: GroupMember[]
): AssignmentInput {
  return { members, partitionCounts: new Map(Object.entries(partitionCounts)) }
}

/** `{ a: ['orders 0', 'orders 1'], b: [] }`, in the order given by the assignor. */
export function written(assignment: GroupAssignment): Record<string, string[]> {
  return Object.fromEntries(
    [...assignment].map(([id, list]) => [id, list.map(({ topic, partition }) => `${topic} ${partition}`)]),
  )
}

const NAMES = ['alpha', 'beta', 'delta', 'Epsilon', 'gamma.1', 'gamma_2']
const ids = fc.stringMatching(/^[a-zA-Z0-9äΩ😀￿-]{1,6}$/u)

/** Random groups: up to eight members, static ones among them, topics that do not exist among those they ask for. */
export function anyGroup(): fc.Arbitrary<AssignmentInput> {
  const topics = fc.subarray(NAMES)
  const partitionCounts = fc
    .dictionary(fc.constantFrom(...NAMES), fc.integer({ min: 1, max: 12 }), { noNullPrototype: true })
    .map((counts) => new Map(Object.entries(counts)))
  const members = fc
    .uniqueArray(fc.tuple(ids, fc.option(ids), topics), {
      maxLength: 8,
      selector: ([id]) => id,
    })
    .map((all) => {
      const taken = new Set<string>()
      return all.map(([memberId, instanceId, topics]) => {
        const groupInstanceId = instanceId === null || taken.has(instanceId) ? null : instanceId
        if (groupInstanceId !== null) taken.add(groupInstanceId)
        return member(memberId, topics, { groupInstanceId })
      })
    })
  return fc.record({ members, partitionCounts })
}
