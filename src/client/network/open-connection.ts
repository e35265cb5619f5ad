// From a host name and a port to an open connection: the name is resolved anew each time, and all its addresses are
// tried (C6).

import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { ConnectionError } from '../../errors.ts'
import type { ConnectionIdentity } from './api-versions.ts'
import { Connection } from './connection.ts'
import { allFailed, connectFailure, type Peer } from './connection-errors.ts'
import { firstToSucceed } from './first-to-succeed.ts'
import type { ConnectionSettings } from './request.ts'

/** How long one address may be silent before the next is tried beside it. */
export const HEAD_START_MS = 250

export interface Endpoint {
  readonly host: string
  readonly port: number
}

export interface OpenOptions {
  readonly settings: ConnectionSettings
  readonly identity: ConnectionIdentity
  /** Bounds the TCP and TLS handshakes of one address; the first request has `requestTimeoutMs`. */
  readonly setupTimeoutMs: number
  readonly signal?: AbortSignal | undefined
  /** The endpoint is from the cluster's metadata. */
  readonly advertised: boolean
}

export async function openConnection(endpoint: Endpoint, options: OpenOptions): Promise<Connection> {
  const { settings, identity, setupTimeoutMs, signal } = options
  const peer = peerOf(endpoint, options)
  const { host, port } = endpoint
  const addresses = await resolve(endpoint, peer)
  try {
    return await firstToSucceed({
      candidates: addresses,
      headStartMs: HEAD_START_MS,
      signal,
      discard: (connection) => connection.destroy(undefined),
      async attempt(address, attemptSignal) {
        const connection = new Connection(peer, settings)
        const target = { host, address, port }
        await connection.connect(target, { setupTimeoutMs, identity, signal: attemptSignal })
        return connection
      },
    })
  } catch (error) {
    throw error instanceof AggregateError
      ? allFailed(`no address of ${peer.broker} could be used`, addresses, error.errors)
      : error
  }
}

export function labelOf({ host, port }: Endpoint, nodeId = -1): string {
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  return nodeId < 0 ? address : `${address} (id ${nodeId})`
}

function peerOf(endpoint: Endpoint, { settings, identity, advertised }: OpenOptions): Peer {
  return { broker: labelOf(endpoint, identity.nodeId), tls: settings.tls !== undefined, advertised }
}

async function resolve({ host, port }: Endpoint, peer: Peer): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host]
  // S5: a broker's word for a host name is not trusted to be one.
  if (!/^[\p{L}\p{N}._-]{1,255}$/u.test(host) || port < 1 || port > 65_535) {
    throw new ConnectionError(
      'CONNECTION_FAILED',
      `${JSON.stringify(peer.broker)} is not an address (host:port)`,
      {
        broker: peer.broker,
      },
    )
  }
  try {
    const found = await lookup(host, { all: true })
    return [...new Set(found.map(({ address }) => address))]
  } catch (error) {
    throw connectFailure(peer, error)
  }
}
