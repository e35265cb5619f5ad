// What the codecs written here have in common.

/** From this many bytes on a native copy is faster than a loop (measured). */
const NATIVE_COPY_FROM_BYTES = 40

export function malformed(what: string): Error {
  return new Error(`malformed ${what}`)
}

export function tooLarge(maxBytes: number): Error {
  return new Error(`more than the ${maxBytes} bytes allowed`)
}

/** Copies `length` bytes of `from` at `start` to `to` at `at`. */
export function copyLiteral(
  from: Uint8Array,
  start: number,
  to: Uint8Array,
  at: number,
  length: number,
): void {
  if (length >= NATIVE_COPY_FROM_BYTES) to.set(from.subarray(start, start + length), at)
  else for (let i = 0; i < length; i++) to[at + i] = from[start + i]!
}

/** Repeats what stands `distance` bytes before `at` for `length` bytes; they may overlap. */
export function copyMatch(bytes: Uint8Array, at: number, distance: number, length: number): void {
  if (length < NATIVE_COPY_FROM_BYTES) {
    for (let to = at, end = at + length, from = at - distance; to < end; ) bytes[to++] = bytes[from++]!
    return
  }
  // What was copied can be copied again: the distance doubles until it is long enough.
  let to = at
  let left = length
  let step = distance
  for (; left > step; step *= 2) {
    bytes.copyWithin(to, to - step, to)
    to += step
    left -= step
  }
  bytes.copyWithin(to, to - step, to - step + left)
}

/** Finds earlier bytes by a hash of four of them; positions count from the start of a block of at most 64 KiB. */
export class MatchTable {
  static readonly #BITS = 13
  readonly #positions = new Uint16Array(1 << MatchTable.#BITS)

  clear(): void {
    this.#positions.fill(0)
  }

  /** The last position with the same hash as `four`, which is now at `position`; 0 when there was none. */
  replace(four: number, position: number): number {
    const slot = Math.imul(four, 0x9e3779b1) >>> (32 - MatchTable.#BITS)
    const before = this.#positions[slot]!
    this.#positions[slot] = position
    return before
  }
}

/** How many bytes from `a` and from `b` on are the same, not going to `end` with `b`, which is the later. */
export function commonLength(bytes: Uint8Array, a: number, b: number, end: number): number {
  let length = 0
  while (b + length < end && bytes[a + length] === bytes[b + length]) length++
  return length
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
