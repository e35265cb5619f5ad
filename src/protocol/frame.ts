// Requests and responses as they stand on the wire: a length, a header (KIP-482's where the version is flexible),
// the body. Source: https://kafka.apache.org/protocol#protocol_messages

import { Buffer } from 'node:buffer'
import { ProtocolError } from '../errors.ts'
import { Reader } from './bytes/reader.ts'
import { Writer } from './bytes/writer.ts'
import type { Api, DecodedRequestOf, EncodableResponseOf, RequestOf, ResponseOf } from './schema.ts'

/** ApiVersions' answer always has the first response header: its reader does not know yet what the broker speaks. */
const API_VERSIONS_KEY = 18

export interface RequestHeader {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
}

/** A request frame, its length included, as segments to be written in order. */
export function encodeRequest<A extends Api>(
  api: A,
  header: { readonly version: number; readonly correlationId: number; readonly clientId: string | null },
  request: RequestOf<A>,
): readonly Uint8Array[] {
  const writer = frameWriter()
  writer.int16(api.key)
  writer.int16(header.version)
  writer.int32(header.correlationId)
  writeClientId(writer, header.clientId)
  if (header.version >= api.flexibleFrom) writer.unsignedVarint(0)
  api.request.codec(header.version).write(writer, request)
  return withLength(writer)
}

/** Reads the header of a request frame (without its length); `isFlexible` says which header the API's version has. */
export function decodeRequestHeader(
  reader: Reader,
  isFlexible: (apiKey: number, version: number) => boolean,
): RequestHeader {
  const apiKey = reader.int16()
  const apiVersion = reader.int16()
  const correlationId = reader.int32()
  const length = reader.length(false, 16)
  const clientId = length === -1 ? null : reader.text(length)
  if (isFlexible(apiKey, apiVersion)) reader.taggedFields()
  return { apiKey, apiVersion, correlationId, clientId }
}

/** Reads the body after {@link decodeRequestHeader}. */
export function decodeRequest<A extends Api>(api: A, version: number, reader: Reader): DecodedRequestOf<A> {
  const request = api.request.codec(version).read(reader)
  reader.expectEnd()
  return request as DecodedRequestOf<A>
}

/** A response frame, its length included, as segments to be written in order. */
export function encodeResponse<A extends Api>(
  api: A,
  header: { readonly version: number; readonly correlationId: number },
  response: EncodableResponseOf<A>,
): readonly Uint8Array[] {
  const writer = frameWriter()
  writer.int32(header.correlationId)
  if (hasFlexibleResponseHeader(api, header.version)) writer.unsignedVarint(0)
  api.response.codec(header.version).write(writer, response)
  return withLength(writer)
}

/** The correlation id of a response frame (without its length). */
export function correlationIdOf(frame: Buffer): number {
  if (frame.length < 4) throw new ProtocolError(`a response of ${frame.length} bytes has no correlation id`)
  return frame.readInt32BE(0)
}

/** Decodes a whole response frame (without its length). Bytes and records in it are views on the frame. */
export function decodeResponse<A extends Api>(api: A, version: number, frame: Buffer): ResponseOf<A> {
  const reader = new Reader(frame)
  reader.int32()
  if (hasFlexibleResponseHeader(api, version)) reader.taggedFields()
  const response = api.response.codec(version).read(reader)
  reader.expectEnd()
  return response as ResponseOf<A>
}

function hasFlexibleResponseHeader(api: Api, version: number): boolean {
  return version >= api.flexibleFrom && api.key !== API_VERSIONS_KEY
}

// The client id keeps its two-byte length in every header version, so that a broker can read the header of a request
// newer than itself.
function writeClientId(writer: Writer, clientId: string | null): void {
  const byteLength = clientId === null ? -1 : Buffer.byteLength(clientId)
  if (byteLength > 0x7fff) throw new ProtocolError(`a client id of ${byteLength} bytes: 32767 is the most`)
  writer.int16(byteLength)
  if (clientId !== null) writer.text(clientId, byteLength)
}

/** A writer with room for the frame's length in front. */
function frameWriter(): Writer {
  const writer = new Writer()
  writer.int32(0)
  return writer
}

function withLength(writer: Writer): readonly Uint8Array[] {
  const segments = writer.segments()
  ;(segments[0] as Buffer).writeInt32BE(writer.size - 4, 0)
  return segments
}
