// CRC32C (Castagnoli), the checksum of record batches. Long inputs are folded by a WebAssembly module
// (scripts/crc32c-module.ts says how) to a few hundred bytes; those, and short inputs, go through tables, eight bytes
// a turn. Figures: bench/codecs.

import { CAPACITY, type Folding, INPUT_START, loadFolding } from './crc32c/fold.ts'

/** The polynomial, bits reversed: bit 31 is x^0. */
const POLYNOMIAL = 0x82f63b78

/** Below this many bytes the tables alone are faster (measured: they are even at 300). */
const FOLD_FROM_BYTES = 320

let tables: Int32Array | undefined
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
  return ~update(-1, bytes, start, end) >>> 0
}

function crc32cByFolding({ memory, fold }: Folding, bytes: Uint8Array, start: number, end: number): number {
  let register = -1
  let at = start
  while (end - at >= FOLD_FROM_BYTES) {
    const length = Math.min(end - at, CAPACITY)
    const stop = INPUT_START + length
    memory.set(new Uint8Array(bytes.buffer, bytes.byteOffset + at, length), INPUT_START)
    // A register of zero before bytes that have had it XORed in is the same as the register.
    for (let i = 0; i < 4; i++) memory[INPUT_START + i]! ^= register >>> (8 * i)
    register = update(0, memory, fold(stop), stop)
    at += length
  }
  return ~update(register, bytes, at, end) >>> 0
}

/** The register after `bytes[start, end)`. */
function update(register: number, bytes: Uint8Array, start: number, end: number): number {
  tables ??= makeTables()
  const t = tables
  let crc = register
  let at = start
  for (const last = end - 8; at <= last; at += 8) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    crc =
      t[0x700 | (crc & 0xff)]! ^
      t[0x600 | ((crc >>> 8) & 0xff)]! ^
      t[0x500 | ((crc >>> 16) & 0xff)]! ^
      t[0x400 | (crc >>> 24)]! ^
      t[0x300 | bytes[at + 4]!]! ^
      t[0x200 | bytes[at + 5]!]! ^
      t[0x100 | bytes[at + 6]!]! ^
      t[bytes[at + 7]!]!
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ t[(crc ^ bytes[at]!) & 0xff]!
  return crc
}

/** Table k, at 256k: the register after a byte and k zero bytes. */
function makeTables(): Int32Array {
  const made = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let register = byte
    for (let bit = 0; bit < 8; bit++) register = (register >>> 1) ^ (register & 1 ? POLYNOMIAL : 0)
    made[byte] = register
  }
  for (let at = 256; at < made.length; at++) {
    const before = made[at - 256]!
    made[at] = (before >>> 8) ^ made[before & 0xff]!
  }
  return made
}
