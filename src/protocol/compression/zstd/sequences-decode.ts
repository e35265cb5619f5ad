// The sequences of a block (RFC 8878, 3.1.1.3.2): so many literals, then a match of a length at an offset.

import { type Bytes, copyLiteral, copyMatch, malformed } from '../bytes.ts'
import type { Output } from '../output.ts'
import { bitLength, bitsBelow, MAX_READ_BITS } from './bits.ts'
import {
  COMPRESSED_TABLE,
  FIRST_REPEAT_OFFSETS,
  LITERAL_LENGTH_BASES,
  LITERAL_LENGTH_BITS,
  LITERAL_LENGTHS,
  LONG_SEQUENCE_COUNT,
  MATCH_LENGTH_BASES,
  MATCH_LENGTH_BITS,
  MATCH_LENGTHS,
  MAX_BLOCK_BYTES,
  MIN_SEQUENCE_MATCH,
  OFFSETS,
  PREDEFINED_TABLE,
  RLE_TABLE,
  type SequencePart,
} from './format.ts'
import {
  constantTable,
  type DecodingTable,
  decodingTable,
  predefinedTables,
  readDistribution,
} from './fse-table.ts'

/** What later blocks of a frame may repeat. */
export interface SequenceState {
  literalLengths: DecodingTable | undefined
  offsets: DecodingTable | undefined
  matchLengths: DecodingTable | undefined
  readonly repeatOffsets: Int32Array
}

export function newSequenceState(): SequenceState {
  return {
    literalLengths: undefined,
    offsets: undefined,
    matchLengths: undefined,
    repeatOffsets: Int32Array.from(FIRST_REPEAT_OFFSETS),
  }
}

/** Where the literals of a block are. */
export interface Literals {
  readonly from: Bytes
  readonly start: number
  readonly size: number
}

/** The largest offset that is understood, as a code: 2 GiB, which is more than any output. */
const MAX_OFFSET_CODE = 30
const FIELDS = 3

/** Literal length, match length and offset of each sequence of the block at hand; made when first needed. */
let sequences = new Int32Array(0)

/**
 * Decodes the sequences at `[start, end)`, and puts what they make of the literals at the end of the output: at most
 * `maxBlockBytes`, and from nothing that is before `frameStart`.
 */
export function decodeSequences(
  input: Bytes,
  start: number,
  end: number,
  state: SequenceState,
  literals: Literals,
  output: Output,
  frameStart: number,
  maxBlockBytes: number,
): void {
  const { bytes } = input
  let at = start
  const next = (): number => {
    if (at >= end) throw malformed('zstd sequences')
    return bytes[at++]!
  }
  let count = next()
  if (count === 255) count = next() + next() * 256 + LONG_SEQUENCE_COUNT
  else if (count >= 128) count = (count - 128) * 256 + next()
  if (count * MIN_SEQUENCE_MATCH > MAX_BLOCK_BYTES) throw malformed('zstd sequences')

  let size = literals.size
  if (count > 0) {
    const modes = next()
    if ((modes & 3) !== 0) throw malformed('zstd sequences')
    const table = (mode: number, part: SequencePart, last: DecodingTable | undefined): DecodingTable => {
      if (mode === PREDEFINED_TABLE) return predefinedTable(part)
      if (mode === RLE_TABLE) {
        const code = next()
        if (code > part.maxCode) throw malformed('zstd sequences')
        return constantTable(code)
      }
      if (mode === COMPRESSED_TABLE) {
        const distribution = readDistribution(bytes, at, end, part)
        at = distribution.end
        return decodingTable(distribution)
      }
      if (last === undefined) throw malformed('zstd sequences')
      return last
    }
    state.literalLengths = table(modes >>> 6, LITERAL_LENGTHS, state.literalLengths)
    state.offsets = table((modes >>> 4) & 3, OFFSETS, state.offsets)
    state.matchLengths = table((modes >>> 2) & 3, MATCH_LENGTHS, state.matchLengths)
    if (sequences.length === 0)
      sequences = new Int32Array(FIELDS * Math.ceil(MAX_BLOCK_BYTES / MIN_SEQUENCE_MATCH))
    size += readSequences(input, at, end, count, state as Required<Tables>, literals.size)
  } else if (at !== end) throw malformed('zstd sequences')
  if (size > maxBlockBytes) throw malformed('zstd block: it holds more than it may')
  output.reserve(size)
  execute(count, literals, output, frameStart)
}

interface Tables {
  readonly literalLengths: DecodingTable
  readonly offsets: DecodingTable
  readonly matchLengths: DecodingTable
  readonly repeatOffsets: Int32Array
}

/** Reads the sequences from their bit stream; returns the sum of the match lengths. */
function readSequences(
  { bytes, view }: Bytes,
  start: number,
  end: number,
  count: number,
  { literalLengths, offsets, matchLengths, repeatOffsets }: Tables,
  literalBytes: number,
): number {
  const found = sequences
  const literalStates = literalLengths.states
  const offsetStates = offsets.states
  const matchStates = matchLengths.states
  let repeat0 = repeatOffsets[0]!
  let repeat1 = repeatOffsets[1]!
  let repeat2 = repeatOffsets[2]!
  let literalsLeft = literalBytes
  let matchBytes = 0

  let bit = bitLength(bytes, start, end)
  let literalState = literalStates[bitsBelow(view, start, bit, literalLengths.accuracy)]!
  bit -= literalLengths.accuracy
  let offsetState = offsetStates[bitsBelow(view, start, bit, offsets.accuracy)]!
  bit -= offsets.accuracy
  let matchState = matchStates[bitsBelow(view, start, bit, matchLengths.accuracy)]!
  bit -= matchLengths.accuracy

  for (let i = 0, last = (count - 1) * FIELDS; ; i += FIELDS) {
    const offsetCode = offsetState & 0xff
    const matchCode = matchState & 0xff
    const matchBits = MATCH_LENGTH_BITS[matchCode]!
    const literalCode = literalState & 0xff
    const literalBits = LITERAL_LENGTH_BITS[literalCode]!
    let offset = 1 << offsetCode
    let matchLength = MATCH_LENGTH_BASES[matchCode]!
    let literalLength = LITERAL_LENGTH_BASES[literalCode]!
    if (offsetCode + matchBits + literalBits <= MAX_READ_BITS) {
      // All at once, which is nearly always possible, as in bitsBelow.
      let word = view.getInt32(start + ((bit + 7) >> 3) - 4, true) << (-bit & 7)
      offset += (word >>> 1) >>> (31 - offsetCode)
      word <<= offsetCode
      matchLength += (word >>> 1) >>> (31 - matchBits)
      word <<= matchBits
      literalLength += (word >>> 1) >>> (31 - literalBits)
    } else {
      offset = longOffset(view, start, bit, offsetCode)
      matchLength += bitsBelow(view, start, bit - offsetCode, matchBits)
      literalLength += bitsBelow(view, start, bit - offsetCode - matchBits, literalBits)
    }
    bit -= offsetCode + matchBits + literalBits

    if (offset > 3) {
      offset -= 3
      repeat2 = repeat1
      repeat1 = repeat0
      repeat0 = offset
    } else {
      // Without literals the first would repeat the match before it, which would then have been longer.
      if (literalLength === 0) offset++
      if (offset === 1) offset = repeat0
      else {
        const place = offset
        offset = place === 2 ? repeat1 : place === 3 ? repeat2 : repeat0 - 1
        if (place !== 2) repeat2 = repeat1
        repeat1 = repeat0
        repeat0 = offset
      }
    }
    literalsLeft -= literalLength
    matchBytes += matchLength
    found[i] = literalLength
    found[i + 1] = matchLength
    found[i + 2] = offset
    if (bit < 0 || literalsLeft < 0) throw malformed('zstd sequences')
    if (i === last) break

    const literalNext = (literalState >>> 8) & 0xff
    const matchNext = (matchState >>> 8) & 0xff
    const offsetNext = (offsetState >>> 8) & 0xff
    // At most 26 bits: the offset's are read by themselves, so that the others are always within one word.
    let word = view.getInt32(start + ((bit + 7) >> 3) - 4, true) << (-bit & 7)
    literalState = literalStates[(literalState >>> 16) + ((word >>> 1) >>> (31 - literalNext))]!
    word <<= literalNext
    matchState = matchStates[(matchState >>> 16) + ((word >>> 1) >>> (31 - matchNext))]!
    bit -= literalNext + matchNext
    offsetState = offsetStates[(offsetState >>> 16) + bitsBelow(view, start, bit, offsetNext)]!
    bit -= offsetNext
  }
  if (bit !== 0) throw malformed('zstd sequences')
  repeatOffsets[0] = repeat0
  repeatOffsets[1] = repeat1
  repeatOffsets[2] = repeat2
  return matchBytes
}

function longOffset(view: DataView, start: number, at: number, code: number): number {
  if (code <= MAX_READ_BITS) return (1 << code) + bitsBelow(view, start, at, code)
  if (code > MAX_OFFSET_CODE) throw malformed('zstd offset')
  const low = code - MAX_READ_BITS
  const high = bitsBelow(view, start, at, MAX_READ_BITS)
  return 2 ** code + (high << low) + bitsBelow(view, start, at - MAX_READ_BITS, low)
}

function execute(count: number, literals: Literals, output: Output, frameStart: number): void {
  const found = sequences
  const { from } = literals
  const into = output.to
  let literalAt = literals.start
  let to = output.length
  for (let i = 0; i < count * FIELDS; i += FIELDS) {
    const literalLength = found[i]!
    const matchLength = found[i + 1]!
    const offset = found[i + 2]!
    copyLiteral(from, literalAt, into, to, literalLength)
    literalAt += literalLength
    to += literalLength
    if (offset > to - frameStart || offset <= 0) throw malformed('zstd offset')
    copyMatch(into, to, offset, matchLength)
    to += matchLength
  }
  const rest = literals.start + literals.size - literalAt
  copyLiteral(from, literalAt, into, to, rest)
  output.length = to + rest
}

const predefinedTable = predefinedTables(decodingTable)
