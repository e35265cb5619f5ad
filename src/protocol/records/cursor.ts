// Opens a batch (checksum, decompression) and walks its records. The cursor moves from record to record and holds
// where the parts of the current one lie; objects and views are made only when asked for.
//
// Hot: `next` runs once a record, which is why its varints are written out (measured in bench/codecs).

import { Buffer } from 'node:buffer'
import {
  type CompressionCodec,
  type CompressionCodecs,
  compressionCodecs,
  DEFAULT_MAX_DECOMPRESSED_BYTES,
  type DecompressOptions,
} from '../compression/index.ts'
import type { RecordBatch } from './batch.ts'
import { decodeHeaders, EMPTY_HEADERS, RecordHeaders } from './headers.ts'
import * as layout from './layout.ts'
import { type LegacyMessage, legacyMessages, wrappedMessages } from './legacy.ts'
import { readVarint, readVarlong, varintEnd } from './varint.ts'

export interface OpenOptions {
  /** Whether the checksum is checked first; true when absent. */
  readonly checkCrcs?: boolean | undefined
  readonly codecs?: CompressionCodecs | undefined
  /** A batch that decompresses to more is refused; 128 MiB when absent. */
  readonly maxDecompressedBytes?: number | undefined
}

/**
 * Checks a batch and gives a cursor before its first record.
 *
 * @throws CorruptRecordError when its checksum is wrong (F8), it cannot be decompressed, its codec is not available
 * here (code UNSUPPORTED_COMPRESSION), or it claims more records than its bytes could hold. `cursor.next()` throws it
 * when a record is malformed.
 */
export function openBatch(batch: RecordBatch, options: OpenOptions = {}): RecordCursor {
  if (options.checkCrcs !== false) batch.checkCrc()
  const packed = packedRecords(batch)
  if (packed === undefined) return new RecordCursor(batch, undefined)
  const codec = codecOf(batch, options)
  let records: Uint8Array
  try {
    records = codec.decompress(packed, decompressOptions(batch, options))
  } catch (cause) {
    throw undecodable(batch, cause)
  }
  return new RecordCursor(batch, bounded(batch, records, options))
}

/** The same, with the decompression off the event loop where the codec can. */
export async function openBatchAsync(batch: RecordBatch, options: OpenOptions = {}): Promise<RecordCursor> {
  const packed = packedRecords(batch)
  const codec = packed === undefined ? undefined : codecOf(batch, options)
  if (packed === undefined || codec?.decompressAsync === undefined) return openBatch(batch, options)
  if (options.checkCrcs !== false) batch.checkCrc()
  let records: Uint8Array
  try {
    records = await codec.decompressAsync(packed, decompressOptions(batch, options))
  } catch (cause) {
    throw undecodable(batch, cause)
  }
  return new RecordCursor(batch, bounded(batch, records, options))
}

/** A record of a batch, decoded as far as it is asked for. It keeps the bytes of its batch alive. */
export class StoredRecord {
  readonly offset: number
  /** Milliseconds since 1970 (F11), -1 where there is none. */
  readonly timestamp: number
  readonly #batch: RecordBatch
  readonly #bytes: Buffer
  readonly #keyStart: number
  readonly #keyLength: number
  readonly #valueStart: number
  readonly #valueLength: number
  readonly #headersStart: number
  readonly #headerCount: number
  readonly #end: number

  constructor(cursor: RecordCursor) {
    this.offset = cursor.offset
    this.timestamp = cursor.timestamp
    this.#batch = cursor.batch
    this.#bytes = cursor.bytes
    this.#keyStart = cursor.keyStart
    this.#keyLength = cursor.keyLength
    this.#valueStart = cursor.valueStart
    this.#valueLength = cursor.valueLength
    this.#headersStart = cursor.headersStart
    this.#headerCount = cursor.headerCount
    this.#end = cursor.end
  }

  /** A view on the batch's bytes. */
  get key(): Buffer | null {
    return this.#keyLength < 0 ? null : this.#bytes.subarray(this.#keyStart, this.#keyStart + this.#keyLength)
  }

  get value(): Buffer | null {
    return this.#valueLength < 0
      ? null
      : this.#bytes.subarray(this.#valueStart, this.#valueStart + this.#valueLength)
  }

  get headers(): RecordHeaders {
    if (this.#headerCount === 0) return EMPTY_HEADERS
    return new RecordHeaders(() =>
      decodeHeaders(this.#batch, this.#bytes, this.#headersStart, this.#end, this.#headerCount),
    )
  }
}

export class RecordCursor implements Iterable<StoredRecord> {
  readonly batch: RecordBatch
  /** Holds the records: the batch's own buffer, or what it decompressed to. */
  readonly bytes: Buffer

  // The current record. Lengths are -1 for null; `end` is where the record, and so its headers, end in `bytes`.
  offset = -1
  timestamp = -1
  keyStart = 0
  keyLength = -1
  valueStart = 0
  valueLength = -1
  headersStart = 0
  headerCount = 0
  end: number

  readonly #baseOffset: number
  readonly #baseTimestamp: number
  readonly #lastOffsetDelta: number
  /** -1 unless all records have the broker's time. */
  readonly #logAppendTime: number
  readonly #limit: number
  readonly #messages: Iterator<LegacyMessage> | undefined
  #left: number

  /** `decompressed` is undefined when the batch is not compressed. */
  constructor(batch: RecordBatch, decompressed: Buffer | undefined) {
    this.batch = batch
    this.bytes = decompressed ?? batch.buffer
    this.end = decompressed === undefined ? batch.start + layout.BATCH_HEADER_BYTES : 0
    this.#limit = decompressed === undefined ? batch.end : decompressed.length
    this.#baseOffset = batch.baseOffset
    this.#lastOffsetDelta = batch.lastOffset - batch.baseOffset
    this.#logAppendTime = batch.isLogAppendTime ? batch.maxTimestamp : -1
    if (batch.magic !== 2) {
      this.#messages = legacyMessages(batch, decompressed)
      this.#baseTimestamp = -1
      this.#left = -1
      return
    }
    this.#baseTimestamp = batch.baseTimestamp
    this.#left = batch.recordCount
    const available = this.#limit - this.end
    if (this.#left < 0 || this.#left * layout.MIN_RECORD_BYTES > available) {
      throw batch.corrupt(`it claims ${this.#left} records in ${available} bytes`)
    }
    if (Math.abs(this.#baseTimestamp) > LARGEST_BASE_TIMESTAMP) {
      throw batch.corrupt('its timestamps are beyond what a number holds exactly')
    }
  }

  /**
   * Moves to the next record; false at the end.
   *
   * @throws CorruptRecordError when it is malformed.
   */
  next(): boolean {
    if (this.#left <= 0) return this.#left < 0 ? this.#nextMessage() : this.#finish()
    this.#left--
    const bytes = this.bytes
    const limit = this.#limit
    let at = this.end
    if (at >= limit) throw this.#malformed()

    // Varints of one or two bytes are read here, of keys' lengths those of one; others by the functions of varint.ts. Bytes may
    // be read a little past the record, or the batch, before the checks below refuse it.
    let byte = bytes[at++]!
    let length: number
    if (byte < 0x80) length = (byte >>> 1) ^ -(byte & 1)
    else if (bytes[at]! < 0x80) {
      const raw = (byte & 0x7f) | (bytes[at++]! << 7)
      length = (raw >>> 1) ^ -(raw & 1)
    } else {
      length = readVarint(bytes, at - 1)
      at = varintEnd
    }
    const end = at + length
    if (!(length >= layout.MIN_RECORD_BYTES - 1 && end <= limit)) throw this.#malformed()

    at++ // attributes: none are defined
    let timestampDelta: number
    byte = bytes[at++]!
    if (byte < 0x80) timestampDelta = (byte >>> 1) ^ -(byte & 1)
    else if (bytes[at]! < 0x80) {
      const raw = (byte & 0x7f) | (bytes[at++]! << 7)
      timestampDelta = (raw >>> 1) ^ -(raw & 1)
    } else {
      timestampDelta = readVarlong(bytes, at - 1)
      at = varintEnd
    }

    let offsetDelta: number
    byte = bytes[at++]!
    if (byte < 0x80) offsetDelta = (byte >>> 1) ^ -(byte & 1)
    else if (bytes[at]! < 0x80) {
      const raw = (byte & 0x7f) | (bytes[at++]! << 7)
      offsetDelta = (raw >>> 1) ^ -(raw & 1)
    } else {
      offsetDelta = readVarint(bytes, at - 1)
      at = varintEnd
    }
    if (!(offsetDelta >= 0 && offsetDelta <= this.#lastOffsetDelta)) {
      throw this.batch.corrupt(`a record has offset delta ${offsetDelta} of ${this.#lastOffsetDelta}`)
    }

    let keyLength: number
    byte = bytes[at++]!
    if (byte < 0x80) keyLength = (byte >>> 1) ^ -(byte & 1)
    else {
      keyLength = readVarint(bytes, at - 1)
      at = varintEnd
    }
    this.keyStart = at
    this.keyLength = keyLength
    if (keyLength > 0) at += keyLength
    if (!(keyLength >= -1 && at < end)) throw this.#malformed()

    let valueLength: number
    byte = bytes[at++]!
    if (byte < 0x80) valueLength = (byte >>> 1) ^ -(byte & 1)
    else if (bytes[at]! < 0x80) {
      const raw = (byte & 0x7f) | (bytes[at++]! << 7)
      valueLength = (raw >>> 1) ^ -(raw & 1)
    } else {
      valueLength = readVarint(bytes, at - 1)
      at = varintEnd
    }
    this.valueStart = at
    this.valueLength = valueLength
    if (valueLength > 0) at += valueLength
    if (!(valueLength >= -1 && at < end)) throw this.#malformed()

    byte = bytes[at++]!
    if (byte === 0) {
      this.headerCount = 0
      if (at !== end) throw this.#malformed()
    } else {
      const headerCount = readVarint(bytes, at - 1)
      at = varintEnd
      if (!(headerCount >= 0 && headerCount * 2 <= end - at)) throw this.#malformed()
      this.headerCount = headerCount
      this.headersStart = at
    }

    this.end = end
    this.offset = this.#baseOffset + offsetDelta
    const timestamp = this.#baseTimestamp + timestampDelta
    if (!(timestamp <= Number.MAX_SAFE_INTEGER)) {
      throw this.batch.corrupt('a timestamp in it is beyond what a number holds exactly')
    }
    this.timestamp = this.#logAppendTime === -1 ? timestamp : this.#logAppendTime
    return true
  }

  /** A view on the current record's key. */
  key(): Buffer | null {
    return this.keyLength < 0 ? null : this.bytes.subarray(this.keyStart, this.keyStart + this.keyLength)
  }

  /** A view on the current record's value. */
  value(): Buffer | null {
    return this.valueLength < 0
      ? null
      : this.bytes.subarray(this.valueStart, this.valueStart + this.valueLength)
  }

  headers(): RecordHeaders {
    return this.record().headers
  }

  /** The current record as an object of its own, which stays valid when the cursor moves on. */
  record(): StoredRecord {
    return new StoredRecord(this)
  }

  /** Moves through the records that are left. */
  [Symbol.iterator](): Iterator<StoredRecord, undefined> {
    return {
      next: () => (this.next() ? { done: false, value: this.record() } : { done: true, value: undefined }),
    }
  }

  #finish(): false {
    // What follows the header of a batch that has no records any more is of no matter, as to Java.
    if (this.end !== this.#limit && this.batch.recordCount !== 0) {
      throw this.batch.corrupt(`${this.#limit - this.end} bytes follow the last of the records it claims`)
    }
    return false
  }

  #nextMessage(): boolean {
    const result = this.#messages!.next()
    if (result.done === true) return false
    const message = result.value
    this.offset = message.offset
    this.timestamp = this.#logAppendTime === -1 ? message.timestamp : this.#logAppendTime
    this.keyStart = message.keyStart
    this.keyLength = message.keyLength
    this.valueStart = message.valueStart
    this.valueLength = message.valueLength
    this.end = message.end
    return true
  }

  #malformed(): Error {
    return this.batch.corrupt('a record in it is malformed or exceeds it')
  }
}

/** Deltas of two bytes and less are added without a look at the sum. */
const LARGEST_BASE_TIMESTAMP = Number.MAX_SAFE_INTEGER - 0x1_0000

/** The compressed bytes of a batch, or undefined when it is not compressed or has no records. */
function packedRecords(batch: RecordBatch): Buffer | undefined {
  if (batch.compression === 'none') return undefined
  if (batch.magic !== 2) return wrappedMessages(batch)
  if (batch.recordCount === 0) return undefined
  return batch.buffer.subarray(batch.start + layout.BATCH_HEADER_BYTES, batch.end)
}

function codecOf(batch: RecordBatch, options: OpenOptions): CompressionCodec {
  const type = batch.compression
  const codec = type === 'none' ? undefined : (options.codecs ?? compressionCodecs)[type]
  if (codec !== undefined) return codec
  throw batch.corrupt(
    `its records are compressed with ${type}, for which no codec was given`,
    undefined,
    'UNSUPPORTED_COMPRESSION',
  )
}

function decompressOptions(batch: RecordBatch, options: OpenOptions): DecompressOptions {
  return {
    maxBytes: options.maxDecompressedBytes ?? DEFAULT_MAX_DECOMPRESSED_BYTES,
    magic0: batch.magic === 0,
  }
}

/** A codec that a user gave may not keep to the bound. */
function bounded(batch: RecordBatch, records: Uint8Array, options: OpenOptions): Buffer {
  const { maxBytes } = decompressOptions(batch, options)
  if (records.length <= maxBytes) return Buffer.from(records.buffer, records.byteOffset, records.length)
  throw batch.corrupt(`it decompresses to more than ${maxBytes} bytes (maxDecompressedBytes)`)
}

function undecodable(batch: RecordBatch, cause: unknown): Error {
  return batch.corrupt(
    `its ${batch.compression} bytes cannot be decompressed${cause instanceof Error ? ` (${cause.message})` : ''}`,
    cause,
  )
}
