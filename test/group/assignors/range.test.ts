import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { range } from '../../../src/group/assignors/range.ts'
import { anyGroup, group, member, written } from '../../support/groups.ts'

const assigned = (...input: Parameters<typeof group>) => written(range.assign(group(...input)))

describe('range cuts each topic into one range a subscriber', () => {
  it.each([
    { members: 1, shares: [3] },
    { members: 2, shares: [2, 1] },
    { members: 3, shares: [1, 1, 1] },
    { members: 4, shares: [1, 1, 1, 0] },
  ])('three partitions among $members: $shares', ({ members, shares }) => {
    const all = ['a', 'b', 'c', 'd'].slice(0, members).map((id) => member(id, ['orders']))
    const assignment = range.assign(group({ orders: 3 }, ...all))
    expect(all.map(({ memberId }) => assignment.get(memberId)?.length ?? 0)).toEqual(shares)
  })

  it('gives the lower numbers to the members that come first', () => {
    expect(assigned({ orders: 5 }, member('b', ['orders']), member('a', ['orders']))).toEqual({
      a: ['orders 0', 'orders 1', 'orders 2'],
      b: ['orders 3', 'orders 4'],
    })
  })

  it('co-partitions topics with as many partitions and the same subscribers', () => {
    const topics = ['orders', 'payments']
    expect(assigned({ orders: 3, payments: 3 }, member('a', topics), member('b', topics))).toEqual({
      a: ['orders 0', 'orders 1', 'payments 0', 'payments 1'],
      b: ['orders 2', 'payments 2'],
    })
  })

  it('gives a topic only to those who subscribe to it', () => {
    expect(
      assigned({ orders: 2, payments: 2 }, member('a', ['orders', 'payments']), member('b', ['orders'])),
    ).toEqual({ a: ['orders 0', 'payments 0', 'payments 1'], b: ['orders 1'] })
  })

  it('puts static members first, by instance id, whatever their member ids', () => {
    const topics = ['orders']
    expect(
      assigned(
        { orders: 3 },
        member('a', topics),
        member('b', topics, { groupInstanceId: 'i2' }),
        member('c', topics, { groupInstanceId: 'i1' }),
      ),
    ).toEqual({ a: ['orders 2'], b: ['orders 1'], c: ['orders 0'] })
  })

  it('gives nothing of a topic that does not exist, and an empty list to whom nothing is left', () => {
    expect(assigned({ orders: 1 }, member('a', ['orders', 'gone']), member('b', ['gone']))).toEqual({
      a: ['orders 0'],
      b: [],
    })
  })

  it('takes a topic that a member names twice for one', () => {
    expect(assigned({ orders: 2 }, member('a', ['orders', 'orders']), member('b', ['orders']))).toEqual({
      a: ['orders 0'],
      b: ['orders 1'],
    })
  })

  it('takes topics and members that are called as properties of objects', () => {
    const topics = ['__proto__', 'constructor']
    const input = {
      members: [member('__proto__', topics), member('toString', topics)],
      partitionCounts: new Map([
        ['__proto__', 2],
        ['constructor', 1],
      ]),
    }
    const assignment = range.assign(input)
    expect(assignment.get('__proto__')).toHaveLength(2)
    expect(assignment.get('toString')).toHaveLength(1)
  })
})

describe('range looks at racks where it matters on which one a member is', () => {
  const onRack = (id: string, rackId: string) => member(id, ['orders', 'payments'], { rackId })
  const members = [onRack('a', 'north'), onRack('b', 'south')]
  const racks = (...each: string[][]) => each

  it('gives members what has a replica on their rack, in shares as ever', () => {
    const partitionRacks = new Map([['orders', racks(['south'], ['south'], ['north'], ['south'])]])
    expect(written(range.assign({ ...group({ orders: 4 }, ...members), partitionRacks }))).toEqual({
      a: ['orders 2', 'orders 3'],
      b: ['orders 0', 'orders 1'],
    })
  })

  it('keeps topics co-partitioned, and matches only what matches for all of them', () => {
    const partitionRacks = new Map([
      ['orders', racks(['south'], ['north'])],
      ['payments', racks(['south'], ['north'])],
    ])
    expect(
      written(range.assign({ ...group({ orders: 2, payments: 2 }, ...members), partitionRacks })),
    ).toEqual({ a: ['orders 1', 'payments 1'], b: ['orders 0', 'payments 0'] })
    const apart = partitionRacks.set('payments', racks(['north'], ['south']))
    expect(
      written(range.assign({ ...group({ orders: 2, payments: 2 }, ...members), partitionRacks: apart })),
    ).toEqual({ a: ['orders 0', 'payments 0'], b: ['orders 1', 'payments 1'] })
  })

  it('does not when every partition has a replica on every rack, or nothing is known of racks', () => {
    const everywhere = new Map([['orders', racks(['south', 'north'], ['north', 'south'])]])
    for (const partitionRacks of [everywhere, new Map(), undefined]) {
      expect(written(range.assign({ ...group({ orders: 2 }, ...members), partitionRacks }))).toEqual({
        a: ['orders 0'],
        b: ['orders 1'],
      })
    }
  })
})

describe('range, for any group', () => {
  it('balances each topic within one among its subscribers', () => {
    fc.assert(
      fc.property(anyGroup(), (input) => {
        const assignment = range.assign(input)
        for (const topic of input.partitionCounts.keys()) {
          const subscribers = input.members.filter(({ topics }) => topics.includes(topic))
          if (subscribers.length === 0) continue
          const shares = subscribers.map(
            ({ memberId }) => (assignment.get(memberId) ?? []).filter((each) => each.topic === topic).length,
          )
          expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)
        }
      }),
    )
  })
})
