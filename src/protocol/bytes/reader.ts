// Reads Kafka's primitive types from one buffer. Every length and count is checked against what is left before it
// is used, so hostile bytes end in a ProtocolError and never in a large allocation.

import { Buffer } from 'node:buffer'
import { ProtocolError } from '../../errors.ts'

const TWO_POW_32 = 0x1_0000_0000
const NOTHING = Buffer.alloc(0)

export class Reader {
  readonly buffer: Buffer
  offset: number

  constructor(buffer: Buffer, offset = 0) {
    this.buffer = buffer
    this.offset = offset
  }

  get remaining(): number {
    return this.buffer.length - this.offset
  }

  int8(): number {
    return (this.buffer[this.#take(1)]! << 24) >> 24
  }

  boolean(): boolean {
    return this.int8() !== 0
  }

  int16(): number {
    return (this.uint16() << 16) >> 16
  }

  uint16(): number {
    const at = this.#take(2)
    return (this.buffer[at]! << 8) | this.buffer[at + 1]!
  }

  int32(): number {
    return int32At(this.buffer, this.#take(4))
  }

  uint32(): number {
    return this.int32() >>> 0
  }

  /** An int64 that must be a safe integer: a larger one is an error, never a rounding. */
  int64(): number {
    const at = this.#take(8)
    const value = int32At(this.buffer, at) * TWO_POW_32 + (int32At(this.buffer, at + 4) >>> 0)
    if (!Number.isSafeInteger(value)) {
      throw new ProtocolError(`int64 at byte ${at} is beyond what a number holds exactly`)
    }
    return value
  }

  /** An int64 over its whole range (producer ids). */
  bigint64(): bigint {
    return this.buffer.readBigInt64BE(this.#take(8))
  }

  float64(): number {
    return this.buffer.readDoubleBE(this.#take(8))
  }

  /** A unique id as Kafka prints it: 22 characters of base64url. */
  uuid(): string {
    const at = this.#take(16)
    return this.buffer.toString('base64url', at, at + 16)
  }

  /** An unsigned varint of at most 32 bits; a longer one is refused. */
  unsignedVarint(): number {
    const start = this.offset
    const first = this.buffer[start]
    if (first !== undefined && first < 0x80) {
      this.offset = start + 1
      return first
    }
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.buffer[this.#take(1)]!
      if (shift === 28 && byte > 0x0f) break
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    throw new ProtocolError(`varint at byte ${start} is longer than 32 bits`)
  }

  /** A view (not a copy) of the next `length` bytes. */
  view(length: number): Buffer {
    if (length === 0) return NOTHING
    const at = this.#take(length)
    return this.buffer.subarray(at, at + length)
  }

  text(length: number): string {
    const at = this.#take(length)
    return this.buffer.toString('utf8', at, at + length)
  }

  /** -1 stands for null; anything lower, or more than is left, is refused. */
  length(compact: boolean, width: 16 | 32): number {
    const length = compact ? this.unsignedVarint() - 1 : width === 16 ? this.int16() : this.int32()
    if (length < -1) throw new ProtocolError(`negative length ${length} before byte ${this.offset}`)
    if (length > this.remaining) {
      throw new ProtocolError(
        `length ${length} before byte ${this.offset}, but ${this.remaining} bytes are left`,
      )
    }
    return length
  }

  /** Whether a flexible structure ends here without tagged fields, as most do; what says so is then read. */
  hasNoTaggedFields(): boolean {
    if (this.buffer[this.offset] !== 0) return false
    this.offset++
    return true
  }

  /** Reads and forgets the tagged fields of a flexible structure, handing known ones to `known` (KIP-482). */
  taggedFields(known?: (tag: number, reader: Reader) => boolean): void {
    const count = this.unsignedVarint()
    if (count > this.remaining / 2) {
      throw new ProtocolError(
        `${count} tagged fields before byte ${this.offset}, but ${this.remaining} bytes are left`,
      )
    }
    for (let i = 0; i < count; i++) {
      const tag = this.unsignedVarint()
      const size = this.unsignedVarint()
      const start = this.offset
      const content = this.view(size)
      if (known === undefined) continue
      const inner = new Reader(content)
      if (known(tag, inner) && inner.remaining > 0) {
        throw new ProtocolError(`tagged field ${tag} at byte ${start} is longer than its content`)
      }
    }
  }

  expectEnd(): void {
    if (this.remaining !== 0)
      throw new ProtocolError(`${this.remaining} bytes too many after byte ${this.offset}`)
  }

  #take(length: number): number {
    const at = this.offset
    if (length > this.buffer.length - at) {
      throw new ProtocolError(`${length} bytes needed at byte ${at}, but ${this.buffer.length - at} are left`)
    }
    this.offset = at + length
    return at
  }
}

// Buffer's own methods check the place again.
function int32At(buffer: Buffer, at: number): number {
  return (buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!
}
