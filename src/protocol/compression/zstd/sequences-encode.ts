// The sequences of a block (RFC 8878, 3.1.1.3.2), the writing side.

import { SEQUENCE_FIELDS, type Sequences } from '../matches.ts'
import { BitWriter } from './bit-writer.ts'
import {
  COMPRESSED_TABLE,
  highestBit,
  LITERAL_LENGTH_BASES,
  LITERAL_LENGTH_BITS,
  LITERAL_LENGTHS,
  LONG_SEQUENCE_COUNT,
  MATCH_LENGTH_BASES,
  MATCH_LENGTH_BITS,
  MATCH_LENGTHS,
  MIN_SEQUENCE_MATCH,
  OFFSETS,
  PREDEFINED_TABLE,
  RLE_TABLE,
  type SequencePart,
} from './format.ts'
import {
  constantEncoding,
  costOf,
  distributionOf,
  type EncodingTable,
  encodingTable,
  firstState,
  writeDistribution,
} from './fse-encode.ts'
import { type Distribution, predefinedTables } from './fse-table.ts'

/**
 * Makes offset values of the distances in the sequences: one of the last three is said by its place among them (RFC
 * 8878, 3.1.1.5). `repeats` is what the decoder will have, too.
 */
export function toOffsetValues({ fields, length }: Sequences, repeats: Int32Array): void {
  let repeat0 = repeats[0]!
  let repeat1 = repeats[1]!
  let repeat2 = repeats[2]!
  for (let i = 0; i < length; i += SEQUENCE_FIELDS) {
    const distance = fields[i + 2]!
    // Without literals the first place cannot be meant, and the others move up.
    const without = fields[i] === 0 ? 1 : 0
    let value: number
    if (distance === repeat0 && without === 0) {
      fields[i + 2] = 1
      continue
    }
    if (distance === repeat1) value = 2 - without
    else {
      if (distance === repeat2) value = 3 - without
      else value = without === 1 && distance === repeat0 - 1 ? 3 : distance + 3
      repeat2 = repeat1
    }
    repeat1 = repeat0
    repeat0 = distance
    fields[i + 2] = value
  }
  repeats[0] = repeat0
  repeats[1] = repeat1
  repeats[2] = repeat2
}

/** How one part of the sequences is written. */
interface PartEncoding {
  readonly mode: number
  readonly table: EncodingTable
  /** Written in front: the distribution, or the symbol that is always meant. */
  readonly distribution: Distribution | undefined
  readonly symbol: number
}

/** Codes of the block at hand; made when first needed. */
let literalCodes = new Uint8Array(0)
let matchCodes = new Uint8Array(0)
let offsetCodes = new Uint8Array(0)

/**
 * Writes the section. Returns where it ends, or undefined when it would go beyond `limit`; up to `SECTION_SLACK_BYTES`
 * more may then have been written.
 */
export function encodeSequences(
  { fields, length }: Sequences,
  output: DataView,
  from: number,
  limit: number,
): number | undefined {
  const count = length / SEQUENCE_FIELDS
  let to = writeCount(output, from, count)
  if (count === 0) return to
  if (literalCodes.length < count) {
    literalCodes = new Uint8Array(fields.length / SEQUENCE_FIELDS)
    matchCodes = new Uint8Array(literalCodes.length)
    offsetCodes = new Uint8Array(literalCodes.length)
  }
  for (let i = 0; i < count; i++) {
    literalCodes[i] = literalLengthCode(fields[i * SEQUENCE_FIELDS]!)
    matchCodes[i] = matchLengthCode(fields[i * SEQUENCE_FIELDS + 1]!)
    offsetCodes[i] = highestBit(fields[i * SEQUENCE_FIELDS + 2]!)
  }
  const literals = partEncoding(LITERAL_LENGTHS, literalCodes, count)
  const offsets = partEncoding(OFFSETS, offsetCodes, count)
  const matches = partEncoding(MATCH_LENGTHS, matchCodes, count)
  output.setUint8(to++, (literals.mode << 6) | (offsets.mode << 4) | (matches.mode << 2))
  for (const { mode, distribution, symbol } of [literals, offsets, matches]) {
    if (mode === RLE_TABLE) output.setUint8(to++, symbol)
    else if (mode === COMPRESSED_TABLE) {
      const out = new BitWriter(output, to)
      writeDistribution(distribution!, out)
      to = out.finish()
    }
  }
  const out = new BitWriter(output, to)
  return writeStream(fields, count, literals.table, offsets.table, matches.table, out, limit)
}

/** What `encodeSequences` may write beyond its limit: the tables, and a sequence. */
export const SECTION_SLACK_BYTES = 512

function writeCount(output: DataView, from: number, count: number): number {
  let to = from
  if (count < 128) output.setUint8(to++, count)
  else if (count < LONG_SEQUENCE_COUNT) {
    output.setUint8(to++, (count >>> 8) + 128)
    output.setUint8(to++, count & 0xff)
  } else {
    output.setUint8(to++, 255)
    output.setUint16(to, count - LONG_SEQUENCE_COUNT, true)
    to += 2
  }
  return to
}

/** The last sequence is written first, and each of its parts in the order opposite to that of reading. */
function writeStream(
  fields: Int32Array,
  count: number,
  literals: EncodingTable,
  offsets: EncodingTable,
  matches: EncodingTable,
  out: BitWriter,
  limit: number,
): number | undefined {
  const last = count - 1
  let literalState = firstState(literals, literalCodes[last]!)
  let offsetState = firstState(offsets, offsetCodes[last]!)
  let matchState = firstState(matches, matchCodes[last]!)
  for (let i = last; i >= 0; i--) {
    if (out.at > limit) return undefined
    const literalCode = literalCodes[i]!
    const matchCode = matchCodes[i]!
    const offsetCode = offsetCodes[i]!
    if (i < last) {
      let bits = (offsetState + offsets.bitsOf[offsetCode]!) >>> 16
      out.write(offsetState & ((1 << bits) - 1), bits)
      offsetState = offsets.states[(offsetState >>> bits) + offsets.placeOf[offsetCode]!]!
      bits = (matchState + matches.bitsOf[matchCode]!) >>> 16
      out.write(matchState & ((1 << bits) - 1), bits)
      matchState = matches.states[(matchState >>> bits) + matches.placeOf[matchCode]!]!
      bits = (literalState + literals.bitsOf[literalCode]!) >>> 16
      out.write(literalState & ((1 << bits) - 1), bits)
      literalState = literals.states[(literalState >>> bits) + literals.placeOf[literalCode]!]!
    }
    const at = i * SEQUENCE_FIELDS
    out.write(fields[at]! - LITERAL_LENGTH_BASES[literalCode]!, LITERAL_LENGTH_BITS[literalCode]!)
    out.write(fields[at + 1]! - MATCH_LENGTH_BASES[matchCode]!, MATCH_LENGTH_BITS[matchCode]!)
    out.write(fields[at + 2]! - (1 << offsetCode), offsetCode)
  }
  out.write(matchState & ((1 << matches.accuracy) - 1), matches.accuracy)
  out.write(offsetState & ((1 << offsets.accuracy) - 1), offsets.accuracy)
  out.write(literalState & ((1 << literals.accuracy) - 1), literals.accuracy)
  return out.finishReversed()
}

/** The cheapest way to write these codes. */
function partEncoding(part: SequencePart, codes: Uint8Array, count: number): PartEncoding {
  const counts = new Uint32Array(part.maxCode + 1)
  for (let i = 0; i < count; i++) counts[codes[i]!]!++
  const symbol = codes[0]!
  if (counts[symbol] === count) {
    return { mode: RLE_TABLE, table: constantEncoding(symbol), distribution: undefined, symbol }
  }
  const fitting = distributionOf(counts, part.maxAccuracy)
  const fixed = { probabilities: part.predefined, accuracy: part.predefinedAccuracy }
  // A distribution takes about five bits for each code up to the largest.
  const table = 5 * fitting.probabilities.length
  if (costOf(counts, fixed) <= costOf(counts, fitting) + table) {
    return { mode: PREDEFINED_TABLE, table: predefinedTable(part), distribution: undefined, symbol }
  }
  return { mode: COMPRESSED_TABLE, table: encodingTable(fitting), distribution: fitting, symbol }
}

const predefinedTable = predefinedTables(encodingTable)

/** Codes of lengths below 64, by length; above, each power of two has one. */
const SHORT_LITERALS = shortCodes(LITERAL_LENGTH_BASES)
const SHORT_MATCHES = shortCodes(MATCH_LENGTH_BASES)
const LITERALS_OF_POWER = 19
const MATCHES_OF_POWER = 36

function shortCodes(bases: Int32Array): Uint8Array {
  const codes = new Uint8Array(128 + MIN_SEQUENCE_MATCH)
  for (let length = bases[0]!, code = 0; length < codes.length; length++) {
    if (length === bases[code + 1]) code++
    codes[length] = code
  }
  return codes
}

function literalLengthCode(length: number): number {
  return length < 64 ? SHORT_LITERALS[length]! : highestBit(length) + LITERALS_OF_POWER
}

function matchLengthCode(length: number): number {
  const above = length - MIN_SEQUENCE_MATCH
  return above < 128 ? SHORT_MATCHES[length]! : highestBit(above) + MATCHES_OF_POWER
}
