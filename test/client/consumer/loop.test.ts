import { describe, expect, it } from 'vitest'
import type { FetchedBatch } from '../../../src/client/consumer/batch.ts'
import { HandOut } from '../../../src/client/consumer/hand-out.ts'
import { Loops } from '../../../src/client/consumer/loop.ts'
import type { Partition } from '../../../src/client/consumer/partition.ts'
import type { FetchedRecord } from '../../../src/client/consumer/record.ts'
import { serde } from '../../../src/client/serde.ts'
import { KafkaError } from '../../../src/errors.ts'
import { batch, fetched, numbers, readablePartition } from './support.ts'

/** The loops of a consumer that holds these partitions, and what it committed. */
function consumerOf(...partitions: readonly Partition[]) {
  const handOut = new HandOut({ maxRecords: 500 })
  const commits: number[] = []
  const calls = { asked: 0, waiting: [] as boolean[], started: 0 }
  const loops = new Loops({
    handOut,
    commitBatch: async (_, { offset }) => {
      commits.push(offset)
    },
    start: () => calls.started++,
    asked: () => calls.asked++,
    wentOn: () => calls.asked++,
    waiting: (isWaiting) => calls.waiting.push(isWaiting),
  })
  for (const partition of partitions) handOut.offer(partition)
  return { handOut, loops, commits, calls }
}

/** A partition with the records 0 to `last`, in batches of five. */
function filled(last: number, options: Parameters<typeof readablePartition>[0] = {}): Partition {
  const partition = readablePartition(options)
  const batches = []
  for (let at = 0; at <= last; at += 5) {
    batches.push(batch({ at, values: numbers(at, Math.min(at + 4, last)) }))
  }
  fetched(partition, ...batches)
  return partition
}

async function take(records: AsyncIterator<FetchedRecord>, count: number): Promise<number[]> {
  const offsets: number[] = []
  while (offsets.length < count) {
    const { value, done } = await records.next()
    if (done === true) break
    offsets.push(value.offset)
  }
  return offsets
}

function iterate(loops: Loops, signal?: AbortSignal): AsyncIterator<FetchedRecord> {
  return loops.records(signal)[Symbol.asyncIterator]()
}

function done(partition: Partition): number | undefined {
  return partition.donePosition?.offset
}

describe('records: when is a record done?', () => {
  it('when the next is asked for, and not before', async () => {
    const partition = filled(4)
    const records = iterate(consumerOf(partition).loops)
    expect(await take(records, 1)).toEqual([0])
    expect(done(partition)).toBe(0)
    expect(partition.position?.offset).toBe(1)
    expect(await take(records, 1)).toEqual([1])
    expect(done(partition)).toBe(1)
  })

  it('the last one when the next is asked for, though there is none yet', async () => {
    const partition = filled(1)
    const records = iterate(consumerOf(partition).loops)
    await take(records, 2)
    expect(done(partition)).toBe(1)
    void records.next()
    await Promise.resolve()
    expect(done(partition)).toBe(2)
  })

  it('after break the record in hand is not done and comes again to the next loop', async () => {
    const partition = filled(9)
    const { loops } = consumerOf(partition)
    for await (const record of loops.records(undefined)) if (record.offset === 3) break
    expect(done(partition)).toBe(3)
    expect(await take(iterate(loops), 3)).toEqual([3, 4, 5])
  })

  it('after a throw in the body, too', async () => {
    const partition = filled(9)
    const { loops } = consumerOf(partition)
    const body = async () => {
      for await (const record of loops.records(undefined)) if (record.offset === 6) throw new Error('body')
    }
    await expect(body()).rejects.toThrow('body')
    expect(done(partition)).toBe(6)
    expect(await take(iterate(loops), 1)).toEqual([6])
  })

  it('F7: the position passes what follows the last record unseen when that is done', async () => {
    const partition = readablePartition()
    fetched(partition, batch({ at: 0, values: ['0'], lastOffset: 9 }))
    const records = iterate(consumerOf(partition).loops)
    await take(records, 1)
    expect(done(partition)).toBe(0)
    void records.next()
    await Promise.resolve()
    expect(done(partition)).toBe(10)
  })

  it('O2: of several partitions only the one in hand is held back', async () => {
    const [a, b] = [filled(4, { partition: 0 }), filled(4, { partition: 1 })]
    const records = iterate(consumerOf(a, b).loops)
    await take(records, 7)
    expect([done(a), done(b)]).toEqual([5, 1])
  })
})

describe('a loop', () => {
  it('is one at a time: a second iterator is refused until the first has ended', async () => {
    const { loops } = consumerOf(filled(9))
    const first = iterate(loops)
    await take(first, 1)
    await expect(iterate(loops).next()).rejects.toMatchObject({ code: 'INVALID_STATE' })
    await first.return?.()
    expect(await take(iterate(loops), 1)).toEqual([0])
  })

  it('is asked for one record at a time: next() while one is pending is refused, and harms nothing', async () => {
    const partition = readablePartition()
    const { loops, handOut } = consumerOf(partition)
    const records = iterate(loops)
    const first = records.next()
    await expect(records.next()).rejects.toMatchObject({ code: 'INVALID_STATE' })
    fetched(partition, batch({ at: 0, values: ['0'] }))
    handOut.offer(partition)
    expect((await first).value.offset).toBe(0)
  })

  it('ends normally after its body when it is stopped; what was in hand is done then', async () => {
    const partition = filled(9)
    const { loops } = consumerOf(partition)
    const offsets: number[] = []
    for await (const record of loops.records(undefined)) {
      offsets.push(record.offset)
      if (record.offset === 2) loops.stop()
    }
    expect(offsets).toEqual([0, 1, 2])
    expect(done(partition)).toBe(3)
    expect(await take(iterate(loops), 1)).toEqual([3])
  })

  it('that waits ends at once when it is stopped, or its signal aborts', async () => {
    const { loops } = consumerOf(readablePartition())
    const waiting = iterate(loops).next()
    loops.stop()
    expect(await waiting).toEqual({ done: true, value: undefined })
    const abort = new AbortController()
    const aborted = iterate(loops, abort.signal).next()
    abort.abort()
    expect((await aborted).done).toBe(true)
    expect((await iterate(loops, abort.signal).next()).done).toBe(true)
  })

  it('ends when return() is called while it waits', async () => {
    const { loops } = consumerOf(readablePartition())
    const records = iterate(loops)
    const waiting = records.next()
    await records.return?.()
    expect((await waiting).done).toBe(true)
  })

  it('that was stopped while a value was decoded hands out nothing more, and leaves room for the next', async () => {
    let decode = () => {}
    const value = serde.async<string>({
      serializeAsync: (text) => Buffer.from(text),
      deserializeAsync: (bytes) => new Promise((resolve) => (decode = () => resolve(bytes.toString()))),
    })
    const { loops } = consumerOf(filled(0, { value }))
    const records = iterate(loops)
    const pending = records.next()
    await new Promise(setImmediate)
    await records.return?.()
    decode()
    expect((await pending).done).toBe(true)
    expect(await take(iterate(loops), 1)).toEqual([0])
  })

  it('rejects once with what a partition failed with; the next loop goes on with the others', async () => {
    const [good, bad] = [filled(2, { partition: 0 }), filled(0, { partition: 1 })]
    const { loops, handOut } = consumerOf(good, bad)
    handOut.fail(bad, new KafkaError('OFFSET_OUT_OF_RANGE', 'gone'))
    await expect(iterate(loops).next()).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' })
    expect(await take(iterate(loops), 3)).toEqual([0, 1, 2])
  })

  it('does not tell of a failure that a seek has mended before', async () => {
    const [good, bad] = [filled(2, { partition: 0 }), filled(0, { partition: 1 })]
    const { loops, handOut } = consumerOf(good, bad)
    handOut.fail(bad, new KafkaError('OFFSET_OUT_OF_RANGE', 'gone'))
    bad.startAt({ offset: 0, leaderEpoch: -1 })
    expect(await take(iterate(loops), 1)).toEqual([0])
  })

  it('F8: rejects with a corrupt batch after all records before it', async () => {
    const partition = readablePartition()
    const broken = batch({ at: 2, values: ['2'] })
    broken[broken.length - 1]! ^= 1
    fetched(partition, batch({ at: 0, values: ['0', '1'] }), broken)
    const records = iterate(consumerOf(partition).loops)
    expect(await take(records, 2)).toEqual([0, 1])
    await expect(records.next()).rejects.toMatchObject({ code: 'CORRUPT_RECORD', offset: 2 })
    expect(done(partition)).toBe(2)
    expect(partition.phase.name).toBe('failed')
  })

  it('leaves a paused partition at once, and comes back to the same record', async () => {
    const [a, b] = [filled(4, { partition: 0 }), filled(4, { partition: 1 })]
    const { loops, handOut } = consumerOf(a, b)
    const records = iterate(loops)
    expect(await take(records, 2)).toEqual([0, 1])
    a.isPaused = true
    handOut.interrupt()
    const next = await records.next()
    expect([next.value.partition, next.value.offset]).toEqual([1, 0])
    expect(done(a)).toBe(2)
    a.isPaused = false
    handOut.offer(a)
    expect(await take(records, 7)).toEqual([1, 2, 3, 4, 2, 3, 4])
  })

  it('F5: goes where a seek in its body says; finishing the record in hand then moves nothing', async () => {
    const partition = filled(9)
    const { loops, handOut } = consumerOf(partition)
    const records = iterate(loops)
    await take(records, 5)
    partition.startAt({ offset: 2, leaderEpoch: -1 })
    handOut.interrupt()
    const next = records.next()
    await Promise.resolve()
    expect(done(partition)).toBe(2)
    fetched(partition, batch({ at: 0, values: numbers(0, 9) }))
    handOut.offer(partition)
    expect((await next).value.offset).toBe(2)
  })

  it('F5: a seek in the body of the last record fetched is not undone when that record is done', async () => {
    const partition = filled(4)
    const { loops, handOut } = consumerOf(partition)
    const records = iterate(loops)
    await take(records, 5)
    partition.startAt({ offset: 1, leaderEpoch: -1 })
    handOut.interrupt()
    void records.next()
    await Promise.resolve()
    expect([done(partition), partition.position?.offset]).toEqual([1, 1])
  })

  it('G4: hands out nothing while the membership is in doubt, and loses nothing', async () => {
    const { loops, handOut } = consumerOf(filled(4))
    const records = iterate(loops)
    await take(records, 2)
    handOut.suspend(true)
    const next = records.next()
    const nothing = new Promise((resolve) => setImmediate(() => resolve('nothing')))
    await expect(Promise.race([next, nothing])).resolves.toBe('nothing')
    handOut.suspend(false)
    expect((await next).value.offset).toBe(2)
  })

  it('G7: every asking counts as progress, and so does waiting', async () => {
    const { loops, calls } = consumerOf(filled(2))
    const records = iterate(loops)
    await take(records, 3)
    expect(calls).toMatchObject({ asked: 3, started: 1, waiting: [] })
    const waiting = records.next()
    await Promise.resolve()
    expect(calls.waiting).toEqual([true])
    loops.stop()
    await waiting
    expect(calls.waiting).toEqual([true, false])
  })

  it('is refused after close, and every loop ends with what has ended the consumer', async () => {
    const { loops } = consumerOf(filled(2))
    const records = iterate(loops)
    await take(records, 1)
    loops.fail(new KafkaError('FENCED', 'another took over'))
    await expect(records.next()).rejects.toMatchObject({ code: 'FENCED' })
    await expect(iterate(loops).next()).rejects.toMatchObject({ code: 'FENCED' })
    const closed = consumerOf(filled(2)).loops
    closed.close()
    await expect(iterate(closed).next()).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('has values of asynchronous serdes decoded before it gets them, failures included', async () => {
    const value = serde.async<string>({
      serializeAsync: async (text) => Buffer.from(text),
      deserializeAsync: async (bytes) => {
        await Promise.resolve()
        if (bytes.toString() === '1') throw new Error('no schema')
        return `<${bytes}>`
      },
    })
    const partition = filled(2, { value })
    const records = iterate(consumerOf(partition).loops)
    const [first, second, third] = [await records.next(), await records.next(), await records.next()]
    expect(first.value.value).toBe('<0>')
    expect(() => second.value.value).toThrow(/no schema/)
    expect(third.value.value).toBe('<2>')
  })
})

describe('batches: when is a batch done?', () => {
  function batchesOf(loops: Loops): AsyncIterator<FetchedBatch> {
    return loops.batches(undefined)[Symbol.asyncIterator]()
  }

  async function first(partition: Partition) {
    const consumer = consumerOf(partition)
    const batches = batchesOf(consumer.loops)
    const { value } = await batches.next()
    return { ...consumer, batches, value: value as FetchedBatch }
  }

  /** Asks for the next batch and says where it begins; undefined when there is none yet. */
  async function nextStart(batches: AsyncIterator<FetchedBatch>): Promise<number | undefined> {
    const next = batches.next().then(({ value }) => value.at(0)?.offset)
    return Promise.race([next, new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined)))])
  }

  it('whole, when the next is asked for after its records were walked to the end', async () => {
    const partition = filled(9)
    const { batches, value } = await first(partition)
    expect([...value].map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(done(partition)).toBe(0)
    expect(await nextStart(batches)).toBeUndefined()
    expect(done(partition)).toBe(10)
  })

  it('whole, when its records were read by at(i)', async () => {
    const partition = filled(9)
    const { batches, value } = await first(partition)
    expect(value.length).toBe(10)
    expect(value.at(0)?.offset).toBe(0)
    expect(value.at(10)).toBeUndefined()
    await nextStart(batches)
    expect(done(partition)).toBe(10)
  })

  it('up to the record in hand when its iterator was left early; that one comes again', async () => {
    const partition = filled(9)
    const { batches, value } = await first(partition)
    for (const record of value) if (record.offset === 4) break
    expect(await nextStart(batches)).toBe(4)
    expect(done(partition)).toBe(4)
  })

  it('as far as was committed, when that was said in so many words; the rest comes again', async () => {
    const partition = filled(9)
    const { batches, commits, value } = await first(partition)
    await value.commit(value.at(6))
    for (const _ of value);
    expect(commits).toEqual([7])
    expect(await nextStart(batches)).toBe(7)
    expect(done(partition)).toBe(7)
  })

  it('not as far as a commit that failed', async () => {
    const partition = filled(9)
    const { loops } = consumerOf(partition)
    const batches = batchesOf(loops)
    const { value } = await batches.next()
    await expect(value.commit(filledRecord())).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await batches.return?.()
    expect(done(partition)).toBe(0)
  })

  it('not at all after break, though its records were walked; it comes again whole', async () => {
    const partition = filled(9)
    const { loops } = consumerOf(partition)
    for await (const each of loops.batches(undefined)) {
      for (const _ of each);
      break
    }
    expect(done(partition)).toBe(0)
    const again = await batchesOf(loops).next()
    expect([again.value.at(0).offset, again.value.length]).toEqual([0, 10])
  })

  it('only what was walked, once its partition was taken away', async () => {
    const partition = filled(9)
    const { batches, handOut, value } = await first(partition)
    expect(value.signal.aborted).toBe(false)
    const walk = value[Symbol.iterator]()
    for (let i = 0; i < 4; i++) walk.next()
    value.at(9)
    handOut.inHand?.onRevoke?.()
    expect(value.signal.aborted).toBe(true)
    partition.hold = 'revoking'
    handOut.interrupt()
    void batches.next()
    await Promise.resolve()
    expect(done(partition)).toBe(3)
  })

  it('G6: a revocation waits for the body to end', async () => {
    const partition = filled(9)
    const { batches, handOut } = await first(partition)
    partition.hold = 'revoking'
    handOut.interrupt()
    const released = handOut.released([partition], new AbortController().signal).then(() => 'released')
    await expect(Promise.race([released, Promise.resolve('waits')])).resolves.toBe('waits')
    void batches.next()
    await expect(released).resolves.toBe('released')
    expect(done(partition)).toBe(10)
  })

  it('G6: but not longer than it may; what the body has in hand then is not done', async () => {
    const partition = filled(9)
    const { handOut } = await first(partition)
    const time = new AbortController()
    const released = handOut.released([partition], time.signal)
    time.abort()
    await released
    expect(done(partition)).toBe(0)
    expect(handOut.inHand).toBeUndefined()
  })

  it('G6: a revocation of other partitions does not wait', async () => {
    const { handOut } = await first(filled(9))
    await handOut.released([readablePartition({ partition: 7 })], new AbortController().signal)
  })
})

/** A record of another batch. */
function filledRecord(): FetchedRecord {
  return filled(0).take(1)!.records[0]!
}
