// Bad input against a real broker: addresses, topics, sizes. Each is a typed error that names what and where within its
// deadline, and the process goes on with the next call.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { Kafka, type KafkaError } from '../../src/index.ts'
import { badServers } from '../support/bad-servers.ts'
import { startBrokers } from '../support/brokers/start.ts'
import { errorOf, failureOf, wholeMessage } from '../support/failure.ts'
import { uniqueName } from '../support/names.ts'
import { readRecords } from '../support/reading.ts'

const silentLogger = { debug() {}, info() {}, warn() {}, error() {} }
const shortly = {
  requestTimeoutMs: 600,
  defaultApiTimeoutMs: 1_000,
  socketConnectionSetupTimeoutMs: 300,
  retryBackoffMs: 20,
  logger: silentLogger,
}

let good: Kafka
beforeAll(() => {
  good = new Kafka({ bootstrapServers: inject('bootstrapServers'), clientId: 'bad-input' })
})
afterAll(() => good.close())

async function newTopic(configs: Record<string, string> = {}): Promise<string> {
  const name = uniqueName('bad-input')
  await good.admin().createTopics([{ name, numPartitions: 1, configs }])
  return name
}

/** A record is written and read by this Kafka object. */
async function expectToWork(kafka: Kafka): Promise<void> {
  const topic = await newTopic()
  const producer = kafka.producer()
  await producer.send({ topic, value: 'works' })
  await producer.close()
  const [record] = await readRecords(kafka, topic, 1)
  expect(String(record?.value)).toBe('works')
}

describe('addresses', () => {
  it.each(badServers)('$name: an error in time, and the same process goes on elsewhere', async (kind) => {
    await using server = await kind.start()
    await using kafka = new Kafka({ ...shortly, bootstrapServers: server.address })
    const error = await failureOf(kafka.connect())
    expect(error).toMatchObject(kind.error)
    expect(error.message).toContain(server.address)
    expect(error.message).toMatch(kind.says)
    await expectToWork(good)
  })

  const inTheWay = badServers.filter(({ error }) => error.code === 'TIMEOUT')
  it.each(inTheWay)(
    '$name first, the real broker second: works within the deadline of a connection',
    async (kind) => {
      await using server = await kind.start()
      const bootstrapServers = [server.address, ...inject('bootstrapServers').split(',')]
      // The first alone would use up all of it.
      const deadline = {
        requestTimeoutMs: 10_000,
        defaultApiTimeoutMs: 10_000,
        socketConnectionSetupTimeoutMs: 10_000,
      }
      await using kafka = new Kafka({ bootstrapServers, ...deadline, logger: silentLogger })
      await kafka.connect()
      await expectToWork(kafka)
    },
  )

  it('C11: TLS to the plain text port of a broker says so', async () => {
    const [address = ''] = inject('bootstrapServers').split(',')
    await using kafka = new Kafka({ ...shortly, bootstrapServers: address, tls: true })
    const error = await failureOf(kafka.connect())
    expect(error.message).toContain(address)
    expect(error.message).toMatch(/TLS.*(plain text|tls)/)
    await expectToWork(good)
  })
})

describe('topics that do not exist', () => {
  /** What every one of these errors has. */
  function expectUnknown(error: KafkaError, topic: string): void {
    expect(error).toMatchObject({ code: 'UNKNOWN_TOPIC', topic })
    expect(error.message).toContain(`'${topic}'`)
    expect(error.message).toMatch(/create it, or check the name/)
  }

  it('M3: producing without leave to create: UNKNOWN_TOPIC at maxBlockMs, and the producer goes on', async () => {
    const topic = uniqueName('missing')
    await using producer = good.producer({ allowAutoCreateTopics: false, maxBlockMs: 500 })
    expectUnknown(await failureOf(producer.send({ topic, value: 'x' })), topic)
    const there = await newTopic()
    expect(await producer.send({ topic: there, value: 'x' })).toMatchObject({ offset: 0 })
    // The asking has not created it.
    expect(await failureOf(good.admin().describeTopics([topic]))).toMatchObject({
      code: 'UNKNOWN_TOPIC_OR_PARTITION',
    })
  })

  it('M3: a loop is told, by subscription and by assignment', async () => {
    const topic = uniqueName('missing')
    await using kafka = new Kafka({ ...shortly, bootstrapServers: inject('bootstrapServers') })
    const group = { groupId: uniqueName('g'), topics: [topic], allowAutoCreateTopics: false }
    await using member = kafka.consumer(group)
    expectUnknown(await failureOf(member[Symbol.asyncIterator]().next()), topic)
    const assign = [{ topic, partition: 0 }]
    await using alone = kafka.consumer({ assign, allowAutoCreateTopics: false })
    expectUnknown(await failureOf(alone[Symbol.asyncIterator]().next()), topic)
  })

  it('describing, deleting, and looking up offsets: the broker says so at once, and the error names the topic', async () => {
    const topic = uniqueName('missing')
    const admin = good.admin()
    for (const call of [() => admin.describeTopics([topic]), () => admin.deleteTopics([topic])]) {
      const error = await failureOf(call())
      expect(error).toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION', name: 'BrokerError', topic })
      expect(error.message).toContain(topic)
    }
    const offsets = [{ topic, partition: 0, offset: 'latest' as const }]
    const error = await failureOf(admin.listOffsets(offsets, { timeoutMs: 700 }))
    expect(error).toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION', topic })
  })

  it('names that cannot be are refused at the call', async () => {
    await using producer = good.producer()
    for (const topic of ['', 'no/slash', '..', 'x'.repeat(250)]) {
      const error = await failureOf((async () => producer.send({ topic, value: 'x' }))())
      expect(error.code).toBe('INVALID_ARGUMENT')
    }
    await expectToWork(good)
  })

  it('producing where the broker creates no topics: UNKNOWN_TOPIC at maxBlockMs, although it was asked to', async () => {
    await using brokers = await startBrokers({ configs: { 'auto.create.topics.enable': 'false' } })
    await using kafka = new Kafka({ bootstrapServers: brokers.bootstrapServers, logger: silentLogger })
    const topic = uniqueName('missing')
    await using producer = kafka.producer({ maxBlockMs: 500 })
    expectUnknown(await failureOf(producer.send({ topic, value: 'x' })), topic)
    await kafka.admin().createTopics([{ name: topic, numPartitions: 1 }])
    expect(await producer.send({ topic, value: 'x' })).toMatchObject({ topic, offset: 0 })
  })
})

describe('records that are too large', () => {
  it('for maxRequestSize: refused at the call, with the size, the limit and its name', async () => {
    const topic = await newTopic()
    await using producer = good.producer({ maxRequestSize: 10_000 })
    const error = await failureOf((async () => producer.send({ topic, value: Buffer.alloc(20_000) }))())
    expect(error).toMatchObject({ code: 'RECORD_TOO_LARGE', topic })
    expect(error.message).toMatch(/20\d{3}/)
    expect(error.message).toMatch(/maxRequestSize.*10000|10000.*maxRequestSize/)
    expect(await producer.send({ topic, value: Buffer.alloc(5_000) })).toMatchObject({ offset: 0 })
  })

  it("P9: for the topic's max.message.bytes: the record alone fails, the error says which limit, the rest is written", async () => {
    const topic = await newTopic({ 'max.message.bytes': '2000' })
    await using producer = good.producer()
    const sizes = [100, 5_000, 100, 100]
    const outcomes = await Promise.allSettled(
      sizes.map((size) => producer.send({ topic, partition: 0, value: Buffer.alloc(size, size) })),
    )
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    const error = (outcomes[1] as PromiseRejectedResult).reason as KafkaError
    expect(error).toMatchObject({ topic, partition: 0 })
    expect(error.code).toMatch(/^(MESSAGE_TOO_LARGE|RECORD_TOO_LARGE)$/)
    expect(wholeMessage(error)).toContain('max.message.bytes')
    const read = await readRecords(good, topic, 3)
    expect(read.map(({ value }) => value?.length)).toEqual([100, 100, 100])
  })

  it('P13: for bufferMemory: sent all the same, for memory is bounded by it plus one record', async () => {
    const topic = await newTopic()
    await using producer = good.producer({ bufferMemory: 10_000, batchSize: 1_000 })
    expect(await producer.send({ topic, value: Buffer.alloc(20_000) })).toMatchObject({ offset: 0 })
    expect(await producer.send({ topic, value: 'small' })).toMatchObject({ offset: 1 })
  })

  it('for maxResponseSize: the loop is told, with the size and the option, and goes on where it is larger', async () => {
    const topic = await newTopic()
    await using producer = good.producer()
    await producer.send({ topic, value: Buffer.alloc(300_000, 'x') })
    const bootstrapServers = inject('bootstrapServers')
    await using small = new Kafka({ ...shortly, bootstrapServers, maxResponseSize: 100_000 })
    const consumer = small.consumer({
      assign: [{ topic, partition: 0, offset: 'earliest' }],
      fetchMaxBytes: 50_000,
      maxPartitionFetchBytes: 50_000,
    })
    const error = await failureOf(consumer[Symbol.asyncIterator]().next())
    expect(error).toMatchObject({ code: 'PROTOCOL_ERROR' })
    expect(error.message).toMatch(/response of 30\d{4} bytes.*maxResponseSize is 100000/)
    const [record] = await readRecords(good, topic, 1)
    expect(record?.value).toHaveLength(300_000)
  })

  it('a fetchMaxBytes that maxResponseSize would not let through is refused at the call', async () => {
    const bootstrapServers = inject('bootstrapServers')
    await using kafka = new Kafka({ bootstrapServers, maxResponseSize: 100_000 })
    const error = errorOf(() => kafka.consumer({ assign: [{ topic: 't', partition: 0 }] }))
    expect(error).toMatchObject({ code: 'INVALID_CONFIG', option: 'fetchMaxBytes' })
    expect(error.message).toContain('maxResponseSize')
  })
})
