import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CorruptRecordError } from '../../../src/errors.ts'
import { batchAt, readBatches } from '../../../src/protocol/records/batch.ts'
import { BatchBuilder } from '../../../src/protocol/records/builder.ts'
import { readControlBatch, transactionMarker } from '../../../src/protocol/records/control.ts'
import { openBatch } from '../../../src/protocol/records/cursor.ts'
import {
  readVarint,
  readVarlong,
  varintEnd,
  writeVarint,
  writeVarlong,
} from '../../../src/protocol/records/varint.ts'
import golden from './golden.json' with { type: 'json' }
import { producedBatch, seal } from './models.ts'

// Everything that a reader may touch, with the checksum not in the way.
function readAll(bytes: Buffer): { records: number; outcome: 'read' | CorruptRecordError } {
  let records = 0
  try {
    for (const batch of readBatches(bytes)) {
      void [batch.producerId, batch.lastSequence, batch.compression, batch.recordCount, batch.deleteHorizonMs]
      void [batch.maxTimestamp, batch.baseTimestamp, batch.nextOffset]
      const cursor = openBatch(batch, { checkCrcs: false, maxDecompressedBytes: 1_000_000 })
      while (cursor.next()) {
        records++
        void [cursor.key()?.length, cursor.value()?.length, cursor.headers().entries]
        if (!(cursor.offset >= 0 && cursor.offset <= batch.lastOffset))
          throw new Error('an offset out of range')
        if (!Number.isSafeInteger(cursor.timestamp)) throw new Error('a timestamp out of range')
      }
      if (batch.isControl) readControlBatch(batch, { checkCrcs: false })
    }
  } catch (error) {
    if (error instanceof CorruptRecordError) return { records, outcome: error }
    throw error
  }
  return { records, outcome: 'read' }
}

/** Batches of all kinds that are whole, for damage. */
const samples = [
  ...golden.map(({ bytes }) => Buffer.from(bytes, 'base64')),
  transactionMarker('commit', { producerId: 3n, producerEpoch: 1, coordinatorEpoch: 1, timestamp: 5 }),
]

test('S5: any truncation is a cut batch or a CorruptRecordError', () => {
  for (const bytes of samples) {
    const whole = readAll(bytes)
    expect(whole.outcome).toBe('read')
    for (let end = 0; end < bytes.length; end++) {
      expect(readAll(bytes.subarray(0, end)).records).toBeLessThanOrEqual(whole.records)
    }
  }
})

test('S5: any changed bit gives records or a CorruptRecordError, never more than the bytes could hold', () => {
  const outcomes = { read: 0, refused: 0 }
  for (const bytes of samples) {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = Buffer.from(bytes)
      damaged[bit >> 3]! ^= 1 << (bit & 7)
      const { records, outcome } = readAll(damaged)
      outcomes[outcome === 'read' ? 'read' : 'refused']++
      expect(records).toBeLessThan(500)
    }
  }
  expect(outcomes.read).toBeGreaterThan(0)
  expect(outcomes.refused).toBeGreaterThan(0)
})

test('F8: with the checksum checked, any changed bit after it is found', () => {
  for (const bytes of samples) {
    if (bytes[16] !== 2) continue
    const [first] = readBatches(bytes)
    for (let bit = 21 * 8; bit < first!.end * 8; bit++) {
      const damaged = Buffer.from(bytes)
      damaged[bit >> 3]! ^= 1 << (bit & 7)
      // Offsets that cannot be are refused before the checksum is looked at.
      expect(() => {
        const batch = batchAt(damaged)
        if (batch !== null) openBatch(batch)
      }).toThrow(CorruptRecordError)
    }
  }
})

test('S5: bytes put in the place of others, in records that are right otherwise', () => {
  fc.assert(
    fc.property(
      producedBatch(fc.constantFrom('none', 'none', 'gzip')),
      fc.array(fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(0x7f, 0x80, 0xff))), {
        maxLength: 20,
      }),
      fc.boolean(),
      (model, changes, inHeaderToo) => {
        const { bytes } = seal({ ...model, records: model.records.slice(0, 5) })
        const from = inHeaderToo ? 0 : 57
        for (const [where, byte] of changes) bytes[from + (where % (bytes.length - from))] = byte
        readAll(bytes)
      },
    ),
    { numRuns: 2000 },
  )
})

test('S5: random bytes', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 17, maxLength: 300 }),
      fc.constantFrom(0, 1, 2),
      (random, magic) => {
        const bytes = Buffer.from(random)
        bytes.writeInt32BE(bytes.length - 12, 8)
        bytes[16] = magic
        readAll(bytes)
      },
    ),
    { numRuns: 3000 },
  )
})

test('S5: a record of headers that claims more than it has', () => {
  const builder = new BatchBuilder({ maxBytes: 1000 })
  builder.tryAppend(null, null, [['name', 'value']], 0)
  const { bytes } = builder.seal()
  // length, attributes, two deltas, null key, null value, then the count of headers.
  const count = 61 + 6
  expect(bytes[count]).toBe(2)
  for (const claim of [0x01, 0x04, 0x7e, 0x7f]) {
    bytes[count] = claim
    const { outcome } = readAll(bytes)
    expect(outcome).toBeInstanceOf(CorruptRecordError)
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
