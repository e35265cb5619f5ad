// What Kafka's console producer and Java's producer wrote is what we read: every codec, headers, nulls, timestamps.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { Kafka, serde, topic } from '../../src/index.ts'
import { runKafkaTool } from '../support/brokers/java.ts'
import { type RecordForJava, writeWithJava } from '../support/java-records.ts'
import { uniqueName } from '../support/names.ts'
import { readRecords, storedBatches, take } from '../support/reading.ts'

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))

let kafka: Kafka
beforeAll(() => {
  kafka = new Kafka({ bootstrapServers: inject('bootstrapServers'), clientId: 'records-in' })
})
afterAll(() => kafka.close())

async function newTopic(what: string, numPartitions = 1) {
  const name = uniqueName(what)
  await kafka.admin().createTopics([{ name, numPartitions }])
  return name
}

describe("from Kafka's console producer", () => {
  it('reads keys, headers, text beyond ASCII, tombstones and null keys', async () => {
    const name = await newTopic('console-in')
    const properties = ['parse.key=true', 'parse.headers=true', 'null.marker=NULL', 'headers.key.separator=:']
    const address = ['--bootstrap-server', inject('bootstrapServers'), '--topic', name]
    const args = [...address, ...properties.flatMap((each) => ['--reader-property', each])]
    const lines = [
      'a:1,b:zwölf,a:2\tschlüssel\t東京 🚀',
      'NULL\tgone\tNULL',
      'a:NULL\tNULL\tno key',
      'NULL\t\t',
    ]
    const stdin = lines.map((line) => `${line}\n`).join('')
    const produced = await runKafkaTool('org.apache.kafka.tools.ConsoleProducer', args, { stdin })
    expect(produced).toMatchObject({ exitCode: 0 })

    const typed = topic(name, { key: serde.string, value: serde.string })
    await using consumer = kafka.consumer({ assign: [{ topic: typed, partition: 0, offset: 'earliest' }] })
    const read: unknown[] = []
    for await (const { offset, key, value, headers } of consumer) {
      read.push([offset, [...headers].map(([header, bytes]) => [header, bytes && String(bytes)]), key, value])
      if (read.length === lines.length) break
    }
    const headers = [
      ['a', '1'],
      ['b', 'zwölf'],
      ['a', '2'],
    ]
    expect(read).toEqual([
      [0, headers, 'schlüssel', '東京 🚀'],
      [1, [], 'gone', null],
      [2, [['a', null]], null, 'no key'],
      [3, [], '', ''],
    ])
  })
})

describe("from Java's producer", () => {
  const given: RecordForJava[] = [
    { key: everyByte, value: everyByte, timestamp: 0 },
    { key: null, value: null, timestamp: 1_700_000_000_000 },
    { key: '', value: '', timestamp: 1_700_000_000_001 },
    {
      key: 'ключ',
      value: 'значение',
      timestamp: 5,
      headers: [
        ['h', 'one'],
        ['h', null],
        ['', everyByte],
        ['größe', ''],
        ['h', 'one'],
      ],
    },
    ...Array.from({ length: 1_500 }, (_, i): RecordForJava => {
      const headers: [string, string][] = [['i', String(i)]]
      return { key: `key ${i}`, value: `value ${i} `.repeat(1 + (i % 40)), timestamp: i, headers }
    }),
    { key: 'large', value: Buffer.alloc(500_000, everyByte), timestamp: 7 },
  ]
  const records = given.map((record) => ({ ...record, partition: 0 }))

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
    'reads idempotent batches compressed with %s: every byte, headers in order, nulls and timestamps',
    async (codec) => {
      const name = await newTopic(`java-${codec}`)
      const written = await writeWithJava(inject('bootstrapServers'), name, records, {
        'compression.type': codec,
        'enable.idempotence': 'true',
        'linger.ms': '20',
        'batch.size': '60000',
      })
      expect(written.map(({ offset }) => offset)).toEqual(records.map((_, i) => i))

      const batches = await storedBatches(kafka, name)
      expect(new Set(batches.map(({ compression }) => compression))).toEqual(new Set([codec]))
      expect(batches.every(({ producerId }) => producerId >= 0n)).toBe(true)

      const read = await readRecords(kafka, name, records.length)
      const bytes = (value: string | Uint8Array | null | undefined) =>
        value === null || value === undefined ? null : Buffer.from(value as string)
      const expected = records.map(({ key, value, timestamp, headers = [] }, offset) => {
        const plainHeaders = headers.map(([header, content]) => [header, bytes(content)])
        return {
          partition: 0,
          offset,
          timestamp,
          key: bytes(key),
          value: bytes(value),
          headers: plainHeaders,
        }
      })
      expect(read).toEqual(expected)
    },
  )

  it('starts and goes on in the middle of a compressed batch', async () => {
    const name = await newTopic('java-middle')
    const values = Array.from({ length: 100 }, (_, i) => ({ partition: 0, value: `v${i}` }))
    const settings = { 'compression.type': 'zstd', 'linger.ms': '1000', 'batch.size': '100000' }
    await writeWithJava(inject('bootstrapServers'), name, values, settings)
    const batches = await storedBatches(kafka, name)
    expect(batches).toMatchObject([{ compression: 'zstd', recordCount: 100 }])
    await using consumer = kafka.consumer({ assign: [{ topic: name, partition: 0, offset: 37 }] })
    const offsets = async (count: number) => (await take(consumer, count)).map(({ offset }) => offset)
    expect(await offsets(3)).toEqual([37, 38, 39])
    consumer.seek({ topic: name, partition: 0 }, 98)
    expect(await offsets(2)).toEqual([98, 99])
    consumer.seek({ topic: name, partition: 0 }, 5)
    expect(await offsets(1)).toEqual([5])
  })

  it('reads what old producers without idempotence wrote', async () => {
    const name = await newTopic('java-plain', 2)
    const given = Array.from({ length: 50 }, (_, i) => ({ partition: i % 2, value: `v${i}` }))
    await writeWithJava(inject('bootstrapServers'), name, given, { 'enable.idempotence': 'false', acks: '1' })
    const read = await readRecords(kafka, name, 50, { partitions: 2 })
    expect(read.map(({ partition, value }) => ({ partition, value: String(value) }))).toEqual([
      ...given.filter(({ partition }) => partition === 0),
      ...given.filter(({ partition }) => partition === 1),
    ])
  })
})
