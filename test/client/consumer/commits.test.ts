// What callers have committed, and how often it is tried.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AnyRecord, Consumer } from '../../../src/client/consumer/types.ts'
import { OffsetCommit } from '../../../src/protocol/api/index.ts'
import type { Received } from '../../support/scripted/broker.ts'
import { ScriptedLog, TOPIC } from './scripted-log.ts'
import { batch, numbers } from './support.ts'

let kafka: ScriptedLog
let consumer: Consumer<AnyRecord>
/** Commits that wait for the test to answer them. */
let held: Received<typeof OffsetCommit>[]

beforeEach(async () => {
  kafka = await ScriptedLog.start(2)
  for (const partition of kafka.partitions) partition.append(batch({ at: 0, values: numbers(0, 9) }), 0, 10)
  consumer = kafka.consumer({ groupId: 'g', assign: kafka.assign(0), enableAutoCommit: false })
})
afterEach(() => kafka[Symbol.asyncDispose]())

const at = (partition: number, offset: number) => ({ topic: TOPIC, partition, offset })
const committed = () => kafka.partitions.map((partition) => partition.committed?.offset)
/** What each request so far committed: `0 at 3`. */
const asked = () =>
  kafka.broker.received(OffsetCommit).map(({ body }) =>
    body.topics
      .flatMap(({ partitions }) => partitions)
      .map(({ partitionIndex, committedOffset }) => `${partitionIndex} at ${committedOffset}`)
      .sort(),
  )

/** From now on commits wait, until they are answered one by one. */
function hold(): void {
  held = []
  kafka.broker.on(OffsetCommit, (request) => void held.push(request))
}

async function answer(errors: Parameters<ScriptedLog['commit']>[1] = {}): Promise<void> {
  await kafka.broker.when(() => held.length > 0)
  kafka.commit(held.shift()!, errors)
}

/** So many records of each partition, in whatever order the partitions come. */
async function records(...counts: readonly number[]): Promise<AnyRecord[]> {
  const read = counts.map((): AnyRecord[] => [])
  for await (const record of consumer) {
    const { partition } = record
    if (partition < counts.length && read[partition]!.length < counts[partition]!)
      read[partition]!.push(record)
    if (read.every((of, partition) => of.length === counts[partition])) consumer.stop()
  }
  return read.flat()
}

describe('commitAsync', () => {
  it('commits what is done at the time of the call, or what it is given', async () => {
    for await (const record of consumer) {
      if (record.partition !== 0) continue
      if (record.offset === 2) await consumer.commitAsync()
      if (record.offset === 2) expect(committed()[0]).toBe(3)
      if (record.offset === 4) await consumer.commitAsync(record)
      if (record.offset === 6) break
    }
    expect(committed()[0]).toBe(5)
    await consumer.commitAsync([at(0, 1), at(1, 2)])
    expect(committed()).toEqual([1, 2])
  })

  it('takes batches, too', async () => {
    for await (const records of consumer.batches()) {
      if (records.partition === 1) {
        await consumer.commitAsync(records)
        break
      }
    }
    expect(committed()[1]).toBe(10)
  })

  it('is never tried again: what fails is told', async () => {
    kafka.broker.on(OffsetCommit, (request) => kafka.commit(request, { 0: 'COORDINATOR_LOAD_IN_PROGRESS' }))
    const failing = consumer.commitAsync([at(0, 1)])
    await expect(failing).rejects.toMatchObject({ code: 'COORDINATOR_LOAD_IN_PROGRESS', retriable: true })
    expect(asked()).toHaveLength(1)
  })

  it('may be left alone: what fails is nobody’s then, and the next commit brings it', async () => {
    hold()
    void consumer.commitAsync([at(0, 1)])
    await answer({ 0: 'NOT_COORDINATOR' })
    const next = consumer.commitAsync([at(0, 2)])
    await answer()
    await next
    expect(committed()[0]).toBe(2)
  })

  it('O5: keeps the order of calls, and those that wait go along with each other', async () => {
    hold()
    const calls = [1, 2, 3, 4].map((offset) => consumer.commitAsync([at(0, offset)]))
    calls.push(consumer.commitAsync([at(1, 7)]))
    // Whoever asks to have it committed for sure does not wait in one line with them.
    calls.push(consumer.commit([at(0, 5)]))
    calls.push(consumer.commitAsync([at(0, 6)]))
    for (let i = 0; i < 3; i++) await answer()
    await Promise.all(calls)
    expect(asked()).toEqual([['0 at 4', '1 at 7'], ['0 at 5'], ['0 at 6']])
    expect(committed()).toEqual([6, 7])
  })

  it('tells each caller of its own partitions', async () => {
    hold()
    const first = consumer.commitAsync([at(0, 1)])
    const second = consumer.commitAsync([at(1, 1)])
    const third = consumer.commitAsync([at(0, 2), at(1, 2)])
    const outcomes = Promise.allSettled([first, second, third])
    await answer({ 1: 'OFFSET_METADATA_TOO_LARGE' })
    const [one, two, three] = await outcomes
    expect(one?.status).toBe('fulfilled')
    expect(two).toMatchObject({ reason: { code: 'OFFSET_METADATA_TOO_LARGE' } })
    expect(three).toMatchObject({ reason: { code: 'PARTIAL_FAILURE' } })
    expect(asked()).toEqual([['0 at 2', '1 at 2']])
  })

  it('without a group is refused, as commit is', async () => {
    const alone = kafka.consumer({ assign: kafka.assign(0) })
    await expect(alone.commitAsync()).rejects.toMatchObject({ code: 'INVALID_STATE' })
  })
})

describe('commit', () => {
  it('of several records commits the position after the highest of each partition', async () => {
    const read = await records(5, 3)
    await consumer.commit(read.toReversed())
    expect(committed()).toEqual([5, 3])
  })

  it('of records of before a seek leaves them out where there are newer ones', async () => {
    const [old] = await records(5).then((all) => all.slice(-1))
    consumer.seek(at(0, 0), 0)
    const [first] = await records(1)
    await consumer.commit([old!, first!])
    expect(committed()[0]).toBe(1)
    await expect(consumer.commit([old!])).rejects.toMatchObject({ code: 'COMMIT_FAILED' })
  })

  it('takes records or positions, not both in one', async () => {
    const [record] = await records(1)
    const mixed = [record!, at(1, 1)] as never
    await expect(consumer.commit(mixed)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await consumer.commit([])
    expect(asked()).toEqual([])
  })
})
