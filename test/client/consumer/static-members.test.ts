// Static members (KIP-345) against a scripted coordinator.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ApiVersions, Heartbeat, JoinGroup, LeaveGroup, SyncGroup } from '../../../src/protocol/api/index.ts'
import { allVersions } from '../../support/scripted/broker.ts'
import { GroupStage } from './group-stage.ts'

let stage: GroupStage
beforeEach(async () => {
  stage = await GroupStage.start()
})
afterEach(() => stage.stop())

const all = 'orders-0 orders-1 orders-2'
const take = (what: string) => `take ${what}, new ${what}`
const member = (groupInstanceId?: string, options: Record<string, unknown> = {}) =>
  stage.member({ groupInstanceId, ...options }, {}, stage.newCluster())

describe('G9: a static member', () => {
  it('says its instance id in every request, and is known by it', async () => {
    const { membership } = member('i')
    await membership.join({})
    await stage.broker.until(Heartbeat)
    await membership.leave({ timeoutMs: 5_000, leaveGroup: true })
    const ids = [JoinGroup, SyncGroup, Heartbeat].flatMap((api) =>
      stage.broker.received(api).map(({ body }) => body.groupInstanceId),
    )
    expect(new Set(ids)).toEqual(new Set(['i']))
    // No id is asked for first.
    expect(stage.broker.received(JoinGroup)).toHaveLength(1)
    const [leave] = stage.broker.received(LeaveGroup)
    expect(leave?.body.members).toMatchObject([{ memberId: 'm1', groupInstanceId: 'i' }])
    expect(stage.group.coordinator.members.size).toBe(0)
  })

  it('ends without leaving; started again it has its partitions in the same generation, and nobody joins anew', async () => {
    const [first, second] = [member('one'), member('two')]
    await first.membership.join({})
    await second.membership.join({})
    await first.until(take('orders-0 orders-1'))
    const { generation } = stage.group.coordinator
    await second.membership.leave({ timeoutMs: 5_000 })
    expect(stage.broker.received(LeaveGroup)).toEqual([])
    expect(second.account.at(-1)).toContain('ends as instance two without leaving')
    const again = member('two')
    await again.membership.join({})
    expect(again.told).toEqual([take('orders-2')])
    expect(again.membership.identity()).toMatchObject({ generation, groupInstanceId: 'two' })
    const beats = stage.broker.received(Heartbeat).length
    await stage.broker.until(Heartbeat, beats + 3)
    expect(first.told.at(-1)).toBe(take('orders-0 orders-1'))
    expect(stage.group.coordinator.generation).toBe(generation)
  })

  it('KIP-814: that led does not assign anew, and goes on watching', async () => {
    const first = member('one')
    await first.membership.join({})
    await first.membership.leave({ timeoutMs: 5_000 })
    const cluster = stage.newCluster()
    const again = stage.member({ groupInstanceId: 'one' }, {}, cluster)
    await again.membership.join({})
    expect(again.told).toEqual([take(all)])
    expect(stage.broker.received(SyncGroup).at(-1)?.body.assignments).toEqual([])
    expect(again.account.filter((line) => line.includes('gives'))).toEqual([])
    stage.script.topics.set('orders', { partitions: Array(4).fill({ leader: 1 }) })
    await cluster.refresh()
    await again.until(take(`${all} orders-3`))
  })

  it.each([true, false])(
    'that comes back with other topics is not left without them, whether it led: %s',
    async (isLeader) => {
      const [first, second] = [member('one'), member('two')]
      await first.membership.join({})
      await second.membership.join({})
      await first.until(take('orders-0 orders-1'))
      const [back, name] = isLeader ? [first, 'one'] : [second, 'two']
      await back.membership.leave({ timeoutMs: 5_000 })
      const again = member(name)
      again.membership.subscribe(['orders', 'payments'])
      await again.membership.join({})
      await again.until(`revoke ${isLeader ? 'orders-0 orders-1' : 'orders-2'}`)
      await again.membership.join({})
      expect(again.told.at(-1)).toContain('payments-0')
      expect(again.account).toContainEqual(expect.stringContaining("payments-0 is nobody's"))
    },
  )

  it('G10: that led does not overlook partitions that were added while it was away', async () => {
    const first = member('one')
    await first.membership.join({})
    await first.membership.leave({ timeoutMs: 5_000 })
    stage.script.topics.set('orders', { partitions: Array(4).fill({ leader: 1 }) })
    const again = member('one')
    await again.membership.join({})
    await again.until(take(`${all} orders-3`))
  })

  it('whose instance id another has taken is fenced: it ends, with what to change, and has lost its partitions', async () => {
    const first = member('one')
    await first.membership.join({})
    const second = member('one')
    await second.membership.join({})
    await first.until('fatal FENCED')
    await expect(first.membership.join({})).rejects.toMatchObject({
      code: 'FENCED',
      message: expect.stringMatching(/groupInstanceId 'one'.*instance id of its own/),
    })
    expect(second.told).toEqual([take(all)])
    await second.until(take(all))
    expect(second.membership.state).toBe('stable')
  })

  it('G7: that makes no progress falls silent, says no goodbye, and comes back with its id', async () => {
    const { membership, until } = member('one', { maxPollIntervalMs: 100, sessionTimeoutMs: 100 })
    await membership.join({})
    await until(`lose ${all}`)
    expect(membership.state).not.toBe('stable')
    expect(membership.identity()).toBeUndefined()
    expect(stage.broker.received(LeaveGroup)).toEqual([])
    membership.progress()
    await membership.join({})
    expect(stage.broker.received(JoinGroup).at(-1)?.body).toMatchObject({
      memberId: 'm1',
      groupInstanceId: 'one',
    })
  })

  it('a broker that is too old for it is an error that says so, and is not joined as a dynamic member', async () => {
    const old = allVersions.map((range) =>
      range.apiKey === JoinGroup.key ? { ...range, maxVersion: 4 } : range,
    )
    for (const each of stage.script.brokers)
      each.on(ApiVersions, ({ respond }) => respond({ errorCode: 0, apiKeys: old }))
    await expect(member('one').membership.join({})).rejects.toMatchObject({
      code: 'UNSUPPORTED_VERSION',
      message: expect.stringMatching(/groupInstanceId.*Kafka 2\.3/),
    })
    expect(stage.broker.received(JoinGroup)).toEqual([])
  })

  it('a dynamic member that is told to stay does not leave, either', async () => {
    const { membership, account } = member()
    await membership.join({})
    await membership.leave({ timeoutMs: 5_000, leaveGroup: false })
    expect(stage.broker.received(LeaveGroup)).toEqual([])
    expect(account.at(-1)).toContain('ends as member m1 without leaving')
  })
})
