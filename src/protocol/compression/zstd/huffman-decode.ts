// Huffman codes of literals (RFC 8878, 4.2): reading their table, and the streams written with it.

import { type Bytes, malformed } from '../bytes.ts'
import { bitLength, bitsBelow } from './bits.ts'
import { highestBit, MAX_CODE_BITS, WEIGHTS_ACCURACY } from './format.ts'
import { decodingTable, readDistribution } from './fse-table.ts'

/** By the next `codeBits` bits: the symbol in the low 8 bits, above it the length of its code. */
export interface HuffmanTable {
  readonly codes: Uint16Array
  readonly codeBits: number
}

/** From this value of its first byte on, weights are stored as they are, four bits each. */
const PLAIN_WEIGHTS = 128
const MAX_SYMBOLS = 256

/** Reads a table, at most up to `end`. Returns it and where it ends. */
export function readHuffmanTable(
  input: Bytes,
  start: number,
  end: number,
): HuffmanTable & { readonly end: number } {
  const { bytes } = input
  const weights = new Uint8Array(MAX_SYMBOLS)
  const first = start < end ? bytes[start]! : 0
  const plainCount = first - PLAIN_WEIGHTS + 1
  const tableEnd = start + 1 + (plainCount > 0 ? (plainCount + 1) >> 1 : first)
  if (tableEnd > end) throw malformed('zstd Huffman table')
  let count = plainCount
  if (plainCount > 0) {
    for (let i = 0; i < plainCount; i++) {
      const byte = bytes[start + 1 + (i >> 1)]!
      weights[i] = (i & 1) === 0 ? byte >>> 4 : byte & 15
    }
  } else count = readWeights(input, start + 1, tableEnd, weights)
  return { ...huffmanTable(weights, count), end: tableEnd }
}

/** Weights compressed with FSE: two states take turns until the bits are used up. */
function readWeights({ bytes, view }: Bytes, start: number, end: number, weights: Uint8Array): number {
  const limits = { maxCode: MAX_CODE_BITS, maxAccuracy: WEIGHTS_ACCURACY }
  const distribution = readDistribution(bytes, start, end, limits)
  const { states, accuracy } = decodingTable(distribution)
  const streamStart = distribution.end
  let at = bitLength(bytes, streamStart, end) - 2 * accuracy
  if (at < 0) throw malformed('zstd Huffman weights')
  let state = states[bitsBelow(view, streamStart, at + 2 * accuracy, accuracy)]!
  let other = states[bitsBelow(view, streamStart, at + accuracy, accuracy)]!
  let count = 0
  // The last of 256 weights is never stored.
  while (count < MAX_SYMBOLS - 2) {
    weights[count++] = state
    const bits = (state >>> 8) & 0xff
    if (bits > at) {
      weights[count++] = other
      return count
    }
    const next = states[(state >>> 16) + bitsBelow(view, streamStart, at, bits)]!
    at -= bits
    state = other
    other = next
  }
  throw malformed('zstd Huffman weights')
}

function huffmanTable(weights: Uint8Array, count: number): HuffmanTable {
  const counts = new Uint16Array(MAX_CODE_BITS + 1)
  let sum = 0
  for (let i = 0; i < count; i++) {
    const weight = weights[i]!
    if (weight > MAX_CODE_BITS) throw malformed('zstd Huffman weight')
    counts[weight]!++
    sum += (1 << weight) >> 1
  }
  if (sum === 0) throw malformed('zstd Huffman weights')
  // The last symbol has what is left to a power of two.
  const codeBits = highestBit(sum) + 1
  const left = (1 << codeBits) - sum
  const lastWeight = highestBit(left) + 1
  if (codeBits > MAX_CODE_BITS || left !== 1 << (lastWeight - 1)) throw malformed('zstd Huffman weights')
  weights[count] = lastWeight
  counts[lastWeight]!++
  // Where there are no codes of the full length, all of them have a bit too much.
  if (counts[1] === 0) throw malformed('zstd Huffman weights')

  // The longest codes come first, and those of a length in the order of their symbols.
  const next = new Uint16Array(MAX_CODE_BITS + 1)
  for (let weight = 1; weight < codeBits; weight++) {
    next[weight + 1] = next[weight]! + (counts[weight]! << (weight - 1))
  }
  const codes = new Uint16Array(1 << codeBits)
  for (let symbol = 0; symbol <= count; symbol++) {
    const weight = weights[symbol]!
    if (weight === 0) continue
    const code = symbol | ((codeBits + 1 - weight) << 8)
    const from = next[weight]!
    const to = from + (1 << (weight - 1))
    if (weight > 5) codes.fill(code, from, to)
    else for (let at = from; at < to; at++) codes[at] = code
    next[weight] = to
  }
  return { codes, codeBits }
}

/** Decodes one stream at `[start, end)` to the first `size` bytes of the output. */
export function decodeStream(
  table: HuffmanTable,
  { bytes, view }: Bytes,
  start: number,
  end: number,
  output: Uint8Array,
  size: number,
): void {
  finishStream(table, view, start, bitLength(bytes, start, end), output, 0, size)
}

/** The same for four streams, the lengths of three of which stand before them. */
export function decodeFourStreams(
  table: HuffmanTable,
  { bytes, view }: Bytes,
  start: number,
  end: number,
  output: Uint8Array,
  size: number,
): void {
  const { codes, codeBits } = table
  const part = (size + 3) >> 2
  const last = size - 3 * part
  if (end - start < 6 || last < 0) throw malformed('zstd literals')
  const a = start + 6
  const b = a + view.getUint16(start, true)
  const c = b + view.getUint16(start + 2, true)
  const d = c + view.getUint16(start + 4, true)
  if (d > end) throw malformed('zstd literals')
  let bitA = bitLength(bytes, a, b)
  let bitB = bitLength(bytes, b, c)
  let bitC = bitLength(bytes, c, d)
  let bitD = bitLength(bytes, d, end)
  // All four at once, two symbols at a time: what one waits for does not hold up the others.
  const shift = 32 - codeBits
  let i = 0
  for (const pairs = last - 1; i < pairs; i += 2) {
    if ((bitA | bitB | bitC | bitD) < 0) break
    let word = view.getInt32(a + ((bitA + 7) >> 3) - 4, true) << (-bitA & 7)
    let one = codes[word >>> shift]!
    let two = codes[(word << (one >>> 8)) >>> shift]!
    output[i] = one
    output[i + 1] = two
    bitA -= (one >>> 8) + (two >>> 8)

    word = view.getInt32(b + ((bitB + 7) >> 3) - 4, true) << (-bitB & 7)
    one = codes[word >>> shift]!
    two = codes[(word << (one >>> 8)) >>> shift]!
    output[part + i] = one
    output[part + i + 1] = two
    bitB -= (one >>> 8) + (two >>> 8)

    word = view.getInt32(c + ((bitC + 7) >> 3) - 4, true) << (-bitC & 7)
    one = codes[word >>> shift]!
    two = codes[(word << (one >>> 8)) >>> shift]!
    output[2 * part + i] = one
    output[2 * part + i + 1] = two
    bitC -= (one >>> 8) + (two >>> 8)

    word = view.getInt32(d + ((bitD + 7) >> 3) - 4, true) << (-bitD & 7)
    one = codes[word >>> shift]!
    two = codes[(word << (one >>> 8)) >>> shift]!
    output[3 * part + i] = one
    output[3 * part + i + 1] = two
    bitD -= (one >>> 8) + (two >>> 8)
  }
  finishStream(table, view, a, bitA, output, i, part)
  finishStream(table, view, b, bitB, output, part + i, 2 * part)
  finishStream(table, view, c, bitC, output, 2 * part + i, 3 * part)
  finishStream(table, view, d, bitD, output, 3 * part + i, size)
}

/** Decodes what is left of a stream, of which `bits` are left, and sees that it ends where the symbols do. */
function finishStream(
  { codes, codeBits }: HuffmanTable,
  view: DataView,
  start: number,
  bits: number,
  output: Uint8Array,
  from: number,
  to: number,
): void {
  let bit = bits
  for (let at = from; at < to && bit >= 0; at++) {
    const code = codes[bitsBelow(view, start, bit, codeBits)]!
    output[at] = code
    bit -= code >>> 8
  }
  if (bit !== 0) throw malformed('zstd literals')
}
