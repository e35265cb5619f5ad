import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import type { Partition } from '../../../src/client/consumer/partition.ts'
import { CorruptRecordError } from '../../../src/errors.ts'
import { transactionMarker } from '../../../src/protocol/records/control.ts'
import { restampOffset } from '../../../src/protocol/records/rewrite.ts'
import { batch, chunk, numbers, readablePartition } from './support.ts'

/** All that a chunk shows from a position on, and the position after it. */
function walk(partition: Partition, fetched: ReturnType<typeof chunk>, position = 0, max = 500) {
  const values: unknown[] = []
  const offsets: number[] = []
  let next = position
  while (!fetched.isFinished) {
    const slice = fetched.take(partition, next, max)
    for (const record of slice.records) {
      values.push(record.value)
      offsets.push(record.offset)
    }
    next = slice.nextOffset
  }
  return { values, offsets, next }
}

const producer = { producerId: 5n, producerEpoch: 0, baseSequence: 0, transactional: true }

function marker(type: 'abort' | 'commit', at: number, producerId = 5n): Buffer {
  const bytes = Buffer.from(
    transactionMarker(type, { producerId, producerEpoch: 0, coordinatorEpoch: 1, timestamp: 1 }),
  )
  restampOffset(bytes, at, 3)
  return bytes
}

describe('what a fetch brought for a partition', () => {
  it('is handed out in order, in slices of at most so many records', () => {
    const partition = readablePartition()
    const bytes = [batch({ at: 0, values: numbers(0, 6) }), batch({ at: 7, values: numbers(7, 9) })]
    const fetched = chunk(partition, bytes)
    const sizes: number[] = []
    let position = 0
    while (!fetched.isFinished) {
      const slice = fetched.take(partition, position, 4)
      sizes.push(slice.records.length)
      expect(slice.records.map(({ value }) => value)).toEqual(
        numbers(position, position + slice.records.length - 1),
      )
      position = slice.nextOffset
    }
    expect(sizes).toEqual([4, 4, 2])
    expect(position).toBe(10)
  })

  it('F7: begins at the position, also inside a batch', () => {
    const partition = readablePartition()
    const fetched = chunk(partition, [
      batch({ at: 0, values: numbers(0, 4) }),
      batch({ at: 5, values: numbers(5, 9) }),
    ])
    expect(walk(partition, fetched, 7)).toEqual({ values: ['7', '8', '9'], offsets: [7, 8, 9], next: 10 })
  })

  it('F7: the position passes what was compacted away, and batches without records', () => {
    const partition = readablePartition()
    const fetched = chunk(partition, [
      batch({ at: 0, values: ['0', '1'], lastOffset: 9 }),
      batch({ at: 10, values: [], lastOffset: 19 }),
    ])
    expect(fetched.nextOffset).toBe(20)
    expect(walk(partition, fetched)).toEqual({ values: ['0', '1'], offsets: [0, 1], next: 20 })
  })

  it('F6: a batch that was cut at the end is left for the next fetch', () => {
    const partition = readablePartition()
    const whole = batch({ at: 0, values: ['0'] })
    const fetched = chunk(partition, [whole, batch({ at: 1, values: ['1'] }).subarray(0, 40)])
    expect(fetched.nextOffset).toBe(1)
    expect(walk(partition, fetched)).toMatchObject({ values: ['0'], next: 1 })
    expect(chunk(partition, [whole.subarray(0, 40)]).batchCount).toBe(0)
  })

  it('T8: control records are never shown, and the position passes them', () => {
    const partition = readablePartition()
    const fetched = chunk(partition, [batch({ at: 0, values: ['0'], ...producer }), marker('commit', 1)])
    expect(walk(partition, fetched)).toEqual({ values: ['0'], offsets: [0], next: 2 })
  })

  it('T8: an aborted transaction is dropped up to its marker, and no further, in whatever order it is listed', () => {
    const partition = readablePartition()
    const other = { ...producer, producerId: 6n }
    const bytes = [
      batch({ at: 0, values: ['aborted'], ...producer }),
      batch({ at: 1, values: ['of another'], ...other }),
      batch({ at: 2, values: ['plain'] }),
      marker('abort', 3),
      batch({ at: 4, values: ['committed'], ...producer }),
      marker('commit', 5),
      batch({ at: 6, values: ['aborted again'], ...producer }),
      marker('abort', 7),
      marker('commit', 8, 6n),
    ]
    const abortedTransactions = [
      { producerId: 5n, firstOffset: 6 },
      { producerId: 5n, firstOffset: 0 },
    ]
    const read = walk(partition, chunk(partition, bytes, { abortedTransactions }))
    expect(read).toEqual({ values: ['of another', 'plain', 'committed'], offsets: [1, 2, 4], next: 9 })
  })

  it('T8: the aborted transactions of one answer say nothing of the next', () => {
    const partition = readablePartition()
    const aborted = [{ producerId: 5n, firstOffset: 0 }]
    const first = chunk(partition, [batch({ at: 0, values: ['x'], ...producer })], {
      abortedTransactions: aborted,
    })
    expect(walk(partition, first).values).toEqual([])
    const second = chunk(partition, [batch({ at: 1, values: ['y'], ...producer })])
    expect(walk(partition, second, 1).values).toEqual(['y'])
  })

  it('F8: a corrupt batch is an error with its place, after all before it was given', () => {
    const partition = readablePartition({ topic: 'orders', partition: 4 })
    const broken = batch({ at: 2, values: ['2', '3'] })
    broken[broken.length - 1]! ^= 1
    const fetched = chunk(partition, [batch({ at: 0, values: ['0', '1'] }), broken])
    const slice = fetched.take(partition, 0, 500)
    expect(slice.records.map(({ value }) => value)).toEqual(['0', '1'])
    expect(slice.nextOffset).toBe(2)
    const read = () => fetched.take(partition, 2, 500)
    expect(read).toThrow(CorruptRecordError)
    expect(read).toThrow(/offset 2 of topic orders partition 4/)
    expect(fetched.isFinished).toBe(false)
  })

  it('F8: bytes that are no batch stop the partition there, and nothing is fetched behind them', () => {
    const partition = readablePartition()
    const noBatch = batch({ at: 1, values: ['1'] })
    noBatch[16] = 9
    const fetched = chunk(partition, [batch({ at: 0, values: ['0'] }), noBatch])
    expect(fetched.isBroken).toBe(true)
    expect(fetched.nextOffset).toBe(1)
    expect(fetched.take(partition, 0, 500).records).toHaveLength(1)
    expect(() => fetched.take(partition, 1, 500)).toThrow(/magic 9/)
  })

  it('checkCrcs: false reads what its checksum denies', () => {
    const partition = readablePartition()
    const changed = batch({ at: 0, values: ['0'] })
    changed[17]! ^= 1
    expect(walk(partition, chunk(partition, [changed], { checkCrcs: false })).values).toEqual(['0'])
  })

  it('says once when its bytes are not needed any more', () => {
    let released = 0
    const partition = readablePartition()
    const fetched = chunk(partition, [batch({ at: 0, values: ['0'] })], { onRelease: () => released++ })
    fetched.release()
    fetched.release()
    expect(released).toBe(1)
  })
})
