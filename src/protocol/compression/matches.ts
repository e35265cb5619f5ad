// Finds repetitions in what is to be compressed; the codecs write them in their formats. What is found in a block is a
// list of sequences: so many literal bytes, then a match of a length and a distance. The bytes after the last
// sequence are literals.
//
// Hot (measured with 1 MiB of JSON records).

import type { Bytes } from './bytes.ts'

/** The shortest match, and what is hashed. */
export const MIN_MATCH = 4
/** Of a sequence in the list: literal length, match length, distance. */
export const SEQUENCE_FIELDS = 3

export interface Sequences {
  readonly fields: Int32Array
  /** How many of the fields are used. */
  readonly length: number
}

/** What a format wants of its matches. */
export interface MatchLimits {
  /** How far back a match may be. */
  readonly maxDistance: number
  /** Whether matches may reach back before the block. */
  readonly acrossBlocks: boolean
  /** Whether a distance costs more bits the larger it is, and none where it is that of the match before. */
  readonly farCostsMore: boolean
  /** The last match of a block starts more than so many bytes before its end. At least 4. */
  readonly lastMatchBytes: number
  /** The last bytes of a block, which are literals. */
  readonly lastLiterals: number
}

/** How hard to look. */
export interface Effort {
  readonly hashBits: number
  /** How many earlier places with the same hash are looked at; 0: only the last one, and not from every byte. */
  readonly depth: number
  /** Without depth: after 2 to the power of this misses the steps become larger, by one each time. */
  readonly skipBits: number
}

/** Finds the sequences of a block; they are valid until the next call. Blocks of one input are given in order. */
export type MatchFinder = (start: number, end: number) => Sequences

const MAX_BLOCK_BYTES = 128 * 1024
const GOLDEN = 0x9e3779b1
const LARGEST_POSITION = 0x7fff_ffff
/** A match of so many bytes is taken without a look for a longer one. */
const LONG_ENOUGH = 128

// Kept from one input to the next. Positions are stored above `base`, which every input moves up by its length: what
// an earlier one left is seen to be none of this one's, and nothing needs to be cleared.
let fields = new Int32Array(0)
let heads = new Int32Array(0)
let chain = new Int32Array(0)
let base = 1

export function matchFinder(input: Bytes, limits: MatchLimits, effort: Effort): MatchFinder {
  const { length } = input.bytes
  if (fields.length === 0) fields = new Int32Array((SEQUENCE_FIELDS * MAX_BLOCK_BYTES) / MIN_MATCH)
  if (heads.length < 1 << effort.hashBits) heads = new Int32Array(1 << effort.hashBits)
  if (effort.depth > 0) {
    // A place for each distance that may be asked for: none is overwritten before it is out of reach.
    const places = 2 ** Math.ceil(Math.log2(Math.min(limits.maxDistance, length) + 1))
    if (chain.length < places) chain = new Int32Array(places)
  }
  if (base > LARGEST_POSITION - length) {
    heads.fill(0)
    base = 1
  }
  const inputBase = base
  base += length
  const find = effort.depth === 0 ? findFast : findThorough
  return (start, end) => ({ fields, length: find(input, start, end, inputBase, limits, effort) })
}

/** Puts the sequences of a block in `fields`, and returns how many fields they take. */
function findFast(
  { bytes, view }: Bytes,
  start: number,
  end: number,
  base: number,
  { maxDistance, acrossBlocks, lastMatchBytes, lastLiterals }: MatchLimits,
  { skipBits, hashBits }: Effort,
): number {
  const into = fields
  const table = heads
  const shift = 32 - hashBits
  const first = acrossBlocks ? 0 : start
  const last = end - lastMatchBytes
  const matchEnd = end - lastLiterals
  let count = 0
  let literalStart = start
  let at = start
  // The longer nothing was found, the larger the steps: bytes that do not compress cost little.
  let misses = 1 << skipBits
  while (at < last) {
    const four = view.getInt32(at, true)
    const slot = Math.imul(four, GOLDEN) >>> shift
    let candidate = table[slot]! - base
    table[slot] = at + base
    if (candidate < first || at - candidate > maxDistance || view.getInt32(candidate, true) !== four) {
      at += misses++ >>> skipBits
      continue
    }
    let length = MIN_MATCH + commonLength(bytes, view, candidate + MIN_MATCH, at + MIN_MATCH, matchEnd)
    while (at > literalStart && candidate > first && bytes[at - 1] === bytes[candidate - 1]) {
      at--
      candidate--
      length++
    }
    into[count] = at - literalStart
    into[count + 1] = length
    into[count + 2] = at - candidate
    count += SEQUENCE_FIELDS
    at += length
    literalStart = at
    misses = 1 << skipBits
    if (at < last) table[Math.imul(view.getInt32(at - 2, true), GOLDEN) >>> shift] = at - 2 + base
  }
  return count
}

/** The same, from every byte, along chains of places with the same hash. */
function findThorough(
  { bytes, view }: Bytes,
  start: number,
  end: number,
  base: number,
  { maxDistance, acrossBlocks, farCostsMore, lastMatchBytes, lastLiterals }: MatchLimits,
  { depth, hashBits }: Effort,
): number {
  const into = fields
  const table = heads
  const links = chain
  const mask = links.length - 1
  const shift = 32 - hashBits
  const first = acrossBlocks ? 0 : start
  const last = end - lastMatchBytes
  const matchEnd = end - lastLiterals
  const distanceBits = farCostsMore ? 31 : 0
  let count = 0
  let literalStart = start
  let distance = 0
  // The best match so far, which starts at `at` or the byte before; 0: none. What it is worth: a byte counts four.
  let length = 0
  let worth = 0
  let matchAt = start
  let matchDistance = 0
  for (let at = start; at < last; at++) {
    const four = view.getInt32(at, true)
    const slot = Math.imul(four, GOLDEN) >>> shift
    let candidate = table[slot]! - base
    table[slot] = at + base
    links[at & mask] = candidate + base
    // A match that starts a byte later has to make up for the byte.
    let least = length > 0 ? worth + 4 : 0
    let found = false
    if (distance > 0 && at - distance >= first && view.getInt32(at - distance, true) === four) {
      const same = MIN_MATCH + commonLength(bytes, view, at + MIN_MATCH - distance, at + MIN_MATCH, matchEnd)
      if (same * 4 > least) {
        found = true
        least = same * 4
        length = same
        matchDistance = distance
      }
    }
    const lowest = Math.max(first, at - maxDistance)
    const enough = Math.min(LONG_ENOUGH, matchEnd - at)
    for (let left = depth; left > 0 && candidate >= lowest && length < enough; left--) {
      if (bytes[candidate + length] === bytes[at + length] && view.getInt32(candidate, true) === four) {
        const same = MIN_MATCH + commonLength(bytes, view, candidate + MIN_MATCH, at + MIN_MATCH, matchEnd)
        const sameWorth = same * 4 - ((31 - Math.clz32(at - candidate)) & distanceBits)
        if (sameWorth > least) {
          found = true
          least = sameWorth
          length = same
          matchDistance = at - candidate
        }
      }
      const next = links[candidate & mask]! - base
      if (next >= candidate) break
      candidate = next
    }
    if (found) {
      worth = least
      matchAt = at
      if (length < LONG_ENOUGH && at + 1 < last) continue
    }
    if (length === 0) {
      // As above, but only where nothing was found for long.
      at += (at - literalStart) >>> 8
      continue
    }

    while (
      matchAt > literalStart &&
      matchAt - matchDistance > first &&
      bytes[matchAt - 1] === bytes[matchAt - 1 - matchDistance]
    ) {
      matchAt--
      length++
    }
    into[count] = matchAt - literalStart
    into[count + 1] = length
    into[count + 2] = matchDistance
    count += SEQUENCE_FIELDS
    distance = matchDistance
    literalStart = matchAt + length
    for (const known = Math.min(literalStart, last); at + 1 < known; ) {
      at++
      const slot = Math.imul(view.getInt32(at, true), GOLDEN) >>> shift
      links[at & mask] = table[slot]!
      table[slot] = at + base
    }
    length = 0
  }
  return count
}

/** How many bytes from `a` and from `b` on are the same, not going to `end` with `b`, which is the later. */
function commonLength(bytes: Uint8Array, view: DataView, a: number, b: number, end: number): number {
  const distance = b - a
  let at = b
  for (const last = end - 4; at <= last; at += 4) {
    const differing = view.getInt32(at, true) ^ view.getInt32(at - distance, true)
    if (differing !== 0) return at - b + ((31 - Math.clz32(differing & -differing)) >>> 3)
  }
  while (at < end && bytes[at] === bytes[at - distance]) at++
  return at - b
}
