// Snappy, in the Java framing that Kafka writes (snappy-java's: a header, then blocks with their length before them),
// and raw, as some clients write it. Source: https://github.com/google/snappy/blob/main/format_description.txt

import { Buffer } from 'node:buffer'
import { KafkaError } from '../../errors.ts'
import { COPY_SLACK_BYTES, copyLiteral, copyMatch, malformed, plain, tooLarge, viewOf } from './bytes.ts'
import type { CompressionCodec } from './codec.ts'
import { type Effort, type MatchLimits, matchFinder, SEQUENCE_FIELDS } from './matches.ts'

export const snappy: CompressionCodec = { compress: compressSnappy, decompress: decompressSnappy }

/** "\x82SNAPPY\0", version 1, readable by version 1. */
const JAVA_HEADER = Buffer.from('82534e41505059000000000100000001', 'hex')
const JAVA_MAGIC_BYTES = 8
const JAVA_BLOCK_BYTES = 32 * 1024

/** No element makes more of its bytes: three give 64. It bounds what a short input can claim. */
const LARGEST_RATIO = 22

const LITERAL = 0
const COPY_NEAR = 1
const COPY = 2

function decompressSnappy(bytes: Uint8Array, { maxBytes }: { readonly maxBytes: number }): Buffer {
  const blocks = isJavaFramed(bytes) ? javaBlocks(bytes) : [rawBlock(bytes, 0, bytes.length)]
  const total = blocks.reduce((sum, block) => sum + block.size, 0)
  if (total > maxBytes) throw tooLarge(maxBytes)
  const buffer = Buffer.allocUnsafe(total + COPY_SLACK_BYTES)
  const input = plain(bytes)
  const inputView = viewOf(input)
  const output = plain(buffer)
  const outputView = viewOf(output)
  let at = 0
  for (const { start, end, size } of blocks) {
    decompressBlock(input, inputView, start, end, output, outputView, at, at + size)
    at += size
  }
  return buffer.subarray(0, total)
}

interface Block {
  /** Of its elements, after the size. */
  readonly start: number
  readonly end: number
  /** What it says it decompresses to. */
  readonly size: number
}

function isJavaFramed(bytes: Uint8Array): boolean {
  return (
    bytes.length >= JAVA_HEADER.length &&
    JAVA_HEADER.compare(bytes, 0, JAVA_MAGIC_BYTES, 0, JAVA_MAGIC_BYTES) === 0
  )
}

function javaBlocks(bytes: Uint8Array): Block[] {
  const view = viewOf(bytes)
  const blocks: Block[] = []
  for (let at = JAVA_HEADER.length; at < bytes.length; ) {
    // Streams that were joined have a header between them.
    if (isJavaFramed(bytes.subarray(at))) {
      at += JAVA_HEADER.length
      continue
    }
    const length = at + 4 <= bytes.length ? view.getInt32(at) : -1
    at += 4
    if (length <= 0 || length > bytes.length - at) throw malformed('snappy block length')
    blocks.push(rawBlock(bytes, at, at + length))
    at += length
  }
  return blocks
}

function rawBlock(bytes: Uint8Array, start: number, end: number): Block {
  let size = 0
  for (let index = 0, at = start; index < 5 && at < end; index++) {
    const byte = bytes[at++]!
    size += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) {
      if (size > (end - at) * LARGEST_RATIO) break
      return { start: at, end, size }
    }
  }
  throw malformed('snappy size')
}

/** Fills `output[from, limit)` exactly. */
function decompressBlock(
  input: Uint8Array,
  inputView: DataView,
  start: number,
  end: number,
  output: Uint8Array,
  outputView: DataView,
  from: number,
  limit: number,
): void {
  let at = start
  let to = from
  while (at < end) {
    const tag = input[at++]!
    let length: number
    if ((tag & 3) === LITERAL) {
      length = (tag >>> 2) + 1
      if (length > 60) {
        const extra = length - 60
        if (at + extra > end) throw malformed('snappy literal')
        length = 1
        for (let i = 0; i < extra; i++) length += input[at++]! * 2 ** (8 * i)
      }
      if (length > end - at || length > limit - to) throw malformed('snappy literal')
      copyLiteral(input, inputView, at, output, outputView, to, length)
      at += length
      to += length
      continue
    }
    let distance: number
    if ((tag & 3) === COPY_NEAR) {
      if (at >= end) throw malformed('snappy copy')
      length = ((tag >>> 2) & 7) + 4
      distance = ((tag >>> 5) << 8) | input[at++]!
    } else {
      const bytes = (tag & 3) === COPY ? 2 : 4
      if (at + bytes > end) throw malformed('snappy copy')
      length = (tag >>> 2) + 1
      distance = input[at]! | (input[at + 1]! << 8)
      if (bytes === 4) distance += (input[at + 2]! | (input[at + 3]! << 8)) * 65_536
      at += bytes
    }
    if (distance === 0 || distance > to - from || length > limit - to) throw malformed('snappy copy')
    copyMatch(output, outputView, to, distance, length)
    to += length
  }
  if (to !== limit) throw malformed('snappy size')
}

/** Matches are not looked for in the last bytes of a block. */
const LIMITS: MatchLimits = {
  maxDistance: 0xffff,
  acrossBlocks: false,
  farCostsMore: false,
  lastMatchBytes: 15,
  lastLiterals: 0,
}
const EFFORT: Effort = { depth: 0, skipBits: 5, hashBits: 13 }

function compressSnappy(bytes: Uint8Array, level?: number): Buffer {
  if (level !== undefined) throw new KafkaError('INVALID_ARGUMENT', 'snappy has no compression levels')
  const blocks = Math.ceil(bytes.length / JAVA_BLOCK_BYTES)
  // A block that cannot be compressed grows by its length, its size and a few bytes a literal.
  const most = JAVA_HEADER.length + blocks * 64 + bytes.length + Math.ceil(bytes.length / 6)
  const buffer = Buffer.allocUnsafe(most + COPY_SLACK_BYTES)
  buffer.set(JAVA_HEADER)
  const input = plain(bytes)
  const inputView = viewOf(input)
  const output = plain(buffer)
  const outputView = viewOf(output)
  const finder = matchFinder(input, LIMITS, EFFORT)
  let to = JAVA_HEADER.length
  for (let start = 0; start < bytes.length; start += JAVA_BLOCK_BYTES) {
    const lengthAt = to
    const end = Math.min(start + JAVA_BLOCK_BYTES, bytes.length)
    const count = finder.find(start, end)
    to = writeSize(output, to + 4, end - start)
    to = writeBlock(input, inputView, start, end, finder.sequences, count, output, outputView, to)
    outputView.setInt32(lengthAt, to - lengthAt - 4)
  }
  return buffer.subarray(0, to)
}

function writeSize(output: Uint8Array, from: number, size: number): number {
  let to = from
  let left = size
  for (; left > 0x7f; left >>>= 7) output[to++] = (left & 0x7f) | 0x80
  output[to++] = left
  return to
}

function writeBlock(
  input: Uint8Array,
  inputView: DataView,
  start: number,
  end: number,
  sequences: Int32Array,
  count: number,
  output: Uint8Array,
  outputView: DataView,
  from: number,
): number {
  let at = start
  let to = from
  for (let i = 0; i < count * SEQUENCE_FIELDS; i += SEQUENCE_FIELDS) {
    const literals = sequences[i]!
    const length = sequences[i + 1]!
    if (literals > 0) to = writeLiteral(input, inputView, at, literals, output, outputView, to)
    to = writeCopy(output, to, sequences[i + 2]!, length)
    at += literals + length
  }
  return at < end ? writeLiteral(input, inputView, at, end - at, output, outputView, to) : to
}

function writeLiteral(
  input: Uint8Array,
  inputView: DataView,
  start: number,
  length: number,
  output: Uint8Array,
  outputView: DataView,
  from: number,
): number {
  let to = from
  if (length <= 60) output[to++] = (length - 1) << 2
  else {
    const extra = length - 1 > 0xff ? 2 : 1
    output[to++] = (59 + extra) << 2
    output[to++] = (length - 1) & 0xff
    if (extra === 2) output[to++] = (length - 1) >>> 8
  }
  copyLiteral(input, inputView, start, output, outputView, to, length)
  return to + length
}

function writeCopy(output: Uint8Array, from: number, distance: number, length: number): number {
  let to = from
  let left = length
  while (left > 0) {
    // No rest may be shorter than four, the least that the near form can say.
    const part = left > 67 ? 64 : left > 64 ? 60 : left
    if (part >= 4 && part <= 11 && distance < 2048) {
      output[to++] = ((distance >>> 8) << 5) | ((part - 4) << 2) | COPY_NEAR
    } else {
      output[to++] = ((part - 1) << 2) | COPY
      output[to + 1] = distance >>> 8
      output[to] = distance & 0xff
      to += 2
      left -= part
      continue
    }
    output[to++] = distance & 0xff
    left -= part
  }
  return to
}
