// What the codecs written here have in common: errors, views and copying.

/** How many bytes a copy may write past its end, and read: short ones go word by word. Outputs have that much more room. */
export const COPY_SLACK_BYTES = 16

/** From this many bytes on a native copy is faster than a loop over words (measured). */
const NATIVE_COPY_FROM_BYTES = 96

/** Working space for the block at hand: made when first needed, and kept. */
export function scratch(size: number): () => Bytes {
  let made: Bytes | undefined
  return () => {
    made ??= bytesOf(new Uint8Array(size + COPY_SLACK_BYTES))
    return made
  }
}

export function malformed(what: string): Error {
  return new Error(`malformed ${what}`)
}

export function tooLarge(maxBytes: number): Error {
  return new Error(`more than the ${maxBytes} bytes allowed`)
}

/** The same bytes twice: short copies go word by word, by the view. */
export interface Bytes {
  /** A plain Uint8Array, no Buffer: code that runs often should see one kind of array only. */
  readonly bytes: Uint8Array
  readonly view: DataView
}

export function bytesOf({ buffer, byteOffset, length }: Uint8Array): Bytes {
  return { bytes: new Uint8Array(buffer, byteOffset, length), view: new DataView(buffer, byteOffset, length) }
}

/** Copies `length` bytes of `from` at `start` to `to` at `at`, which must have `COPY_SLACK_BYTES` more. */
export function copyLiteral(from: Bytes, start: number, to: Bytes, at: number, length: number): void {
  if (length === 0) return
  // Most are short: without a loop they take half the time.
  if (length <= 8 && start + 8 <= from.bytes.length) {
    to.view.setInt32(at, from.view.getInt32(start, true), true)
    to.view.setInt32(at + 4, from.view.getInt32(start + 4, true), true)
  } else copyLongLiteral(from, start, to, at, length)
}

function copyLongLiteral(
  { bytes: from, view: fromView }: Bytes,
  start: number,
  { bytes, view }: Bytes,
  at: number,
  length: number,
): void {
  if (length >= NATIVE_COPY_FROM_BYTES) bytes.set(from.subarray(start, start + length), at)
  else if (start + length + COPY_SLACK_BYTES <= from.length) {
    for (let i = 0; i < length; i += 8) {
      view.setInt32(at + i, fromView.getInt32(start + i, true), true)
      view.setInt32(at + i + 4, fromView.getInt32(start + i + 4, true), true)
    }
  } else for (let i = 0; i < length; i++) bytes[at + i] = from[start + i]!
}

/**
 * Repeats what stands `distance` bytes before `at` for `length` bytes; they may overlap. There must be
 * `COPY_SLACK_BYTES` more.
 */
export function copyMatch(to: Bytes, at: number, distance: number, length: number): void {
  if (length <= 16 && distance >= 4) {
    // Each word is read when the one before is written: they may overlap.
    const { view } = to
    const from = at - distance
    view.setInt32(at, view.getInt32(from, true), true)
    view.setInt32(at + 4, view.getInt32(from + 4, true), true)
    view.setInt32(at + 8, view.getInt32(from + 8, true), true)
    view.setInt32(at + 12, view.getInt32(from + 12, true), true)
  } else copyLongMatch(to, at, distance, length)
}

function copyLongMatch({ bytes, view }: Bytes, at: number, distance: number, length: number): void {
  if (length < NATIVE_COPY_FROM_BYTES && distance >= 4) {
    for (let to = at, end = at + length, from = at - distance; to < end; to += 8, from += 8) {
      view.setInt32(to, view.getInt32(from, true), true)
      view.setInt32(to + 4, view.getInt32(from + 4, true), true)
    }
    return
  }
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
