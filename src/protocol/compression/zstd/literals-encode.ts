// The literals of a block (RFC 8878, 3.1.1.3.1), the writing side.

import { type Bytes, copyLiteral, scratch } from '../bytes.ts'
import { SEQUENCE_FIELDS, type Sequences } from '../matches.ts'
import { COMPRESSED_LITERALS, MAX_BLOCK_BYTES, RAW_LITERALS, RLE_LITERALS } from './format.ts'
import {
  encodedBytes,
  encodeStream,
  type HuffmanCodes,
  huffmanCodes,
  huffmanTableBytes,
} from './huffman-encode.ts'

/** Below this one stream is written, not four (whose lengths take six bytes). */
const FOUR_STREAMS_FROM_BYTES = 256
/** Below this a table costs more than it saves. */
const HUFFMAN_FROM_BYTES = 32

/** Where the literals of the block at hand are gathered. */
const gathered = scratch(MAX_BLOCK_BYTES)

/** Writes the literals of the block `[start, end)`: the bytes that no sequence covers. Returns where they end. */
export function encodeLiterals(
  input: Bytes,
  start: number,
  end: number,
  sequences: Sequences,
  output: Bytes,
  from: number,
): number {
  const literals = gathered()
  const size = gatherLiterals(input, start, end, sequences, literals)
  const { bytes } = literals
  const counts = new Uint32Array(256)
  for (let i = 0; i < size; i++) counts[bytes[i]!]!++
  if (size > 1 && counts[bytes[0]!] === size) {
    const to = writeStoredHeader(output.view, from, RLE_LITERALS, size)
    output.bytes[to] = bytes[0]!
    return to + 1
  }
  if (size >= HUFFMAN_FROM_BYTES) {
    const codes = huffmanCodes(counts)
    const table = huffmanTableBytes(codes)
    if (table !== undefined && table.length + encodedBytes(counts, codes) + 12 < size - (size >> 6)) {
      return writeCompressed(bytes.subarray(0, size), codes, table, output, from)
    }
  }
  const to = writeStoredHeader(output.view, from, RAW_LITERALS, size)
  output.bytes.set(bytes.subarray(0, size), to)
  return to + size
}

function gatherLiterals(
  input: Bytes,
  start: number,
  end: number,
  { fields, length }: Sequences,
  to: Bytes,
): number {
  let at = start
  let size = 0
  for (let i = 0; i < length; i += SEQUENCE_FIELDS) {
    const literals = fields[i]!
    copyLiteral(input, at, to, size, literals)
    size += literals
    at += literals + fields[i + 1]!
  }
  copyLiteral(input, at, to, size, end - at)
  return size + end - at
}

function writeStoredHeader(output: DataView, from: number, type: number, size: number): number {
  if (size < 32) {
    output.setUint8(from, type | (size << 3))
    return from + 1
  }
  if (size < 4096) {
    output.setUint16(from, type | (1 << 2) | (size << 4), true)
    return from + 2
  }
  output.setUint16(from, (type | (3 << 2) | (size << 4)) & 0xffff, true)
  output.setUint8(from + 2, size >>> 12)
  return from + 3
}

function writeCompressed(
  literals: Uint8Array,
  codes: HuffmanCodes,
  table: Uint8Array,
  { bytes, view }: Bytes,
  from: number,
): number {
  const size = literals.length
  const isSingle = size < FOUR_STREAMS_FROM_BYTES
  const format = isSingle ? 0 : size < 1024 ? 1 : size < 16_384 ? 2 : 3
  const sizeBits = format < 2 ? 10 : format === 2 ? 14 : 18
  const body = from + (format < 2 ? 3 : format + 2)
  bytes.set(table, body)
  let to = body + table.length
  if (isSingle) to = encodeStream(codes, literals, 0, size, view, to)
  else {
    const lengths = to
    const part = (size + 3) >> 2
    to += 6
    for (let i = 0; i < 4; i++) {
      const stream = to
      to = encodeStream(codes, literals, i * part, Math.min((i + 1) * part, size), view, to)
      if (i < 3) view.setUint16(lengths + 2 * i, to - stream, true)
    }
  }
  // Up to 40 bits, the lowest byte first.
  let field = COMPRESSED_LITERALS + format * 4 + size * 16 + (to - body) * 2 ** (4 + sizeBits)
  for (let at = from; at < body; at++) {
    bytes[at] = field % 256
    field = Math.floor(field / 256)
  }
  return to
}
