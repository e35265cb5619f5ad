// Reads the files beside a log segment by which a broker finds its way in it. Each is a row of entries of one size; the
// file of the segment that is being written is made larger than its entries, the rest zeros.
// Source: OffsetIndex, TimeIndex and TransactionIndex of org.apache.kafka.storage.internals.log.

import type { Buffer } from 'node:buffer'
import { ProtocolError } from '../../errors.ts'
import { type ByteSource, readAhead } from './source.ts'

/** The batch whose last offset is `offset` begins at `position` of the `.log` file. */
export interface OffsetIndexEntry {
  readonly offset: number
  readonly position: number
}

/** No record up to `offset` is younger than `timestamp` (in milliseconds since 1970). */
export interface TimeIndexEntry {
  readonly timestamp: number
  readonly offset: number
}

/** A transaction that was aborted: those who read committed leave its records out. */
export interface AbortedTransactionEntry {
  readonly producerId: bigint
  readonly firstOffset: number
  /** Of its marker. */
  readonly lastOffset: number
  /** The first offset of a transaction that was still open then, or where the log ended. */
  readonly lastStableOffset: number
}

const CHUNK_BYTES = 64 * 1024

const OFFSET_ENTRY_BYTES = 8
const TIME_ENTRY_BYTES = 12
const TRANSACTION_ENTRY_BYTES = 34

/**
 * The entries of an `.index` file. `baseOffset`, from which they are counted, is in the file's name.
 *
 * @throws ProtocolError at an entry that does not come after the one before it, or is cut.
 */
export async function* readOffsetIndex(
  source: ByteSource,
  baseOffset: number,
): AsyncGenerator<OffsetIndexEntry, void> {
  let last: OffsetIndexEntry | undefined
  for await (const { buffer, at, index } of entries(source, OFFSET_ENTRY_BYTES)) {
    const relative = buffer.readInt32BE(at)
    const position = buffer.readInt32BE(at + 4)
    // No entry but the first can be of the base offset: what follows was never written.
    if (relative === 0 && (index > 0 || position === 0)) return
    const entry = { offset: baseOffset + relative, position }
    if (!(relative >= 0 && position >= 0)) throw wrong(index, 'its offset or position is negative')
    if (last !== undefined && !(entry.offset > last.offset && position > last.position)) {
      throw wrong(
        index,
        `offset ${entry.offset} at ${position} follows offset ${last.offset} at ${last.position}`,
      )
    }
    yield entry
    last = entry
  }
}

/**
 * The entries of a `.timeindex` file. `baseOffset`, from which they are counted, is in the file's name.
 *
 * @throws ProtocolError at an entry that does not come after the one before it, or is cut.
 */
export async function* readTimeIndex(
  source: ByteSource,
  baseOffset: number,
): AsyncGenerator<TimeIndexEntry, void> {
  let last: TimeIndexEntry | undefined
  for await (const { buffer, at, index } of entries(source, TIME_ENTRY_BYTES)) {
    const timestamp = safe(buffer.readBigInt64BE(at), index)
    const relative = buffer.readInt32BE(at + 8)
    if (relative === 0 && (index > 0 || timestamp === 0)) return
    const entry = { timestamp, offset: baseOffset + relative }
    if (!(relative >= 0)) throw wrong(index, 'its offset is negative')
    if (last !== undefined && !(entry.offset >= last.offset && timestamp > last.timestamp)) {
      throw wrong(
        index,
        `timestamp ${timestamp} of offset ${entry.offset} follows ${last.timestamp} of offset ${last.offset}`,
      )
    }
    yield entry
    last = entry
  }
}

/**
 * The entries of a `.txnindex` file.
 *
 * @throws ProtocolError at an entry of an unknown version, or one that is cut.
 */
export async function* readTransactionIndex(
  source: ByteSource,
): AsyncGenerator<AbortedTransactionEntry, void> {
  for await (const { buffer, at, index } of entries(source, TRANSACTION_ENTRY_BYTES)) {
    const version = buffer.readInt16BE(at)
    if (version !== 0) throw wrong(index, `its version ${version} is not known`)
    const int64 = (position: number) => safe(buffer.readBigInt64BE(at + position), index)
    yield {
      producerId: buffer.readBigInt64BE(at + 2),
      firstOffset: int64(10),
      lastOffset: int64(18),
      lastStableOffset: int64(26),
    }
  }
}

interface EntryPlace {
  readonly buffer: Buffer
  readonly at: number
  readonly index: number
}

async function* entries(source: ByteSource, entryBytes: number): AsyncGenerator<EntryPlace, void> {
  const read = readAhead(source, CHUNK_BYTES)
  const whole = Math.floor(source.sizeBytes / entryBytes)
  for (let index = 0; index < whole; index++) {
    const { buffer, at } = await read(index * entryBytes, entryBytes)
    yield { buffer, at, index }
  }
  const rest = source.sizeBytes - whole * entryBytes
  if (rest > 0) throw wrong(whole, `it is cut: ${rest} of ${entryBytes} bytes are there`)
}

function safe(value: bigint, index: number): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw wrong(index, `${value} is beyond what a number holds exactly`)
  return number
}

function wrong(index: number, reason: string): ProtocolError {
  return new ProtocolError(`entry ${index}: ${reason}`)
}
