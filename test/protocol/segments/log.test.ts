import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openBatch } from '../../../src/protocol/records/cursor.ts'
import { type ReadSegmentOptions, readSegment } from '../../../src/protocol/segments/log.ts'
import { bufferSource } from '../../../src/protocol/segments/source.ts'
import { all, batchOf, counting } from './segment-files.ts'

/** Each part in short: `0: 0-2` for a batch, `70: cut 12` for damage. */
async function partsOf(bytes: Buffer, options?: ReadSegmentOptions): Promise<string[]> {
  const parts = await all(readSegment(bufferSource(bytes), options))
  return parts.map((part) =>
    part.kind === 'batch'
      ? `${part.position}: ${part.header.baseOffset}-${part.header.lastOffset}`
      : `${part.position}: ${part.type} ${part.sizeBytes}`,
  )
}

const batches = [batchOf(10, 3), batchOf(13, 1), batchOf(20, 5)]
const [first, second, third] = batches.map((batch) => batch.length) as [number, number, number]
const log = Buffer.concat(batches)
const whole = ['0: 10-12', `${first}: 13-13`, `${first + second}: 20-24`]

describe('a log segment', () => {
  it('is its batches in order, with their records', async () => {
    const values: string[] = []
    for await (const part of readSegment(bufferSource(log))) {
      if (part.kind !== 'batch') throw new Error(part.reason)
      expect(part.header.partitionLeaderEpoch).toBe(3)
      for (const record of openBatch(await part.read())) values.push(`${record.offset}=${record.key}`)
    }
    expect(values).toEqual([10, 11, 12, 13, 20, 21, 22, 23, 24].map((offset) => `${offset}=key-${offset}`))
  })

  it('without bytes has no batches', async () => {
    expect(await partsOf(Buffer.alloc(0))).toEqual([])
  })

  it.each([1, 61, 100, 1_000_000])('is read in chunks of %i bytes to the same end', async (chunkBytes) => {
    expect(await partsOf(log, { chunkBytes })).toEqual(whole)
  })

  it('is read piece by piece: bodies that are not asked for are passed over', async () => {
    const large = Buffer.concat([batchOf(0, 100, 10_000), batchOf(100, 100, 10_000), batchOf(200, 1)])
    const source = counting(large)
    const parts = await all(readSegment(source, { chunkBytes: 4096 }))
    expect(parts.map(({ kind }) => kind)).toEqual(['batch', 'batch', 'batch'])
    expect(source.readBytes).toBeLessThan(3 * 4096 + 1)
    expect(source.largestRead).toBe(4096)
  })

  it('gives batches that stay as they are when the next are read', async () => {
    const parts = await all(readSegment(bufferSource(log), { chunkBytes: 64 }))
    const kept = await Promise.all(parts.map((part) => (part.kind === 'batch' ? part.read() : undefined)))
    for (const batch of kept) batch!.checkCrc()
    expect(kept.map((batch) => batch!.baseOffset)).toEqual([10, 13, 20])
  })

  it('refuses to read a batch that is larger than it may be, and goes on behind it', async () => {
    const parts = await all(readSegment(bufferSource(log), { maxBatchBytes: first - 1 }))
    const [large, small] = parts
    if (large?.kind !== 'batch' || small?.kind !== 'batch') throw new Error('batches are expected')
    await expect(large.read()).rejects.toThrow(
      `it is ${first} bytes long, more than the ${first - 1} allowed`,
    )
    expect((await small.read()).baseOffset).toBe(13)
  })
})

describe('damage in a log segment', () => {
  it('a batch that the end of the file cuts is told, wherever it is cut', async () => {
    for (let length = 1; length < third; length++) {
      const bytes = log.subarray(0, first + second + length)
      const parts = await all(readSegment(bufferSource(bytes)))
      expect(parts.slice(0, 2).every(({ kind }) => kind === 'batch')).toBe(true)
      // The first bytes of an offset are zeros.
      const type = length < 8 ? 'zeros' : 'cut'
      expect(parts.slice(2)).toMatchObject([
        { kind: 'damage', position: first + second, sizeBytes: length, type },
      ])
    }
  })

  it('zeros at the end are told as such, however many', async () => {
    for (const count of [1, 16, 17, 61, 1000, 1_000_000]) {
      const bytes = Buffer.concat([log, Buffer.alloc(count)])
      expect(await partsOf(bytes)).toEqual([...whole, `${log.length}: zeros ${count}`])
    }
  })

  it('an unknown format, a length that cannot be, or garbage is passed over to the next whole batch', async () => {
    const from = first
    for (const [at, byte] of [
      [16, 9], // magic
      [11, 3], // length: too short
      [8, 0x7f], // length: beyond the end
      [8, 0xff], // length: negative
      [0, 0xff], // offset: negative
    ] as const) {
      const bytes = Buffer.from(log)
      bytes[from + at] = byte
      const parts = await partsOf(bytes)
      expect(parts).toEqual([whole[0], `${from}: malformed ${second}`, whole[2]])
    }
    const garbage = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251))
    const bytes = Buffer.concat([batches[0]!, garbage, batches[2]!])
    expect(await partsOf(bytes)).toEqual([whole[0], `${first}: malformed 5000`, `${first + 5000}: 20-24`])
  })

  it('goes on only with a batch whose checksum is right, and whose offsets are not lower', async () => {
    const broken = Buffer.from(log)
    broken[first + 16] = 9
    broken[first + second + 70]! ^= 1
    expect(await partsOf(broken)).toEqual([whole[0], `${first}: malformed ${second + third}`])
    const lower = Buffer.concat([batches[2]!, Buffer.alloc(100, 7), batches[0]!])
    expect(await partsOf(lower)).toEqual(['0: 20-24', `${third}: malformed ${100 + first}`])
  })

  it('is not searched without end in a file full of what could be batches', async () => {
    // Each 61 bytes say that they begin a batch that goes nearly to the end; no checksum is right.
    const count = 4000
    const bytes = Buffer.alloc(61 * count)
    for (let i = 0; i < count; i++) {
      const start = 61 * i
      bytes.writeInt32BE(bytes.length - start - 12, start + 8)
      bytes[start + 16] = 2
    }
    bytes[16] = 9
    const source = counting(bytes)
    expect(await all(readSegment(source))).toMatchObject([{ kind: 'damage', position: 0, type: 'malformed' }])
    expect(source.readBytes).toBeLessThan(12 * bytes.length)
  })

  it('any bytes end, cover the file without gaps, and throw nothing', async () => {
    const flips = fc.array(fc.tuple(fc.nat(log.length - 1), fc.integer({ min: 0, max: 255 })), {
      maxLength: 6,
    })
    await fc.assert(
      fc.asyncProperty(
        flips,
        fc.nat(log.length),
        fc.integer({ min: 1, max: 200 }),
        async (flips, end, chunkBytes) => {
          const bytes = Buffer.from(log.subarray(0, end))
          for (const [at, byte] of flips) if (at < end) bytes[at] = byte
          let position = 0
          for await (const part of readSegment(bufferSource(bytes), { chunkBytes })) {
            expect(part.position).toBe(position)
            position += part.kind === 'batch' ? part.header.sizeBytes : part.sizeBytes
          }
          expect(position).toBe(end)
        },
      ),
    )
  })
})

it('a source that gives less than it said is an error', async () => {
  const source = { sizeBytes: log.length, read: async () => log.subarray(0, 10) }
  await expect(all(readSegment(source))).rejects.toThrow('bytes asked for at position 0, but 10 came')
})
