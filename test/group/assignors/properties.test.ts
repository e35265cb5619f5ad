// What holds of the built-in assignors for any group, whatever its members claim.

import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AssignmentInput, Assignor, GroupAssignment } from '../../../src/group/assignors/assignor.ts'
import { builtinAssignors } from '../../../src/group/assignors/builtin.ts'
import { checkAssignment } from '../../../src/group/assignors/check.ts'
import { cooperativeSticky } from '../../../src/group/assignors/cooperative-sticky.ts'
import { sticky } from '../../../src/group/assignors/sticky.ts'
import { asWritten, measure, rightfulOwners } from '../../support/assignment-measures.ts'
import { type AnyGroupOptions, anyClaims, anyGroup, reordered, written } from '../../support/groups.ts'

const all = Object.values(builtinAssignors)
const keeping = [sticky, cooperativeSticky]

/** Groups whose members claim this and that: wrongly, in conflict, by an old generation, by user data that is none. */
const claimingGroup = (options?: AnyGroupOptions) => anyGroup(options).chain(anyClaims)

/** The next rebalance of the same members, who have what they were given. */
function afterwards(assignor: Assignor, input: AssignmentInput, given: GroupAssignment): AssignmentInput {
  const members = input.members.map((member) => {
    const lastAssigned = given.get(member.memberId) ?? []
    const userData = assignor.userData?.({ topics: member.topics, lastAssigned, generation: 1_000 })
    const ownedPartitions = assignor.protocol === 'cooperative' ? lastAssigned : []
    return {
      ...member,
      ownedPartitions,
      generation: 1_000,
      userData: userData ? Buffer.from(userData) : null,
    }
  })
  return { ...input, members }
}

/** The assignment that the group comes to in the end. */
function settled(assignor: Assignor, input: AssignmentInput): GroupAssignment {
  const first = assignor.assign(input)
  return assignor.protocol === 'eager' ? first : assignor.assign(afterwards(assignor, input, first))
}

describe.each(all)('$name', (assignor) => {
  it('gives each partition that somebody subscribes to to one subscriber', () => {
    fc.assert(
      fc.property(claimingGroup({ racks: true }), (input) => {
        const assignment = settled(assignor, input)
        const wanted = [...input.partitionCounts].flatMap(([topic, count]) =>
          input.members.some(({ topics }) => topics.includes(topic))
            ? Array.from({ length: count }, (_, partition) => `${topic} ${partition}`)
            : [],
        )
        expect(Object.values(written(assignment)).flat().sort()).toEqual(wanted.sort())
        for (const { memberId, topics } of input.members) {
          for (const { topic } of assignment.get(memberId) ?? []) expect(topics).toContain(topic)
        }
        checkAssignment({ ...assignor, protocol: 'eager' }, input, assignment)
      }),
    )
  })

  it('gives the same answer whatever the order of members, of their topics and of what they claim', () => {
    const twoOrders = claimingGroup({ racks: true }).chain((input) =>
      fc.tuple(fc.constant(input), reordered(input)),
    )
    fc.assert(
      fc.property(twoOrders, ([input, other]) => {
        expect(written(assignor.assign(other))).toEqual(written(assignor.assign(input)))
      }),
    )
  })

  it('takes topics and members that are called as properties of objects', () => {
    const topics = ['__proto__', 'constructor']
    const [first] = fc.sample(
      anyGroup().filter(({ members }) => members.length > 1),
      { numRuns: 1, seed: 1 },
    )
    const members = ['__proto__', 'toString'].map((memberId, i) => ({
      ...first!.members[i]!,
      memberId,
      topics,
    }))
    const assignment = assignor.assign({
      members,
      partitionCounts: new Map(topics.map((topic) => [topic, 2])),
    })
    expect(members.map(({ memberId }) => assignment.get(memberId)?.length)).toEqual([2, 2])
  })
})

describe.each(keeping)('$name', (assignor) => {
  it('balances within one where all subscribe to the same', () => {
    fc.assert(
      fc.property(claimingGroup({ equal: true }), (input) => {
        const sizes = [...settled(assignor, input).values()].map(({ length }) => length)
        expect(Math.max(0, ...sizes) - Math.min(...sizes, Number.POSITIVE_INFINITY)).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('gives the same again to a group in which nothing has changed', () => {
    fc.assert(
      fc.property(claimingGroup({ racks: true }), (input) => {
        const assignment = settled(assignor, input)
        const again = assignor.assign(afterwards(assignor, input, assignment))
        expect(written(again)).toEqual(written(assignment))
      }),
    )
  })

  it('moves only the partitions of a member that leaves, where all subscribe to the same', () => {
    const groups = anyGroup({ equal: true }).filter(({ members }) => members.length > 1)
    fc.assert(
      fc.property(groups, fc.nat(), (input, luck) => {
        const before = afterwards(assignor, input, settled(assignor, input))
        const members = before.members.filter((_, i) => i !== luck % before.members.length)
        const next = { ...before, members }
        expect(measure(assignor, next, asWritten(assignor.assign(next))).moves).toBe(0)
      }),
    )
  })

  it('moves nothing for more partitions, as long as the old ones are as balanced without', () => {
    fc.assert(
      fc.property(anyGroup({ equal: true }), (input) => {
        const before = afterwards(assignor, input, settled(assignor, input))
        const more = new Map([...input.partitionCounts].map(([topic, count]) => [topic, count * 2]))
        const next = { ...before, partitionCounts: more }
        expect(measure(assignor, next, asWritten(assignor.assign(next))).moves).toBe(0)
      }),
    )
  })
})

describe('cooperative-sticky, for any group', () => {
  it('comes to an end in two rounds: the second moves nothing and leaves nothing out', () => {
    fc.assert(
      fc.property(claimingGroup({ racks: true }), (input) => {
        const next = afterwards(cooperativeSticky, input, cooperativeSticky.assign(input))
        const second = cooperativeSticky.assign(next)
        expect(measure(cooperativeSticky, next, asWritten(second)).moves).toBe(0)
        checkAssignment({ ...cooperativeSticky, protocol: 'eager' }, next, second)
      }),
    )
  })

  it('never gives a partition to one member while another has it', () => {
    fc.assert(
      fc.property(claimingGroup({ racks: true }), (input) => {
        const owners = rightfulOwners(cooperativeSticky, input)
        const assignment = cooperativeSticky.assign(input)
        checkAssignment(cooperativeSticky, input, assignment)
        for (const { memberId, ownedPartitions } of input.members) {
          for (const { topic, partition } of ownedPartitions) {
            const name = `${topic}=${partition}`
            const getter = [...asWritten(assignment)].find(([, names]) => names.includes(name))?.[0]
            // Whose claim is older than its owner's has lost it already, and is told so by its assignment.
            if (getter !== undefined && getter !== memberId) expect(getter).toBe(owners.get(name))
          }
        }
      }),
    )
  })
})
