import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Connection } from '../../../src/client/network/connection.ts'
import { type Endpoint, openConnection } from '../../../src/client/network/open-connection.ts'
import type { ConnectionSettings } from '../../../src/client/network/request.ts'
import { AuthenticationError, ConnectionError, ProtocolError } from '../../../src/errors.ts'
import { ApiVersions, Metadata } from '../../../src/protocol/api/index.ts'
import { ScriptedBroker } from '../../support/scripted/broker.ts'
import { deadEndpoint, linkSettings } from '../../support/scripted/settings.ts'

const pem = (name: string) => readFileSync(new URL(`../../support/tls/${name}.pem`, import.meta.url))
const authority = pem('authority')
const identity = { cert: pem('localhost'), key: pem('localhost-key') }

/** What a host name resolves to, in these tests. */
const resolution = vi.hoisted(() => ({ lookup: vi.fn() }))
vi.mock('node:dns/promises', () => resolution)

const closeAfterTest: (() => Promise<unknown> | unknown)[] = []

beforeEach(() => {
  resolution.lookup.mockImplementation(async (host: string) => {
    if (host === 'localhost') return [{ address: '127.0.0.1', family: 4 }]
    throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' })
  })
})

afterEach(async () => {
  vi.useRealTimers()
  resolution.lookup.mockReset()
  for (const close of closeAfterTest.splice(0)) await close()
})

async function scripted(...args: Parameters<typeof ScriptedBroker.start>): Promise<ScriptedBroker> {
  const broker = await ScriptedBroker.start(...args)
  closeAfterTest.push(() => broker.stop())
  return broker
}

async function listening(server: Server): Promise<Endpoint> {
  const sockets = new Set<{ destroy(): void }>()
  server.on('connection', (socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closeAfterTest.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

async function open(
  endpoint: Endpoint,
  overrides: Partial<ConnectionSettings> = {},
  options: { signal?: AbortSignal; advertised?: boolean } = {},
): Promise<Connection> {
  const connection = await openConnection(endpoint, {
    settings: linkSettings(overrides),
    identity: { clusterId: null, nodeId: -1 },
    setupTimeoutMs: 5000,
    advertised: false,
    ...options,
  })
  closeAfterTest.push(() => connection.destroy(undefined))
  return connection
}

const failure = (promise: Promise<unknown>): Promise<ConnectionError> =>
  promise.then(
    () => expect.unreachable(),
    (error) => error,
  )

describe('C11: what is not a Kafka broker says what it is', () => {
  test('HTTP on the port', async () => {
    const endpoint = await listening(createHttpServer((_, response) => response.end('hello')))
    const error = await failure(open(endpoint))
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error).toMatchObject({ retriable: false, broker: `127.0.0.1:${endpoint.port}` })
    expect(error.message).toBe(
      `127.0.0.1:${endpoint.port} does not speak Kafka: it answers in HTTP; the port belongs to another service`,
    )
  })

  test.each([
    ['an alert', [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x16]],
    ['a handshake record', [0x16, 0x03, 0x01, 0x00, 0x50, 0x02]],
  ])('a TLS port spoken to in plain text: %s', async (_, bytes) => {
    const endpoint = await listening(createServer((socket) => socket.end(Buffer.from(bytes))))
    const error = await failure(open(endpoint))
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error.retriable).toBe(false)
    expect(error.message).toContain('it answers in TLS; set tls')
  })

  test('a real TLS server spoken to in plain text', async () => {
    const broker = await scripted(identity)
    const error = await failure(open(broker.endpoint))
    expect(error.message).toMatch(/it answers in TLS; set tls|is it a TLS port \(set tls\)/)
  })

  test('a service that speaks first, as SSH does', async () => {
    const endpoint = await listening(createServer((socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n')))
    expect((await failure(open(endpoint))).message).toContain('its first bytes are "SSH-"')
  })

  test('bytes that mean nothing', async () => {
    const endpoint = await listening(createServer((socket) => socket.write(Buffer.from([0x7e, 1, 2, 3, 4]))))
    const error = await failure(open(endpoint))
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error.message).toContain('this is not a Kafka broker, or the bytes were damaged')
  })

  test('silence', async () => {
    const endpoint = await listening(createServer(() => {}))
    const error = await failure(open(endpoint, { requestTimeoutMs: 20 }))
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ code: 'CONNECTION_FAILED', retriable: true })
    expect(error.message).toBe(
      `127.0.0.1:${endpoint.port} took the connection but answered nothing within 20 ms: ` +
        'it is not a Kafka broker, or a TLS port (set tls), or it hangs.',
    )
  })

  test('a server that closes at once', async () => {
    const endpoint = await listening(createServer((socket) => socket.end()))
    const error = await failure(open(endpoint))
    expect(error).toMatchObject({ code: 'CONNECTION_FAILED', retriable: true })
    expect(error.message).toContain(
      'closed the connection without answering the first request: is it a TLS port',
    )
  })

  test('a broker that closes in the middle of its first answer', async () => {
    const broker = await scripted()
    broker.on(ApiVersions, ({ frame, from }) => {
      from.socket.end(frame({ errorCode: 0, apiKeys: [] }).subarray(0, 7))
    })
    expect(await failure(open(broker.endpoint))).toMatchObject({ code: 'CONNECTION_FAILED', retriable: true })
  })
})

describe('addresses', () => {
  test('a refused connection says so', async () => {
    const error = await failure(open(deadEndpoint))
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ code: 'CONNECTION_FAILED', retriable: true })
    expect(error.message).toBe('127.0.0.1:1 refused the connection: is a broker listening on that port?')
  })

  test('a name that does not resolve says so, and where it came from when the cluster gave it', async () => {
    const endpoint = { host: 'kafka', port: 9092 }
    expect((await failure(open(endpoint))).message).toBe(
      'kafka:9092 could not be reached: its host name does not resolve (ENOTFOUND).',
    )
    const advertised = await failure(open(endpoint, {}, { advertised: true }))
    expect(advertised.message).toContain('advertised.listeners')
  })

  test('C6: all addresses of a name are tried, and the name is resolved anew each time', async () => {
    const broker = await scripted()
    resolution.lookup.mockResolvedValueOnce([
      { address: '::1', family: 6 },
      { address: '127.0.0.1', family: 4 },
    ])
    const connection = await open({ host: 'kafka', port: broker.port })
    expect(connection.isOpen).toBe(true)
    resolution.lookup.mockResolvedValueOnce([{ address: '127.0.0.1', family: 4 }])
    await open({ host: 'kafka', port: broker.port })
    expect(resolution.lookup).toHaveBeenCalledTimes(2)
  })

  test('C6: when all addresses fail the error tells of each', async () => {
    resolution.lookup.mockResolvedValueOnce([
      { address: '::1', family: 6 },
      { address: '127.0.0.1', family: 4 },
    ])
    const error = await failure(open({ host: 'kafka', port: deadEndpoint.port }))
    expect(error.message).toContain('no address of kafka:1 could be used')
    expect(error.message).toMatch(/::1: .*127\.0\.0\.1: .*refused/)
    expect(error.retriable).toBe(true)
  })

  test.each(['http://kafka', 'kafka/path', 'user@kafka', 'a b', ''])(
    'S5: a host name from metadata is not trusted to be one: %j',
    async (host) => {
      const error = await failure(open({ host, port: 9092 }))
      expect(error).toMatchObject({
        code: 'CONNECTION_FAILED',
        message: expect.stringContaining('is not an address'),
      })
      expect(resolution.lookup).not.toHaveBeenCalled()
    },
  )

  test('an abort while connecting rejects with its reason, and leaves no socket', async () => {
    const broker = await scripted()
    broker.silent(ApiVersions)
    const abort = new AbortController()
    const opening = failure(open(broker.endpoint, {}, { signal: abort.signal }))
    await broker.until(ApiVersions)
    const reason = new Error('stop')
    abort.abort(reason)
    expect(await opening).toBe(reason)
    await broker.when(() => broker.openConnections === 0)
  })
})

describe('TLS', () => {
  test('S1: a certificate that the authority signed for this name is trusted', async () => {
    const broker = await scripted(identity)
    broker.on(Metadata, ({ respond }) => respond({ brokers: [], topics: [], clusterId: 'over TLS' }))
    const connection = await open({ host: 'localhost', port: broker.port }, { tls: { ca: authority } })
    const { response } = await connection.send(Metadata, { topics: [] })
    expect(response.clusterId).toBe('over TLS')
  })

  test('a large answer over TLS is whole', async () => {
    const broker = await scripted(identity)
    const brokers = Array.from({ length: 20_000 }, (_, nodeId) => ({ nodeId, host: `b-${nodeId}`, port: 1 }))
    broker.on(Metadata, ({ respond }) => respond({ brokers, topics: [] }))
    const connection = await open({ host: 'localhost', port: broker.port }, { tls: { ca: authority } })
    const { response } = await connection.send(Metadata, { topics: [] })
    expect(response.brokers.at(-1)!.host).toBe('b-19999')
  })

  test('S1: a certificate of an unknown authority is refused', async () => {
    const broker = await scripted(identity)
    const error = await failure(open({ host: 'localhost', port: broker.port }, { tls: {} }))
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error.retriable).toBe(false)
    expect(error.message).toContain('is not trusted')
    expect(error.message).toContain('tls.ca')
  })

  test('S1: the host name is verified', async () => {
    const broker = await scripted(identity)
    const error = await failure(open(broker.endpoint, { tls: { ca: authority } }))
    expect(error).toMatchObject({ code: 'CONNECTION_FAILED', retriable: false })
    expect(error.message).toContain('is for another host name')
  })

  test('S1: the name that is verified is the one given, not the address it resolved to', async () => {
    const broker = await scripted(identity)
    resolution.lookup.mockResolvedValueOnce([{ address: '127.0.0.1', family: 4 }])
    const error = await failure(open({ host: 'other', port: broker.port }, { tls: { ca: authority } }))
    expect(error.message).toContain('is for another host name')
    const named = open(broker.endpoint, { tls: { ca: authority, servername: 'localhost' } })
    expect((await named).isOpen).toBe(true)
  })

  test('C11: TLS to a port that speaks plain text, as a Kafka broker answers it', async () => {
    // The first bytes of a TLS handshake are too long a request for Kafka: it closes the connection.
    const endpoint = await listening(createServer((socket) => socket.once('data', () => socket.destroy())))
    const error = await failure(open(endpoint, { tls: { ca: authority } }))
    expect(error).toMatchObject({ code: 'CONNECTION_FAILED', retriable: true })
    expect(error.message).toContain('closed the connection in the TLS handshake')
    expect(error.message).toContain('leave tls out')
  })

  test('C11: TLS to a port that speaks HTTP', async () => {
    const endpoint = await listening(createHttpServer())
    const error = await failure(open(endpoint, { tls: { ca: authority } }))
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error.message).toContain('does not speak TLS')
  })

  test('C11: TLS to a port that says nothing ends with the setup timeout', async () => {
    const endpoint = await listening(createServer(() => {}))
    const error = await failure(
      openConnection(endpoint, {
        settings: linkSettings({ tls: {} }),
        identity: { clusterId: null, nodeId: -1 },
        setupTimeoutMs: 20,
        advertised: false,
      }),
    )
    expect(error.message).toContain('did not accept a TLS connection within 20 ms')
  })

  test('a broker that asks for a certificate and gets none refuses us', async () => {
    const broker = await scripted({ ...identity, ca: authority, requestCert: true, rejectUnauthorized: true })
    const error = await failure(open({ host: 'localhost', port: broker.port }, { tls: { ca: authority } }))
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error.message).toContain('tls.cert and tls.key')
  })
})
