// The literals of a block (RFC 8878, 3.1.1.3.1).

import { type Bytes, malformed, scratch } from '../bytes.ts'
import { COMPRESSED_LITERALS, MAX_BLOCK_BYTES, RAW_LITERALS, RLE_LITERALS } from './format.ts'
import { decodeFourStreams, decodeStream, type HuffmanTable, readHuffmanTable } from './huffman-decode.ts'
import type { Literals } from './sequences-decode.ts'

/** Where literals are put that do not stand in the input as they are. */
const decoded = scratch(MAX_BLOCK_BYTES)

/** Reads the literals section at `start` of a block that ends at `end`; returns them and where the section ends. */
export function readLiterals(
  input: Bytes,
  start: number,
  end: number,
  state: { huffman: HuffmanTable | undefined },
  maxBytes: number,
): Literals & { readonly end: number } {
  const { bytes } = input
  const low = start < end ? bytes[start]! : 0
  const type = low & 3
  const format = (low >>> 2) & 3
  const isStored = type === RAW_LITERALS || type === RLE_LITERALS
  const headerBytes = isStored
    ? format === 3
      ? 3
      : format === 1
        ? 2
        : 1
    : format === 3
      ? 5
      : format === 2
        ? 4
        : 3
  const at = start + headerBytes
  if (at > end) throw malformed('zstd literals')
  let field = 0
  for (let i = headerBytes - 1; i >= 0; i--) field = field * 256 + bytes[start + i]!

  if (isStored) {
    const size = Math.floor(field / ((format & 1) === 0 ? 8 : 16))
    if (size > maxBytes) throw malformed('zstd literals')
    const sectionEnd = at + (type === RAW_LITERALS ? size : 1)
    if (sectionEnd > end) throw malformed('zstd literals')
    if (type === RAW_LITERALS) return { from: input, start: at, size, end: sectionEnd }
    const from = decoded()
    from.bytes.fill(bytes[at]!, 0, size)
    return { from, start: 0, size, end: sectionEnd }
  }

  const bits = format === 3 ? 18 : format === 2 ? 14 : 10
  const size = Math.floor(field / 16) % 2 ** bits
  const compressed = Math.floor(field / 2 ** (4 + bits))
  const sectionEnd = at + compressed
  if (size > maxBytes || sectionEnd > end) throw malformed('zstd literals')
  let streams = at
  if (type === COMPRESSED_LITERALS) {
    const table = readHuffmanTable(input, at, sectionEnd)
    state.huffman = table
    streams = table.end
  }
  const table = state.huffman
  if (table === undefined) throw malformed('zstd literals')
  const from = decoded()
  const decode = format === 0 ? decodeStream : decodeFourStreams
  decode(table, input, streams, sectionEnd, from.bytes, size)
  return { from, start: 0, size, end: sectionEnd }
}
