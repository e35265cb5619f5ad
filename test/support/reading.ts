// Reading with our own consumer for a test: so many records, or up to a mark.
import type { AnyRecord, Consumer, Kafka, RecordHeaders } from '../../src/index.ts'
import { Fetch } from '../../src/protocol/api/index.ts'
import { readBatches } from '../../src/protocol/records/batch.ts'

/** A record as plain values, to be compared. */
export interface PlainRecord {
  partition: number
  offset: number
  timestamp: number
  key: Buffer | null
  value: Buffer | null
  headers: [name: string, value: Buffer | null][]
}

export interface ReadOptions {
  isolationLevel?: 'read_committed' | 'read_uncommitted'
  /** Default 1: partition 0 alone. */
  partitions?: number
}

/** The first `count` records of a topic, by partition and offset. */
export async function readRecords(
  kafka: Kafka,
  topic: string,
  count: number,
  { isolationLevel = 'read_uncommitted', partitions = 1 }: ReadOptions = {},
): Promise<PlainRecord[]> {
  const assign = Array.from({ length: partitions }, (_, partition) => {
    return { topic, partition, offset: 'earliest' as const }
  })
  const consumer = kafka.consumer({ assign, isolationLevel })
  try {
    return await take(consumer, count)
  } finally {
    await consumer.close()
  }
}

/** The next `count` records of a consumer, by partition and offset. */
export async function take(consumer: Consumer, count: number): Promise<PlainRecord[]> {
  const records: PlainRecord[] = []
  for await (const record of consumer) {
    records.push(plain(record))
    if (records.length === count) break
  }
  return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset)
}

/** The batches of partition 0 as the broker keeps them: whether they are what a test means them to be. */
export async function storedBatches(kafka: Kafka, topic: string) {
  const batches: { compression: string; recordCount: number; producerId: bigint }[] = []
  const described = (await kafka.admin().describeTopics([topic])).get(topic)
  const to = described!.partitions[0]!.leader
  for (let fetchOffset = 0; ; ) {
    const partition = { partition: 0, fetchOffset, partitionMaxBytes: 10_000_000 }
    const body = { maxWaitMs: 0, minBytes: 0, topics: [{ topic, partitions: [partition] }] }
    // From version 13 on topics go by id.
    const { responses } = await kafka.request(Fetch, body, { to, maxVersion: 12 })
    const { records } = responses[0]!.partitions[0]!
    const before = batches.length
    for (const { compression, recordCount, producerId, nextOffset } of readBatches(
      records ?? Buffer.alloc(0),
    )) {
      batches.push({ compression, recordCount, producerId })
      fetchOffset = nextOffset
    }
    if (batches.length === before) return batches
  }
}

/** The values, as text, of partition 0 from its start up to and without the record whose value is `mark`. */
export async function readUpTo(
  kafka: Kafka,
  topic: string,
  mark: string,
  isolationLevel: 'read_committed' | 'read_uncommitted' = 'read_uncommitted',
): Promise<string[]> {
  const consumer = kafka.consumer({
    assign: [{ topic, partition: 0, offset: 'earliest' as const }],
    isolationLevel,
  })
  try {
    return await valuesUpTo(consumer, mark)
  } finally {
    await consumer.close()
  }
}

/** The values that a consumer hands out next, as text, up to and without `mark`. */
export async function valuesUpTo(consumer: Consumer, mark: string): Promise<string[]> {
  const values: string[] = []
  for await (const record of consumer) {
    const value = String(record.value)
    if (value === mark) break
    values.push(value)
  }
  return values
}

export function plain(record: AnyRecord): PlainRecord {
  const { partition, offset, timestamp, rawKey, rawValue, headers } = record
  return { partition, offset, timestamp, key: rawKey, value: rawValue, headers: plainHeaders(headers) }
}

function plainHeaders(headers: RecordHeaders): [name: string, value: Buffer | null][] {
  return [...headers].map(([name, value]) => [name, value])
}
