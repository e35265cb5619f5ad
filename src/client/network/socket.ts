// Opens one socket to one address, plain or TLS, and feeds what arrives to a frame assembler.

import { connect as connectPlain, isIP, type OnReadOpts, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { connectFailure, type Peer, setupTimedOut } from './connection-errors.ts'
import type { FrameAssembler } from './frame-assembler.ts'
import { maintenanceAfter, onAbort } from './wait.ts'

const KEEP_ALIVE_AFTER_MS = 60_000

export interface SocketTarget {
  /** The name that was asked for: TLS verifies it. */
  readonly host: string
  /** The IP address that it resolved to. */
  readonly address: string
  readonly port: number
}

export interface SocketOptions {
  readonly peer: Peer
  readonly tls: ConnectionOptions | undefined
  /** Until connected, TLS handshake included. */
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  /** Errors that it throws destroy the socket, which then emits them. */
  readonly incoming: FrameAssembler
}

/** A connected socket. Rejects with an error of `connection-errors.ts`, or the signal's reason. */
export function openSocket(target: SocketTarget, options: SocketOptions): Promise<Socket> {
  const { peer, tls, timeoutMs, signal, incoming } = options
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const socket = tls === undefined ? openPlain(target, incoming) : openTls(target, tls, incoming)
    // One listener stays for good: an error between here and the next listener must not be uncaught.
    socket.on('error', () => {})
    socket.setNoDelay(true)
    socket.setKeepAlive(true, KEEP_ALIVE_AFTER_MS)

    const fail = (error: unknown) => {
      release()
      socket.destroy()
      reject(error)
    }
    const onReady = () => {
      release()
      resolve(socket)
    }
    const onError = (error: unknown) => fail(connectFailure(peer, error))
    const onClose = () =>
      fail(connectFailure(peer, Object.assign(new Error('closed'), { code: 'ECONNRESET' })))
    const ready = tls === undefined ? 'connect' : 'secureConnect'
    socket.once(ready, onReady)
    socket.once('error', onError)
    socket.once('close', onClose)
    const cancel = maintenanceAfter(timeoutMs, () => fail(setupTimedOut(peer, timeoutMs)))
    const forget = onAbort(signal, fail)
    const release = () => {
      cancel()
      forget()
      socket.off(ready, onReady)
      socket.off('error', onError)
      socket.off('close', onClose)
    }
  })
}

function openPlain({ address, port }: SocketTarget, incoming: FrameAssembler): Socket {
  // Node asks for the buffer of the next read after each callback, so a large frame is read where it stays.
  const onread: OnReadOpts = {
    buffer: () => incoming.target(),
    callback(count) {
      feed(socket, () => incoming.received(count))
      return true
    },
  }
  const socket = connectPlain({ host: address, port, onread })
  return socket
}

function openTls(
  { host, address, port }: SocketTarget,
  tls: ConnectionOptions,
  incoming: FrameAssembler,
): Socket {
  // The name is what the certificate must hold (S1); an IP address may not be sent as server name (RFC 6066).
  const servername = tls.servername ?? (isIP(host) === 0 ? host : undefined)
  const socket = connectTls({ ...tls, host: address, port, ...(servername !== undefined && { servername }) })
  socket.on('data', (chunk: Buffer) => feed(socket, () => incoming.push(chunk)))
  return socket
}

function feed(socket: Socket, take: () => void): void {
  if (socket.destroyed) return
  try {
    take()
  } catch (error) {
    socket.destroy(error as Error)
  }
}
