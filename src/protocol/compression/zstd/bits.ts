// Bit streams of zstd that are read from their end: the encoder wrote forwards, the last bit first to be read.

import { malformed } from '../bytes.ts'
import { highestBit } from './format.ts'

/** More bits than this cannot be read at once. */
export const MAX_READ_BITS = 25

/** How many bits a stream at `[start, end)` holds: those below the highest bit of its last byte, which marks the end. */
export function bitLength(bytes: Uint8Array, start: number, end: number): number {
  const last = end > start ? bytes[end - 1]! : 0
  if (last === 0) throw malformed('zstd bit stream')
  return (end - start - 1) * 8 + highestBit(last)
}

/**
 * The `count` bits below the bit `at` of the stream that begins at `start`; at most MAX_READ_BITS. Where these go below
 * the stream's beginning they are whatever is there: the caller sees that `at` has become negative.
 */
export function bitsBelow(view: DataView, start: number, at: number, count: number): number {
  const word = view.getInt32(start + ((at + 7) >> 3) - 4, true) << (-at & 7)
  return (word >>> 1) >>> (31 - count)
}
