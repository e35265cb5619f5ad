import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type ConnectionIdentity, SOFTWARE } from '../../../src/client/network/api-versions.ts'
import type { Connection } from '../../../src/client/network/connection.ts'
import { openConnection } from '../../../src/client/network/open-connection.ts'
import { type ConnectionSettings, wasNeverWritten } from '../../../src/client/network/request.ts'
import { ConnectionError, ProtocolError, TimeoutError, UnsupportedVersionError } from '../../../src/errors.ts'
import { ApiVersions, FindCoordinator, Metadata, Produce } from '../../../src/protocol/api/index.ts'
import { allVersions, type Received, ScriptedBroker } from '../../support/scripted/broker.ts'
import { linkSettings } from '../../support/scripted/settings.ts'

const NOBODY = { clusterId: null, nodeId: -1 }
const COORDINATOR = {
  coordinators: [{ key: 'g', nodeId: 1, host: 'h', port: 1, errorCode: 0, errorMessage: null }],
}
const ask = { coordinatorKeys: ['g'] }

let broker: ScriptedBroker
const opened: Connection[] = []

beforeEach(async () => {
  broker = await ScriptedBroker.start()
})

afterEach(async () => {
  vi.useRealTimers()
  for (const connection of opened.splice(0)) connection.destroy(new Error('the test has ended'))
  await broker.stop()
})

async function open(
  overrides: Partial<ConnectionSettings> = {},
  identity: ConnectionIdentity = NOBODY,
): Promise<Connection> {
  const connection = await openConnection(broker.endpoint, {
    settings: linkSettings(overrides),
    identity,
    setupTimeoutMs: 10_000,
    advertised: false,
  })
  opened.push(connection)
  return connection
}

/** Time stands still for the client, but not for sockets. */
function freezeTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  )

describe('requests and answers', () => {
  test('C1: requests are written without waiting, and each gets its own answer', async () => {
    const connection = await open()
    const answers = ['a', 'b', 'c'].map((key) => connection.send(FindCoordinator, { coordinatorKeys: [key] }))
    const received = await broker.until(FindCoordinator, 3)
    const ids = received.map(({ correlationId }) => correlationId)
    expect(ids).toEqual([ids[0]!, ids[0]! + 1, ids[0]! + 2])
    for (const { body, respond } of received) {
      respond({
        coordinators: [
          { key: body.coordinatorKeys[0]!, nodeId: 1, host: 'h', port: 1, errorCode: 0, errorMessage: null },
        ],
      })
    }
    const keys = (await Promise.all(answers)).map(({ response }) => response.coordinators[0]!.key)
    expect(keys).toEqual(['a', 'b', 'c'])
  })

  test('C1: an answer that is not the oldest one due is a ProtocolError and closes the connection', async () => {
    const connection = await open()
    const [first, second] = [connection.send(FindCoordinator, ask), connection.send(FindCoordinator, ask)]
    const failures = [failure(first), failure(second)]
    const [, later] = await broker.until(FindCoordinator, 2)
    later!.respond(COORDINATOR)
    for (const error of await Promise.all(failures)) {
      expect(error).toBeInstanceOf(ProtocolError)
      expect(error).toMatchObject({
        retriable: true,
        message: expect.stringContaining('correlation id 2, but 1 was due'),
      })
    }
    await connection.closed
    expect(connection.isOpen).toBe(false)
  })

  test('C1: an answer that nobody asked for closes the connection', async () => {
    const connection = await open()
    broker.connections[0]!.socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 9]))
    await connection.closed
    expect(connection.failure).toMatchObject({
      code: 'PROTOCOL_ERROR',
      message: expect.stringContaining('no answer was due'),
    })
  })

  test('an answer that comes a byte at a time is read', async () => {
    const connection = await open()
    const sent = connection.send(FindCoordinator, ask)
    const [request] = await broker.until(FindCoordinator)
    for (const byte of request!.frame(COORDINATOR)) {
      request!.from.socket.write(Buffer.from([byte]))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect((await sent).response.coordinators[0]!.nodeId).toBe(1)
  })

  test('an answer larger than any read is one piece', async () => {
    const connection = await open()
    const brokers = Array.from({ length: 20_000 }, (_, nodeId) => ({
      nodeId,
      host: `broker-${nodeId}`,
      port: 9092,
    }))
    broker.on(Metadata, ({ respond }) => respond({ brokers, topics: [] }))
    const { response } = await connection.send(Metadata, { topics: [] })
    expect(response.brokers.length).toBe(20_000)
    expect(response.brokers.at(-1)!.host).toBe('broker-19999')
  })

  test('a request without an answer is settled when it is written, and takes no place in the order', async () => {
    const connection = await open()
    const quiet = connection.sendWithoutAnswer(
      Produce,
      { acks: 0, timeoutMs: 1, topicData: [] },
      { maxVersion: 12 },
    )
    broker.on(FindCoordinator, ({ respond }) => respond(COORDINATOR))
    const answered = connection.send(FindCoordinator, ask)
    await Promise.all([quiet, answered])
    await broker.until(Produce)
    expect(connection.inFlight).toBe(0)
  })

  test('a body that cannot be encoded rejects that request alone', async () => {
    const connection = await open()
    broker.on(FindCoordinator, ({ respond }) => respond(COORDINATOR))
    const wrong = failure(connection.send(FindCoordinator, { coordinatorKeys: [7 as unknown as string] }))
    const right = connection.send(FindCoordinator, ask)
    expect(await wrong).toBeInstanceOf(ProtocolError)
    expect((await right).version).toBe(6)
  })

  test('a body may be made for the version that was negotiated', async () => {
    const connection = await open()
    broker.on(FindCoordinator, ({ respond }) =>
      respond({ nodeId: 4, host: 'h', port: 1, errorCode: 0, errorMessage: null }),
    )
    const { response, version } = await connection.send(
      FindCoordinator,
      (version) => ({ key: `asked in ${version}` }),
      { maxVersion: 3 },
    )
    expect({ version, nodeId: response.nodeId }).toEqual({ version: 3, nodeId: 4 })
    expect(broker.received(FindCoordinator)[0]!.body.key).toBe('asked in 3')
  })

  test('an answer that cannot be decoded is a ProtocolError that names the field, and closes the connection', async () => {
    const connection = await open()
    const sent = failure(connection.send(FindCoordinator, ask))
    const [request] = await broker.until(FindCoordinator)
    const frame = request!.frame(COORDINATOR)
    frame.writeUInt8(0x7f, 13)
    request!.from.socket.write(frame)
    expect(await sent).toMatchObject({
      code: 'PROTOCOL_ERROR',
      message: expect.stringContaining('FindCoordinatorResponse v6'),
    })
    await connection.closed
  })
})

describe('deadlines and frames', () => {
  test('C2: past the deadline the request times out, the others are retriable, and the connection is closed', async () => {
    const connection = await open({ requestTimeoutMs: 1000 })
    freezeTime()
    const slow = failure(connection.send(FindCoordinator, ask))
    const other = failure(connection.send(Metadata, { topics: [] }, { timeoutMs: 60_000 }))
    await broker.until(Metadata)
    vi.advanceTimersByTime(1000)
    const error = await slow
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ retriable: true, api: 'FindCoordinator' })
    expect((error as Error).message).toBe(
      `127.0.0.1:${broker.port} did not answer FindCoordinator within 1000 ms`,
    )
    expect(await other).toMatchObject({ code: 'CONNECTION_CLOSED', retriable: true, cause: error })
    await connection.closed
  })

  test('C2: a request that was answered in time does not time out later', async () => {
    const connection = await open({ requestTimeoutMs: 1000 })
    freezeTime()
    broker.on(FindCoordinator, ({ respond }) => respond(COORDINATOR))
    await connection.send(FindCoordinator, ask)
    vi.advanceTimersByTime(999)
    const late = connection.send(Metadata, { topics: [] })
    const [request] = await broker.until(Metadata)
    vi.advanceTimersByTime(999)
    request!.respond({ brokers: [], topics: [] })
    await late
    expect(connection.isOpen).toBe(true)
  })

  test('C2: an answer that lay unread while the event loop was blocked counts', async () => {
    const connection = await open({ requestTimeoutMs: 50 })
    broker.on(FindCoordinator, ({ respond }) => respond(COORDINATOR))
    const sent = connection.send(FindCoordinator, ask)
    await broker.until(FindCoordinator)
    for (const end = performance.now() + 100; performance.now() < end; );
    expect((await sent).response.coordinators).toHaveLength(1)
  })

  test('C2, C8: throttling is added to the deadlines of what is outstanding', async () => {
    const connection = await open({ requestTimeoutMs: 1000 })
    freezeTime()
    const first = connection.send(FindCoordinator, ask)
    const second = connection.send(Metadata, { topics: [] })
    await broker.until(Metadata)
    broker.received(FindCoordinator)[0]!.respond({ ...COORDINATOR, throttleTimeMs: 5000 })
    await first
    vi.advanceTimersByTime(5999)
    broker.received(Metadata)[0]!.respond({ brokers: [], topics: [] })
    await second
    expect(connection.isOpen).toBe(true)
  })

  test('C8: nothing is written while throttled, and then in order', async () => {
    const connection = await open()
    freezeTime()
    broker.on(FindCoordinator, ({ respond, body }) => {
      respond({ ...COORDINATOR, throttleTimeMs: body.coordinatorKeys[0] === 'g' ? 3000 : 0 })
    })
    await connection.send(FindCoordinator, ask)
    const held = ['a', 'b'].map((key) => connection.send(FindCoordinator, { coordinatorKeys: [key] }))
    vi.advanceTimersByTime(2999)
    expect(connection.inFlight).toBe(2)
    expect(connection.writableLength).toBe(0)
    expect(broker.received(FindCoordinator)).toHaveLength(1)
    vi.advanceTimersByTime(1)
    await Promise.all(held)
    expect(broker.received(FindCoordinator).map(({ body }) => body.coordinatorKeys[0])).toEqual([
      'g',
      'a',
      'b',
    ])
  })

  test('C2, C8: a request that is held back has its whole time from when it is written', async () => {
    const connection = await open({ requestTimeoutMs: 1000 })
    freezeTime()
    broker.on(FindCoordinator, ({ respond }) => respond({ ...COORDINATOR, throttleTimeMs: 60_000 }))
    await connection.send(FindCoordinator, ask)
    const held = connection.send(Metadata, { topics: [] })
    vi.advanceTimersByTime(60_000)
    const [request] = await broker.until(Metadata)
    vi.advanceTimersByTime(999)
    request!.respond({ brokers: [], topics: [] })
    await held
  })

  test('C8: a request does not overtake those held back when their time has passed but their timer has not', async () => {
    const connection = await open()
    freezeTime()
    broker.on(FindCoordinator, ({ respond, body }) => {
      respond({ ...COORDINATOR, throttleTimeMs: body.coordinatorKeys[0] === 'g' ? 3000 : 0 })
    })
    await connection.send(FindCoordinator, ask)
    const held = connection.send(FindCoordinator, { coordinatorKeys: ['first'] })
    const later = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 3001)
    const next = connection.send(FindCoordinator, { coordinatorKeys: ['second'] })
    later.mockRestore()
    vi.advanceTimersByTime(3001)
    await Promise.all([held, next])
    const keys = broker.received(FindCoordinator).map(({ body }) => body.coordinatorKeys[0])
    expect(keys).toEqual(['g', 'first', 'second'])
  })

  test('C8: a broker before KIP-219 has delayed the answer already', async () => {
    const connection = await open()
    freezeTime()
    broker.on(FindCoordinator, ({ respond }) => {
      respond({ nodeId: 1, host: 'h', port: 1, errorCode: 0, throttleTimeMs: 3000 })
    })
    await connection.send(FindCoordinator, { key: 'g' }, { maxVersion: 1 })
    await connection.send(FindCoordinator, { key: 'g' }, { maxVersion: 1 })
    expect(broker.received(FindCoordinator)).toHaveLength(2)
  })

  test.each([
    ['beyond maxResponseSize', 100_001],
    ['beyond any memory', 0x7fff_ffff],
    ['negative', -1],
    ['too small for a correlation id', 3],
  ])('C3: a length %s is a ProtocolError, and the connection is closed', async (_, length) => {
    const connection = await open({ maxResponseSize: 100_000 })
    const sent = failure(connection.send(FindCoordinator, ask))
    const [request] = await broker.until(FindCoordinator)
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(length)
    request!.from.socket.write(bytes)
    const error = await sent
    expect(error).toBeInstanceOf(ProtocolError)
    expect((error as Error).message).toContain(
      `127.0.0.1:${broker.port} announced a response of ${length} bytes`,
    )
    expect((error as Error).message).toContain('maxResponseSize is 100000')
    await connection.closed
  })

  test('a broker that closes in the middle of an answer is told from one that closes before', async () => {
    const cut = async (bytes: number) => {
      const connection = await open()
      const sent = failure(connection.send(FindCoordinator, ask))
      const received = await broker.until(FindCoordinator, broker.received(FindCoordinator).length + 1)
      const request = received.at(-1)!
      request.from.socket.end(request.frame(COORDINATOR).subarray(0, bytes))
      return sent
    }
    const middle = await cut(9)
    expect(middle).toBeInstanceOf(ConnectionError)
    expect(middle).toMatchObject({ code: 'CONNECTION_CLOSED', retriable: true, api: 'FindCoordinator' })
    expect((middle as Error).message).toContain('in the middle of an answer')
    expect(((await cut(0)) as Error).message).toContain('before it was answered')
  })
})

describe('C4: versions', () => {
  const ranges = (min: number, max: number) => [{ apiKey: ApiVersions.key, minVersion: min, maxVersion: max }]
  const asked = () => broker.received(ApiVersions).map(({ version }) => version)

  test('version 5 is asked first, with software, cluster and node', async () => {
    await open({ clientId: 'me' }, { clusterId: 'c', nodeId: 7 })
    const [request] = broker.received(ApiVersions)
    expect(request).toMatchObject({ version: 5, clientId: 'me' })
    expect(request!.body).toMatchObject({ clusterId: 'c', nodeId: 7, clientSoftwareName: 'ottla' })
  })

  test('the software it names is this package, in its version', () => {
    const path = new URL('../../../package.json', import.meta.url)
    const { name, version } = JSON.parse(readFileSync(path, 'utf8'))
    expect(SOFTWARE).toEqual({ name, version })
  })

  test('nothing is said of cluster and node while they are not known', async () => {
    await open()
    expect(broker.received(ApiVersions)[0]!.body).toMatchObject({ clusterId: null, nodeId: -1 })
  })

  test("an older broker's UNSUPPORTED_VERSION answer is read as version 0, and the version it names is asked", async () => {
    broker.on(ApiVersions, ({ version, respond }) => {
      if (version > 3) respond({ errorCode: 35, apiKeys: ranges(0, 3) }, { version: 0 })
      else respond({ errorCode: 0, apiKeys: [...allVersions] })
    })
    const connection = await open()
    expect(asked()).toEqual([5, 3])
    expect(connection.isOpen).toBe(true)
  })

  test('with an empty list (brokers before 2.4) version 0 is asked', async () => {
    broker.on(ApiVersions, ({ version, respond }) => {
      if (version > 0) respond({ errorCode: 35, apiKeys: [] }, { version: 0 })
      else respond({ errorCode: 0, apiKeys: [{ apiKey: Metadata.key, minVersion: 0, maxVersion: 5 }] })
    })
    const connection = await open()
    expect(asked()).toEqual([5, 0])
    expect(connection.versionOf(Metadata)).toBe(5)
  })

  test('UNSUPPORTED_VERSION to version 0 ends it', async () => {
    broker.on(ApiVersions, ({ respond }) => respond({ errorCode: 35, apiKeys: [] }, { version: 0 }))
    expect(await failure(open())).toMatchObject({ code: 'UNSUPPORTED_VERSION' })
    expect(asked()).toEqual([5, 0])
  })

  test('a broker that names a version no lower than the one it refused is not asked for ever', async () => {
    broker.on(ApiVersions, ({ respond }) => respond({ errorCode: 35, apiKeys: ranges(0, 9) }, { version: 0 }))
    expect(await failure(open())).toMatchObject({ code: 'UNSUPPORTED_VERSION' })
    expect(asked()).toEqual([5])
  })

  test('any other error closes the connection', async () => {
    broker.on(ApiVersions, ({ respond }) => respond({ errorCode: 129, apiKeys: [] }))
    expect(await failure(open())).toMatchObject({ code: 'REBOOTSTRAP_REQUIRED', retriable: true })
    await broker.when(() => broker.openConnections === 0)
  })

  test('C5: the highest version that both know and the call allows is sent', async () => {
    broker.on(ApiVersions, ({ respond }) => {
      respond({ errorCode: 0, apiKeys: [{ apiKey: Metadata.key, minVersion: 4, maxVersion: 9 }] })
    })
    const connection = await open()
    expect(connection.versionOf(Metadata)).toBe(9)
    expect(connection.versionOf(Metadata, 7)).toBe(7)
  })

  test('C5: when none is left the error names the API, our versions and the broker’s', async () => {
    broker.on(ApiVersions, ({ respond }) => {
      respond({ errorCode: 0, apiKeys: [{ apiKey: Metadata.key, minVersion: 12, maxVersion: 20 }] })
    })
    const connection = await open()
    const error = await failure(connection.send(Metadata, { topics: [] }, { maxVersion: 11 }))
    expect(error).toBeInstanceOf(UnsupportedVersionError)
    expect((error as Error).message).toBe(
      `no version of Metadata in common: ours are 0 to 11 (of 13) for this call, those of 127.0.0.1:${broker.port} are 12 to 20`,
    )
    expect(await failure(connection.send(FindCoordinator, ask))).toMatchObject({
      code: 'UNSUPPORTED_VERSION',
      message: `127.0.0.1:${broker.port} does not know FindCoordinator`,
    })
    expect(connection.isOpen).toBe(true)
  })
})

describe('ending', () => {
  test('C7: a connection is closed when it was idle for connectionsMaxIdleMs, counted from its last use', async () => {
    freezeTime()
    const connection = await open({ connectionsMaxIdleMs: 5000 })
    broker.on(FindCoordinator, ({ respond }) => respond(COORDINATOR))
    vi.advanceTimersByTime(4999)
    await connection.send(FindCoordinator, ask)
    vi.advanceTimersByTime(4999)
    expect(connection.isOpen).toBe(true)
    vi.advanceTimersByTime(1)
    await connection.closed
    expect(connection.failure).toBeUndefined()
  })

  test('C7: requests without answers are use, too', async () => {
    freezeTime()
    const connection = await open({ connectionsMaxIdleMs: 5000 })
    vi.advanceTimersByTime(4999)
    const body = { acks: 0, timeoutMs: 1, topicData: [] }
    await connection.sendWithoutAnswer(Produce, body, { maxVersion: 12 })
    vi.advanceTimersByTime(4999)
    expect(connection.isOpen).toBe(true)
  })

  test('C7: a connection with a request outstanding is not idle', async () => {
    freezeTime()
    const connection = await open({ connectionsMaxIdleMs: 5000, requestTimeoutMs: 20_000 })
    const sent = connection.send(FindCoordinator, ask)
    const [request] = await broker.until(FindCoordinator)
    vi.advanceTimersByTime(15_000)
    request!.respond(COORDINATOR)
    await sent
    expect(connection.isOpen).toBe(true)
  })

  test('C7: a connection that the broker closes while idle has not failed', async () => {
    const connection = await open()
    broker.connections[0]!.socket.end()
    await connection.closed
    expect(connection.failure).toBeUndefined()
  })

  test('C7: a request on a connection that has just ended was never written', async () => {
    const connection = await open()
    broker.connections[0]!.socket.end()
    await connection.closed
    const error = await failure(connection.send(FindCoordinator, ask))
    expect(error).toMatchObject({ code: 'CONNECTION_CLOSED', retriable: true })
    expect(wasNeverWritten(error)).toBe(true)
  })

  test('C7: of what a lost connection takes along, only what throttling held back was never written', async () => {
    const connection = await open()
    const first = connection.send(FindCoordinator, ask)
    const written = failure(connection.send(Metadata, { topics: [] }))
    await broker.until(Metadata)
    broker.received(FindCoordinator)[0]!.respond({ ...COORDINATOR, throttleTimeMs: 60_000 })
    await first
    const heldBack = failure(connection.send(Metadata, { topics: [] }))
    broker.connections[0]!.socket.destroy()
    expect(wasNeverWritten(await written)).toBe(false)
    expect(wasNeverWritten(await heldBack)).toBe(true)
  })

  test('C9: closing waits for the answers that are due, takes no more requests, then ends', async () => {
    const connection = await open()
    const sent = connection.send(FindCoordinator, ask)
    const [request] = await broker.until(FindCoordinator)
    const closing = connection.close()
    expect(wasNeverWritten(await failure(connection.send(FindCoordinator, ask)))).toBe(true)
    request!.respond(COORDINATOR)
    expect((await sent).response.coordinators).toHaveLength(1)
    await closing
    await broker.when(() => broker.openConnections === 0)
  })

  test('C9: what is outstanding when the time to close is over rejects with CLOSED', async () => {
    const connection = await open()
    freezeTime()
    const sent = failure(connection.send(FindCoordinator, ask))
    await broker.until(FindCoordinator)
    const closing = connection.close({ timeoutMs: 100 })
    vi.advanceTimersByTime(100)
    expect(await sent).toMatchObject({ code: 'CLOSED' })
    await closing
  })

  test('C9: an abrupt end rejects what is outstanding with its reason', async () => {
    const connection = await open()
    const sent = failure(connection.send(FindCoordinator, ask))
    const reason = new Error('enough')
    connection.destroy(reason)
    expect(await sent).toBe(reason)
    await connection.closed
  })

  test('C9: closing does not wait for a request that was aborted', async () => {
    const connection = await open()
    const abort = new AbortController()
    const sent = failure(connection.send(FindCoordinator, ask, { signal: abort.signal }))
    await broker.until(FindCoordinator)
    const closing = connection.close()
    abort.abort(new Error('never mind'))
    await sent
    await closing
  })
})

describe('AbortSignal', () => {
  test('a request that was aborted leaves its place to its answer, and the next gets its own', async () => {
    const connection = await open()
    const abort = new AbortController()
    const first = failure(connection.send(FindCoordinator, ask, { signal: abort.signal }))
    const second = connection.send(Metadata, { topics: [] })
    await broker.until(Metadata)
    abort.abort('changed my mind')
    expect(await first).toBe('changed my mind')
    expect(connection.inFlight).toBe(2)
    broker.received(FindCoordinator)[0]!.respond(COORDINATOR)
    broker.received(Metadata)[0]!.respond({ brokers: [], topics: [], clusterId: 'x' })
    expect((await second).response.clusterId).toBe('x')
    expect(connection.inFlight).toBe(0)
  })

  test('a signal that has aborted before sends nothing', async () => {
    const connection = await open()
    expect(await failure(connection.send(FindCoordinator, ask, { signal: AbortSignal.abort('no') }))).toBe(
      'no',
    )
    broker.on(Metadata, ({ respond }) => respond({ brokers: [], topics: [] }))
    await connection.send(Metadata, { topics: [] })
    expect(broker.received(FindCoordinator)).toHaveLength(0)
  })

  test('a request that is held back by throttling is never written when it was aborted', async () => {
    const connection = await open()
    freezeTime()
    broker.on(FindCoordinator, ({ respond }) => respond({ ...COORDINATOR, throttleTimeMs: 1000 }))
    await connection.send(FindCoordinator, ask)
    const abort = new AbortController()
    const held = failure(connection.send(Metadata, { topics: [] }, { signal: abort.signal }))
    const other = connection.send(Metadata, { topics: null })
    abort.abort('no')
    expect(await held).toBe('no')
    broker.on(Metadata, ({ respond }) => respond({ brokers: [], topics: [] }))
    vi.advanceTimersByTime(1000)
    await other
    expect(broker.received(Metadata).map(({ body }: Received<typeof Metadata>) => body.topics)).toEqual([
      null,
    ])
  })

  test('a signal keeps no listener after its request is settled', async () => {
    const connection = await open()
    broker.on(FindCoordinator, ({ respond }) => respond(COORDINATOR))
    const { signal } = new AbortController()
    const added = vi.spyOn(signal, 'addEventListener')
    const removed = vi.spyOn(signal, 'removeEventListener')
    await connection.send(FindCoordinator, ask, { signal })
    expect(added).toHaveBeenCalledTimes(1)
    expect(removed).toHaveBeenCalledTimes(1)
  })
})
