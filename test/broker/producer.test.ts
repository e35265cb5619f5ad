// The producer on the real broker: what is written is read back.

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { BatchError, Kafka, type RecordMetadata, serde, topic } from '../../src/index.ts'
import { errorOf, failureOf } from '../support/failure.ts'
import { uniqueName } from '../support/names.ts'
import { readRecords } from '../support/reading.ts'

let kafka: Kafka
beforeAll(() => {
  kafka = new Kafka({ bootstrapServers: inject('bootstrapServers'), clientId: 'producer-test' })
})
afterAll(() => kafka.close())

async function newTopic(
  what: string,
  numPartitions = 1,
  configs: Readonly<Record<string, string>> = {},
): Promise<string> {
  const name = uniqueName(what)
  await kafka.admin().createTopics([{ name, numPartitions, replicationFactor: 1, configs }])
  return name
}

describe('send', () => {
  it('writes key, value, headers and timestamp, and says where', async () => {
    const name = await newTopic('send')
    await using producer = kafka.producer()
    const first = await producer.send({
      topic: name,
      key: 'ключ',
      value: Buffer.from([0, 255]),
      headers: [
        ['a', 'text'],
        ['a', null],
        ['b', Buffer.from([1])],
      ],
      timestamp: 1_700_000_000_123,
    })
    expect(first).toEqual({ topic: name, partition: 0, offset: 0, timestamp: 1_700_000_000_123 })
    const before = Date.now()
    const second = await producer.send({ topic: name, value: null })
    expect(second).toMatchObject({ partition: 0, offset: 1 })
    expect(second.timestamp).toBeGreaterThanOrEqual(before)
    await producer.send({ topic: name, key: '', value: '' })

    expect(await readRecords(kafka, name, 3)).toMatchObject([
      {
        offset: 0,
        timestamp: 1_700_000_000_123,
        key: Buffer.from('ключ'),
        value: Buffer.from([0, 255]),
        headers: [
          ['a', Buffer.from('text')],
          ['a', null],
          ['b', Buffer.from([1])],
        ],
      },
      { offset: 1, timestamp: second.timestamp, key: null, value: null, headers: [] },
      { offset: 2, key: Buffer.alloc(0), value: Buffer.alloc(0) },
    ])
  })

  it("gives the broker's time where the topic has log-append time", async () => {
    const name = await newTopic('append-time', 1, { 'message.timestamp.type': 'LogAppendTime' })
    await using producer = kafka.producer()
    const { timestamp } = await producer.send({ topic: name, value: 'x', timestamp: 1 })
    expect(await readRecords(kafka, name, 1)).toMatchObject([{ timestamp }])
    expect(timestamp).toBeGreaterThan(1)
  })

  it('writes with the serdes of the topic, asynchronous ones in the order of the calls (P1)', async () => {
    const name = await newTopic('serdes')
    const later: (() => void)[] = []
    const slow = serde.async<string>({
      // The second is ready before the first.
      serializeAsync: (value) =>
        value === 'first'
          ? new Promise((resolve) => later.push(() => resolve(value)))
          : Promise.resolve(value).finally(() => later.shift()?.()),
      deserializeAsync: (bytes) => String(bytes),
    })
    const typed = topic(name, { key: serde.json<number>(), value: slow })
    await using producer = kafka.producer()
    const sent = await Promise.all(
      ['first', 'second'].map((value, key) => producer.send({ topic: typed, key, value })),
    )
    expect(sent.map(({ offset }) => offset)).toEqual([0, 1])
    expect((await readRecords(kafka, name, 2)).map(({ key }) => String(key))).toEqual(['0', '1'])
  })

  it.each([0, 1, 'all'] as const)('P12: with acks %s', async (acks) => {
    const name = await newTopic('acks')
    await using producer = kafka.producer({ acks, enableIdempotence: acks === 'all' })
    const sent = await Promise.all(['a', 'b'].map((value) => producer.send({ topic: name, value })))
    expect(sent.map(({ offset }) => offset)).toEqual(acks === 0 ? [-1, -1] : [0, 1])
    const read = await readRecords(kafka, name, 2)
    expect(read.map(({ value }) => String(value))).toEqual(['a', 'b'])
  })

  it.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('compressed with %s', async (compressionType) => {
    const name = await newTopic(compressionType)
    await using producer = kafka.producer({ compressionType })
    const values = Array.from({ length: 2000 }, (_, i) => `${i} ${'again and '.repeat(10)}`)
    await producer.sendMany(values.map((value) => ({ topic: name, value })))
    const read = await readRecords(kafka, name, values.length)
    expect(read.map(({ value }) => String(value))).toEqual(values)
  })

  it('creates the topic where it may, and otherwise says that there is none', async () => {
    await using creating = kafka.producer()
    const name = uniqueName('created')
    expect(await creating.send({ topic: name, value: 'x' })).toMatchObject({ topic: name, offset: 0 })

    await using strict = kafka.producer({ allowAutoCreateTopics: false, maxBlockMs: 500 })
    const missing = uniqueName('missing')
    const error = await failureOf(strict.send({ topic: missing, value: 'x' }))
    expect(error).toMatchObject({ code: 'UNKNOWN_TOPIC', topic: missing })
  })

  it('P9: splits a batch that the topic does not take, and refuses a record that it does not', async () => {
    const name = await newTopic('max-message', 1, { 'max.message.bytes': '2000' })
    await using producer = kafka.producer()
    const values = Array.from({ length: 100 }, (_, i) => `${i}`.padEnd(500, '.'))
    const report = await producer.sendMany(values.map((value) => ({ topic: name, value })))
    expect([...report].map(({ offset }) => offset)).toEqual(values.map((_, i) => i))

    const small = (value: string) => producer.send({ topic: name, value })
    const [before, large, after] = await Promise.allSettled([
      small('before'),
      producer.send({ topic: name, value: 'x'.repeat(3000) }),
      small('after'),
    ])
    expect(before).toMatchObject({ status: 'fulfilled', value: { offset: 100 } })
    expect(large).toMatchObject({ status: 'rejected', reason: { code: 'MESSAGE_TOO_LARGE' } })
    expect((large as PromiseRejectedResult).reason.message).toContain('max.message.bytes')
    expect(after).toMatchObject({ status: 'fulfilled', value: { offset: 101 } })
    expect(await small('later')).toMatchObject({ offset: 102 })
    const read = (await readRecords(kafka, name, 103)).map(({ value }) => String(value))
    expect(read).toEqual([...values, 'before', 'after', 'later'])
  })
})

describe('sendMany', () => {
  it('P1, P14: 100,000 records, in order in each partition, each where its key belongs', async () => {
    const name = await newTopic('order', 3)
    await using producer = kafka.producer({ key: serde.string, value: serde.string })
    const count = 100_000
    function* records() {
      for (let i = 0; i < count; i++) yield { topic: name, key: `key-${i % 97}`, value: String(i) }
    }
    const report = await producer.sendMany(records())
    expect(report).toMatchObject({ length: count, failed: [] })

    const read = await readRecords(kafka, name, count, { partitions: 3 })
    const places = new Map(read.map(({ partition, offset, value }) => [Number(value), { partition, offset }]))
    expect(places.size).toBe(count)
    const wrong = Array.from({ length: count }, (_, i) => i).filter((i) => {
      const { partition, offset } = report.at(i)!
      return places.get(i)?.partition !== partition || places.get(i)?.offset !== offset
    })
    expect(wrong).toEqual([])
    const last = [-1, -1, -1]
    for (const { partition, value } of read) {
      expect(Number(value)).toBeGreaterThan(last[partition]!)
      last[partition] = Number(value)
    }
  })

  it('rejects with a report when some failed: the others are written', async () => {
    const name = await newTopic('report')
    await using producer = kafka.producer({ maxRequestSize: 10_000, maxBlockMs: 500 })
    const error = await failureOf(
      producer.sendMany([
        { topic: name, value: 'a' },
        { topic: name, value: 'x'.repeat(20_000) },
        { topic: name, value: 'b', partition: 7 },
        { topic: name, value: 'c' },
      ]),
    )
    expect(error).toBeInstanceOf(BatchError)
    const { report } = error as BatchError
    expect(report).toMatchObject({
      length: 4,
      failed: [
        { index: 1, error: { code: 'RECORD_TOO_LARGE' } },
        { index: 2, error: { code: 'UNKNOWN_PARTITION', topic: name, partition: 7 } },
      ],
    })
    const read = await readRecords(kafka, name, 2)
    expect(read.map(({ value }) => String(value))).toEqual(['a', 'c'])
  })
})

describe('a topic that grows', () => {
  it('has its new partition taken right after createPartitions', async () => {
    const name = await newTopic('growing', 2)
    await using producer = kafka.producer()
    await producer.send({ topic: name, value: 'a' })
    await kafka.admin().createPartitions([{ topic: name, totalCount: 4 }])
    expect(await producer.send({ topic: name, partition: 3, value: 'b' })).toMatchObject({
      partition: 3,
      offset: 0,
    })
  })
})

describe('enqueue', () => {
  it('P13: says when the buffer is full, and takes all when that is heeded', async () => {
    const name = await newTopic('enqueue', 2)
    await using producer = kafka.producer({ bufferMemory: 100_000, batchSize: 20_000 })
    const count = 20_000
    const seen: RecordMetadata[] = []
    let pauses = 0
    for (let i = 0; i < count; i++) {
      const hasRoom = producer.enqueue(
        { topic: name, key: String(i), value: Buffer.alloc(100) },
        (error, metadata, index) => {
          expect(error).toBe(null)
          seen[index] = metadata
        },
        i,
      )
      if (hasRoom) continue
      pauses++
      expect(errorOf(() => producer.enqueue({ topic: name, value: 'x' })).code).toBe('BUFFER_FULL')
      await producer.ready()
    }
    expect(await producer.flush()).toEqual({ failed: 0 })
    expect(pauses).toBeGreaterThan(10)
    const read = await readRecords(kafka, name, count, { partitions: 2 })
    for (const { key, partition, offset } of read) {
      expect(seen[Number(key)]).toMatchObject({ partition, offset })
    }
  })
})

describe('flush and close', () => {
  it('P16: flush waits for what was given, whatever it lingers for; close for the rest', async () => {
    const name = await newTopic('flush')
    const producer = kafka.producer({ lingerMs: 60_000, deliveryTimeoutMs: 120_000 })
    let settled = 0
    for (let i = 0; i < 10; i++) producer.enqueue({ topic: name, value: String(i) }, () => settled++)
    expect(await producer.flush()).toEqual({ failed: 0 })
    expect(settled).toBe(10)
    const last = producer.send({ topic: name, value: 'last' })
    const closing = producer.close()
    expect(producer.close()).toBe(closing)
    await closing
    expect(await last).toMatchObject({ offset: 10 })
    await producer.closed
    expect(await failureOf(producer.send({ topic: name, value: 'x' }))).toMatchObject({ code: 'CLOSED' })
    expect(errorOf(() => producer.enqueue({ topic: name, value: 'x' })).code).toBe('CLOSED')
  })
})
