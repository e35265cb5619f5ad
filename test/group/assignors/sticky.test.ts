import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import type { GroupMember, TopicPartition } from '../../../src/group/assignors/assignor.ts'
import { sticky } from '../../../src/group/assignors/sticky.ts'
import { encodeStickyUserData } from '../../../src/protocol/group-messages/sticky-user-data.ts'
import { group, member, parts, written } from '../../support/groups.ts'

const assigned = (...input: Parameters<typeof group>) => written(sticky.assign(group(...input)))

/** `claiming('a', ['orders'], 'orders 0, orders 1', 5)`: a member that had these in generation 5. */
function claiming(id: string, topics: string[], partitions: string, generation: number): GroupMember {
  return member(id, topics, { userData: userData(parts(partitions), generation) })
}

function userData(lastAssigned: readonly TopicPartition[], generation: number): Buffer {
  return Buffer.from(sticky.userData!({ topics: [], lastAssigned, generation })!)
}

describe('sticky keeps what balance allows to keep', () => {
  it('gives a new member of each other one what it has too much', () => {
    expect(
      assigned(
        { orders: 6 },
        claiming('a', ['orders'], 'orders 0, orders 2, orders 4', 1),
        claiming('b', ['orders'], 'orders 1, orders 3, orders 5', 1),
        member('c', ['orders']),
      ),
    ).toEqual({ a: ['orders 0', 'orders 2'], b: ['orders 1', 'orders 3'], c: ['orders 4', 'orders 5'] })
  })

  it('shares what a member leaves behind among the others, and moves nothing else', () => {
    expect(
      assigned(
        { orders: 6 },
        claiming('b', ['orders'], 'orders 2, orders 3', 1),
        claiming('c', ['orders'], 'orders 4, orders 5', 1),
      ),
    ).toEqual({ b: ['orders 0', 'orders 2', 'orders 3'], c: ['orders 1', 'orders 4', 'orders 5'] })
  })

  it('takes what a member does not subscribe to any more, and what does not exist any more', () => {
    expect(
      assigned(
        { orders: 2, payments: 1 },
        claiming('a', ['payments'], 'orders 0, payments 0, payments 7, gone 0', 1),
        claiming('b', ['orders', 'payments'], 'orders 1', 1),
      ),
    ).toEqual({ a: ['payments 0'], b: ['orders 0', 'orders 1'] })
  })

  it('gives in the first assignment what only a chain of members can balance', () => {
    const members = [
      member('a', ['ab']),
      member('b', ['ab', 'bc']),
      member('c', ['bc', 'cd']),
      member('d', ['cd']),
    ]
    const sizes = [...sticky.assign(group({ ab: 6, bc: 1, cd: 1 }, ...members)).values()].map(
      ({ length }) => length,
    )
    expect(sizes).toEqual([3, 3, 1, 1])
  })

  it('moves nothing where no single move would balance more, as the Java client', () => {
    const had = { a: ['ab 0', 'ab 1', 'ab 2'], b: ['bc 0', 'bc 1'], c: ['c 0'] }
    expect(
      assigned(
        { ab: 3, bc: 2, c: 1 },
        claiming('a', ['ab'], had.a.join(', '), 1),
        claiming('b', ['ab', 'bc'], had.b.join(', '), 1),
        claiming('c', ['bc', 'c'], had.c.join(', '), 1),
      ),
    ).toEqual(had)
  })

  it('has more partitions with members on their rack before it has fewer moves', () => {
    const input = group(
      { orders: 2 },
      { ...claiming('a', ['orders'], 'orders 0', 1), rackId: 'north' },
      { ...claiming('b', ['orders'], 'orders 1', 1), rackId: 'south' },
    )
    const partitionRacks = new Map([['orders', [['south'], ['north']]]])
    expect(written(sticky.assign(input))).toEqual({ a: ['orders 0'], b: ['orders 1'] })
    expect(written(sticky.assign({ ...input, partitionRacks }))).toEqual({ a: ['orders 1'], b: ['orders 0'] })
  })
})

describe('G12: when two members claim one partition', () => {
  const both = (generationOfA: number, generationOfB: number) =>
    assigned(
      { orders: 4 },
      claiming('a', ['orders'], 'orders 2, orders 3', generationOfA),
      claiming('b', ['orders'], 'orders 3, orders 0', generationOfB),
    )

  it('the later generation keeps it', () => {
    expect(both(4, 5)).toEqual({ a: ['orders 1', 'orders 2'], b: ['orders 0', 'orders 3'] })
    expect(both(5, 4)).toEqual({ a: ['orders 2', 'orders 3'], b: ['orders 0', 'orders 1'] })
  })

  it('neither keeps it in the same generation: it is free', () => {
    expect(both(5, 5)).toEqual({ a: ['orders 1', 'orders 2'], b: ['orders 0', 'orders 3'] })
  })

  it('the later one counts also where that member does not subscribe any more, and then it is free', () => {
    expect(
      assigned(
        { orders: 1, payments: 1 },
        claiming('a', ['orders'], 'orders 0', 4),
        claiming('b', ['payments'], 'orders 0', 5),
        claiming('c', ['orders', 'payments'], '', 5),
      ),
    ).toEqual({ a: ['orders 0'], b: ['payments 0'], c: [] })
  })

  it('a member that names a partition twice is in no conflict with itself', () => {
    expect(
      assigned({ orders: 2 }, member('a', ['orders']), claiming('b', ['orders'], 'orders 0, orders 0', 5)),
    ).toEqual({ a: ['orders 1'], b: ['orders 0'] })
  })
})

describe('sticky user data', () => {
  it('says nothing before a member was assigned anything, and its partitions with their generation afterwards', () => {
    const topics = ['orders']
    expect(sticky.userData!({ topics, lastAssigned: [], generation: -1 })).toBeNull()
    const previousAssignment = [
      { topic: 'orders', partitions: [2, 0] },
      { topic: 'payments', partitions: [1] },
    ]
    expect(
      sticky.userData!({ topics, lastAssigned: parts('orders 2, payments 1, orders 0'), generation: 7 }),
    ).toEqual(encodeStickyUserData({ previousAssignment, generation: 7 }))
  })

  it('of version 0, without a generation, yields to any that has one', () => {
    const versionZero = userData(parts('orders 0'), 9).subarray(0, -4)
    const old = member('a', ['orders'], { userData: versionZero })
    expect(assigned({ orders: 2 }, old, member('b', ['orders']))).toEqual({
      a: ['orders 0'],
      b: ['orders 1'],
    })
    expect(assigned({ orders: 2 }, old, claiming('b', ['orders'], 'orders 0', 0))).toEqual({
      a: ['orders 1'],
      b: ['orders 0'],
    })
  })

  it.each([
    ['empty', Buffer.alloc(0)],
    ['cut short', userData(parts('orders 1'), 1).subarray(0, -6)],
    ['of something else', Buffer.from('{"version":1}')],
    ['of absurd counts', Buffer.from('7fffffff00', 'hex')],
  ])('G11: %s, counts as owning nothing', (_, foreign) => {
    const a = member('a', ['orders'], { userData: foreign })
    expect(assigned({ orders: 2 }, a, claiming('b', ['orders'], 'orders 0', 1))).toEqual({
      a: ['orders 1'],
      b: ['orders 0'],
    })
  })
})
