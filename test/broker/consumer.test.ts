// The consumer on the real broker: what api.md and reliability.md say of it.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { ConsumerRecord } from '../../src/client/consumer/types.ts'
import { serde } from '../../src/client/serde.ts'
import { type TopicPartition, topic as topicOf } from '../../src/client/topic.ts'
import { numbers, read, Stage, until } from './consumer-support.ts'

let stage: Stage
beforeAll(() => {
  stage = new Stage(inject('bootstrapServers'))
})
afterAll(() => stage[Symbol.asyncDispose]())

const earliest = { autoOffsetReset: 'earliest' } as const

describe('a consumer in a group', () => {
  it('O2: resumes where its group has committed: after what was done', async () => {
    const topic = await stage.topic()
    await stage.produce(topic, 0, numbers(0, 9))
    const groupId = stage.name('g')
    const first = stage.consumer({ groupId, topics: [topic], ...earliest })
    expect(await read(first, 6)).toEqual(numbers(0, 5))
    await first.close()
    await expect(first.closed).resolves.toBeUndefined()
    expect(await stage.committedNow(groupId, topic)).toEqual({ 0: 6 })
    const second = stage.consumer({ groupId, topics: [topic], ...earliest })
    expect(await read(second, 4)).toEqual(numbers(6, 9))
    await second.close()
  })

  it('O2: commits by itself only what is done, not what the loop has in hand', async () => {
    const topic = await stage.topic()
    await stage.produce(topic, 0, numbers(0, 9))
    const groupId = stage.name('g')
    const consumer = stage.consumer({ groupId, topics: [topic], autoCommitIntervalMs: 20, ...earliest })
    for await (const record of consumer) {
      if (record.offset < 3) continue
      await stage.committed(groupId, topic, { 0: 3 })
      break
    }
    await consumer.close()
    expect(await stage.committedNow(groupId, topic)).toEqual({ 0: 3 })
  })

  it('after break the record in hand comes again, to the next loop and to the next owner', async () => {
    const topic = await stage.topic()
    await stage.produce(topic, 0, numbers(0, 4))
    const groupId = stage.name('g')
    const first = stage.consumer({ groupId, topics: [topic], ...earliest })
    for await (const record of first) if (record.offset === 2) break
    for await (const record of first) {
      expect(record.offset).toBe(2)
      break
    }
    await first.close()
    const second = stage.consumer({ groupId, topics: [topic], ...earliest })
    expect(await read(second, 3)).toEqual(['2', '3', '4'])
    await second.close()
  })

  it('O6: with enableAutoCommit false nothing is committed unasked', async () => {
    const topic = await stage.topic()
    await stage.produce(topic, 0, numbers(0, 9))
    const groupId = stage.name('g')
    const consumer = stage.consumer({
      ...{ groupId, topics: [topic], enableAutoCommit: false, ...earliest },
      autoCommitIntervalMs: 1,
    })
    await read(consumer, 10)
    await consumer.close()
    expect(await stage.committedNow(groupId, topic)).toEqual({})
  })

  it('O1: commits what it is told: a record, what is done with the one in hand, positions with epoch and metadata', async () => {
    const topic = await stage.topic(2)
    await stage.produce(topic, 0, numbers(0, 9))
    const groupId = stage.name('g')
    const consumer = stage.consumer({ groupId, topics: [topic], enableAutoCommit: false, ...earliest })
    for await (const record of consumer) {
      if (record.offset === 3) {
        await consumer.commit(record)
        expect(await consumer.committed([record])).toEqual([
          { topic, partition: 0, offset: 4, leaderEpoch: 0, metadata: '' },
        ])
      }
      if (record.offset === 5) {
        await consumer.commit()
        expect((await consumer.committed([record]))[0]?.offset).toBe(6)
        break
      }
    }
    await consumer.commit([
      { topic, partition: 0, offset: 2, leaderEpoch: 0, metadata: 'by hand' },
      { topic, partition: 1, offset: 0 },
    ])
    expect(await consumer.committed()).toEqual([
      { topic, partition: 0, offset: 2, leaderEpoch: 0, metadata: 'by hand' },
      { topic, partition: 1, offset: 0, leaderEpoch: null, metadata: '' },
    ])
    await consumer.close()
  })

  it('O7: refuses to commit for what it does not hold, or has moved since', async () => {
    const topic = await stage.topic()
    await stage.produce(topic, 0, numbers(0, 9))
    const groupId = stage.name('g')
    const consumer = stage.consumer({ groupId, topics: [topic], enableAutoCommit: false, ...earliest })
    for await (const record of consumer) {
      consumer.seek(record, 7)
      await expect(consumer.commit(record)).rejects.toMatchObject({
        code: 'COMMIT_FAILED',
        topic,
        partition: 0,
      })
      break
    }
    const elsewhere = consumer.commit([{ topic, partition: 5, offset: 1 }])
    await expect(elsewhere).rejects.toMatchObject({ code: 'COMMIT_FAILED', partition: 5 })
    await consumer.close()
    expect(await stage.committedNow(groupId, topic)).toEqual({})
  })

  it('shares partitions with another, gives up what it has done, and nothing is lost or read twice', async () => {
    const topic = await stage.topic(4)
    const groupId = stage.name('g')
    const read: string[] = []
    const owned = new Map<string, readonly TopicPartition[]>()
    const start = (name: string) => {
      const consumer = stage.consumer({
        ...{ groupId, topics: [topic], value: serde.string, ...earliest },
        heartbeatIntervalMs: 50,
        onPartitionsAssigned: (_, consumer) => void owned.set(name, consumer.assignment()),
        onPartitionsRevoked: () => void owned.set(name, []),
      })
      const loop = (async () => {
        for await (const { partition, value } of consumer) read.push(`${partition}:${value}`)
      })()
      return { consumer, loop }
    }
    const count = (name: string) => owned.get(name)?.length
    const a = start('a')
    for (let partition = 0; partition < 4; partition++) await stage.produce(topic, partition, numbers(0, 99))
    await until(() => count('a') === 4 && read.length > 100)
    const b = start('b')
    await until(() => count('a') === 2 && count('b') === 2)
    for (let partition = 0; partition < 4; partition++)
      await stage.produce(topic, partition, numbers(100, 199))
    await until(() => new Set(read).size === 800)
    await a.consumer.close()
    await a.loop
    await until(() => count('b') === 4)
    await stage.produce(topic, 0, ['last'])
    await until(() => read.includes('0:last'))
    await b.consumer.close()
    await b.loop
    expect(read).toHaveLength(801)
    expect(new Set(read).size).toBe(801)
    expect(await stage.committedNow(groupId, topic)).toEqual({ 0: 201, 1: 200, 2: 200, 3: 200 })
  })

  it('O7, G5: a record that is in hand when its partition is given up is done first, and committed', async () => {
    const topic = await stage.topic(1)
    await stage.produce(topic, 0, numbers(0, 9))
    const groupId = stage.name('g')
    const options = { groupId, topics: [topic], heartbeatIntervalMs: 50, ...earliest }
    const steps: string[] = []
    const first = stage.consumer({
      ...options,
      onPartitionsRevoked: async (_, consumer) => {
        steps.push('revoked')
        expect((await consumer.committed([{ topic, partition: 0 }]))[0]?.offset).toBe(2)
      },
    })
    const batches = first.batches()[Symbol.asyncIterator]()
    const { value: batch } = await batches.next()
    const walk = batch[Symbol.iterator]()
    walk.next()
    const second = stage.consumer(options)
    const joined = second.join()
    await new Promise((resolve) => batch.signal.addEventListener('abort', resolve))
    // The body goes on, and the rebalance waits for it. It stops at the third record, so that two are done.
    walk.next()
    walk.next()
    steps.push('asks for the next')
    const next = batches.next()
    await joined
    expect(steps).toEqual(['asks for the next', 'revoked'])
    await until(() => first.assignment().length + second.assignment().length === 1)
    expect(await stage.committedNow(groupId, topic)).toEqual({ 0: 2 })
    await first.close()
    await next
    await second.close()
  })

  it('G7, O7: a body that outlasts maxPollIntervalMs loses its partitions; what it had comes again when the loop goes on', async () => {
    const topic = await stage.topic()
    await stage.produce(topic, 0, numbers(0, 4))
    const groupId = stage.name('g')
    const told: string[] = []
    const consumer = stage.consumer({
      ...{ groupId, topics: [topic], maxPollIntervalMs: 300, enableAutoCommit: false, ...earliest },
      onPartitionsAssigned: () => void told.push('assigned'),
      onPartitionsRevoked: () => void told.push('revoked'),
      onPartitionsLost: () => void told.push('lost'),
    })
    const values: string[] = []
    for await (const record of consumer) {
      values.push(String(record.value))
      if (values.length === 2) {
        await until(() => told.includes('lost'))
        expect(consumer.assignment()).toEqual([])
        await expect(consumer.commit(record)).rejects.toMatchObject({ code: 'COMMIT_FAILED' })
      }
      if (values.length === 4) consumer.stop()
    }
    // Nothing was committed, so that the group begins again where it did.
    expect(values).toEqual(['0', '1', '0', '1'])
    await consumer.close()
    expect(told).toEqual(['assigned', 'lost', 'assigned', 'revoked'])
  })

  it('G7: a loop that waits for records stays a member, however long nothing comes', async () => {
    const topic = await stage.topic()
    const groupId = stage.name('g')
    const lost: unknown[] = []
    const consumer = stage.consumer({
      ...{ groupId, topics: [topic], maxPollIntervalMs: 100, fetchMaxWaitMs: 50, ...earliest },
      onPartitionsLost: (partitions) => void lost.push(partitions),
    })
    const waiting = read(consumer, 1)
    await until(() => consumer.assignment().length === 1)
    const fetches = stage.watch('Fetch')
    // Each waits 50 ms on the broker: longer than maxPollIntervalMs in all.
    await until(() => fetches.requests.length >= 8)
    fetches.stop()
    await stage.produce(topic, 0, ['0'])
    expect(await waiting).toEqual(['0'])
    expect(lost).toEqual([])
    await consumer.close()
  })

  it('joins without a loop, and says what it was given', async () => {
    const topic = await stage.topic(3)
    const groupId = stage.name('g')
    const consumer = stage.consumer({ groupId, topics: [topic] })
    expect(consumer.groupMetadata()).toMatchObject({ groupId, generationId: -1, memberId: '' })
    await consumer.join()
    expect(consumer.assignment()).toHaveLength(3)
    expect(consumer.subscription()).toEqual([topic])
    expect(consumer.groupMetadata()).toMatchObject({ generationId: 1, memberId: expect.stringMatching(/./) })
    await consumer.close()
    await expect(consumer.join()).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('reads each topic with its own serdes, and reports keys, headers, epochs and times', async () => {
    const orders = topicOf(await stage.topic(), { key: serde.string, value: serde.json<{ id: number }>() })
    const plain = await stage.topic()
    await stage.produce(orders.name, 0, ['{"id":1}'])
    await stage.produce(plain, 0, ['plain'])
    const consumer = stage.consumer({ groupId: stage.name('g'), topics: [orders, plain], ...earliest })
    const seen = new Map<string, ConsumerRecord<unknown, unknown>>()
    for await (const record of consumer) {
      seen.set(record.topic, record)
      if (seen.size === 2) break
    }
    await consumer.close()
    const order = seen.get(orders.name)!
    expect(order.toObject()).toMatchObject({
      key: 'key-{"id":1}',
      value: { id: 1 },
      leaderEpoch: 0,
      headers: [],
    })
    expect(order.rawValue?.toString()).toBe('{"id":1}')
    expect(Math.abs(order.timestamp - Date.now())).toBeLessThan(60_000)
    expect(seen.get(plain)?.value).toEqual(Buffer.from('plain'))
    expect(order.detach().value).toEqual({ id: 1 })
  })
})

describe('listeners', () => {
  it('may seek and pause what they are told of, before its first record', async () => {
    const topic = await stage.topic(2)
    await stage.produce(topic, 0, numbers(0, 9))
    await stage.produce(topic, 1, numbers(0, 9))
    const consumer = stage.consumer({
      ...{ groupId: stage.name('g'), topics: [topic], ...earliest },
      onPartitionsAssigned: async (partitions, consumer) => {
        await Promise.resolve()
        for (const each of partitions) {
          if (each.partition === 0) consumer.seek(each, 8)
          else consumer.pause([each])
        }
      },
    })
    expect(await read(consumer, 2)).toEqual(['8', '9'])
    consumer.resume([{ topic, partition: 1 }])
    expect(await read(consumer, 10)).toEqual(numbers(0, 9))
    await consumer.close()
  })

  it('may commit in onPartitionsRevoked, when nothing else commits', async () => {
    const topic = await stage.topic()
    await stage.produce(topic, 0, numbers(0, 9))
    const groupId = stage.name('g')
    const consumer = stage.consumer({
      ...{ groupId, topics: [topic], enableAutoCommit: false, ...earliest },
      onPartitionsRevoked: (_, consumer) => consumer.commit(),
    })
    await read(consumer, 4)
    await consumer.close()
    expect(await stage.committedNow(groupId, topic)).toEqual({ 0: 4 })
  })

  it('G14: one that throws ends the loop, and its partitions hand out nothing until the application reacts', async () => {
    const topic = await stage.topic()
    await stage.produce(topic, 0, numbers(0, 2))
    const consumer = stage.consumer({
      ...{ groupId: stage.name('g'), topics: [topic], ...earliest },
      onPartitionsAssigned: () => {
        throw new Error('state not loaded')
      },
    })
    await expect(read(consumer, 1)).rejects.toThrow('state not loaded')
    const iterator = consumer[Symbol.asyncIterator]()
    const next = iterator.next()
    await stage.admin.describeCluster()
    expect(consumer.position({ topic, partition: 0 })).toBeUndefined()
    consumer.resume([{ topic, partition: 0 }])
    expect((await next).value.offset).toBe(0)
    await iterator.return?.()
    await consumer.close()
  })
})

describe('positions', () => {
  it('go where a seek says, by offset, to either end, and to a time', async () => {
    const topic = await stage.topic()
    const at = { topic, partition: 0 }
    await stage.produce(topic, 0, numbers(0, 4))
    await until(() => Date.now() > before + 2)
    const middle = Date.now()
    await stage.produce(topic, 0, numbers(5, 9))
    const consumer = stage.consumer({ assign: [{ topic, partition: 0, offset: 3 }] })
    expect(await read(consumer, 2)).toEqual(['3', '4'])
    expect(consumer.position(at)).toBe(5)
    consumer.seek(at, 1)
    expect(await read(consumer, 1)).toEqual(['1'])
    consumer.seekToTimestamp([at], middle)
    expect(await read(consumer, 1)).toEqual(['5'])
    consumer.seekToBeginning()
    expect(await read(consumer, 1)).toEqual(['0'])
    consumer.seekToEnd([at])
    const last = read(consumer, 1)
    await until(() => consumer.position(at) === 10)
    await stage.produce(topic, 0, ['10'])
    expect(await last).toEqual(['10'])
    expect(await consumer.beginningOffsets([at])).toEqual([{ ...at, offset: 0 }])
    expect(await consumer.endOffsets([at])).toEqual([{ ...at, offset: 11 }])
    expect(await consumer.offsetsForTimes([{ ...at, timestamp: middle }])).toMatchObject([
      { ...at, offset: 5 },
    ])
    expect(await consumer.offsetsForTimes([{ ...at, timestamp: Date.now() + 1e6 }])).toMatchObject([
      { offset: null },
    ])
    expect(consumer.lag()).toEqual([{ ...at, position: 11, endOffset: 11, records: 0 }])
    await consumer.close()
  })
  const before = Date.now()

  it('stay where they are while paused', async () => {
    const topic = await stage.topic(2)
    await stage.produce(topic, 0, numbers(0, 4))
    await stage.produce(topic, 1, numbers(0, 4))
    const assign = [0, 1].map((partition) => ({ topic, partition, offset: 0 }))
    const consumer = stage.consumer({ assign })
    const paused: number[] = []
    for await (const { partition, offset } of consumer) {
      if (paused.length === 0) {
        paused.push(partition)
        consumer.pause([{ topic, partition }])
        expect(consumer.paused()).toEqual([{ topic, partition }])
      } else {
        expect(partition).toBe(1 - paused[0]!)
        if (offset === 4) consumer.stop()
      }
    }
    consumer.resume([{ topic, partition: paused[0]! }])
    expect(await read(consumer, 4)).toEqual(numbers(1, 4))
    await consumer.close()
  })

  it("F2: autoOffsetReset 'none' tells the loop, other partitions go on, and a seek mends it", async () => {
    const topic = await stage.topic(2)
    await stage.produce(topic, 0, numbers(0, 4))
    await stage.produce(topic, 1, numbers(0, 4))
    const groupId = stage.name('g')
    const setter = stage.consumer({ groupId, assign: [{ topic, partition: 0, offset: 0 }] })
    await setter.commit([{ topic, partition: 0, offset: 2 }])
    await setter.close()
    const consumer = stage.consumer({ groupId, topics: [topic], autoOffsetReset: 'none' })
    await expect(read(consumer, 9)).rejects.toMatchObject({ code: 'NO_OFFSET_FOR_PARTITION', partition: 1 })
    expect(await read(consumer, 3)).toEqual(['2', '3', '4'])
    consumer.seek({ topic, partition: 1 }, 3)
    expect(await read(consumer, 2)).toEqual(['3', '4'])
    await consumer.close()
  })

  it("F2: an offset that is out of range is reset by the policy, or told where that is 'none'", async () => {
    const topic = await stage.topic()
    await stage.produce(topic, 0, numbers(0, 4))
    const assign = [{ topic, partition: 0, offset: 1_000 }]
    const resetting = stage.consumer({ assign, ...earliest })
    expect(await read(resetting, 2)).toEqual(['0', '1'])
    await resetting.close()
    const strict = stage.consumer({ assign, autoOffsetReset: 'none' })
    const failed = { code: 'OFFSET_OUT_OF_RANGE', topic, partition: 0, offset: 1_000 }
    await expect(read(strict, 1)).rejects.toMatchObject(failed)
    strict.seek({ topic, partition: 0 }, 4)
    expect(await read(strict, 1)).toEqual(['4'])
    await strict.close()
  })

  it("are, with 'latest', the end of the log when it is first assigned; that is committed before any record", async () => {
    const topic = await stage.topic()
    await stage.produce(topic, 0, numbers(0, 4))
    const groupId = stage.name('g')
    const consumer = stage.consumer({ groupId, topics: [topic], autoCommitIntervalMs: 3_600_000 })
    const next = read(consumer, 1)
    await stage.committed(groupId, topic, { 0: 5 })
    await stage.produce(topic, 0, ['5'])
    expect(await next).toEqual(['5'])
    await consumer.close()
    expect(await stage.committedNow(groupId, topic)).toEqual({ 0: 6 })
  })
})

describe('a consumer that assigns itself', () => {
  it('reads from given offsets without a group, and cannot commit', async () => {
    const topic = await stage.topic(3)
    for (let partition = 0; partition < 3; partition++) {
      await stage.produce(topic, partition, numbers(10 * partition, 10 * partition + 4))
    }
    const consumer = stage.consumer({
      assign: [
        { topic, partition: 0, offset: 3 },
        { topic, partition: 1, offset: 'earliest' },
        { topic, partition: 2, offset: 'latest' },
      ],
    })
    const reading = read(consumer, 8)
    await until(() => consumer.position({ topic, partition: 2 }) === 5)
    await stage.produce(topic, 2, ['25'])
    expect((await reading).sort()).toEqual(['10', '11', '12', '13', '14', '25', '3', '4'])
    await expect(consumer.commit()).rejects.toMatchObject({ code: 'INVALID_STATE' })
    await expect(consumer.committed()).rejects.toMatchObject({ code: 'INVALID_STATE' })
    expect(() => consumer.groupMetadata()).toThrow(/groupId/)
    expect(() => consumer.seek({ topic, partition: 9 }, 0)).toThrow(/not assigned/)
    await consumer.close()
  })

  it('with a groupId goes on from what the group has committed', async () => {
    const topic = await stage.topic()
    await stage.produce(topic, 0, numbers(0, 9))
    const groupId = stage.name('g')
    const options = { groupId, assign: [{ topic, partition: 0 }], ...earliest }
    const first = stage.consumer(options)
    await read(first, 4)
    await first.close()
    const second = stage.consumer(options)
    expect(await read(second, 2)).toEqual(['4', '5'])
    await second.close()
  })

  it('is told of a partition and of a topic that do not exist', async () => {
    const topic = await stage.topic()
    await stage.produce(topic, 0, ['0'])
    const missing = stage.name('missing')
    const consumer = stage.consumer({
      assign: [
        { topic, partition: 7 },
        { topic, partition: 0 },
        { topic: missing, partition: 0 },
      ],
      ...{ allowAutoCreateTopics: false, defaultApiTimeoutMs: 500, ...earliest },
    })
    await expect(read(consumer, 9)).rejects.toMatchObject({ code: 'UNKNOWN_PARTITION', partition: 7 })
    expect(await read(consumer, 1)).toEqual(['0'])
    await expect(read(consumer, 1)).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC', topic: missing })
    // Someone has created it since: the next loop finds it.
    await using someone = new Stage(inject('bootstrapServers'))
    await someone.admin.createTopics([{ name: missing }])
    await someone.produce(missing, 0, ['late'])
    expect(await read(consumer, 1)).toEqual(['late'])
    await someone.admin.createPartitions([{ topic, totalCount: 8 }])
    await someone.produce(topic, 7, ['of a new partition'])
    await stage.cluster.refresh()
    expect(await read(consumer, 1)).toEqual(['of a new partition'])
    await consumer.close()
  })
})

describe('subscriptions', () => {
  it('by RegExp have the topics that match, and those that appear later', async () => {
    await using early = new Stage(inject('bootstrapServers'), 200)
    const prefix = early.name('eu')
    await early.admin.createTopics([
      { name: `${prefix}.a` },
      { name: `${prefix}.b` },
      { name: `not-${prefix}.a` },
    ])
    await early.produce(`${prefix}.a`, 0, ['a'])
    const pattern = new RegExp(`^${prefix}\\.`, 'g')
    const consumer = early.consumer({
      groupId: early.name('g'),
      topics: [pattern],
      ...earliest,
      heartbeatIntervalMs: 50,
    })
    const topics = new Set<string>()
    for await (const { topic } of consumer) {
      topics.add(topic)
      if (topics.size === 1) {
        expect(consumer.subscription()).toEqual([`${prefix}.a`, `${prefix}.b`])
        await early.admin.createTopics([{ name: `${prefix}.c` }])
        await early.produce(`${prefix}.c`, 0, ['c'])
      } else break
    }
    expect(topics).toEqual(new Set([`${prefix}.a`, `${prefix}.c`]))
    expect(consumer.subscription()).toEqual([`${prefix}.a`, `${prefix}.b`, `${prefix}.c`])
    await consumer.close()
  })

  it('M3: of a topic that does not exist are told to the loop, and the others go on', async () => {
    const topic = await stage.topic()
    await stage.produce(topic, 0, ['0'])
    const missing = stage.name('missing')
    const options = { allowAutoCreateTopics: false, defaultApiTimeoutMs: 1_000, ...earliest }
    const consumer = stage.consumer({ groupId: stage.name('g'), topics: [topic, missing], ...options })
    await expect(read(consumer, 2)).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC', topic: missing })
    await stage.produce(topic, 0, ['1'])
    expect((await read(consumer, 1)).length).toBe(1)
    await consumer.close()
  })
})

describe('batches', () => {
  it('are of one partition each, of at most maxPollRecords, and commit as far as they are told', async () => {
    const topic = await stage.topic(2)
    await stage.produce(topic, 0, numbers(0, 24))
    await stage.produce(topic, 1, numbers(0, 24))
    const groupId = stage.name('g')
    const options = { groupId, topics: [topic], enableAutoCommit: false, ...earliest }
    const first = stage.consumer({ ...options, maxPollRecords: 10 })
    const sizes: number[] = []
    for await (const batch of first.batches()) {
      sizes.push(batch.length)
      const offsets = [...batch].map(({ partition, offset }) => {
        expect(partition).toBe(batch.partition)
        return offset
      })
      expect(offsets).toEqual(numbers(offsets[0]!, offsets.at(-1)!).map(Number))
      if (sizes.length === 4) {
        await batch.commit(batch.at(4))
        break
      }
      await batch.commit()
    }
    await first.close()
    expect(sizes.every((size) => size <= 10)).toBe(true)
    const committed = await stage.committedNow(groupId, topic)
    const done = Object.values(committed).reduce((sum, offset) => sum + offset, 0)
    expect(done).toBe(sizes.slice(0, 3).reduce((sum, size) => sum + size, 0) + 5)
    const second = stage.consumer(options)
    expect(await read(second, 50 - done)).toHaveLength(50 - done)
    await second.close()
  })

  it('end normally when their signal aborts', async () => {
    const topic = await stage.topic()
    await stage.produce(topic, 0, numbers(0, 9))
    const consumer = stage.consumer({ assign: [{ topic, partition: 0, offset: 0 }] })
    const abort = new AbortController()
    let batches = 0
    for await (const batch of consumer.batches({ signal: abort.signal })) {
      batches += 1
      expect(batch.length).toBe(10)
      setImmediate(() => abort.abort())
    }
    expect(batches).toBe(1)
    await consumer.close()
  })
})

describe('fetching', () => {
  it('F4: goes on in one session per leader, sends what changed, and ends the session on close', async () => {
    await using alone = new Stage(inject('bootstrapServers'))
    const topic = await alone.topic(2)
    await alone.produce(topic, 0, numbers(0, 4))
    const fetches = alone.watch('Fetch')
    const consumer = alone.consumer({ assign: [0, 1].map((partition) => ({ topic, partition, offset: 0 })) })
    await read(consumer, 5)
    await alone.produce(topic, 1, numbers(0, 4))
    await read(consumer, 5)
    await consumer.close()
    fetches.stop()
    const [first, ...others] = fetches.requests
    expect(first).toMatchObject({ sessionId: 0, sessionEpoch: 0, topics: [{ partitions: [{}, {}] }] })
    const session = others[0]!['sessionId']
    expect(session).not.toBe(0)
    expect(others.map(({ sessionId }) => sessionId)).toEqual(others.map(() => session))
    const epochs = others.map(({ sessionEpoch }) => sessionEpoch)
    expect(epochs).toEqual([...epochs.slice(0, -1).map((_, index) => index + 1), -1])
    // Partition 1 had nothing new when partition 0 had been read: it was not named again.
    expect(others[0]).toMatchObject({ topics: [{ partitions: [{ partition: 0, fetchOffset: 5 }] }] })
  })

  it('F10: records larger than every limit come all the same, one after the other', async () => {
    const topic = await stage.topic(2)
    const large = 'x'.repeat(300_000)
    for (const partition of [0, 1]) {
      for (let i = 0; i < 3; i++) await stage.produce(topic, partition, [`${i}${large}`])
    }
    const consumer = stage.consumer({
      assign: [0, 1].map((partition) => ({ topic, partition, offset: 0 })),
      ...{ maxPartitionFetchBytes: 1_000, fetchMaxBytes: 1_000, prefetchMemory: 2_000 },
    })
    const values = await read(consumer, 6)
    expect(values.map((value) => value[0]).sort()).toEqual(['0', '0', '1', '1', '2', '2'])
    await consumer.close()
  })

  it('F10: a paused partition with much that was fetched does not keep the others from being fetched', async () => {
    const topic = await stage.topic(2)
    const value = 'x'.repeat(50_000)
    for (let i = 0; i < 10; i++) await stage.produce(topic, 0, [value])
    const consumer = stage.consumer({
      assign: [0, 1].map((partition) => ({ topic, partition, offset: 0 })),
      ...{ prefetchMemory: 100_000, maxPartitionFetchBytes: 100_000 },
    })
    await read(consumer, 1)
    consumer.pause([{ topic, partition: 0 }])
    for (let i = 0; i < 10; i++) await stage.produce(topic, 1, [value])
    expect(await read(consumer, 10)).toHaveLength(10)
    consumer.resume([{ topic, partition: 0 }])
    expect(await read(consumer, 9)).toHaveLength(9)
    await consumer.close()
  })

  it('a hundred partitions are read to their ends', async () => {
    const topic = await stage.topic(100)
    for (let partition = 0; partition < 100; partition++) await stage.produce(topic, partition, numbers(0, 9))
    const consumer = stage.consumer({ groupId: stage.name('g'), topics: [topic], ...earliest })
    const values = await read(consumer, 1_000)
    expect(values.filter((value) => value === '9')).toHaveLength(100)
    expect(consumer.lag().every(({ records }) => records === 0)).toBe(true)
    await consumer.close()
  })
})

describe('beginning and ending', () => {
  it('a cluster that cannot be reached is an error of the loop, within defaultApiTimeoutMs', async () => {
    await using nowhere = new Stage('127.0.0.1:1')
    const consumer = nowhere.consumer({ groupId: 'g', topics: ['t'], defaultApiTimeoutMs: 300 })
    await expect(read(consumer, 1)).rejects.toMatchObject({ code: 'TIMEOUT' })
    await expect(consumer.join()).rejects.toMatchObject({ code: 'TIMEOUT' })
  })

  it('a signal ends the wait for a join', async () => {
    await using nowhere = new Stage('127.0.0.1:1')
    const consumer = nowhere.consumer({ groupId: 'g', topics: ['t'] })
    const abort = new AbortController()
    const joining = consumer.join({ signal: abort.signal })
    abort.abort(new Error('changed my mind'))
    await expect(joining).rejects.toThrow('changed my mind')
  })

  it('close() waits for the body, ends the loop, and is the same promise twice', async () => {
    const topic = await stage.topic()
    await stage.produce(topic, 0, numbers(0, 9))
    const groupId = stage.name('g')
    const consumer = stage.consumer({ groupId, topics: [topic], ...earliest })
    const iterator = consumer[Symbol.asyncIterator]()
    await iterator.next()
    const closing = consumer.close()
    expect(consumer.close()).toBe(closing)
    const next = iterator.next()
    await closing
    expect(await next).toEqual({ done: true, value: undefined })
    expect(await stage.committedNow(groupId, topic)).toEqual({ 0: 1 })
    await expect(read(consumer, 1)).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('close() with a body that does not end gives up at its deadline; the record comes again', async () => {
    const topic = await stage.topic()
    await stage.produce(topic, 0, numbers(0, 9))
    const groupId = stage.name('g')
    const consumer = stage.consumer({ groupId, topics: [topic], ...earliest })
    await consumer[Symbol.asyncIterator]().next()
    await consumer.close({ timeoutMs: 50 })
    const second = stage.consumer({ groupId, topics: [topic], ...earliest })
    expect(await read(second, 1)).toEqual(['0'])
    await second.close()
  })

  it('a consumer that was never used closes at once', async () => {
    await using nowhere = new Stage('127.0.0.1:1')
    await nowhere.consumer({ groupId: 'g', topics: ['t'] }).close()
  })

  it('nothing is left open: the process ends by itself', async () => {
    const topic = await stage.topic()
    await stage.produce(topic, 0, numbers(0, 9))
    const script = fileURLToPath(new URL('consumer-process.ts', import.meta.url))
    const args = [script, inject('bootstrapServers'), topic, stage.name('g')]
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 30_000 })
    expect(stdout.trim()).toBe('[]')
  })
})
