// Random batches for property tests.

import fc from 'fast-check'
import { BatchBuilder, type SealedBatch } from '../../../src/protocol/records/builder.ts'
import type { BatchModel, RecordModel } from './java-batches.ts'

// Whole characters only: Java writes a lone surrogate as '?', we as U+FFFD.
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 200 }),
)
const part = fc.option(
  fc.oneof(
    { weight: 3, arbitrary: text.map((it) => Buffer.from(it)) },
    { weight: 3, arbitrary: fc.uint8Array({ maxLength: 300 }).map((it) => Buffer.from(it)) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.integer({ min: 0, max: 70_000 }), fc.nat(255))
        .map(([size, byte]) => Buffer.alloc(size, byte)),
    },
  ),
  { nil: null, freq: 6 },
)
const headers = fc.array(fc.tuple(fc.oneof(text, fc.constant('__proto__')), part), { maxLength: 4 })
const record = fc.record({
  timestamp: fc.oneof(
    fc.integer({ min: 1_700_000_000_000, max: 1_700_000_100_000 }),
    fc.integer({ min: -1, max: 4_000_000_000_000 }),
  ),
  key: part,
  value: part,
  headers: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: headers }),
})
const identity = fc.oneof(
  fc.constant({}),
  fc.record({
    producerId: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
    producerEpoch: fc.integer({ min: 0, max: 32767 }),
    baseSequence: fc.oneof(fc.nat(1000), fc.integer({ min: 2 ** 31 - 5, max: 2 ** 31 - 1 })),
    transactional: fc.boolean(),
  }),
)

/** A batch as a producer writes it: offsets without gaps. */
export function producedBatch(
  compression: fc.Arbitrary<BatchModel['compression']>,
): fc.Arbitrary<BatchModel> {
  return fc
    .record({
      compression,
      baseOffset: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 100_000 })),
      partitionLeaderEpoch: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
      identity,
      records: fc.array(record, { minLength: 1, maxLength: 80 }),
    })
    .map(({ identity, records, ...batch }) => ({
      magic: 2,
      ...batch,
      ...identity,
      records: records.map((it, i): RecordModel => ({ ...it, offset: batch.baseOffset + i })),
    }))
}

/** What a broker may hand out: of any magic, with gaps, its own time, a delete horizon. */
export function storedBatch(compression: fc.Arbitrary<BatchModel['compression']>): fc.Arbitrary<BatchModel> {
  return fc
    .tuple(
      producedBatch(compression),
      fc.constantFrom(0, 1, 2),
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 80, maxLength: 80 }),
      fc.option(fc.integer({ min: 0, max: 2_000_000_000_000 }), { nil: undefined }),
      fc.option(fc.integer({ min: 0, max: 2_000_000_000_000 }), { nil: undefined }),
      fc.nat(50),
    )
    .map(([batch, magic, gaps, logAppendTime, deleteHorizonMs, beyond]): BatchModel => {
      let offset = batch.baseOffset
      const records = batch.records.map((it, i) => {
        if (i > 0) offset += gaps[i]!
        const legacy = magic === 2 ? {} : { headers: [] }
        return { ...it, ...legacy, offset, timestamp: magic === 0 ? -1 : it.timestamp }
      })
      // zstd came with magic 2.
      const compression = magic !== 2 && batch.compression === 'zstd' ? 'gzip' : batch.compression
      if (magic !== 2) {
        const time = magic === 1 && logAppendTime !== undefined ? { logAppendTime } : {}
        return { magic, compression, baseOffset: batch.baseOffset, records, ...time }
      }
      return {
        ...batch,
        records,
        ...(logAppendTime === undefined ? {} : { logAppendTime }),
        ...(deleteHorizonMs === undefined ? {} : { deleteHorizonMs }),
        lastOffset: offset + beyond,
      }
    })
}

/** The same batch by our builder. */
export function seal(model: BatchModel): SealedBatch {
  const builder = new BatchBuilder({ maxBytes: 16_384 * 1024 })
  for (const { key, value, headers, timestamp } of model.records)
    builder.tryAppend(key, value, headers, timestamp)
  const { magic, records, logAppendTime, deleteHorizonMs, lastOffset, ...options } = model
  return builder.seal(options)
}
