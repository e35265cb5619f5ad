// Huffman codes of literals (RFC 8878, 4.2), the writing side.

import { BitWriter } from './bit-writer.ts'
import { MAX_CODE_BITS, WEIGHTS_ACCURACY } from './format.ts'
import { distributionOf, encodingTable, firstState, writeDistribution } from './fse-encode.ts'

/** Of each symbol, up to the last that occurs. */
export interface HuffmanCodes {
  /** 0: it has no code. */
  readonly lengths: Uint8Array
  readonly codes: Uint16Array
  readonly longest: number
}

const MAX_PLAIN_WEIGHTS = 128
const MAX_WEIGHTS_BYTES = 127

/** Codes for symbols that occur so often; at least two of them do. */
export function huffmanCodes(counts: Uint32Array): HuffmanCodes {
  const symbols = Array.from(counts.keys()).filter((symbol) => counts[symbol]! > 0)
  // The frequent ones last; `slice` and `sort` are stable, so that the result does not depend on the engine.
  symbols.sort((a, b) => counts[a]! - counts[b]! || a - b)
  const sorted = codeLengths(symbols.map((symbol) => counts[symbol]!))
  limitLengths(sorted)

  const length = Math.max(...symbols) + 1
  const lengths = new Uint8Array(length)
  for (const [i, symbol] of symbols.entries()) lengths[symbol] = sorted[i]!
  const longest = Math.max(...sorted)
  // The longest codes come first, and those of a length in the order of their symbols.
  const next = new Uint16Array(longest + 1)
  for (let bits = longest; bits > 1; bits--) {
    const count = sorted.reduce((sum, length) => (length === bits ? sum + 1 : sum), 0)
    next[bits - 1] = (next[bits]! + count) >> 1
  }
  const codes = new Uint16Array(length)
  for (let symbol = 0; symbol < length; symbol++) {
    if (lengths[symbol]! > 0) codes[symbol] = next[lengths[symbol]!]!++
  }
  return { lengths, codes, longest }
}

/** Huffman's algorithm, for counts in rising order: the two rarest become one, until one is left. */
function codeLengths(counts: readonly number[]): number[] {
  const leaves = counts.length
  const weights = [...counts]
  const parents: number[] = []
  let leaf = 0
  let node = leaves
  const takeRarest = (parent: number): number => {
    const isLeaf = leaf < leaves && (node >= weights.length || weights[leaf]! <= weights[node]!)
    const taken = isLeaf ? leaf++ : node++
    parents[taken] = parent
    return weights[taken]!
  }
  while (weights.length < 2 * leaves - 1) {
    const parent = weights.length
    const sum = takeRarest(parent) + takeRarest(parent)
    weights.push(sum)
  }
  const depths = new Array<number>(weights.length).fill(0)
  for (let i = weights.length - 2; i >= 0; i--) depths[i] = depths[parents[i]!]! + 1
  return depths.slice(0, leaves)
}

/** Makes none longer than the format allows, and all of them fill the space of codes. The rarest come first. */
function limitLengths(lengths: number[]): void {
  const whole = 1 << MAX_CODE_BITS
  let used = 0
  for (let i = 0; i < lengths.length; i++) {
    lengths[i] = Math.min(lengths[i]!, MAX_CODE_BITS)
    used += whole >> lengths[i]!
  }
  // Too much is used where codes were made shorter: the rarest that can be are made longer instead.
  for (let i = 0; used > whole; i++) {
    while (lengths[i]! < MAX_CODE_BITS && used > whole) {
      lengths[i]!++
      used -= whole >> lengths[i]!
    }
  }
  // What that freed too much goes to the most frequent.
  for (let i = lengths.length - 1; used < whole; i--) {
    while (lengths[i]! > 1 && used + (whole >> lengths[i]!) <= whole) {
      used += whole >> lengths[i]!
      lengths[i]!--
    }
  }
}

/** Bytes that the symbols take without the table, as one stream or as each of four, about. */
export function encodedBytes(counts: Uint32Array, { lengths }: HuffmanCodes): number {
  let bits = 0
  for (let symbol = 0; symbol < lengths.length; symbol++) bits += counts[symbol]! * lengths[symbol]!
  return bits >>> 3
}

/** The table as it is written before the streams; undefined where the format has no way to write it. */
export function huffmanTableBytes({ lengths, longest }: HuffmanCodes): Uint8Array | undefined {
  // The last weight follows from the others.
  const weights = lengths.subarray(0, -1).map((length) => (length === 0 ? 0 : longest + 1 - length))
  const packed = packWeights(weights)
  const plainBytes = (weights.length + 1) >> 1
  if (packed !== undefined && (packed.length < plainBytes || weights.length > MAX_PLAIN_WEIGHTS)) {
    return Uint8Array.of(packed.length, ...packed)
  }
  if (weights.length > MAX_PLAIN_WEIGHTS) return undefined
  const table = new Uint8Array(1 + plainBytes)
  table[0] = MAX_PLAIN_WEIGHTS - 1 + weights.length
  for (const [i, weight] of weights.entries()) table[1 + (i >> 1)]! |= (i & 1) === 0 ? weight << 4 : weight
  return table
}

/** The weights compressed with FSE, by two states in turns; undefined where that cannot be, or is too long. */
function packWeights(weights: Uint8Array): Uint8Array | undefined {
  const counts = new Uint32Array(MAX_CODE_BITS + 1)
  for (const weight of weights) counts[weight]!++
  if (weights.length < 2 || counts.includes(weights.length)) return undefined
  const distribution = distributionOf(counts, WEIGHTS_ACCURACY)
  const table = encodingTable(distribution)
  const bytes = new Uint8Array(2 * weights.length + 64)
  const view = new DataView(bytes.buffer)
  const header = new BitWriter(view, 0)
  writeDistribution(distribution, header)
  const out = new BitWriter(view, header.finish())
  const last = weights.length - 1
  const states = [0, 0]
  states[last & 1] = firstState(table, weights[last]!)
  states[(last - 1) & 1] = firstState(table, weights[last - 1]!)
  for (let i = last - 2; i >= 0; i--) {
    const state = states[i & 1]!
    const weight = weights[i]!
    const bits = (state + table.bitsOf[weight]!) >>> 16
    out.write(state & ((1 << bits) - 1), bits)
    states[i & 1] = table.states[(state >>> bits) + table.placeOf[weight]!]!
  }
  const mask = (1 << table.accuracy) - 1
  out.write(states[1]! & mask, table.accuracy)
  out.write(states[0]! & mask, table.accuracy)
  const end = out.finishReversed()
  return end <= MAX_WEIGHTS_BYTES ? bytes.subarray(0, end) : undefined
}

/** Writes one stream of `bytes[start, end)`, the last symbol first; returns where it ends. */
export function encodeStream(
  { lengths, codes }: HuffmanCodes,
  bytes: Uint8Array,
  start: number,
  end: number,
  output: DataView,
  from: number,
): number {
  let to = from
  let pending = 0
  let bits = 0
  for (let at = end - 1; at >= start; at--) {
    const symbol = bytes[at]!
    pending |= codes[symbol]! << bits
    bits += lengths[symbol]!
    // Room for one more code of the longest.
    if (bits < 16) continue
    output.setInt16(to, pending, true)
    to += 2
    pending >>>= 16
    bits -= 16
  }
  output.setInt32(to, pending | (1 << bits), true)
  return to + (bits >>> 3) + 1
}
