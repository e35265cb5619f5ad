import { describe, expect, it } from 'vitest'
import { murmur2, toPositive } from '../../../src/client/producer/murmur2.ts'
import {
  type PartitionChoice,
  partitionByUser,
  partitionOfKey,
  StickyPartition,
} from '../../../src/client/producer/partitioner.ts'
import type { PartitionerInput } from '../../../src/client/producer/types.ts'
import { errorOf } from '../../support/failure.ts'

// What Java's Utils.murmur2 gives; test/interop/murmur2.test.ts asks Java itself, of many more.
const JAVA: readonly (readonly [key: string, hash: number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
]

function choiceOf(queues: readonly (number | null)[]): PartitionChoice {
  return {
    name: 'orders',
    partitionCount: queues.length,
    leaders: queues.map((queue, partition) => ({ partition, leader: queue === null ? -1 : 1 })),
    isAvailable: (partition) => queues[partition] !== null,
    queueLength: (partition) => queues[partition] ?? 0,
  }
}

describe('by key', () => {
  it.each(JAVA)("P14: the hash of '%s' is Java's", (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash)
    expect(partitionOfKey(key, 7)).toBe((hash & 0x7fffffff) % 7)
    expect(partitionOfKey(Buffer.from(key), 7)).toBe((hash & 0x7fffffff) % 7)
  })

  it('P14: a negative hash loses its sign bit, and not its sign', () => {
    expect([-1, -2_147_483_648, 0, 5].map(toPositive)).toEqual([2_147_483_647, 0, 0, 5])
  })

  it('P14: text of any length and script counts as its UTF-8 bytes', () => {
    for (const key of ['', 'ж', 'a'.repeat(24), 'a'.repeat(25), `${'a'.repeat(20)}ж`, 'ж'.repeat(5000)]) {
      expect(partitionOfKey(key, 1_000_003)).toBe(partitionOfKey(Buffer.from(key), 1_000_003))
    }
  })
})

describe('without a key', () => {
  it('P15: stays for at least batchSize bytes, then goes to another by chance', () => {
    const chances = [0, 0.99, 0]
    const sticky = new StickyPartition(1000, () => chances.shift() ?? 0)
    const choice = choiceOf([0, 0, 0])
    expect(sticky.current(choice)).toBe(0)
    sticky.used(999, choice)
    expect(sticky.current(choice)).toBe(0)
    sticky.used(1, choice)
    expect(sticky.current(choice)).toBe(2)
  })

  it('P15: the fewer batches wait for a partition, the likelier it is', () => {
    // Weights: 4, 1, 3.
    const choice = choiceOf([0, 3, 1])
    const chosen = Array.from({ length: 8 }, (_, i) => new StickyPartition(1, () => i / 8).current(choice))
    expect(chosen).toEqual([0, 0, 0, 0, 1, 2, 2, 2])
  })

  it('P15: leaves out partitions without a leader, unless none has one', () => {
    const choice = choiceOf([null, 0, null])
    expect([0, 0.5, 0.99].map((chance) => new StickyPartition(1, () => chance).current(choice))).toEqual([
      1, 1, 1,
    ])
    expect(new StickyPartition(1, () => 0.99).current(choiceOf([null, null]))).toBe(1)
  })

  it('P15: leaves a partition that loses its leader', () => {
    const sticky = new StickyPartition(1000, () => 0)
    expect(sticky.current(choiceOf([0, 0]))).toBe(0)
    expect(sticky.current(choiceOf([null, 0]))).toBe(1)
  })
})

describe("a user's partitioner", () => {
  const choice = choiceOf([0, 0, 0])

  it('is given key and value, before and after their serdes, and the partitions', () => {
    const value = { id: 1 }
    const partition = partitionByUser(
      (input) => {
        expect(input).toEqual({
          topic: 'orders',
          key: 7,
          keyBytes: Buffer.from('7'),
          value,
          valueBytes: Buffer.from('{"id":1}'),
          partitionCount: 3,
          partitions: [0, 1, 2].map((number) => ({ partition: number, leader: 1 })),
        })
        expect(input.value).toBe(value)
        return 2
      },
      choice,
      { key: 7, value },
      '7',
      Buffer.from('{"id":1}'),
    )
    expect(partition).toBe(2)
  })

  it('is given null where there is no key, and no value', () => {
    const given: unknown[] = []
    const remember = ({ key, keyBytes, value, valueBytes }: PartitionerInput) => {
      given.push(key, keyBytes, value, valueBytes)
      return 0
    }
    partitionByUser(remember, choice, { value: null }, null, null)
    expect(given).toEqual([null, null, null, null])
  })

  it.each([3, -1, 1.5, Number.NaN, '1', undefined])('must not return %s', (partition) => {
    const error = errorOf(() => partitionByUser(() => partition as number, choice, {}, null, null))
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', topic: 'orders' })
    expect(error.message).toContain('from 0 to 2')
  })

  it('that throws refuses the record, with its error as the cause', () => {
    const cause = new Error('no idea')
    const error = errorOf(() =>
      partitionByUser(
        () => {
          throw cause
        },
        choice,
        {},
        null,
        null,
      ),
    )
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', cause })
  })
})
