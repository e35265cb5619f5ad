// What may stand at an address in place of a Kafka broker, and what a user must be told of it.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { ApiVersions, Metadata } from '../../src/protocol/api/index.ts'
import { ScriptedBroker } from './scripted/broker.ts'

export interface BadServer extends AsyncDisposable {
  /** `host:port`. */
  readonly address: string
}

export interface BadServerKind {
  readonly name: string
  start(): Promise<BadServer>
  /** What the error says: what is wrong, and what to do. */
  readonly says: RegExp
  /** Timeout: asked again until the deadline. The others cannot be changed by asking again. */
  readonly error: typeof timeout | typeof foreign | typeof unsupported
}

const timeout = { code: 'TIMEOUT', name: 'TimeoutError' } as const
const foreign = { code: 'PROTOCOL_ERROR', name: 'ProtocolError' } as const
const unsupported = { code: 'UNSUPPORTED_VERSION', name: 'UnsupportedVersionError' } as const

const frame = (length: number, ...bytes: number[]) => {
  const buffer = Buffer.alloc(4 + bytes.length)
  buffer.writeInt32BE(length)
  buffer.set(bytes, 4)
  return buffer
}

/** Fatal: unexpected message. */
const tlsAlert = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x0a])

export const badServers: readonly BadServerKind[] = [
  {
    name: 'a port where nobody listens',
    async start() {
      const server = await listening(createServer())
      const address = addressOf(server)
      server.close()
      await once(server, 'close')
      return { address, async [Symbol.asyncDispose]() {} }
    },
    says: /refused the connection: is a broker listening on that port\?/,
    error: timeout,
  },
  {
    name: 'a host name that does not exist',
    async start() {
      return { address: 'kafka.ottla-test.invalid:9092', async [Symbol.asyncDispose]() {} }
    },
    says: /its host name does not resolve/,
    error: timeout,
  },
  {
    name: 'a server that takes the connection and is silent',
    start: () => badSocket(() => {}),
    says: /answered nothing within \d+ ms: it is not a Kafka broker, or a TLS port \(set tls\), or it hangs/,
    error: timeout,
  },
  {
    name: 'a server that closes each connection at once',
    start: () => badSocket((socket) => socket.destroy()),
    says: /closed the connection without answering the first request: is it a TLS port \(set tls\)/,
    error: timeout,
  },
  {
    name: 'an HTTP server',
    async start() {
      const server = createHttpServer((_, response) => response.end('hello'))
      return stopped(await listening(server))
    },
    says: /does not speak Kafka: it answers in HTTP; the port belongs to another service/,
    error: foreign,
  },
  {
    name: 'a TLS port spoken to in plain text',
    async start() {
      const server = createTlsServer({ cert: pem('localhost.pem'), key: pem('localhost-key.pem') })
      server.on('tlsClientError', () => {})
      return stopped(await listening(server))
    },
    says: /it answers in TLS; set tls|is it a TLS port \(set tls\)/,
    error: timeout,
  },
  {
    name: 'a TLS port that says what is wrong',
    start: () => badSocket((socket) => socket.once('data', () => socket.end(tlsAlert))),
    says: /does not speak Kafka: it answers in TLS; set tls, or use the port of the plain text listener/,
    error: foreign,
  },
  {
    name: 'a server that greets in another protocol',
    start: () => badSocket((socket) => socket.write('220 mail.example.org ESMTP\r\n')),
    says: /its first bytes are "220 "; the port belongs to another service/,
    error: foreign,
  },
  {
    name: 'a first answer of an absurd length',
    start: () => badSocket((socket) => socket.once('data', () => socket.write(frame(2 ** 31 - 1, 0, 0)))),
    says: /announced a response of 2147483647 bytes \(.*this is not a Kafka broker/,
    error: timeout,
  },
  {
    name: 'a first answer of a negative length',
    start: () => badSocket((socket) => socket.once('data', () => socket.write(frame(-2, 0, 0)))),
    says: /announced a response of -2 bytes/,
    error: timeout,
  },
  {
    name: 'a first answer that cannot be read',
    start: () =>
      badSocket((socket) => socket.once('data', () => socket.write(frame(9, 0, 0, 0, 0, 0, 0, 9, 9, 9)))),
    says: /the answer of 127\.0\.0\.1:\d+ cannot be read/,
    error: timeout,
  },
  {
    name: 'a first answer that is cut',
    start: () =>
      badSocket((socket) => socket.once('data', () => socket.end(frame(200, 0, 0, 0, 0, 0, 0, 0, 0)))),
    says: /closed the connection/,
    error: timeout,
  },
  {
    name: 'a broker whose metadata answer has an absurd length',
    start: () =>
      badBroker((broker) => {
        broker.on(Metadata, ({ from }) => void from.socket.write(frame(2_000_000_000, 0, 0, 0, 1)))
      }),
    says: /announced a response of 2000000000 bytes \(maxResponseSize is \d+; raise it if the broker is right\)/,
    error: timeout,
  },
  {
    name: 'a broker that closes in the middle of its metadata answer',
    start: () =>
      badBroker((broker) => {
        broker.on(Metadata, (request) => {
          const whole = request.frame({ brokers: [], topics: [], clusterId: 'cut' })
          request.from.socket.end(whole.subarray(0, whole.length - 3))
        })
      }),
    says: /Metadata to 127\.0\.0\.1:\d+: the connection was closed in the middle of an answer/,
    error: timeout,
  },
  {
    name: 'a broker that never answers Metadata',
    start: () => badBroker(() => {}),
    says: /did not answer Metadata within \d+ ms/,
    error: timeout,
  },
  {
    name: 'a broker that answers another request than was asked',
    start: () =>
      badBroker((broker) => {
        broker.on(Metadata, ({ respond, correlationId }) =>
          respond({ brokers: [], topics: [] }, { correlationId: correlationId + 7 }),
        )
      }),
    says: /correlation id/i,
    error: timeout,
  },
  {
    name: 'a broker that is too old, or no broker of Kafka',
    start: () =>
      badBroker((broker) => {
        broker.on(ApiVersions, ({ respond }) =>
          respond({ errorCode: 0, apiKeys: [{ apiKey: ApiVersions.key, minVersion: 0, maxVersion: 0 }] }),
        )
      }),
    says: /does not know Metadata/,
    error: unsupported,
  },
]

/** A server that treats each connection as `onConnection` says. */
export async function badSocket(onConnection: (socket: Socket) => void): Promise<BadServer> {
  const server = createServer((socket) => {
    onConnection(socket)
    socket.resume()
  })
  return stopped(await listening(server))
}

async function badBroker(script: (broker: ScriptedBroker) => void): Promise<BadServer> {
  const broker = await ScriptedBroker.start()
  script(broker)
  return { address: `127.0.0.1:${broker.port}`, [Symbol.asyncDispose]: () => broker.stop() }
}

async function listening<S extends Server>(server: S): Promise<S> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function addressOf(server: Server): string {
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

function stopped(server: Server): BadServer {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  return {
    address: addressOf(server),
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function pem(file: string): Buffer {
  return readFileSync(new URL(`./tls/${file}`, import.meta.url))
}
