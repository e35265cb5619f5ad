import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import type { AssignmentInput, GroupMember } from '../../../src/group/assignors/assignor.ts'
import { cooperativeSticky } from '../../../src/group/assignors/cooperative-sticky.ts'
import { group, member, parts, written } from '../../support/groups.ts'

const assign = (input: AssignmentInput) => written(cooperativeSticky.assign(input))

/** `owning('a', ['orders'], 'orders 0, orders 1', 5)`: a member that has these, of generation 5. */
function owning(id: string, topics: string[], partitions: string, generation: number): GroupMember {
  return member(id, topics, { ownedPartitions: parts(partitions), generation })
}

describe('cooperative-sticky moves a partition in two rounds', () => {
  const topics = ['orders']

  it('leaves it out until its owner has given it up, and then gives it to the new one', () => {
    const first = group(
      { orders: 3 },
      owning('a', topics, 'orders 0, orders 1, orders 2', 1),
      member('b', topics),
    )
    expect(assign(first)).toEqual({ a: ['orders 0', 'orders 1'], b: [] })
    const second = group(
      { orders: 3 },
      owning('a', topics, 'orders 0, orders 1', 2),
      owning('b', topics, '', 2),
    )
    expect(assign(second)).toEqual({ a: ['orders 0', 'orders 1'], b: ['orders 2'] })
  })

  it('gives at once what nobody has: new partitions, and those of a member that left', () => {
    const input = group(
      { orders: 4 },
      owning('a', topics, 'orders 0, orders 1', 1),
      owning('b', topics, '', 1),
    )
    expect(assign(input)).toEqual({ a: ['orders 0', 'orders 1'], b: ['orders 2', 'orders 3'] })
  })

  it('waits for a member that still has what it does not subscribe to any more', () => {
    const input = group(
      { orders: 1, payments: 1 },
      owning('a', ['payments'], 'orders 0, payments 0', 1),
      owning('b', ['orders'], '', 1),
    )
    expect(assign(input)).toEqual({ a: ['payments 0'], b: [] })
  })

  it('G12: a partition that two claim in one generation goes to nobody until both have given it up', () => {
    const input = group(
      { orders: 2 },
      owning('a', topics, 'orders 0', 3),
      owning('b', topics, 'orders 0, orders 1', 3),
    )
    expect(assign(input)).toEqual({ a: [], b: ['orders 1'] })
  })

  it('G12: the later generation keeps it', () => {
    const input = group(
      { orders: 2 },
      owning('a', topics, 'orders 0', 3),
      owning('b', topics, 'orders 0, orders 1', 2),
    )
    expect(assign(input)).toEqual({ a: ['orders 0'], b: ['orders 1'] })
  })

  it('does at once what the second round would want to move, so that there is no third', () => {
    // Random groups led to it. Moving as little as the Java client, the first round would leave b with two and e with none.
    const input = group(
      { orders: 4, payments: 2 },
      owning('a', ['orders', 'payments'], 'orders 0, orders 1, orders 2', 1),
      owning('b', ['orders', 'payments'], 'payments 0, payments 1', 1),
      member('c', ['payments']),
      member('d', ['orders']),
      member('e', ['payments']),
    )
    const first = cooperativeSticky.assign(input)
    const members = input.members.map((each) => {
      return { ...each, ownedPartitions: first.get(each.memberId)!, generation: 2 }
    })
    const second = cooperativeSticky.assign({ ...input, members })
    for (const { memberId, ownedPartitions } of members) {
      expect(second.get(memberId)).toEqual(expect.arrayContaining([...ownedPartitions]))
    }
    expect([...second.values()].map(({ length }) => length)).toEqual([2, 1, 1, 1, 1])
  })
})

describe('the generation of a cooperative member', () => {
  const generation = (value: number) =>
    Buffer.from(cooperativeSticky.userData!({ topics: [], lastAssigned: [], generation: value })!)

  it('is told as Java tells it, by four bytes of user data, from the start', () => {
    expect(generation(-1)).toEqual(Buffer.from('ffffffff', 'hex'))
    expect(generation(258)).toEqual(Buffer.from('00000102', 'hex'))
  })

  it('is that of the subscription, where its version has one, else that of the user data, else none', () => {
    const rival = owning('b', ['orders'], 'orders 0', 5)
    const claim = (own: number, userData: Buffer | null) =>
      assign(group({ orders: 2 }, { ...owning('a', ['orders'], 'orders 0', own), userData }, rival)).a
    expect(claim(6, generation(4))).toEqual(['orders 0'])
    expect(claim(-1, generation(6))).toEqual(['orders 0'])
    expect(claim(-1, generation(4))).toEqual(['orders 1'])
    expect(claim(4, generation(6))).toEqual(['orders 1'])
    for (const userData of [null, Buffer.alloc(0), Buffer.from('0000', 'hex')]) {
      expect(claim(-1, userData)).toEqual(['orders 1'])
    }
  })
})
