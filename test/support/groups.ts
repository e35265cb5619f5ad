// Groups for tests of assignors: short ways to write one down, and random ones.

import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import type {
  AssignmentInput,
  GroupAssignment,
  GroupMember,
  TopicPartition,
} from '../../src/group/assignors/assignor.ts'
import { encodeStickyUserData } from '../../src/protocol/group-messages/sticky-user-data.ts'

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

/** `parts('orders 0, orders 1')`. */
export function parts(text: string): TopicPartition[] {
  const names = text === '' ? [] : text.split(', ')
  return names
    .map((name) => name.split(' '))
    .map(([topic, partition]) => ({ topic: topic!, partition: Number(partition) }))
}

/** `{ a: ['orders 0', 'orders 1'], b: [] }`, in the order given by the assignor. */
export function written(assignment: GroupAssignment): Record<string, string[]> {
  return Object.fromEntries(
    [...assignment].map(([id, list]) => [id, list.map(({ topic, partition }) => `${topic} ${partition}`)]),
  )
}

const NAMES = ['alpha', 'beta', 'delta', 'Epsilon', 'gamma.1', 'gamma_2']
const RACKS = ['a', 'b', 'c']
const ids = fc.stringMatching(/^[a-zA-Z0-9äΩ😀￿-]{1,6}$/u)

export interface AnyGroupOptions {
  /** Most of the members and replicas state racks. */
  readonly racks?: boolean
  /** All members subscribe to the same topics. */
  readonly equal?: boolean
  /** Default 8. */
  readonly maxMembers?: number
  /** A topic's. Default 12. */
  readonly maxPartitions?: number
}

/** Random groups: up to eight members, static ones among them, topics that do not exist among those they ask for. */
export function anyGroup(options: AnyGroupOptions = {}): fc.Arbitrary<AssignmentInput> {
  const { racks = false, equal = false, maxMembers = 8, maxPartitions = 12 } = options
  const partitionCounts = fc
    .dictionary(fc.constantFrom(...NAMES), anyPartitionCount(maxPartitions), { noNullPrototype: true })
    .map((counts) => new Map(Object.entries(counts)))
  return fc
    .record({
      members: anyMembers(racks ? anyRack : fc.constant(null), maxMembers),
      common: equal ? fc.subarray(NAMES, { minLength: 1 }) : fc.constant(undefined),
      partitionCounts,
    })
    .chain(({ members, common, partitionCounts }) =>
      fc.record({
        members: fc.constant(
          common === undefined ? members : members.map((each) => ({ ...each, topics: common })),
        ),
        partitionCounts: fc.constant(partitionCounts),
        partitionRacks: racks ? anyRacksOf(partitionCounts) : fc.constant(undefined),
      }),
    )
}

/** Often the same, so that topics are co-partitioned. */
function anyPartitionCount(max: number): fc.Arbitrary<number> {
  return fc.oneof(fc.constantFrom(Math.min(3, max), Math.min(6, max)), fc.integer({ min: 1, max }))
}

const anyRack = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...RACKS) },
  { weight: 1, arbitrary: fc.constantFrom(null, '', 'elsewhere') },
)

function anyMembers(rack: fc.Arbitrary<string | null>, maxLength: number): fc.Arbitrary<GroupMember[]> {
  return fc
    .uniqueArray(fc.tuple(ids, fc.option(ids), fc.subarray(NAMES), rack), {
      maxLength,
      selector: ([id]) => id,
    })
    .map((all) => {
      const taken = new Set<string>()
      return all.map(([memberId, instanceId, topics, rackId]) => {
        const groupInstanceId = instanceId === null || taken.has(instanceId) ? null : instanceId
        if (groupInstanceId !== null) taken.add(groupInstanceId)
        return member(memberId, topics, { groupInstanceId, rackId })
      })
    })
}

/** Of some topics, and of some partitions, nothing is known; replicas are on one or two racks, or on all. */
export function anyRacksOf(
  partitionCounts: AssignmentInput['partitionCounts'],
): fc.Arbitrary<Map<string, string[][]>> {
  const replicas = fc.oneof(
    { weight: 8, arbitrary: fc.subarray(RACKS, { minLength: 1, maxLength: 2 }) },
    { weight: 1, arbitrary: fc.constantFrom([], RACKS, ['a', 'a'], ['remote']) },
  )
  const topics = [...partitionCounts].map(([topic, count]) =>
    fc
      .tuple(fc.integer({ min: 0, max: 9 }), fc.array(replicas, { minLength: count, maxLength: count }))
      .map(([luck, all]) => (luck === 0 ? undefined : ([topic, all] as [string, string[][]]))),
  )
  return fc.tuple(...topics).map((all) => new Map(all.filter((each) => each !== undefined)))
}

/**
 * The same group, in which members claim this and that: also what does not exist, what others claim, in old generations,
 * by user data of either version and by bytes that are none.
 */
export function anyClaims(input: AssignmentInput): fc.Arbitrary<AssignmentInput> {
  const topics = fc.constantFrom(...NAMES)
  const partitions = fc.array(fc.record({ topic: topics, partition: fc.integer({ min: 0, max: 9 }) }), {
    maxLength: 12,
  })
  const generation = fc.constantFrom(-1, 3, 4, 4, 4)
  const claim = fc.tuple(partitions, generation, fc.constantFrom('none', 'v0', 'v1', 'v1', 'junk'))
  const claims = fc.array(claim, { minLength: input.members.length, maxLength: input.members.length })
  return claims.map((all) => ({
    ...input,
    members: input.members.map((each, i) => {
      const [owned, generation, kind] = all[i]!
      return { ...each, ownedPartitions: owned, generation, userData: userDataOf(owned, generation, kind) }
    }),
  }))
}

function userDataOf(owned: readonly TopicPartition[], generation: number, kind: string): Buffer | null {
  if (kind === 'none') return null
  if (kind === 'junk') return Buffer.from([0, 0, 0, 9, 1])
  const previousAssignment = owned.map(({ topic, partition }) => ({ topic, partitions: [partition] }))
  const bytes = encodeStickyUserData({ previousAssignment, generation })
  return kind === 'v0' ? bytes.subarray(0, -4) : bytes
}

/** The same group, told in another order. */
export function reordered(input: AssignmentInput): fc.Arbitrary<AssignmentInput> {
  const shuffled = <Item>(items: readonly Item[]) =>
    fc.shuffledSubarray([...items], { minLength: items.length })
  return fc.record({
    members: shuffled(input.members).chain((members) =>
      fc.tuple(
        ...members.map((each) =>
          fc
            .tuple(shuffled(each.topics), shuffled(each.ownedPartitions))
            .map(([topics, ownedPartitions]) => ({ ...each, topics, ownedPartitions })),
        ),
      ),
    ),
    partitionCounts: shuffled([...input.partitionCounts]).map((counts) => new Map(counts)),
    partitionRacks: fc.constant(input.partitionRacks),
  })
}
