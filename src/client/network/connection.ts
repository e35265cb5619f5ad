// One connection to one broker: requests are written in order, each with a deadline, and answered in order.

import type { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import { ConnectionError, KafkaError, ProtocolError } from '../../errors.ts'
import { correlationIdOf, decodeResponse, encodeRequest } from '../../protocol/frame.ts'
import type { Api, ResponseOf, VersionRange } from '../../protocol/schema.ts'
import { askApiVersions, type ConnectionIdentity, commonVersion } from './api-versions.ts'
import {
  badLength,
  closedBeforeAnswer,
  connectFailure,
  lostConnection,
  noAnswer,
  type Peer,
  silentPeer,
  unreadableAnswer,
} from './connection-errors.ts'
import { FrameAssembler } from './frame-assembler.ts'
import { type Exchange, InFlight } from './in-flight.ts'
import {
  type Body,
  type ConnectionSettings,
  markNeverWritten,
  type RequestOptions,
  type Response,
} from './request.ts'
import { openSocket, type SocketTarget } from './socket.ts'
import { throttleMs } from './throttling.ts'
import { maintenanceAfter, onAbort } from './wait.ts'

/** The first answer is small; until it came, the other side may be anything. */
const MAX_GREETING_BYTES = 1024 * 1024
const MAX_CORRELATION_ID = 0x7fff_ffff

type Failure = (exchange: Exchange) => unknown

export class Connection {
  readonly peer: Peer
  /** Resolves when it is of no more use, before what is outstanding learns of it. */
  readonly ended: Promise<void>
  /** Resolves when the socket is gone, whatever ended it. */
  readonly closed: Promise<void>
  readonly #settings: ConnectionSettings
  readonly #assembler: FrameAssembler
  #state: 'connecting' | 'open' | 'draining' | 'closed' = 'connecting'
  readonly #opening = new AbortController()
  #socket: Socket | undefined
  #versions: ReadonlyMap<number, VersionRange> = new Map()
  /** The other side has shown that it speaks Kafka. */
  #greeted = false
  #failure: unknown
  #nextCorrelationId = 0
  readonly #inFlight = new InFlight((overdue, now) => this.#timeOut(overdue, now))
  #throttledUntil = 0
  #lastUsed = performance.now()
  #isCorked = false
  // The socket keeps the process alive while it is open, so no timer here needs to.
  #cancelThrottle = () => {}
  #cancelIdle = () => {}
  #resolveEnded = () => {}
  #resolveClosed = () => {}

  constructor(peer: Peer, settings: ConnectionSettings) {
    this.peer = peer
    this.#settings = settings
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve
    })
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve
    })
    this.#assembler = new FrameAssembler({
      checkLength: (length) => this.#checkLength(length),
      onFrame: (frame) => this.#receive(frame),
    })
  }

  /** Takes requests. */
  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /** Requests not settled yet. */
  get inFlight(): number {
    return this.#inFlight.size
  }

  /** Bytes given to the socket that the kernel has not taken. */
  get writableLength(): number {
    return this.#socket?.writableLength ?? 0
  }

  /** Why it ended; undefined while open, after an orderly close, and when the broker closed it idle. */
  get failure(): unknown {
    return this.#failure
  }

  /** Connects and asks for the broker's versions (C4). Afterwards it is open, or closed and this rejects. */
  async connect(
    target: SocketTarget,
    options: {
      readonly setupTimeoutMs: number
      readonly identity: ConnectionIdentity
      readonly signal?: AbortSignal | undefined
    },
  ): Promise<void> {
    const { signal, identity } = options
    const forget = onAbort(signal, (reason) => this.destroy(reason))
    try {
      const socket = await openSocket(target, {
        peer: this.peer,
        tls: this.#settings.tls,
        timeoutMs: options.setupTimeoutMs,
        signal: this.#opening.signal,
        incoming: this.#assembler,
      })
      this.#attach(socket)
      this.#versions = await askApiVersions(identity, {
        broker: this.peer.broker,
        request: (api, version, body, decode) => this.#exchange(api, version, body, decode, {}),
      })
      // It may have ended since: then there was nothing to be settled, and nobody was told.
      if (this.#state !== 'connecting') throw this.#failure
    } catch (error) {
      this.destroy(error)
      if (this.#socket === undefined) this.#resolveClosed()
      throw error
    } finally {
      forget()
    }
    this.#greeted = true
    this.#state = 'open'
    this.#watchIdle()
  }

  /** The version in which a request would be sent (C5). Throws UnsupportedVersionError when there is none. */
  versionOf(api: Api, maxVersion?: number | undefined): number {
    return commonVersion(api, this.#versions, { broker: this.peer.broker, maxVersion })
  }

  /**
   * One request and its answer. Rejects with TimeoutError, ConnectionError, ProtocolError, UnsupportedVersionError, or
   * the signal's reason.
   */
  send<A extends Api>(api: A, body: Body<A>, options: RequestOptions = {}): Promise<Response<A>> {
    if (this.#state !== 'open') return Promise.reject(this.#notOpen())
    let version: number
    try {
      version = this.versionOf(api, options.maxVersion)
    } catch (error) {
      return Promise.reject(error)
    }
    const decode = (frame: Buffer) => decodeResponse(api, version, frame)
    return this.#exchange(api, version, body, decode, options).then((response) => {
      return { response: response as ResponseOf<A>, version }
    })
  }

  /** A request that has no answer (Produce with acks 0): resolves when the kernel has taken it. */
  async sendWithoutAnswer<A extends Api>(api: A, body: Body<A>, options: RequestOptions = {}): Promise<void> {
    if (this.#state !== 'open') throw this.#notOpen()
    await this.#exchange(api, this.versionOf(api, options.maxVersion), body, undefined, options)
  }

  /**
   * Takes no more requests, waits until the outstanding ones are settled (by their answers or their deadlines, or at
   * the latest after `timeoutMs`, when they reject with CLOSED), then ends (C9).
   */
  close(options: { readonly timeoutMs?: number | undefined } = {}): Promise<void> {
    if (this.#state === 'connecting') this.destroy(this.#closedByUs())
    if (this.#state === 'open') this.#state = 'draining'
    if (this.#state === 'draining') {
      this.#endIfDrained()
      if (options.timeoutMs !== undefined) {
        const cancel = maintenanceAfter(options.timeoutMs, () => this.destroy(this.#closedByUs()))
        void this.closed.then(cancel)
      }
    }
    return this.closed
  }

  /** Ends at once; what is outstanding rejects with the reason. */
  destroy(reason: unknown): void {
    this.#end(() => reason, reason)
  }

  #attach(socket: Socket): void {
    this.#socket = socket
    socket.once('error', (cause) => this.#socketFailed(cause))
    socket.once('end', () => this.#socketEnded())
    socket.once('close', () => {
      this.#socketEnded()
      this.#resolveClosed()
    })
    // What happened before these listeners: no event will come for it.
    if (this.#state === 'closed') socket.destroy()
    else if (socket.destroyed) this.#socketFailed(socket.errored ?? undefined)
    if (socket.closed) this.#resolveClosed()
    if (this.#state === 'closed') throw this.#failure
  }

  #exchange<A extends Api>(
    api: A,
    version: number,
    body: Body<A>,
    decode: ((frame: Buffer) => object) | undefined,
    { timeoutMs = this.#settings.requestTimeoutMs, signal }: RequestOptions,
  ): Promise<object | undefined> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const correlationId = this.#nextCorrelationId
      const segments = encodeRequest(
        api,
        { version, correlationId, clientId: this.#settings.clientId },
        typeof body === 'function' ? body(version) : body,
      )
      this.#nextCorrelationId = correlationId === MAX_CORRELATION_ID ? 0 : correlationId + 1

      const now = performance.now()
      const forget = onAbort(signal, (reason) => this.#abort(exchange, reason))
      let isSettled = false
      const settle = (action: () => void) => {
        if (isSettled) return
        isSettled = true
        forget()
        action()
      }
      const exchange: Exchange = {
        api,
        version,
        correlationId,
        timeoutMs,
        segments,
        decode,
        deadline: Math.max(now, this.#throttledUntil) + timeoutMs,
        get isSettled() {
          return isSettled
        },
        resolve: (response) => settle(() => resolve(response)),
        reject: (reason) => settle(() => reject(reason)),
      }
      this.#lastUsed = now
      if (now < this.#throttledUntil || this.#inFlight.isHoldingBack) this.#inFlight.holdBack(exchange)
      else this.#write(exchange)
    })
  }

  #write(exchange: Exchange): void {
    const socket = this.#socket!
    // What is sent in one turn leaves in one system call.
    if (!this.#isCorked) {
      this.#isCorked = true
      socket.cork()
      process.nextTick(() => {
        this.#isCorked = false
        socket.uncork()
      })
    }
    const { segments } = exchange
    const last = segments.length - 1
    for (let i = 0; i < last; i++) socket.write(segments[i]!)
    this.#inFlight.written(exchange)
    if (exchange.decode !== undefined) {
      socket.write(segments[last]!)
      return
    }
    socket.write(segments[last]!, (error) => {
      // With an error the socket closes, and that rejects it.
      if (error) return
      this.#inFlight.flushed(exchange)
      exchange.resolve(undefined)
      this.#endIfDrained()
    })
  }

  /** A written request keeps its place, for its answer will come; an unwritten one is forgotten. */
  #abort(exchange: Exchange, reason: unknown): void {
    this.#inFlight.withdraw(exchange)
    exchange.reject(reason)
    this.#endIfDrained()
  }

  #checkLength(length: number): void {
    const max = this.#greeted
      ? this.#settings.maxResponseSize
      : Math.min(MAX_GREETING_BYTES, this.#settings.maxResponseSize)
    if (length < 4 || length > max) throw badLength(this.peer, length, max, this.#greeted)
  }

  #receive(frame: Buffer): void {
    if (this.#state === 'closed') return
    const exchange = this.#inFlight.oldest
    const { broker } = this.peer
    const correlationId = correlationIdOf(frame)
    if (exchange?.correlationId !== correlationId) {
      const expected = exchange === undefined ? 'no answer was due' : `${exchange.correlationId} was due`
      const message = `${broker} answered with correlation id ${correlationId}, but ${expected}`
      throw new ProtocolError(message, { broker, retriable: true })
    }
    this.#inFlight.answered()
    let response: object
    try {
      response = exchange.decode!(frame)
    } catch (cause) {
      const error = unreadableAnswer(this.peer, exchange.api.name, cause)
      exchange.reject(error)
      throw error
    }
    this.#lastUsed = performance.now()
    const throttle = throttleMs(exchange.api.key, exchange.version, response)
    if (throttle > 0) this.#throttle(throttle)
    exchange.resolve(response)
    this.#endIfDrained()
  }

  /** C8: the broker reads nothing until then; C2: nor can it answer what was sent before. */
  #throttle(ms: number): void {
    const until = performance.now() + ms
    if (until <= this.#throttledUntil) return
    this.#throttledUntil = until
    this.#inFlight.postpone(ms)
    this.#cancelThrottle()
    const release = () => {
      const left = this.#throttledUntil - performance.now()
      if (left > 0) {
        this.#cancelThrottle = maintenanceAfter(left, release)
        return
      }
      for (const exchange of this.#inFlight.release()) this.#write(exchange)
    }
    this.#cancelThrottle = maintenanceAfter(ms, release)
  }

  /** C2: whatever comes later cannot be trusted to be ours. */
  #timeOut(overdue: Exchange, now: number): void {
    const timedOut = ({ api, timeoutMs }: Exchange) =>
      this.#greeted ? noAnswer(this.peer, api.name, timeoutMs) : silentPeer(this.peer, timeoutMs)
    const first = timedOut(overdue)
    this.#end(
      (exchange) => (exchange.deadline <= now ? timedOut(exchange) : this.#lost(first, exchange)),
      first,
    )
  }

  #socketEnded(): void {
    if (this.#state !== 'closed') this.#socketFailed(undefined)
  }

  #socketFailed(cause: unknown): void {
    if (cause instanceof KafkaError) this.#end(() => cause, cause)
    else if (this.#greeted) {
      const isOurLoss = this.inFlight > 0 || this.#assembler.isMidFrame
      const failure = isOurLoss ? this.#lost(cause) : undefined
      this.#end((exchange) => this.#lost(cause, exchange), failure)
    } else {
      const isReset = cause === undefined || (cause as { code?: unknown }).code === 'ECONNRESET'
      const failure = isReset ? closedBeforeAnswer(this.peer, cause) : connectFailure(this.peer, cause)
      this.#end(() => failure, failure)
    }
  }

  #lost(cause: unknown, exchange?: Exchange): ConnectionError {
    return lostConnection(this.peer, {
      api: exchange?.api.name,
      isMidAnswer: this.#assembler.isMidFrame,
      cause,
    })
  }

  #notOpen(): ConnectionError {
    return markNeverWritten(this.#lost(this.#failure))
  }

  #closedByUs(): KafkaError {
    return new KafkaError('CLOSED', `the connection to ${this.peer.broker} was closed by this client`, {
      broker: this.peer.broker,
    })
  }

  #watchIdle(): void {
    const { connectionsMaxIdleMs } = this.#settings
    const check = () => {
      const idleMs = performance.now() - this.#lastUsed
      if (this.inFlight === 0 && idleMs >= connectionsMaxIdleMs) {
        this.#settings.logger.debug('closing an idle connection', { broker: this.peer.broker })
        void this.close()
        return
      }
      const waitMs = this.inFlight > 0 ? connectionsMaxIdleMs : connectionsMaxIdleMs - idleMs
      this.#cancelIdle = maintenanceAfter(waitMs, check)
    }
    this.#cancelIdle = maintenanceAfter(connectionsMaxIdleMs, check)
  }

  #endIfDrained(): void {
    if (this.#state !== 'draining' || !this.#inFlight.isSettled) return
    this.#release()
    this.#socket!.destroySoon()
  }

  #end(failureOf: Failure, failure: unknown): void {
    if (this.#state === 'closed') {
      this.#socket?.destroy()
      return
    }
    this.#failure = failure
    this.#release()
    this.#socket?.destroy()
    this.#opening.abort(failure)
    const { written, heldBack } = this.#inFlight.clear()
    for (const exchange of written) exchange.reject(failureOf(exchange))
    for (const exchange of heldBack) {
      const error = failureOf(exchange)
      exchange.reject(error instanceof ConnectionError ? markNeverWritten(error) : error)
    }
  }

  #release(): void {
    this.#state = 'closed'
    this.#resolveEnded()
    this.#inFlight.stop()
    this.#cancelThrottle()
    this.#cancelIdle()
  }
}
