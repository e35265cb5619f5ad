// One request or response, decoded.

import {
  type Api,
  ApiVersions,
  apiByKey,
  correlationIdOf,
  decodeRequest,
  decodeRequestHeader,
  decodeResponse,
  errorByName,
  isKafkaError,
  type Message,
  Reader,
} from '../../protocol/index.ts'
import { counted } from '../output.ts'
import { recordsTree } from './batches.ts'
import { groupMessageOpener } from './group-messages.ts'
import { internalTopicOf } from './internal-records.ts'
import { messageTree, type Opener, type Values } from './message.ts'
import { quoted } from './text.ts'
import { type Block, scalar, struct, type Tree } from './tree.ts'

/** What a response answers: it does not say so itself. */
export interface Answered {
  readonly api: Api
  readonly version: number
}

/** A frame as values. */
export interface DecodedFrame {
  readonly type: 'request' | 'response'
  readonly api: Api
  readonly version: number
  readonly correlationId: number
  /** Of a request. */
  readonly clientId?: string | null
  readonly message: Message
  readonly values: Values
}

/** Decodes a request, or, where it is told what was asked, a response; or says why it cannot. */
export function decodeFrame(bytes: Buffer, answered: Answered | undefined): DecodedFrame | string {
  try {
    return answered === undefined ? requestIn(bytes) : responseIn(bytes, answered)
  } catch (error) {
    if (!isKafkaError(error, 'PROTOCOL_ERROR')) throw error
    if (answered === undefined) return error.message
    const request = decodeFrame(bytes, undefined)
    if (typeof request === 'string') return error.message
    return `${error.message}. It is a request, ${request.api.name} v${request.version}: leave --api and --version out`
  }
}

const RESPONSE_HINT = 'if it is a response, say what it answers: --api NAME --version N'

function requestIn(bytes: Buffer): DecodedFrame | string {
  const reader = new Reader(bytes)
  if (bytes.length < 8) return `${counted(bytes.length, 'byte')} cannot be a request; ${RESPONSE_HINT}`
  const [key, version] = [bytes.readInt16BE(0), bytes.readInt16BE(2)]
  const api = apiByKey(key)
  if (api === undefined) return `no request that a client sends has the API key ${key}; ${RESPONSE_HINT}`
  const [min, max] = api.versions
  if (version < min || version > max) {
    return `${api.name} requests have versions ${min} to ${max}, not ${version}; ${RESPONSE_HINT}`
  }
  const { correlationId, clientId } = decodeRequestHeader(reader, () => version >= api.flexibleFrom)
  const values = decodeRequest(api, version, reader)
  return { type: 'request', api, version, correlationId, clientId, message: api.request, values }
}

function responseIn(bytes: Buffer, { api, version: asked }: Answered): DecodedFrame {
  const correlationId = correlationIdOf(bytes)
  // A broker that does not know the version asked says so in version 0 (KIP-511).
  const unsupported = errorByName('UNSUPPORTED_VERSION').code
  const refused = api.key === ApiVersions.key && bytes.length >= 6 && bytes.readInt16BE(4) === unsupported
  const version = refused ? 0 : asked
  const values = decodeResponse(api, version, bytes)
  return { type: 'response', api, version, correlationId, message: api.response, values }
}

export interface FrameOptions {
  /** Show long values whole. */
  readonly full: boolean
  /** Is called for everything in records that cannot be read. */
  readonly problem: () => void
}

/** A decoded frame for people and machines. */
export function frameBlock(
  frame: DecodedFrame,
  place: { readonly position: number; readonly sizeBytes: number },
  options: FrameOptions,
): Block {
  const { type, api, version, correlationId, clientId, message } = frame
  const body = messageTree(message.fields, frame.values, {
    version,
    full: options.full,
    open: opener(message.name, options),
  })
  const heading = [
    `${place.position === 0 ? '' : `byte ${place.position}: `}${api.name} ${type} v${version}`,
    `correlation id ${correlationId}`,
    ...(clientId === undefined ? [] : [`client id ${clientId === null ? 'null' : quoted(clientId, true)}`]),
    `${place.sizeBytes} bytes`,
  ].join(', ')
  const json = () =>
    struct({
      api: scalar(api.name),
      apiKey: scalar(api.key),
      version: scalar(version),
      correlationId: scalar(correlationId),
      clientId: clientId === undefined ? undefined : scalar(clientId),
      position: scalar(place.position),
      sizeBytes: scalar(place.sizeBytes),
      body,
    })
  return { kind: 'block', heading, children: [body], json }
}

function opener(message: string, options: FrameOptions): Opener {
  const openGroupMessage = groupMessageOpener(message, options.full)
  return (path, bytes, around) => {
    return /\.records$/.test(path) ? records(bytes, around, options) : openGroupMessage(path, bytes, around)
  }
}

/** Fetch and Produce have a partition's records beside it, and the topic around it: by name, in older versions. */
function records(bytes: Buffer, around: readonly Values[], options: FrameOptions): Tree {
  const topic = around[1]?.['topic'] ?? around[1]?.['name']
  return recordsTree(bytes, { ...options, internal: internalTopicOf(topic) })
}
