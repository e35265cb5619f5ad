// What is wrong with an assignor comes to light: each of these has one fault.

import { AssertionError } from 'node:assert'
import { describe, expect, it } from 'vitest'
import {
  type Assignor,
  range,
  roundRobin,
  sticky,
  type TopicPartition,
} from '../../src/group/assignors/index.ts'
import {
  expectBalanced,
  expectOrderIndependent,
  expectSticky,
  expectUninterrupted,
  simulateGroup,
} from '../../src/testing/index.ts'

type Shares = Map<string, TopicPartition[]>

/** `assignor`, with its answer spoilt. */
function spoilt(assignor: Assignor, spoil: (shares: Shares, ids: readonly string[]) => void): Assignor {
  return {
    ...assignor,
    name: 'spoilt',
    assign(input) {
      const shares: Shares = new Map([...assignor.assign(input)].map(([id, list]) => [id, [...list]]))
      spoil(
        shares,
        input.members.map(({ memberId }) => memberId),
      )
      return shares
    },
  }
}

function living(assignor: Assignor) {
  const group = simulateGroup({ assignor, topics: { orders: 6 } })
  group.join(['a', 'b'])
  group.join('c')
  return group
}

describe('an answer that breaks the rules', () => {
  it.each<[string, says: string, assignor: Assignor]>([
    ['loses a partition', 'gave orders-2 to nobody', spoilt(range, (shares, [a]) => shares.get(a!)!.pop())],
    [
      'gives a partition twice',
      'gave orders-0 to a-1 and to b-2',
      spoilt(range, (shares, [a, b]) => shares.get(b!)!.push(shares.get(a!)![0]!)),
    ],
    [
      'gives a partition that is none',
      'gave orders-6 to a-1: topic orders has 6 partitions',
      spoilt(range, (shares, [a]) => shares.get(a!)!.push({ topic: 'orders', partition: 6 })),
    ],
    [
      'gives something to a stranger',
      "gave partitions to 'nobody', who is not a member",
      spoilt(range, (shares) => shares.set('nobody', [])),
    ],
  ])('%s: the step throws, and the group is over', (_, says, assignor) => {
    const group = simulateGroup({ assignor, topics: { orders: 6 } })
    expect(() => group.join(['a', 'b'])).toThrow(
      expect.objectContaining({ code: 'INVALID_ASSIGNMENT', message: expect.stringContaining(says) }),
    )
    expect(() => group.join('c')).toThrow(
      expect.objectContaining({
        code: 'INVALID_STATE',
        message: expect.stringContaining('the group is over'),
      }),
    )
    expect(group.history).toEqual([])
  })

  it('calls itself cooperative and hands over at once: the step throws', () => {
    const hasty: Assignor = { ...roundRobin, name: 'hasty', protocol: 'cooperative' }
    const group = simulateGroup({ assignor: hasty, topics: { orders: 6 } })
    group.join(['a', 'b'])
    expect(() => group.join('c')).toThrow(/gave orders-\d to . ?.*while .* has it/)
  })

  it('takes from one and another for ever: the step throws', () => {
    const restless: Assignor = {
      name: 'restless',
      protocol: 'cooperative',
      assign({ members, partitionCounts }) {
        const shares: Shares = new Map(members.map(({ memberId }) => [memberId, []]))
        const owners = new Map(
          members.flatMap((member) =>
            member.ownedPartitions.map((each) => [each.partition, member.memberId]),
          ),
        )
        const count = partitionCounts.get('orders')!
        const isSomethingFree = owners.size < count
        for (let partition = 0; partition < count; partition++) {
          const owner = owners.get(partition)
          // What is free is given away, and what is owned is taken; where nothing is free, the first one is taken.
          const isTaken = owner !== undefined && members.length > 1 && (isSomethingFree || partition === 0)
          if (!isTaken) shares.get(owner ?? members[0]!.memberId)!.push({ topic: 'orders', partition })
        }
        return shares
      },
    }
    const group = simulateGroup({ assignor: restless, topics: { orders: 2 } })
    group.join('a')
    expect(() => group.join('b')).toThrow(
      /join b: the assignor 'restless' still takes partitions away after 50/,
    )
  })

  it('throws itself: so does the step', () => {
    const broken: Assignor = {
      ...range,
      assign() {
        throw new RangeError('too many')
      },
    }
    expect(() => simulateGroup({ assignor: broken, topics: { t: 1 } }).join('a')).toThrow(
      new RangeError('too many'),
    )
  })
})

describe('an answer that is allowed, and not good', () => {
  it('is unbalanced: expectBalanced tells who has too much, and who could take it', () => {
    const greedy = spoilt(range, (shares, ids) => {
      const [first, second] = [...ids].sort()
      shares.get(first!)!.push(...shares.get(second!)!.splice(0))
    })
    const group = living(greedy)
    expect(() => expectBalanced(group)).toThrow(
      'join a, b: not balanced: a has 6 partitions, b has 0, and b, who subscribes to orders too, could take one of it',
    )
    expect(() => expectBalanced(group.lastStep)).toThrow(AssertionError)
    expectBalanced(group.lastStep, { within: 4 })
    expect(() => expectBalanced(group.lastStep, { within: 3 })).toThrow('join c: not balanced')
  })

  it('is unbalanced where that cannot be helped: expectBalanced is content', () => {
    const group = simulateGroup({ assignor: 'sticky', topics: { orders: 6, payments: 1 } })
    group.join('a')
    group.join('b', { topics: ['payments'] })
    expect(group.lastStep.balance.spread).toBe(5)
    expectBalanced(group)
  })

  it.each([
    ['range', 2, range],
    ['sticky, with two of its partitions swapped', 2, spoilt(sticky, swap)],
  ] as const)('moves more than is needed: %s: expectSticky tells what', (_, needed, assignor) => {
    const group = living(assignor)
    const { moves, neededMoves } = group.lastStep
    expect(neededMoves).toBe(needed)
    expect(moves.length).toBeGreaterThan(needed)
    expect(() => expectSticky(group)).toThrow(
      `join c: not sticky: ${moves.length} partitions moved where ${needed} had to: orders-`,
    )
    expectSticky(group.history[0]!)
  })

  it('interrupts: expectUninterrupted tells of every eager assignor', () => {
    expect(() => expectUninterrupted(living(sticky))).toThrow(
      /^join c: interrupted: orders-\d, .* had to be given up/,
    )
  })

  it('depends on the order of members: expectOrderIndependent tells', () => {
    const unsorted = spoilt(range, (shares, [first]) => {
      const all = [...shares.values()].flat()
      for (const list of shares.values()) list.length = 0
      shares.get(first!)!.push(...all)
    })
    expect(() => expectOrderIndependent(living(unsorted))).toThrow(
      "join a, b: 'spoilt' depends on the order of members: b-2 gets nothing, and with the members in another order orders-0",
    )
    expectOrderIndependent(living(range))
  })
})

/** As balanced as before, one of each of two members in the other's hands. */
function swap(shares: Shares, ids: readonly string[]): void {
  const [first, second] = [...ids].sort().map((id) => shares.get(id)!)
  const [one, other] = [first!.pop()!, second!.pop()!]
  first!.push(other)
  second!.push(one)
}
