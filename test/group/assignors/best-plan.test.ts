// The best plan, against all plans there are: groups so small that they can be tried.

import { describe, expect, it } from 'vitest'
import type { AssignmentInput } from '../../../src/group/assignors/assignor.ts'
import { sticky } from '../../../src/group/assignors/sticky.ts'
import {
  asWritten,
  doRacksMatterIn,
  type Measures,
  measure,
  measuring,
  rightfulOwners,
} from '../../support/assignment-measures.ts'
import { EvolvingGroup } from '../../support/evolving-group.ts'
import { randomOf } from '../../support/hostile/mutate.ts'
import type { WrittenAssignment } from '../../support/java-assignors.ts'

const MOST_PLANS = 600

/** Small groups in their rebalances: who had what came of an earlier one. */
function* tinyGroups(withRacks: boolean): Generator<AssignmentInput> {
  for (let index = 0; index < 250; index++) {
    const options = { isEqual: false, withRacks, maxMembers: 4, maxTopics: 3, maxPartitions: 3 }
    const group = new EvolvingGroup(randomOf(4_040, index), options)
    for (let round = 0; round < 5; round++, group.change()) {
      const input = group.input('eager')
      if (numberOfPlans(input) <= MOST_PLANS) yield input
      group.take(sticky.assign(input))
    }
  }
}

function ownersPossible({ members, partitionCounts }: AssignmentInput): [name: string, owners: string[]][] {
  return [...partitionCounts].flatMap(([topic, count]) => {
    const owners = members.filter(({ topics }) => topics.includes(topic)).map(({ memberId }) => memberId)
    if (owners.length === 0) return []
    return Array.from({ length: count }, (_, i): [string, string[]] => [`${topic}=${i}`, owners])
  })
}

function numberOfPlans(input: AssignmentInput): number {
  return ownersPossible(input).reduce((product, [, { length }]) => product * length, 1)
}

function* allPlans(input: AssignmentInput): Generator<WrittenAssignment> {
  const choices = ownersPossible(input)
  for (let number = numberOfPlans(input) - 1; number >= 0; number--) {
    const plan: WrittenAssignment = new Map(input.members.map(({ memberId }) => [memberId, []]))
    let rest = number
    for (const [name, owners] of choices) {
      plan.get(owners[rest % owners.length]!)!.push(name)
      rest = Math.floor(rest / owners.length)
    }
    yield plan
  }
}

/** The most balanced; of those, with the most near their members; of those, with the fewest moves. */
function bestOf(input: AssignmentInput): Measures {
  const measured = measuring(sticky, input)
  let best: Measures | undefined
  for (const plan of allPlans(input)) {
    const each = measured(plan)
    best ??= each
    if ((each.imbalance - best.imbalance || each.far - best.far || each.moves - best.moves) < 0) best = each
  }
  return best!
}

function describedBy({ members, partitionCounts }: AssignmentInput): string {
  const had = rightfulOwners(sticky, { members, partitionCounts })
  return JSON.stringify([
    members.map(({ memberId, topics, rackId }) => [memberId, rackId, ...topics]),
    [...had],
  ])
}

describe('sticky, against all plans there are', () => {
  it('takes the best plan where racks matter', () => {
    let tried = 0
    for (const input of tinyGroups(true)) {
      if (!doRacksMatterIn(input)) continue
      tried++
      expect(measure(sticky, input, asWritten(sticky.assign(input))), describedBy(input)).toEqual(
        bestOf(input),
      )
    }
    expect(tried).toBeGreaterThan(300)
  })

  it('takes the best plan, or moves less than it would', () => {
    let [best, less] = [0, 0]
    for (const input of tinyGroups(false)) {
      const ours = measure(sticky, input, asWritten(sticky.assign(input)))
      const bestPossible = bestOf(input)
      if (bestPossible.moves > ours.moves) less++
      else expect(ours, describedBy(input)).toEqual(bestPossible)
      best++
    }
    expect(less).toBeGreaterThan(0)
    expect(best).toBeGreaterThan(less * 20)
  })
})
