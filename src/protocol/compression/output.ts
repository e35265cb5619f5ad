// Where decompressed bytes go.

import { Buffer } from 'node:buffer'
import { type Bytes, bytesOf, COPY_SLACK_BYTES, tooLarge } from './bytes.ts'

const LEAST_USED = 0.75

/** Grows as bytes are made, never for a size that is only claimed (S5), and never beyond the bound. */
export class Output {
  /** Whoever made room takes them anew: growing replaces them. */
  to: Bytes
  /** How many of the bytes are made. */
  length = 0
  readonly maxBytes: number

  /** `expectedBytes` are allocated at once: no more than the input justifies. */
  constructor(maxBytes: number, expectedBytes: number) {
    this.maxBytes = maxBytes
    this.to = allocate(Math.min(maxBytes, expectedBytes))
  }

  /** How many more bytes are allowed. */
  get left(): number {
    return this.maxBytes - this.length
  }

  /** Makes room for `size` more bytes, with `COPY_SLACK_BYTES` behind them. */
  reserve(size: number): void {
    if (size > this.left) throw tooLarge(this.maxBytes)
    if (this.length + size + COPY_SLACK_BYTES <= this.to.bytes.length) return
    const larger = Math.min(this.maxBytes, Math.max(this.length + size, this.length * 2))
    const to = allocate(larger)
    to.bytes.set(this.to.bytes.subarray(0, this.length))
    this.to = to
  }

  /** What was made. Where much of the memory would be held for nothing, it is copied. */
  finish(): Buffer {
    const { buffer, byteOffset, length } = this.to.bytes
    const made = Buffer.from(buffer, byteOffset, this.length)
    return this.length < length * LEAST_USED ? Buffer.from(made) : made
  }
}

function allocate(size: number): Bytes {
  return bytesOf(Buffer.allocUnsafe(size + COPY_SLACK_BYTES))
}
