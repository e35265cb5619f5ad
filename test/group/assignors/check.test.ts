import { describe, expect, it } from 'vitest'
import { isKafkaError } from '../../../src/errors.ts'
import type { Assignor, GroupAssignment } from '../../../src/group/assignors/assignor.ts'
import { checkAssignment } from '../../../src/group/assignors/check.ts'
import { group, member, parts } from '../../support/groups.ts'

const a = member('a', ['orders'])
const b = member('b', ['orders', 'payments'])
const input = group({ orders: 2, payments: 1, others: 1 }, a, b)
const good = { a: 'orders 0', b: 'orders 1, payments 0' }

function answering(protocol: Assignor['protocol']): Assignor {
  return { name: 'mine', protocol, assign: () => new Map() }
}

function problemOf(
  answer: Record<string, string>,
  checked = input,
  protocol: Assignor['protocol'] = 'eager',
) {
  const assignment = new Map(Object.entries(answer).map(([id, text]) => [id, parts(text)]))
  return thrown(() => checkAssignment(answering(protocol), checked, assignment))
}

function thrown(run: () => void) {
  try {
    run()
  } catch (error) {
    if (!isKafkaError(error, 'INVALID_ASSIGNMENT')) throw error
    const { message, assignor, memberId, topic, partition } = error as unknown as Record<string, unknown>
    expect(assignor).toBe('mine')
    return { message, memberId, topic, partition }
  }
  return undefined
}

describe('an answer of an assignor', () => {
  it('is good when each partition that somebody subscribes to has one subscriber as its owner', () => {
    expect(problemOf(good)).toBeUndefined()
    expect(problemOf({ b: 'payments 0, orders 0, orders 1' })).toBeUndefined()
  })

  it.each([
    [
      'given to two',
      { ...good, a: 'orders 0, orders 1' },
      {
        memberId: 'b',
        topic: 'orders',
        partition: 1,
        message: "the assignor 'mine' gave orders-1 to a and to b",
      },
    ],
    [
      'given to one twice',
      { ...good, a: 'orders 0, orders 0' },
      {
        memberId: 'a',
        topic: 'orders',
        partition: 0,
        message: "the assignor 'mine' gave orders-0 to a twice",
      },
    ],
    [
      'given to who does not subscribe',
      { a: 'orders 0, payments 0', b: 'orders 1' },
      {
        memberId: 'a',
        topic: 'payments',
        partition: 0,
        message: "the assignor 'mine' gave payments-0 to a, who does not subscribe to payments",
      },
    ],
    [
      'that does not exist',
      { ...good, a: 'orders 0, orders 2' },
      {
        memberId: 'a',
        topic: 'orders',
        partition: 2,
        message: "the assignor 'mine' gave orders-2 to a: topic orders has 2 partitions, counted from 0",
      },
    ],
    [
      'of a topic that does not exist',
      { ...good, a: 'orders 0, gone 0' },
      {
        memberId: 'a',
        topic: 'gone',
        partition: 0,
        message: "the assignor 'mine' gave gone-0 to a: there is no such topic",
      },
    ],
    [
      'left out',
      { a: 'orders 0', b: 'payments 0' },
      {
        memberId: 'a',
        topic: 'orders',
        partition: 1,
        message: "the assignor 'mine' gave orders-1 to nobody, and a subscribes to orders",
      },
    ],
    [
      'of a member that is not there',
      { ...good, c: '' },
      {
        memberId: 'c',
        topic: undefined,
        partition: undefined,
        message: "the assignor 'mine' gave partitions to 'c', who is not a member",
      },
    ],
  ])('is told by its member and partition: one %s', (_, answer, problem) => {
    expect(problemOf(answer as Record<string, string>)).toEqual(problem)
  })

  it.each([-1, 0.5, Number.NaN, '1' as unknown as number])(
    'has whole numbers for partitions, not %j',
    (partition) => {
      const answer = new Map([['a', [{ topic: 'orders', partition }]]])
      const problem = thrown(() => checkAssignment(answering('eager'), input, answer))
      expect(problem).toMatchObject({ memberId: 'a', topic: 'orders' })
    },
  )

  it.each([
    [{ a: [] }, undefined, 'did not return a Map of lists of partitions by member id'],
    [undefined, undefined, 'did not return a Map of lists of partitions by member id'],
    [new Map([['a', 'orders 0']]), 'a', 'did not give a an array of partitions'],
    [new Map([['a', [null]]]), 'a', 'gave a something that is not a partition: null'],
  ])('is of the form that the interface says: not %j', (answer, memberId, what) => {
    const problem = thrown(() =>
      checkAssignment(answering('eager'), input, answer as unknown as GroupAssignment),
    )
    expect(problem).toMatchObject({ memberId, message: `the assignor 'mine' ${what}` })
  })
})

describe('an answer of a cooperative assignor', () => {
  const owning = group({ orders: 2 }, { ...a, ownedPartitions: parts('orders 0, orders 1') }, b)

  it('may leave out what a member still has', () => {
    expect(problemOf({ a: 'orders 0' }, owning, 'cooperative')).toBeUndefined()
    expect(problemOf({ a: 'orders 0' }, owning, 'eager')).toMatchObject({ partition: 1 })
  })

  it('may leave out nothing else', () => {
    expect(problemOf({ a: 'orders 0' }, group({ orders: 2 }, a, b), 'cooperative')).toMatchObject({
      partition: 1,
    })
  })

  it('does not give it to another one meanwhile', () => {
    expect(problemOf({ a: 'orders 0', b: 'orders 1' }, owning, 'cooperative')).toMatchObject({
      memberId: 'b',
      partition: 1,
      message:
        "the assignor 'mine' gave orders-1 to b while a has it: a cooperative assignor leaves it out until it has been given up",
    })
    expect(problemOf({ a: 'orders 0', b: 'orders 1' }, owning, 'eager')).toBeUndefined()
  })

  it('may give it to one of several who say that they have it', () => {
    const both = group(
      { orders: 2 },
      { ...a, ownedPartitions: parts('orders 0, orders 1') },
      { ...b, ownedPartitions: parts('orders 1') },
    )
    expect(problemOf({ a: 'orders 0', b: 'orders 1' }, both, 'cooperative')).toBeUndefined()
  })
})
