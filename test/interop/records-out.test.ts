// What we write is what Kafka's own tools and Java's consumer read: keys, values, headers, timestamps, places.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { Kafka, type ProducerRecord, serde, topic } from '../../src/index.ts'
import { runKafkaTool } from '../support/brokers/java.ts'
import { readWithJava } from '../support/java-records.ts'
import { uniqueName } from '../support/names.ts'
import { readRecords, storedBatches } from '../support/reading.ts'

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
const text = (value: string) => Buffer.from(value)

let kafka: Kafka
beforeAll(() => {
  kafka = new Kafka({ bootstrapServers: inject('bootstrapServers'), clientId: 'records-out' })
})
afterAll(() => kafka.close())

async function newTopic(what: string, numPartitions = 1, configs: Record<string, string> = {}) {
  const name = uniqueName(what)
  await kafka.admin().createTopics([{ name, numPartitions, configs }])
  return name
}

const consoleConsumer = 'org.apache.kafka.tools.consumer.ConsoleConsumer'

async function readWithConsole(name: string, count: number, properties: string[] = []): Promise<string[]> {
  const shown = ['timestamp', 'partition', 'offset', 'headers', 'key', 'value'].map(
    (part) => `print.${part}=true`,
  )
  const formatter = [...shown, 'null.literal=NULL', ...properties].flatMap((each) => [
    '--formatter-property',
    each,
  ])
  const address = ['--bootstrap-server', inject('bootstrapServers'), '--topic', name]
  const { stdout, stderr } = await runKafkaTool(consoleConsumer, [
    ...address,
    ...['--from-beginning', '--max-messages', String(count), '--timeout-ms', '30000'],
    ...formatter,
  ])
  expect(stderr).toContain(`Processed a total of ${count} messages`)
  return stdout.split('\n').filter((line) => line !== '')
}

describe("Kafka's console consumer", () => {
  it('reads our keys, values, headers, timestamps, partitions and offsets', async () => {
    const name = await newTopic('console', 2)
    await using producer = kafka.producer()
    const timestamp = 1_700_000_000_123
    const sent = [
      await producer.send({
        topic: name,
        partition: 0,
        timestamp,
        key: 'k-1',
        value: 'v-1',
        headers: { a: '1', b: '' },
      }),
      await producer.send({ topic: name, partition: 0, timestamp: timestamp + 1, key: 'k-2', value: null }),
      await producer.send({ topic: name, partition: 0, timestamp: timestamp + 2, value: 'no key' }),
      await producer.send({ topic: name, partition: 0, timestamp: timestamp + 3, key: '', value: '' }),
      await producer.send({
        topic: name,
        partition: 1,
        timestamp: timestamp + 4,
        key: 'schlüssel',
        value: 'größe 東京 🚀',
        headers: [
          ['twice', 'one'],
          ['none', null],
          ['twice', 'zwölf'],
        ],
      }),
    ]
    expect(sent).toEqual([
      { topic: name, partition: 0, offset: 0, timestamp },
      { topic: name, partition: 0, offset: 1, timestamp: timestamp + 1 },
      { topic: name, partition: 0, offset: 2, timestamp: timestamp + 2 },
      { topic: name, partition: 0, offset: 3, timestamp: timestamp + 3 },
      { topic: name, partition: 1, offset: 0, timestamp: timestamp + 4 },
    ])
    const lines = (await readWithConsole(name, sent.length)).sort()
    expect(lines).toEqual([
      'CreateTime:1700000000123\tPartition:0\tOffset:0\ta:1,b:\tk-1\tv-1',
      'CreateTime:1700000000124\tPartition:0\tOffset:1\tNO_HEADERS\tk-2\tNULL',
      'CreateTime:1700000000125\tPartition:0\tOffset:2\tNO_HEADERS\tNULL\tno key',
      'CreateTime:1700000000126\tPartition:0\tOffset:3\tNO_HEADERS\t\t',
      'CreateTime:1700000000127\tPartition:1\tOffset:0\ttwice:one,none:NULL,twice:zwölf\tschlüssel\tgröße 東京 🚀',
    ])
  })
})

describe("Java's consumer", () => {
  it('reads every byte of keys, values and headers, nulls apart from empties, headers in order with duplicates', async () => {
    const name = await newTopic('bytes')
    await using producer = kafka.producer()
    const large = Buffer.alloc(300_000, everyByte)
    const records: ProducerRecord[] = [
      { topic: name, key: everyByte, value: everyByte, timestamp: 0 },
      { topic: name, key: null, value: large, timestamp: 1 },
      { topic: name, key: '', value: '', timestamp: 2 },
      { topic: name, key: 'gone', value: null, timestamp: 3 },
      {
        topic: name,
        value: 'headers',
        timestamp: 4,
        headers: [
          ['h', 'first'],
          ['', 'no name'],
          ['h', null],
          ['bytes', everyByte],
          ['h', ''],
          ['größe', 'ü'],
        ],
      },
      { topic: name, value: 'left out', timestamp: 5, headers: { yes: 'y', no: undefined } },
    ]
    for (const record of records) await producer.send(record)
    const read = await readWithJava(inject('bootstrapServers'), name)
    expect(read).toEqual([
      javaRecord(0, { key: everyByte, value: everyByte }),
      javaRecord(1, { value: large }),
      javaRecord(2, { key: text(''), value: text('') }),
      javaRecord(3, { key: text('gone') }),
      javaRecord(4, {
        value: text('headers'),
        headers: [
          ['h', text('first')],
          ['', text('no name')],
          ['h', null],
          ['bytes', everyByte],
          ['h', text('')],
          ['größe', text('ü')],
        ],
      }),
      javaRecord(5, { value: text('left out'), headers: [['yes', text('y')]] }),
    ])
    // Ours reads its own the same.
    const ours = await readRecords(kafka, name, records.length)
    expect(ours).toEqual(read.map(({ timestampType: _, ...record }) => record))
  })

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'reads our batches compressed with %s',
    async (compressionType) => {
      const name = await newTopic(`codec-${compressionType}`)
      await using producer = kafka.producer({ compressionType, lingerMs: 5 })
      const values = Array.from({ length: 2_000 }, (_, i) => `value ${i} ${'abc'.repeat(i % 50)}`)
      const report = await producer.sendMany(
        values.map((value, i) => ({
          topic: name,
          partition: 0,
          key: `k${i}`,
          value,
          headers: { i: String(i) },
          timestamp: 1_000 + i,
        })),
      )
      expect(report.failed).toEqual([])
      const batches = await storedBatches(kafka, name)
      expect(new Set(batches.map(({ compression }) => compression))).toEqual(new Set([compressionType]))
      expect(batches.length).toBeLessThan(values.length / 10)
      const read = await readWithJava(inject('bootstrapServers'), name)
      expect(read).toEqual(
        values.map((value, i) => ({
          ...javaRecord(i, { key: text(`k${i}`), value: text(value), headers: [['i', text(String(i))]] }),
          timestamp: 1_000 + i,
        })),
      )
    },
  )

  it('reads what the serdes of a topic wrote', async () => {
    const name = await newTopic('serdes')
    const orders = topic(name, { key: serde.string, value: serde.json<{ id: number; town: string }>() })
    await using producer = kafka.producer()
    await producer.send({ topic: orders, key: 'ö-1', value: { id: 1, town: 'Jönköping' } })
    const [read] = await readWithJava(inject('bootstrapServers'), name)
    expect(String(read?.key)).toBe('ö-1')
    expect(JSON.parse(String(read?.value))).toEqual({ id: 1, town: 'Jönköping' })
  })

  it("F11: sees the broker's time, as we do, where the topic keeps log-append time", async () => {
    const name = await newTopic('append-time', 1, { 'message.timestamp.type': 'LogAppendTime' })
    await using producer = kafka.producer()
    const written = await producer.send({ topic: name, value: 'x', timestamp: 1_000 })
    expect(written.timestamp).not.toBe(1_000)
    const [read] = await readWithJava(inject('bootstrapServers'), name)
    expect(read).toMatchObject({ timestamp: written.timestamp, timestampType: 'LogAppendTime' })
    const [ours] = await readRecords(kafka, name, 1)
    expect(ours?.timestamp).toBe(written.timestamp)
  })

  it('P12: reads what was sent without waiting for an answer', async () => {
    const name = await newTopic('acks-0')
    const producer = kafka.producer({ acks: 0, enableIdempotence: false })
    for (const value of ['a', 'b', 'c']) {
      const written = await producer.send({ topic: name, partition: 0, value })
      expect(written.offset).toBe(-1)
    }
    await producer.close()
    await readRecords(kafka, name, 3)
    const read = await readWithJava(inject('bootstrapServers'), name)
    expect(read.map(({ value }) => String(value))).toEqual(['a', 'b', 'c'])
  })
})

interface Content {
  key?: Buffer
  value?: Buffer
  headers?: [string, Buffer | null][]
}

/** The record at this offset of partition 0, whose timestamp is its offset. */
function javaRecord(offset: number, { key, value, headers = [] }: Content) {
  const place = { partition: 0, offset, timestamp: offset, timestampType: 'CreateTime' }
  return { ...place, key: key ?? null, value: value ?? null, headers }
}
