// Our own zstd against Node's, which is libzstd: what either writes the other reads, and what one refuses the other does.

import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import zlib from 'node:zlib'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { zstd } from '../../src/protocol/compression/zstd/codec.ts'
import { xxhash64Low } from '../../src/protocol/compression/zstd/xxhash64.ts'
import { inputs, jsonRecords, shapedBytes } from './compression-inputs.ts'
import { ALL_ZSTD_PARTS, zstdParts } from './compression-zstd-parts.ts'

const { constants } = zlib
const maxBytes = 2 ** 27
const LEVELS = Array.from({ length: 30 }, (_, i) => i - 7)

type Settings = { readonly [parameter: number]: number }

const theirs = (input: Uint8Array, params: Settings = {}): Buffer => zlib.zstdCompressSync(input, { params })
const ours = (bytes: Uint8Array, most = maxBytes): Buffer =>
  zstd.decompress(bytes, { maxBytes: most }) as Buffer

/** A frame written by hand: header bytes after the magic number, then blocks. */
const frame = (header: number[], ...blocks: Buffer[]): Buffer =>
  Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, ...header]), ...blocks])

function block(type: 0 | 1 | 2 | 3, size: number, content: number[], isLast = true): Buffer {
  const header = Buffer.alloc(3)
  header.writeUIntLE(Number(isLast) | (type << 1) | (size << 3), 0, 3)
  return Buffer.concat([header, Buffer.from(content)])
}

/** No content size, a window of 128 KiB. */
const PLAIN_HEADER = [0x00, 7 << 3]

afterEach(() => vi.restoreAllMocks())

describe('what Node writes, we read', () => {
  const seen = new Set<string>()

  test.each(LEVELS)('at level %i', (level) => {
    for (const [name, whole] of inputs) {
      // The highest take their time.
      const input = whole.subarray(0, level < 16 ? whole.length : 140_000)
      const compressed = theirs(input, {
        [constants.ZSTD_c_compressionLevel]: level,
        [constants.ZSTD_c_checksumFlag]: level & 1,
      })
      expect(ours(compressed).equals(input), name).toBe(true)
      for (const part of zstdParts(compressed)) seen.add(part)
    }
  })

  test('any bytes, with any settings', () => {
    fc.assert(
      fc.property(
        shapedBytes(250_000),
        fc.record({
          [constants.ZSTD_c_compressionLevel]: fc.integer({ min: -7, max: 16 }),
          [constants.ZSTD_c_checksumFlag]: fc.nat(1),
          [constants.ZSTD_c_contentSizeFlag]: fc.nat(1),
          [constants.ZSTD_c_windowLog]: fc.oneof(fc.constant(0), fc.integer({ min: 10, max: 21 })),
          [constants.ZSTD_c_strategy]: fc.nat(9),
          [constants.ZSTD_c_minMatch]: fc.constantFrom(0, 3, 4, 5, 6, 7),
          [constants.ZSTD_c_enableLongDistanceMatching]: fc.nat(1),
        }),
        (input, settings) => {
          const compressed = theirs(input, settings)
          expect(ours(compressed).equals(input)).toBe(true)
          for (const part of zstdParts(compressed)) seen.add(part)
        },
      ),
      { numRuns: 100 },
    )
  })

  test('written as a stream, flushed where it likes, with an unknown size', async () => {
    const input = Buffer.concat(inputs.map(([, bytes]) => bytes))
    const stream = zlib.createZstdCompress({ params: { [constants.ZSTD_c_checksumFlag]: 1 } })
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    for (let at = 0, size = 1; at < input.length; at += size, size = (size * 3) % 70_001) {
      stream.write(input.subarray(at, at + size))
      await new Promise<void>((resolve) => stream.flush(resolve))
    }
    stream.end()
    await once(stream, 'end')
    const compressed = Buffer.concat(chunks)
    expect(ours(compressed).equals(input)).toBe(true)
    for (const part of zstdParts(compressed)) seen.add(part)
  })

  test('many blocks that are alike, which repeat the tables of those before', () => {
    const input = jsonRecords(700_000)
    const compressed = theirs(input, { [constants.ZSTD_c_compressionLevel]: 16 })
    expect(ours(compressed).equals(input)).toBe(true)
    for (const part of zstdParts(compressed)) seen.add(part)
  })

  test('8 MiB and more, with matches far back', () => {
    const piece = inputs.find(([name]) => name === 'noise')![1]
    const text = inputs.find(([name]) => name === 'text')![1]
    const input = Buffer.concat([piece, Buffer.alloc(8 * 2 ** 20, text), piece])
    for (const level of [1, 3, 12]) {
      const compressed = theirs(input, {
        [constants.ZSTD_c_compressionLevel]: level,
        [constants.ZSTD_c_windowLog]: 27,
        [constants.ZSTD_c_enableLongDistanceMatching]: 1,
        [constants.ZSTD_c_checksumFlag]: 1,
        [constants.ZSTD_c_contentSizeFlag]: level & 1,
      })
      expect(ours(compressed).equals(input)).toBe(true)
    }
  })

  test('that was everything the format has', () => {
    // It does not come to 32,512 sequences in a block; we do, below.
    expect(ALL_ZSTD_PARTS.filter((part) => !seen.has(part))).toEqual(['three-byte count'])
  })
})

describe('what we write, Node reads, and so do we', () => {
  const seen = new Set<string>()
  const expectBack = (input: Buffer, level?: number): void => {
    const compressed = zstd.compress(input, level) as Buffer
    expect(zlib.zstdDecompressSync(compressed).equals(input)).toBe(true)
    expect(ours(compressed).equals(input)).toBe(true)
    for (const part of zstdParts(compressed)) seen.add(part)
  }

  test.each([-131_072, ...LEVELS])('at level %i', (level) => {
    // The highest take seconds for what repeats much.
    for (const [, input] of inputs) expectBack(input.subarray(0, level < 12 ? input.length : 70_000), level)
  })

  test('any bytes', () => {
    fc.assert(fc.property(shapedBytes(250_000), fc.integer({ min: -7, max: 8 }), expectBack), {
      numRuns: 150,
    })
  })

  test('of every size up to where headers change', () => {
    const text = inputs.find(([name]) => name === 'text')![1]
    for (let size = 0; size < 1200; size++) expectBack(text.subarray(size, 2 * size))
    for (const size of [16_383, 16_384, 65_791, 65_792, 131_071, 131_072, 131_073]) {
      expectBack(text.subarray(0, size))
    }
  })

  test('more than a window, many blocks', () => {
    const input = Buffer.alloc(8 * 2 ** 20, inputs.find(([name]) => name === 'text')![1])
    expectBack(input)
    expectBack(input.subarray(1), 1)
  })

  test('the most sequences: pieces of four bytes, of which no two ever follow each other again', () => {
    const pieces = Array.from({ length: 256 }, (_, i) =>
      Buffer.from([i, i * 167 + 13, i * 91 + 7, i * 29 + 101]),
    )
    const pairs = pieces.flatMap((piece, i) => [
      piece,
      ...pieces.slice(i + 1).flatMap((other) => [piece, other]),
    ])
    expectBack(Buffer.concat(pairs))
  })

  test('all that it uses of the format was read', () => {
    const unused = ['no content size', 'checksum', 'treeless literals']
    const repeated = ALL_ZSTD_PARTS.filter((part) => part.startsWith('repeated'))
    const used = ALL_ZSTD_PARTS.filter((part) => !unused.includes(part) && !repeated.includes(part))
    expect(used.filter((part) => !seen.has(part))).toEqual([])
  })

  test('it is not larger than the input but for a few bytes, and higher levels make it smaller', () => {
    for (const [, input] of inputs) {
      expect(zstd.compress(input).length).toBeLessThanOrEqual(
        input.length + 12 + 3 * Math.ceil(input.length / 2 ** 17),
      )
    }
    const records = jsonRecords(200_000)
    const sizes = [1, 3, 6, 12].map((level) => zstd.compress(records, level).length)
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a))
    expect(new Set(sizes).size).toBe(sizes.length)
    expect(sizes[1]).toBeLessThan(theirs(records).length * 1.1)
  })
})

test('frames one after the other, with skippable ones between them, are one', () => {
  const skippable = Buffer.from('532a4d1803000000aabbcc', 'hex')
  const parts = [theirs(Buffer.from('ab')), skippable, zstd.compress(Buffer.from('cd')), skippable]
  expect(ours(Buffer.concat(parts)).toString()).toBe('abcd')
  expect(ours(skippable).length).toBe(0)
  // A frame does not reach back into the one before.
  const looksBack = frame(PLAIN_HEADER, block(2, 6, [0x00, 0x01, 0x00, 0x20, 0x00, 0x01]))
  expect(() => ours(Buffer.concat([theirs(Buffer.alloc(100)), looksBack]))).toThrow('malformed')
})

describe('S5: what is malformed is refused by name', () => {
  test.each<[what: string, bytes: Buffer, message: string]>([
    ['nothing', Buffer.alloc(0), 'cut off'],
    ['no frame', Buffer.from('hello, world'), 'malformed zstd frame'],
    [
      'bytes after the frame',
      Buffer.concat([theirs(Buffer.from('a')), Buffer.from('b')]),
      'malformed zstd frame',
    ],
    ['a skippable frame that is cut off', Buffer.from('502a4d1804000000aabbcc', 'hex'), 'cut off'],
    ['no block', frame(PLAIN_HEADER), 'cut off'],
    ['a block that is cut off', frame(PLAIN_HEADER, block(0, 9, [1, 2])), 'cut off'],
    ['a run without its byte', frame(PLAIN_HEADER, block(1, 9, [])), 'cut off'],
    ['no last block', frame(PLAIN_HEADER, block(0, 1, [1], false)), 'cut off'],
    ['a checksum that is cut off', frame([0x04, 56], block(0, 1, [1]), Buffer.alloc(3)), 'cut off'],
    ['a wrong checksum', frame([0x04, 56], block(0, 1, [1]), Buffer.alloc(4)), 'checksum is wrong'],
    ['the reserved kind of block', frame(PLAIN_HEADER, block(3, 1, [1])), 'block type'],
    ['a reserved bit', frame([0x08, 56], block(0, 1, [1])), 'frame header'],
    ['a dictionary', frame([0x01, 56, 7], block(0, 1, [1])), 'dictionaries are not supported'],
    ['a block larger than its frame may have', frame([0x00, 0], block(1, 1025, [1])), 'block size'],
    ['more than a frame says', frame([0x20, 2], block(1, 2, [1], false), block(1, 2, [1])), 'size it tells'],
    ['less than a frame says', frame([0x20, 2], block(1, 1, [1])), 'size it tells'],
    ['a window of 256 MiB', frame([0x00, 18 << 3], block(0, 1, [1])), 'window of 268435456 bytes'],
    [
      'one segment of 4 GiB',
      frame([0xa0, 255, 255, 255, 255], block(0, 1, [1])),
      'window of 4294967295 bytes',
    ],
    ['literals longer than their block', frame(PLAIN_HEADER, block(2, 2, [0xf8, 0])), 'literals'],
    [
      'treeless literals in the first block',
      frame(PLAIN_HEADER, block(2, 6, [0x13, 0x40, 0, 1, 0, 0])),
      'literals',
    ],
    [
      'repeated tables in the first block',
      frame(PLAIN_HEADER, block(2, 5, [0x08, 7, 1, 0xfc, 1])),
      'sequences',
    ],
    [
      'an offset before the beginning',
      frame(PLAIN_HEADER, block(2, 8, [8, 7, 1, 0x54, 0, 5, 0, 0x20])),
      'offset',
    ],
    ['a reserved bit of sequences', frame(PLAIN_HEADER, block(2, 5, [0x08, 7, 1, 0x01, 1])), 'sequences'],
    ['sequences of no length', frame(PLAIN_HEADER, block(2, 2, [0x08, 7])), 'sequences'],
    ['bytes after no sequences', frame(PLAIN_HEADER, block(2, 4, [0x08, 7, 0, 1])), 'sequences'],
  ])('%s', (_, bytes, message) => {
    expect(() => ours(bytes)).toThrow(message)
    // Node is content with a good frame, whatever comes after it.
    if (!_.startsWith('bytes after the frame')) expect(() => zlib.zstdDecompressSync(bytes)).toThrow()
  })

  test('any truncation', () => {
    for (const [, input] of inputs) {
      const compressed = theirs(input.subarray(0, 40_000), { [constants.ZSTD_c_checksumFlag]: 1 })
      const step = 1 + (compressed.length >> 9)
      for (let end = 0; end < compressed.length; end += step) {
        expect(() => ours(compressed.subarray(0, end))).toThrow(/^(malformed|zstd content checksum)/)
      }
    }
  })

  test('changed bits, found by the checksum at the latest', () => {
    const samples = inputs.map(([, input]) => {
      const bytes = input.subarray(0, 3000)
      return { bytes, compressed: theirs(bytes, { [constants.ZSTD_c_checksumFlag]: 1 }) }
    })
    fc.assert(
      fc.property(fc.constantFrom(...samples), fc.nat(), fc.nat(7), ({ bytes, compressed }, where, bit) => {
        const changed = Buffer.from(compressed)
        changed[where % changed.length]! ^= 1 << bit
        const result = attempt(() => ours(changed))
        // A few bits mean nothing: of the window, where the content is small.
        expect(typeof result === 'string' || result.equals(bytes)).toBe(true)
      }),
      { numRuns: 5000 },
    )
  })

  test('changed bits without a checksum: Node and we agree on what they make, or that they make nothing', () => {
    const samples = inputs.flatMap(([, input]) =>
      [1, 3, 19].map((level) =>
        theirs(input.subarray(0, 3000), {
          [constants.ZSTD_c_compressionLevel]: level,
          [constants.ZSTD_c_contentSizeFlag]: level & 1,
        }),
      ),
    )
    const change = fc.tuple(fc.nat(), fc.nat(7))
    let both = 0
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        (sample, changes) => {
          const changed = Buffer.from(sample)
          for (const [where, bit] of changes) changed[where % changed.length]! ^= 1 << bit
          const most = 100_000
          const mine = attempt(() => ours(changed, most))
          const its = attempt(() => zlib.zstdDecompressSync(changed, { maxOutputLength: most }))
          if (typeof mine !== 'string') {
            expect(mine.length).toBeLessThanOrEqual(most)
            expect(typeof its !== 'string' && its.equals(mine)).toBe(true)
            both++
          } else if (typeof its !== 'string') {
            // It leaves out what follows a frame, and does not look whether a stream of literals ends where it should.
            expect(mine).toMatch(/^malformed zstd (frame|literals|bit stream)/)
          }
        },
      ),
      { numRuns: 10_000 },
    )
    expect(both).toBeGreaterThan(1000)
  })
})

describe('S5: memory is taken for what the input makes, not for what it claims', () => {
  const allocated = (run: () => unknown): number => {
    const spy = vi.spyOn(Buffer, 'allocUnsafe')
    attempt(run)
    const sizes = spy.mock.calls.map(([size]) => size)
    spy.mockRestore()
    expect(sizes.length).toBeGreaterThan(0)
    return Math.max(...sizes)
  }

  test('a frame that claims 128 MiB and holds nothing', () => {
    const claims = frame([0xa0, 0, 0, 0, 8], block(0, 1, [1]))
    expect(allocated(() => ours(claims, 2 ** 30))).toBeLessThan(10_000)
  })

  test('blocks that claim the most, and end before they make it', () => {
    const claims = frame(
      PLAIN_HEADER,
      ...Array.from({ length: 50 }, () => block(2, 3, [0xf4, 0xff, 0xff], false)),
    )
    expect(allocated(() => ours(claims, 2 ** 30))).toBeLessThan(10_000)
  })

  test('runs of 128 KiB, four bytes each, up to the bound and not beyond', () => {
    const bomb = frame(PLAIN_HEADER, ...Array.from({ length: 1000 }, () => block(1, 2 ** 17, [7], false)))
    const bound = 5 * 2 ** 20
    expect(() => ours(bomb, bound)).toThrow(`more than the ${bound} bytes allowed`)
    expect(allocated(() => ours(bomb, bound))).toBeLessThanOrEqual(bound + 100)
  })

  test('a bomb of matches', () => {
    const bomb = theirs(Buffer.alloc(2 ** 26), { [constants.ZSTD_c_contentSizeFlag]: 0 })
    expect(bomb.length).toBeLessThan(10_000)
    expect(() => ours(bomb, 2 ** 20)).toThrow(`more than the ${2 ** 20} bytes allowed`)
    expect(ours(bomb, 2 ** 26).length).toBe(2 ** 26)
  })

  test('what was made keeps no more memory than it needs', () => {
    const input = Buffer.alloc(100_000, 'abc')
    expect(ours(theirs(input, { [constants.ZSTD_c_contentSizeFlag]: 0 })).buffer.byteLength).toBeLessThan(
      220_000,
    )
  })
})

test('xxhash64 of known inputs', () => {
  expect(xxhash64Low(Buffer.from(''))).toBe(0x51d8e999)
  expect(xxhash64Low(Buffer.from('a'))).toBe(0xa98c6e5b)
  expect(xxhash64Low(Buffer.from('abc'))).toBe(0xad770999)
  expect(xxhash64Low(Buffer.from('xxabcxx'), 2, 5)).toBe(0xad770999)
})

function attempt<Result>(run: () => Result): Result | string {
  try {
    return run()
  } catch (error) {
    expect(error).toBeInstanceOf(Error)
    expect(error).not.toBeInstanceOf(TypeError)
    return (error as Error).message
  }
}
