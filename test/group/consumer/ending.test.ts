// How a membership pauses and ends, and what it tells the log: one story each.
import { describe, expect, it } from 'vitest'
import { AuthenticationError, KafkaError } from '../../../src/errors.ts'
import type { BrokerErrorName } from '../../../src/protocol/error-codes.ts'
import { partitions, Story } from './story.ts'

const member = (...numbers: number[]) => new Story().stable(3, { orders: numbers })
const STATIC = { groupInstanceId: 'i1' }
const leave = (story: Story, leaveGroup?: boolean) =>
  story.tell({ type: 'leave', reason: 'the consumer was closed', leaveGroup })

describe('no progress for maxPollIntervalMs', () => {
  const progress = (story: Story) => story.tell({ type: 'progress' })

  it('N4: leaves with -1, loses everything, and joins again with epoch 0 when there is progress', () => {
    const story = member(0, 1).pass(299_999).forget().pass(1)
    expect(story.actions.slice(-2)).toMatchObject([
      { type: 'send leave', epoch: -1 },
      { type: 'lose', partitions: partitions({ orders: [0, 1] }) },
    ])
    expect(story.account.some((line) => line.startsWith('warn: what was handed out'))).toBe(true)
    story.released('lose').forget()
    expect(story.phase).toBe('out')
    expect(story.pass(600_000).wanted).toEqual([])
    expect(progress(story).actions).toMatchObject([{ type: 'send heartbeat', epoch: 0, isFull: true }])
  })

  it('N4: a static member leaves with -2', () => {
    const story = new Story(STATIC).stable(3, { orders: [0] }).pass(300_000)
    expect(story.latest('send leave').epoch).toBe(-2)
  })

  it('progress while the loss is told: joins when it has been', () => {
    const story = progress(member(0).pass(300_000)).forget().released('lose')
    expect(story.actions).toMatchObject([{ type: 'send heartbeat', epoch: 0 }])
  })

  it('progress puts it off', () => {
    const story = progress(member(0).pass(299_000)).pass(299_999)
    expect(story.phase).toBe('member')
  })

  it('G7: a listener that is told of an assignment is bounded too, though the loop goes on', () => {
    const story = member(0).targeted(4, { orders: [0, 1] })
    for (let i = 0; i < 29; i++) progress(story.pass(10_000))
    expect(story.phase).toBe('taking')
    progress(story.pass(9_999)).pass(1)
    expect(story.phase).toBe('releasing')
    expect(story.latest('send leave').epoch).toBe(-1)
    expect(story.account.some((line) => line.startsWith('warn: the listener that is told'))).toBe(true)
  })

  it('an assignment is no progress of a loop that hangs', () => {
    const story = member(0)
      .pass(299_000)
      .targeted(4, { orders: [0, 1] })
      .taken()
      .heartbeat()
      .pass(5_000)
    expect(story.phase).toBe('releasing')
  })

  it('the answer to that goodbye changes nothing', () => {
    const story = member(0).pass(300_000)
    expect(story.left('NONE').phase).toBe('releasing')
    expect(story.failed('send leave').phase).toBe('releasing')
  })
})

describe('leaving', () => {
  it('N4: a member says goodbye with -1, and has left when it is answered', () => {
    const story = leave(member())
    expect(story.actions).toMatchObject([{ type: 'send leave', epoch: -1 }])
    expect(story.left().phase).toBe('left')
    expect(story.account.at(-1)).toBe('info: left as member m1: the consumer was closed')
  })

  it('N4: a static member with -2', () => {
    const story = leave(new Story(STATIC).stable(3, {}))
    expect(story.actions).toMatchObject([{ type: 'send leave', epoch: -2 }])
    expect(story.left().account.at(-1)).toMatch(/^info: ends as instance i1 without leaving/)
  })

  it('N4: leaving is a choice: a static member may leave for good, a dynamic one stay', () => {
    const forGood = leave(new Story(STATIC).stable(3, {}), true)
    expect(forGood.actions).toMatchObject([{ type: 'send leave', epoch: -1 }])
    forGood.left('NOT_COORDINATOR').pass(100)
    expect(forGood.latest('send leave').epoch).toBe(-1)
    const staying = leave(member(), false)
    expect(staying.wanted).toEqual([])
    expect(staying.phase).toBe('left')
    expect(staying.account.at(-1)).toMatch(/^info: ends as member m1 without leaving/)
  })

  it.each<BrokerErrorName>([
    'FENCED_MEMBER_EPOCH',
    'UNKNOWN_MEMBER_ID',
    'GROUP_ID_NOT_FOUND',
    'FENCED_INSTANCE_ID',
    'GROUP_AUTHORIZATION_FAILED',
  ])('N3: a goodbye answered %s: gone as well', (error) => {
    expect(leave(member()).left(error).phase).toBe('left')
  })

  it('N1: an answer that comes while it leaves is ignored', () => {
    const story = member().pass(5_000, { heartbeats: 'unanswered' })
    const { token } = story.latest('send heartbeat')
    leave(story).forget()
    story.heartbeat('NONE', { token, epoch: 9, assignment: { orders: [0] } })
    story.heartbeat('FENCED_MEMBER_EPOCH', { token })
    expect(story.wanted).toEqual([])
    expect(story.phase).toBe('leaving')
  })

  it('says goodbye while it joins: the coordinator may have heard that', () => {
    expect(leave(new Story().start()).latest('send leave').epoch).toBe(-1)
  })

  it('goes without a goodbye where it is no member', () => {
    expect(leave(new Story()).phase).toBe('left')
    const lost = leave(member(0).nextHeartbeat('FENCED_MEMBER_EPOCH').forget())
    expect(lost.phase).toBe('left')
    expect(lost.wanted).toEqual([])
  })

  it.each<BrokerErrorName>(['NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE', 'COORDINATOR_LOAD_IN_PROGRESS'])(
    'a goodbye answered %s is said again, five times at most',
    (error) => {
      const story = leave(member())
      for (let i = 0; i < 4; i++) {
        expect(story.left(error).phase).toBe('leaving')
        story.pass(1_000)
      }
      expect(story.wanted.filter((type) => type === 'send leave')).toHaveLength(5)
      expect(story.left(error).phase).toBe('left')
    },
  )

  it('a goodbye that is not answered is said again, unless that cannot help', () => {
    const story = leave(member()).failed('send leave').forget().pass(100)
    expect(story.wanted).toEqual(['send leave'])
    expect(story.failed('send leave', new AuthenticationError('wrong password')).phase).toBe('left')
  })

  it('an error from outside ends it', () => {
    const error = new KafkaError('CLOSED', 'the client was closed')
    const story = member(0).tell({ type: 'fail', error })
    expect(story.actions).toEqual([{ type: 'fail', error }])
    expect(story.account).toEqual([])
    expect(leave(member()).tell({ type: 'fail', error }).phase).toBe('left')
    expect(story.forget().pass(600_000).tell({ type: 'start' }).wanted).toEqual([])
  })
})

describe('what it tells the log', () => {
  const infos = (story: Story) => story.account.filter((line) => /^(info|warn)/.test(line))

  it('a join, an assignment, and what it has to give up', () => {
    const story = new Story().start().heartbeat('NONE', { epoch: 2, assignment: {} }).taken()
    story
      .heartbeat('NONE', { epoch: 2, assignment: { orders: [0, 1] } })
      .taken()
      .heartbeat()
    story
      .targeted(3, { orders: [1] })
      .released('revoke')
      .heartbeat()
      .taken()
    expect(infos(story)).toEqual([
      'info: joining, for orders',
      'info: joined as member m1 in epoch 2; the coordinator assigns',
      'info: assigned nothing in epoch 2; heartbeat every 5000 ms',
      'info: assigned orders 0, 1 in epoch 2; heartbeat every 5000 ms',
      'info: giving up orders 0, for the coordinator wants it so in epoch 3; the rest goes on',
      'info: assigned orders 1 in epoch 3, of them new nothing; heartbeat every 5000 ms',
    ])
  })

  it('says idle once, when the coordinator leaves it at nothing', () => {
    const story = new Story().start().heartbeat('NONE', { epoch: 2, assignment: {} }).taken().heartbeat()
    expect(infos(story).at(-1)).toMatch(/assigned nothing/)
    story.pass(60_000)
    expect(infos(story).filter((line) => line.includes('idle'))).toEqual([
      'info: idle, for it was given no partitions; standing by',
    ])
    story
      .targeted(3, { orders: [0] })
      .taken()
      .heartbeat()
      .targeted(4, {})
      .released('revoke')
      .heartbeat()
    story.taken().pass(60_000)
    expect(infos(story).filter((line) => line.includes('idle'))).toHaveLength(2)
  })

  it('a pattern that the broker matches', () => {
    const story = new Story({}, { topics: [], pattern: 'eu\\..*' }).start()
    expect(story.account).toEqual(['info: joining, for topics that match eu\\..*'])
    expect(new Story({}, { topics: ['a', 'b'], pattern: 'c.*' }).start().account).toEqual([
      'info: joining, for a, b and topics that match c.*',
    ])
    expect(new Story({}, { topics: [] }).start().account).toEqual(['info: joining, for no topics'])
  })
})
