// Record headers as users see them: an ordered list of names and bytes, duplicates and nulls kept. Decoding is the
// protocol's; here is what may be sent.

import { Buffer } from 'node:buffer'
import { KafkaError } from '../errors.ts'
import { RecordHeaders as DecodedHeaders, EMPTY_HEADERS } from '../protocol/records/headers.ts'

/** A header as it came: its name and its bytes, or null. */
export type RecordHeader = readonly [name: string, value: Buffer | null]

/** A header as it may be sent: text is written as UTF-8. */
export type RecordHeaderInput = readonly [name: string, value: string | Uint8Array | null]

/**
 * Headers to send: a plain object as a shorthand, or a list of pairs (an array, a Map, the headers of another
 * record) where order and duplicates matter. Values that are `undefined` are left out.
 */
export type HeadersInput =
  | { readonly [name: string]: string | Uint8Array | null | undefined }
  | Iterable<readonly [name: string, value: string | Uint8Array | null | undefined]>

/** The headers of a record, in their order. Iterate for all of a name; the others give the last. */
export interface RecordHeaders extends Iterable<RecordHeader> {
  /** How many there are, duplicates counted. */
  readonly length: number
  /** The bytes of the last header of that name, as Kafka's `lastHeader`; undefined when there is none. */
  get(name: string): Buffer | null | undefined
  /** The last header of that name as UTF-8 text; undefined when there is none or it is null. */
  text(name: string): string | undefined
  /** Names and UTF-8 text; the last of a name wins. */
  toObject(): { [name: string]: string | null }
}

/**
 * Headers as the record writer takes them. Throws INVALID_ARGUMENT, naming the header, for what is neither
 * text, bytes nor null; a header's value is never shown.
 */
export function normalizeHeaders(input: HeadersInput | null | undefined): readonly RecordHeaderInput[] {
  if (input === undefined || input === null) return NONE
  if (typeof input !== 'object')
    throw invalid(`Headers are an object or a list of pairs, not a ${typeof input}`)
  const headers: RecordHeaderInput[] = []
  if (Symbol.iterator in input) {
    for (const pair of input) {
      if (!Array.isArray(pair) || pair.length !== 2)
        throw invalid('Each header of a list is a pair [name, value]')
      add(headers, pair[0], pair[1])
    }
  } else {
    // Own names only, so that `__proto__` is a name like any other (S5).
    for (const name of Object.keys(input)) add(headers, name, input[name])
  }
  return headers
}

/** Headers that were given to be sent, as a serde is shown them. */
export function headersOf(input: readonly RecordHeaderInput[]): RecordHeaders {
  if (input.length === 0) return EMPTY_HEADERS
  return new DecodedHeaders(() => input.map(([name, value]) => [name, toBuffer(value)]))
}

// ---- helpers

const NONE: readonly RecordHeaderInput[] = Object.freeze([])

function add(headers: RecordHeaderInput[], name: unknown, value: unknown): void {
  if (typeof name !== 'string') throw invalid(`A header's name is a string, not a ${typeof name}`)
  if (value === undefined) return
  if (value === null || typeof value === 'string' || value instanceof Uint8Array) {
    headers.push([name, value])
    return
  }
  const kind = typeof value === 'object' ? (value.constructor?.name ?? 'plain object') : typeof value
  throw invalid(`Header '${name}' is a ${kind}: a header's value is text, a Uint8Array or null`)
}

function toBuffer(value: string | Uint8Array | null): Buffer | null {
  if (value === null) return null
  if (typeof value === 'string') return Buffer.from(value, 'utf8')
  return Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}

function invalid(message: string): KafkaError {
  return new KafkaError('INVALID_ARGUMENT', message)
}
