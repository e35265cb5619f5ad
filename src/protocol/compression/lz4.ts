// LZ4 in its frame format, as Kafka writes it: independent blocks of 64 KiB. Frames of other settings are read.
// Source: https://github.com/lz4/lz4, doc/lz4_Frame_format.md and doc/lz4_Block_format.md

import { Buffer } from 'node:buffer'
import {
  type Bytes,
  bytesOf,
  COPY_SLACK_BYTES,
  copyLiteral,
  copyMatch,
  malformed,
  tooLarge,
} from './bytes.ts'
import type { CompressionCodec, DecompressOptions } from './codec.ts'
import { COMPRESSION_LEVELS, levelOf } from './levels.ts'
import {
  type Effort,
  type MatchLimits,
  MIN_MATCH,
  matchFinder,
  SEQUENCE_FIELDS,
  type Sequences,
} from './matches.ts'
import { Output } from './output.ts'
import { xxhash32 } from './xxhash32.ts'

export const lz4: CompressionCodec = { compress: compressLz4, decompress: decompressLz4 }

const MAGIC = 0x184d2204
const SKIPPABLE_MAGIC = 0x184d2a50
const SKIPPABLE_MASK = 0xfffffff0

const VERSION = 0x40
const VERSION_MASK = 0xc0
const INDEPENDENT_BLOCKS = 0x20
const BLOCK_CHECKSUMS = 0x10
const CONTENT_SIZE = 0x08
const CONTENT_CHECKSUM = 0x04
const DICTIONARY_ID = 0x01

/** The high bit of a block's length: its bytes are as they were. */
const STORED = 0x8000_0000
const END_MARK = 0

const BLOCK_BYTES = 64 * 1024
const BLOCK_BYTES_CODE = 4
/** No byte of a block makes more than this many. It bounds what a short input can claim. */
const LARGEST_RATIO = 255

interface FrameHeader {
  readonly flags: number
  readonly blockBytes: number
  readonly end: number
}

/** What is allocated at once, as a multiple of the input; more as it is made. */
const EXPECTED_RATIO = 4

function decompressLz4(bytes: Uint8Array, { maxBytes, magic0 }: DecompressOptions): Buffer {
  const input = bytesOf(bytes)
  const { view } = input
  const output = new Output(maxBytes, bytes.length * EXPECTED_RATIO)
  for (let at = 0; at < bytes.length; ) {
    const magic = at + 8 <= bytes.length ? view.getUint32(at, true) : 0
    if ((magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE_MAGIC) {
      at += 8 + view.getUint32(at + 4, true)
      if (at > bytes.length) throw malformed('lz4 frame')
      continue
    }
    if (magic !== MAGIC) throw malformed('lz4 frame')
    const header = readHeader(input.bytes, at + 4, magic0 !== true)
    at = decompressBlocks(input, header, output)
  }
  return output.finish()
}

function readHeader(bytes: Uint8Array, start: number, check: boolean): FrameHeader {
  const flags = bytes[start]!
  const blockBytesCode = (bytes[start + 1]! >>> 4) & 7
  if ((flags & VERSION_MASK) !== VERSION || blockBytesCode < 4) throw malformed('lz4 frame header')
  if ((flags & DICTIONARY_ID) !== 0) throw new Error('lz4 dictionaries are not supported')
  const end = start + 2 + ((flags & CONTENT_SIZE) !== 0 ? 8 : 0)
  if (end >= bytes.length) throw malformed('lz4 frame header')
  if (check && bytes[end] !== headerChecksum(bytes, start, end))
    throw new Error('lz4 header checksum is wrong')
  return { flags, blockBytes: 1 << (8 + 2 * blockBytesCode), end: end + 1 }
}

function headerChecksum(bytes: Uint8Array, start: number, end: number): number {
  return (xxhash32(bytes, start, end) >>> 8) & 0xff
}

/** Decompresses the blocks that follow a frame's header, and returns where the frame ends. */
function decompressBlocks(input: Bytes, header: FrameHeader, output: Output): number {
  const { bytes, view } = input
  const { flags, blockBytes } = header
  const frameStart = output.length
  let at = header.end
  const takeField = (): number => {
    at += 4
    if (at > bytes.length) throw malformed('lz4 frame')
    return view.getUint32(at - 4, true)
  }
  for (;;) {
    const field = takeField()
    if (field === END_MARK) break
    const stored = field >= STORED
    const length = stored ? field - STORED : field
    if (length > blockBytes || length > bytes.length - at) throw malformed('lz4 block length')
    const start = at
    at += length
    if ((flags & BLOCK_CHECKSUMS) !== 0 && takeField() !== xxhash32(bytes, start, start + length)) {
      throw new Error('lz4 block checksum is wrong')
    }
    if (stored) {
      output.reserve(length)
      output.to.bytes.set(bytes.subarray(start, start + length), output.length)
      output.length += length
    } else decompressBlock(input, start, start + length, output, frameStart, blockBytes)
  }
  if (
    (flags & CONTENT_CHECKSUM) !== 0 &&
    takeField() !== xxhash32(output.to.bytes, frameStart, output.length)
  ) {
    throw new Error('lz4 content checksum is wrong')
  }
  return at
}

/** Decompresses a block that may hold `blockBytes`, and whose matches may reach back to `windowStart`. */
function decompressBlock(
  from: Bytes,
  start: number,
  end: number,
  output: Output,
  windowStart: number,
  blockBytes: number,
): void {
  const room = Math.min(blockBytes, (end - start) * LARGEST_RATIO, output.left)
  output.reserve(room)
  const input = from.bytes
  const into = output.to
  let to = output.length
  const limit = to + room
  let at = start
  for (;;) {
    if (at >= end) throw malformed('lz4 block')
    const token = input[at++]!
    let literals = token >>> 4
    if (literals === 15) {
      let byte: number
      do {
        if (at >= end) throw malformed('lz4 literal')
        byte = input[at++]!
        literals += byte
      } while (byte === 255)
    }
    if (literals > end - at) throw malformed('lz4 literal')
    if (literals > limit - to) throw outOfRoom(output, room)
    copyLiteral(from, at, into, to, literals)
    at += literals
    to += literals
    // The last sequence has literals only.
    if (at === end) break

    if (end - at < 2) throw malformed('lz4 match')
    const distance = input[at]! | (input[at + 1]! << 8)
    at += 2
    let length = (token & 15) + 4
    if (length === 19) {
      let byte: number
      do {
        if (at >= end) throw malformed('lz4 match')
        byte = input[at++]!
        length += byte
      } while (byte === 255)
    }
    if (distance === 0 || distance > to - windowStart) throw malformed('lz4 match')
    if (length > limit - to) throw outOfRoom(output, room)
    copyMatch(into, to, distance, length)
    to += length
  }
  output.length = to
}

function outOfRoom(output: Output, room: number): Error {
  return room < output.left ? malformed('lz4 block: it holds more than it may') : tooLarge(output.maxBytes)
}

/** The format wants the last match to start twelve bytes before the end, and the last five to be literals. */
const LIMITS: MatchLimits = {
  maxDistance: 0xffff,
  acrossBlocks: false,
  farCostsMore: false,
  lastMatchBytes: 12,
  lastLiterals: 5,
}
const FAST: Effort = { hashBits: 13, depth: 0, skipBits: 6 }

/** The default level is the fast one; the others look along chains, the longer the higher they are. */
function effortOf(level: number): Effort {
  if (level === COMPRESSION_LEVELS.lz4.default) return FAST
  return { hashBits: 15, depth: Math.round(2 ** (level * 0.75)), skipBits: 0 }
}

function compressLz4(bytes: Uint8Array, level?: number): Buffer {
  const effort = effortOf(levelOf('lz4', level))
  const input = bytesOf(bytes)
  const blocks = Math.ceil(bytes.length / BLOCK_BYTES)
  // A block is stored as it is unless compressing made it shorter, but it is written while that is not known yet.
  const most = 7 + blocks * 4 + bytes.length + Math.ceil(BLOCK_BYTES / 255) + 16 + 4
  const buffer = Buffer.allocUnsafe(most + COPY_SLACK_BYTES)
  const output = bytesOf(buffer)
  buffer.writeUInt32LE(MAGIC, 0)
  buffer[4] = VERSION | INDEPENDENT_BLOCKS
  buffer[5] = BLOCK_BYTES_CODE << 4
  buffer[6] = headerChecksum(buffer, 4, 6)
  let to = 7
  const find = matchFinder(input, LIMITS, effort)
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    const end = Math.min(start + BLOCK_BYTES, bytes.length)
    const length = writeBlock(input, start, end, find(start, end), output, to + 4) - to - 4
    if (length < end - start) {
      buffer.writeUInt32LE(length, to)
      to += 4 + length
    } else {
      buffer.writeUInt32LE(STORED + end - start, to)
      buffer.set(bytes.subarray(start, end), to + 4)
      to += 4 + end - start
    }
  }
  buffer.writeUInt32LE(END_MARK, to)
  return buffer.subarray(0, to + 4)
}

/** Writes the sequences of the block `[start, end)`, and returns where they end. */
function writeBlock(
  input: Bytes,
  start: number,
  end: number,
  { fields, length: fieldCount }: Sequences,
  output: Bytes,
  from: number,
): number {
  const { bytes } = output
  let at = start
  let to = from
  for (let i = 0; i < fieldCount; i += SEQUENCE_FIELDS) {
    const literals = fields[i]!
    const length = fields[i + 1]!
    const distance = fields[i + 2]!
    bytes[to++] = (Math.min(literals, 15) << 4) | Math.min(length - MIN_MATCH, 15)
    if (literals >= 15) to = writeRest(bytes, to, literals - 15)
    copyLiteral(input, at, output, to, literals)
    to += literals
    bytes[to++] = distance
    bytes[to++] = distance >>> 8
    if (length >= MIN_MATCH + 15) to = writeRest(bytes, to, length - MIN_MATCH - 15)
    at += literals + length
  }
  const literals = end - at
  bytes[to++] = Math.min(literals, 15) << 4
  if (literals >= 15) to = writeRest(bytes, to, literals - 15)
  copyLiteral(input, at, output, to, literals)
  return to + literals
}

/** What of a length does not fit the token's four bits. */
function writeRest(output: Uint8Array, from: number, rest: number): number {
  let to = from
  let left = rest
  for (; left >= 255; left -= 255) output[to++] = 255
  output[to++] = left
  return to
}
