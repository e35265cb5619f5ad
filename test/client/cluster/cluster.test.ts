import { createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type ClusterOptions, createCluster } from '../../../src/client/cluster/cluster.ts'
import type { Cluster } from '../../../src/client/cluster/types.ts'
import { ConnectionError, TimeoutError } from '../../../src/errors.ts'
import {
  ApiVersions,
  FindCoordinator,
  Heartbeat,
  Metadata,
  Produce,
} from '../../../src/protocol/api/index.ts'
import { ScriptedBroker } from '../../support/scripted/broker.ts'
import { ScriptedCluster, topicId } from '../../support/scripted/cluster.ts'
import { clusterOptions, deadEndpoint, far } from '../../support/scripted/settings.ts'

let scripted: ScriptedCluster
const closeAfterTest: (() => Promise<unknown>)[] = []

beforeEach(async () => {
  scripted = await ScriptedCluster.start(3)
  scripted.topics.set('orders', { id: topicId('O'), partitions: [{ leader: 1 }, { leader: 2 }] })
})

afterEach(async () => {
  vi.useRealTimers()
  for (const close of closeAfterTest.splice(0)) await close()
  await scripted.stop()
})

function cluster(overrides: Partial<ClusterOptions> = {}): Cluster {
  const bootstrapServers = [scripted.node(1).endpoint]
  const made = createCluster({ ...clusterOptions(bootstrapServers), ...overrides })
  closeAfterTest.push(() => made.close({ timeoutMs: 0 }))
  return made
}

async function otherBroker(): Promise<ScriptedBroker> {
  const broker = await ScriptedBroker.start()
  closeAfterTest.push(() => broker.stop())
  return broker
}

const failure = (promise: Promise<unknown>): Promise<Error & { cause: unknown }> =>
  promise.then(
    () => expect.unreachable(),
    (error) => error,
  )

const heartbeat = { groupId: 'g', generationId: 1, memberId: 'm' }
const alive = { errorCode: 0 }

describe('bootstrap', () => {
  test('nothing touches the network before the first call', async () => {
    const made = cluster()
    expect(made.metadata.brokers.size).toBe(0)
    await made.close()
    expect(scripted.node(1).connections).toHaveLength(0)
  })

  test('the first address dead and the second good: works', async () => {
    const made = cluster({ bootstrapServers: [deadEndpoint, scripted.node(2).endpoint] })
    const { brokers } = await made.topics([], { deadline: far() })
    expect([...brokers.keys()]).toEqual([1, 2, 3])
  })

  test('the first address silent after the connection and the second good: works without waiting for the first', async () => {
    const silent = (await otherBroker()).silent(ApiVersions)
    const made = cluster({ bootstrapServers: [silent.endpoint, scripted.node(2).endpoint] })
    const { brokers } = await made.topics([], { deadline: far() })
    expect(brokers.size).toBe(3)
    // Its request timeout (30 s) has not passed: it was left, and its socket is closed.
    await silent.when(() => silent.openConnections === 0)
  })

  test('the first address answers ApiVersions, then nothing: the second is used', async () => {
    const hanging = await otherBroker()
    const made = cluster({ bootstrapServers: [hanging.endpoint, scripted.node(2).endpoint] })
    expect((await made.topics([], { deadline: far() })).brokers.size).toBe(3)
    expect(hanging.received(Metadata)).toHaveLength(1)
  })

  test('a broker that knows of no brokers yet is passed over', async () => {
    const starting = await otherBroker()
    starting.on(Metadata, ({ respond }) => respond({ brokers: [], topics: [] }))
    const made = cluster({ bootstrapServers: [starting.endpoint, scripted.node(2).endpoint] })
    expect((await made.topics([], { deadline: far() })).brokers.size).toBe(3)
  })

  test('an address that is not Kafka does not spoil a good one', async () => {
    const foreign = createServer((socket) => socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve))
    closeAfterTest.push(() => new Promise((resolve) => foreign.close(resolve)))
    const { port } = foreign.address() as { port: number }
    const made = cluster({ bootstrapServers: [{ host: '127.0.0.1', port }, scripted.node(2).endpoint] })
    expect((await made.topics([], { deadline: far() })).brokers.size).toBe(3)
    const alone = cluster({ bootstrapServers: [{ host: '127.0.0.1', port }] })
    const error = await failure(alone.topics([], { deadline: far() }))
    expect(error).toMatchObject({
      code: 'PROTOCOL_ERROR',
      message: expect.stringContaining('it answers in HTTP'),
    })
  })

  test('no address that answers: retried to the deadline, and the error tells what each did', async () => {
    const dead = deadEndpoint
    const silent = (await otherBroker()).silent(ApiVersions)
    const made = cluster({ bootstrapServers: [dead, silent.endpoint], requestTimeoutMs: 30 })
    const error = await failure(made.topics([], { deadline: performance.now() + 300 }))
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error.cause).toBeInstanceOf(ConnectionError)
    expect(error.message).toContain(`127.0.0.1:${dead.port}: 127.0.0.1:${dead.port} refused the connection`)
    expect(error.message).toContain(
      `127.0.0.1:${silent.port} took the connection but answered nothing within 30 ms`,
    )
  })

  test('that no broker answers is logged as a warning, once', async () => {
    const warn = vi.fn()
    const logger = { debug() {}, info() {}, warn, error() {} }
    const made = cluster({ bootstrapServers: [deadEndpoint], logger })
    await failure(made.topics([], { deadline: performance.now() + 100 }))
    expect(warn.mock.calls).toHaveLength(1)
    expect(warn.mock.calls[0]![0]).toContain('the cluster cannot be reached, trying on: 127.0.0.1:')
  })

  test('the connection that was made first is used on for the broker that it leads to', async () => {
    const made = cluster()
    await made.topics(['orders'], { deadline: far() })
    scripted.node(1).on(Heartbeat, ({ respond }) => respond(alive))
    await made.send(Heartbeat, heartbeat, { to: 1 })
    expect(scripted.node(1).connections).toHaveLength(1)
  })

  test('when the cluster goes by other addresses it is closed', async () => {
    const door = await otherBroker()
    door.on(Metadata, (request) => request.respond(scripted.metadata(request)))
    const made = cluster({ bootstrapServers: [door.endpoint] })
    await made.topics(['orders'], { deadline: far() })
    await door.when(() => door.openConnections === 0)
  })

  test('S1: switching the verification of certificates off is logged once', () => {
    const warn = vi.fn()
    cluster({ logger: { debug() {}, info() {}, warn, error() {} }, tls: { rejectUnauthorized: false } })
    expect(warn).toHaveBeenCalledTimes(1)
  })
})

describe('metadata', () => {
  test('M1: concurrent askers share a request', async () => {
    const made = cluster()
    await made.topics([], { deadline: far() })
    const before = scripted.asked.length
    scripted.topics.set('payments', { partitions: [{ leader: 3 }] })
    const asking = ['orders', 'payments', 'orders'].map((name) => made.topics([name], { deadline: far() }))
    for (const { topics } of await Promise.all(asking))
      expect([...topics.keys()]).toEqual(['orders', 'payments'])
    expect(scripted.asked).toHaveLength(before + 1)
  })

  test('M1: what is known is not asked for again', async () => {
    const made = cluster()
    await made.topics(['orders'], { deadline: far() })
    const before = scripted.asked.length
    expect(
      (await made.topics(['orders'], { deadline: far() })).topics.get('orders')!.partitions,
    ).toHaveLength(2)
    expect(scripted.asked).toHaveLength(before)
  })

  test('M1: a refresh asks for all tracked topics, once for all who ask meanwhile', async () => {
    const made = cluster()
    await made.topics(['orders'], { deadline: far() })
    const before = scripted.asked.length
    scripted.topics.set('orders', { id: topicId('O'), partitions: [{ leader: 3, epoch: 1 }] })
    const [snapshot] = await Promise.all([made.refresh(), made.refresh()])
    expect(snapshot.topics.get('orders')!.partitions[0]!.leader).toBe(3)
    expect(scripted.asked).toHaveLength(before + 1)
  })

  test('M1: refreshed when metadataMaxAgeMs has passed, and again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const made = cluster({ metadataMaxAgeMs: 60_000 })
    await made.topics(['orders'], { deadline: far() })
    for (const leader of [2, 3]) {
      scripted.topics.set('orders', { id: topicId('O'), partitions: [{ leader, epoch: leader }] })
      const refreshed = new Promise<number>((resolve) => {
        const stop = made.onMetadata(({ topics }) => {
          stop()
          resolve(topics.get('orders')!.partitions[0]!.leader)
        })
      })
      vi.advanceTimersByTime(59_999)
      const before = scripted.asked.length
      vi.advanceTimersByTime(1)
      expect(await refreshed).toBe(leader)
      expect(scripted.asked).toHaveLength(before + 1)
      // Listeners are told before the next refresh is set.
      await new Promise((resolve) => setImmediate(resolve))
    }
  })

  test('M1: a lost connection asks for new metadata without anyone waiting', async () => {
    const made = cluster()
    await made.topics(['orders'], { deadline: far() })
    const told = new Promise<void>((resolve) => made.onMetadata(() => resolve()))
    scripted.node(2).on(Heartbeat, ({ from }) => from.socket.destroy())
    await failure(made.send(Heartbeat, heartbeat, { to: 2 }))
    await told
  })

  test('M3: a topic that appears late is waited for', async () => {
    const made = cluster()
    const asking = made.topics(['late'], { deadline: far() })
    await scripted.node(1).until(Metadata, 2)
    scripted.topics.set('late', { errorCode: 5 })
    await scripted.node(1).until(Metadata, scripted.node(1).received(Metadata).length + 2)
    scripted.topics.set('late', { partitions: [{ leader: 1 }] })
    expect((await asking).topics.get('late')!.partitions).toHaveLength(1)
  })

  test('M3: a topic that does not exist by the deadline is UNKNOWN_TOPIC, and is not asked for any more', async () => {
    const made = cluster()
    const error = await failure(made.topics(['orders', 'ordres'], { deadline: performance.now() + 100 }))
    expect(error).toMatchObject({ code: 'UNKNOWN_TOPIC', topic: 'ordres', retriable: false })
    expect(error.message).toMatch(
      /^there is no topic 'ordres', not even after \d+ ms: create it, or check the name and the permission to describe it$/,
    )
    await made.refresh()
    expect(scripted.asked.at(-1)!.body.topics!.map(({ name }) => name)).toEqual(['orders'])
  })

  test.each([
    ['INVALID_TOPIC_EXCEPTION', 17],
    ['TOPIC_AUTHORIZATION_FAILED', 29],
  ])('M3: %s rejects at once', async (code, errorCode) => {
    scripted.topics.set('secret', { errorCode })
    const made = cluster()
    expect(await failure(made.topics(['secret'], { deadline: far() }))).toMatchObject({
      code,
      topic: 'secret',
    })
    expect(scripted.asked).toHaveLength(1)
  })

  test('topics are created by asking only where the caller allows it', async () => {
    scripted.autoCreate = { partitions: [{ leader: 1 }] }
    const made = cluster()
    const [produced, consumed] = await Promise.allSettled([
      made.topics(['wanted'], { deadline: far(), allowAutoCreate: true }),
      made.topics(['mistyped'], { deadline: performance.now() + 100 }),
    ])
    expect(produced.status).toBe('fulfilled')
    expect(consumed).toMatchObject({ reason: { code: 'UNKNOWN_TOPIC' } })
    expect([...scripted.topics.keys()]).toEqual(['orders', 'wanted'])
  })

  test('all topics can be asked for without tracking them', async () => {
    scripted.topics.set('payments', { id: topicId('P'), partitions: [{ leader: 1 }] })
    const made = cluster()
    const everything = await made.allTopics({ deadline: far() })
    expect([...everything.topics.keys()]).toEqual(['orders', 'payments'])
    expect(everything.topicNames.get(topicId('P'))).toBe('payments')
    expect(made.metadata.topics.size).toBe(0)
    expect(made.metadata.brokers.size).toBe(3)
    await made.refresh()
    expect(scripted.asked.at(-1)!.body.topics).toEqual([])
  })

  test('M6: a leader learnt from an error is where the next request goes', async () => {
    const made = cluster()
    await made.topics(['orders'], { deadline: far() })
    const moved = await otherBroker()
    moved.on(Heartbeat, ({ respond }) => respond(alive))
    made.learnLeader('orders', 0, { id: 9, epoch: 3 }, [{ nodeId: 9, ...moved.endpoint, rack: null }])
    const { leader } = made.metadata.topics.get('orders')!.partitions[0]!
    expect((await made.send(Heartbeat, heartbeat, { to: leader })).nodeId).toBe(9)
  })

  test('a known broker that is silent does not hold up metadata: another is asked beside it', async () => {
    const made = cluster()
    await made.topics(['orders'], { deadline: far() })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    scripted.node(1).silent(Metadata)
    scripted.topics.set('orders', { id: topicId('O'), partitions: [{ leader: 3, epoch: 1 }] })
    const refreshed = made.refresh()
    await scripted.node(1).until(Metadata, 2)
    vi.advanceTimersByTime(1000)
    const { topics } = await refreshed
    expect(topics.get('orders')!.partitions[0]!.leader).toBe(3)
    expect(scripted.node(1).received(Metadata)).toHaveLength(2)
  })

  test('C10: when no known broker has answered for the trigger, the bootstrap servers are asked again', async () => {
    const door = await otherBroker()
    door.on(Metadata, (request) => request.respond(scripted.metadata(request)))
    const made = cluster({ bootstrapServers: [door.endpoint], metadataRecoveryRebootstrapTriggerMs: 50 })
    await made.topics(['orders'], { deadline: far() })
    const moved = await ScriptedCluster.start(1)
    closeAfterTest.push(() => moved.stop())
    moved.topics.set('orders', { partitions: [{ leader: 1 }] })
    door.on(Metadata, (request) => request.respond(moved.metadata(request)))
    await scripted.stop()
    const snapshot = await made.retry({ what: 'refreshing', deadline: far() }, () => made.refresh())
    expect(snapshot.brokers.get(1)!.port).toBe(moved.node(1).port)
  })

  test.each(['Metadata', 'ApiVersions'])(
    'C10: REBOOTSTRAP_REQUIRED from %s starts again at once',
    async (api) => {
      const door = await otherBroker()
      door.on(Metadata, (request) => request.respond(scripted.metadata(request)))
      const made = cluster({ bootstrapServers: [door.endpoint] })
      await made.topics(['orders'], { deadline: far() })
      for (const broker of scripted.brokers) {
        if (api === 'Metadata') {
          broker.on(Metadata, (request) => request.respond({ ...scripted.metadata(request), errorCode: 129 }))
        } else {
          broker.on(ApiVersions, ({ respond }) => respond({ errorCode: 129, apiKeys: [] }))
        }
      }
      const moved = await ScriptedCluster.start(1)
      closeAfterTest.push(() => moved.stop())
      moved.clusterId = 'another'
      moved.topics.set('orders', { partitions: [{ leader: 1 }] })
      door.on(Metadata, (request) => request.respond(moved.metadata(request)))
      const snapshot = await made.retry({ what: 'refreshing', deadline: far() }, () => made.refresh())
      expect(snapshot.clusterId).toBe('another')
      expect(snapshot.topics.get('orders')!.partitions).toHaveLength(1)
    },
  )
})

describe('requests', () => {
  test('go to the named broker, by the version it speaks, which may differ from broker to broker', async () => {
    for (const broker of scripted.brokers) broker.on(Heartbeat, ({ respond }) => respond(alive))
    scripted.node(2).on(ApiVersions, ({ respond }) => {
      respond({ errorCode: 0, apiKeys: [{ apiKey: Heartbeat.key, minVersion: 0, maxVersion: 1 }] })
    })
    const made = cluster()
    await made.topics(['orders'], { deadline: far() })
    expect(await made.send(Heartbeat, heartbeat, { to: 1 })).toMatchObject({ version: 4, nodeId: 1 })
    expect(await made.send(Heartbeat, heartbeat, { to: 2 })).toMatchObject({ version: 1, nodeId: 2 })
    expect(await made.send(Heartbeat, heartbeat, { to: 3, maxVersion: 2 })).toMatchObject({
      version: 2,
      nodeId: 3,
    })
  })

  test('fetch metadata first when nothing is known', async () => {
    scripted.node(2).on(Heartbeat, ({ respond }) => respond(alive))
    expect((await cluster().send(Heartbeat, heartbeat, { to: 2 })).nodeId).toBe(2)
  })

  test('A1: to the controller, where metadata names one', async () => {
    scripted.controllerId = 3
    scripted.node(3).on(Heartbeat, ({ respond }) => respond(alive))
    expect((await cluster().send(Heartbeat, heartbeat, { to: 'controller' })).nodeId).toBe(3)
  })

  test('A1: to any broker where it names none, as every broker passes on what is the controller’s', async () => {
    scripted.controllerId = -1
    for (const broker of scripted.brokers) broker.on(Heartbeat, ({ respond }) => respond(alive))
    expect([1, 2, 3]).toContain((await cluster().send(Heartbeat, heartbeat, { to: 'controller' })).nodeId)
  })

  test('any: the least busy of the connected brokers', async () => {
    const made = cluster()
    await made.topics(['orders'], { deadline: far() })
    for (const broker of scripted.brokers) broker.on(Heartbeat, ({ respond }) => respond(alive))
    await made.send(Heartbeat, heartbeat, { to: 2 })
    scripted.node(2).silent(Heartbeat)
    const busy = made.send(Heartbeat, heartbeat, { to: 2 })
    const [, request] = await scripted.node(2).until(Heartbeat, 2)
    expect((await made.send(Heartbeat, heartbeat, { to: 'any' })).nodeId).toBe(1)
    request!.respond(alive)
    await busy
  })

  test('any: another known broker when the one that was connected is gone', async () => {
    const made = cluster()
    await made.topics(['orders'], { deadline: far() })
    for (const broker of scripted.brokers) broker.on(Heartbeat, ({ respond }) => respond(alive))
    await scripted.node(1).stop()
    const { nodeId } = await made.retry({ what: 'asking', deadline: far() }, () =>
      made.send(Heartbeat, heartbeat, { to: 'any' }),
    )
    expect([2, 3]).toContain(nodeId)
  })

  test('a broker that was restarted is reached again', async () => {
    const made = cluster()
    await made.topics(['orders'], { deadline: far() })
    scripted.node(2).on(Heartbeat, ({ respond }) => respond(alive))
    await made.send(Heartbeat, heartbeat, { to: 2 })
    const { port } = scripted.node(2)
    await scripted.node(2).stop()
    expect(await failure(made.send(Heartbeat, heartbeat, { to: 2 }))).toMatchObject({ retriable: true })
    const restarted = await ScriptedBroker.start(undefined, port)
    closeAfterTest.push(() => restarted.stop())
    restarted.on(Heartbeat, ({ respond }) => respond(alive))
    await made.retry({ what: 'beating', deadline: far() }, () => made.send(Heartbeat, heartbeat, { to: 2 }))
  })

  test('C12: a lane has connections of its own', async () => {
    const made = cluster()
    await made.topics(['orders'], { deadline: far() })
    const waiting = made.send(Heartbeat, heartbeat, { to: 1, lane: made.openLane('group g') })
    const [request] = await scripted.node(1).until(Heartbeat)
    await made.refresh()
    request!.respond(alive)
    await waiting
    expect(scripted.node(1).connections).toHaveLength(2)
  })

  test('a lane that this cluster did not open is refused', async () => {
    const lane = { name: 'mine', close: async () => {} }
    expect(await failure(cluster().send(Heartbeat, heartbeat, { to: 1, lane }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  })

  test('a request without an answer resolves when it is written', async () => {
    const made = cluster()
    const body = { acks: 0, timeoutMs: 1, topicData: [] }
    await made.sendWithoutAnswer(Produce, body, { to: 1, maxVersion: 12 })
    await scripted.node(1).until(Produce)
  })

  test('an aborted request rejects with its reason, wherever it stands', async () => {
    const made = cluster()
    scripted.node(1).silent(Metadata)
    const abort = new AbortController()
    const sent = failure(made.send(Heartbeat, heartbeat, { to: 2, signal: abort.signal }))
    await scripted.node(1).until(Metadata)
    const reason = new Error('enough')
    abort.abort(reason)
    expect(await sent).toBe(reason)
  })

  test('a host name from metadata that is none is an error of its broker alone', async () => {
    scripted.node(1).on(Metadata, ({ respond }) => {
      const brokers = [
        { nodeId: 1, ...scripted.node(1).endpoint },
        { nodeId: 2, host: 'http://evil/', port: 1 },
      ]
      respond({ brokers, topics: [] })
    })
    scripted.node(1).on(Heartbeat, ({ respond }) => respond(alive))
    const made = cluster()
    expect(await failure(made.send(Heartbeat, heartbeat, { to: 2 }))).toMatchObject({
      code: 'CONNECTION_FAILED',
    })
    expect((await made.send(Heartbeat, heartbeat, { to: 1 })).nodeId).toBe(1)
  })
})

describe('coordinators', () => {
  const find = (made: Cluster, key: string) => made.coordinator('group', key, { deadline: far() })

  test('are found several in one request, and kept', async () => {
    const made = cluster()
    await made.topics([], { deadline: far() })
    expect(await Promise.all([find(made, 'a'), find(made, 'b'), find(made, 'a')])).toEqual([1, 1, 1])
    await find(made, 'a')
    const requests = scripted.brokers.flatMap((broker) => broker.received(FindCoordinator))
    expect(requests.map(({ body }) => body.coordinatorKeys)).toEqual([['a', 'b']])
  })

  test('are asked for one by one of a broker before version 4', async () => {
    scripted.node(1).on(ApiVersions, ({ respond }) => {
      const apiKeys = [
        { apiKey: Metadata.key, minVersion: 0, maxVersion: 7 },
        { apiKey: FindCoordinator.key, minVersion: 0, maxVersion: 2 },
      ]
      respond({ errorCode: 0, apiKeys })
    })
    const made = cluster()
    const all = [find(made, 'a'), find(made, 'b'), made.coordinator('transaction', 'a', { deadline: far() })]
    expect(await Promise.all(all)).toEqual([1, 1, 1])
    const asked = scripted
      .node(1)
      .received(FindCoordinator)
      .map(({ body }) => `${body.keyType} ${body.key}`)
    expect(asked.sort()).toEqual(['0 a', '0 b', '1 a'])
  })

  test('are asked for again while there is none', async () => {
    let asked = 0
    for (const broker of scripted.brokers) {
      broker.on(FindCoordinator, ({ respond }) => {
        const errorCode = asked++ < 2 ? 15 : 0
        respond({
          coordinators: [
            { key: 'g', nodeId: 3, ...scripted.node(3).endpoint, errorCode, errorMessage: null },
          ],
        })
      })
    }
    expect(await find(cluster(), 'g')).toBe(3)
    expect(asked).toBe(3)
  })

  test('an authorisation that is missing is the caller’s at once, and names the group', async () => {
    scripted.node(1).on(FindCoordinator, ({ respond }) => {
      respond({
        coordinators: [{ key: 'g', nodeId: -1, host: '', port: -1, errorCode: 30, errorMessage: 'no' }],
      })
    })
    const error = await failure(find(cluster(), 'g'))
    expect(error).toMatchObject({ code: 'GROUP_AUTHORIZATION_FAILED', groupId: 'g' })
  })

  test('one key’s failure is not another’s', async () => {
    scripted.node(1).on(FindCoordinator, ({ respond }) => {
      const found = { nodeId: 2, ...scripted.node(2).endpoint, errorMessage: null }
      respond({
        coordinators: [
          { key: 'a', ...found, errorCode: 30 },
          { key: 'b', ...found, errorCode: 0 },
        ],
      })
    })
    const made = cluster()
    await made.topics([], { deadline: far() })
    const [a, b] = await Promise.allSettled([find(made, 'a'), find(made, 'b')])
    expect(a).toMatchObject({ reason: { code: 'GROUP_AUTHORIZATION_FAILED' } })
    expect(b).toMatchObject({ value: 2 })
  })

  test('a request finds its coordinator by itself, and one that is unreachable is forgotten', async () => {
    const made = cluster()
    const to = { coordinator: 'group', key: 'g' } as const
    scripted.node(1).on(Heartbeat, ({ from }) => from.socket.destroy())
    expect(await failure(made.send(Heartbeat, heartbeat, { to }))).toMatchObject({
      code: 'CONNECTION_CLOSED',
    })
    for (const broker of scripted.brokers) {
      broker.on(FindCoordinator, ({ respond }) => {
        respond({
          coordinators: [
            { key: 'g', nodeId: 2, ...scripted.node(2).endpoint, errorCode: 0, errorMessage: null },
          ],
        })
      })
    }
    scripted.node(2).on(Heartbeat, ({ respond }) => respond(alive))
    const again = made.retry({ what: 'beating', deadline: far() }, () =>
      made.send(Heartbeat, heartbeat, { to }),
    )
    expect((await again).nodeId).toBe(2)
  })

  test('a coordinator whose connection is lost is forgotten, whoever used it', async () => {
    const made = cluster()
    const nodeId = await find(made, 'g')
    scripted.node(nodeId).on(Heartbeat, ({ from }) => from.socket.destroy())
    await failure(made.send(Heartbeat, heartbeat, { to: nodeId, lane: made.openLane('group g') }))
    await find(made, 'g')
    expect(scripted.brokers.flatMap((broker) => broker.received(FindCoordinator))).toHaveLength(2)
  })

  test('a coordinator that cannot be connected to in time is forgotten', async () => {
    const made = cluster()
    await find(made, 'g')
    scripted.node(1).silent(ApiVersions)
    const to = { coordinator: 'group', key: 'g' } as const
    const sent = made.send(Heartbeat, heartbeat, { to, lane: made.openLane('group g'), timeoutMs: 20 })
    expect(await failure(sent)).toMatchObject({ code: 'TIMEOUT' })
    await find(made, 'g')
    expect(scripted.brokers.flatMap((broker) => broker.received(FindCoordinator))).toHaveLength(2)
  })

  test('a coordinator that metadata has not told of is reached all the same', async () => {
    scripted.named = [1]
    scripted.node(1).on(FindCoordinator, ({ respond }) => {
      respond({
        coordinators: [
          { key: 'g', nodeId: 3, ...scripted.node(3).endpoint, errorCode: 0, errorMessage: null },
        ],
      })
    })
    scripted.node(3).on(Heartbeat, ({ respond }) => respond(alive))
    const to = { coordinator: 'group', key: 'g' } as const
    expect((await cluster().send(Heartbeat, heartbeat, { to })).nodeId).toBe(3)
  })

  test('a forgotten coordinator is asked for again', async () => {
    const made = cluster()
    await find(made, 'g')
    made.forgetCoordinator('group', 'g')
    await find(made, 'g')
    expect(scripted.brokers.flatMap((broker) => broker.received(FindCoordinator))).toHaveLength(2)
  })
})

describe('close', () => {
  test('C9: answers that are due come, then every connection ends', async () => {
    const made = cluster()
    await made.topics(['orders'], { deadline: far() })
    const sent = made.send(Heartbeat, heartbeat, { to: 2, lane: made.openLane('group g') })
    const [request] = await scripted.node(2).until(Heartbeat)
    const closing = made.close()
    expect(made.close()).toBe(closing)
    request!.respond(alive)
    await sent
    await closing
    await Promise.all(scripted.brokers.map((broker) => broker.when(() => broker.openConnections === 0)))
  })

  test('afterwards every call rejects with CLOSED', async () => {
    const made = cluster()
    await made.topics(['orders'], { deadline: far() })
    await made.close()
    const calls = [
      made.topics(['orders'], { deadline: far() }),
      made.allTopics({ deadline: far() }),
      made.refresh(),
      made.send(Heartbeat, heartbeat, { to: 1 }),
      made.sendWithoutAnswer(Produce, { acks: 0, timeoutMs: 1, topicData: [] }, { to: 1 }),
      made.coordinator('group', 'g', { deadline: far() }),
      made.retry({ what: 'trying', deadline: far() }, async () => {}),
    ]
    for (const call of calls) expect(await failure(call)).toMatchObject({ code: 'CLOSED' })
    expect(() => made.openLane('late')).toThrow(expect.objectContaining({ code: 'CLOSED' }))
  })

  test('calls that wait reject with CLOSED: bootstrapping, backing off, outstanding past the time to close', async () => {
    const bootstrapping = cluster({ bootstrapServers: [(await otherBroker()).silent(ApiVersions).endpoint] })
    const first = failure(bootstrapping.topics(['orders'], { deadline: far() }))
    const backingOff = cluster({
      bootstrapServers: [deadEndpoint],
      retryBackoffMs: 20_000,
      retryBackoffMaxMs: 20_000,
    })
    const second = failure(backingOff.topics(['orders'], { deadline: far() }))
    const outstanding = cluster()
    const third = failure(outstanding.send(Heartbeat, heartbeat, { to: 2 }))
    await scripted.node(2).until(Heartbeat)
    await Promise.all([bootstrapping.close(), backingOff.close(), outstanding.close({ timeoutMs: 1 })])
    for (const error of await Promise.all([first, second, third]))
      expect(error).toMatchObject({ code: 'CLOSED' })
  })

  test('a promise that nobody awaits does not raise unhandledRejection', async () => {
    const raised: unknown[] = []
    const note = (reason: unknown) => raised.push(reason)
    process.on('unhandledRejection', note)
    closeAfterTest.push(async () => process.off('unhandledRejection', note))
    const made = cluster({ bootstrapServers: [deadEndpoint] })
    const deadline = performance.now() + 20
    void made.topics(['orders'], { deadline })
    void made.allTopics({ deadline })
    void made.refresh()
    void made.send(Heartbeat, heartbeat, { to: 1 })
    void made.send(Heartbeat, heartbeat, { to: { coordinator: 'group', key: 'g' } })
    void made.sendWithoutAnswer(Produce, { acks: 0, timeoutMs: 1, topicData: [] }, { to: 1 })
    void made.coordinator('group', 'g', { deadline })
    await failure(made.topics(['orders'], { deadline }))
    await made.close()
    await new Promise((resolve) => setImmediate(resolve))
    expect(raised).toEqual([])
  })
})
