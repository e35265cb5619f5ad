// What a failed connection most likely means, in words that say what to check (C11). A port that answers in another
// protocol will not answer in Kafka's by asking again, so those errors are not retriable; the rest may pass.

import { Buffer } from 'node:buffer'
import {
  AuthenticationError,
  ConnectionError,
  isKafkaError,
  type KafkaError,
  ProtocolError,
  TimeoutError,
} from '../../errors.ts'

/** What is known of the other side when something goes wrong. */
export interface Peer {
  /** `host:port`, with the node id once it is known. */
  readonly broker: string
  readonly tls: boolean
  /** The address came from the cluster's metadata, not from the user. */
  readonly advertised: boolean
}

const ADVERTISED =
  " The address comes from the cluster itself (the broker's advertised.listeners): it must be reachable from here."

/** A socket that could not be connected, or whose TLS handshake failed. */
export function connectFailure(peer: Peer, cause: unknown): KafkaError {
  const { broker } = peer
  const code = codeOf(cause)
  const failed = (what: string) =>
    new ConnectionError('CONNECTION_FAILED', `${what}${peer.advertised ? ADVERTISED : ''}`, { broker, cause })
  if (peer.tls) {
    const failure = tlsFailure(peer, cause, code)
    if (failure !== undefined) return failure
  }
  switch (code) {
    case 'ECONNREFUSED':
      return failed(`${broker} refused the connection: is a broker listening on that port?`)
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_NONAME':
      return failed(`${broker} could not be reached: its host name does not resolve (${code}).`)
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return failed(`${broker} could not be reached (${code}): check the address, the network and firewalls.`)
    default:
      return failed(`connecting to ${broker} failed: ${describe(cause)}.`)
  }
}

export function setupTimedOut(peer: Peer, timeoutMs: number): ConnectionError {
  const what = peer.tls ? 'accept a TLS connection' : 'accept a connection'
  return new ConnectionError(
    'CONNECTION_FAILED',
    `${peer.broker} did not ${what} within ${Math.round(timeoutMs)} ms: check the address, the network and firewalls.${
      peer.advertised ? ADVERTISED : ''
    }`,
    { broker: peer.broker },
  )
}

/** Nothing came back to the first request. */
export function silentPeer(peer: Peer, timeoutMs: number): ConnectionError {
  const guess = peer.tls ? 'not a Kafka broker' : 'not a Kafka broker, or a TLS port (set tls)'
  return new ConnectionError(
    'CONNECTION_FAILED',
    `${peer.broker} took the connection but answered nothing within ${Math.round(timeoutMs)} ms: it is ${guess}, or it hangs.`,
    { broker: peer.broker },
  )
}

/** The connection ended before the first request was answered. */
export function closedBeforeAnswer(peer: Peer, cause?: unknown): ConnectionError {
  const guess = peer.tls
    ? 'does it serve Kafka on that port?'
    : 'is it a TLS port (set tls), or one that does not serve Kafka?'
  return new ConnectionError(
    'CONNECTION_FAILED',
    `${peer.broker} closed the connection without answering the first request: ${guess}`,
    { broker: peer.broker, cause },
  )
}

/** A request's deadline has passed (C2). */
export function noAnswer({ broker }: Peer, api: string, timeoutMs: number): TimeoutError {
  return new TimeoutError(`${broker} did not answer ${api} within ${timeoutMs} ms`, { broker, api })
}

/** An established connection ended; with a KafkaError as cause, because we gave it up. */
export function lostConnection(
  { broker }: Peer,
  lost: { readonly api: string | undefined; readonly isMidAnswer: boolean; readonly cause: unknown },
): ConnectionError {
  const { api, cause } = lost
  const when = lost.isMidAnswer ? 'in the middle of an answer' : 'before it was answered'
  const what = isKafkaError(cause) ? `given up, because ${cause.message}` : `closed ${when}`
  const message = `${api === undefined ? '' : `${api} to `}${broker}: the connection was ${what}`
  return new ConnectionError('CONNECTION_CLOSED', message, { broker, api, cause })
}

/** An answer that is not what its API's version says. A damaged one may pass, so it is retriable. */
export function unreadableAnswer({ broker }: Peer, api: string, cause: unknown): ProtocolError {
  const message = `the answer of ${broker} cannot be read: ${describe(cause)}`
  return new ProtocolError(message, { broker, api, cause, retriable: true })
}

/**
 * A frame length that cannot be (C3). On a connection that has not yet shown that it speaks Kafka, the four bytes
 * often tell what it does speak.
 */
export function badLength(peer: Peer, length: number, maxLength: number, greeted: boolean): ProtocolError {
  const { broker } = peer
  const spoken = greeted ? undefined : foreignProtocol(length)
  if (spoken !== undefined) {
    return new ProtocolError(`${broker} does not speak Kafka: ${spoken}`, { broker })
  }
  const limit = greeted
    ? `maxResponseSize is ${maxLength}; raise it if the broker is right`
    : `the first answer has at most ${maxLength} bytes, so this is not a Kafka broker, or the bytes were damaged`
  return new ProtocolError(`${broker} announced a response of ${length} bytes (${limit})`, {
    broker,
    retriable: true,
  })
}

/** One error for attempts at several addresses: the only one's own, or all their words. */
export function allFailed(what: string, addresses: readonly string[], errors: readonly unknown[]): unknown {
  const [first] = errors
  if (errors.length === 1) return first
  // An address that will never do does not make the others so.
  const passing = errors.find((error) => isKafkaError(error) && error.retriable)
  const each = errors.map((error, index) => `${addresses[index]}: ${describe(error)}`)
  return new ConnectionError('CONNECTION_FAILED', `${what}. ${each.join(' ')}`, {
    cause: passing ?? first,
    retriable: passing !== undefined,
  })
}

function foreignProtocol(length: number): string | undefined {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(length)
  const text = bytes.toString('latin1')
  if (text === 'HTTP') return 'it answers in HTTP; the port belongs to another service'
  if ((bytes[0] === 0x15 || bytes[0] === 0x16) && bytes[1] === 0x03) {
    return 'it answers in TLS; set tls, or use the port of the plain text listener'
  }
  if (/^[\x20-\x7e\r\n\t]{4}$/.test(text)) {
    return `its first bytes are ${JSON.stringify(text)}; the port belongs to another service`
  }
  return undefined
}

function tlsFailure(peer: Peer, cause: unknown, code: string): KafkaError | undefined {
  const { broker } = peer
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') {
    const message = `${broker} does not speak TLS: is it the plain text listener's port (leave tls out), or another service's?`
    return new ProtocolError(message, { broker, cause })
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const message = `the certificate of ${broker} is for another host name: connect by a name that it holds. ${describe(cause)}.`
    return new ConnectionError('CONNECTION_FAILED', message, { broker, cause, retriable: false })
  }
  if (CERTIFICATE_REFUSED.test(code)) {
    const message = `the certificate of ${broker} is not trusted (${code}): give the authority that signed it as tls.ca.`
    return new ConnectionError('CONNECTION_FAILED', message, { broker, cause, retriable: false })
  }
  if (/^ERR_SSL_.*(CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/.test(code)) {
    const message = `${broker} refused our certificate (${code}): give one it trusts as tls.cert and tls.key.`
    return new AuthenticationError(message, { broker, cause })
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    const message = `${broker} closed the connection in the TLS handshake: is it the plain text listener's port (leave tls out), or does it ask for a certificate (tls.cert, tls.key)?`
    return new ConnectionError('CONNECTION_FAILED', message, { broker, cause })
  }
  return undefined
}

/** OpenSSL's verification results, as Node names them. */
const CERTIFICATE_REFUSED =
  /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|CRL_|ERROR_IN_|INVALID_CA|PATH_LENGTH_|HOSTNAME_MISMATCH)/

function codeOf(cause: unknown): string {
  const code = (cause as { readonly code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : ''
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
