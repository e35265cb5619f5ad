// What connections have in common, and what one request on them is given and gives.

import type { ConnectionOptions } from 'node:tls'
import type { Api, RequestOf, ResponseOf } from '../../protocol/schema.ts'
import type { Logger } from '../logger.ts'

/** What all connections of a cluster have in common. */
export interface ConnectionSettings {
  readonly clientId: string
  readonly tls: ConnectionOptions | undefined
  readonly requestTimeoutMs: number
  readonly connectionsMaxIdleMs: number
  readonly maxResponseSize: number
  readonly logger: Logger
}

/** A request's body, or a function of the version that was negotiated. */
export type Body<A extends Api> = RequestOf<A> | ((version: number) => RequestOf<A>)

export interface RequestOptions {
  /** The highest version that the call's meaning allows (C5). */
  readonly maxVersion?: number | undefined
  /** How long the broker may take to answer. Default `requestTimeoutMs`. */
  readonly timeoutMs?: number | undefined
  /** Its abort rejects with its reason. An answer that is still to come is then read and dropped. */
  readonly signal?: AbortSignal | undefined
}

export interface Response<A extends Api> {
  readonly response: ResponseOf<A>
  readonly version: number
}

/** Was this the failure of a request of which nothing was written, which may thus be sent again (C7)? */
export function wasNeverWritten(error: unknown): boolean {
  return typeof error === 'object' && error !== null && neverWritten.has(error)
}

/** Marks the failure of a request of which nothing was written. */
export function markNeverWritten<E extends Error>(error: E): E {
  neverWritten.add(error)
  return error
}

const neverWritten = new WeakSet<object>()
