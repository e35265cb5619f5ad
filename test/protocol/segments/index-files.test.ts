import { describe, expect, it } from 'vitest'
import {
  readOffsetIndex,
  readTimeIndex,
  readTransactionIndex,
} from '../../../src/protocol/segments/index-files.ts'
import { bufferSource } from '../../../src/protocol/segments/source.ts'
import { all, counting, NOW, offsetIndex, timeIndex, transactionIndex } from './segment-files.ts'

describe('an offset index', () => {
  const entries = offsetIndex([4, 4_200], [9, 8_500], [2 ** 31 - 1, 2 ** 31 - 1])
  const read = [
    { offset: 1004, position: 4_200 },
    { offset: 1009, position: 8_500 },
    { offset: 1000 + 2 ** 31 - 1, position: 2 ** 31 - 1 },
  ]

  it('has offsets, counted from the base offset, and positions', async () => {
    expect(await all(readOffsetIndex(bufferSource(entries), 1000))).toEqual(read)
  })

  it('ends where nothing is written yet', async () => {
    const bytes = Buffer.concat([entries, Buffer.alloc(800)])
    expect(await all(readOffsetIndex(bufferSource(bytes), 1000))).toEqual(read)
    expect(await all(readOffsetIndex(bufferSource(Buffer.alloc(80)), 1000))).toEqual([])
    expect(await all(readOffsetIndex(bufferSource(Buffer.alloc(0)), 1000))).toEqual([])
  })

  it('of a large file that is mostly not written, little is read', async () => {
    const source = counting(Buffer.concat([entries, Buffer.alloc(10 * 1024 * 1024)]))
    await all(readOffsetIndex(source, 0))
    expect(source.readBytes).toBe(64 * 1024)
  })

  it('is refused where entries do not follow each other, are negative, or are cut; those before are given', async () => {
    const cases = [
      [offsetIndex([4, 100], [4, 200]), 'entry 1: offset 4 at 200 follows offset 4 at 100'],
      [offsetIndex([4, 100], [5, 100]), 'entry 1: offset 5 at 100 follows offset 4 at 100'],
      [offsetIndex([4, 100], [-1, 200]), 'entry 1: its offset or position is negative'],
      [offsetIndex([4, 100], [5, -1]), 'entry 1: its offset or position is negative'],
      [offsetIndex([4, 100], [5, 200]).subarray(0, 15), 'entry 1: it is cut: 7 of 8 bytes are there'],
    ] as const
    for (const [bytes, message] of cases) {
      const entries = readOffsetIndex(bufferSource(bytes), 0)
      expect((await entries.next()).value).toEqual({ offset: 4, position: 100 })
      await expect(entries.next()).rejects.toThrow(message)
    }
  })
})

describe('a time index', () => {
  it('has times, and offsets counted from the base offset; it ends where nothing is written yet', async () => {
    const bytes = Buffer.concat([timeIndex([NOW, 4], [NOW + 1, 4], [NOW + 5, 9]), Buffer.alloc(120)])
    expect(await all(readTimeIndex(bufferSource(bytes), 1000))).toEqual([
      { timestamp: NOW, offset: 1004 },
      { timestamp: NOW + 1, offset: 1004 },
      { timestamp: NOW + 5, offset: 1009 },
    ])
    expect(await all(readTimeIndex(bufferSource(Buffer.alloc(120)), 1000))).toEqual([])
  })

  it('may begin with the first record of its segment', async () => {
    expect(await all(readTimeIndex(bufferSource(timeIndex([NOW, 0])), 7))).toEqual([
      { timestamp: NOW, offset: 7 },
    ])
  })

  it('is refused where entries do not follow each other, or cannot be', async () => {
    const cases = [
      [timeIndex([NOW, 4], [NOW, 5]), `entry 1: timestamp ${NOW} of offset 5 follows ${NOW} of offset 4`],
      [
        timeIndex([NOW, 4], [NOW + 1, 3]),
        `entry 1: timestamp ${NOW + 1} of offset 3 follows ${NOW} of offset 4`,
      ],
      [timeIndex([NOW, 4], [NOW + 1, -3]), 'entry 1: its offset is negative'],
      [
        timeIndex([NOW, 4], [2 ** 60, 5]),
        'entry 1: 1152921504606846976 is beyond what a number holds exactly',
      ],
      [timeIndex([NOW, 4], [NOW + 1, 5]).subarray(0, 20), 'entry 1: it is cut: 8 of 12 bytes are there'],
    ] as const
    for (const [bytes, message] of cases) {
      const entries = readTimeIndex(bufferSource(bytes), 0)
      expect((await entries.next()).value).toEqual({ timestamp: NOW, offset: 4 })
      await expect(entries.next()).rejects.toThrow(message)
    }
  })
})

describe('an index of aborted transactions', () => {
  it('has their producers and offsets', async () => {
    const bytes = transactionIndex([4000n, 10, 15, 10], [2n ** 62n, 20, 22, 18])
    expect(await all(readTransactionIndex(bufferSource(bytes)))).toEqual([
      { producerId: 4000n, firstOffset: 10, lastOffset: 15, lastStableOffset: 10 },
      { producerId: 2n ** 62n, firstOffset: 20, lastOffset: 22, lastStableOffset: 18 },
    ])
  })

  it('is refused in a version that is not known, and where it is cut', async () => {
    const bytes = transactionIndex([1n, 1, 1, 1])
    bytes[1] = 1
    await expect(all(readTransactionIndex(bufferSource(bytes)))).rejects.toThrow(
      'entry 0: its version 1 is not known',
    )
    const cut = transactionIndex([1n, 1, 1, 1]).subarray(0, 33)
    await expect(all(readTransactionIndex(bufferSource(cut)))).rejects.toThrow('33 of 34 bytes are there')
  })
})
