// The membership's edge against a scripted coordinator: connections, bodies by version, timers, handlers.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Cluster } from '../../../src/client/cluster/types.ts'
import {
  ApiVersions,
  FindCoordinator,
  Heartbeat,
  JoinGroup,
  LeaveGroup,
  Metadata,
  SyncGroup,
} from '../../../src/protocol/api/index.ts'
import { errorByName } from '../../../src/protocol/error-codes.ts'
import { allVersions, type ScriptedBroker } from '../../support/scripted/broker.ts'
import { type ScriptedCluster, topicId } from '../../support/scripted/cluster.ts'
import { GroupStage } from './group-stage.ts'
import { nameCoordinator, type ScriptedGroup } from './scripted-group.ts'

const NOT_COORDINATOR = errorByName('NOT_COORDINATOR').code
const GROUP_AUTHORIZATION_FAILED = errorByName('GROUP_AUTHORIZATION_FAILED').code

let stage: GroupStage
let script: ScriptedCluster
let group: ScriptedGroup
let broker: ScriptedBroker
let cluster: Cluster

beforeEach(async () => {
  stage = await GroupStage.start()
  ;({ script, group, broker, cluster } = stage)
})
afterEach(() => stage.stop())

const newCluster = () => stage.newCluster()
const newMember: GroupStage['member'] = (...given) => stage.member(...given)

describe('joining and leaving', () => {
  it('joins, is told what it owns before it is stable, says who it is, and leaves', async () => {
    const { membership, told } = newMember()
    expect(membership.state).toBe('unjoined')
    expect(membership.identity()).toBeUndefined()
    await membership.join({})
    expect(told).toEqual(['take orders-0 orders-1 orders-2, new orders-0 orders-1 orders-2'])
    expect(membership.state).toBe('stable')
    const identity = { groupId: 'g', memberId: 'm1', generation: 1, groupInstanceId: null }
    expect(membership.identity()).toEqual(identity)
    await membership.leave({ timeoutMs: 5_000 })
    expect(membership.state).toBe('left')
    expect(membership.identity()).toBeUndefined()
    expect(group.coordinator.members.size).toBe(0)
  })

  it('C12, G2: joins, syncs and heartbeats over a connection of its own, and leaves over the ordinary one', async () => {
    const { membership } = newMember()
    await membership.join({})
    await broker.until(Heartbeat)
    const ordinary = broker.received(FindCoordinator).concat(script.node(2).received(FindCoordinator))
    await membership.leave({ timeoutMs: 5_000 })
    const own = new Set(
      [...broker.received(JoinGroup), ...broker.received(SyncGroup), ...broker.received(Heartbeat)].map(
        ({ from }) => from,
      ),
    )
    expect(own.size).toBe(1)
    const [lane] = own
    expect(ordinary.some(({ from }) => from === lane)).toBe(false)
    expect(broker.received(LeaveGroup).some(({ from }) => from === lane)).toBe(false)
    await broker.when(() => lane!.socket.destroyed)
  })

  it('G2: a join outlives requestTimeoutMs, and nothing else is written to its connection meanwhile', async () => {
    group.holdJoins = true
    const { membership } = newMember({ requestTimeoutMs: 20, fetchMaxWaitMs: 0 })
    const joined = membership.join({})
    const [, join] = await broker.until(JoinGroup, 2)
    broker.silent(LeaveGroup)
    const unanswered = cluster.send(
      LeaveGroup,
      { groupId: 'other', members: [{ memberId: 'x' }] },
      { to: 1, timeoutMs: 100 },
    )
    await expect(unanswered).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(broker.requests.filter(({ from }) => from === join!.from).at(-1)).toBe(join)
    expect(broker.received(JoinGroup)).toHaveLength(2)
    group.holdJoins = false
    group.completeJoin()
    await joined
  })

  it('speaks the oldest versions too: no id is asked for, and the goodbye names the member alone', async () => {
    const oldest = [JoinGroup, SyncGroup, Heartbeat, LeaveGroup].map(({ key }) => {
      return { apiKey: key, minVersion: 0, maxVersion: 0 }
    })
    const apiKeys = allVersions.map((range) => oldest.find(({ apiKey }) => apiKey === range.apiKey) ?? range)
    for (const each of script.brokers)
      each.on(ApiVersions, ({ respond }) => respond({ errorCode: 0, apiKeys }))
    const { membership } = newMember()
    await membership.join({})
    await broker.until(Heartbeat)
    await membership.leave({ timeoutMs: 5_000 })
    const joins = broker.received(JoinGroup).map(({ version, body }) => [version, body.memberId])
    expect(joins).toEqual([[0, '']])
    const [leave] = broker.received(LeaveGroup)
    expect([leave?.version, leave?.body.memberId]).toEqual([0, 'm1'])
  })

  it('KIP-345, KIP-800: the newest goodbye lists the member, with the reason', async () => {
    const { membership } = newMember()
    await membership.join({})
    await membership.leave({ timeoutMs: 5_000, reason: 'the consumer was closed' })
    const [leave] = broker.received(LeaveGroup)
    const members = [{ memberId: 'm1', groupInstanceId: null, reason: 'the consumer was closed' }]
    expect(leave?.body).toMatchObject({ groupId: 'g', members })
    expect(leave?.version).toBe(5)
  })

  it('says in the join who it is, what it wants, how long it may take, and why', async () => {
    const { membership } = newMember({ sessionTimeoutMs: 7_000, maxPollIntervalMs: 8_000 })
    await membership.join({})
    const [, join] = broker.received(JoinGroup)
    expect(join?.body).toMatchObject({
      groupId: 'g',
      memberId: 'm1',
      sessionTimeoutMs: 7_000,
      rebalanceTimeoutMs: 8_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range' }, { name: 'cooperative-sticky' }],
      reason: expect.any(String),
    })
  })

  it('G8: a fatal error rejects the join, is told, and ends every connection of the membership', async () => {
    broker.on(JoinGroup, ({ respond }) => {
      const none = { protocolName: null, leader: '', memberId: '', members: [] }
      respond({ errorCode: GROUP_AUTHORIZATION_FAILED, ...none })
    })
    const { membership, told } = newMember()
    const code = 'GROUP_AUTHORIZATION_FAILED'
    await expect(membership.join({})).rejects.toMatchObject({ code, fatal: true, groupId: 'g' })
    expect(told).toEqual([`fatal ${code}`])
    expect(membership.state).toBe('failed')
    const [join] = broker.received(JoinGroup)
    await broker.when(() => join!.from.socket.destroyed)
    await expect(membership.join({})).rejects.toMatchObject({ code })
    await membership.leave({ timeoutMs: 5_000 })
    expect(broker.received(LeaveGroup)).toEqual([])
  })

  it('G8: a coordinator that may not be asked for is fatal, with what to change', async () => {
    for (const each of script.brokers) {
      each.on(FindCoordinator, ({ body, respond }) => {
        const none = { nodeId: -1, host: '', port: -1, errorCode: GROUP_AUTHORIZATION_FAILED }
        respond({
          coordinators: body.coordinatorKeys.map((key) => ({ key, ...none, errorMessage: null })),
        })
      })
    }
    const fatal = {
      code: 'GROUP_AUTHORIZATION_FAILED',
      message: expect.stringContaining('grant READ'),
      fatal: true,
    }
    const { membership, told } = newMember()
    await expect(membership.join({})).rejects.toMatchObject(fatal)
    const other = newMember()
    await expect(other.membership.reach({ deadline: performance.now() + 30_000 })).rejects.toMatchObject(
      fatal,
    )
    expect([told, other.told]).toEqual([
      ['fatal GROUP_AUTHORIZATION_FAILED'],
      ['fatal GROUP_AUTHORIZATION_FAILED'],
    ])
  })

  it('a cluster that is closed under a member ends the membership at once, with nothing to retry', async () => {
    const { membership, told } = newMember({ heartbeatIntervalMs: 3_000 })
    await membership.join({})
    const { length } = broker.requests
    await cluster.close({ timeoutMs: 0 })
    expect(membership.state).toBe('failed')
    expect(told.at(-1)).toBe('fatal CLOSED')
    await expect(membership.join({})).rejects.toMatchObject({ code: 'CLOSED' })
    await membership.leave({ timeoutMs: 5_000 })
    expect(broker.requests).toHaveLength(length)
  })

  it('a cluster that is closed while joining rejects the join', async () => {
    group.holdJoins = true
    const { membership } = newMember()
    const joining = membership.join({})
    await broker.until(JoinGroup, 2)
    const closing = cluster.close({ timeoutMs: 0 })
    await expect(joining).rejects.toMatchObject({ code: 'CLOSED' })
    await closing
  })

  it('a broker that knows no version of JoinGroup we speak is an error, not a loop', async () => {
    const apiKeys = allVersions.filter(({ apiKey }) => apiKey !== JoinGroup.key)
    for (const each of script.brokers)
      each.on(ApiVersions, ({ respond }) => respond({ errorCode: 0, apiKeys }))
    await expect(newMember().membership.join({})).rejects.toMatchObject({ code: 'UNSUPPORTED_VERSION' })
  })

  it('a join that is aborted or too late rejects; the membership goes on', async () => {
    group.holdJoins = true
    const { membership } = newMember()
    const abort = new AbortController()
    const aborted = membership.join({ signal: abort.signal })
    await broker.until(JoinGroup, 2)
    abort.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    await expect(membership.join({ deadline: performance.now() })).rejects.toMatchObject({ code: 'TIMEOUT' })
    const joined = membership.join({})
    group.completeJoin()
    await joined
    expect(broker.received(JoinGroup)).toHaveLength(2)
  })

  it('G9: a goodbye that gets no answer ends at its deadline, with all connections', async () => {
    const { membership } = newMember()
    await membership.join({})
    broker.silent(LeaveGroup)
    await expect(membership.leave({ timeoutMs: 20 })).rejects.toMatchObject({ code: 'TIMEOUT' })
    const [join] = broker.received(JoinGroup)
    await broker.when(() => join!.from.socket.destroyed)
  })

  it('G9: a coordinator that moved is told where it is now', async () => {
    const { membership } = newMember()
    await membership.join({})
    broker.on(LeaveGroup, ({ respond }) => {
      nameCoordinator(script.brokers, 2)
      respond({ errorCode: NOT_COORDINATOR, members: [] })
    })
    await membership.leave({ timeoutMs: 5_000 })
    expect(script.node(2).received(LeaveGroup)).toHaveLength(1)
    expect(group.coordinator.members.size).toBe(0)
  })
})

describe('rebalances', () => {
  it('G5: gives up everything when another joins, then takes its share', async () => {
    const first = newMember()
    await first.membership.join({})
    const second = newMember({}, {}, newCluster())
    await second.membership.join({})
    await first.until('take orders-0 orders-1, new orders-0 orders-1')
    expect(first.told.slice(1)).toEqual([
      'revoke orders-0 orders-1 orders-2',
      'take orders-0 orders-1, new orders-0 orders-1',
    ])
    expect(second.told).toEqual(['take orders-2, new orders-2'])
    await second.membership.leave({ timeoutMs: 5_000 })
    first.told.length = 0
    await first.until('take orders-0 orders-1 orders-2, new orders-0 orders-1 orders-2')
  })

  it('G4: heartbeats go on while a handler gives up partitions, and the join waits for it', async () => {
    let release = () => {}
    const onRevoke = () => new Promise<void>((resolve) => (release = resolve))
    const { membership, until } = newMember({}, { onRevoke })
    await membership.join({})
    const joins = broker.received(JoinGroup).length
    group.coordinator.demandRebalance()
    const before = (await broker.until(Heartbeat)).length
    await broker.when(() => broker.received(Heartbeat).length > before + 3)
    expect(membership.state).toBe('rebalancing')
    expect(broker.received(JoinGroup)).toHaveLength(joins)
    release()
    await until('take orders-0 orders-1 orders-2, new orders-0 orders-1 orders-2')
    await broker.until(JoinGroup, joins + 1)
  })

  it('G6: a handler that takes longer than the rebalance timeout is told so by its signal', async () => {
    const reasons: unknown[] = []
    const { membership } = newMember(
      { maxPollIntervalMs: 100, sessionTimeoutMs: 100, heartbeatIntervalMs: 10 },
      {
        onRevoke: (_, signal) =>
          new Promise<void>((resolve) => {
            signal.addEventListener('abort', () => {
              reasons.push(signal.reason)
              resolve()
            })
          }),
      },
    )
    await membership.join({})
    group.coordinator.demandRebalance()
    await broker.until(JoinGroup, 3)
    expect(reasons).toMatchObject([{ code: 'TIMEOUT', message: expect.stringContaining('group g') }])
  })

  it('G6: a handler that loses for longer than that is told so, too', async () => {
    const reasons: unknown[] = []
    const onLost = (_: unknown, signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => {
          reasons.push(signal.reason)
          resolve()
        })
      })
    const { membership } = newMember({ maxPollIntervalMs: 100, sessionTimeoutMs: 100 }, { onLost })
    await membership.join({})
    group.coordinator.remove('m1')
    membership.onCommitError(errorByName('UNKNOWN_MEMBER_ID').code, { memberId: 'm1', generation: 1 })
    await membership.join({})
    expect(membership.identity()?.memberId).toBe('m2')
    expect(reasons).toMatchObject([{ code: 'TIMEOUT' }])
  })

  it('G7: a handler that takes for longer than maxPollIntervalMs is told that it has lost it', async () => {
    const abortions: string[] = []
    const onAssigned = (_: unknown, __: unknown, signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => {
          abortions.push((signal.reason as Error).message)
          resolve()
        })
      })
    const { membership, until } = newMember({ maxPollIntervalMs: 100, sessionTimeoutMs: 100 }, { onAssigned })
    void membership.join({}).catch(() => {})
    await until('lose orders-0 orders-1 orders-2')
    expect(abortions).toEqual(['what was assigned is lost'])
    await broker.until(LeaveGroup)
  })

  it('a handler that throws does not stop the rebalance', async () => {
    const { membership, until } = newMember({}, { onRevoke: () => Promise.reject(new Error('no')) })
    await membership.join({})
    group.coordinator.demandRebalance()
    await broker.until(JoinGroup, 3)
    await until('take orders-0 orders-1 orders-2, new orders-0 orders-1 orders-2')
  })

  it("G3: the leader gets metadata of every member's topics, and assigns those it does not read", async () => {
    const first = newMember()
    await first.membership.join({})
    const second = newMember({}, {}, newCluster())
    second.membership.subscribe(['payments'])
    await second.membership.join({})
    expect(second.told).toEqual(['take payments-0, new payments-0'])
    const asked = script.asked.flatMap(({ body }) => body.topics?.map(({ name }) => name) ?? [])
    expect(asked).toContain('payments')
  })

  it('G10: the leader rejoins when a topic that it assigned has more partitions', async () => {
    const { membership, until } = newMember()
    await membership.join({})
    script.topics.set('orders', { partitions: Array(4).fill({ leader: 1 }) })
    await cluster.refresh()
    const all = 'orders-0 orders-1 orders-2 orders-3'
    await until(`take ${all}, new ${all}`)
  })

  it('G3: a leader that cannot get metadata tries the whole join again', async () => {
    let refusals = 2
    for (const each of script.brokers) {
      each.on(Metadata, (request) => {
        if (request.body.topics?.length === 0 || refusals-- <= 0)
          return request.respond(script.metadata(request))
        request.from.socket.destroy()
      })
    }
    const { membership, told } = newMember()
    await membership.join({})
    expect(refusals).toBeLessThanOrEqual(0)
    expect(told.at(-1)).toBe('take orders-0 orders-1 orders-2, new orders-0 orders-1 orders-2')
  })

  it('G10: fewer partitions are what a broker says that is behind, unless the topic was made anew', async () => {
    const id = topicId('B')
    const partitions = (count: number) => Array.from({ length: count }, () => ({ leader: 1 }))
    script.topics.set('orders', { id, partitions: partitions(3) })
    const { membership, told, until } = newMember()
    await membership.join({})
    script.topics.set('orders', { id, partitions: partitions(2) })
    await cluster.refresh()
    await cluster.refresh()
    expect(told).toHaveLength(1)
    script.topics.set('orders', { id: topicId('C'), partitions: partitions(3) })
    await cluster.refresh()
    expect(told).toHaveLength(1)
    expect(membership.state).toBe('stable')
    script.topics.set('orders', { id: topicId('D'), partitions: partitions(1) })
    await cluster.refresh()
    await until('take orders-0, new orders-0')
    expect(told).toHaveLength(3)
  })

  it('G10: a leader that may not describe a topic says so', async () => {
    script.topics.set('orders', { errorCode: errorByName('TOPIC_AUTHORIZATION_FAILED').code })
    const { membership, told, warnings } = newMember()
    await membership.join({})
    expect(told).toEqual(['take nothing, new nothing'])
    expect(warnings).toMatchObject([expect.stringMatching(/orders.*TOPIC_AUTHORIZATION_FAILED.*DESCRIBE/)])
  })

  describe('G10: whether there is a topic is asked again after a while, and the leader rejoins', () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
    afterEach(() => void vi.useRealTimers())

    const io = () => new Promise((resolve) => setImmediate(resolve))
    /** Looks are taken until this is told. */
    async function looksUntil(told: readonly string[], what: string): Promise<void> {
      while (!told.includes(what)) {
        vi.advanceTimersByTime(5_000)
        await io()
      }
    }
    async function oneLook(): Promise<void> {
      const asked = script.asked.length
      vi.advanceTimersByTime(5_000)
      while (script.asked.length === asked) await io()
    }

    it('when it appears', async () => {
      const { membership, told } = newMember({ maxPollIntervalMs: 3_600_000 })
      membership.subscribe(['later'])
      await membership.join({})
      expect(told).toEqual(['take nothing, new nothing'])
      await oneLook()
      script.topics.set('later', { partitions: [{ leader: 1 }] })
      await looksUntil(told, 'take later-0, new later-0')
    })

    it('when it appears and only another member reads it', async () => {
      const leader = newMember({ maxPollIntervalMs: 3_600_000 })
      await leader.membership.join({})
      const other = newMember({ maxPollIntervalMs: 3_600_000 }, {}, newCluster())
      other.membership.subscribe(['later'])
      let hasJoined = false
      void other.membership.join({}).then(() => (hasJoined = true))
      while (!hasJoined) {
        vi.advanceTimersByTime(10)
        await io()
      }
      expect(other.told).toEqual(['take nothing, new nothing'])
      script.topics.set('later', { partitions: [{ leader: 1 }] })
      await looksUntil(other.told, 'take later-0, new later-0')
    })

    it('when it was deleted, and not when a broker that is behind says so once', async () => {
      const { membership, told, until } = newMember({ maxPollIntervalMs: 3_600_000 })
      await membership.join({})
      const orders = script.topics.get('orders')!
      script.topics.delete('orders')
      await cluster.refresh()
      script.topics.set('orders', orders)
      await oneLook()
      await cluster.refresh()
      expect(told).toHaveLength(1)
      script.topics.delete('orders')
      await cluster.refresh()
      await looksUntil(told, 'take nothing, new nothing')
      script.topics.set('orders', orders)
      const all = 'orders-0 orders-1 orders-2'
      told.length = 0
      await looksUntil(told, `take ${all}, new ${all}`)
      await until(`take ${all}, new ${all}`)
    })
  })

  it('G10: a new subscription leads to a rejoin, and the new topics to partitions', async () => {
    const { membership, until } = newMember()
    await membership.join({})
    membership.subscribe(['payments'])
    await until('take payments-0, new payments-0')
    expect(membership.state).toBe('rebalancing')
  })
})

describe('heartbeats', () => {
  it('G4: a coordinator that moved is found, and nothing is lost', async () => {
    const { membership, told } = newMember()
    await membership.join({})
    group.heartbeatErrors.push(NOT_COORDINATOR)
    nameCoordinator(script.brokers, 2)
    const [heartbeat] = await script.node(2).until(Heartbeat)
    expect(heartbeat?.body).toMatchObject({ memberId: 'm1', generationId: 1 })
    expect(told).toHaveLength(1)
    expect(membership.state).toBe('stable')
  })

  it('G4: a coordinator that is silent for the session timeout is asked over a new connection', async () => {
    const { membership, told, until } = newMember({ sessionTimeoutMs: 100, heartbeatIntervalMs: 20 })
    await membership.join({})
    const [join] = broker.received(JoinGroup)
    broker.silent(Heartbeat)
    await until('suspend')
    await broker.when(() => join!.from.socket.destroyed)
    broker.on(Heartbeat, ({ respond }) => respond({ errorCode: 0 }))
    await until('resume')
    expect(membership.identity()).toMatchObject({ memberId: 'm1', generation: 1 })
    expect(told.slice(1)).toEqual(['suspend', 'resume'])
  })

  it('G4: a heartbeat over a connection that has silently ended is sent again within the session', async () => {
    const timing = { sessionTimeoutMs: 1_500, heartbeatIntervalMs: 10, requestTimeoutMs: 30_000 }
    const { membership, told } = newMember({ ...timing, maxPollIntervalMs: 60_000 })
    await membership.join({})
    const [join] = broker.received(JoinGroup)
    broker.silent(Heartbeat)
    await broker.until(Heartbeat, broker.received(Heartbeat).length + 1)
    broker.on(Heartbeat, ({ from, respond }) => {
      if (from !== join!.from) respond({ errorCode: 0 })
    })
    await broker.when(() => broker.received(Heartbeat).at(-1)?.from !== join!.from)
    expect(told).toHaveLength(1)
    expect(membership.state).toBe('stable')
  })

  it('G7: without progress it leaves, and joins again with the next sign of it', async () => {
    const { membership, until } = newMember({ maxPollIntervalMs: 100, sessionTimeoutMs: 100 })
    await membership.join({})
    await until('lose orders-0 orders-1 orders-2')
    await broker.until(LeaveGroup)
    expect(membership.identity()).toBeUndefined()
    membership.progress()
    await membership.join({})
    expect(membership.identity()).toMatchObject({ memberId: 'm2' })
  })

  it('G4: a refused commit is the end of the generation, unless it was another one', async () => {
    const { membership, told, until } = newMember()
    await membership.join({})
    membership.onCommitError(errorByName('UNKNOWN_MEMBER_ID').code, { memberId: 'm1', generation: 0 })
    expect(membership.state).toBe('stable')
    membership.onCommitError(errorByName('UNKNOWN_MEMBER_ID').code, { memberId: 'm1', generation: 1 })
    expect(membership.identity()).toBeUndefined()
    await until('lose orders-0 orders-1 orders-2')
    expect(told).not.toContain('revoke orders-0 orders-1 orders-2')
  })
})
