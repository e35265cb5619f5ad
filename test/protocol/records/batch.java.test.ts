import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { COMPRESSION_TYPES, compressionCodecs } from '../../../src/protocol/compression/index.ts'
import { transactionMarker } from '../../../src/protocol/records/control.ts'
import {
  restampLogAppendTime,
  restampOffset,
  restampProducer,
} from '../../../src/protocol/records/rewrite.ts'
import { describe as describeBatches, type JavaBatches, startJavaBatches } from './java-batches.ts'
import { producedBatch, seal, storedBatch } from './models.ts'

const codecs = COMPRESSION_TYPES.filter((type) => type === 'none' || compressionCodecs[type] !== undefined)

let java: JavaBatches
beforeAll(async () => {
  java = await startJavaBatches()
})
afterAll(() => java.close())

describe.each(codecs)('%s', (compression) => {
  test('what we write, Java reads as we do', async () => {
    await fc.assert(
      fc.asyncProperty(producedBatch(fc.constant(compression)), async (model) => {
        const { bytes } = seal(model)
        expect(await java.read(bytes)).toEqual(describeBatches(bytes))
      }),
      { numRuns: 60 },
    )
  })

  test('what Java writes, of any magic, we read as Java does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(storedBatch(fc.constant(compression)), { maxLength: 4 }), async (models) => {
        const batches: Buffer[] = []
        for (const model of models) batches.push(await java.write(model))
        const bytes = Buffer.concat(batches)
        const theirs = await java.read(bytes)
        expect(theirs.filter((line) => line.startsWith('error'))).toEqual([])
        expect(describeBatches(bytes)).toEqual(theirs)
      }),
      { numRuns: 60 },
    )
  })
})

test('an uncompressed batch is the same, byte for byte, by Java and by us', async () => {
  await fc.assert(
    fc.asyncProperty(producedBatch(fc.constant('none' as const)), async (model) => {
      expect(seal(model).bytes.toString('hex')).toBe((await java.write(model)).toString('hex'))
    }),
    { numRuns: 60 },
  )
})

test('control batches: markers of both kinds are the same bytes, and are read the same', async () => {
  for (const [type, producerId] of [
    ['COMMIT', 5n],
    ['ABORT', 2n ** 62n],
  ] as const) {
    const theirs = await java.marker(type, producerId, 7, 41, 1_700_000_000_000, 1234)
    expect(describeBatches(theirs)).toEqual(await java.read(theirs))
    const ours = transactionMarker(type === 'COMMIT' ? 'commit' : 'abort', {
      producerId,
      producerEpoch: 7,
      coordinatorEpoch: 41,
      timestamp: 1_700_000_000_000,
      baseOffset: 1234,
      partitionLeaderEpoch: 0,
    })
    expect(ours.toString('hex')).toBe(theirs.toString('hex'))
  }
})

test('F7: an empty batch, all its records compacted away, keeps its offsets', async () => {
  const bytes = await java.empty(1000, 1099, 42, 3, 17, 9, 1_700_000_000_000, true, false)
  const lines = describeBatches(bytes)
  expect(lines).toEqual(await java.read(bytes))
  expect(lines).toHaveLength(1)
})

test('a batch that was given another producer, a place in the log and a time is still valid to Java', async () => {
  await fc.assert(
    fc.asyncProperty(producedBatch(fc.constantFrom('none', 'gzip')), async (model) => {
      const { bytes } = seal(model)
      restampProducer(bytes, { producerId: 77n, producerEpoch: 1, baseSequence: 0 })
      restampOffset(bytes, 123_456_789_012, 5)
      restampLogAppendTime(bytes, 1_800_000_000_000)
      const lines = await java.read(bytes)
      expect(lines).toEqual(describeBatches(bytes))
      expect(lines[0]).toContain('\t123456789012\ttrue\t1800000000000\t77\t1\t0\t')
    }),
    { numRuns: 20 },
  )
})
