import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CorruptRecordError } from '../../../src/errors.ts'
import type { CompressionType } from '../../../src/protocol/compression/index.ts'
import { batchAt, batchSizeAt, type RecordBatch, readBatches } from '../../../src/protocol/records/batch.ts'
import { BatchBuilder, recordSizeUpperBound } from '../../../src/protocol/records/builder.ts'
import { readControlBatch, transactionMarker } from '../../../src/protocol/records/control.ts'
import { openBatch, openBatchAsync } from '../../../src/protocol/records/cursor.ts'
import { restampOffset, restampProducer, splitBatch } from '../../../src/protocol/records/rewrite.ts'
import type { RecordModel } from './java-batches.ts'
import { producedBatch, seal } from './models.ts'

const NOW = 1_700_000_000_000

function batchOf(values: readonly string[], compression: CompressionType = 'none'): Buffer {
  const builder = new BatchBuilder({ maxBytes: 1_000_000 })
  for (const [i, value] of values.entries()) builder.tryAppend(`key-${i}`, value, [['n', `${i}`]], NOW + i)
  return builder.seal({ compression }).bytes
}

function recordsOf(batch: RecordBatch): RecordModel[] {
  return [...openBatch(batch)].map(({ offset, timestamp, key, value, headers }) => ({
    offset,
    timestamp,
    key,
    value,
    headers: headers.entries,
  }))
}

describe('what is written is what is read', () => {
  const codecs = fc.constantFrom<CompressionType>('none', 'gzip')

  test('records, header fields and sizes, for any batch', () => {
    fc.assert(
      fc.property(producedBatch(codecs), (model) => {
        const sealed = seal(model)
        const batch = batchAt(sealed.bytes)!
        expect(recordsOf(batch)).toEqual(model.records)
        expect(batch).toMatchObject({
          magic: 2,
          compression: model.compression,
          baseOffset: model.baseOffset,
          lastOffset: model.baseOffset + model.records.length - 1,
          recordCount: model.records.length,
          producerId: model.producerId ?? -1n,
          producerEpoch: model.producerEpoch ?? -1,
          baseSequence: model.baseSequence ?? -1,
          isTransactional: model.transactional ?? false,
          isControl: false,
          isLogAppendTime: false,
          partitionLeaderEpoch: model.partitionLeaderEpoch,
          maxTimestamp: Math.max(...model.records.map((record) => record.timestamp)),
          sizeBytes: sealed.bytes.length,
        })
      }),
    )
  })

  test('text, Latin or not, long or short, a lone surrogate too, is written as UTF-8', () => {
    const texts = ['', 'a', 'é', 'a'.repeat(25), `${'a'.repeat(30)}é`, '日本語', '👍'.repeat(20), 'x\ud800y']
    const builder = new BatchBuilder({ maxBytes: 100_000 })
    for (const text of texts) builder.tryAppend(text, text, [[text, text]], NOW)
    const records = recordsOf(batchAt(builder.seal().bytes)!)
    for (const [i, text] of texts.entries()) {
      const bytes = Buffer.from(text)
      expect(records[i]).toMatchObject({ key: bytes, value: bytes, headers: [[bytes.toString(), bytes]] })
    }
  })

  test('the asynchronous ways give the same', async () => {
    const builder = new BatchBuilder({ maxBytes: 100_000 })
    for (let i = 0; i < 100; i++) builder.tryAppend(null, `value ${i}`, [], NOW)
    for (const compression of ['none', 'gzip'] as const) {
      const sealed = await builder.sealAsync({ compression, producerId: 1n })
      expect(sealed.bytes.equals(builder.seal({ compression, producerId: 1n }).bytes)).toBe(true)
      const cursor = await openBatchAsync(batchAt(sealed.bytes)!)
      expect([...cursor].map((record) => record.value!.toString())).toEqual(
        Array.from({ length: 100 }, (_, i) => `value ${i}`),
      )
    }
  })

  test('P8: sequences go from 2^31-1 to 0 within a batch', () => {
    const sealed = seal({
      magic: 2,
      compression: 'none',
      baseOffset: 0,
      producerId: 9n,
      producerEpoch: 0,
      baseSequence: 2 ** 31 - 2,
      records: Array.from({ length: 5 }, (_, i) => ({
        offset: i,
        timestamp: NOW,
        key: null,
        value: null,
        headers: [],
      })),
    })
    expect(batchAt(sealed.bytes)!.lastSequence).toBe(2)
  })

  test('headers: in order, duplicates and nulls kept, the last counts by name, __proto__ is a name like any other', () => {
    const builder = new BatchBuilder({ maxBytes: 1000 })
    builder.tryAppend(
      null,
      'v',
      [
        ['a', '1'],
        ['__proto__', 'p'],
        ['a', null],
        ['a', '3'],
        ['n', null],
      ],
      NOW,
    )
    const [record] = openBatch(batchAt(builder.seal().bytes)!)
    const { headers } = record!
    expect([...headers].map(([name, value]) => [name, value?.toString()])).toEqual([
      ['a', '1'],
      ['__proto__', 'p'],
      ['a', undefined],
      ['a', '3'],
      ['n', undefined],
    ])
    expect(headers.length).toBe(5)
    expect(headers.text('a')).toBe('3')
    expect([headers.get('n'), headers.text('n'), headers.get('missing')]).toEqual([
      null,
      undefined,
      undefined,
    ])
    expect(Object.entries(headers.toObject())).toEqual([
      ['a', '3'],
      ['__proto__', 'p'],
      ['n', null],
    ])
  })
})

describe('the builder', () => {
  test('takes records up to maxBytes and refuses the next without a change', () => {
    const builder = new BatchBuilder({ maxBytes: 1024 })
    let taken = 0
    while (builder.tryAppend('key', 'value', [], NOW)) taken++
    const size = builder.sizeBytes
    expect(builder.recordCount).toBe(taken)
    expect(size).toBeLessThanOrEqual(1024)
    expect(builder.tryAppend('key', 'value', [], NOW)).toBe(false)
    expect([builder.recordCount, builder.sizeBytes]).toEqual([taken, size])
    expect(builder.seal().bytes.length).toBe(size)
  })

  test('the first record of a batch is taken whatever its size', () => {
    const builder = new BatchBuilder({ maxBytes: 100 })
    expect(builder.hasRoomFor(1_000_000)).toBe(true)
    expect(builder.tryAppend(null, Buffer.alloc(1_000_000, 7), [], NOW)).toBe(true)
    expect(builder.hasRoomFor(1)).toBe(false)
    expect(builder.tryAppend(null, null, [], NOW)).toBe(false)
    expect(recordsOf(batchAt(builder.seal().bytes)!)[0]!.value!.equals(Buffer.alloc(1_000_000, 7))).toBe(true)
  })

  test('a record never takes more than the upper bound says', () => {
    fc.assert(
      fc.property(producedBatch(fc.constant('none' as const)), ({ records }) => {
        for (const { key, value, headers, timestamp } of records) {
          const builder = new BatchBuilder({ maxBytes: 0 })
          builder.tryAppend(key, value, headers, timestamp)
          expect(builder.sizeBytes).toBeLessThanOrEqual(recordSizeUpperBound(key, value, headers))
        }
      }),
    )
  })

  test('room in front of and behind the batch is kept, compressed or not', () => {
    for (const compression of ['none', 'gzip'] as const) {
      const builder = new BatchBuilder({ maxBytes: 10_000, headroomBytes: 100, tailroomBytes: 9 })
      while (builder.tryAppend(null, 'some value', [], NOW));
      const { buffer, start, end, bytes } = builder.seal({ compression })
      expect(start).toBe(100)
      expect(buffer.length).toBeGreaterThanOrEqual(end + 9)
      buffer.fill(0xff, 0, start)
      buffer.fill(0xff, end)
      expect([...openBatch(batchAt(bytes)!)]).toHaveLength(builder.recordCount)
    }
  })

  test('a given buffer is written into, and what it held before does not show', () => {
    const buffer = Buffer.alloc(4096, 0xaa)
    const builder = new BatchBuilder({ maxBytes: 4096, buffer })
    builder.tryAppend('k', 'v', [], NOW)
    expect(builder.buffer).toBe(buffer)
    const sealed = builder.seal()
    expect(sealed.buffer).toBe(buffer)
    const fresh = new BatchBuilder({ maxBytes: 4096 })
    fresh.tryAppend('k', 'v', [], NOW)
    expect(sealed.bytes.equals(fresh.seal().bytes)).toBe(true)
  })

  test('memory follows what is in the batch, not maxBytes', () => {
    const builder = new BatchBuilder({ maxBytes: 1_000_000 })
    builder.tryAppend(null, 'v', [], NOW)
    expect(builder.buffer.length).toBeLessThan(2000)
    while (builder.tryAppend(null, 'value', [], NOW));
    expect(builder.buffer.length).toBeLessThanOrEqual(1_000_000)
  })

  test('the buffer begins as large as is expected; from half a full batch on as large as a full one', () => {
    const lengthFor = (expectedBytes: number) =>
      new BatchBuilder({ maxBytes: 100_000, headroomBytes: 7, tailroomBytes: 9, expectedBytes }).buffer.length
    expect(lengthFor(8000)).toBe(7 + 10_000 + 9)
    expect(lengthFor(50_001)).toBe(7 + 100_000 + 9)
    expect(lengthFor(1_000_000)).toBe(7 + 100_000 + 9)
    const builder = new BatchBuilder({ maxBytes: Number.POSITIVE_INFINITY, expectedBytes: 100 })
    while (builder.recordCount < 100) builder.tryAppend(null, 'more than was expected', [], NOW)
    expect(recordsOf(batchAt(builder.seal().bytes)!)).toHaveLength(100)
  })

  test('timestamps apart by the least and the most of each length of a varint keep their distance', () => {
    const deltas = [7, 14, 21, 28, 31, 35, 42].flatMap((bits) => [
      2 ** (bits - 1) - 1,
      2 ** (bits - 1),
      2 ** bits,
    ])
    const timestamps = [0, ...deltas, ...deltas.map((delta) => -delta)].map((delta) => NOW + delta)
    const builder = new BatchBuilder({ maxBytes: 10_000 })
    const possible = timestamps.filter((timestamp) => timestamp >= 0)
    for (const timestamp of possible) builder.tryAppend(null, null, [], timestamp)
    const batch = batchAt(builder.seal().bytes)!
    expect(recordsOf(batch).map(({ timestamp }) => timestamp)).toEqual(possible)
    expect(batch.maxTimestamp).toBe(Math.max(...possible))
  })

  test('a producer id beyond 64 bits is refused, the ends of the range are written', () => {
    const builder = new BatchBuilder({ maxBytes: 1000 })
    builder.tryAppend(null, null, [], NOW)
    for (const producerId of [2n ** 63n - 1n, -(2n ** 63n), 0n, -1n]) {
      expect(batchAt(builder.seal({ producerId }).bytes)!.producerId).toBe(producerId)
    }
    expect(() => builder.seal({ producerId: 2n ** 63n })).toThrow(RangeError)
    expect(() => builder.seal({ producerEpoch: 32_768 })).toThrow(RangeError)
  })

  test('timestamps that are no whole milliseconds, and parts that are no bytes, are refused at the call', () => {
    const builder = new BatchBuilder({ maxBytes: 1000 })
    const refusal = expect.objectContaining({ code: 'INVALID_ARGUMENT' })
    const append = (timestamp: number) => () => builder.tryAppend(null, null, [], timestamp)
    for (const wrong of [Number.NaN, 0.5, -2, 2 ** 60]) expect(append(wrong)).toThrow(refusal)
    expect(append(NOW)()).toBe(true)
    for (const wrong of [Number.NaN, NOW + 0.5, -2, 2 ** 60]) expect(append(wrong)).toThrow(refusal)
    expect(() => builder.tryAppend(null, 5 as unknown as string, [], NOW)).toThrow(refusal)
    expect(builder.recordCount).toBe(1)
  })
})

describe('changes to a sealed batch', () => {
  test('P18: another identity changes the checksum and nothing but', () => {
    const bytes = batchOf(['a', 'b'])
    const before = recordsOf(batchAt(Buffer.from(bytes))!)
    restampProducer(bytes, { producerId: 2n ** 50n, producerEpoch: 4, baseSequence: 11 })
    const batch = batchAt(bytes)!
    expect(batch).toMatchObject({
      producerId: 2n ** 50n,
      producerEpoch: 4,
      baseSequence: 11,
      lastSequence: 12,
    })
    expect(recordsOf(batch)).toEqual(before)
  })

  test('a place in the log is given without a new checksum', () => {
    const bytes = batchOf(['a', 'b'])
    const { crc } = batchAt(bytes)!
    restampOffset(bytes, 2 ** 40, 6)
    const batch = batchAt(bytes)!
    expect(batch).toMatchObject({ baseOffset: 2 ** 40, partitionLeaderEpoch: 6, crc })
    expect(recordsOf(batch).map((record) => record.offset)).toEqual([2 ** 40, 2 ** 40 + 1])
  })

  test('P9: a batch is split in half, its records in order', () => {
    fc.assert(
      fc.property(producedBatch(fc.constantFrom('none', 'gzip')), (model) => {
        fc.pre(model.records.length > 1)
        const halves = splitBatch(seal(model).bytes, { headroomBytes: 7 })
        expect(halves[0].recordCount).toBe(Math.ceil(model.records.length / 2))
        const records = halves.flatMap((half) => recordsOf(batchAt(half.seal().bytes)!))
        const withoutOffset = ({ offset, ...rest }: RecordModel) => rest
        expect(records.map(withoutOffset)).toEqual(model.records.map(withoutOffset))
      }),
    )
  })

  test('a batch of one record cannot be split', () => {
    expect(() => splitBatch(batchOf(['a']))).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })
})

describe('walking batches', () => {
  test('F6: a batch that was cut is not read, wherever the cut is', () => {
    const first = batchOf(['a', 'b'])
    const second = batchOf(['c'])
    const both = Buffer.concat([first, second])
    for (let end = 0; end <= both.length; end++) {
      const found = [...readBatches(both, 0, end)].length
      expect(found).toBe(end < first.length ? 0 : end < both.length ? 1 : 2)
    }
  })

  test('F6: the size of a cut batch can be told, to name the limit that cut it', () => {
    const bytes = batchOf(['x'.repeat(5000)])
    expect(batchAt(bytes, 0, 1000)).toBeNull()
    expect(batchSizeAt(bytes, 0, 1000)).toBe(bytes.length)
    expect(batchSizeAt(bytes, 0, 16)).toBe(-1)
  })

  test('keys and values are views on the bytes of the batch', () => {
    const bytes = batchOf(['value'])
    const [record] = openBatch(batchAt(bytes)!)
    expect(record!.value!.buffer).toBe(bytes.buffer)
    expect(record!.key!.buffer).toBe(bytes.buffer)
  })

  test('a record stays what it was when the cursor moves on', () => {
    const cursor = openBatch(batchAt(batchOf(['a', 'b']))!)
    cursor.next()
    const record = cursor.record()
    cursor.next()
    expect([record.offset, record.value!.toString(), record.headers.text('n')]).toEqual([0, 'a', '0'])
    expect([cursor.offset, cursor.value()!.toString(), cursor.headers().text('n')]).toEqual([1, 'b', '1'])
    expect(cursor.next()).toBe(false)
    expect(cursor.next()).toBe(false)
  })

  test('T8: a marker of a transaction is read from its control batch', () => {
    const marker = transactionMarker('abort', {
      producerId: 8n,
      producerEpoch: 2,
      coordinatorEpoch: 13,
      timestamp: NOW,
      baseOffset: 99,
    })
    const batch = batchAt(marker)!
    expect(batch).toMatchObject({ isControl: true, isTransactional: true, producerId: 8n, producerEpoch: 2 })
    expect(readControlBatch(batch)).toEqual({
      type: 'abort',
      typeId: 0,
      version: 0,
      coordinatorEpoch: 13,
      offset: 99,
      timestamp: NOW,
    })
  })
})

describe('F8: what cannot be read is a CorruptRecordError that says where', () => {
  const context = { topic: 'orders', partition: 3, broker: 'b1:9092' }

  test('a changed byte is found by the checksum, unless it is not asked for', () => {
    const bytes = batchOf(['some value'])
    bytes[70]! ^= 0x10
    restampOffset(bytes, 500, 0)
    const batch = batchAt(bytes, 0, bytes.length, context)!
    const error = catchError(() => openBatch(batch))
    expect(error).toBeInstanceOf(CorruptRecordError)
    expect(error).toMatchObject({ code: 'CORRUPT_RECORD', offset: 500, ...context })
    expect((error as Error).message).toMatch(/offset 500 of topic orders partition 3.*checksum.*seek past/)
    expect(() => openBatch(batch, { checkCrcs: false })).not.toThrow()
  })

  test('an unknown magic', () => {
    const bytes = batchOf(['a'])
    bytes[16] = 3
    expect(catchError(() => batchAt(bytes, 0, bytes.length, context))).toMatchObject({
      code: 'CORRUPT_RECORD',
      offset: 0,
      ...context,
    })
  })

  test('a codec that is not there: the error says which and what to do', () => {
    const batch = batchAt(batchOf(['a'], 'gzip'), 0, undefined, context)!
    const error = catchError(() => openBatch(batch, { codecs: {} }))
    expect(error).toBeInstanceOf(CorruptRecordError)
    expect(error).toMatchObject({ code: 'UNSUPPORTED_COMPRESSION', ...context })
    expect((error as Error).message).toMatch(/gzip.*codec/)
  })

  test('a codec number that Kafka does not have', () => {
    const bytes = batchOf(['a'])
    bytes[22]! |= 7
    restampProducer(bytes, { producerId: -1n, producerEpoch: -1, baseSequence: -1 })
    expect(catchError(() => openBatch(batchAt(bytes)!))).toMatchObject({ code: 'CORRUPT_RECORD' })
  })

  test('compressed bytes that cannot be decompressed', () => {
    const bytes = batchOf(['a'], 'gzip')
    bytes[61]! ^= 0xff
    restampProducer(bytes, { producerId: -1n, producerEpoch: -1, baseSequence: -1 })
    const error = catchError(() => openBatch(batchAt(bytes)!))
    expect(error).toMatchObject({ code: 'CORRUPT_RECORD', cause: expect.any(Error) })
  })

  test('S5: a batch that decompresses to more than the bound, by any codec', async () => {
    const builder = new BatchBuilder({ maxBytes: 1 })
    builder.tryAppend(null, Buffer.alloc(50_000), [], NOW)
    const batch = batchAt(builder.seal({ compression: 'gzip' }).bytes)!
    expect([...openBatch(batch, { maxDecompressedBytes: 60_000 })]).toHaveLength(1)
    const refusal = expect.objectContaining({ code: 'CORRUPT_RECORD' })
    expect(() => openBatch(batch, { maxDecompressedBytes: 40_000 })).toThrow(refusal)
    await expect(openBatchAsync(batch, { maxDecompressedBytes: 40_000 })).rejects.toThrow(refusal)
    const boundless = { compress: (it: Uint8Array) => it, decompress: () => Buffer.alloc(60_000) }
    const options = { codecs: { gzip: boundless }, maxDecompressedBytes: 40_000 }
    expect(() => openBatch(batch, options)).toThrow(refusal)
  })

  test('S5: a batch that claims more records than its bytes could hold', () => {
    for (const count of [2 ** 31 - 1, 1000, -1]) {
      const bytes = batchOf(['a', 'b'])
      bytes.writeInt32BE(count, 57)
      restampProducer(bytes, { producerId: -1n, producerEpoch: -1, baseSequence: -1 })
      expect(catchError(() => openBatch(batchAt(bytes)!))).toMatchObject({ code: 'CORRUPT_RECORD' })
    }
  })

  test('a batch that claims fewer records than it has', () => {
    const bytes = batchOf(['a', 'b'])
    bytes.writeInt32BE(1, 57)
    restampProducer(bytes, { producerId: -1n, producerEpoch: -1, baseSequence: -1 })
    const cursor = openBatch(batchAt(bytes)!)
    expect(cursor.next()).toBe(true)
    expect(catchError(() => cursor.next())).toMatchObject({ code: 'CORRUPT_RECORD' })
  })

  test('a length that is less than a header takes', () => {
    for (const length of [48, 0, -1, -(2 ** 31)]) {
      const bytes = batchOf(['a'])
      bytes.writeInt32BE(length, 8)
      expect(catchError(() => batchAt(bytes))).toMatchObject({ code: 'CORRUPT_RECORD', offset: 0 })
    }
  })

  test('offsets and timestamps beyond what a number holds are errors, never rounded', () => {
    const offset = batchOf(['a'])
    offset.writeBigInt64BE(2n ** 53n, 0)
    expect(catchError(() => batchAt(offset))).toMatchObject({ code: 'CORRUPT_RECORD' })
    const last = batchOf(['a', 'b'])
    restampOffset(last, Number.MAX_SAFE_INTEGER, 0)
    expect(catchError(() => batchAt(last))).toMatchObject({ code: 'CORRUPT_RECORD' })
    for (const field of [27, 35]) {
      const time = batchOf(['a'])
      time.writeBigInt64BE(2n ** 60n, field)
      if (field === 35) time.writeInt16BE(8, 21)
      restampProducer(time, { producerId: -1n, producerEpoch: -1, baseSequence: -1 })
      expect(catchError(() => openBatch(batchAt(time)!))).toMatchObject({ code: 'CORRUPT_RECORD' })
    }
  })
})

function catchError(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
