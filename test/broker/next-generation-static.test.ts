// Static members of a next generation group on the real broker: who comes back, and who is kept out.

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { Stage, until } from './consumer-support.ts'
import { Group } from './next-generation-support.ts'

let stage: Stage
beforeAll(() => {
  stage = new Stage(inject('bootstrapServers'))
})
afterAll(() => stage[Symbol.asyncDispose]())

const startGroup = (sessionTimeoutMs?: number) =>
  Group.start(stage, inject('bootstrapServers'), sessionTimeoutMs)

describe('static members', () => {
  it('come back within their session, with their partitions, and nobody else is told of anything', async () => {
    const topic = await stage.topic(4)
    await using group = await startGroup()
    const other = group.join([topic])
    await group.shares(4)
    const first = group.join([topic], { groupInstanceId: 'i1' })
    await group.shares(2, 2)
    const owned = [...first.owned].sort()
    await until(() => other.told.at(-1) === 'assigned ')
    const told = [...other.told]
    await group.end(first)
    expect((await group.describe()).members.map(({ instanceId }) => instanceId)).toContain('i1')
    const again = group.join([topic], { groupInstanceId: 'i1' })
    await group.shares(2, 2)
    expect([...again.owned].sort()).toEqual(owned)
    expect(other.told).toEqual(told)
    await group.end(again, 'leave for good')
    await group.shares(4)
  })

  it('N3: a second one with an instance id is refused until the first has released it', async () => {
    const topic = await stage.topic(1)
    await using group = await startGroup()
    const first = group.join([topic], { groupInstanceId: 'i1' })
    await group.shares(1)
    const second = group.join([topic], { groupInstanceId: 'i1' })
    await until(() => second.account.some((line) => line.includes("groupInstanceId 'i1' is in use")))
    expect(second.owned.size).toBe(0)
    expect([...first.owned]).toEqual([`${topic} 0`])
    await group.end(first)
    await group.shares(1)
    expect([...second.owned]).toEqual([`${topic} 0`])
    expect(first.error).toBeUndefined()
  })

  it('N3: that was killed is followed by the next with its id when its session is over', async () => {
    const topic = await stage.topic(1)
    await using group = await startGroup(2_000)
    const first = group.join([topic], { groupInstanceId: 'i1' })
    await group.shares(1)
    await group.end(first, 'die')
    group.join([topic], { groupInstanceId: 'i1' })
    await group.shares(1)
  })

  it('N3: whose join was heard, but not answered, releases its instance id and joins again', async () => {
    const topic = await stage.topic(1)
    await using group = await startGroup(30_000)
    const member = group.join([topic], { groupInstanceId: 'i1', answersLost: 1 })
    await group.shares(1)
    expect(member.error).toBeUndefined()
    expect(member.account.some((line) => line.includes('is in use'))).toBe(false)
    const epochs = member.heartbeats.map(({ memberEpoch }) => memberEpoch)
    expect(epochs.filter((epoch) => epoch <= 0)).toEqual([0, 0, -2, 0])
  })

  it('N3: whose instance id another process has taken is fenced, with a clear error', async () => {
    const topic = await stage.topic(1)
    await using group = await startGroup()
    const member = group.join([topic], { groupInstanceId: 'i1' })
    await group.shares(1)
    const release = await member.holdHeartbeat()
    const { memberId } = member
    expect(await group.heartbeat({ memberId, memberEpoch: -2, instanceId: 'i1' })).toBe('NONE')
    const join = { memberEpoch: 0, rebalanceTimeoutMs: 10_000, topicPartitions: [], instanceId: 'i1' }
    expect(await group.heartbeat({ memberId: 'another', subscribedTopicNames: [topic], ...join })).toBe(
      'NONE',
    )
    release()
    await until(() => member.error !== undefined)
    expect(member.error).toMatchObject({
      code: 'FENCED',
      fatal: true,
      message: expect.stringContaining("'i1'"),
    })
    expect(member.told).toEqual(['assigned 0', 'lost 0'])
  })
})
