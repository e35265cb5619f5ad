// The tables of CRC32C, by which several bytes are taken at once.

/** The polynomial, bits reversed: bit 31 is x^0. */
const POLYNOMIAL = 0x82f63b78

/** Fills in as many tables as there is room for. Table k, at 256k: the register after a byte and k zero bytes. */
export function fillTables(tables: Int32Array): void {
  for (let byte = 0; byte < 256; byte++) {
    let register = byte
    for (let bit = 0; bit < 8; bit++) register = (register >>> 1) ^ (register & 1 ? POLYNOMIAL : 0)
    tables[byte] = register
  }
  for (let at = 256; at < tables.length; at++) {
    const before = tables[at - 256]!
    tables[at] = (before >>> 8) ^ tables[before & 0xff]!
  }
}
