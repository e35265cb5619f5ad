// The numbers of RFC 8878 that reading and writing share.

export const FRAME_MAGIC = 0xfd2fb528
export const SKIPPABLE_MAGIC = 0x184d2a50
export const SKIPPABLE_MASK = 0xfffffff0

/** What a block may hold, compressed or not; less where the window is smaller. */
export const MAX_BLOCK_BYTES = 128 * 1024
export const BLOCK_HEADER_BYTES = 3

export const RAW_BLOCK = 0
export const RLE_BLOCK = 1
export const COMPRESSED_BLOCK = 2

export const RAW_LITERALS = 0
export const RLE_LITERALS = 1
export const COMPRESSED_LITERALS = 2
export const TREELESS_LITERALS = 3

/** The longest Huffman code. */
export const MAX_CODE_BITS = 11
/** Of the FSE table that Huffman weights are compressed with. */
export const WEIGHTS_ACCURACY = 6

export const PREDEFINED_TABLE = 0
export const RLE_TABLE = 1
export const COMPRESSED_TABLE = 2
export const REPEATED_TABLE = 3

/** From this number of sequences on it takes three bytes. */
export const LONG_SEQUENCE_COUNT = 0x7f00
export const MIN_SEQUENCE_MATCH = 3
/** Where the repeat offsets of a frame start. */
export const FIRST_REPEAT_OFFSETS: readonly number[] = [1, 4, 8]

/** One of the three parts of a sequence: which codes it has, and how their probabilities are told. */
export interface SequencePart {
  readonly maxCode: number
  readonly maxAccuracy: number
  readonly predefined: readonly number[]
  readonly predefinedAccuracy: number
}

const runs = (...runs: readonly (readonly [value: number, times: number])[]): number[] =>
  runs.flatMap(([value, times]) => new Array<number>(times).fill(value))

export const LITERAL_LENGTHS: SequencePart = {
  maxCode: 35,
  maxAccuracy: 9,
  predefined: runs([4, 1], [3, 1], [2, 11], [1, 3], [2, 9], [3, 1], [2, 1], [1, 5], [-1, 4]),
  predefinedAccuracy: 6,
}

export const MATCH_LENGTHS: SequencePart = {
  maxCode: 52,
  maxAccuracy: 9,
  predefined: runs([1, 1], [4, 1], [3, 1], [2, 6], [1, 37], [-1, 7]),
  predefinedAccuracy: 6,
}

/** An offset's code is how many bits follow its highest. */
export const OFFSETS: SequencePart = {
  maxCode: 31,
  maxAccuracy: 8,
  predefined: runs([1, 6], [2, 3], [1, 15], [-1, 5]),
  predefinedAccuracy: 5,
}

/** How many bits follow a code. */
export const LITERAL_LENGTH_BITS = Uint8Array.from([
  ...runs([0, 16], [1, 4], [2, 2], [3, 2], [4, 1]),
  ...[6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
])
export const MATCH_LENGTH_BITS = Uint8Array.from([
  ...runs([0, 32], [1, 4], [2, 2], [3, 2], [4, 2]),
  ...[5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
])

/** The least value of each code: each begins where the one before ends. */
export const LITERAL_LENGTH_BASES = basesOf(LITERAL_LENGTH_BITS, 0)
export const MATCH_LENGTH_BASES = basesOf(MATCH_LENGTH_BITS, MIN_SEQUENCE_MATCH)

function basesOf(bits: Uint8Array, first: number): Int32Array {
  const bases = new Int32Array(bits.length)
  let base = first
  for (let code = 0; code < bits.length; code++) {
    bases[code] = base
    base += 2 ** bits[code]!
  }
  return bases
}

/** The place of the highest bit that is set; the value is above 0. */
export function highestBit(value: number): number {
  return 31 - Math.clz32(value)
}
