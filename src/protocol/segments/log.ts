// Walks a log segment (`.log`) piece by piece: batch after batch, past what is damaged where a way on is found.

import { Buffer } from 'node:buffer'
import { CorruptRecordError } from '../../errors.ts'
import { crc32c } from '../crc32c.ts'
import { batchSizeAt, RecordBatch, type RecordsContext } from '../records/batch.ts'
import * as layout from '../records/layout.ts'
import { type ByteSource, readAhead, type Window } from './source.ts'

/** What can be known of a batch without its records. */
export type BatchHeader = Pick<
  RecordBatch,
  | 'magic'
  | 'attributes'
  | 'baseOffset'
  | 'lastOffset'
  | 'nextOffset'
  | 'sizeBytes'
  | 'compression'
  | 'isLogAppendTime'
  | 'isTransactional'
  | 'isControl'
  | 'recordCount'
  | 'partitionLeaderEpoch'
  | 'producerId'
  | 'producerEpoch'
  | 'baseSequence'
  | 'lastSequence'
  | 'baseTimestamp'
  | 'maxTimestamp'
  | 'deleteHorizonMs'
  | 'crc'
>

export interface SegmentBatch {
  readonly kind: 'batch'
  /** Of its first byte in the file. */
  readonly position: number
  readonly header: BatchHeader
  /**
   * Reads the whole batch. Its checksum is not checked yet.
   *
   * @throws CorruptRecordError when it is larger than `maxBatchBytes`.
   */
  read(): Promise<RecordBatch>
}

/** Bytes in which no batch was found. */
export interface SegmentDamage {
  readonly kind: 'damage'
  readonly position: number
  readonly sizeBytes: number
  /**
   * cut: the file ends before the batch does, as when it is being written, or was when the broker stopped.
   * zeros: nothing was ever written there (`log.preallocate`, or a crash).
   */
  readonly type: 'cut' | 'zeros' | 'malformed'
  readonly reason: string
}

export type SegmentPart = SegmentBatch | SegmentDamage

export interface ReadSegmentOptions {
  /** Bytes read at once, unless a batch is larger; 256 KiB when absent. */
  readonly chunkBytes?: number | undefined
  /** A larger batch is not read as a whole; 128 MiB when absent. */
  readonly maxBatchBytes?: number | undefined
  /** Topic and partition, for errors. */
  readonly context?: RecordsContext | undefined
}

const DEFAULT_CHUNK_BYTES = 256 * 1024
const DEFAULT_MAX_BATCH_BYTES = 128 * 1024 * 1024

/**
 * All batches of a `.log` file in order. Memory is bounded by `chunkBytes` and the largest batch that is read, whatever
 * the file's size. Where the bytes are no batch, it yields the damage and goes on with the next whole batch behind it
 * whose checksum is right.
 */
export async function* readSegment(
  source: ByteSource,
  options: ReadSegmentOptions = {},
): AsyncGenerator<SegmentPart, void> {
  const { context = {}, maxBatchBytes = DEFAULT_MAX_BATCH_BYTES } = options
  const read = readAhead(source, options.chunkBytes ?? DEFAULT_CHUNK_BYTES)
  let nextOffset = 0
  for (let position = 0; position < source.sizeBytes; ) {
    const found = await headerAt(source, position, read, context)
    if ('reason' in found) {
      const end = await findBatch(source, position + 1, { read, nextOffset, maxBatchBytes })
      yield await damageOf(source, position, end, found)
      position = end
      continue
    }
    const { sizeBytes } = found
    const start = position
    yield {
      kind: 'batch',
      position: start,
      header: found,
      async read() {
        if (sizeBytes > maxBatchBytes) {
          throw found.corrupt(`it is ${sizeBytes} bytes long, more than the ${maxBatchBytes} allowed`)
        }
        const { buffer, at } = await read(start, sizeBytes)
        return new RecordBatch(buffer, at, at + sizeBytes, context)
      },
    }
    position += sizeBytes
    nextOffset = found.nextOffset
  }
}

type Read = (position: number, length: number) => Promise<Window>

type NoBatch = Pick<SegmentDamage, 'type' | 'reason'>

/** The header at a position, of which the records may not be in memory; or why there is none. */
async function headerAt(
  source: ByteSource,
  position: number,
  read: Read,
  context: RecordsContext,
): Promise<RecordBatch | NoBatch> {
  const left = source.sizeBytes - position
  const available = Math.min(left, layout.BATCH_HEADER_BYTES)
  const { buffer, at } = await read(position, available)
  try {
    const sizeBytes = batchSizeAt(buffer, at, at + available, context)
    if (sizeBytes === -1) return cut(`${left} bytes are too few for a batch`)
    if (sizeBytes > left) return cut(`a batch of ${sizeBytes} bytes begins, but ${left} are left`)
    return new RecordBatch(buffer, at, at + sizeBytes, context)
  } catch (error) {
    if (error instanceof CorruptRecordError) return { type: 'malformed', reason: error.reason }
    throw error
  }
}

function cut(reason: string): NoBatch {
  return { type: 'cut', reason }
}

interface Search {
  readonly read: Read
  /** No batch with a lower offset can follow. */
  readonly nextOffset: number
  readonly maxBatchBytes: number
}

/** For each byte that is searched; what looks like a batch and is none is rare. */
const CHECKED_PER_BYTE = 8

/**
 * Where the next batch of magic 2 begins that is whole, plausible and has the right checksum; the end of the file when
 * there is none. Of how many bytes checksums are made is bounded, so that no file takes long.
 */
async function findBatch(source: ByteSource, from: number, search: Search): Promise<number> {
  const { read, maxBatchBytes } = search
  let toCheck = CHECKED_PER_BYTE * (source.sizeBytes - from)
  const lastStart = source.sizeBytes - layout.BATCH_HEADER_BYTES
  for (let position = from; position <= lastStart && toCheck > 0; ) {
    const { buffer, at } = await read(position, layout.BATCH_HEADER_BYTES)
    const last = buffer.length - layout.BATCH_HEADER_BYTES
    for (let start = nextCandidate(buffer, at); start <= last; start = nextCandidate(buffer, start + 1)) {
      const place = position + start - at
      const sizeBytes = plausibleSize(buffer, start, search.nextOffset)
      if (sizeBytes === -1 || sizeBytes > source.sizeBytes - place || sizeBytes > maxBatchBytes) continue
      toCheck -= sizeBytes
      const batch = await source.read(place, sizeBytes)
      if (crc32c(batch, layout.ATTRIBUTES) === batch.readUInt32BE(layout.CRC)) return place
      if (toCheck <= 0) return source.sizeBytes
    }
    position += last + 1 - at
  }
  return source.sizeBytes
}

/** The next place at or after `from` at which the byte of the magic is 2. */
function nextCandidate(buffer: Buffer, from: number): number {
  const magicAt = buffer.indexOf(2, from + layout.MAGIC)
  return magicAt === -1 ? buffer.length : magicAt - layout.MAGIC
}

/** The size of the batch that may begin here, -1 where none can. */
function plausibleSize(buffer: Buffer, start: number, nextOffset: number): number {
  const baseOffset = layout.int64At(buffer, start + layout.BASE_OFFSET)
  const sizeBytes = buffer.readInt32BE(start + layout.BATCH_LENGTH) + layout.LOG_OVERHEAD_BYTES
  const lastOffsetDelta = buffer.readInt32BE(start + layout.LAST_OFFSET_DELTA)
  const recordCount = buffer.readInt32BE(start + layout.RECORD_COUNT)
  // A segment's offsets span an int32 at most.
  const follows = baseOffset >= nextOffset && baseOffset - nextOffset <= 0x7fff_ffff
  const fits =
    sizeBytes >= layout.BATCH_HEADER_BYTES && recordCount >= 0 && recordCount <= lastOffsetDelta + 1
  return follows && fits ? sizeBytes : -1
}

async function damageOf(
  source: ByteSource,
  position: number,
  end: number,
  found: NoBatch,
): Promise<SegmentDamage> {
  const place = { kind: 'damage', position, sizeBytes: end - position } as const
  if (end < source.sizeBytes) return { ...place, type: 'malformed', reason: found.reason }
  if (await isZero(source, position)) return { ...place, type: 'zeros', reason: 'zeros up to the end' }
  return { ...place, ...found }
}

async function isZero(source: ByteSource, from: number): Promise<boolean> {
  const zeros = Buffer.alloc(DEFAULT_CHUNK_BYTES)
  for (let position = from; position < source.sizeBytes; position += zeros.length) {
    const length = Math.min(zeros.length, source.sizeBytes - position)
    if (!zeros.subarray(0, length).equals(await source.read(position, length))) return false
  }
  return true
}
