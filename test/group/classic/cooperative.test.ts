// The classic membership where members keep what they own through a rebalance (KIP-429), one story each.
import { describe, expect, it } from 'vitest'
import type { TopicPartition } from '../../../src/group/assignors/assignor.ts'
import type { BrokerErrorName } from '../../../src/protocol/error-codes.ts'
import { Story } from './story.ts'

const orders = (...partitions: number[]): TopicPartition[] =>
  partitions.map((partition) => ({ topic: 'orders', partition }))
const cooperative = () => new Story({ protocol: 'cooperative' })
const member = (...partitions: number[]) => cooperative().stable(1, ...partitions)
/** In the rebalance after its first generation, with what it keeps. */
const syncing = (...partitions: number[]) =>
  member(...partitions)
    .nextHeartbeat('REBALANCE_IN_PROGRESS')
    .joined(2)
    .forget()

describe('G5: a rebalance', () => {
  it('takes nothing before the join, which says what is kept and since when', () => {
    const story = member(0, 1).nextHeartbeat('REBALANCE_IN_PROGRESS')
    expect(story.wanted).toEqual(['send heartbeat', 'send join'])
    expect(story.latest('send join')).toMatchObject({ owned: orders(0, 1), generation: 1 })
    expect(story.state.owned).toEqual(orders(0, 1))
    expect(story.account.at(-1)).toBe(
      'info: joining again, because the group rebalances; goes on with orders 0, 1 meanwhile',
    )
  })

  it('that takes nothing away only adds, and tells of it also where it adds nothing', () => {
    const story = syncing(0).sync('NONE', 0, 1)
    expect(story.actions).toMatchObject([{ type: 'take', all: orders(0, 1), added: orders(1) }])
    expect(story.taken().phase).toBe('stable')
    story.nextHeartbeat('REBALANCE_IN_PROGRESS').joined(3).forget().sync('NONE', 0, 1)
    expect(story.actions).toMatchObject([{ type: 'take', all: orders(0, 1), added: [] }])
    expect(story.taken().phase).toBe('stable')
  })

  it('that takes away has only that given up, then takes what is new, then joins at once without it', () => {
    const story = syncing(0, 1, 2).sync('NONE', 0, 3)
    expect(story.actions).toMatchObject([{ type: 'revoke', partitions: orders(1, 2) }])
    expect(story.account).toContain(
      'info: assigned orders 0, 3 in generation 2 (kept orders 0; new orders 3; to be given up orders 1, 2); heartbeat every 3000 ms',
    )
    expect(story.forget().released('revoke').actions).toMatchObject([
      { type: 'take', all: orders(0, 3), added: orders(3) },
    ])
    expect(story.forget().taken().actions).toMatchObject([
      { type: 'send join', memberId: 'm1', generation: 2, owned: orders(0, 3) },
    ])
    expect(story.latest('send join').reason).toContain('given up')
    expect(story.joined(3).sync('NONE', 0, 3).taken().phase).toBe('stable')
  })

  it('has heartbeats go on while it gives up and takes', () => {
    const story = syncing(0, 1).sync('NONE', 0).forget().pass(7_000)
    expect(story.wanted).toEqual(['send heartbeat', 'send heartbeat'])
    expect(story.released('revoke').pass(7_000).wanted).toHaveLength(5)
  })

  it('that begins while it gives up or takes is joined afterwards, once', () => {
    const story = syncing(0, 1).sync('NONE', 0).nextHeartbeat('REBALANCE_IN_PROGRESS').forget()
    expect(story.tell({ type: 'metadata changed', reason: 'more partitions' }).actions).toEqual([])
    story.released('revoke').nextHeartbeat('REBALANCE_IN_PROGRESS').forget().taken()
    expect(story.wanted).toEqual(['send join'])
  })

  it('that another one overtakes is joined again with the same, in the generation it is in', () => {
    const story = syncing(0, 1).sync('REBALANCE_IN_PROGRESS')
    expect(story.actions).toMatchObject([{ type: 'send join', generation: 2, owned: orders(0, 1) }])
  })

  it('that fails for now is tried again with the same', () => {
    const story = member(0).nextHeartbeat('REBALANCE_IN_PROGRESS').failed('send join').forget().pass(100)
    expect(story.actions).toMatchObject([{ type: 'send join', memberId: 'm1', generation: 1 }])
    expect(story.latest('send join').owned).toEqual(orders(0))
  })

  it('finds nothing to keep the first time: joins at once, claims nothing', () => {
    const story = cooperative().tell({ type: 'start' })
    expect(story.actions).toMatchObject([{ type: 'send join', owned: [], generation: -1 }])
  })
})

describe('G5: topics that are not subscribed any more', () => {
  const two = () =>
    new Story({ protocol: 'cooperative' }, ['orders', 'payments'])
      .tell({ type: 'start' })
      .join('MEMBER_ID_REQUIRED')
      .joined(1)
  const payments: TopicPartition = { topic: 'payments', partition: 0 }

  it('are given up before the join, and only those', () => {
    const story = two()
    const { token } = story.latest('send sync')
    story.tell({ type: 'sync answered', token, errorCode: 0, partitions: [...orders(0), payments] })
    story
      .taken()
      .forget()
      .tell({ type: 'subscribe', topics: ['orders'] })
    expect(story.actions).toMatchObject([{ type: 'revoke', partitions: [payments] }])
    expect(story.forget().released('revoke').actions).toMatchObject([
      { type: 'send join', topics: ['orders'], owned: orders(0) },
    ])
  })

  it('that changed while a join is tried again are given up before the next', () => {
    const story = member(0).nextHeartbeat('REBALANCE_IN_PROGRESS').failed('send join').forget()
    story.tell({ type: 'subscribe', topics: ['payments'] }).pass(100)
    expect(story.actions).toMatchObject([{ type: 'revoke', partitions: orders(0) }])
    expect(story.forget().released('revoke').actions).toMatchObject([{ type: 'send join', owned: [] }])
  })

  it('that were assigned meanwhile are not taken', () => {
    const story = syncing(0)
      .tell({ type: 'subscribe', topics: ['payments'] })
      .sync('NONE', 0, 1)
    expect(story.actions).toMatchObject([{ type: 'revoke', partitions: orders(0) }])
    const late = syncing(0, 1).sync('NONE', 0, 2)
    late
      .tell({ type: 'subscribe', topics: ['payments'] })
      .forget()
      .released('revoke')
    expect(late.actions).toMatchObject([{ type: 'revoke', partitions: orders(0) }])
    expect(late.forget().released('revoke').actions).toMatchObject([{ type: 'send join', owned: [] }])
  })
})

describe('G4, G5: a member that is out', () => {
  const lost = [{ type: 'lose', partitions: orders(0, 1) }] as const

  it.each<BrokerErrorName>(['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'])(
    'by the answer %s to a sync has lost all, and joins with nothing',
    (error) => {
      const story = syncing(0, 1).sync(error)
      expect(story.actions).toMatchObject(lost)
      expect(story.forget().released('lose').actions).toMatchObject([
        { type: 'send join', owned: [], generation: -1 },
      ])
    },
  )

  it('by the answer to a join has lost all', () => {
    const story = member(0, 1).nextHeartbeat('REBALANCE_IN_PROGRESS').forget().join('UNKNOWN_MEMBER_ID')
    expect(story.actions).toMatchObject(lost)
    expect(story.forget().released('lose').actions).toMatchObject([
      { type: 'send join', memberId: '', owned: [], generation: -1 },
    ])
  })

  it('of a generation that came between the one it claims and the one it is in has lost all', () => {
    const story = member(0, 1).nextHeartbeat('REBALANCE_IN_PROGRESS').forget().joined(3)
    expect(story.actions).toMatchObject(lost)
    expect(story.account.at(-1)).toContain('the group went on without this member')
    expect(story.forget().released('lose').actions).toMatchObject([
      { type: 'send join', memberId: 'm1', owned: [], generation: 3 },
    ])
    // The answer was lost, and the one to the next join is of the same generation.
    const again = member(0, 1).nextHeartbeat('REBALANCE_IN_PROGRESS').failed('send join').pass(100).forget()
    expect(again.joined(2).wanted).toEqual(['send sync'])
  })

  it('while it leads and assigns has lost all', () => {
    const story = member(0, 1).nextHeartbeat('REBALANCE_IN_PROGRESS')
    story.join('NONE', { generation: 2, leader: 'm1', assignor: 'range' }).nextHeartbeat('ILLEGAL_GENERATION')
    expect(story.forget().released('lose').actions).toMatchObject([{ type: 'send join', owned: [] }])
  })

  it('that could not assign, and is to try again, has lost all', () => {
    const story = member(0, 1).nextHeartbeat('REBALANCE_IN_PROGRESS')
    story.join('NONE', { generation: 2, leader: 'm1', assignor: 'range' })
    story.pass(story.state.nextHeartbeatAt - story.now, { heartbeats: 'unanswered' }).failed('assign')
    expect(story.forget().heartbeat('UNKNOWN_MEMBER_ID').actions).toMatchObject(lost)
    expect(story.forget().released('lose').actions).toMatchObject([{ type: 'send join', owned: [] }])
  })

  it('while it gives up what was taken has lost the rest', () => {
    const story = syncing(0, 1, 2).sync('NONE', 0, 1).nextHeartbeat('UNKNOWN_MEMBER_ID').forget()
    expect(story.released('revoke').actions).toMatchObject(lost)
    expect(story.forget().released('lose').actions).toMatchObject([{ type: 'send join', owned: [] }])
  })

  it('while it gives up topics before a join has lost the rest', () => {
    const story = new Story({ protocol: 'cooperative' }, ['orders', 'payments']).tell({ type: 'start' })
    story.join('MEMBER_ID_REQUIRED').joined(1)
    const { token } = story.latest('send sync')
    const partitions = [...orders(0, 1), { topic: 'payments', partition: 0 }]
    story.tell({ type: 'sync answered', token, errorCode: 0, partitions }).taken()
    story
      .tell({ type: 'subscribe', topics: ['orders'] })
      .nextHeartbeat('ILLEGAL_GENERATION')
      .forget()
    expect(story.released('revoke').actions).toMatchObject(lost)
    expect(story.forget().released('lose').actions).toMatchObject([{ type: 'send join', owned: [] }])
  })

  it('while it takes has lost all, what it kept included', () => {
    const story = syncing(0).sync('NONE', 0, 1).nextHeartbeat('ILLEGAL_GENERATION').forget().taken()
    expect(story.actions).toMatchObject(lost)
  })
})

describe('G4: a coordinator that is silent while partitions are kept', () => {
  it('for the session timeout: nothing is handed out until a join is answered', () => {
    const story = member(0).nextHeartbeat('REBALANCE_IN_PROGRESS').failed('send join').forget()
    for (let second = 0; second < 50; second++) {
      story.pass(1_000)
      if (story.phase === 'joining') story.failed('send join')
    }
    expect(story.actions.filter(({ type }) => type === 'suspend')).toEqual([
      { type: 'suspend', suspended: true },
    ])
    expect(story.account.filter((line) => line.includes('session timeout'))).toHaveLength(1)
    expect(story.state.owned).toEqual(orders(0))
    story.pass(1_000).forget().joined(2)
    expect(story.actions).toContainEqual({ type: 'suspend', suspended: false })
  })

  it('but a join that waits for others is no silence', () => {
    const story = member(0).nextHeartbeat('REBALANCE_IN_PROGRESS').forget().pass(200_000)
    expect(story.actions).toEqual([])
  })
})

describe('G7: progress', () => {
  it('counts through a rebalance for what is kept: a body that hangs is found out', () => {
    const story = member(0).pass(250_000).nextHeartbeat('REBALANCE_IN_PROGRESS').joined(2).sync('NONE', 0, 1)
    story.taken().forget().pass(60_000)
    expect(story.wanted.slice(-2)).toEqual(['send leave', 'lose'])
    expect(story.latest('lose').partitions).toEqual(orders(0, 1))
  })

  it('that is made meanwhile counts, too', () => {
    const story = member(0).pass(250_000).nextHeartbeat('REBALANCE_IN_PROGRESS').joined(2)
    story.tell({ type: 'progress' }).sync('NONE', 0, 1).pass(200_000).tell({ type: 'progress' }).taken()
    expect(story.forget().pass(299_000).wanted).not.toContain('send leave')
  })

  it('of the loop does not put off the bound of a listener', () => {
    const story = syncing(0).sync('NONE', 0, 1)
    for (let second = 0; second < 30; second++) story.pass(10_000).tell({ type: 'progress' })
    expect(story.wanted.slice(-2)).toEqual(['send leave', 'lose'])
    expect(story.account.some((line) => line.includes('the listener that is told'))).toBe(true)
  })
})

describe('what a member was assigned last', () => {
  it('is there for assignors that write it into the next join, also when it was given up or lost', () => {
    const eager = new Story().stable(3, 0, 1).nextHeartbeat('REBALANCE_IN_PROGRESS').released('revoke')
    expect(eager.latest('send join')).toMatchObject({
      owned: [],
      lastAssignment: { partitions: orders(0, 1), generation: 3 },
    })
    const lost = member(0).nextHeartbeat('UNKNOWN_MEMBER_ID').released('lose')
    expect(lost.latest('send join').lastAssignment).toEqual({ partitions: orders(0), generation: 1 })
  })
})
