// LZ4 in its frame format, as Kafka writes it: independent blocks of 64 KiB. Frames of other settings are read.
// Source: https://github.com/lz4/lz4, doc/lz4_Frame_format.md and doc/lz4_Block_format.md

import { Buffer } from 'node:buffer'
import { commonLength, copyLiteral, copyMatch, MatchTable, malformed, tooLarge, viewOf } from './bytes.ts'
import type { CompressionCodec, DecompressOptions } from './codec.ts'
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

interface Frame {
  readonly blocks: readonly Block[]
  readonly contentChecksum: number | undefined
  readonly end: number
}

interface Block {
  readonly start: number
  readonly end: number
  readonly stored: boolean
  /** The most it can decompress to. */
  readonly limit: number
}

function decompressLz4(bytes: Uint8Array, { maxBytes, magic0 }: DecompressOptions): Buffer {
  const view = viewOf(bytes)
  const frames: Frame[] = []
  for (let at = 0; at < bytes.length; ) {
    const magic = at + 8 <= bytes.length ? view.getUint32(at, true) : 0
    if ((magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE_MAGIC) {
      at += 8 + view.getUint32(at + 4, true)
      continue
    }
    if (magic !== MAGIC) throw malformed('lz4 frame')
    const frame = readFrame(bytes, view, at, magic0 !== true)
    frames.push(frame)
    at = frame.end
  }
  const most = frames.flatMap((frame) => frame.blocks).reduce((sum, block) => sum + block.limit, 0)
  const output = Buffer.allocUnsafe(Math.min(most, maxBytes))
  let to = 0
  for (const frame of frames) {
    const frameStart = to
    for (const { start, end, stored, limit } of frame.blocks) {
      // Only where the sum of the limits is above the bound can a block that keeps to its own exceed it.
      const room = Math.min(output.length, to + limit)
      if (stored) {
        if (end - start > room - to) throw tooLarge(maxBytes)
        copyLiteral(bytes, start, output, to, end - start)
        to += end - start
      } else to = decompressBlock(bytes, start, end, output, to, room, frameStart)
    }
    if (frame.contentChecksum !== undefined && xxhash32(output, frameStart, to) !== frame.contentChecksum) {
      throw new Error('lz4 content checksum is wrong')
    }
  }
  return output.subarray(0, to)
}

/** Finds a frame's blocks, and checks the checksums of its header and blocks. */
function readFrame(bytes: Uint8Array, view: DataView, start: number, checkHeader: boolean): Frame {
  let at = start + 4
  const take = (length: number): number => {
    const from = at
    at += length
    if (at > bytes.length) throw malformed('lz4 frame')
    return from
  }
  const flags = bytes[take(1)]!
  const blockBytesCode = (bytes[take(1)]! >>> 4) & 7
  if ((flags & VERSION_MASK) !== VERSION || blockBytesCode < 4) throw malformed('lz4 frame header')
  if ((flags & DICTIONARY_ID) !== 0) throw new Error('lz4 dictionaries are not supported')
  if ((flags & CONTENT_SIZE) !== 0) take(8)
  const header = at
  if (bytes[take(1)] !== headerChecksum(bytes, start + 4, header) && checkHeader) {
    throw new Error('lz4 header checksum is wrong')
  }
  const blockBytes = 1 << (8 + 2 * blockBytesCode)
  const blocks: Block[] = []
  for (;;) {
    const field = view.getUint32(take(4), true)
    if (field === END_MARK) break
    const stored = field >= STORED
    const length = stored ? field - STORED : field
    if (length > blockBytes) throw malformed('lz4 block length')
    const from = take(length)
    blocks.push({
      start: from,
      end: at,
      stored,
      limit: stored ? length : Math.min(blockBytes, length * LARGEST_RATIO),
    })
    if (
      (flags & BLOCK_CHECKSUMS) !== 0 &&
      view.getUint32(take(4), true) !== xxhash32(bytes, from, from + length)
    ) {
      throw new Error('lz4 block checksum is wrong')
    }
  }
  const contentChecksum = (flags & CONTENT_CHECKSUM) !== 0 ? view.getUint32(take(4), true) : undefined
  return { blocks, contentChecksum, end: at }
}

function headerChecksum(bytes: Uint8Array, start: number, end: number): number {
  return (xxhash32(bytes, start, end) >>> 8) & 0xff
}

/** Decompresses to `output[from, limit)`, where matches may reach back to `windowStart`; returns where it ends. */
function decompressBlock(
  input: Uint8Array,
  start: number,
  end: number,
  output: Uint8Array,
  from: number,
  limit: number,
  windowStart: number,
): number {
  let at = start
  let to = from
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
    if (literals > limit - to) throw tooLarge(limit - from)
    copyLiteral(input, at, output, to, literals)
    at += literals
    to += literals
    // The last sequence has literals only.
    if (at === end) return to

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
    if (length > limit - to) throw tooLarge(limit - from)
    copyMatch(output, to, distance, length)
    to += length
  }
}

const matches = new MatchTable()

function compressLz4(bytes: Uint8Array): Buffer {
  const blocks = Math.ceil(bytes.length / BLOCK_BYTES)
  // A block is stored as it is unless compressing made it shorter, but it is written while that is not known yet.
  const output = Buffer.allocUnsafe(7 + blocks * 4 + bytes.length + Math.ceil(BLOCK_BYTES / 255) + 16 + 4)
  output.writeUInt32LE(MAGIC, 0)
  output[4] = VERSION | INDEPENDENT_BLOCKS
  output[5] = BLOCK_BYTES_CODE << 4
  output[6] = headerChecksum(output, 4, 6)
  let to = 7
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    const end = Math.min(start + BLOCK_BYTES, bytes.length)
    const blockEnd = compressBlock(bytes, start, end, output, to + 4)
    if (blockEnd - to - 4 < end - start) {
      output.writeUInt32LE(blockEnd - to - 4, to)
      to = blockEnd
    } else {
      output.writeUInt32LE(STORED + end - start, to)
      copyLiteral(bytes, start, output, to + 4, end - start)
      to += 4 + end - start
    }
  }
  output.writeUInt32LE(END_MARK, to)
  return output.subarray(0, to + 4)
}

/** The format wants the last match to start twelve bytes before the end, and the last five to be literals. */
const LAST_MATCH = 12
const LAST_LITERALS = 5

function compressBlock(
  input: Uint8Array,
  start: number,
  end: number,
  output: Uint8Array,
  from: number,
): number {
  const view = viewOf(input)
  const last = end - LAST_MATCH
  let to = from
  let literalStart = start
  let at = start + 1
  // The longer nothing was found, the larger the steps: bytes that do not compress cost little.
  let misses = 64
  matches.clear()
  while (at < last) {
    const four = view.getInt32(at, true)
    const candidate = start + matches.replace(four, at - start)
    if (candidate >= at || view.getInt32(candidate, true) !== four) {
      at += misses++ >>> 6
      continue
    }
    const length = 4 + commonLength(input, candidate + 4, at + 4, end - LAST_LITERALS)
    to = writeSequence(input, literalStart, at, output, to, length)
    output[to++] = (at - candidate) & 0xff
    output[to++] = (at - candidate) >>> 8
    to = writeRest(output, to, length - 4)
    at += length
    literalStart = at
    misses = 64
    if (at < last) matches.replace(view.getInt32(at - 2, true), at - 2 - start)
  }
  return writeSequence(input, literalStart, end, output, to, 4)
}

/** Writes the token and the literals of a sequence. */
function writeSequence(
  input: Uint8Array,
  start: number,
  end: number,
  output: Uint8Array,
  from: number,
  matchLength: number,
): number {
  const length = end - start
  output[from] = (Math.min(length, 15) << 4) | Math.min(matchLength - 4, 15)
  const to = writeRest(output, from + 1, length)
  copyLiteral(input, start, output, to, length)
  return to + length
}

/** What of a length does not fit the token's four bits. */
function writeRest(output: Uint8Array, from: number, length: number): number {
  let to = from
  let left = length - 15
  if (left < 0) return to
  for (; left >= 255; left -= 255) output[to++] = 255
  output[to++] = left
  return to
}
