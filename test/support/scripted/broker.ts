// A server that speaks Kafka's frames and does what a test's script says: answers well, badly, late, in pieces, or not.
import { once } from 'node:events'
import { type AddressInfo, createServer as createPlainServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { ApiVersions, apiByKey, apis } from '../../../src/protocol/api/index.ts'
import { Reader } from '../../../src/protocol/bytes/reader.ts'
import { decodeRequest, decodeRequestHeader, encodeResponse } from '../../../src/protocol/frame.ts'
import type { Api, DecodedRequestOf, EncodableResponseOf } from '../../../src/protocol/schema.ts'

/** A request as it came, and the ways to answer it. */
export interface Received<A extends Api = Api> {
  readonly api: A
  readonly version: number
  readonly correlationId: number
  readonly clientId: string | null
  readonly body: DecodedRequestOf<A>
  readonly from: ServerConnection
  /** A whole response frame, to be sent in another way. */
  frame(response: EncodableResponseOf<A>, as?: { version?: number; correlationId?: number }): Buffer
  respond(response: EncodableResponseOf<A>, as?: { version?: number; correlationId?: number }): void
}

export interface ServerConnection {
  readonly socket: Socket
  /** Its number, from 0, in the order of arrival. */
  readonly index: number
}

type Handler<A extends Api = Api> = (request: Received<A>) => void

/** Version ranges as ApiVersions tells them; by default all that we know. */
export type Ranges = readonly { apiKey: number; minVersion: number; maxVersion: number }[]

export const allVersions: Ranges = apis.map(({ key, versions }) => {
  return { apiKey: key, minVersion: versions[0], maxVersion: versions[1] }
})

export class ScriptedBroker {
  readonly connections: ServerConnection[] = []
  readonly requests: Received[] = []
  readonly #server: Server
  #port = 0
  readonly #handlers = new Map<string, Handler>()
  #wake: (() => void)[] = []

  private constructor(tls: TlsOptions | undefined) {
    const accept = (socket: Socket) => this.#accept(socket)
    this.#server = tls === undefined ? createPlainServer(accept) : createTlsServer(tls, accept)
    // A client that gives up in the handshake is not this server's failure.
    this.#server.on('tlsClientError', () => {})
    this.on(ApiVersions, ({ respond }) => respond({ errorCode: 0, apiKeys: [...allVersions] }))
  }

  static async start(tls?: TlsOptions, port = 0): Promise<ScriptedBroker> {
    const broker = new ScriptedBroker(tls)
    broker.#server.listen(port, '127.0.0.1')
    await once(broker.#server, 'listening')
    broker.#port = (broker.#server.address() as AddressInfo).port
    return broker
  }

  /** Stays known after the stop. */
  get port(): number {
    return this.#port
  }

  get endpoint(): { host: string; port: number } {
    return { host: '127.0.0.1', port: this.port }
  }

  /** What to do with requests of an API from now on. Without a handler they stay unanswered. */
  on<A extends Api>(api: A, handler: Handler<A>): this {
    this.#handlers.set(api.name, handler as unknown as Handler)
    return this
  }

  silent(api: Api): this {
    this.#handlers.delete(api.name)
    return this
  }

  /** The requests of one API so far. */
  received<A extends Api>(api: A): Received<A>[] {
    return this.requests.filter((request) => request.api.key === api.key) as unknown as Received<A>[]
  }

  /** Resolves when so many requests of an API have come. */
  async until<A extends Api>(api: A, count = 1): Promise<Received<A>[]> {
    await this.when(() => this.received(api).length >= count)
    return this.received(api)
  }

  /** Resolves when the condition holds, asked after each connection, request and disconnection. */
  async when(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#wake.push(resolve))
  }

  get openConnections(): number {
    return this.connections.filter(({ socket }) => !socket.destroyed).length
  }

  async stop(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy()
    if (!this.#server.listening) return
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(socket: Socket): void {
    const connection = { socket, index: this.connections.length }
    this.connections.push(connection)
    let buffered: Buffer = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('close', () => this.#changed())
    socket.on('data', (chunk: Buffer) => {
      buffered = Buffer.concat([buffered, chunk])
      while (buffered.length >= 4 && buffered.length >= 4 + buffered.readInt32BE(0)) {
        const end = 4 + buffered.readInt32BE(0)
        this.#receive(connection, buffered.subarray(4, end))
        buffered = buffered.subarray(end)
      }
    })
    this.#changed()
  }

  #receive(from: ServerConnection, frame: Buffer): void {
    const reader = new Reader(frame)
    const header = decodeRequestHeader(reader, (key, version) => version >= apiOf(key).flexibleFrom)
    const { apiKey, apiVersion: version, correlationId, clientId } = header
    const api = apiOf(apiKey)
    const respondable: Received = {
      api,
      version,
      correlationId,
      clientId,
      body: decodeRequest(api, version, reader),
      from,
      frame: (response, as) => {
        const header = { version: as?.version ?? version, correlationId: as?.correlationId ?? correlationId }
        return Buffer.concat(encodeResponse(api, header, response))
      },
      respond: (response, as) => void from.socket.write(respondable.frame(response, as)),
    }
    this.requests.push(respondable)
    this.#handlers.get(api.name)?.(respondable)
    this.#changed()
  }

  #changed(): void {
    for (const wake of this.#wake.splice(0)) wake()
  }
}

function apiOf(key: number): Api {
  const api = apiByKey(key)
  if (api === undefined) throw new Error(`no API ${key}`)
  return api
}
