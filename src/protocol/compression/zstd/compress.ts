// Writes zstd frames (RFC 8878): of one input, with its size, without a checksum (a record batch has its own).

import type { Buffer } from 'node:buffer'
import { type Bytes, bytesOf } from '../bytes.ts'
import { type Effort, type MatchLimits, matchFinder, SEQUENCE_FIELDS, type Sequences } from '../matches.ts'
import { Output } from '../output.ts'
import {
  BLOCK_HEADER_BYTES,
  COMPRESSED_BLOCK,
  FIRST_REPEAT_OFFSETS,
  FRAME_MAGIC,
  highestBit,
  MAX_BLOCK_BYTES,
  RAW_BLOCK,
  RLE_BLOCK,
} from './format.ts'
import { encodeLiterals } from './literals-encode.ts'
import { encodeSequences, SECTION_SLACK_BYTES, toOffsetValues } from './sequences-encode.ts'

export const DEFAULT_ZSTD_LEVEL = 3

const MAX_HEADER_BYTES = 14
const SINGLE_SEGMENT = 0x20

/** A block that saves less than this is stored as it is: it is read faster. */
const LEAST_SAVING_BYTES = 3

export function compressZstd(bytes: Uint8Array, level: number = DEFAULT_ZSTD_LEVEL): Buffer {
  const input = bytesOf(bytes)
  const { windowBits, effort } = search(level === 0 ? DEFAULT_ZSTD_LEVEL : level)
  const output = new Output(Number.MAX_SAFE_INTEGER, MAX_HEADER_BYTES + (bytes.length >> 1) + 1024)
  output.reserve(MAX_HEADER_BYTES)
  output.length = writeHeader(output.to.view, bytes.length, windowBits)
  const limits: MatchLimits = {
    maxDistance: 2 ** windowBits,
    acrossBlocks: true,
    farCostsMore: true,
    lastMatchBytes: 8,
    lastLiterals: 0,
  }
  const find = matchFinder(input, limits, effort)
  const repeats = Int32Array.from(FIRST_REPEAT_OFFSETS)
  let start = 0
  do {
    const end = Math.min(start + MAX_BLOCK_BYTES, bytes.length)
    output.reserve(BLOCK_HEADER_BYTES + end - start + SECTION_SLACK_BYTES)
    writeBlock(input, start, end, find(start, end), repeats, output)
    start = end
  } while (start < bytes.length)
  return output.finish()
}

/** How hard a level looks, and how far back. Its scale is zstd's: below 0 faster still, 0 the default, up to 22. */
function search(level: number): { readonly windowBits: number; readonly effort: Effort } {
  if (level < 3) {
    const skipBits = level > 0 ? 6 + level : Math.max(0, 6 - highestBit(-level))
    return { windowBits: 19, effort: { hashBits: level < 0 ? 13 : 14, depth: 0, skipBits } }
  }
  const depth = Math.round(2 ** ((level - 1) / 2))
  return {
    windowBits: level < 10 ? 20 : 22,
    effort: { hashBits: 17, depth, skipBits: 0 },
  }
}

function writeHeader(output: DataView, size: number, windowBits: number): number {
  const isSingleSegment = size <= 2 ** windowBits
  const sizeFlag = size < 256 && isSingleSegment ? 0 : size < 0x1_0100 ? 1 : size < 2 ** 32 ? 2 : 3
  output.setUint32(0, FRAME_MAGIC, true)
  output.setUint8(4, (sizeFlag << 6) | (isSingleSegment ? SINGLE_SEGMENT : 0))
  let to = 5
  if (!isSingleSegment) output.setUint8(to++, (windowBits - 10) << 3)
  if (sizeFlag === 0) output.setUint8(to, size)
  else if (sizeFlag === 1) output.setUint16(to, size - 256, true)
  else output.setUint32(to, size % 2 ** 32, true)
  if (sizeFlag === 3) output.setUint32(to + 4, Math.floor(size / 2 ** 32), true)
  return to + [1, 2, 4, 8][sizeFlag]!
}

function writeBlock(
  input: Bytes,
  start: number,
  end: number,
  sequences: Sequences,
  repeats: Int32Array,
  output: Output,
): void {
  const { bytes } = input
  const { to } = output
  const size = end - start
  const body = output.length + BLOCK_HEADER_BYTES
  const finish = (type: number, field: number, blockEnd: number): void => {
    const isLast = end === bytes.length
    const header = Number(isLast) | (type << 1) | (field << 3)
    to.view.setUint16(output.length, header & 0xffff, true)
    to.view.setUint8(output.length + 2, header >>> 16)
    output.length = blockEnd
  }
  if (size > 1 && isRun(bytes, start, end, sequences)) {
    to.bytes[body] = bytes[start]!
    finish(RLE_BLOCK, size, body + 1)
    return
  }
  // The decoder does not see the offsets of a block that is stored.
  const nextRepeats = repeats.slice()
  toOffsetValues(sequences, nextRepeats)
  const limit = body + size - LEAST_SAVING_BYTES
  const literalsEnd = encodeLiterals(input, start, end, sequences, to, body)
  const bodyEnd = literalsEnd > limit ? undefined : encodeSequences(sequences, to.view, literalsEnd, limit)
  if (bodyEnd === undefined || bodyEnd > limit) {
    to.bytes.set(bytes.subarray(start, end), body)
    finish(RAW_BLOCK, size, body + size)
    return
  }
  repeats.set(nextRepeats)
  finish(COMPRESSED_BLOCK, bodyEnd - body, bodyEnd)
}

/** Whether a block is one byte over and over: then all but its ends is one match. */
function isRun(bytes: Uint8Array, start: number, end: number, { fields, length }: Sequences): boolean {
  if (length > SEQUENCE_FIELDS || (length > 0 && fields[1]! < (end - start) / 2)) return false
  const first = bytes[start]
  for (let at = start + 1; at < end; at++) if (bytes[at] !== first) return false
  return true
}
