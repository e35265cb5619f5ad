// FSE: finite state entropy coding (RFC 8878, 4.1), the writing side.

import type { BitWriter } from './bit-writer.ts'
import { highestBit } from './format.ts'
import { type Distribution, MIN_ACCURACY, spreadSymbols } from './fse-table.ts'

/** How a symbol changes the state: which bits go out, and what follows. */
export interface EncodingTable {
  readonly accuracy: number
  /** Added to a state: the number of bits to write, in the high half. */
  readonly bitsOf: Int32Array
  /** Added to what is left of the state: where the next one is. */
  readonly placeOf: Int32Array
  readonly states: Uint16Array
}

/** Shares of a power of two that are near the counts, of which at least two must be above 0. */
export function distributionOf(counts: ArrayLike<number>, maxAccuracy: number): Distribution {
  let total = 0
  let symbols = 0
  let length = 0
  for (let symbol = 0; symbol < counts.length; symbol++) {
    if (counts[symbol] === 0) continue
    total += counts[symbol]!
    symbols++
    length = symbol + 1
  }
  // A larger table costs more than it saves where few symbols are written with it.
  const enough = Math.max(MIN_ACCURACY, highestBit(total) - 2, highestBit(symbols) + 1)
  const accuracy = Math.min(enough, maxAccuracy)
  const size = 1 << accuracy
  const probabilities: number[] = []
  let left = size
  let largest = 0
  for (let symbol = 0; symbol < length; symbol++) {
    const count = counts[symbol]!
    const share = (count * size) / total
    const probability = count === 0 ? 0 : share < 1 ? -1 : Math.round(share)
    probabilities.push(probability)
    left -= Math.abs(probability)
    if (probability > probabilities[largest]!) largest = symbol
  }
  // Rounding gave away too little, or too much: those that have most feel it least.
  while (left < 0) {
    for (let symbol = 0; symbol < length; symbol++) {
      if (probabilities[symbol]! > probabilities[largest]!) largest = symbol
    }
    probabilities[largest]!--
    left++
  }
  probabilities[largest]! += left
  return { probabilities, accuracy }
}

/** Bits that symbols with these counts take, about; infinite where one of them has no probability. */
export function costOf(counts: ArrayLike<number>, { probabilities, accuracy }: Distribution): number {
  let bits = 0
  for (let symbol = 0; symbol < counts.length; symbol++) {
    if (counts[symbol] === 0) continue
    const probability = Math.abs(probabilities[symbol] ?? 0)
    bits += counts[symbol]! * (accuracy - Math.log2(probability))
  }
  return bits
}

export function writeDistribution({ probabilities, accuracy }: Distribution, out: BitWriter): void {
  out.write(accuracy - MIN_ACCURACY, 4)
  let left = 1 << accuracy
  for (let symbol = 0; left > 0; symbol++) {
    const probability = probabilities[symbol]!
    const value = probability + 1
    const bits = highestBit(left + 1) + 1
    const spare = (1 << bits) - 2 - left
    if (value < spare) out.write(value, bits - 1)
    else out.write(value < 1 << (bits - 1) ? value : value + spare, bits)
    left -= Math.abs(probability)
    if (probability !== 0) continue
    let zeros = 0
    while (probabilities[symbol + 1] === 0) {
      symbol++
      zeros++
    }
    for (; zeros >= 3; zeros -= 3) out.write(3, 2)
    out.write(zeros, 2)
  }
}

export function encodingTable(distribution: Distribution): EncodingTable {
  const { probabilities, accuracy } = distribution
  const size = 1 << accuracy
  const bitsOf = new Int32Array(probabilities.length)
  const placeOf = new Int32Array(probabilities.length)
  const next = new Int32Array(probabilities.length)
  let total = 0
  for (let symbol = 0; symbol < probabilities.length; symbol++) {
    const share = Math.abs(probabilities[symbol]!)
    if (share === 0) continue
    const most = share === 1 ? accuracy : accuracy - highestBit(share - 1)
    bitsOf[symbol] = (most << 16) - (share << most)
    placeOf[symbol] = total - share
    next[symbol] = total
    total += share
  }
  const states = new Uint16Array(size)
  const symbols = spreadSymbols(distribution)
  for (let state = 0; state < size; state++) states[next[symbols[state]!]!++] = size + state
  return { accuracy, bitsOf, placeOf, states }
}

/** The table of a symbol that is written alone: its state never changes, and no bits are written. */
export function constantEncoding(symbol: number): EncodingTable {
  const bitsOf = new Int32Array(symbol + 1)
  const placeOf = new Int32Array(symbol + 1)
  return { accuracy: 0, bitsOf, placeOf, states: Uint16Array.of(0) }
}

/** The state to begin with, before the symbol that is read last. */
export function firstState({ bitsOf, placeOf, states }: EncodingTable, symbol: number): number {
  const bits = (bitsOf[symbol]! + 0x8000) >>> 16
  const least = (bits << 16) - bitsOf[symbol]!
  return states[(least >>> bits) + placeOf[symbol]!]!
}
