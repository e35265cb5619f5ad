// KIP-390: each codec's levels are those of Kafka, and each does what it says.

import { describe, expect, test } from 'vitest'
import {
  COMPRESSION_LEVELS,
  type CompressionCodec,
  compressionCodecs,
} from '../../src/protocol/compression/index.ts'
import { zstd } from '../../src/protocol/compression/zstd/codec.ts'
import { BatchBuilder } from '../../src/protocol/records/builder.ts'
import { jsonRecords } from './compression-inputs.ts'

const records = jsonRecords(200_000)
const maxBytes = 1_000_000
const codecs: [name: keyof typeof COMPRESSION_LEVELS, which: string, codec: CompressionCodec][] = [
  ['gzip', "Node's", compressionCodecs.gzip!],
  ['lz4', 'our', compressionCodecs.lz4!],
  ['zstd', 'the', compressionCodecs.zstd!],
  ['zstd', 'our own', zstd],
]

describe.each(codecs)('%s, %s', (name, _, codec) => {
  const { min, max, default: preset } = COMPRESSION_LEVELS[name]
  const sizeAt = (level?: number) => codec.compress(records, level).length

  test('all are taken, and what they write is read', () => {
    const some = name === 'zstd' ? [min, -1000, -1, 0, 1, 2, 4, 11] : []
    const levels = [...some, preset, ...Array.from({ length: 9 }, (_, i) => i + 1), max - 1, max]
    for (const level of levels) {
      const restored = codec.decompress(codec.compress(records.subarray(0, 50_000), level), { maxBytes })
      expect(records.subarray(0, 50_000).equals(restored), `level ${level}`).toBe(true)
    }
  })

  test('without one it is the default', () => {
    expect(sizeAt()).toBe(sizeAt(preset))
  })

  test.each([min - 1, max + 1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, -(2 ** 31), 2 ** 32 + 1])(
    '%d is refused, by name, with the range',
    async (level) => {
      // gzip's -1 is the one level outside its range.
      const refusal = expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(`compression level of ${name}.*${min} to ${max}.*not ${level}`),
      })
      expect(() => codec.compress(records, level)).toThrow(refusal)
      if (codec.compressAsync !== undefined) {
        await expect(codec.compressAsync(records, level)).rejects.toThrow(refusal)
      }
    },
  )

  test('a batch is not sealed with a level that there is not', async () => {
    const builder = new BatchBuilder({ maxBytes: 1000 })
    builder.tryAppend(null, 'value', [], 0)
    const options = { compression: name, compressionLevel: max + 1, codecs: { [name]: codec } }
    const refusal = expect.objectContaining({ code: 'INVALID_ARGUMENT' })
    expect(() => builder.seal(options)).toThrow(refusal)
    await expect(builder.sealAsync(options)).rejects.toThrow(refusal)
    expect(builder.seal({ ...options, compressionLevel: max }).recordCount).toBe(1)
  })
})

test('higher ones make it smaller', () => {
  const sizes = (codec: CompressionCodec, levels: readonly number[]) =>
    levels.map((level) => codec.compress(records, level).length)
  const falling = (values: number[]) => values.every((value, i) => i === 0 || value < values[i - 1]!)
  expect(sizes(compressionCodecs.gzip!, [1, 6, 9])).toSatisfy(falling)
  expect(sizes(compressionCodecs.zstd!, [-50, 1, 9, 19])).toSatisfy(falling)
  expect(sizes(zstd, [1, 3, 6, 12])).toSatisfy(falling)
  // Of lz4, 9 is the fast one, as in Java; each other one looks harder than the one before.
  expect(sizes(compressionCodecs.lz4!, [9, 1, 4, 8, 12])).toSatisfy(falling)
})

test('snappy has none', () => {
  expect(() => compressionCodecs.snappy!.compress(records, 1)).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('snappy has no') }),
  )
})
