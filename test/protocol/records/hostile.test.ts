// What hostile/records.ts finds by trying is told here by example.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CorruptRecordError } from '../../../src/errors.ts'
import { batchAt } from '../../../src/protocol/records/batch.ts'
import { BatchBuilder } from '../../../src/protocol/records/builder.ts'
import { openBatch } from '../../../src/protocol/records/cursor.ts'
import {
  readVarint,
  readVarlong,
  varintEnd,
  writeVarint,
  writeVarlong,
} from '../../../src/protocol/records/varint.ts'

test('S5: a record of headers that claims more than it has', () => {
  const builder = new BatchBuilder({ maxBytes: 1000 })
  builder.tryAppend(null, null, [['name', 'value']], 0)
  const { bytes } = builder.seal()
  // length, attributes, two deltas, null key, null value, then the count of headers.
  const count = 61 + 6
  expect(bytes[count]).toBe(2)
  for (const claim of [0x01, 0x04, 0x7e, 0x7f]) {
    bytes[count] = claim
    const cursor = openBatch(batchAt(bytes)!, { checkCrcs: false })
    // More than could stand there is refused before anybody asks for them.
    if (claim >= 0x7e) expect(() => cursor.next()).toThrow(CorruptRecordError)
    else expect(() => cursor.next() && cursor.headers().entries).toThrow(CorruptRecordError)
  }
})

test('varints: any value is read as it was written; longer ones than their type are refused', () => {
  const buffer = Buffer.alloc(16)
  fc.assert(
    fc.property(fc.oneof(fc.nat(100), fc.nat(2 ** 31 - 1), fc.constantFrom(63, 64, 8191, 8192)), (value) => {
      const end = writeVarint(buffer, value, 1)
      expect(readVarint(buffer, 1)).toBe(value)
      expect(varintEnd).toBe(end)
    }),
  )
  fc.assert(
    fc.property(fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.integer({ min: -70, max: 70 })), (value) => {
      const end = writeVarlong(buffer, value, 1)
      expect(readVarlong(buffer, 1)).toBe(value)
      expect(varintEnd).toBe(end)
    }),
  )
  expect(readVarint(Buffer.alloc(10, 0xff), 0)).toBeNaN()
  expect(readVarint(Buffer.from([0xff, 0xff, 0xff, 0xff, 0x1f]), 0)).toBeNaN()
  expect(readVarint(Buffer.from([0x80]), 0)).toBeNaN()
  expect(readVarlong(Buffer.alloc(12, 0xff), 0)).toBeNaN()
  expect(readVarlong(Buffer.from([0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]), 0)).toBeNaN()
})
