// Writes record batches of magic 2. Each record is encoded at once, in one pass, into its batch's open buffer;
// nothing is copied again before the socket, unless the batch is compressed.
//
// Hot: `tryAppend` runs once a record, which is why it is long-handed (measured in bench/codecs).

import { Buffer } from 'node:buffer'
import { KafkaError } from '../../errors.ts'
import { utf8Length, writeUtf8 } from '../bytes/utf8.ts'
import {
  COMPRESSION_TYPES,
  type CompressionCodec,
  type CompressionCodecs,
  type CompressionType,
  compressionCodecs,
} from '../compression/index.ts'
import { crc32c } from '../crc32c.ts'
import * as layout from './layout.ts'
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from './varint.ts'

const { BATCH_HEADER_BYTES } = layout

/** Ordered, with duplicates, null values allowed. */
export type HeaderEntries = readonly (readonly [name: string, value: string | Uint8Array | null])[]

export const NO_HEADERS: HeaderEntries = []

/** Up to this many bytes a loop is faster than `set` (measured). */
const SHORT_BYTES = 10
const MAX_INT32 = 0x7fff_ffff
const MAX_BATCH_BYTES = 0x7fff_ffff
const MIN_BUFFER_BYTES = 512

export interface BatchBuilderOptions {
  /** `batchSize`: a record that would make the uncompressed batch longer is not taken, unless it is the first. */
  readonly maxBytes: number
  /** Bytes kept free in front of the batch (for a request's header) and behind it. */
  readonly headroomBytes?: number
  readonly tailroomBytes?: number
  /** What the batch is likely to take, as the one before it did: what the buffer is made for. A small one when absent. */
  readonly expectedBytes?: number
  /** A buffer to write into, for instance that of a settled batch. It is replaced when it becomes too small. */
  readonly buffer?: Buffer
}

export interface SealOptions {
  /** -1n when the producer is not idempotent; the same for epoch and sequence. */
  readonly producerId?: bigint
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly transactional?: boolean
  readonly compression?: CompressionType
  /** The codec's own scale; its default when absent. */
  readonly compressionLevel?: number | undefined
  readonly codecs?: CompressionCodecs | undefined
  /** For a broker's side of things: a producer leaves these to the broker. */
  readonly baseOffset?: number
  readonly partitionLeaderEpoch?: number
  readonly control?: boolean
}

/** A batch as it goes out, and again, unchanged, on every retry. */
export interface SealedBatch {
  /** Holds the batch at `[start, end)`, with the builder's headroom in front and its tailroom behind. */
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
  /** A view on the batch alone. */
  readonly bytes: Buffer
  readonly recordCount: number
  readonly maxTimestamp: number
  /** Size of the batch before compression. */
  readonly uncompressedBytes: number
}

export class BatchBuilder {
  readonly maxBytes: number
  /** Records taken so far: the next one's offset delta. */
  recordCount = 0
  baseTimestamp = -1
  maxTimestamp = -1
  readonly #start: number
  readonly #tailroom: number
  #buffer: Buffer
  #end: number

  constructor(options: BatchBuilderOptions) {
    this.maxBytes = options.maxBytes
    this.#start = options.headroomBytes ?? 0
    this.#tailroom = options.tailroomBytes ?? 0
    this.#end = this.#start + BATCH_HEADER_BYTES
    const least = this.#end + this.#tailroom + MIN_BUFFER_BYTES
    const given = options.buffer
    if (given !== undefined && given.length >= least) this.#buffer = given
    else {
      const expected = likelyBytes(options.expectedBytes ?? 0, this.maxBytes)
      // A small one from Buffer's pool: a buffer of its own takes ten times as long to make (measured).
      this.#buffer = Buffer.allocUnsafe(Math.max(least, this.#start + expected + this.#tailroom))
    }
  }

  /** Size of the uncompressed batch so far, header included. */
  get sizeBytes(): number {
    return this.#end - this.#start
  }

  /** The buffer written into: what the batch takes in memory. */
  get buffer(): Buffer {
    return this.#buffer
  }

  /** Whether a record of {@link recordSizeUpperBound} `bytes` would surely be taken. */
  hasRoomFor(bytes: number): boolean {
    return this.recordCount === 0 || this.sizeBytes + bytes <= this.maxBytes
  }

  /**
   * Encodes a record at the end of the batch, or returns false, having changed nothing, when the batch would become
   * longer than `maxBytes`. A batch without records takes any. `timestamp` is in milliseconds since 1970, -1 for none.
   *
   * @throws KafkaError INVALID_ARGUMENT for a timestamp that is no integer; RECORD_TOO_LARGE beyond 2 GiB.
   */
  tryAppend(
    key: string | Uint8Array | null,
    value: string | Uint8Array | null,
    headers: HeaderEntries,
    timestamp: number,
  ): boolean {
    const offsetDelta = this.recordCount
    const timestampDelta = offsetDelta === 0 ? 0 : timestamp - this.baseTimestamp
    // A delta of 32 bits cannot come from a timestamp that is NaN or has a fraction; the first one is looked at.
    if (offsetDelta === 0 || (timestampDelta | 0) !== timestampDelta) checkTimestamp(timestamp)
    const isShortDelta = timestampDelta >= 0 && timestampDelta <= MAX_INT32

    const keyLength = key === null ? -1 : typeof key === 'string' ? utf8Length(key) : key.length
    const valueLength = value === null ? -1 : typeof value === 'string' ? utf8Length(value) : value.length
    const headerCount = headers.length
    let size =
      1 +
      (isShortDelta ? sizeOfVarint(timestampDelta) : sizeOfVarlong(timestampDelta)) +
      sizeOfVarint(offsetDelta) +
      (keyLength < 0 ? 1 : sizeOfVarint(keyLength) + keyLength) +
      (valueLength < 0 ? 1 : sizeOfVarint(valueLength) + valueLength) +
      1
    if (headerCount > 0) size += sizeOfHeaders(headers) - 1

    const recordStart = this.#end
    const end = recordStart + sizeOfVarint(size) + size
    const batchBytes = end - this.#start
    if (offsetDelta > 0 && batchBytes > this.maxBytes) return false
    if (!(batchBytes <= MAX_BATCH_BYTES)) refuseSize(batchBytes)
    if (end + this.#tailroom > this.#buffer.length) this.#grow(end + this.#tailroom)

    const buffer = this.#buffer
    let at = writeVarint(buffer, size, recordStart)
    buffer[at++] = 0
    at = isShortDelta ? writeVarint(buffer, timestampDelta, at) : writeVarlong(buffer, timestampDelta, at)
    at = writeVarint(buffer, offsetDelta, at)
    if (key === null) buffer[at++] = 1
    else {
      at = writeVarint(buffer, keyLength, at)
      if (typeof key === 'string') writeUtf8(buffer, key, keyLength, at)
      else writeBytes(buffer, key, at)
      at += keyLength
    }
    if (value === null) buffer[at++] = 1
    else {
      at = writeVarint(buffer, valueLength, at)
      if (typeof value === 'string') writeUtf8(buffer, value, valueLength, at)
      else writeBytes(buffer, value, at)
      at += valueLength
    }
    if (headerCount === 0) buffer[at] = 0
    else writeHeaders(buffer, headers, at)

    if (offsetDelta === 0) {
      this.baseTimestamp = timestamp
      this.maxTimestamp = timestamp
    } else if (timestamp > this.maxTimestamp) this.maxTimestamp = timestamp
    this.recordCount = offsetDelta + 1
    this.#end = end
    return true
  }

  /**
   * Writes the header and the checksum. Uncompressed, the sealed batch lies in the builder's buffer; compressed, in a
   * new one, and the builder's is free. The builder must not be used for more after it.
   */
  seal(options: SealOptions = {}): SealedBatch {
    const type = options.compression ?? 'none'
    if (type === 'none') return this.#finish(options, undefined)
    const codec = codecFor(type, options.codecs)
    return this.#finish(options, codec.compress(this.#recordBytes(), options.compressionLevel))
  }

  /** The same, with the compression off the event loop where the codec can. */
  async sealAsync(options: SealOptions = {}): Promise<SealedBatch> {
    const type = options.compression ?? 'none'
    if (type === 'none') return this.#finish(options, undefined)
    const codec = codecFor(type, options.codecs)
    const records = this.#recordBytes()
    const compressed =
      codec.compressAsync === undefined
        ? codec.compress(records, options.compressionLevel)
        : await codec.compressAsync(records, options.compressionLevel)
    return this.#finish(options, compressed)
  }

  #recordBytes(): Buffer {
    return this.#buffer.subarray(this.#start + BATCH_HEADER_BYTES, this.#end)
  }

  #finish(options: SealOptions, compressed: Uint8Array | undefined): SealedBatch {
    const start = this.#start
    let buffer = this.#buffer
    let end = this.#end
    if (compressed !== undefined) {
      end = start + BATCH_HEADER_BYTES + compressed.length
      buffer = Buffer.allocUnsafeSlow(end + this.#tailroom)
      buffer.set(compressed, start + BATCH_HEADER_BYTES)
    }
    const attributes =
      COMPRESSION_TYPES.indexOf(options.compression ?? 'none') |
      (options.transactional === true ? layout.TRANSACTIONAL_FLAG : 0) |
      (options.control === true ? layout.CONTROL_FLAG : 0)
    layout.writeInt64(buffer, options.baseOffset ?? 0, start + layout.BASE_OFFSET)
    layout.writeInt32(buffer, end - start - layout.LOG_OVERHEAD_BYTES, start + layout.BATCH_LENGTH)
    buffer.writeInt32BE(options.partitionLeaderEpoch ?? -1, start + layout.PARTITION_LEADER_EPOCH)
    buffer[start + layout.MAGIC] = 2
    buffer.writeInt16BE(attributes, start + layout.ATTRIBUTES)
    layout.writeInt32(buffer, this.recordCount - 1, start + layout.LAST_OFFSET_DELTA)
    layout.writeInt64(buffer, this.baseTimestamp, start + layout.BASE_TIMESTAMP)
    layout.writeInt64(buffer, this.maxTimestamp, start + layout.MAX_TIMESTAMP)
    layout.writeBigInt64(buffer, options.producerId ?? -1n, start + layout.PRODUCER_ID)
    buffer.writeInt16BE(options.producerEpoch ?? -1, start + layout.PRODUCER_EPOCH)
    buffer.writeInt32BE(options.baseSequence ?? -1, start + layout.BASE_SEQUENCE)
    layout.writeInt32(buffer, this.recordCount, start + layout.RECORD_COUNT)
    layout.writeInt32(buffer, crc32c(buffer, start + layout.ATTRIBUTES, end), start + layout.CRC)
    return {
      buffer,
      start,
      end,
      bytes: buffer.subarray(start, end),
      recordCount: this.recordCount,
      maxTimestamp: this.maxTimestamp,
      uncompressedBytes: this.sizeBytes,
    }
  }

  // By doubling, but not past what a full batch needs: a thousand idle partitions must not hold a batch each.
  #grow(needed: number): void {
    const full = this.#start + this.maxBytes + this.#tailroom
    const doubled = this.#buffer.length * 2
    const next = Buffer.allocUnsafe(Math.max(needed, Math.min(doubled, full)))
    next.set(this.#buffer.subarray(this.#start, this.#end), this.#start)
    this.#buffer = next
  }
}

/** With a quarter to spare; from half a full batch on a full one, which can serve again for any other. */
function likelyBytes(expected: number, maxBytes: number): number {
  return expected * 2 > maxBytes ? maxBytes : expected + Math.ceil(expected / 4)
}

/** The most that a batch with this one record can take: what `maxRequestSize` and the broker's limits are held against. */
export function recordSizeUpperBound(
  key: string | Uint8Array | null,
  value: string | Uint8Array | null,
  headers: HeaderEntries = NO_HEADERS,
): number {
  return (
    BATCH_HEADER_BYTES +
    layout.MAX_RECORD_OVERHEAD_BYTES +
    byteLength(key) +
    byteLength(value) +
    (headers.length === 0 ? 0 : sizeOfHeaders(headers))
  )
}

/** The codec of that name, or an error that says what to do about its absence. */
export function codecFor(
  type: Exclude<CompressionType, 'none'>,
  codecs: CompressionCodecs = compressionCodecs,
): CompressionCodec {
  const codec = codecs[type]
  if (codec !== undefined) return codec
  throw new KafkaError('UNSUPPORTED_COMPRESSION', `no codec was given for compression type ${type}`)
}

function byteLength(bytes: string | Uint8Array | null): number {
  return bytes === null ? 0 : typeof bytes === 'string' ? utf8Length(bytes) : bytes.length
}

function writeBytes(buffer: Buffer, bytes: Uint8Array, at: number): void {
  const length = bytes.length
  if (length > SHORT_BYTES) buffer.set(bytes, at)
  else for (let i = 0; i < length; i++) buffer[at + i] = bytes[i]!
}

function sizeOfHeaders(headers: HeaderEntries): number {
  let size = sizeOfVarint(headers.length)
  for (const [name, value] of headers) {
    const nameLength = utf8Length(name)
    size += sizeOfVarint(nameLength) + nameLength
    if (value === null) size += 1
    else {
      const valueLength = byteLength(value)
      size += sizeOfVarint(valueLength) + valueLength
    }
  }
  return size
}

function writeHeaders(buffer: Buffer, headers: HeaderEntries, start: number): void {
  let at = writeVarint(buffer, headers.length, start)
  for (const [name, value] of headers) {
    const nameLength = utf8Length(name)
    at = writeVarint(buffer, nameLength, at)
    writeUtf8(buffer, name, nameLength, at)
    at += nameLength
    if (value === null) {
      buffer[at++] = 1
      continue
    }
    const valueLength = byteLength(value)
    at = writeVarint(buffer, valueLength, at)
    if (typeof value === 'string') writeUtf8(buffer, value, valueLength, at)
    else writeBytes(buffer, value, at)
    at += valueLength
  }
}

function checkTimestamp(timestamp: number): void {
  if (Number.isSafeInteger(timestamp) && timestamp >= -1) return
  throw new KafkaError(
    'INVALID_ARGUMENT',
    `timestamp ${timestamp} is not a whole number of milliseconds since 1970: use Date.now() or date.getTime()`,
  )
}

function refuseSize(bytes: number): never {
  if (Number.isNaN(bytes)) {
    throw new KafkaError(
      'INVALID_ARGUMENT',
      'key, value and header values must be strings, Uint8Arrays or null',
    )
  }
  throw new KafkaError(
    'RECORD_TOO_LARGE',
    `a record batch of ${bytes} bytes is beyond what the protocol can carry`,
  )
}
