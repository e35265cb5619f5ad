import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type CompressionCodec,
  compressionCodecs,
  DEFAULT_MAX_DECOMPRESSED_BYTES,
} from '../../src/protocol/compression/index.ts'
import { xxhash32 } from '../../src/protocol/compression/xxhash32.ts'
import { zstd } from '../../src/protocol/compression/zstd/codec.ts'
import { inputs } from './compression-inputs.ts'

const maxBytes = DEFAULT_MAX_DECOMPRESSED_BYTES
const lz4 = compressionCodecs.lz4!
const snappy = compressionCodecs.snappy!
const codecs = [
  ...Object.entries(compressionCodecs).filter(
    (entry): entry is [string, CompressionCodec] => entry[1] !== undefined,
  ),
  ['our own zstd', zstd] as const,
]

describe.each(codecs)('%s', (_, codec) => {
  test.each(inputs)('%s: comes back as it was', async (_, input) => {
    const compressed = codec.compress(input)
    expect(input.equals(codec.decompress(compressed, { maxBytes }))).toBe(true)
    const compressedAside = (await codec.compressAsync?.(input)) ?? compressed
    const restored = await codec.decompressAsync?.(compressedAside, { maxBytes })
    expect(restored === undefined || input.equals(restored)).toBe(true)
  })

  test('any bytes come back as they were', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.nat(400)), { maxLength: 40 }),
        (pieces) => {
          const input = Buffer.concat(
            pieces.map(([bytes, size]) => Buffer.alloc(bytes.length && size, bytes)),
          )
          expect(input.equals(codec.decompress(codec.compress(input), { maxBytes }))).toBe(true)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('a view into a larger buffer is taken within its bounds', () => {
    const whole = Buffer.concat([Buffer.alloc(100, 1), inputs[5]![1], Buffer.alloc(100, 2)])
    const view = whole.subarray(100, whole.length - 100)
    const compressed = Buffer.concat([Buffer.alloc(5), codec.compress(view)]).subarray(5)
    expect(view.equals(codec.decompress(compressed, { maxBytes }))).toBe(true)
  })

  test('S5: what would be more than the bound is refused', () => {
    const bomb = codec.compress(Buffer.alloc(10_000_000))
    expect(() => codec.decompress(bomb, { maxBytes: 9_999_999 })).toThrow()
    expect(codec.decompress(bomb, { maxBytes: 10_000_000 }).length).toBe(10_000_000)
  })

  test('S5: any truncation and any damage is an error or some bytes within the bound, in bounded memory', () => {
    const samples = inputs.map(([, input]) => Buffer.from(codec.compress(input.subarray(0, 3000))))
    const attempt = (bytes: Buffer) => {
      try {
        expect(codec.decompress(bytes, { maxBytes: 100_000 }).length).toBeLessThanOrEqual(100_000)
      } catch (error) {
        expect(error).toBeInstanceOf(Error)
        expect(error).not.toBeInstanceOf(TypeError)
      }
    }
    for (const sample of samples) {
      for (let end = 0; end < sample.length; end += 1 + (sample.length >> 8)) attempt(sample.subarray(0, end))
    }
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 5 }),
        (sample, changes) => {
          if (sample.length === 0) return
          const damaged = Buffer.from(sample)
          for (const [where, byte] of changes) damaged[where % damaged.length] = byte
          attempt(damaged)
        },
      ),
      { numRuns: 1000 },
    )
  })
})

test('S5: a size that the bytes cannot hold is refused before memory is taken for it', () => {
  // Claims 100 MB in a few bytes, in either form.
  const raw = Buffer.from('80c2d72f0061', 'hex')
  const framed = Buffer.concat([Buffer.from('82534e4150505900000000010000000100000006', 'hex'), raw])
  for (const bytes of [raw, framed]) expect(() => snappy.decompress(bytes, { maxBytes })).toThrow('size')
})

test('gzip: members one after the other are one', () => {
  const joined = Buffer.concat([gzipSync('ab'), gzipSync('cd')])
  expect(compressionCodecs.gzip!.decompress(joined, { maxBytes }).toString()).toBe('abcd')
})

test.each(['gzip', 'zstd'] as const)(
  '%s: outputs about the size that is made at once are whole',
  async (type) => {
    const codec = compressionCodecs[type]!
    for (const size of [1, 1023, 1024, 1025, 16_384, 100_000]) {
      for (const bytes of [Buffer.alloc(size, 'a'), Buffer.from(inputs.at(-1)![1].subarray(0, size))]) {
        const compressed = codec.compress(bytes)
        expect(bytes.equals(codec.decompress(compressed, { maxBytes: bytes.length }))).toBe(true)
        expect(bytes.equals(await codec.decompressAsync!(compressed, { maxBytes: bytes.length }))).toBe(true)
      }
    }
  },
)

test('gzip: a small member after a large one, whose size is not the whole, and the other way round', () => {
  const [large, small] = [Buffer.alloc(300_000, 'large'), Buffer.from('small')]
  for (const parts of [
    [large, small],
    [small, large],
  ]) {
    const joined = Buffer.concat(parts.map((part) => gzipSync(part)))
    const result = compressionCodecs.gzip!.decompress(joined, { maxBytes: 1_000_000 })
    expect(Buffer.concat(parts).equals(result)).toBe(true)
  }
})

test('xxhash32 of known inputs', () => {
  expect(xxhash32(Buffer.from(''))).toBe(0x02cc5d05)
  expect(xxhash32(Buffer.from('a'))).toBe(0x550d7456)
  expect(xxhash32(Buffer.from('abc'))).toBe(0x32d153ff)
  expect(xxhash32(Buffer.from('Nobody inspects the spammish repetition'))).toBe(0xe2293b2f)
})

describe('lz4 frames', () => {
  const frame = lz4.compress(Buffer.from('some text, some text, some text'))

  test('a wrong header checksum is found, but not looked at in message sets of magic 0 (KAFKA-3160)', () => {
    const wrong = Buffer.from(frame)
    wrong[6]! ^= 0xff
    expect(() => lz4.decompress(wrong, { maxBytes })).toThrow('header checksum')
    expect(Buffer.from(lz4.decompress(wrong, { maxBytes, magic0: true })).toString()).toMatch(/^some text/)
  })

  test('blocks that look back into the one before, skippable frames, and frames one after the other', () => {
    const header = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x40, 0x40, 0])
    header[6] = (xxhash32(header, 4, 6) >>> 8) & 0xff
    const stored = Buffer.from([0x03, 0, 0, 0x80, ...Buffer.from('abc')])
    // No literals, distance 3, length 4 + 2; then one literal, as the last sequence.
    const dependent = Buffer.from([0x05, 0, 0, 0, 0x02, 0x03, 0x00, 0x10, ...Buffer.from('!')])
    const skippable = Buffer.from([0x51, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9])
    const bytes = Buffer.concat([header, stored, dependent, Buffer.alloc(4), skippable, frame])
    expect(Buffer.from(lz4.decompress(bytes, { maxBytes })).toString()).toMatch(/^abcabcabc!some text/)
  })

  test('bytes after a frame that are none are refused', () => {
    expect(() => lz4.decompress(Buffer.concat([frame, Buffer.alloc(9, 1)]), { maxBytes })).toThrow(
      'malformed',
    )
  })
})
