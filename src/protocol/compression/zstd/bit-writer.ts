// Writes bits, the lowest of a byte first.

/** Bits at a time, at most. */
export const MAX_WRITE_BITS = 24
/** What is written past the end of the stream, at most. */
export const WRITE_SLACK_BYTES = 4

export class BitWriter {
  readonly #view: DataView
  #at: number
  #pending = 0
  #pendingBits = 0

  constructor(view: DataView, start: number) {
    this.#view = view
    this.#at = start
  }

  /** Where the byte that is being filled is. */
  get at(): number {
    return this.#at
  }

  /** The low `bits` of `value`; the others must be 0. */
  write(value: number, bits: number): void {
    const pending = this.#pending | (value << this.#pendingBits)
    const pendingBits = this.#pendingBits + bits
    this.#view.setInt32(this.#at, pending, true)
    this.#at += pendingBits >>> 3
    this.#pending = pending >>> (pendingBits & ~7)
    this.#pendingBits = pendingBits & 7
  }

  /** Fills the last byte; returns where the stream ends. */
  finish(): number {
    return this.#pendingBits > 0 ? this.#at + 1 : this.#at
  }

  /** The same for a stream that is read from its end, which its highest bit marks. */
  finishReversed(): number {
    this.write(1, 1)
    return this.finish()
  }
}
