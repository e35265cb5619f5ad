// How a member gets from what it owns to what the coordinator wants it to own: the rules, one story each.
import { describe, expect, it } from 'vitest'
import { idOf, ids, partitions, Story } from './story.ts'

const member = (...numbers: number[]) => new Story().stable(3, { orders: numbers })

describe('reconciliation', () => {
  it('N2: gives up what is not wanted any more, and says so before anything else', () => {
    const story = member(0, 1, 2)
      .targeted(3, { orders: [0] })
      .forget()
    expect(story.phase).toBe('revoking')
    expect(story.latest('revoke').partitions).toEqual(partitions({ orders: [1, 2] }))
    story.released('revoke')
    expect(story.actions).toMatchObject([
      { type: 'send heartbeat', isFull: false, owned: ids({ orders: [0] }) },
      { type: 'take', all: partitions({ orders: [0] }), added: [] },
    ])
  })

  it('says it once, not again when the application has been told', () => {
    const story = member(0, 1)
      .targeted(3, { orders: [0] })
      .released('revoke')
      .heartbeat()
      .forget()
      .taken()
    expect(story.wanted).toEqual([])
    expect(story.phase).toBe('member')
  })

  it('N2: takes what is new beside what it has, and says so when the application was told', () => {
    const story = member(0).targeted(4, { orders: [0, 1] })
    expect(story.latest('take')).toMatchObject({
      all: partitions({ orders: [0, 1] }),
      added: partitions({ orders: [1] }),
    })
    story.forget().taken()
    expect(story.actions).toMatchObject([
      { type: 'send heartbeat', epoch: 4, owned: ids({ orders: [0, 1] }) },
    ])
  })

  it('gives up before it takes', () => {
    const story = member(0, 1)
      .targeted(4, { orders: [1, 2] })
      .forget()
    expect(story.latest('revoke').partitions).toEqual(partitions({ orders: [0] }))
    expect(story.wanted).not.toContain('take')
    story.released('revoke').heartbeat()
    expect(story.latest('take').added).toEqual(partitions({ orders: [2] }))
    expect(story.owned).toEqual(['orders 1', 'orders 2'])
  })

  it('takes nothing while the coordinator may give it to others, for it was told that it is not owned', () => {
    const story = new Story().start()
    story.areTopicsKnown = false
    story.heartbeat('NONE', { epoch: 4, assignment: { orders: [0] } }).failed('send heartbeat')
    // Fails once more, with all there is to say: that nothing is owned yet.
    story.pass(5_000, { heartbeats: 'unanswered' }).failed('send heartbeat')
    story.pass(100, { heartbeats: 'unanswered' })
    expect(story.latest('send heartbeat').owned).toEqual([])
    story.named()
    expect(story.wanted).not.toContain('take')
    story.heartbeat('NONE', { epoch: 5, assignment: { orders: [1] } })
    expect(story.latest('take').added).toEqual(partitions({ orders: [1] }))
  })

  it('heartbeats go on while the application gives up or takes', () => {
    const giving = member(0, 1)
      .targeted(3, { orders: [0] })
      .forget()
    expect(giving.pass(15_000).wanted).toEqual(['send heartbeat', 'send heartbeat', 'send heartbeat'])
    expect(giving.latest('send heartbeat').owned).toBeUndefined()
    const taking = member(0)
      .targeted(3, { orders: [0, 1] })
      .forget()
    expect(taking.pass(15_000).wanted).toEqual(['send heartbeat', 'send heartbeat', 'send heartbeat'])
  })

  it('N2: a newer target, while one is given up: what it wants gone as well follows', () => {
    const story = member(0, 1, 2)
      .targeted(3, { orders: [0, 1] })
      .targeted(3, { orders: [0] })
      .forget()
    story.released('revoke')
    expect(story.latest('revoke').partitions).toEqual(partitions({ orders: [1] }))
    expect(story.actions[0]).toMatchObject({ type: 'send heartbeat', owned: ids({ orders: [0, 1] }) })
    story.heartbeat().released('revoke')
    expect(story.latest('take')).toMatchObject({ all: partitions({ orders: [0] }), added: [] })
  })

  it('N2: a newer target, while one is taken: the older is not begun', () => {
    const story = member(0).targeted(4, { orders: [0, 1] })
    story
      .targeted(5, { orders: [0, 1, 2] })
      .targeted(6, { orders: [0, 3] })
      .forget()
    story.taken()
    expect(story.latest('revoke').partitions).toEqual(partitions({ orders: [1] }))
    story.heartbeat().released('revoke').heartbeat()
    expect(story.latest('take').added).toEqual(partitions({ orders: [3] }))
    story.taken().heartbeat()
    expect(story.owned).toEqual(['orders 0', 'orders 3'])
    expect(story.phase).toBe('member')
  })

  it('N2: a newer target that wants back what was given up: it is taken anew', () => {
    const story = member(0, 1)
      .targeted(3, { orders: [0] })
      .targeted(4, { orders: [0, 1] })
    story.released('revoke').heartbeat()
    expect(story.latest('take')).toMatchObject({ added: partitions({ orders: [1] }) })
  })

  it('a newer target that is what it has: nobody is told, but the coordinator waits for a word', () => {
    const story = member(0)
    story.areTopicsKnown = false
    story.targeted(5, { orders: [0], payments: [1] }).targeted(6, { orders: [0] })
    expect(story.actions.at(-1)).toMatchObject({
      type: 'send heartbeat',
      epoch: 6,
      owned: ids({ orders: [0] }),
    })
    expect(story.wanted).not.toContain('take')
    expect(story.phase).toBe('member')
  })

  it('the same target again changes nothing', () => {
    const story = member(0, 1)
    story.nextHeartbeat('NONE', { epoch: 3, assignment: { orders: [1, 0] } })
    expect(story.wanted).toEqual(['send heartbeat'])
  })

  it('a partition named twice is one', () => {
    const story = new Story().start().heartbeat('NONE', { epoch: 1, assignment: { orders: [1, 0, 1] } })
    expect(story.latest('take').all).toEqual(partitions({ orders: [0, 1] }))
  })

  it('a topic that was deleted and made anew under its name: the old is given up, the new taken', () => {
    const story = member(0)
    const { token } = story.pass(5_000, { heartbeats: 'unanswered' }).latest('send heartbeat')
    story.areTopicsKnown = false
    story.tell({
      type: 'heartbeat answered',
      token,
      errorCode: 0,
      errorMessage: null,
      epoch: 4,
      heartbeatIntervalMs: 5_000,
      assignment: [{ topicId: 'orders#2', partitions: [0] }],
    })
    expect(story.latest('revoke').partitions).toEqual(partitions({ orders: [0] }))
    story.released('revoke')
    const { ids, token: question } = story.latest('name topics')
    expect(ids).toEqual(['orders#2'])
    story.tell({ type: 'topics named', token: question, names: new Map([['orders#2', 'orders']]) })
    expect(story.latest('take').added).toEqual(partitions({ orders: [0] }))
  })
})

describe('topics without a name', () => {
  const unknown = () => {
    const story = new Story().start()
    story.areTopicsKnown = false
    return story.heartbeat('NONE', { epoch: 1, assignment: { orders: [0], payments: [0] } })
  }

  it('N2: are asked for before anything is taken', () => {
    const story = unknown()
    expect(story.latest('name topics').ids).toEqual([idOf('orders'), idOf('payments')])
    expect(story.wanted).not.toContain('take')
    story.named()
    expect(story.latest('take').all).toEqual(partitions({ orders: [0], payments: [0] }))
  })

  it('N2: that stay unknown hold up none of the others, and the target is acknowledged as far as it is resolved', () => {
    const story = unknown().named('orders')
    expect(story.latest('take').all).toEqual(partitions({ orders: [0] }))
    story.taken()
    expect(story.latest('send heartbeat').owned).toEqual(ids({ orders: [0] }))
    story.heartbeat()
    story.forget().pass(100)
    expect(story.actions).toMatchObject([{ type: 'name topics', ids: [idOf('payments')] }])
    story.named('payments')
    expect(story.latest('take').added).toEqual(partitions({ payments: [0] }))
    expect(story.forget().taken().actions).toMatchObject([
      { type: 'send heartbeat', owned: ids({ orders: [0], payments: [0] }) },
    ])
  })

  it('N2: a target of nothing but unknown topics is acknowledged with what is owned', () => {
    const story = member(0)
    story.areTopicsKnown = false
    story
      .targeted(4, { orders: [0], payments: [1] })
      .forget()
      .failed('name topics')
    expect(story.actions).toMatchObject([{ type: 'send heartbeat', owned: ids({ orders: [0] }) }])
  })

  it('do not keep others from being given up', () => {
    const story = member(0, 1)
    story.areTopicsKnown = false
    story.targeted(4, { orders: [0], payments: [1] })
    expect(story.latest('revoke').partitions).toEqual(partitions({ orders: [1] }))
  })

  it('are asked for again and again, later each time', () => {
    const story = unknown().failed('name topics').taken().heartbeat().forget()
    const delays: number[] = []
    for (let attempt = 0; attempt < 6; attempt++) {
      const start = story.now
      while (!story.wanted.includes('name topics')) story.pass(50)
      delays.push(story.now - start)
      story.forget().failed('name topics')
    }
    expect(delays).toEqual([100, 200, 400, 800, 1_000, 1_000])
  })

  it('that stay unknown are told of loudly, once', () => {
    const story = unknown().failed('name topics').taken().heartbeat()
    for (let attempt = 0; attempt < 20; attempt++) story.pass(1_000).failed('name topics')
    const warnings = story.account.filter((line) => line.startsWith('warn'))
    expect(warnings).toEqual([expect.stringMatching(/names no broker tells.*orders#1, payments#1.*DESCRIBE/)])
  })

  it('of a target that was replaced are not waited for', () => {
    const story = unknown().targeted(2, { payments: [0] })
    expect(story.latest('name topics').ids).toEqual([idOf('payments')])
    story.named()
    expect(story.latest('take').all).toEqual(partitions({ payments: [0] }))
  })

  it('a name that comes late is true all the same', () => {
    const story = unknown()
    const { token } = story.latest('name topics')
    story.failed('name topics').taken().heartbeat()
    story.tell({ type: 'topics named', token, names: new Map([[idOf('payments'), 'payments']]) })
    expect(story.latest('take').added).toEqual(partitions({ payments: [0] }))
  })
})
