// The simulated group: it rebalances as Kafka's classic protocol does, and tells what that did to its members.

import { describe, expect, it } from 'vitest'
import { type Holdings, type Step, simulateGroup } from '../../src/testing/index.ts'

function written(assignment: Holdings): Record<string, string> {
  return Object.fromEntries(
    [...assignment].map(([name, list]) => [
      name,
      list.map(({ topic, partition }) => `${topic}-${partition}`).join(' '),
    ]),
  )
}

function names(partitions: Step['unowned'] | Step['interrupted']): string {
  return partitions.map(({ topic, partition }) => `${topic}-${partition}`).join(' ')
}

describe('an eager group', () => {
  it('gives everything up for each rebalance, and keeps the leader that joined first', () => {
    const group = simulateGroup({ assignor: 'range', topics: { orders: 4 } })
    group.join('a')
    const { rebalances, unowned, interrupted, moves } = group.join('b')
    expect(written(group.assignment)).toEqual({ a: 'orders-0 orders-1', b: 'orders-2 orders-3' })
    expect(rebalances).toMatchObject([{ generation: 2, reason: 'b joined', leader: 'a' }])
    expect(rebalances[0]!.input.members.map(({ ownedPartitions }) => ownedPartitions)).toEqual([[], []])
    expect(names(unowned)).toBe('orders-0 orders-1 orders-2 orders-3')
    expect(names(interrupted)).toBe('orders-0 orders-1')
    expect(moves.map(({ partition, from, to }) => [partition, from, to])).toEqual([
      [2, 'a', 'b'],
      [3, 'a', 'b'],
    ])
  })

  it('remembers by user data what it had: what a crashed member had is anybody’s', () => {
    const group = simulateGroup({ assignor: 'sticky', topics: { orders: 6 } })
    group.join(['a', 'b', 'c'])
    const before = group.assignment
    const step = group.crash('b')
    expect(step.moves).toEqual([])
    for (const name of ['a', 'c']) {
      expect(group.assignment.get(name)).toEqual(expect.arrayContaining([...before.get(name)!]))
    }
    expect(step.rebalances[0]!.input.members.map(({ memberId }) => memberId)).toEqual(['a-1', 'c-3'])
  })
})

describe('a cooperative group', () => {
  it('gives a partition to its new owner only when the old one has given it up', () => {
    const group = simulateGroup({ assignor: 'cooperative-sticky', topics: { orders: 4 } })
    group.join('a')
    const { rebalances, unowned, interrupted } = group.join('b')
    expect(rebalances.map(({ reason }) => reason)).toEqual(['b joined', 'a gave up partitions'])
    expect(rebalances.map(({ assignment }) => written(assignment))).toEqual([
      { a: 'orders-0 orders-1', b: '' },
      { a: 'orders-0 orders-1', b: 'orders-2 orders-3' },
    ])
    expect(unowned).toEqual([
      { topic: 'orders', partition: 2, rebalances: 1 },
      { topic: 'orders', partition: 3, rebalances: 1 },
    ])
    expect(interrupted).toEqual([])
    const [a] = rebalances[1]!.input.members
    expect(a).toMatchObject({ memberId: 'a-1', generation: 2, groupInstanceId: null, rackId: null })
    expect(names(a!.ownedPartitions)).toBe('orders-0 orders-1')
  })

  it('gives up at once what a member does not subscribe to any more', () => {
    const group = simulateGroup({ assignor: 'cooperative-sticky', topics: { orders: 2, payments: 2 } })
    group.join(['a', 'b'])
    const { rebalances, moves } = group.subscribe('a', ['orders'])
    expect(names(rebalances[0]!.input.members[0]!.ownedPartitions)).not.toContain('payments')
    expect(group.assignment.get('b')).toContainEqual({ topic: 'payments', partition: 0 })
    expect(moves.every(({ topic }) => topic === 'orders')).toBe(true)
  })
})

describe('the assignor of a group', () => {
  it('is the one that most members prefer, of those that all list', () => {
    const group = simulateGroup({ assignor: ['range', 'roundrobin'], topics: { orders: 4 } })
    group.join('a')
    group.join(['b', 'c'], { assignor: ['sticky', 'roundrobin', 'range'] })
    expect(group.lastStep.rebalances[0]!.assignor.name).toBe('roundrobin')
  })

  it('has to be in common: the coordinator turns away a member without, and the group goes on', () => {
    const group = simulateGroup({ assignor: 'range', topics: { orders: 4 } })
    group.join('a')
    expect(() => group.join('b', { assignor: 'sticky' })).toThrow(
      expect.objectContaining({
        code: 'INCONSISTENT_GROUP_PROTOCOL',
        message: expect.stringContaining('a lists range; b lists sticky'),
      }),
    )
    expect(group.members.map(({ name }) => name)).toEqual(['a'])
    expect(group.join('c').rebalances).toHaveLength(1)
  })

  it('changes in two rolling bounces from eager to cooperative, without a moment of two owners', () => {
    const group = simulateGroup({ assignor: 'range', topics: { orders: 6 } })
    group.join(['a', 'b', 'c'])
    group.bounce({ assignor: ['cooperative-sticky', 'range'] })
    expect(group.lastStep.rebalances[0]!.assignor.name).toBe('cooperative-sticky')
    expect(group.lastStep.unowned).toHaveLength(6)
    group.bounce({ assignor: 'cooperative-sticky' })
    expect(group.join('d').interrupted).toEqual([])
  })
})

describe('a bounce', () => {
  it('makes of each member another one, which has to be given its partitions anew', () => {
    const group = simulateGroup({ assignor: 'sticky', topics: { orders: 4 } })
    group.join(['a', 'b'])
    const steps = group.bounce()
    expect(steps.map(({ action }) => action)).toEqual([
      'bounce a: gone',
      'bounce a: back',
      'bounce b: gone',
      'bounce b: back',
    ])
    expect(group.members.map(({ memberId }) => memberId)).toEqual(['a-3', 'b-4'])
    const back = steps[1]!.rebalances[0]!.input.members.find(({ memberId }) => memberId === 'a-3')
    expect(back).toMatchObject({ generation: -1, userData: null })
  })

  it('leaves a static member its partitions, and the group in peace', () => {
    const group = simulateGroup({ assignor: 'cooperative-sticky', topics: { orders: 4 } })
    group.join(['a', 'b'], { isStatic: true })
    const before = written(group.assignment)
    const steps = group.bounce()
    expect(steps.map(({ action, rebalances }) => [action, rebalances.length])).toEqual([
      ['bounce a', 0],
      ['bounce b', 0],
    ])
    expect(written(group.assignment)).toEqual(before)
    expect(group.generation).toBe(1)
    expect(group.members).toMatchObject([
      { memberId: 'a-3', groupInstanceId: 'a' },
      { memberId: 'b-4', groupInstanceId: 'b' },
    ])
    expect(group.join('c').interrupted).toEqual([])
  })

  it('of static members rebalances when the assignor becomes another one: with one vote each, the leader’s', () => {
    const group = simulateGroup({ assignor: ['range', 'sticky'], topics: { orders: 4 } })
    group.join(['a', 'b'], { isStatic: true })
    const [first, second] = group.bounce({ assignor: ['sticky', 'range'] })
    expect(first!.rebalances.map(({ assignor }) => assignor.name)).toEqual(['sticky'])
    expect(second!.rebalances).toEqual([])
  })
})

describe('topics', () => {
  it('grow, and are created: whoever waits for one gets it; what nobody subscribes to changes nothing', () => {
    const group = simulateGroup({ assignor: 'roundrobin', topics: { orders: 1, other: 1 } })
    group.join('a', { topics: ['orders', 'new'] })
    expect(written(group.assignment)).toEqual({ a: 'orders-0' })
    group.increasePartitions('orders', 2)
    group.increasePartitions('new', 1)
    expect(written(group.assignment)).toEqual({ a: 'new-0 orders-0 orders-1' })
    expect(group.increasePartitions('other', 5).rebalances).toEqual([])
    expect(group.generation).toBe(3)
  })

  it('have racks, and members too: the assignor is told', () => {
    const group = simulateGroup({ assignor: 'range', topics: { orders: [['x'], ['y']] } })
    group.join('a', { rackId: 'y' })
    group.join('b', { rackId: 'x' })
    expect(written(group.assignment)).toEqual({ a: 'orders-1', b: 'orders-0' })
  })

  it('are nobody’s when all have left, and everybody’s when one comes again', () => {
    const group = simulateGroup({ assignor: 'range', topics: { orders: 2 } })
    group.join(['a', 'b'])
    expect(group.leave(['a', 'b'])).toMatchObject({ rebalances: [], balance: { spread: 0 }, moves: [] })
    group.join('a')
    expect(written(group.assignment)).toEqual({ a: 'orders-0 orders-1' })
  })
})

describe('wrong use', () => {
  const group = () => {
    const group = simulateGroup({ assignor: 'range', topics: { orders: 2 } })
    group.join('a')
    return group
  }

  it.each<[says: string, use: () => unknown]>([
    ["there is no assignor 'rang'", () => simulateGroup({ assignor: 'rang' as 'range', topics: {} })],
    [
      "the assignor 'range' is given twice",
      () => simulateGroup({ assignor: ['range', 'range'], topics: {} }),
    ],
    ["topic 't' has 0 partitions", () => simulateGroup({ assignor: 'range', topics: { t: 0 } })],
    ["topic 't' has 1.5 partitions", () => simulateGroup({ assignor: 'range', topics: { t: 1.5 } })],
    ['an assignor has a name', () => simulateGroup({ assignor: {} as 'range', topics: {} })],
    ['a is a member already', () => group().join(['b', 'a'])],
    ["the member 'b' is named twice", () => group().join(['b', 'b'])],
    ['no member is named', () => group().join([])],
    ['b is not a member: a', () => group().leave('b')],
    ['b is not a member: a', () => group().crash('b')],
    ['b is not a member: a', () => group().subscribe('b', [])],
    ['b is not a member: a', () => group().bounce({ members: ['b'] })],
    ["topic 'orders' has 2 partitions: give more than that", () => group().increasePartitions('orders', 2)],
  ])('%s', (says, use) => {
    expect(use).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(says) }),
    )
  })

  it('of a group to which nothing has happened is told as well', () => {
    const empty = simulateGroup({ assignor: 'range', topics: { orders: 2 } })
    expect(() => empty.lastStep).toThrow(expect.objectContaining({ code: 'INVALID_STATE' }))
  })
})
