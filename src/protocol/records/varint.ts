// The signed variable-length integers of records (zigzag, seven bits a byte, lowest first). The common one- and
// two-byte forms are also written out inline where records are walked.

const TWO_POW_27 = 0x800_0000

/** Bytes that `value` (an int32 that is not negative) takes. */
export function sizeOfVarint(value: number): number {
  return value < 64 ? 1 : value < 8192 ? 2 : value < 1_048_576 ? 3 : value < 134_217_728 ? 4 : 5
}

/** Bytes that any safe integer takes. */
export function sizeOfVarlong(value: number): number {
  let magnitude = value < 0 ? -(value + 1) : value
  let bytes = 1
  for (; magnitude >= 64; magnitude = Math.floor(magnitude / 128)) bytes++
  return bytes
}

/** Writes an int32 that is not negative; returns where it ends. */
export function writeVarint(buffer: Uint8Array, value: number, at: number): number {
  if (value < 64) {
    buffer[at] = value << 1
    return at + 1
  }
  buffer[at] = (value << 1) | 0x80
  let rest = value >>> 6
  let next = at + 1
  while (rest > 0x7f) {
    buffer[next++] = rest | 0x80
    rest >>>= 7
  }
  buffer[next] = rest
  return next + 1
}

/** Writes any safe integer; returns where it ends. */
export function writeVarlong(buffer: Uint8Array, value: number, at: number): number {
  const negative = value < 0
  const magnitude = negative ? -(value + 1) : value
  let rest = Math.floor(magnitude / 64)
  let next = at
  buffer[next++] = ((magnitude % 64) << 1) | (negative ? 1 : 0) | (rest > 0 ? 0x80 : 0)
  while (rest > 0) {
    const bits = rest % 128
    rest = Math.floor(rest / 128)
    buffer[next++] = rest > 0 ? bits | 0x80 : bits
  }
  return next
}

/** Where the varint read last ends: a second result without an object for it. */
export let varintEnd = 0

/** Reads an int32 at `at`, or NaN when it is longer than five bytes; {@link varintEnd} is where it ends. */
export function readVarint(buffer: Uint8Array, at: number): number {
  let raw = 0
  for (let shift = 0, next = at; shift < 35; shift += 7) {
    const byte = buffer[next++]!
    if (shift === 28 && byte > 0x0f) break
    raw |= (byte & 0x7f) << shift
    if (byte < 0x80) {
      varintEnd = next
      return (raw >>> 1) ^ -(raw & 1)
    }
  }
  return Number.NaN
}

/** Reads an int64 at `at`, or NaN when it is malformed or beyond what a number holds exactly. */
export function readVarlong(buffer: Uint8Array, at: number): number {
  let low = 0
  let high = 0
  for (let index = 0, next = at; index < 8; index++) {
    const byte = buffer[next++]!
    if (index < 4) low |= (byte & 0x7f) << (7 * index)
    else high |= (byte & 0x7f) << (7 * (index - 4))
    if (byte < 0x80) {
      varintEnd = next
      const half = (low >>> 1) + high * TWO_POW_27
      const value = low & 1 ? -half - 1 : half
      return Number.isSafeInteger(value) ? value : Number.NaN
    }
  }
  return Number.NaN
}
