// Snappy, in the Java framing that Kafka writes (snappy-java's: a header, then blocks with their length before them),
// and raw, as some clients write it. Source: https://github.com/google/snappy/blob/main/format_description.txt

import { Buffer } from 'node:buffer'
import { KafkaError } from '../../errors.ts'
import { type Bytes, bytesOf, COPY_SLACK_BYTES, copyLiteral, copyMatch, malformed } from './bytes.ts'
import type { CompressionCodec } from './codec.ts'
import { type Effort, type MatchLimits, matchFinder, SEQUENCE_FIELDS, type Sequences } from './matches.ts'
import { Output } from './output.ts'

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

/** What is allocated at once, as a multiple of the input; more as it is made. */
const EXPECTED_RATIO = 3

function decompressSnappy(bytes: Uint8Array, { maxBytes }: { readonly maxBytes: number }): Buffer {
  const input = bytesOf(bytes)
  const output = new Output(maxBytes, bytes.length * EXPECTED_RATIO)
  if (isJavaFramed(bytes)) decompressJavaFrames(input, output)
  else decompressBlock(input, 0, bytes.length, output)
  return output.finish()
}

function isJavaFramed(bytes: Uint8Array): boolean {
  return (
    bytes.length >= JAVA_HEADER.length &&
    JAVA_HEADER.compare(bytes, 0, JAVA_MAGIC_BYTES, 0, JAVA_MAGIC_BYTES) === 0
  )
}

function decompressJavaFrames(input: Bytes, output: Output): void {
  const { bytes, view } = input
  for (let at = JAVA_HEADER.length; at < bytes.length; ) {
    // Streams that were joined have a header between them.
    if (isJavaFramed(bytes.subarray(at))) {
      at += JAVA_HEADER.length
      continue
    }
    const length = at + 4 <= bytes.length ? view.getInt32(at) : -1
    at += 4
    if (length <= 0 || length > bytes.length - at) throw malformed('snappy block length')
    decompressBlock(input, at, at + length, output)
    at += length
  }
}

/** Decompresses the block `[start, end)`, which begins with its size. */
function decompressBlock(source: Bytes, start: number, end: number, output: Output): void {
  const input = source.bytes
  let at = start
  let size = 0
  for (let bits = 0; ; bits += 7) {
    if (at >= end || bits > 28) throw malformed('snappy size')
    const byte = input[at++]!
    size += (byte & 0x7f) * 2 ** bits
    if (byte < 0x80) break
  }
  if (size > (end - at) * LARGEST_RATIO) throw malformed('snappy size')
  output.reserve(size)
  const into = output.to
  const from = output.length
  const limit = from + size
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
      copyLiteral(source, at, into, to, length)
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
    copyMatch(into, to, distance, length)
    to += length
  }
  if (to !== limit) throw malformed('snappy size')
  output.length = to
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
  const output = bytesOf(buffer)
  const input = bytesOf(bytes)
  const find = matchFinder(input, LIMITS, EFFORT)
  let to = JAVA_HEADER.length
  for (let start = 0; start < bytes.length; start += JAVA_BLOCK_BYTES) {
    const lengthAt = to
    const end = Math.min(start + JAVA_BLOCK_BYTES, bytes.length)
    to = writeSize(output.bytes, to + 4, end - start)
    to = writeBlock(input, start, end, find(start, end), output, to)
    buffer.writeInt32BE(to - lengthAt - 4, lengthAt)
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

/** Writes the sequences of the block `[start, end)`, and returns where they end. */
function writeBlock(
  input: Bytes,
  start: number,
  end: number,
  { fields, length: fieldCount }: Sequences,
  output: Bytes,
  from: number,
): number {
  let at = start
  let to = from
  for (let i = 0; i < fieldCount; i += SEQUENCE_FIELDS) {
    const literals = fields[i]!
    const length = fields[i + 1]!
    if (literals > 0) to = writeLiteral(input, at, literals, output, to)
    to = writeCopy(output.bytes, to, fields[i + 2]!, length)
    at += literals + length
  }
  return at < end ? writeLiteral(input, at, end - at, output, to) : to
}

function writeLiteral(input: Bytes, start: number, length: number, output: Bytes, from: number): number {
  const { bytes } = output
  let to = from
  if (length <= 60) bytes[to++] = (length - 1) << 2
  else {
    const extra = length - 1 > 0xff ? 2 : 1
    bytes[to++] = (59 + extra) << 2
    bytes[to++] = (length - 1) & 0xff
    if (extra === 2) bytes[to++] = (length - 1) >>> 8
  }
  copyLiteral(input, start, output, to, length)
  return to + length
}

function writeCopy(bytes: Uint8Array, from: number, distance: number, length: number): number {
  let to = from
  for (let left = length; left > 0; ) {
    // No rest may be shorter than four, the least that the near form can say.
    const part = left > 67 ? 64 : left > 64 ? 60 : left
    if (part <= 11 && distance < 2048) {
      bytes[to++] = ((distance >>> 8) << 5) | ((part - 4) << 2) | COPY_NEAR
      bytes[to++] = distance
    } else {
      bytes[to++] = ((part - 1) << 2) | COPY
      bytes[to++] = distance
      bytes[to++] = distance >>> 8
    }
    left -= part
  }
  return to
}
