// FSE: tables of finite state entropy coding, from the probabilities of symbols (RFC 8878, 4.1).

import { malformed } from '../bytes.ts'
import { highestBit, type SequencePart } from './format.ts'

/** Probabilities as shares of `1 << accuracy`; -1: less than one. */
export interface Distribution {
  readonly probabilities: readonly number[]
  readonly accuracy: number
}

/**
 * Of each state: the symbol in the low 8 bits, the number of bits to read for the next state in the 8 above, and what
 * to add to these bits in the 16 above.
 */
export interface DecodingTable {
  readonly states: Uint32Array
  readonly accuracy: number
}

export const MIN_ACCURACY = 5

/** Reads a distribution, at most up to `end`. Returns it and where it ends. */
export function readDistribution(
  bytes: Uint8Array,
  start: number,
  end: number,
  { maxCode, maxAccuracy }: Pick<SequencePart, 'maxCode' | 'maxAccuracy'>,
): Distribution & { readonly end: number } {
  let bit = start * 8
  // Bits beyond the end are 0, and are found to be missing at the end.
  const peek = (count: number): number => {
    const at = bit >>> 3
    const word = byteAt(at) | (byteAt(at + 1) << 8) | (byteAt(at + 2) << 16)
    return (word >>> (bit & 7)) & ((1 << count) - 1)
  }
  const byteAt = (at: number): number => (at < end ? bytes[at]! : 0)

  const accuracy = peek(4) + MIN_ACCURACY
  bit += 4
  if (accuracy > maxAccuracy) throw malformed('zstd table accuracy')
  const probabilities: number[] = []
  let left = 1 << accuracy
  while (left > 0) {
    // A value up to `left + 1`. Where the whole of its bits could say more than that, small ones take a bit less.
    const count = highestBit(left + 1) + 1
    const spare = (1 << count) - 2 - left
    const half = 1 << (count - 1)
    let value = peek(count)
    if ((value & (half - 1)) < spare) {
      value &= half - 1
      bit += count - 1
    } else {
      if (value >= half) value -= spare
      bit += count
    }
    const probability = value - 1
    left -= Math.abs(probability)
    probabilities.push(probability)
    if (probability === 0) {
      // How many more are 0, in twos of bits; 3 says that more follow.
      for (let zeros = 3; zeros === 3; bit += 2) {
        zeros = peek(2)
        for (let i = 0; i < zeros; i++) probabilities.push(0)
        if (probabilities.length > maxCode + 1) throw malformed('zstd table')
      }
    }
    if (probabilities.length > maxCode + 1) throw malformed('zstd table')
  }
  const tableEnd = (bit + 7) >>> 3
  if (tableEnd > end) throw malformed('zstd table')
  return { probabilities, accuracy, end: tableEnd }
}

/** Which symbol each state stands for, in the order the format wants. */
export function spreadSymbols({ probabilities, accuracy }: Distribution): Uint8Array {
  const size = 1 << accuracy
  const symbols = new Uint8Array(size)
  let rareFrom = size
  for (let symbol = 0; symbol < probabilities.length; symbol++) {
    if (probabilities[symbol] === -1) symbols[--rareFrom] = symbol
  }
  const step = (size >> 1) + (size >> 3) + 3
  let at = 0
  for (let symbol = 0; symbol < probabilities.length; symbol++) {
    for (let i = probabilities[symbol]!; i > 0; i--) {
      symbols[at] = symbol
      do at = (at + step) & (size - 1)
      while (at >= rareFrom)
    }
  }
  return symbols
}

export function decodingTable(distribution: Distribution): DecodingTable {
  const { accuracy } = distribution
  const symbols = spreadSymbols(distribution)
  const next = distribution.probabilities.map(Math.abs)
  const states = new Uint32Array(symbols.length)
  for (let state = 0; state < states.length; state++) {
    const symbol = symbols[state]!
    const place = next[symbol]!++
    const bits = accuracy - highestBit(place)
    states[state] = symbol | (bits << 8) | (((place << bits) - states.length) << 16)
  }
  return { states, accuracy }
}

/** One symbol, always, for which nothing is read. */
export function constantTable(symbol: number): DecodingTable {
  return { states: Uint32Array.of(symbol), accuracy: 0 }
}

/** Tables of the distributions that the format brings with it, each made when first needed. */
export function predefinedTables<Table>(
  make: (distribution: Distribution) => Table,
): (part: SequencePart) => Table {
  const made = new Map<SequencePart, Table>()
  return (part) => {
    let table = made.get(part)
    if (table === undefined) {
      table = make({ probabilities: part.predefined, accuracy: part.predefinedAccuracy })
      made.set(part, table)
    }
    return table
  }
}
