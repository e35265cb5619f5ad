// Requests and responses as they stand on the wire: a length, a header (KIP-482's where the version is flexible),
// the body. Source: https://kafka.apache.org/protocol#protocol_messages

import type { Buffer } from 'node:buffer'
import { ProtocolError } from '../errors.ts'
import { Reader } from './bytes/reader.ts'
import { Writer } from './bytes/writer.ts'
import { named, readWhole } from './codec.ts'
import { Misfit } from './misfit.ts'
import { primitiveCodec } from './primitives.ts'
import type { Api, DecodedRequestOf, EncodableResponseOf, RequestOf, ResponseOf } from './schema.ts'

/** ApiVersions' answer always has the first response header: its reader does not know yet what the broker speaks. */
const API_VERSIONS_KEY = 18

const LENGTH_BYTES = 4
const MAX_LENGTH = 0x7fff_ffff

export interface RequestHeader {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
}

const CORRELATION_ID = primitiveCodec('int32', { nullable: false, compact: false, path: 'correlationId' })
// The client id keeps its two-byte length in every header version, so that a broker can read the header of a request
// newer than itself.
const CLIENT_ID = primitiveCodec('string', { nullable: true, compact: false, path: 'clientId' })

/**
 * A request frame, its length included, as segments to be written in order. Throws a ProtocolError when the version,
 * the header or the request does not fit, or all is more than a frame's length can say (2 GiB).
 */
export function encodeRequest<A extends Api>(
  api: A,
  header: { readonly version: number; readonly correlationId: number; readonly clientId: string | null },
  request: RequestOf<A>,
): readonly Uint8Array[] {
  const codec = api.request.codec(header.version)
  return frame(`${api.request.name} v${header.version}`, (writer) => {
    writer.int16(api.key)
    writer.int16(header.version)
    CORRELATION_ID.write(writer, header.correlationId)
    CLIENT_ID.write(writer, header.clientId)
    if (header.version >= api.flexibleFrom) writer.unsignedVarint(0)
    codec.write(writer, request)
  })
}

/** Reads the header of a request frame (without its length); `isFlexible` says which header the API's version has. */
export function decodeRequestHeader(
  reader: Reader,
  isFlexible: (apiKey: number, version: number) => boolean,
): RequestHeader {
  return named('a request header', () => {
    const apiKey = reader.int16()
    const apiVersion = reader.int16()
    const correlationId = reader.int32()
    const clientId = CLIENT_ID.read(reader) as string | null
    if (isFlexible(apiKey, apiVersion)) reader.taggedFields()
    return { apiKey, apiVersion, correlationId, clientId }
  })
}

/** Reads the body after {@link decodeRequestHeader}. */
export function decodeRequest<A extends Api>(api: A, version: number, reader: Reader): DecodedRequestOf<A> {
  return readWhole(api.request, version, reader) as DecodedRequestOf<A>
}

/** A response frame, its length included, as segments to be written in order. Throws as encodeRequest does. */
export function encodeResponse<A extends Api>(
  api: A,
  header: { readonly version: number; readonly correlationId: number },
  response: EncodableResponseOf<A>,
): readonly Uint8Array[] {
  const codec = api.response.codec(header.version)
  return frame(`${api.response.name} v${header.version}`, (writer) => {
    CORRELATION_ID.write(writer, header.correlationId)
    if (hasFlexibleResponseHeader(api, header.version)) writer.unsignedVarint(0)
    codec.write(writer, response)
  })
}

/** The correlation id of a response frame (without its length). */
export function correlationIdOf(frame: Buffer): number {
  if (frame.length < 4) throw new ProtocolError(`a response of ${frame.length} bytes has no correlation id`)
  return frame.readInt32BE(0)
}

/** Decodes a whole response frame (without its length). Bytes and records in it are views on the frame. */
export function decodeResponse<A extends Api>(api: A, version: number, frame: Buffer): ResponseOf<A> {
  const reader = new Reader(frame)
  named(`${api.response.name} v${version}: header`, () => {
    reader.int32()
    if (hasFlexibleResponseHeader(api, version)) reader.taggedFields()
  })
  return readWhole(api.response, version, reader) as ResponseOf<A>
}

function hasFlexibleResponseHeader(api: Api, version: number): boolean {
  return version >= api.flexibleFrom && api.key !== API_VERSIONS_KEY
}

/** What `write` writes, with its length before it. */
function frame(name: string, write: (writer: Writer) => void): readonly Uint8Array[] {
  const writer = new Writer()
  writer.int32(0)
  try {
    write(writer)
  } catch (error) {
    throw error instanceof Misfit ? new ProtocolError(`${name}: ${error.message}`) : error
  }
  const length = writer.size - LENGTH_BYTES
  if (length > MAX_LENGTH)
    throw new ProtocolError(`${name}: ${length} bytes, a frame has ${MAX_LENGTH} at most`)
  const segments = writer.segments()
  ;(segments[0] as Buffer).writeInt32BE(length, 0)
  return segments
}
