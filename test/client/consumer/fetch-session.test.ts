import { describe, expect, it } from 'vitest'
import {
  type FetchPlan,
  type FetchSession,
  NO_SESSION,
  planClose,
  planFetch,
  type SessionAnswer,
  sessionAfterAnswer,
  sessionAfterFailure,
  type WantedPartition,
} from '../../../src/client/consumer/fetch-session.ts'

const ID_NOT_FOUND = 70
const INVALID_EPOCH = 71

function wanted(partition: number, fetchOffset = 0, more: Partial<WantedPartition> = {}): WantedPartition {
  const at = { key: `t-${partition}`, topic: 't', topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partition }
  return { ...at, fetchOffset, currentLeaderEpoch: 1, maxBytes: 1000, ...more }
}

function answer(keys: readonly (string | undefined)[], more: Partial<SessionAnswer> = {}): SessionAnswer {
  return { errorCode: 0, sessionId: 7, throttleTimeMs: 0, keys, ...more }
}

/** A session that has these partitions, after its first answer. */
function established(...partitions: readonly WantedPartition[]): FetchSession {
  const plan = planFetch(NO_SESSION, partitions)
  const verdict = sessionAfterAnswer(plan, answer(partitions.map(({ key }) => key)))
  expect(verdict.use).toBe(true)
  return verdict.session
}

function summary({ sessionId, sessionEpoch, isFull, send, forget }: FetchPlan) {
  const names = (list: readonly { key: string }[]) => list.map(({ key }) => key)
  return { sessionId, sessionEpoch, isFull, send: names(send), forget: names(forget) }
}

describe('F4: a fetch session', () => {
  it('is asked for with id 0, epoch 0 and all partitions, and goes on at epoch 1 with what changed', () => {
    const first = planFetch(NO_SESSION, [wanted(0), wanted(1)])
    expect(summary(first)).toEqual({
      sessionId: 0,
      sessionEpoch: 0,
      isFull: true,
      send: ['t-0', 't-1'],
      forget: [],
    })
    const { session } = sessionAfterAnswer(first, answer(['t-0', 't-1']))
    const second = planFetch(session, [wanted(0, 5), wanted(1)])
    expect(summary(second)).toEqual({
      sessionId: 7,
      sessionEpoch: 1,
      isFull: false,
      send: ['t-0'],
      forget: [],
    })
  })

  it('names what is wanted no more, and what is new', () => {
    const plan = planFetch(established(wanted(0), wanted(1)), [wanted(1), wanted(2)])
    expect(summary(plan)).toMatchObject({ send: ['t-2'], forget: ['t-0'] })
  })

  it('sends a partition again whose leader epoch or limit changed', () => {
    const session = established(wanted(0), wanted(1), wanted(2))
    const plan = planFetch(session, [
      wanted(0, 0, { currentLeaderEpoch: 2 }),
      wanted(1, 0, { maxBytes: 5 }),
      wanted(2),
    ])
    expect(summary(plan).send).toEqual(['t-0', 't-1'])
  })

  it('forgets the old id of a topic that was made anew, and adds the new one', () => {
    const anew = wanted(0, 0, { topicId: 'AAAAAAAAAAAAAAAAAAAAAg' })
    const plan = planFetch(established(wanted(0)), [anew])
    expect(plan.send).toEqual([anew])
    expect(plan.forget.map(({ topicId }) => topicId)).toEqual(['AAAAAAAAAAAAAAAAAAAAAQ'])
  })

  it('remembers what an answered request changed, though the answer did not have it', () => {
    const plan = planFetch(established(wanted(0), wanted(1)), [wanted(0, 5), wanted(1)])
    const { session } = sessionAfterAnswer(plan, answer([]))
    expect(summary(planFetch(session, [wanted(0, 5), wanted(1)]))).toMatchObject({
      sessionEpoch: 2,
      send: [],
    })
  })

  it('counts its epoch from 2^31-1 back to 1, not to 0', () => {
    const session = { ...established(wanted(0)), epoch: 0x7fff_ffff }
    const after = sessionAfterAnswer(planFetch(session, [wanted(0)]), answer([]))
    expect(after.session.epoch).toBe(1)
  })

  it('starts from nothing when the broker does not know it: id 0, epoch 0', () => {
    const plan = planFetch(established(wanted(0)), [wanted(0)])
    const verdict = sessionAfterAnswer(plan, answer([], { errorCode: ID_NOT_FOUND, sessionId: 0 }))
    expect(verdict.use).toBe(false)
    expect(summary(planFetch(verdict.session, [wanted(0)]))).toMatchObject({ sessionId: 0, sessionEpoch: 0 })
  })

  it.each([
    [
      'any other session error',
      (plan: FetchPlan) => sessionAfterAnswer(plan, answer([], { errorCode: INVALID_EPOCH })).session,
    ],
    ['a fetch that got no answer', (plan: FetchPlan) => sessionAfterFailure(plan)],
  ])('after %s names the old id with epoch 0 and all partitions, which closes it', (_, after) => {
    const session = after(planFetch(established(wanted(0), wanted(1)), [wanted(0), wanted(1)]))
    expect(summary(planFetch(session, [wanted(0), wanted(1)]))).toEqual({
      sessionId: 7,
      sessionEpoch: 0,
      isFull: true,
      send: ['t-0', 't-1'],
      forget: [],
    })
  })

  it('is none when an answer has id 0: the next fetch is full', () => {
    const plan = planFetch(NO_SESSION, [wanted(0)])
    const { session, use } = sessionAfterAnswer(plan, answer(['t-0'], { sessionId: 0 }))
    expect(use).toBe(true)
    expect(summary(planFetch(session, [wanted(0)]))).toMatchObject({
      sessionId: 0,
      sessionEpoch: 0,
      isFull: true,
    })
  })

  it('does not use a full answer that lacks a partition', () => {
    const plan = planFetch(NO_SESSION, [wanted(0), wanted(1)])
    const verdict = sessionAfterAnswer(plan, answer(['t-0']))
    expect(verdict).toMatchObject({ use: false, session: NO_SESSION, reason: expect.stringContaining('t-1') })
  })

  it('does not use an answer with a partition that the session does not have', () => {
    const session = established(wanted(0))
    const plan = planFetch(session, [wanted(0)])
    for (const key of ['t-9', undefined]) {
      const verdict = sessionAfterAnswer(plan, answer([key]))
      expect(verdict).toMatchObject({ use: false, session: { id: 7, epoch: 0 } })
    }
  })

  it('finds nothing wrong with an empty full answer of a broker that throttles', () => {
    const plan = planFetch(NO_SESSION, [wanted(0)])
    const verdict = sessionAfterAnswer(plan, answer([], { sessionId: 0, throttleTimeMs: 100 }))
    expect(verdict).toMatchObject({
      use: false,
      session: NO_SESSION,
      reason: expect.stringContaining('throttles'),
    })
  })

  it('is made anew when topic ids come to be known, or not: they are not mixed', () => {
    const session = established(wanted(0))
    const plan = planFetch(session, [wanted(0, 0, { topicId: undefined })])
    expect(summary(plan)).toMatchObject({ sessionId: 7, sessionEpoch: 0, isFull: true })
    expect(plan.usesTopicIds).toBe(false)
  })

  it('is ended by its id with epoch -1, if there is one', () => {
    expect(planClose(established(wanted(0)))).toEqual({ sessionId: 7, sessionEpoch: -1 })
    expect(planClose(NO_SESSION)).toBeUndefined()
  })
})
