// Walks the batches of a produce request, a fetch response or a log segment. A batch here is its header and where it
// lies; its records are checked, decompressed and walked by `openBatch` of cursor.ts when they are asked for.

import type { Buffer } from 'node:buffer'
import { crc32 } from 'node:zlib'
import { CorruptRecordError, type ErrorContext } from '../../errors.ts'
import { COMPRESSION_TYPES, type CompressionType } from '../compression/index.ts'
import { crc32c } from '../crc32c.ts'
import * as layout from './layout.ts'

/** Where the bytes come from, for errors. */
export type RecordsContext = Pick<ErrorContext, 'broker' | 'topic' | 'partition'>

const NOWHERE: RecordsContext = {}

const MIN_BATCH_BYTES = layout.BATCH_HEADER_BYTES - layout.LOG_OVERHEAD_BYTES
const SEQUENCE_MASK = 0x7fff_ffff

/**
 * The batch at `start`, or null when no whole batch lies before `end`: a fetch may cut its last one (F6).
 *
 * @throws CorruptRecordError when its length or its magic cannot be, or an offset is beyond what a number holds.
 */
export function batchAt(
  buffer: Buffer,
  start = 0,
  end = buffer.length,
  context: RecordsContext = NOWHERE,
): RecordBatch | null {
  const size = batchSizeAt(buffer, start, end, context)
  return size === -1 || size > end - start ? null : new RecordBatch(buffer, start, start + size, context)
}

/**
 * What the batch at `start` says its size is, header included, or -1 when too little is there to tell. It may be more
 * than there is: then the batch was cut.
 */
export function batchSizeAt(
  buffer: Buffer,
  start: number,
  end: number,
  context: RecordsContext = NOWHERE,
): number {
  if (end - start <= layout.MAGIC || end > buffer.length) return -1
  const length = layout.int32At(buffer, start + layout.BATCH_LENGTH)
  const magic = buffer[start + layout.MAGIC]!
  if (magic > 2) {
    throw corrupt(
      context,
      offsetAt(buffer, start),
      `its format (magic ${(magic << 24) >> 24}) is none that is known`,
    )
  }
  if (length < (magic === 2 ? MIN_BATCH_BYTES : layout.MIN_LEGACY_BYTES)) {
    throw corrupt(context, offsetAt(buffer, start), `its length ${length} is less than its header takes`)
  }
  return layout.LOG_OVERHEAD_BYTES + length
}

/** All whole batches of `buffer[start, end)` in order, each looked at when it is reached. */
export function* readBatches(
  buffer: Buffer,
  start = 0,
  end = buffer.length,
  context: RecordsContext = NOWHERE,
): Generator<RecordBatch, void> {
  let batch = batchAt(buffer, start, end, context)
  while (batch !== null) {
    yield batch
    batch = batchAt(buffer, batch.end, end, context)
  }
}

/**
 * A batch of magic 2, or a top-level message of magic 0 or 1, which is a batch of one record, or of several when it is
 * compressed.
 */
export class RecordBatch {
  readonly buffer: Buffer
  /** The batch is `buffer[start, end)`. */
  readonly start: number
  readonly end: number
  readonly context: RecordsContext
  readonly magic: 0 | 1 | 2
  readonly attributes: number
  /** Of a compressed message of magic 0 or 1 only the last is known before it is opened, and both are that. */
  readonly baseOffset: number
  readonly lastOffset: number

  constructor(buffer: Buffer, start: number, end: number, context: RecordsContext) {
    this.buffer = buffer
    this.start = start
    this.end = end
    this.context = context
    this.magic = buffer[start + layout.MAGIC] as 0 | 1 | 2
    this.baseOffset = offsetAt(buffer, start)
    let lastOffsetDelta = 0
    if (this.magic === 2) {
      this.attributes = layout.int32At(buffer, start + layout.ATTRIBUTES) >> 16
      lastOffsetDelta = layout.int32At(buffer, start + layout.LAST_OFFSET_DELTA)
    } else this.attributes = buffer[start + layout.MAGIC + 1]!
    this.lastOffset = this.baseOffset + lastOffsetDelta
    // Also refuses NaN, which is an offset that a number cannot hold; and one without a next.
    if (!(this.baseOffset >= 0 && lastOffsetDelta >= 0 && this.lastOffset < Number.MAX_SAFE_INTEGER)) {
      throw this.corrupt('its offsets are negative or beyond what a number holds exactly')
    }
  }

  get sizeBytes(): number {
    return this.end - this.start
  }

  /** The position after this batch, also when its last records, or all, were compacted away (F7). */
  get nextOffset(): number {
    return this.lastOffset + 1
  }

  get compression(): CompressionType {
    const mask = this.magic === 0 ? 3 : layout.COMPRESSION_MASK
    const type = COMPRESSION_TYPES[this.attributes & mask]
    if (type === undefined) throw this.corrupt(`its compression type ${this.attributes & mask} is unknown`)
    return type
  }

  /** Timestamps are the broker's (`message.timestamp.type=LogAppendTime`), all the same (F11). */
  get isLogAppendTime(): boolean {
    return this.magic > 0 && (this.attributes & layout.LOG_APPEND_TIME_FLAG) !== 0
  }

  get isTransactional(): boolean {
    return this.magic === 2 && (this.attributes & layout.TRANSACTIONAL_FLAG) !== 0
  }

  /** Holds a marker of a transaction's end (control.ts), never shown to an application (T8). */
  get isControl(): boolean {
    return this.magic === 2 && (this.attributes & layout.CONTROL_FLAG) !== 0
  }

  /** Records in it, as it says; 1 for an uncompressed message, -1 for a compressed one, which must be opened. */
  get recordCount(): number {
    if (this.magic === 2) return layout.int32At(this.buffer, this.start + layout.RECORD_COUNT)
    return (this.attributes & layout.COMPRESSION_MASK) === 0 ? 1 : -1
  }

  /** -1 where there is none, as in message sets. */
  get partitionLeaderEpoch(): number {
    return this.magic === 2 ? layout.int32At(this.buffer, this.start + layout.PARTITION_LEADER_EPOCH) : -1
  }

  get producerId(): bigint {
    return this.magic === 2 ? this.buffer.readBigInt64BE(this.start + layout.PRODUCER_ID) : -1n
  }

  get producerEpoch(): number {
    return this.magic === 2 ? this.buffer.readInt16BE(this.start + layout.PRODUCER_EPOCH) : -1
  }

  get baseSequence(): number {
    return this.magic === 2 ? this.buffer.readInt32BE(this.start + layout.BASE_SEQUENCE) : -1
  }

  /** The last record's sequence; sequences go from 2^31-1 to 0 (P8). -1 without a base sequence. */
  get lastSequence(): number {
    const base = this.baseSequence
    return base < 0 ? -1 : (base + (this.lastOffset - this.baseOffset)) & SEQUENCE_MASK
  }

  /** The largest timestamp of its records in milliseconds, or -1. */
  get maxTimestamp(): number {
    if (this.magic === 0) return -1
    return this.#timestamp(this.magic === 2 ? layout.MAX_TIMESTAMP : layout.LEGACY_TIMESTAMP)
  }

  /** What the records' timestamps are counted from. With a delete horizon it is that, and no record's (KAFKA-8522). */
  get baseTimestamp(): number {
    if (this.magic === 0) return -1
    return this.#timestamp(this.magic === 2 ? layout.BASE_TIMESTAMP : layout.LEGACY_TIMESTAMP)
  }

  /** When the compactor may drop the tombstones in it, in milliseconds since 1970; undefined where it has none. */
  get deleteHorizonMs(): number | undefined {
    const has = this.magic === 2 && (this.attributes & layout.DELETE_HORIZON_FLAG) !== 0
    return has ? this.baseTimestamp : undefined
  }

  /** The checksum that it carries: CRC32C in magic 2, CRC32 in message sets. */
  get crc(): number {
    return layout.int32At(this.buffer, this.start + (this.magic === 2 ? layout.CRC : layout.LEGACY_CRC)) >>> 0
  }

  /** @throws CorruptRecordError when the bytes are not those that the checksum was made of (F8). */
  checkCrc(): void {
    const { buffer, start, end } = this
    const actual =
      this.magic === 2
        ? crc32c(buffer, start + layout.ATTRIBUTES, end)
        : crc32(buffer.subarray(start + layout.MAGIC, end))
    if (actual === this.crc) return
    throw this.corrupt(
      `its checksum is ${hex(actual)} but should be ${hex(this.crc)}: the bytes were changed on the way or on disk`,
    )
  }

  /** An error about this batch that says where it is. */
  corrupt(reason: string, cause?: unknown, code?: 'UNSUPPORTED_COMPRESSION'): CorruptRecordError {
    return corrupt(this.context, this.baseOffset, reason, cause, code)
  }

  #timestamp(at: number): number {
    const value = layout.int64At(this.buffer, this.start + at)
    if (Number.isNaN(value)) throw this.corrupt('a timestamp in it is beyond what a number holds exactly')
    return value
  }
}

function offsetAt(buffer: Buffer, start: number): number {
  return layout.int64At(buffer, start + layout.BASE_OFFSET)
}

function corrupt(
  context: RecordsContext,
  offset: number,
  reason: string,
  cause?: unknown,
  code?: 'UNSUPPORTED_COMPRESSION',
): CorruptRecordError {
  const { topic, partition } = context
  const where =
    topic === undefined ? '' : ` of topic ${topic}${partition === undefined ? '' : ` partition ${partition}`}`
  const known = Number.isSafeInteger(offset)
  const advice = code === undefined ? '; seek past it to go on without it' : ''
  return new CorruptRecordError(
    `the record batch at ${known ? `offset ${offset}` : 'an unreadable offset'}${where} cannot be read: ${reason}${advice}`,
    { ...context, ...(known ? { offset } : {}), ...(cause === undefined ? {} : { cause }) },
    code,
    reason,
  )
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`
}
