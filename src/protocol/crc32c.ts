// CRC32C (Castagnoli), the checksum of record batches. All but short inputs go through a WebAssembly module
// (scripts/crc32c-module.ts says how); those, and all where there is none, through tables, sixteen bytes a turn. Figures:
// bench/codecs.

import { CAPACITY, type Folding, INPUT_START, loadFolding } from './crc32c/fold.ts'
import { fillTables } from './crc32c/tables.ts'

/** Below this many bytes the tables alone are faster: nothing is copied for them (measured). */
const FOLD_FROM_BYTES = 288

/** Filled in when they are first needed. A constant, so that the compiler knows where they are. */
const TABLES = new Int32Array(16 * 256)
/** null once it is known that it cannot be had. */
let folding: Folding | null | undefined

/**
 * The CRC32C of `bytes[start, end)` as an unsigned 32-bit number.
 *
 * @example crc32c(Buffer.from('123456789')) // 0xe3069283
 */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  if (end - start < FOLD_FROM_BYTES) return crc32cByTables(bytes, start, end)
  if (folding === undefined) folding = loadFolding() ?? null
  return folding === null ? crc32cByTables(bytes, start, end) : crc32cByFolding(folding, bytes, start, end)
}

/** The same in plain JavaScript, for short inputs and where WebAssembly or its SIMD is missing. */
export function crc32cByTables(bytes: Uint8Array, start = 0, end = bytes.length): number {
  return ~updateByTables(-1, bytes, start, end) >>> 0
}

function crc32cByFolding({ memory, update }: Folding, bytes: Uint8Array, start: number, end: number): number {
  let register = -1
  let at = start
  while (end - at >= FOLD_FROM_BYTES) {
    const length = Math.min(end - at, CAPACITY)
    memory.set(new Uint8Array(bytes.buffer, bytes.byteOffset + at, length), INPUT_START)
    register = update(INPUT_START + length, register)
    at += length
  }
  return ~updateByTables(register, bytes, at, end) >>> 0
}

/** The register after `bytes[start, end)`. Hot: what need not wait for the register is looked up before it. */
function updateByTables(register: number, bytes: Uint8Array, start: number, end: number): number {
  const t = TABLES
  if (t[1] === 0) fillTables(t)
  let crc = register
  let at = start
  for (const last = end - 16; at <= last; at += 16) {
    const others =
      t[0xb00 | bytes[at + 4]!]! ^
      t[0xa00 | bytes[at + 5]!]! ^
      t[0x900 | bytes[at + 6]!]! ^
      t[0x800 | bytes[at + 7]!]! ^
      t[0x700 | bytes[at + 8]!]! ^
      t[0x600 | bytes[at + 9]!]! ^
      t[0x500 | bytes[at + 10]!]! ^
      t[0x400 | bytes[at + 11]!]! ^
      t[0x300 | bytes[at + 12]!]! ^
      t[0x200 | bytes[at + 13]!]! ^
      t[0x100 | bytes[at + 14]!]! ^
      t[bytes[at + 15]!]!
    crc =
      others ^
      t[0xf00 | ((crc ^ bytes[at]!) & 0xff)]! ^
      t[0xe00 | (((crc >>> 8) ^ bytes[at + 1]!) & 0xff)]! ^
      t[0xd00 | (((crc >>> 16) ^ bytes[at + 2]!) & 0xff)]! ^
      t[0xc00 | ((crc >>> 24) ^ bytes[at + 3]!)]!
  }
  if (at <= end - 8) {
    const others =
      t[0x300 | bytes[at + 4]!]! ^
      t[0x200 | bytes[at + 5]!]! ^
      t[0x100 | bytes[at + 6]!]! ^
      t[bytes[at + 7]!]!
    crc =
      others ^
      t[0x700 | ((crc ^ bytes[at]!) & 0xff)]! ^
      t[0x600 | (((crc >>> 8) ^ bytes[at + 1]!) & 0xff)]! ^
      t[0x500 | (((crc >>> 16) ^ bytes[at + 2]!) & 0xff)]! ^
      t[0x400 | ((crc >>> 24) ^ bytes[at + 3]!)]!
    at += 8
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ t[(crc ^ bytes[at]!) & 0xff]!
  return crc
}
