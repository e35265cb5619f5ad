// Static members: the rules, one story each.
import { describe, expect, it } from 'vitest'
import { Story } from './story.ts'

const STATIC = { groupInstanceId: 'i1' }

describe('a static member', () => {
  const joining = () => new Story(STATIC).start()

  it('N3: UNRELEASED_INSTANCE_ID: tried for the session timeout, for a killed one is released then', () => {
    const story = joining()
    for (let i = 0; i < 45; i++)
      story.heartbeat('UNRELEASED_INSTANCE_ID').pass(1_000, { heartbeats: 'unanswered' })
    expect(story.phase).toBe('joining')
    expect(story.account.filter((line) => line.startsWith('warn'))).toEqual([
      expect.stringMatching(/groupInstanceId 'i1' is in use by another consumer/),
    ])
    expect(story.heartbeat('NONE', { epoch: 9, assignment: { orders: [0] } }).phase).toBe('taking')
  })

  it('N3: then it is final', () => {
    const story = joining()
    for (let i = 0; i < 60 && story.phase === 'joining'; i++) {
      story.heartbeat('UNRELEASED_INSTANCE_ID').pass(1_000, { heartbeats: 'unanswered' })
    }
    expect(story.phase).toBe('failed')
    expect(story.now).toBeGreaterThan(1_000 + 45_000)
    expect(story.now).toBeLessThan(1_000 + 50_000)
    const { error } = story.latest('fail')
    expect(error).toMatchObject({ code: 'UNRELEASED_INSTANCE_ID', fatal: true })
    expect(error.message).toMatch(/stop the other consumer/)
  })

  it('a newcomer releases nobody else', () => {
    expect(joining().heartbeat('UNRELEASED_INSTANCE_ID').wanted).not.toContain('send leave')
  })

  it('whose join was not answered may be the other one itself: it releases the id with its own member id', () => {
    const story = joining().failed('send heartbeat').pass(100, { heartbeats: 'unanswered' })
    story.forget().heartbeat('UNRELEASED_INSTANCE_ID')
    expect(story.actions).toMatchObject([{ type: 'send leave', epoch: -2 }])
    story.left('NONE').pass(200, { heartbeats: 'unanswered' })
    expect(story.latest('send heartbeat')).toMatchObject({ epoch: 0 })
    // Then it is somebody else after all.
    story.forget().heartbeat('UNRELEASED_INSTANCE_ID')
    expect(story.wanted).toEqual([])
    expect(story.account.some((line) => line.startsWith("warn: groupInstanceId 'i1' is in use"))).toBe(true)
  })

  it('and does so again when that is not answered, or not by the coordinator', () => {
    const story = joining().failed('send heartbeat').pass(100, { heartbeats: 'unanswered' })
    story.heartbeat('UNRELEASED_INSTANCE_ID').failed('send leave').pass(1_000, { heartbeats: 'unanswered' })
    story
      .heartbeat('UNRELEASED_INSTANCE_ID')
      .left('NOT_COORDINATOR')
      .pass(1_000, { heartbeats: 'unanswered' })
    story.forget().heartbeat('UNRELEASED_INSTANCE_ID')
    expect(story.actions).toMatchObject([{ type: 'send leave', epoch: -2 }])
  })

  it('a goodbye of an earlier time that is answered late says nothing of this one', () => {
    const story = joining().failed('send heartbeat').pass(100, { heartbeats: 'unanswered' })
    const { token } = story.heartbeat('UNRELEASED_INSTANCE_ID').latest('send leave')
    story.pass(1_000, { heartbeats: 'unanswered' }).heartbeat('NONE', { epoch: 3, assignment: {} }).taken()
    story
      .heartbeat('FENCED_MEMBER_EPOCH')
      .released('lose')
      .tell({ type: 'left', token, errorCode: 0 })
      .forget()
    story.heartbeat('UNRELEASED_INSTANCE_ID')
    expect(story.actions).toMatchObject([{ type: 'send leave', epoch: -2 }])
  })

  it('that was fenced by its epoch releases the id, too, before it can join again', () => {
    const story = new Story(STATIC).stable(3, { orders: [0] }).nextHeartbeat('FENCED_MEMBER_EPOCH')
    story.released('lose').forget().heartbeat('UNRELEASED_INSTANCE_ID')
    expect(story.actions).toMatchObject([{ type: 'send leave', epoch: -2 }])
  })
})
