// Writes Kafka's primitive types into a growing buffer. Large byte fields (record batches) are not copied: they
// become segments of their own between the buffer's parts, and a socket writes the list at once. That values fit
// their type is checked by the codecs, not here.

import { Buffer } from 'node:buffer'
import { ZERO_UUID } from '../field.ts'
import { writeUtf8 } from './utf8.ts'

/** From this size on a byte field is handed through by reference. */
const REFERENCE_FROM_BYTES = 2048
const TWO_POW_32 = 0x1_0000_0000

export class Writer {
  #buffer: Buffer
  #start = 0
  #offset = 0
  readonly #segments: Uint8Array[] = []
  #segmentBytes = 0

  constructor(sizeHint = 512) {
    this.#buffer = Buffer.allocUnsafe(sizeHint)
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#segmentBytes + this.#offset - this.#start
  }

  int8(value: number): void {
    const at = this.#reserve(1)
    this.#buffer[at] = value
  }

  boolean(value: boolean): void {
    this.int8(value ? 1 : 0)
  }

  int16(value: number): void {
    const at = this.#reserve(2)
    this.#buffer[at] = value >> 8
    this.#buffer[at + 1] = value
  }

  uint16(value: number): void {
    const at = this.#reserve(2)
    this.#buffer.writeUInt16BE(value, at)
  }

  int32(value: number): void {
    const at = this.#reserve(4)
    putInt32(this.#buffer, value, at)
  }

  uint32(value: number): void {
    const at = this.#reserve(4)
    this.#buffer.writeUInt32BE(value, at)
  }

  int64(value: number): void {
    const at = this.#reserve(8)
    putInt32(this.#buffer, Math.floor(value / TWO_POW_32), at)
    putInt32(this.#buffer, value | 0, at + 4)
  }

  bigint64(value: bigint): void {
    const at = this.#reserve(8)
    this.#buffer.writeBigInt64BE(value, at)
  }

  float64(value: number): void {
    const at = this.#reserve(8)
    this.#buffer.writeDoubleBE(value, at)
  }

  /** 22 characters of base64url, as {@link Reader.uuid} gives them. */
  uuid(value: string): void {
    const at = this.#reserve(16)
    if (value === ZERO_UUID) this.#buffer.fill(0, at, at + 16)
    else this.#buffer.write(value, at, 16, 'base64url')
  }

  unsignedVarint(value: number): void {
    let rest = value
    let at = this.#reserve(5)
    while (rest > 0x7f) {
      this.#buffer[at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#buffer[at++] = rest
    this.#offset = at
  }

  /** A string or byte length, or an array's count; -1 for null. */
  length(value: number, compact: boolean, width: 16 | 32): void {
    if (compact) this.unsignedVarint(value + 1)
    else if (width === 16) this.int16(value)
    else this.int32(value)
  }

  text(value: string, byteLength: number): void {
    const at = this.#reserve(byteLength)
    writeUtf8(this.#buffer, value, byteLength, at)
  }

  /** Bytes as they are. Long ones are referenced: they must not change until the frame is on the socket. */
  bytes(value: Uint8Array): void {
    if (value.length < REFERENCE_FROM_BYTES) {
      const at = this.#reserve(value.length)
      this.#buffer.set(value, at)
      return
    }
    this.#closeSegment()
    this.#pushSegment(value)
  }

  /** Everything another writer holds. */
  append(other: Writer): void {
    for (const segment of other.segments()) this.bytes(segment)
  }

  /** Forgets all but the first `size` bytes. */
  truncate(size: number): void {
    this.#closeSegment()
    while (this.#segmentBytes > size) {
      const last = this.#segments.pop()!
      this.#segmentBytes -= last.length
      if (this.#segmentBytes < size) this.#pushSegment(last.subarray(0, size - this.#segmentBytes))
    }
  }

  /** What was written, in order. The writer goes on after it; earlier segments stay valid. */
  segments(): readonly Uint8Array[] {
    this.#closeSegment()
    return this.#segments
  }

  /** What was written, as one buffer. */
  toBuffer(): Buffer {
    const segments = this.segments()
    const [only] = segments
    return segments.length === 1 && Buffer.isBuffer(only) ? only : Buffer.concat(segments)
  }

  #closeSegment(): void {
    if (this.#offset === this.#start) return
    this.#pushSegment(this.#buffer.subarray(this.#start, this.#offset))
    this.#start = this.#offset
  }

  #pushSegment(segment: Uint8Array): void {
    this.#segments.push(segment)
    this.#segmentBytes += segment.length
  }

  // Call it before naming #buffer: it may put a larger one in place.
  #reserve(length: number): number {
    const at = this.#offset
    if (at + length > this.#buffer.length) return this.#grow(length)
    this.#offset = at + length
    return at
  }

  #grow(length: number): number {
    const written = this.#offset - this.#start
    const next = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, written + length))
    this.#buffer.copy(next, 0, this.#start, this.#offset)
    this.#buffer = next
    this.#start = 0
    this.#offset = written + length
    return written
  }
}

// Buffer's own methods check value and place again: a Fetch response takes half as long again with them.
function putInt32(buffer: Buffer, value: number, at: number): void {
  buffer[at] = value >> 24
  buffer[at + 1] = value >> 16
  buffer[at + 2] = value >> 8
  buffer[at + 3] = value
}
