// Cuts the bytes of a connection into frames: a length of four bytes, then so many bytes. Pure: it says where the
// next bytes should be read to, so that a large response goes from the socket straight into its own buffer.

import { Buffer } from 'node:buffer'

/** Small responses are read whole, several at once, into here; of a large one only its first bytes are copied. */
const SCRATCH_BYTES = 1024
const LENGTH_BYTES = 4

export interface FrameAssemblerOptions {
  /** Called before anything is allocated for a frame; throws to refuse its length (C3). */
  readonly checkLength: (length: number) => void
  /** A frame without its length. It owns its memory. */
  readonly onFrame: (frame: Buffer) => void
}

export class FrameAssembler {
  readonly #options: FrameAssemblerOptions
  readonly #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES)
  /** Bytes at the start of the scratch that are part of a length not yet whole. */
  #lengthBytes = 0
  #frame: Buffer | undefined
  #filled = 0

  constructor(options: FrameAssemblerOptions) {
    this.#options = options
  }

  /** A frame has begun and is not complete: the connection must not end here. */
  get isMidFrame(): boolean {
    return this.#frame !== undefined || this.#lengthBytes > 0
  }

  /** Where the next bytes are to be read to; then call {@link received}. */
  target(): Buffer {
    if (this.#frame !== undefined) return this.#frame.subarray(this.#filled)
    return this.#scratch.subarray(this.#lengthBytes)
  }

  /** So many bytes were put into {@link target}. */
  received(count: number): void {
    if (this.#frame !== undefined) {
      this.#filled += count
      this.#finishIfComplete()
      return
    }
    const available = this.#lengthBytes + count
    this.#lengthBytes = 0
    this.#split(this.#scratch.subarray(0, available))
  }

  /** Bytes that were read elsewhere (TLS). */
  push(chunk: Uint8Array): void {
    let rest = chunk
    while (rest.length > 0) {
      const target = this.target()
      const taken = Math.min(target.length, rest.length)
      target.set(taken === rest.length ? rest : rest.subarray(0, taken))
      rest = rest.subarray(taken)
      this.received(taken)
    }
  }

  /** Takes all frames that begin in these bytes of the scratch. */
  #split(bytes: Buffer): void {
    let offset = 0
    while (bytes.length - offset >= LENGTH_BYTES) {
      const length = bytes.readInt32BE(offset)
      this.#options.checkLength(length)
      offset += LENGTH_BYTES
      this.#frame = Buffer.allocUnsafe(length)
      const end = Math.min(bytes.length, offset + length)
      this.#filled = bytes.copy(this.#frame, 0, offset, end)
      offset = end
      this.#finishIfComplete()
    }
    if (this.#frame === undefined) this.#lengthBytes = bytes.copy(this.#scratch, 0, offset)
  }

  #finishIfComplete(): void {
    const frame = this.#frame
    if (frame === undefined || this.#filled < frame.length) return
    this.#frame = undefined
    this.#filled = 0
    this.#options.onFrame(frame)
  }
}
