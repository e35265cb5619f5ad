// The assignors beside Java's classes in one run, both warm: `node bench/assignors/run.ts [part of a name]`. It needs a
// JDK and Maven. Milliseconds, the best of alternating rounds, since the machine is shared; where the ratio is below 1,
// ours is the faster one.

import { type ChildProcess, spawn } from 'node:child_process'
import {
  type AssignmentInput,
  type Assignor,
  cooperativeSticky,
  type GroupMember,
  range,
  roundRobin,
  sticky,
} from '../../src/group/assignors/index.ts'
import { type JavaProgram, javaCommand } from '../../test/support/brokers/java.ts'
import { type JavaAssignor, startJavaAssignors } from '../../test/support/java-assignors.ts'

const ROUNDS = 9
const TOPICS = 10
const GENERATION = 5
const only = process.argv[2] ?? ''

const assignors: readonly (readonly [Assignor, JavaAssignor])[] = [
  [range, 'RangeAssignor'],
  [roundRobin, 'RoundRobinAssignor'],
  [sticky, 'StickyAssignor'],
  [cooperativeSticky, 'CooperativeStickyAssignor'],
]
const sizes = [
  [10, 100],
  [100, 1_000],
  [1_000, 10_000],
] as const

const JAVA_LIMIT_SECONDS = '300'

/** With its compilers and memory at their defaults: the flags of test runs make it start quickly and run slowly. */
const startJava = async ({ classpath, mainClass }: JavaProgram): Promise<ChildProcess> =>
  spawn(await javaCommand(), ['-Xmx1g', '-cp', classpath, mainClass, JAVA_LIMIT_SECONDS], { stdio: 'pipe' })

/** Everybody has all topics, or six of ten, each its own ones. */
function newGroup(memberCount: number, partitionCount: number, isMixed: boolean): AssignmentInput {
  const topics = Array.from({ length: TOPICS }, (_, i) => `topic-${i}`)
  const members = Array.from({ length: memberCount }, (_, i): GroupMember => {
    const some = topics.filter((_, t) => (i * 7 + t * t * 3 + (i >> 3) * t) % TOPICS < 6)
    return {
      memberId: `consumer-group-${i}-5c1f9e0a-77d4-4f0e-9b36-0c3a8d1b2f${i}`,
      groupInstanceId: null,
      topics: isMixed && some.length > 0 ? some : topics,
      userData: null,
      ownedPartitions: [],
      generation: -1,
      rackId: null,
    }
  })
  return { members, partitionCounts: new Map(topics.map((topic) => [topic, partitionCount / TOPICS])) }
}

/** The group in its next rebalance, the first member gone; the others say what they had. */
function oneLeft(assignor: Assignor, input: AssignmentInput): AssignmentInput {
  const assignment = assignor.assign(input)
  const members = input.members.slice(1).map((member): GroupMember => {
    const lastAssigned = assignment.get(member.memberId) ?? []
    const userData = assignor.userData?.({ topics: member.topics, lastAssigned, generation: GENERATION })
    return {
      ...member,
      userData: userData ? Buffer.from(userData) : null,
      ownedPartitions: assignor.protocol === 'cooperative' ? lastAssigned : [],
      generation: GENERATION,
    }
  })
  return { ...input, members }
}

/** The best of so many calls. */
function ourTime(assignor: Assignor, input: AssignmentInput, calls: number): number {
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < calls; i++) {
    const start = performance.now()
    assignor.assign(input)
    best = Math.min(best, performance.now() - start)
  }
  return best
}

const java = await startJavaAssignors(startJava)
console.log(
  `${'assignor, members × partitions'.padEnd(62)}${'ours'.padStart(10)}${'Java'.padStart(10)}${'ratio'.padStart(8)}`,
)
for (const [assignor, javaClass] of assignors) {
  for (const [memberCount, partitionCount] of sizes) {
    for (const isMixed of [false, true]) {
      const group = newGroup(memberCount, partitionCount, isMixed)
      for (const [what, input] of [
        ['first', group],
        ['one left', oneLeft(assignor, group)],
      ] as const) {
        const subscriptions = isMixed ? 'mixed subscriptions' : 'equal subscriptions'
        const name = `${assignor.name}, ${memberCount} × ${partitionCount}, ${subscriptions}, ${what}`
        if (!name.includes(only)) continue
        const calls = partitionCount === 10_000 ? 10 : 100
        // Java's sticky assignors take seconds for the largest mixed group.
        const isSlow = isMixed && partitionCount === 10_000 && assignor.name.includes('sticky')
        const [rounds, javaCalls] = isSlow ? [3, 1] : [ROUNDS, calls]
        let our = Number.POSITIVE_INFINITY
        let their = Number.POSITIVE_INFINITY
        for (let round = 0; round < rounds; round++) {
          our = Math.min(our, ourTime(assignor, input, calls))
          their = Math.min(their, ...(await java.time(javaClass, input, javaCalls)))
        }
        const ratio = (our / their).toFixed(2)
        console.log(
          `${name.padEnd(62)}${our.toFixed(2).padStart(10)}${their.toFixed(2).padStart(10)}${ratio.padStart(8)}`,
        )
      }
    }
  }
}
await java.stop()
