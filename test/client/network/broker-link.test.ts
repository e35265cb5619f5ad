import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { BrokerLink, type LinkOptions, type LinkSettings } from '../../../src/client/network/broker-link.ts'
import { ConnectionLane } from '../../../src/client/network/connection-lane.ts'
import { type Endpoint, openConnection } from '../../../src/client/network/open-connection.ts'
import { ApiVersions, FindCoordinator, Metadata } from '../../../src/protocol/api/index.ts'
import { ScriptedBroker } from '../../support/scripted/broker.ts'
import { deadEndpoint, linkSettings } from '../../support/scripted/settings.ts'

const NOTHING = { brokers: [], topics: [] }

let broker: ScriptedBroker
let endpoint: Endpoint | undefined
const failures: unknown[] = []
const closeAfterTest: (() => Promise<unknown>)[] = []

beforeEach(async () => {
  broker = await ScriptedBroker.start()
  endpoint = broker.endpoint
  broker.on(Metadata, ({ respond }) => respond(NOTHING))
})

afterEach(async () => {
  vi.useRealTimers()
  failures.length = 0
  for (const close of closeAfterTest.splice(0)) await close()
  await broker.stop()
})

function options(overrides: Partial<LinkSettings> = {}): LinkOptions {
  return {
    nodeId: 1,
    settings: linkSettings(overrides),
    endpoint: () => endpoint,
    clusterId: () => 'cluster',
    onFailure: (error) => failures.push(error),
  }
}

function linked(overrides: Partial<LinkSettings> = {}): BrokerLink {
  const link = new BrokerLink(options(overrides))
  closeAfterTest.push(() => link.close({ timeoutMs: 0 }))
  return link
}

const failure = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => expect.unreachable(),
    (error) => error,
  )

describe('BrokerLink', () => {
  test('connects when something is to be sent, once for all who wait, and names cluster and node', async () => {
    const link = linked()
    expect(broker.connections).toHaveLength(0)
    await Promise.all([1, 2, 3].map(() => link.send(Metadata, { topics: [] }, {})))
    expect(broker.connections).toHaveLength(1)
    expect(broker.received(ApiVersions)[0]!.body).toMatchObject({ clusterId: 'cluster', nodeId: 1 })
  })

  test('requests that wait for the connection are written in the order of their calls', async () => {
    const link = linked()
    const sent: Promise<unknown>[] = []
    const send = (key: string) => sent.push(link.send(FindCoordinator, { coordinatorKeys: [key] }, {}))
    broker.on(FindCoordinator, ({ respond }) => respond({ coordinators: [] }))
    send('a')
    // Some join in the very turns in which the connection opens.
    while (!link.isOpen) {
      await new Promise((resolve) => setImmediate(resolve))
      send(`${sent.length}`)
    }
    send('last')
    await Promise.all(sent)
    const keys = broker.received(FindCoordinator).map(({ body }) => body.coordinatorKeys[0])
    expect(keys).toEqual(['a', ...keys.slice(1, -1).map((_, index) => `${index + 1}`), 'last'])
  })

  test('C6: an attempt that failed rejects who waits, and the next waits for the backoff', async () => {
    const link = linked({ reconnectBackoffMs: 1000, reconnectBackoffMaxMs: 8000 })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const alive = broker.endpoint
    endpoint = deadEndpoint
    expect(await failure(link.send(Metadata, { topics: [] }, {}))).toMatchObject({
      code: 'CONNECTION_FAILED',
    })
    expect(failures).toHaveLength(1)
    endpoint = alive
    const sent = link.send(Metadata, { topics: [] }, {})
    vi.advanceTimersByTime(799)
    expect(vi.getTimerCount()).toBe(2)
    expect(broker.connections).toHaveLength(0)
    vi.advanceTimersByTime(401)
    await sent
    expect(link.failures).toBe(0)
  })

  test('C6: the backoff doubles with each failure, up to its maximum, with 20 % of jitter', async () => {
    const link = linked({ reconnectBackoffMs: 1000, reconnectBackoffMaxMs: 3000 })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    endpoint = deadEndpoint
    const pauses: number[] = []
    for (let attempt = 0; attempt < 5; attempt++) {
      const started = performance.now()
      const sent = failure(link.send(Metadata, { topics: [] }, {}))
      if (attempt > 0) vi.advanceTimersToNextTimer()
      pauses.push(performance.now() - started)
      await sent
    }
    for (const [index, ms] of [0, 1000, 2000, 3000, 3000].entries()) {
      expect(pauses[index]).toBeGreaterThanOrEqual(ms * 0.8)
      expect(pauses[index]).toBeLessThanOrEqual(ms * 1.2 + 1)
    }
  })

  test('C7: a connection that the broker closed while idle is replaced without a word', async () => {
    const link = linked()
    await link.send(Metadata, { topics: [] }, {})
    broker.connections[0]!.socket.end()
    await broker.when(() => broker.openConnections === 0)
    await link.send(Metadata, { topics: [] }, {})
    expect(broker.connections).toHaveLength(2)
    expect(failures).toEqual([])
  })

  test('C7: a request that was written is not sent again', async () => {
    const link = linked()
    broker.on(Metadata, ({ from }) => from.socket.destroy())
    const error = await failure(link.send(Metadata, { topics: [] }, {}))
    expect(error).toMatchObject({ code: 'CONNECTION_CLOSED', retriable: true })
    expect(broker.received(Metadata)).toHaveLength(1)
    expect(failures).toHaveLength(1)
  })

  test('C7: a request that throttling held back goes by the next connection when its own is lost', async () => {
    const link = linked()
    broker.on(FindCoordinator, ({ respond, from }) => {
      respond({ coordinators: [], throttleTimeMs: 60_000 })
      setImmediate(() => from.socket.destroy())
    })
    await link.send(FindCoordinator, { coordinatorKeys: [] }, {})
    await link.send(Metadata, { topics: [] }, {})
    expect(broker.received(Metadata).map(({ from }) => from.index)).toEqual([1])
  })

  test('M5: a broker that moved is connected to at its new address, and the old connection gets its answers', async () => {
    const moved = await ScriptedBroker.start()
    closeAfterTest.push(() => moved.stop())
    moved.on(Metadata, ({ respond }) => respond({ ...NOTHING, clusterId: 'new' }))
    const link = linked()
    broker.silent(Metadata)
    const old = link.send(Metadata, { topics: [] }, {})
    const [request] = await broker.until(Metadata)
    endpoint = moved.endpoint
    expect((await link.send(Metadata, { topics: [] }, {})).response.clusterId).toBe('new')
    request!.respond({ ...NOTHING, clusterId: 'old' })
    expect((await old).response.clusterId).toBe('old')
    await broker.when(() => broker.openConnections === 0)
  })

  test('a broker that is not in the metadata is an error that names it', async () => {
    endpoint = undefined
    const error = await failure(linked().send(Metadata, { topics: [] }, {}))
    expect(error).toMatchObject({ code: 'CONNECTION_FAILED', retriable: true })
    expect(error.message).toContain("broker 1 is not in the cluster's metadata")
  })

  test('waiting for a connection has a deadline, too', async () => {
    broker.silent(ApiVersions)
    const error = await failure(linked().send(Metadata, { topics: [] }, { timeoutMs: 10 }))
    expect(error).toMatchObject({ code: 'TIMEOUT', api: 'Metadata', retriable: true })
    expect(error.message).toContain(`no connection to 127.0.0.1:${broker.port} (id 1) within 10 ms`)
  })

  test('a request that waits for a connection can be aborted', async () => {
    const link = linked()
    broker.silent(ApiVersions)
    const abort = new AbortController()
    const sent = failure(link.send(Metadata, { topics: [] }, { signal: abort.signal }))
    await broker.until(ApiVersions)
    abort.abort('no')
    expect(await sent).toBe('no')
    expect(link.load).toBe(0)
  })

  test('C9: closing rejects what waits with CLOSED, gives up connecting, and leaves no socket', async () => {
    const link = linked()
    broker.silent(ApiVersions)
    const sent = failure(link.send(Metadata, { topics: [] }, {}))
    await broker.until(ApiVersions)
    await link.close()
    expect(await sent).toMatchObject({ code: 'CLOSED' })
    expect(await failure(link.send(Metadata, { topics: [] }, {}))).toMatchObject({ code: 'CLOSED' })
    await broker.when(() => broker.openConnections === 0)
  })

  test('a connection that was made otherwise is taken over, if it is to the same address', async () => {
    const connection = await openConnection(broker.endpoint, {
      settings: linkSettings(),
      identity: { clusterId: null, nodeId: -1 },
      setupTimeoutMs: 1000,
      advertised: false,
    })
    closeAfterTest.push(() => connection.close())
    const link = linked()
    expect(link.adopt(connection, { host: 'elsewhere', port: broker.port })).toBe(false)
    expect(link.adopt(connection, broker.endpoint)).toBe(true)
    await link.send(Metadata, { topics: [] }, {})
    expect(broker.connections).toHaveLength(1)
  })
})

describe('ConnectionLane', () => {
  test('C12: lanes to one broker have connections of their own', async () => {
    const lanes = ['one', 'two'].map((name) => new ConnectionLane(name, () => options()))
    for (const lane of lanes) closeAfterTest.push(() => lane.close())
    broker.silent(FindCoordinator)
    const waiting = lanes[0]!.to(1).send(FindCoordinator, { coordinatorKeys: ['g'] }, {})
    const [request] = await broker.until(FindCoordinator)
    await lanes[1]!.to(1).send(Metadata, { topics: [] }, {})
    expect(broker.connections).toHaveLength(2)
    request!.respond({ coordinators: [] })
    await waiting
  })

  test('C9: closing a lane ends its connections, and it gives no more', async () => {
    const lane = new ConnectionLane('fetch', () => options())
    await lane.to(1).send(Metadata, { topics: [] }, {})
    const closing = lane.close()
    expect(lane.close()).toBe(closing)
    await closing
    await broker.when(() => broker.openConnections === 0)
    expect(() => lane.to(1)).toThrow('fetch')
  })

  test('links that are unused are forgotten when their broker is', async () => {
    const lane = new ConnectionLane('fetch', () => options())
    closeAfterTest.push(() => lane.close())
    const unused = lane.to(1)
    const used = lane.to(2)
    await used.send(Metadata, { topics: [] }, {})
    lane.keepOnly(new Map())
    expect(lane.existing(1)).toBeUndefined()
    expect(lane.existing(2)).toBe(used)
    expect(lane.to(1)).not.toBe(unused)
  })
})
