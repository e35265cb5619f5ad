// The classic membership's rules, one story each.
import { describe, expect, it } from 'vitest'
import {
  AssignmentError,
  AuthenticationError,
  KafkaError,
  UnsupportedVersionError,
} from '../../../src/errors.ts'
import type { JoinedMember } from '../../../src/group/classic/types.ts'
import { type BrokerErrorName, brokerError, errorByName } from '../../../src/protocol/error-codes.ts'
import { Story } from './story.ts'

const follower = (...partitions: number[]) => new Story().stable(1, ...partitions)
const joinedMember = (memberId: string): JoinedMember => {
  return { memberId, groupInstanceId: null, metadata: Buffer.from('subscription') }
}

describe('joining', () => {
  it('G1: joins without an id, is given one, and joins with it', () => {
    const story = new Story().tell({ type: 'start' })
    expect(story.actions).toMatchObject([{ type: 'send join', memberId: '', topics: ['orders'] }])
    story.forget().join('MEMBER_ID_REQUIRED', { memberId: 'given' })
    expect(story.actions).toMatchObject([{ type: 'send join', memberId: 'given' }])
  })

  it('joins, syncs, and is stable when the application has taken the assignment', () => {
    const story = new Story().tell({ type: 'start' }).join('MEMBER_ID_REQUIRED').forget().joined(4)
    expect(story.actions).toMatchObject([
      {
        type: 'send sync',
        identity: { memberId: 'm1', generation: 4, assignor: 'range' },
        assignments: [],
      },
    ])
    story.forget().sync('NONE', 0, 2)
    const partitions = [
      { topic: 'orders', partition: 0 },
      { topic: 'orders', partition: 2 },
    ]
    expect(story.actions).toMatchObject([{ type: 'take', all: partitions, added: partitions }])
    expect(story.phase).toBe('taking')
    expect(story.taken().phase).toBe('stable')
  })

  it('G3: the leader assigns first, and syncs with what it assigned', () => {
    const story = new Story().tell({ type: 'start' }).join('MEMBER_ID_REQUIRED').forget()
    const members = [joinedMember('m1'), joinedMember('m2')]
    story.join('NONE', { generation: 1, leader: 'm1', assignor: 'range', members })
    expect(story.actions).toMatchObject([
      { type: 'assign', assignor: 'range', members, skipAssignment: false },
    ])
    const assignments = [{ memberId: 'm2', assignment: Buffer.from('all') }]
    story.forget().tell({ type: 'assigned', token: story.latest('assign').token, assignments })
    expect(story.actions).toMatchObject([{ type: 'send sync', assignments }])
  })

  it('G3: what a leader worked out for a generation that is gone is not handed in', () => {
    const story = new Story().tell({ type: 'start' }).join('MEMBER_ID_REQUIRED')
    const leader = { leader: 'm1', assignor: 'range', members: [joinedMember('m1')] }
    story.join('NONE', { generation: 1, ...leader })
    const { token } = story.latest('assign')
    story.nextHeartbeat('ILLEGAL_GENERATION').join('NONE', { generation: 2, ...leader })
    expect(story.forget().tell({ type: 'assigned', token, assignments: [] }).actions).toEqual([])
    expect(story.phase).toBe('assigning')
  })

  it('G3: a leader that can never assign ends, and leaves, so that another leads', () => {
    const leading = (settings = {}) => {
      const story = new Story(settings).tell({ type: 'start' }).join('MEMBER_ID_REQUIRED')
      story.join('NONE', { generation: 1, leader: 'm1', assignor: 'mine', members: [joinedMember('m1')] })
      return story.forget().failed('assign', new KafkaError('INVALID_STATE', 'twice', { fatal: true }))
    }
    const story = leading()
    expect(story.actions).toMatchObject([
      { type: 'send leave', memberId: 'm1', reason: expect.stringContaining('twice') },
      { type: 'fail', error: { message: 'twice' } },
    ])
    expect(story.phase).toBe('failed')
    // A static member leaves only when it is told to.
    expect(leading({ groupInstanceId: 'i' }).wanted).toEqual(['fail'])
  })

  it('G3: a member whose own assignor keeps it from joining ends, and leaves where it is known', () => {
    const broken = new AssignmentError('mine', undefined, 'no user data', { fatal: true })
    const rejoining = follower(0).nextHeartbeat('REBALANCE_IN_PROGRESS').released('revoke').forget()
    expect(rejoining.failed('send join', broken).wanted).toEqual(['send leave', 'fail'])
    expect(new Story().tell({ type: 'start' }).forget().failed('send join', broken).wanted).toEqual(['fail'])
  })

  it('G3, KIP-814: a leader that came back is told to assign nothing', () => {
    const story = new Story().tell({ type: 'start' }).join('MEMBER_ID_REQUIRED')
    const leader = { leader: 'm1', assignor: 'range', members: [joinedMember('m1')] }
    story.join('NONE', { generation: 1, skipAssignment: true, ...leader })
    expect(story.latest('assign')).toMatchObject({ skipAssignment: true })
  })

  it.each<BrokerErrorName>(['COORDINATOR_LOAD_IN_PROGRESS', 'REBALANCE_IN_PROGRESS'])(
    'G3: JoinGroup answered %s: again, after a while, at the same coordinator',
    (error) => {
      const story = new Story().tell({ type: 'start' }).join('MEMBER_ID_REQUIRED').forget().join(error)
      expect(story.wanted).toEqual([])
      expect(story.pass(99).wanted).toEqual([])
      expect(story.pass(1).actions).toMatchObject([{ type: 'send join', memberId: 'm1' }])
    },
  )

  it.each<BrokerErrorName>(['NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE'])(
    'G3: JoinGroup answered %s: the coordinator is found again, and joined after a while',
    (error) => {
      const story = new Story().tell({ type: 'start' }).forget().join(error)
      expect(story.wanted).toEqual(['forget coordinator'])
      expect(story.forget().pass(100).wanted).toEqual(['send join'])
    },
  )

  it('G3: a join that gets no answer: the coordinator is found again, and joined with the same id', () => {
    const story = new Story().tell({ type: 'start' }).join('MEMBER_ID_REQUIRED').forget().failed('send join')
    expect(story.wanted).toEqual(['forget coordinator'])
    expect(story.forget().pass(100).actions).toMatchObject([{ type: 'send join', memberId: 'm1' }])
  })

  it('backs off longer and longer, up to a second', () => {
    const story = new Story().tell({ type: 'start' })
    const delays: number[] = []
    for (let attempt = 0; attempt < 6; attempt++) {
      story.failed('send join').forget()
      const start = story.now
      while (story.wanted.length === 0) story.pass(50)
      delays.push(story.now - start)
    }
    expect(delays).toEqual([100, 200, 400, 800, 1_000, 1_000])
  })

  it('G3: a leader that cannot assign, join after join, backs off longer and longer, too', () => {
    const story = new Story().tell({ type: 'start' }).join('MEMBER_ID_REQUIRED')
    const leader = { leader: 'm1', assignor: 'range', members: [joinedMember('m1')] }
    const delays: number[] = []
    for (let generation = 1; generation < 6; generation++) {
      story
        .join('NONE', { generation, ...leader })
        .failed('assign')
        .forget()
      const start = story.now
      while (story.wanted.length === 0) story.pass(50)
      delays.push(story.now - start)
    }
    expect(delays).toEqual([100, 200, 400, 800, 1_000])
    story.joined(6).sync('NONE', 0).taken().nextHeartbeat('REBALANCE_IN_PROGRESS').released('revoke')
    story.forget().failed('send join').forget().pass(100)
    expect(story.wanted).toEqual(['send join'])
  })

  it('G3: a leader that is slow to fail at assigning backs off as well, though its heartbeats are heard', () => {
    const story = new Story().tell({ type: 'start' }).join('MEMBER_ID_REQUIRED')
    const leader = { leader: 'm1', assignor: 'range', members: [joinedMember('m1')] }
    story
      .join('NONE', { generation: 1, ...leader })
      .failed('assign')
      .pass(100)
    story
      .join('NONE', { generation: 2, ...leader })
      .pass(10_000)
      .failed('assign')
      .forget()
    expect(story.pass(199).wanted).toEqual([])
    expect(story.pass(1).wanted).toEqual(['send join'])
  })

  it('G3: JoinGroup answered UNKNOWN_MEMBER_ID: joins at once as new', () => {
    const story = new Story().tell({ type: 'start' }).join('MEMBER_ID_REQUIRED').forget()
    expect(story.join('UNKNOWN_MEMBER_ID').actions).toMatchObject([{ type: 'send join', memberId: '' }])
  })

  it('G3: SyncGroup answered REBALANCE_IN_PROGRESS: joins at once with the same id', () => {
    const story = new Story().tell({ type: 'start' }).join('MEMBER_ID_REQUIRED').joined(1).forget()
    expect(story.sync('REBALANCE_IN_PROGRESS').actions).toMatchObject([{ type: 'send join', memberId: 'm1' }])
  })

  it('G3, G4: SyncGroup answered ILLEGAL_GENERATION keeps the id, UNKNOWN_MEMBER_ID drops it', () => {
    const syncing = () => new Story().tell({ type: 'start' }).join('MEMBER_ID_REQUIRED').joined(1).forget()
    const kept = syncing().sync('ILLEGAL_GENERATION')
    expect(kept.actions).toMatchObject([{ type: 'send join', memberId: 'm1' }])
    expect(kept.state.identity.generation).toBe(-1)
    expect(syncing().sync('UNKNOWN_MEMBER_ID').actions).toMatchObject([{ type: 'send join', memberId: '' }])
  })

  it('G3: a member that is given nothing stays, and says once that it is idle', () => {
    const story = new Story().tell({ type: 'start' }).join('MEMBER_ID_REQUIRED').joined(1).sync('NONE')
    expect(story.account.filter((line) => line.includes('idle'))).toHaveLength(1)
    expect(story.taken().phase).toBe('stable')
    story.nextHeartbeat('REBALANCE_IN_PROGRESS').released('revoke').forget().joined(2).sync('NONE').taken()
    expect(story.account.filter((line) => line.includes('idle'))).toEqual([])
    expect(story.phase).toBe('stable')
  })

  it('G13: answers to requests that are given up are dropped, whatever they say', () => {
    const story = new Story().tell({ type: 'start' }).join('MEMBER_ID_REQUIRED')
    const { token } = story.latest('send join')
    const late = { ...{ type: 'join answered' as const, token, errorCode: 0, memberId: 'm1', generation: 1 } }
    story.failed('send join').pass(100).forget()
    const before = story.state
    story.tell({ ...late, leader: 'm0', assignor: 'range', members: [], skipAssignment: false })
    expect(story.actions).toEqual([])
    expect(story.state).toEqual(before)
  })

  it('KIP-800: says why it joins', () => {
    const story = follower(0)
      .tell({ type: 'subscribe', topics: ['orders', 'payments'] })
      .released('revoke')
    expect(story.latest('send join').reason).toContain('subscription')
  })
})

describe('heartbeats', () => {
  it('G4: go out at their interval from the join on', () => {
    const story = follower(0).pass(10_000)
    expect(story.actions).toMatchObject([
      { type: 'send heartbeat', identity: { memberId: 'm1', generation: 1 } },
      { type: 'send heartbeat' },
      { type: 'send heartbeat' },
    ])
  })

  it('G4: one at a time', () => {
    expect(follower(0).pass(10_000, { heartbeats: 'unanswered' }).wanted).toEqual(['send heartbeat'])
  })

  it('G4: go on while the leader assigns', () => {
    const story = new Story().tell({ type: 'start' }).join('MEMBER_ID_REQUIRED')
    const members = [joinedMember('m1')]
    story.join('NONE', { generation: 1, leader: 'm1', assignor: 'range', members }).forget()
    expect(story.pass(7_000).wanted).toEqual(['send heartbeat', 'send heartbeat'])
  })

  it('G2, G4: none while a join is outstanding', () => {
    const story = follower(0).nextHeartbeat('REBALANCE_IN_PROGRESS').released('revoke').forget()
    expect(story.phase).toBe('joining')
    expect(story.pass(200_000).wanted).toEqual([])
  })

  it('G5: an eager member is told of each rebalance by what it gives up, also where that is nothing', () => {
    const story = follower().nextHeartbeat('REBALANCE_IN_PROGRESS')
    expect(story.latest('revoke').partitions).toEqual([])
    story.released('revoke').forget().join('REBALANCE_IN_PROGRESS').pass(100)
    expect(story.joined(2).sync('REBALANCE_IN_PROGRESS').wanted).toEqual([
      'send join',
      'send sync',
      'send join',
    ])
  })

  it('G4, G5: REBALANCE_IN_PROGRESS: gives up everything, heartbeats meanwhile, then joins', () => {
    const story = follower(0, 1).nextHeartbeat('REBALANCE_IN_PROGRESS')
    expect(story.wanted).toEqual(['send heartbeat', 'revoke'])
    expect(story.latest('revoke').partitions).toHaveLength(2)
    expect(story.state.identity.generation).toBe(1)
    story.forget()
    for (let beat = 0; beat < 3; beat++) story.nextHeartbeat('REBALANCE_IN_PROGRESS')
    expect(story.wanted).toEqual(['send heartbeat', 'send heartbeat', 'send heartbeat'])
    expect(story.forget().released('revoke').actions).toMatchObject([{ type: 'send join', memberId: 'm1' }])
  })

  it('G4: REBALANCE_IN_PROGRESS counts as a heartbeat that succeeded', () => {
    const story = follower(0).nextHeartbeat('REBALANCE_IN_PROGRESS').forget()
    for (let beat = 0; beat < 30; beat++) story.nextHeartbeat('REBALANCE_IN_PROGRESS')
    expect(story.wanted).not.toContain('suspend')
  })

  it('G4: REBALANCE_IN_PROGRESS before it is stable is acted on when it is', () => {
    const story = new Story().tell({ type: 'start' }).join('MEMBER_ID_REQUIRED').joined(1).sync('NONE', 0)
    expect(story.forget().nextHeartbeat('REBALANCE_IN_PROGRESS').wanted).toEqual(['send heartbeat'])
    expect(story.forget().taken().wanted).toEqual(['revoke'])
  })

  it('G4: ILLEGAL_GENERATION: the partitions are lost, the generation is dropped, the id is kept', () => {
    const story = follower(0).nextHeartbeat('ILLEGAL_GENERATION')
    expect(story.wanted).toEqual(['send heartbeat', 'lose'])
    expect(story.state.identity).toMatchObject({ memberId: 'm1', generation: -1 })
    expect(story.forget().pass(100_000).wanted).toEqual([])
    expect(story.released('lose').actions).toMatchObject([{ type: 'send join', memberId: 'm1' }])
  })

  it('G4: UNKNOWN_MEMBER_ID: the partitions are lost, generation and id are dropped', () => {
    const story = follower(0).nextHeartbeat('UNKNOWN_MEMBER_ID')
    expect(story.state.identity).toMatchObject({ memberId: '', generation: -1 })
    expect(story.forget().released('lose').actions).toMatchObject([{ type: 'send join', memberId: '' }])
  })

  it('G5: thrown out while the application takes the assignment: it is lost, not revoked', () => {
    const story = new Story().tell({ type: 'start' }).join('MEMBER_ID_REQUIRED').joined(1).sync('NONE', 0)
    story.nextHeartbeat('UNKNOWN_MEMBER_ID').forget().taken()
    expect(story.wanted).toEqual(['lose'])
  })

  it.each<BrokerErrorName>(['NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE'])(
    'G4: %s: the coordinator is found again, and nothing is lost',
    (error) => {
      const story = follower(0).nextHeartbeat(error)
      expect(story.wanted).toEqual(['send heartbeat', 'forget coordinator'])
      expect(story.forget().pass(100).actions).toMatchObject([
        { type: 'send heartbeat', identity: { memberId: 'm1', generation: 1 } },
      ])
    },
  )

  it('G4: heartbeats that fail back off, and are logged when no rule names the error', () => {
    const story = follower(0)
    const delays: number[] = []
    story.nextHeartbeat('UNKNOWN_SERVER_ERROR')
    for (let beat = 0; beat < 5; beat++) {
      delays.push(story.state.nextHeartbeatAt - story.now)
      story.nextHeartbeat('UNKNOWN_SERVER_ERROR')
    }
    expect(delays).toEqual([100, 200, 400, 800, 1_000])
    expect(story.account.filter((line) => /^warn: .*UNKNOWN_SERVER_ERROR/.test(line))).toHaveLength(6)
    expect(story.phase).toBe('stable')
  })

  it('G4: one that succeeds ends the backing off', () => {
    const story = follower(0)
      .nextHeartbeat('NOT_COORDINATOR')
      .nextHeartbeat('NOT_COORDINATOR')
      .nextHeartbeat()
    expect(story.state.nextHeartbeatAt - story.now).toBe(3_000)
    story.nextHeartbeat('NOT_COORDINATOR')
    expect(story.state.nextHeartbeatAt - story.now).toBe(100)
  })

  it('G4: the session counts from the answer to a sync that took long', () => {
    const story = new Story().tell({ type: 'start' }).join('MEMBER_ID_REQUIRED').joined(1)
    story.pass(200_000).sync('NONE', 0).taken().forget()
    expect(story.pass(10_000).wanted).toEqual(['send heartbeat', 'send heartbeat', 'send heartbeat'])
  })

  it('G13: one that was outstanding when the join went out says nothing any more', () => {
    const story = follower(0).pass(3_000, { heartbeats: 'unanswered' })
    story
      .tell({ type: 'subscribe', topics: ['orders', 'payments'] })
      .released('revoke')
      .forget()
    expect(story.heartbeat('UNKNOWN_MEMBER_ID').actions).toEqual([])
    expect(story.state.identity).toMatchObject({ memberId: 'm1', generation: 1 })
  })

  it('G4: an answer for a generation that is gone changes nothing', () => {
    const story = follower(0).pass(3_000, { heartbeats: 'unanswered' })
    const { token } = story.latest('send heartbeat')
    story.tell({ type: 'metadata changed', reason: 'more partitions' }).released('revoke')
    story.joined(2).sync('NONE', 1).taken().forget()
    const before = story.state
    expect(story.heartbeat('UNKNOWN_MEMBER_ID', token).actions).toEqual([])
    expect(story.state).toEqual(before)
  })
})

describe('G4: when no heartbeat succeeds for the session timeout', () => {
  const silent = () => follower(0).pass(45_000, { heartbeats: 'unanswered' })

  it('hands out nothing, drops the connection, and asks the coordinator anew with the same ids', () => {
    expect(silent().actions).toMatchObject([
      { type: 'send heartbeat' },
      { type: 'suspend', suspended: true },
      { type: 'drop connection' },
      { type: 'forget coordinator' },
      { type: 'send heartbeat', identity: { memberId: 'm1', generation: 1 } },
    ])
  })

  it('goes on with what it has when the coordinator still knows it', () => {
    const story = silent().forget().heartbeat()
    expect(story.actions).toMatchObject([{ type: 'suspend', suspended: false }])
    expect(story.phase).toBe('stable')
  })

  it('has lost all only when the coordinator says so, and hands out nothing until it has joined', () => {
    const story = silent().forget().heartbeat('UNKNOWN_MEMBER_ID')
    expect(story.wanted).toEqual(['lose'])
    story.released('lose').forget().join('MEMBER_ID_REQUIRED', { memberId: 'm2' })
    expect(story.wanted).toEqual(['send join'])
    expect(story.forget().joined(3, 'm2').actions).toMatchObject([
      { type: 'suspend', suspended: false },
      { type: 'send sync' },
    ])
  })

  it('hands out again after a join that came in between', () => {
    const story = silent()
      .tell({ type: 'subscribe', topics: ['payments', 'orders'] })
      .released('revoke')
    expect(story.forget().joined(2).actions).toContainEqual({ type: 'suspend', suspended: false })
    expect(story.sync('NONE', 0).taken().state.suspended).toBe(false)
  })

  it('keeps asking when that gets no answer either, without dropping connections all the time', () => {
    const story = silent().forget()
    for (let minute = 0; minute < 3; minute++) story.failed('send heartbeat').pass(60_000)
    expect(story.wanted).not.toContain('drop connection')
    expect(story.wanted.filter((type) => type === 'send heartbeat').length).toBeGreaterThanOrEqual(3)
  })
})

describe('commits that are refused', () => {
  it('G4: count as a heartbeat with that answer', () => {
    expect(follower(0).commitRefused('REBALANCE_IN_PROGRESS').wanted).toEqual(['revoke'])
    expect(follower(0).commitRefused('ILLEGAL_GENERATION').wanted).toEqual(['lose'])
    expect(follower(0).commitRefused('UNKNOWN_MEMBER_ID').wanted).toEqual(['lose'])
    expect(follower(0).commitRefused('NOT_COORDINATOR').wanted).toEqual(['forget coordinator'])
    expect(follower(0).commitRefused('FENCED_INSTANCE_ID').phase).toBe('failed')
    expect(follower(0).commitRefused('OFFSET_METADATA_TOO_LARGE').actions).toEqual([])
  })

  it('G13: under an identity that is gone change nothing', () => {
    const story = follower(0)
    const former = story.state.identity
    story.nextHeartbeat('REBALANCE_IN_PROGRESS').released('revoke').stable(2, 0)
    expect(story.commitRefused('ILLEGAL_GENERATION', former).actions).toEqual([])
    expect(story.phase).toBe('stable')
  })

  it('G13: an answer to a heartbeat of before is dropped', () => {
    const story = follower(0).pass(3_000, { heartbeats: 'unanswered' })
    const { token } = story.latest('send heartbeat')
    story.commitRefused('ILLEGAL_GENERATION').forget()
    expect(story.heartbeat('UNKNOWN_MEMBER_ID', token).actions).toEqual([])
    expect(story.account).toEqual([])
    expect(story.released('lose').actions).toMatchObject([{ type: 'send join', memberId: 'm1' }])
  })

  it('G5: while giving up, are the end of the generation: joins without it, and gives up once', () => {
    const story = follower(0).nextHeartbeat('REBALANCE_IN_PROGRESS').forget()
    expect(story.commitRefused('ILLEGAL_GENERATION').actions).toEqual([])
    expect(story.released('revoke').actions).toMatchObject([{ type: 'send join', memberId: 'm1' }])
  })
})

describe('G10: a subscription or metadata that changes', () => {
  it('has every member rejoin when its own topics change, not when they are the same', () => {
    expect(follower(0).tell({ type: 'subscribe', topics: ['orders'] }).actions).toEqual([])
    const story = follower(0).tell({ type: 'subscribe', topics: ['payments'] })
    expect(story.wanted).toEqual(['revoke'])
    expect(story.released('revoke').latest('send join').topics).toEqual(['payments'])
  })

  it('while the join was in flight: rejoins afterwards', () => {
    const story = new Story().tell({ type: 'start' }).join('MEMBER_ID_REQUIRED')
    story.tell({ type: 'subscribe', topics: ['orders', 'payments'] })
    story.joined(1).sync('NONE', 0).forget().taken()
    expect(story.wanted).toEqual(['revoke'])
    expect(story.released('revoke').latest('send join').topics).toEqual(['orders', 'payments'])
  })

  it('changed there and back while in flight: nothing to do', () => {
    const story = new Story().tell({ type: 'start' }).join('MEMBER_ID_REQUIRED')
    story.tell({ type: 'subscribe', topics: ['payments'] }).tell({ type: 'subscribe', topics: ['orders'] })
    expect(story.joined(1).sync('NONE', 0).taken().phase).toBe('stable')
  })

  it('an assignment of a topic that is not subscribed any more is not taken', () => {
    const story = new Story().tell({ type: 'start' }).join('MEMBER_ID_REQUIRED').joined(1)
    story
      .tell({ type: 'subscribe', topics: ['payments'] })
      .forget()
      .sync('NONE', 0)
    expect(story.actions).toMatchObject([{ type: 'send join', memberId: 'm1', topics: ['payments'] }])
  })

  it('has the leader rejoin, at once or when it is stable', () => {
    const change = { type: 'metadata changed', reason: 'more partitions' } as const
    expect(follower(0).tell(change).wanted).toEqual(['revoke'])
    const story = new Story().tell({ type: 'start' }).join('MEMBER_ID_REQUIRED').joined(1).tell(change)
    expect(story.sync('NONE', 0).forget().taken().wanted).toEqual(['revoke'])
  })
})

describe('G7: without progress for maxPollIntervalMs', () => {
  it('leaves, says so once, has lost its partitions, and joins again when progress resumes', () => {
    const story = follower(0).pass(300_000)
    expect(story.wanted.slice(-2)).toEqual(['send leave', 'lose'])
    expect(story.latest('send leave')).toMatchObject({ memberId: 'm1' })
    expect(story.account.filter((line) => line.includes('maxPollIntervalMs (300000 ms)'))).toHaveLength(1)
    story.released('lose').forget()
    expect(story.pass(1_000_000).actions).toEqual([])
    expect(story.account).toEqual([])
    expect(story.tell({ type: 'progress' }).actions).toMatchObject([{ type: 'send join', memberId: '' }])
  })

  it('progress puts it off', () => {
    const story = follower(0)
    for (let i = 0; i < 10; i++) story.pass(299_000).tell({ type: 'progress' })
    expect(story.wanted).not.toContain('send leave')
  })

  it('a static member sends no goodbye and keeps its id: it falls silent', () => {
    const story = new Story({ groupInstanceId: 'i' }).stable(1, 0).pass(300_000)
    expect(story.wanted).not.toContain('send leave')
    expect(story.wanted.at(-1)).toBe('lose')
    expect(story.account).toContainEqual(expect.stringContaining('falling silent'))
    story.released('lose').forget()
    expect(story.pass(1_000_000).actions).toEqual([])
    expect(story.tell({ type: 'progress' }).actions).toMatchObject([{ type: 'send join', memberId: 'm1' }])
  })

  it('the time in which a rebalance waits for others, or for this member to give up, does not count', () => {
    const waiting = new Story().tell({ type: 'start' }).join('MEMBER_ID_REQUIRED').joined(1)
    waiting.pass(400_000).sync('NONE', 0).forget().pass(1_000)
    expect(waiting.wanted).toEqual([])
    const releasing = follower(0).nextHeartbeat('REBALANCE_IN_PROGRESS').pass(400_000)
    expect(releasing.wanted).not.toContain('send leave')
  })

  it('a listener that goes on too long with what was assigned has lost it; its end comes too late', () => {
    const story = new Story().tell({ type: 'start' }).join('MEMBER_ID_REQUIRED').joined(1).sync('NONE', 0)
    const { token } = story.latest('take')
    story.pass(300_000)
    expect(story.wanted.slice(-2)).toEqual(['send leave', 'lose'])
    story.tell({ type: 'progress' }).released('lose').joined(2, 'm2').sync('NONE', 1)
    expect(story.tell({ type: 'taken', token }).phase).toBe('taking')
    expect(story.taken().phase).toBe('stable')
  })

  it('a loop that waits meanwhile does not put that off, nor does having been thrown out', () => {
    const taking = () =>
      new Story().tell({ type: 'start' }).join('MEMBER_ID_REQUIRED').joined(1).sync('NONE', 0)
    const waiting = taking().pass(200_000).tell({ type: 'progress' }).pass(100_000)
    expect(waiting.wanted.slice(-2)).toEqual(['send leave', 'lose'])
    expect(waiting.account.at(-2)).toContain('listener')
    const thrownOut = taking().commitRefused('UNKNOWN_MEMBER_ID').forget().pass(300_000)
    expect(thrownOut.wanted).toEqual(['lose'])
  })

  it('counts from when the assignment was taken', () => {
    const story = new Story().tell({ type: 'start' }).join('MEMBER_ID_REQUIRED').joined(1).sync('NONE', 0)
    story.pass(200_000).taken().forget().pass(200_000)
    expect(story.wanted).not.toContain('send leave')
  })

  it('progress while the loss is still being told: joins when it has been', () => {
    const story = follower(0).pass(300_000).tell({ type: 'progress' }).forget()
    expect(story.released('lose').wanted).toEqual(['send join'])
  })
})

describe('G8: errors that end the membership', () => {
  it.each<[BrokerErrorName, string]>([
    ['INCONSISTENT_GROUP_PROTOCOL', 'partitionAssignmentStrategy'],
    ['GROUP_AUTHORIZATION_FAILED', 'READ'],
    ['INVALID_SESSION_TIMEOUT', 'group.max.session.timeout.ms'],
    ['INVALID_GROUP_ID', 'groupId'],
    ['GROUP_MAX_SIZE_REACHED', 'group.max.size'],
    ['FENCED_INSTANCE_ID', 'instance id'],
  ])('%s says what to change', (name, advice) => {
    const story = new Story({ groupInstanceId: 'i' })
      .tell({ type: 'start' })
      .join('MEMBER_ID_REQUIRED')
      .forget()
    story.join(name)
    const [action] = story.actions
    expect(action).toMatchObject({ type: 'fail', error: { fatal: true, groupId: 'g' } })
    expect(action?.type === 'fail' && action.error.message).toContain(advice)
    expect(action?.type === 'fail' && action.error.message).toContain('group g')
    expect(story.pass(1_000_000).tell({ type: 'start' }).actions).toHaveLength(1)
  })

  describe('are as final where they stand in the way of an answer', () => {
    const refused = (name: BrokerErrorName) => brokerError(errorByName(name).code, { api: 'FindCoordinator' })
    const joining = () => new Story().tell({ type: 'start' }).forget()

    it.each<[KafkaError, string, string]>([
      [refused('GROUP_AUTHORIZATION_FAILED'), 'GROUP_AUTHORIZATION_FAILED', 'grant READ on the group'],
      [refused('INVALID_GROUP_ID'), 'INVALID_GROUP_ID', 'choose another groupId'],
      [new UnsupportedVersionError('no JoinGroup in common'), 'UNSUPPORTED_VERSION', 'upgrade'],
      [new AuthenticationError('wrong password'), 'AUTHENTICATION_FAILED', 'wrong password'],
    ])('%s', (error, code, advice) => {
      for (const story of [
        joining().failed('send join', error),
        joining().joined(1).failed('send sync', error),
        follower(0).pass(3_000, { heartbeats: 'unanswered' }).failed('send heartbeat', error),
      ]) {
        const { error: told } = story.latest('fail')
        expect(told).toMatchObject({ code, fatal: true })
        expect(told.message).toContain(error.message)
        expect(told.message).toContain(advice)
        expect(story.forget().pass(1_000_000).actions).toEqual([])
      }
    })

    it('but not when they come too late, or may pass', () => {
      const late = follower(0).pass(3_000, { heartbeats: 'unanswered' })
      const { token } = late.latest('send heartbeat')
      late.heartbeat()
      late.tell({ type: 'attempt failed', token, error: new AuthenticationError('wrong password') })
      expect(late.phase).toBe('stable')
      expect(joining().failed('send join', refused('COORDINATOR_NOT_AVAILABLE')).phase).toBe('waiting')
    })

    it('while leaving: there is nobody to say goodbye to', () => {
      const story = follower(0).tell({ type: 'leave', reason: 'closed' })
      expect(story.failed('send leave', new AuthenticationError('wrong password')).phase).toBe('left')
    })
  })

  it('FENCED_INSTANCE_ID is fatal as an answer to anything', () => {
    const member = () => new Story({ groupInstanceId: 'i' }).stable(1, 0)
    expect(member().nextHeartbeat('FENCED_INSTANCE_ID').latest('fail').error.code).toBe('FENCED')
    const syncing = member().nextHeartbeat('REBALANCE_IN_PROGRESS').released('revoke').joined(2)
    expect(syncing.sync('FENCED_INSTANCE_ID').latest('fail').error.code).toBe('FENCED')
  })
})

describe('G9: leaving', () => {
  const leave = { type: 'leave', reason: 'the consumer was closed' } as const

  it('a dynamic member says goodbye, with the reason', () => {
    const story = follower(0).tell(leave)
    expect(story.actions).toMatchObject([
      { type: 'send leave', memberId: 'm1', reason: 'the consumer was closed' },
    ])
    expect(story.pass(100_000).wanted).toEqual(['send leave'])
    story.tell({ type: 'left', token: story.latest('send leave').token, errorCode: 0 })
    expect(story.phase).toBe('left')
    expect(story.account.at(-1)).toContain('left')
  })

  it('a static member stays known, and a consumer that is no member just ends', () => {
    expect(new Story({ groupInstanceId: 'i' }).stable(1, 0).tell(leave)).toMatchObject({
      actions: [],
      phase: 'left',
    })
    expect(new Story().tell(leave)).toMatchObject({ actions: [], phase: 'left' })
  })

  it('while a join is outstanding: the goodbye goes out, and the answer to the join is dropped', () => {
    const story = new Story().tell({ type: 'start' }).join('MEMBER_ID_REQUIRED').forget().tell(leave)
    expect(story.wanted).toEqual(['send leave'])
    expect(story.forget().joined(1).actions).toEqual([])
  })

  it('a coordinator that moved is told where it is now', () => {
    const story = follower(0).tell(leave).forget()
    const { token } = story.latest('send leave')
    story.tell({ type: 'left', token, errorCode: 16 })
    expect(story.wanted).toEqual(['forget coordinator'])
    expect(story.forget().pass(100).actions).toMatchObject([{ type: 'send leave', memberId: 'm1' }])
  })

  it('is said again however many heartbeats failed before', () => {
    const story = follower(0)
    for (let beat = 0; beat < 6; beat++) story.nextHeartbeat('COORDINATOR_NOT_AVAILABLE')
    story.tell(leave).forget().failed('send leave').pass(100)
    expect(story.wanted).toEqual(['forget coordinator', 'send leave'])
  })

  it('is over when the coordinator knows the member no more, and when it cannot be told after some attempts', () => {
    const gone = follower(0).tell(leave)
    gone.tell({ type: 'left', token: gone.latest('send leave').token, errorCode: 25 })
    expect(gone.phase).toBe('left')
    const unheard = follower(0).tell(leave)
    for (let attempt = 0; attempt < 5; attempt++) unheard.failed('send leave').pass(1_000)
    expect(unheard.phase).toBe('left')
  })

  it('a static member leaves where it is told to, a dynamic one stays where it is told to', () => {
    const story = new Story({ groupInstanceId: 'i' }).stable(1, 0).tell({ ...leave, leaveGroup: true })
    expect(story.actions).toMatchObject([{ type: 'send leave', memberId: 'm1' }])
    const dynamic = follower(0).tell({ ...leave, leaveGroup: false })
    expect(dynamic).toMatchObject({ actions: [], phase: 'left' })
    expect(dynamic.account).toMatchObject([expect.stringContaining('ends as member m1 without leaving')])
  })

  it('a static member says for how long the group keeps its place', () => {
    const story = new Story({ groupInstanceId: 'i', sessionTimeoutMs: 9_000 }).stable(1, 0).tell(leave)
    expect(story.account).toMatchObject([expect.stringMatching(/as instance i without leaving.*\(9000 ms\)/)])
  })

  it('nothing happens afterwards', () => {
    const story = follower(0).tell(leave)
    story.tell({ type: 'left', token: story.latest('send leave').token, errorCode: 0 }).forget()
    story.tell({ type: 'start' }).tell({ type: 'progress' }).tell(leave).pass(1_000_000)
    expect(story.actions).toEqual([])
  })
})

describe('the account of a rebalance', () => {
  it('reads as a person would tell it', () => {
    const story = new Story().tell({ type: 'start' }).join('MEMBER_ID_REQUIRED')
    story.joined(1).sync('NONE', 0, 2).taken()
    story.nextHeartbeat('REBALANCE_IN_PROGRESS').released('revoke').joined(2).sync('NONE').taken()
    expect(story.account.filter((line) => !line.startsWith('debug'))).toEqual([
      'info: joining, for orders',
      'info: joined as member m1 in generation 1, assignor range',
      'info: assigned orders 0, 2 in generation 1; heartbeat every 3000 ms',
      'info: stopped and joining again, because the group rebalances',
      'info: joined as member m1 in generation 2, assignor range',
      'info: assigned nothing in generation 2; heartbeat every 3000 ms',
      'info: idle, for it was given no partitions; standing by',
    ])
  })
})
