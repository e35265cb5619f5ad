// How a member joins a group whose coordinator assigns, stays, and is put out: the rules, one story each.
import { describe, expect, it } from 'vitest'
import { AuthenticationError, type KafkaError, UnsupportedVersionError } from '../../../src/errors.ts'
import { type BrokerErrorName, brokerError, errorByName } from '../../../src/protocol/error-codes.ts'
import { ids, partitions, Story } from './story.ts'

const member = (...numbers: number[]) => new Story().stable(3, { orders: numbers })
const STATIC = { groupInstanceId: 'i1' }

describe('joining', () => {
  it('N1: joins with epoch 0, all there is to say and nothing owned', () => {
    const story = new Story({}, { topics: ['orders', 'payments'] }).start()
    expect(story.actions).toEqual([
      {
        type: 'send heartbeat',
        token: expect.any(Number),
        epoch: 0,
        isFull: true,
        subscription: { topics: ['orders', 'payments'], pattern: null },
        owned: [],
      },
    ])
  })

  it('takes what it is assigned, is stable when the application has, and says so at once', () => {
    const story = new Story().start().forget()
    story.heartbeat('NONE', { epoch: 4, assignment: { orders: [0, 2] } })
    const both = partitions({ orders: [0, 2] })
    expect(story.actions).toMatchObject([{ type: 'take', all: both, added: both }])
    expect(story.phase).toBe('taking')
    story.forget().taken()
    expect(story.phase).toBe('member')
    expect(story.actions).toEqual([
      {
        type: 'send heartbeat',
        token: expect.any(Number),
        epoch: 4,
        isFull: false,
        subscription: undefined,
        owned: ids({ orders: [0, 2] }),
      },
    ])
  })

  it('tells the application of an assignment of nothing, too', () => {
    const story = new Story().start().forget().heartbeat('NONE', { epoch: 1, assignment: {} })
    expect(story.actions).toMatchObject([{ type: 'take', all: [], added: [] }])
    expect(story.taken().phase).toBe('member')
  })

  it('N1: heartbeats at the interval that the broker names, with ids and epoch alone', () => {
    const story = new Story()
      .start()
      .heartbeat('NONE', { epoch: 1, assignment: {}, heartbeatIntervalMs: 700 })
    story.taken().heartbeat('NONE', { heartbeatIntervalMs: 700 }).forget()
    expect(story.pass(699).wanted).toEqual([])
    story.pass(1, { heartbeats: 'unanswered' })
    expect(story.actions).toEqual([
      {
        type: 'send heartbeat',
        token: expect.any(Number),
        epoch: 1,
        isFull: false,
        subscription: undefined,
        owned: undefined,
      },
    ])
  })

  it('N1: one heartbeat at a time: what is news meanwhile is said when it is answered', () => {
    const story = member(0)
    story.pass(5_000, { heartbeats: 'unanswered' }).forget()
    story.tell({ type: 'subscribe', subscription: { topics: ['payments'], pattern: null } })
    story.pass(10_000, { heartbeats: 'unanswered' })
    expect(story.wanted).toEqual([])
    expect(story.heartbeat().actions).toMatchObject([
      { type: 'send heartbeat', isFull: false, subscription: { topics: ['payments'] }, owned: undefined },
    ])
  })

  it('an interval of nothing is not believed', () => {
    const story = new Story().start().heartbeat('NONE', { epoch: 1, assignment: {}, heartbeatIntervalMs: 0 })
    story.taken().heartbeat('NONE', { heartbeatIntervalMs: -1 }).forget()
    expect(story.pass(4_999).wanted).toEqual([])
  })

  it('a subscription that changes is told at once; the same again is not', () => {
    const story = member(0)
    story.tell({ type: 'subscribe', subscription: { topics: ['orders'], pattern: null } })
    expect(story.wanted).toEqual([])
    story.tell({ type: 'subscribe', subscription: { topics: ['orders'], pattern: 'eu\\..*' } })
    expect(story.actions).toMatchObject([
      { type: 'send heartbeat', subscription: { topics: ['orders'], pattern: 'eu\\..*' } },
    ])
  })

  it('a subscription that changes while it joins is told when it has joined', () => {
    const story = new Story().start().forget()
    story.tell({ type: 'subscribe', subscription: { topics: ['payments'], pattern: null } })
    expect(story.wanted).toEqual([])
    story.heartbeat('NONE', { epoch: 1, assignment: {} })
    expect(story.latest('send heartbeat')).toMatchObject({ epoch: 1, subscription: { topics: ['payments'] } })
  })

  it('an answer that names no epoch of a member makes none', () => {
    const story = new Story()
      .start()
      .forget()
      .heartbeat('NONE', { epoch: -1, assignment: { orders: [0] } })
    expect(story.phase).toBe('joining')
    expect(story.wanted).toEqual([])
    expect(story.pass(5_000, { heartbeats: 'unanswered' }).actions).toMatchObject([
      { type: 'send heartbeat', epoch: 0, isFull: true },
    ])
  })
})

describe('after a failure', () => {
  it('N1: a lost answer: all there is to say once more, with what is owned', () => {
    const story = member(0, 1).pass(5_000, { heartbeats: 'unanswered' }).forget().failed('send heartbeat')
    expect(story.wanted).toEqual(['forget coordinator'])
    expect(story.forget().pass(100, { heartbeats: 'unanswered' }).actions).toMatchObject([
      {
        type: 'send heartbeat',
        epoch: 3,
        isFull: true,
        subscription: { topics: ['orders'] },
        owned: ids({ orders: [0, 1] }),
      },
    ])
  })

  it('N1: what is being given up is owned until it is, and what is being taken from the beginning', () => {
    const giving = member(0, 1)
      .targeted(3, { orders: [0] })
      .pass(5_000, { heartbeats: 'unanswered' })
    giving.failed('send heartbeat').pass(100, { heartbeats: 'unanswered' })
    expect(giving.latest('send heartbeat').owned).toEqual(ids({ orders: [0, 1] }))
    const taking = member(0)
      .targeted(4, { orders: [0, 1] })
      .pass(5_000, { heartbeats: 'unanswered' })
    taking.failed('send heartbeat').pass(100, { heartbeats: 'unanswered' })
    expect(taking.latest('send heartbeat').owned).toEqual(ids({ orders: [0, 1] }))
  })

  it('backs off longer and longer, up to retryBackoffMaxMs, and shortly again after a success', () => {
    const story = new Story().start()
    const delays: number[] = []
    for (let attempt = 0; attempt < 6; attempt++) {
      if (attempt === 5) story.heartbeat('NONE', { epoch: 1, assignment: {} }).taken()
      story.failed('send heartbeat').forget()
      const start = story.now
      while (story.wanted.length === 0) story.pass(50, { heartbeats: 'unanswered' })
      delays.push(story.now - start)
    }
    expect(delays).toEqual([100, 200, 400, 800, 1_000, 100])
  })

  it('N3: COORDINATOR_LOAD_IN_PROGRESS: again after a while, at the same coordinator', () => {
    const story = member(0).nextHeartbeat('COORDINATOR_LOAD_IN_PROGRESS')
    expect(story.wanted).toEqual(['send heartbeat'])
    expect(story.forget().pass(99).wanted).toEqual([])
    expect(story.pass(1, { heartbeats: 'unanswered' }).actions).toMatchObject([{ isFull: true, epoch: 3 }])
  })

  it.each<BrokerErrorName>(['NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE'])(
    'N3: %s: the coordinator is found again, and asked at once; if that is no better, after a while',
    (error) => {
      const story = member(0).nextHeartbeat()
      story.forget().nextHeartbeat(error)
      expect(story.wanted).toEqual(['send heartbeat', 'forget coordinator', 'send heartbeat'])
      expect(story.latest('send heartbeat')).toMatchObject({ isFull: true })
      expect(story.forget().heartbeat(error).wanted).toEqual(['forget coordinator'])
      expect(story.forget().pass(200, { heartbeats: 'unanswered' }).wanted).toEqual(['send heartbeat'])
    },
  )

  it('N3: TOPIC_AUTHORIZATION_FAILED: reported once, and the membership goes on', () => {
    const story = member(0).nextHeartbeat('TOPIC_AUTHORIZATION_FAILED').forget()
    for (let i = 0; i < 3; i++) story.nextHeartbeat('TOPIC_AUTHORIZATION_FAILED')
    expect(story.wanted).not.toContain('report')
    expect(story.phase).toBe('member')
    expect(story.latest('report').error.code).toBe('TOPIC_AUTHORIZATION_FAILED')
    story.nextHeartbeat().forget().nextHeartbeat('TOPIC_AUTHORIZATION_FAILED')
    expect(story.wanted).toContain('report')
    expect(story.account.filter((line) => line.startsWith('warn'))).toEqual([])
  })

  it('a code that no rule names is tried again, and told', () => {
    const story = member(0).nextHeartbeat('INVALID_TXN_STATE')
    expect(story.account.at(-1)).toMatch(/^warn: a heartbeat failed and is tried again.*INVALID_TXN_STATE/)
    expect(story.phase).toBe('member')
  })

  it.each<BrokerErrorName>([
    'INVALID_REQUEST',
    'UNSUPPORTED_ASSIGNOR',
    'INVALID_REGULAR_EXPRESSION',
    'GROUP_AUTHORIZATION_FAILED',
    'GROUP_MAX_SIZE_REACHED',
    'UNSUPPORTED_VERSION',
    'INVALID_GROUP_ID',
    'GROUP_ID_NOT_FOUND',
  ])('N3: %s on joining is final, and says what to change', (error) => {
    const story = new Story().start().heartbeat(error, { errorMessage: 'Because.' })
    expect(story.phase).toBe('failed')
    const failure: KafkaError = story.latest('fail').error
    expect(failure).toMatchObject({ code: error, fatal: true, groupId: 'g' })
    expect(failure.message).toMatch(/The broker says: Because\. What to do: /)
  })

  it('N3: a failure is final, too, where no common version, credentials or permission is the matter', () => {
    const failures = [
      new UnsupportedVersionError('ConsumerGroupHeartbeat: we speak 0 to 1, the broker none'),
      new AuthenticationError('wrong password'),
      brokerError(errorByName('GROUP_AUTHORIZATION_FAILED').code),
    ]
    for (const failure of failures) {
      const story = new Story().start().failed('send heartbeat', failure)
      expect(story.phase).toBe('failed')
      expect(story.latest('fail').error).toMatchObject({ code: failure.code, fatal: true })
    }
    const old = new Story().start().failed('send heartbeat', failures[0])
    expect(old.latest('fail').error.message).toMatch(/Kafka 4\.0.*groupProtocol to 'classic'/)
  })

  it('N3: FENCED_INSTANCE_ID is final: what is owned is lost', () => {
    const story = new Story(STATIC).stable(3, { orders: [0] }).nextHeartbeat('FENCED_INSTANCE_ID')
    expect(story.latest('fail').error).toMatchObject({ code: 'FENCED', fatal: true })
    expect(story.account.at(-1)).toMatch(/^warn: lost orders 0/)
    expect(story.owned).toEqual([])
  })
})

describe('being put out', () => {
  it.each<BrokerErrorName>(['FENCED_MEMBER_EPOCH', 'UNKNOWN_MEMBER_ID', 'GROUP_ID_NOT_FOUND'])(
    'N3: %s: everything is lost; when that is told, joins again with epoch 0',
    (error) => {
      const story = member(0, 1).nextHeartbeat(error)
      const lost = partitions({ orders: [0, 1] })
      expect(story.actions.slice(1)).toMatchObject([{ type: 'lose', partitions: lost }])
      expect(story.phase).toBe('releasing')
      story.forget().pass(60_000)
      expect(story.wanted).toEqual([])
      expect(story.released('lose').actions).toMatchObject([
        { type: 'send heartbeat', epoch: 0, isFull: true, owned: [] },
      ])
    },
  )

  it('N2: what was being given up when it is fenced is lost with the rest, and not acknowledged', () => {
    const story = member(0, 1)
      .targeted(3, { orders: [0] })
      .nextHeartbeat('FENCED_MEMBER_EPOCH')
    expect(story.latest('lose').partitions).toEqual(partitions({ orders: [0, 1] }))
    story.forget().released('revoke')
    expect(story.wanted).toEqual([])
    expect(story.phase).toBe('releasing')
  })

  it('N2: what was being taken when it is fenced is lost with the rest, and not acknowledged', () => {
    const story = member(0)
      .targeted(4, { orders: [0, 1] })
      .nextHeartbeat('UNKNOWN_MEMBER_ID')
    expect(story.latest('lose').partitions).toEqual(partitions({ orders: [0, 1] }))
    story.forget().taken()
    expect(story.wanted).toEqual([])
    story.released('lose').heartbeat('NONE', { epoch: 6, assignment: { orders: [1] } })
    expect(story.latest('take').all).toEqual(partitions({ orders: [1] }))
  })

  it('an answer to a heartbeat of the former membership changes nothing', () => {
    const story = member(0).pass(5_000, { heartbeats: 'unanswered' })
    const { token } = story.latest('send heartbeat')
    story.commitRefused('UNKNOWN_MEMBER_ID').released('lose').forget()
    story.heartbeat('FENCED_MEMBER_EPOCH', { token })
    story.heartbeat('NONE', { token, epoch: 3, assignment: { orders: [0] } })
    expect(story.phase).toBe('joining')
    expect(story.wanted).toEqual([])
  })

  it('a join that is fenced, as brokers before 4.2 do, is tried again after a while', () => {
    const story = member(0).nextHeartbeat('FENCED_MEMBER_EPOCH').released('lose').forget()
    expect(story.heartbeat('FENCED_MEMBER_EPOCH').wanted).toEqual([])
    expect(story.pass(100, { heartbeats: 'unanswered' }).actions).toMatchObject([
      { type: 'send heartbeat', epoch: 0, owned: [] },
    ])
  })

  it('without partitions there is nothing to lose, and it says that it joins again', () => {
    const story = new Story().stable(1, {}).nextHeartbeat('UNKNOWN_MEMBER_ID')
    expect(story.account.at(-1)).toMatch(/^info: joining again, because the coordinator has given up/)
    expect(story.latest('lose').partitions).toEqual([])
  })

  it('a commit refused with UNKNOWN_MEMBER_ID says the same, under the epoch that holds', () => {
    expect(member(0).commitRefused('UNKNOWN_MEMBER_ID', 2).wanted).toEqual([])
    expect(member(0).commitRefused('UNKNOWN_MEMBER_ID').wanted).toEqual(['lose'])
  })

  it('O3: a commit refused with STALE_MEMBER_EPOCH asks for the newer epoch, with all there is to say', () => {
    const story = member(0).commitRefused('STALE_MEMBER_EPOCH')
    expect(story.actions).toMatchObject([{ type: 'send heartbeat', isFull: true, epoch: 3 }])
    expect(story.forget().commitRefused('STALE_MEMBER_EPOCH').wanted).toEqual([])
  })

  it('a commit refused because the coordinator moved, or because it is fenced', () => {
    expect(member(0).commitRefused('NOT_COORDINATOR').wanted).toEqual(['forget coordinator'])
    expect(member(0).commitRefused('REBALANCE_IN_PROGRESS').wanted).toEqual([])
    expect(new Story(STATIC).stable(3, {}).commitRefused('FENCED_INSTANCE_ID').phase).toBe('failed')
  })

  it('no answer for the session timeout: hands out nothing, looks for the coordinator, and asks it', () => {
    const story = member(0).pass(44_999, { heartbeats: 'unanswered' }).forget()
    story.pass(1, { heartbeats: 'unanswered' })
    expect(story.wanted).toEqual(['suspend', 'drop connection', 'forget coordinator', 'send heartbeat'])
    expect(story.latest('send heartbeat')).toMatchObject({ isFull: true, epoch: 3 })
    expect(story.forget().heartbeat().actions).toEqual([{ type: 'suspend', suspended: false }])
    expect(story.account).toEqual(['info: the coordinator answers again, and the membership still holds'])
  })

  it('a heartbeat that is not due is not missed', () => {
    const story = new Story().start()
    story.heartbeat('NONE', { epoch: 1, assignment: {}, heartbeatIntervalMs: 60_000 }).taken()
    story
      .heartbeat('NONE', { heartbeatIntervalMs: 60_000 })
      .forget()
      .pass(119_999, { heartbeats: 'unanswered' })
    expect(story.wanted).toEqual(['send heartbeat'])
    expect(story.pass(1, { heartbeats: 'unanswered' }).wanted).toContain('suspend')
  })

  it('suspended and put out: what it is given next is handed out', () => {
    const story = member(0).pass(45_000, { heartbeats: 'unanswered' }).heartbeat('UNKNOWN_MEMBER_ID')
    story
      .released('lose')
      .forget()
      .heartbeat('NONE', { epoch: 5, assignment: { orders: [0] } })
    expect(story.wanted).toEqual(['suspend', 'take'])
    expect(story.latest('suspend').suspended).toBe(false)
  })
})
