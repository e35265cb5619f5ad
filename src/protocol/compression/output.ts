// Where decompressed bytes go.

import { Buffer } from 'node:buffer'
import { COPY_SLACK_BYTES, plain, tooLarge, viewOf } from './bytes.ts'

/** Grows as bytes are made, never for a size that is only claimed (S5), and never beyond the bound. */
export class Output {
  /** Whoever made room takes them anew: growing replaces them. */
  bytes: Uint8Array
  view: DataView
  /** How many of the bytes are made. */
  length = 0
  readonly #maxBytes: number

  /** `expectedBytes` are allocated at once: no more than the input justifies. */
  constructor(maxBytes: number, expectedBytes: number) {
    this.#maxBytes = maxBytes
    this.bytes = allocate(Math.min(maxBytes, expectedBytes))
    this.view = viewOf(this.bytes)
  }

  /** How many more bytes are allowed. */
  get left(): number {
    return this.#maxBytes - this.length
  }

  /** Makes room for `size` more bytes, with `COPY_SLACK_BYTES` behind them. */
  reserve(size: number): void {
    if (size > this.left) throw tooLarge(this.#maxBytes)
    if (this.length + size + COPY_SLACK_BYTES <= this.bytes.length) return
    const larger = Math.min(this.#maxBytes, Math.max(this.length + size, this.length * 2))
    const bytes = allocate(larger)
    bytes.set(this.bytes.subarray(0, this.length))
    this.bytes = bytes
    this.view = viewOf(bytes)
  }

  /** What was made. Where most of the memory would be held for nothing, it is copied. */
  finish(): Buffer {
    const { buffer, byteOffset } = this.bytes
    const made = Buffer.from(buffer, byteOffset, this.length)
    return this.length < this.bytes.length >> 1 ? Buffer.from(made) : made
  }
}

function allocate(size: number): Uint8Array {
  return plain(Buffer.allocUnsafe(size + COPY_SLACK_BYTES))
}
