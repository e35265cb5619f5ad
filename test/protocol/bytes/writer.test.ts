import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Reader } from '../../../src/protocol/bytes/reader.ts'
import { Writer } from '../../../src/protocol/bytes/writer.ts'
import { same } from '../../support/messages.ts'
import { anyCharacter } from '../../support/text.ts'

/** One primitive: how it is written, read, and what its bytes are by Node's own means. */
interface Primitive<T> {
  readonly values: fc.Arbitrary<T>
  readonly write: (writer: Writer, value: T) => void
  readonly read: (reader: Reader) => T
  readonly bytes: (value: T) => Uint8Array
}

function primitive<T>(definition: Primitive<T>): Primitive<unknown> {
  return definition as unknown as Primitive<unknown>
}

function filled(length: number, fill: (buffer: Buffer) => void): Buffer {
  const buffer = Buffer.alloc(length)
  fill(buffer)
  return buffer
}

const primitives: Record<string, Primitive<unknown>> = {
  int8: primitive({
    values: fc.integer({ min: -0x80, max: 0x7f }),
    write: (writer, value) => writer.int8(value),
    read: (reader) => reader.int8(),
    bytes: (value) => filled(1, (buffer) => buffer.writeInt8(value)),
  }),
  boolean: primitive({
    values: fc.boolean(),
    write: (writer, value) => writer.boolean(value),
    read: (reader) => reader.boolean(),
    bytes: (value) => Buffer.from([value ? 1 : 0]),
  }),
  int16: primitive({
    values: fc.integer({ min: -0x8000, max: 0x7fff }),
    write: (writer, value) => writer.int16(value),
    read: (reader) => reader.int16(),
    bytes: (value) => filled(2, (buffer) => buffer.writeInt16BE(value)),
  }),
  uint16: primitive({
    values: fc.integer({ min: 0, max: 0xffff }),
    write: (writer, value) => writer.uint16(value),
    read: (reader) => reader.uint16(),
    bytes: (value) => filled(2, (buffer) => buffer.writeUInt16BE(value)),
  }),
  int32: primitive({
    values: fc.integer(),
    write: (writer, value) => writer.int32(value),
    read: (reader) => reader.int32(),
    bytes: (value) => filled(4, (buffer) => buffer.writeInt32BE(value)),
  }),
  uint32: primitive({
    values: fc.integer({ min: 0, max: 0xffff_ffff }),
    write: (writer, value) => writer.uint32(value),
    read: (reader) => reader.uint32(),
    bytes: (value) => filled(4, (buffer) => buffer.writeUInt32BE(value)),
  }),
  int64: primitive({
    values: fc.maxSafeInteger(),
    write: (writer, value) => writer.int64(value),
    read: (reader) => reader.int64(),
    bytes: (value) => filled(8, (buffer) => buffer.writeBigInt64BE(BigInt(value))),
  }),
  bigint64: primitive({
    values: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    write: (writer, value) => writer.bigint64(value),
    read: (reader) => reader.bigint64(),
    bytes: (value) => filled(8, (buffer) => buffer.writeBigInt64BE(value)),
  }),
  float64: primitive({
    values: fc.double(),
    write: (writer, value) => writer.float64(value),
    read: (reader) => reader.float64(),
    bytes: (value) => filled(8, (buffer) => buffer.writeDoubleBE(value)),
  }),
  uuid: primitive({
    values: fc
      .uint8Array({ minLength: 16, maxLength: 16 })
      .map((id) => Buffer.from(id).toString('base64url')),
    write: (writer, value) => writer.uuid(value),
    read: (reader) => reader.uuid(),
    bytes: (value) => Buffer.from(value, 'base64url'),
  }),
  bytes: primitive({
    values: fc.uint8Array({ maxLength: 6000, size: 'max' }).map((value) => Buffer.from(value) as Buffer),
    write(writer, value) {
      writer.int32(value.length)
      writer.bytes(value)
    },
    read: (reader) => reader.view(reader.int32()),
    bytes: (value) => Buffer.concat([filled(4, (buffer) => buffer.writeInt32BE(value.length)), value]),
  }),
  text: primitive({
    values: fc.string({ unit: anyCharacter, maxLength: 200 }),
    write(writer, value) {
      const byteLength = Buffer.byteLength(value)
      writer.length(byteLength, true, 16)
      writer.text(value, byteLength)
    },
    read: (reader) => reader.text(reader.length(true, 16)),
    bytes(value) {
      const text = Buffer.from(value)
      return Buffer.concat([varint(text.length + 1), text])
    },
  }),
  unsignedVarint: primitive({
    values: fc.oneof(fc.integer({ min: 0, max: 0xffff_ffff }), fc.integer({ min: 0, max: 0x4000 })),
    write: (writer, value) => writer.unsignedVarint(value),
    read: (reader) => reader.unsignedVarint(),
    bytes: varint,
  }),
}

/** Seven bits a byte, the lowest first. */
function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = BigInt(value)
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return Buffer.from([...bytes, Number(rest)])
}

const manyValues = fc.array(
  fc.oneof(
    ...Object.entries(primitives).map(([name, { values }]) => values.map((value) => ({ name, value }))),
  ),
  { maxLength: 60 },
)

describe('Writer', () => {
  it('writes any sequence of primitives as Node would, and Reader reads it back', () => {
    fc.assert(
      fc.property(manyValues, fc.integer({ min: 1, max: 64 }), (sequence, sizeHint) => {
        // A small first buffer: values must survive each time it is outgrown.
        const writer = new Writer(sizeHint)
        for (const { name, value } of sequence) primitives[name]!.write(writer, value)
        const bytes = Buffer.concat(sequence.map(({ name, value }) => primitives[name]!.bytes(value)))
        same('size', writer.size, bytes.length)
        same('bytes', writer.toBuffer().toString('hex'), bytes.toString('hex'))
        const reader = new Reader(bytes)
        for (const { name, value } of sequence) same(name, primitives[name]!.read(reader), value)
        reader.expectEnd()
      }),
    )
  })

  it('hands large bytes through by reference, in their place between the others', () => {
    const large = new Uint8Array(3000).fill(9)
    const writer = new Writer()
    writer.int8(1)
    writer.bytes(large)
    writer.int8(2)
    const segments = writer.segments()
    expect(segments).toHaveLength(3)
    expect(segments[1]).toBe(large)
    expect(Buffer.concat(segments)).toEqual(Buffer.from([1, ...large, 2]))
    expect(writer.size).toBe(3002)
  })

  it('copies small bytes, so that the caller may use them again', () => {
    const small = new Uint8Array([1, 2, 3])
    const writer = new Writer()
    writer.bytes(small)
    small.fill(0)
    expect(writer.toBuffer()).toEqual(Buffer.from([1, 2, 3]))
  })

  it('gives a Buffer also when all it holds is one large array of the caller', () => {
    const writer = new Writer()
    writer.bytes(new Uint8Array(3000))
    expect(Buffer.isBuffer(writer.toBuffer())).toBe(true)
  })

  it('goes on after segments() without touching what it gave out', () => {
    const writer = new Writer(8)
    writer.int32(1)
    const [first] = writer.segments()
    writer.int32(2)
    writer.int32(3)
    expect(first).toEqual(Buffer.from([0, 0, 0, 1]))
    expect(writer.toBuffer()).toEqual(Buffer.from([0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]))
  })

  it('appends what another writer holds', () => {
    const inner = new Writer()
    inner.int16(7)
    inner.bytes(new Uint8Array(2500).fill(5))
    const writer = new Writer()
    writer.int8(1)
    writer.append(inner)
    expect(writer.toBuffer()).toEqual(Buffer.from([1, 0, 7, ...new Uint8Array(2500).fill(5)]))
  })

  it('forgets all but its first bytes, wherever they end, and goes on from there', () => {
    const parts = [
      Buffer.from([1, 2, 3]),
      new Uint8Array(3000).fill(4),
      Buffer.from([5]),
      new Uint8Array(2500).fill(6),
    ]
    const all = Buffer.concat(parts)
    for (const size of [0, 1, 2, 3, 4, 3002, 3003, 3004, 3005, 5503, 5504, 6000]) {
      const writer = new Writer(2)
      for (const part of parts) writer.bytes(part)
      writer.truncate(size)
      expect(writer.size).toBe(Math.min(size, all.length))
      writer.int8(9)
      expect(writer.toBuffer()).toEqual(Buffer.concat([all.subarray(0, size), Buffer.from([9])]))
    }
    expect(parts[1]).toEqual(new Uint8Array(3000).fill(4))
  })

  it('is empty at first', () => {
    expect(new Writer().size).toBe(0)
    expect(new Writer().toBuffer()).toEqual(Buffer.alloc(0))
  })
})
