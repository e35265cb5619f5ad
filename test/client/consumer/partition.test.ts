import { describe, expect, it } from 'vitest'
import { Assignment } from '../../../src/client/consumer/assignment.ts'
import { doneItems, itemOf } from '../../../src/client/consumer/auto-commit.ts'
import type { Partition } from '../../../src/client/consumer/partition.ts'
import { PrefetchBudget } from '../../../src/client/consumer/prefetch.ts'
import { serde } from '../../../src/client/serde.ts'
import { KafkaError } from '../../../src/errors.ts'
import { batch, chunk, fetched, numbers, readablePartition } from './support.ts'

/** Hands out so many records, of which all but the last are done. */
function handOut(partition: Partition, count: number): void {
  const slice = partition.take(500)!
  slice.at += count
  slice.done = slice.at - 1
}

describe('O7, F5: an assignment epoch', () => {
  it('ends with a seek, a reset and the assignment, and is never used again', () => {
    const assignment = new Assignment(() => ({ key: serde.bytes, value: serde.bytes }))
    const partition = assignment.add({ topic: 't', partition: 0 })
    const epochs = [partition.epoch]
    partition.startAt({ offset: 5, leaderEpoch: -1 })
    epochs.push(partition.epoch)
    partition.reset('earliest')
    epochs.push(partition.epoch)
    assignment.remove(partition)
    epochs.push(partition.epoch)
    epochs.push(assignment.add({ topic: 't', partition: 0 }).epoch)
    expect(new Set(epochs).size).toBe(epochs.length)
    expect(assignment.holds(partition)).toBe(false)
  })

  it('does not end with a pause, a failure or a new leader: what is in hand still counts', () => {
    const partition = readablePartition()
    fetched(partition, batch({ at: 0, values: numbers(0, 9) }))
    handOut(partition, 3)
    const { epoch } = partition
    partition.isPaused = true
    partition.fail(new KafkaError('CORRUPT_RECORD', 'x'))
    expect(partition.epoch).toBe(epoch)
    expect(partition.donePosition?.offset).toBe(2)
    const slice = partition.slice!
    slice.done = slice.at
    partition.finish(slice)
    expect(partition.donePosition?.offset).toBe(3)
  })
})

describe('F5: an answer', () => {
  it('concerns the partition only while epoch, phase and position are those it was asked for', () => {
    const partition = readablePartition()
    const changes: ((partition: Partition) => void)[] = [
      (partition) => partition.startAt({ offset: 0, leaderEpoch: -1 }),
      (partition) => partition.fail(new KafkaError('CORRUPT_RECORD', 'x')),
      (partition) => partition.reset('latest'),
      (partition) => partition.end(),
    ]
    for (const change of changes) {
      partition.startAt({ offset: 0, leaderEpoch: -1 })
      const asked = partition.snapshot()
      expect(partition.concerns(asked)).toBe(true)
      change(partition)
      expect(partition.concerns(asked)).toBe(false)
    }
    partition.startAt({ offset: 0, leaderEpoch: -1 })
    const asked = partition.snapshot()
    fetched(partition, batch({ at: 0, values: ['0'] }))
    expect(partition.concerns(asked)).toBe(false)
  })

  it('is waited for once; a question that a seek overtook is asked anew at once', () => {
    const partition = readablePartition()
    partition.reset('latest')
    const asked = partition.ask()
    expect(partition.isAsking).toBe(true)
    partition.reset('earliest')
    expect(partition.isAsking).toBe(false)
    const again = partition.ask()
    expect(partition.answered(asked)).toBe(false)
    expect(partition.isAsking).toBe(true)
    expect(partition.answered(again)).toBe(true)
    expect(partition.isAsking).toBe(false)
  })
})

describe('what is buffered', () => {
  it('is let go for room and fetched again from the next record to hand out', () => {
    let released = 0
    const partition = readablePartition()
    const onRelease = () => released++
    partition.buffer(chunk(partition, [batch({ at: 0, values: numbers(0, 9) })], { onRelease }))
    partition.buffer(chunk(partition, [batch({ at: 10, values: numbers(10, 19) })], { onRelease }))
    handOut(partition, 4)
    expect(partition.fetchOffset).toBe(20)
    partition.dropBuffered()
    expect(released).toBe(2)
    expect(partition.fetchOffset).toBe(4)
    expect(partition.position?.offset).toBe(4)
    expect(partition.donePosition?.offset).toBe(3)
    expect(partition.bufferedBytes).toBe(0)
  })

  it('F1: goes when the log was truncated below it; what the loop has not seen is fetched anew', () => {
    const partition = readablePartition()
    fetched(partition, batch({ at: 0, values: numbers(0, 9) }))
    handOut(partition, 4)
    partition.validateFor(9)
    expect(partition.phase.name).toBe('validating')
    expect(partition.truncated(3, 9)).toBe(false)
    expect(partition.truncated(5, 9)).toBe(true)
    expect([partition.phase.name, partition.fetchOffset]).toEqual(['fetching', 4])
  })
})

describe('F1: a position is validated', () => {
  it('for a leader of a newer epoch than that of the last record, once', () => {
    const partition = readablePartition()
    partition.startAt({ offset: 5, leaderEpoch: 3 })
    expect(partition.validateFor(-1)).toBe(false)
    expect(partition.validateFor(3)).toBe(false)
    expect(partition.validateFor(4)).toBe(true)
    expect(partition.isFetchable).toBe(false)
    partition.validated(4)
    expect(partition.validateFor(4)).toBe(false)
    expect(partition.validateFor(5)).toBe(true)
  })

  it('not when its epoch is not known', () => {
    const partition = readablePartition()
    partition.startAt({ offset: 5, leaderEpoch: -1 })
    expect(partition.validateFor(4)).toBe(false)
  })
})

describe('O2: what an automatic commit commits', () => {
  it('is what is done, where the group does not have it; under one epoch never backwards', () => {
    const partition = readablePartition()
    fetched(partition, batch({ at: 0, values: numbers(0, 9) }))
    handOut(partition, 4)
    const items = () => doneItems([partition]).map(({ offset, leaderEpoch }) => ({ offset, leaderEpoch }))
    expect(items()).toEqual([{ offset: 3, leaderEpoch: 3 }])
    partition.committed = { offset: 3, epoch: partition.epoch }
    expect(items()).toEqual([])
    // commit(record) went ahead of what is done.
    partition.committed = { offset: 8, epoch: partition.epoch }
    expect(items()).toEqual([])
    // A seek back is another matter.
    partition.startAt({ offset: 1, leaderEpoch: -1 })
    expect(items()).toEqual([{ offset: 1, leaderEpoch: -1 }])
  })

  it('is nothing while the position is not known', () => {
    const partition = readablePartition()
    partition.reset('earliest')
    expect(doneItems([partition])).toEqual([])
  })

  it('carries the epoch it was done under', () => {
    const partition = readablePartition()
    const { held } = itemOf(partition, { offset: 1, leaderEpoch: 0 })
    expect(held).toEqual({ partition, epoch: partition.epoch })
  })
})

describe('F10: the prefetch budget', () => {
  it('is shared by what is buffered and what is on its way', () => {
    const budget = new PrefetchBudget(100)
    expect(budget.allowance(1, 60)).toBe(60)
    const settle = budget.reserve(60)
    expect(budget.free).toBe(40)
    settle(50)
    expect(budget.free).toBe(50)
    expect(budget.allowance(1, 60)).toBe(50)
    budget.reserve(30)
    expect(budget.allowance(1, 60)).toBe(0)
    budget.release(50)
    expect(budget.free).toBe(70)
  })

  it('is shared evenly by the brokers, and always allows a byte', () => {
    const budget = new PrefetchBudget(100)
    expect(budget.allowance(4, 60)).toBe(25)
    expect(new PrefetchBudget(1).allowance(4, 60)).toBe(1)
  })

  it('leaves out a partition that has enough: half its share, or two fetches', () => {
    const budget = new PrefetchBudget(100)
    expect(budget.enoughFor(2, 1_000)).toBe(25)
    expect(budget.enoughFor(1, 10)).toBe(20)
    expect(budget.enoughFor(1_000_000, 10)).toBe(1)
  })
})
