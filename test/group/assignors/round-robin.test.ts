import { describe, expect, it } from 'vitest'
import { roundRobin } from '../../../src/group/assignors/round-robin.ts'
import { group, member, written } from '../../support/groups.ts'

const assigned = (...input: Parameters<typeof group>) => written(roundRobin.assign(group(...input)))

describe('round-robin deals partitions to members in turn', () => {
  it('goes on with the next member when it comes to the next topic', () => {
    const topics = ['orders', 'payments']
    expect(assigned({ orders: 3, payments: 3 }, member('b', topics), member('a', topics))).toEqual({
      a: ['orders 0', 'orders 2', 'payments 1'],
      b: ['orders 1', 'payments 0', 'payments 2'],
    })
  })

  it('passes over members that do not subscribe to the topic, who may be left with less', () => {
    expect(
      assigned(
        { one: 1, three: 3, two: 2 },
        member('a', ['one']),
        member('b', ['one', 'two']),
        member('c', ['one', 'two', 'three']),
      ),
    ).toEqual({ a: ['one 0'], b: ['two 0'], c: ['three 0', 'three 1', 'three 2', 'two 1'] })
  })

  it('puts static members first, by instance id', () => {
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

  it('gives members that nothing is left for, and groups without topics, empty lists', () => {
    expect(assigned({ orders: 1 }, member('a', ['orders']), member('b', ['orders', 'gone']))).toEqual({
      a: ['orders 0'],
      b: [],
    })
    expect(assigned({}, member('a', []))).toEqual({ a: [] })
    expect(assigned({ orders: 1 })).toEqual({})
  })
})
