// The way to one broker on one lane: connects when something is to be sent, again after a loss, with growing pauses
// after failures (C6), and to where the broker lives now (M5).

import { ConnectionError, KafkaError, TimeoutError } from '../../errors.ts'
import type { Api } from '../../protocol/schema.ts'
import { backoffMs } from './backoff.ts'
import type { Connection } from './connection.ts'
import { type Endpoint, labelOf, openConnection } from './open-connection.ts'
import {
  type Body,
  type ConnectionSettings,
  type RequestOptions,
  type Response,
  wasNeverWritten,
} from './request.ts'
import { after, onAbort } from './wait.ts'

export interface LinkSettings extends ConnectionSettings {
  readonly reconnectBackoffMs: number
  readonly reconnectBackoffMaxMs: number
  readonly socketConnectionSetupTimeoutMs: number
  readonly socketConnectionSetupTimeoutMaxMs: number
}

export interface LinkOptions {
  readonly nodeId: number
  readonly settings: LinkSettings
  /** Where the broker is, by the newest metadata; undefined: it is not in it. */
  readonly endpoint: () => Endpoint | undefined
  readonly clusterId: () => string | null
  /** A connection could not be made, or was lost with requests outstanding. */
  readonly onFailure: (error: unknown) => void
}

type LinkState =
  | { readonly name: 'idle' }
  | { readonly name: 'pausing'; readonly cancel: () => void }
  | { readonly name: 'connecting'; readonly abort: AbortController }
  | { readonly name: 'open'; readonly connection: Connection; readonly endpoint: Endpoint }
  | { readonly name: 'closed' }

interface Waiting {
  use(connection: Connection): void
  fail(error: unknown): void
}

export class BrokerLink {
  readonly nodeId: number
  readonly #options: LinkOptions
  #state: LinkState = { name: 'idle' }
  /** In the order of their calls, which is the order in which they will be written. */
  #waiting: Waiting[] = []
  /** Replaced connections that still wait for answers. */
  readonly #retiring = new Set<Connection>()
  #failures = 0
  #pauseUntil = 0

  constructor(options: LinkOptions) {
    this.#options = options
    this.nodeId = options.nodeId
  }

  get isOpen(): boolean {
    return this.#current() !== undefined
  }

  /** Requests that this link has to do, those that wait for a connection included. */
  get load(): number {
    return this.#waiting.length + (this.#state.name === 'open' ? this.#state.connection.inFlight : 0)
  }

  /** Attempts to connect that have failed in a row. */
  get failures(): number {
    return this.#failures
  }

  /** Nothing is open, under way or waiting. */
  get isUnused(): boolean {
    return this.#state.name === 'idle' && this.#retiring.size === 0 && this.#waiting.length === 0
  }

  send<A extends Api>(api: A, body: Body<A>, options: RequestOptions): Promise<Response<A>> {
    return this.#whenOpen(api, options, (connection) => connection.send(api, body, options))
  }

  sendWithoutAnswer<A extends Api>(api: A, body: Body<A>, options: RequestOptions): Promise<void> {
    return this.#whenOpen(api, options, (connection) => connection.sendWithoutAnswer(api, body, options))
  }

  /** Takes over a connection that was made to this broker otherwise. False: not needed, or to another address. */
  adopt(connection: Connection, { host, port }: Endpoint): boolean {
    const endpoint = this.#options.endpoint()
    if (this.#state.name !== 'idle' || endpoint?.host !== host || endpoint.port !== port) return false
    this.#opened(connection, endpoint)
    return true
  }

  /** What waits for a connection rejects with CLOSED; what is outstanding as {@link Connection.close} says. */
  async close(options: { readonly timeoutMs?: number | undefined } = {}): Promise<void> {
    const state = this.#state
    this.#state = { name: 'closed' }
    const closed = this.#closedError()
    if (state.name === 'pausing') state.cancel()
    if (state.name === 'connecting') state.abort.abort(closed)
    if (state.name === 'open') this.#retire(state.connection)
    this.#failWaiting(closed)
    await Promise.all([...this.#retiring].map((connection) => connection.close(options)))
  }

  #whenOpen<T>(api: Api, options: RequestOptions, use: (connection: Connection) => Promise<T>): Promise<T> {
    const { signal } = options
    // C7: nothing was written, so it can go by the next connection.
    const again = (error: unknown): Promise<T> => {
      if (!wasNeverWritten(error) || this.#state.name === 'closed') throw error
      return this.#whenOpen(api, options, use)
    }
    const open = this.#current()
    if (open !== undefined) return use(open).catch(again)
    if (this.#state.name === 'closed') return Promise.reject(this.#closedError())
    if (signal?.aborted) return Promise.reject(signal.reason)
    const waiting = this.#wait<T>(api, options, (connection) => use(connection).catch(again))
    this.#advance()
    return waiting
  }

  #wait<T>(api: Api, options: RequestOptions, use: (connection: Connection) => Promise<T>): Promise<T> {
    const { timeoutMs = this.#options.settings.requestTimeoutMs, signal } = options
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        use(connection) {
          release()
          resolve(use(connection))
        },
        fail(error) {
          release()
          reject(error)
        },
      }
      const giveUp = (error: unknown) => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting)
        waiting.fail(error)
      }
      const cancel = after(timeoutMs, () => giveUp(this.#noConnectionWithin(api, timeoutMs)))
      const forget = onAbort(signal, giveUp)
      const release = () => {
        cancel()
        forget()
      }
      this.#waiting.push(waiting)
    })
  }

  /** The open connection, unless it has ended or the broker has moved since. */
  #current(): Connection | undefined {
    const state = this.#state
    if (state.name !== 'open') return undefined
    const endpoint = this.#options.endpoint()
    const hasMoved =
      endpoint !== undefined &&
      (endpoint.host !== state.endpoint.host || endpoint.port !== state.endpoint.port)
    if (state.connection.isOpen && !hasMoved) return state.connection
    this.#state = { name: 'idle' }
    this.#retire(state.connection)
    return undefined
  }

  #retire(connection: Connection): void {
    this.#retiring.add(connection)
    void connection.close()
    void connection.closed.then(() => this.#retiring.delete(connection))
  }

  #advance(): void {
    if (this.#state.name !== 'idle' || this.#waiting.length === 0) return
    const pauseMs = this.#pauseUntil - performance.now()
    if (pauseMs <= 0) {
      this.#connect()
      return
    }
    const cancel = after(pauseMs, () => {
      this.#state = { name: 'idle' }
      if (this.#waiting.length > 0) this.#connect()
    })
    this.#state = { name: 'pausing', cancel }
  }

  #connect(): void {
    const { settings, nodeId, clusterId } = this.#options
    const endpoint = this.#options.endpoint()
    if (endpoint === undefined) {
      this.#failWaiting(this.#unknownBroker())
      return
    }
    const abort = new AbortController()
    this.#state = { name: 'connecting', abort }
    const { socketConnectionSetupTimeoutMs: base, socketConnectionSetupTimeoutMaxMs: max } = settings
    openConnection(endpoint, {
      settings,
      identity: { clusterId: clusterId(), nodeId },
      setupTimeoutMs: backoffMs(base, Math.max(base, max), this.#failures),
      signal: abort.signal,
      advertised: true,
    }).then(
      (connection) => {
        if (this.#state.name === 'closed') return connection.destroy(this.#closedError())
        this.#opened(connection, endpoint)
      },
      (error) => {
        if (this.#state.name === 'closed') return
        this.#state = { name: 'idle' }
        this.#pause(this.#failures++)
        this.#failWaiting(error)
        this.#options.onFailure(error)
      },
    )
  }

  #opened(connection: Connection, endpoint: Endpoint): void {
    this.#failures = 0
    this.#state = { name: 'open', connection, endpoint }
    const { nodeId, settings } = this.#options
    settings.logger.debug('connected', { broker: labelOf(endpoint, nodeId) })
    void connection.ended.then(() => this.#lost(connection))
    const waiting = this.#waiting
    this.#waiting = []
    for (const each of waiting) each.use(connection)
  }

  #lost(connection: Connection): void {
    if (this.#state.name === 'open' && this.#state.connection === connection) this.#state = { name: 'idle' }
    if (this.#state.name === 'closed') return
    // Without a failure it was idle, or replaced: nothing to be careful about.
    if (connection.failure !== undefined) {
      this.#pause(0)
      this.#options.onFailure(connection.failure)
    }
    this.#advance()
  }

  #pause(failures: number): void {
    const { reconnectBackoffMs, reconnectBackoffMaxMs } = this.#options.settings
    this.#pauseUntil = performance.now() + backoffMs(reconnectBackoffMs, reconnectBackoffMaxMs, failures)
  }

  #failWaiting(error: unknown): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const each of waiting) each.fail(error)
  }

  #label(): string {
    const endpoint = this.#options.endpoint()
    return endpoint === undefined ? `broker ${this.nodeId}` : labelOf(endpoint, this.nodeId)
  }

  #unknownBroker(): ConnectionError {
    const message = `broker ${this.nodeId} is not in the cluster's metadata now: it is down, or was removed`
    return new ConnectionError('CONNECTION_FAILED', message, { broker: String(this.nodeId) })
  }

  #noConnectionWithin(api: Api, timeoutMs: number): TimeoutError {
    const broker = this.#label()
    const message = `${api.name} was not sent: no connection to ${broker} within ${timeoutMs} ms`
    return new TimeoutError(message, { broker, api: api.name })
  }

  #closedError(): KafkaError {
    return new KafkaError('CLOSED', `the connection to ${this.#label()} was closed by this client`)
  }
}
