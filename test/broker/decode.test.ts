// ottla decode of what went over the wire to and from a real broker, and of its batches in a segment file.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { Kafka } from '../../src/index.ts'
import {
  type Api,
  ApiVersions,
  COMPRESSION_TYPES,
  decodeResponse,
  encodeRequest,
  Fetch,
  Metadata,
  type RequestOf,
  type ResponseOf,
  readBatches,
} from '../../src/protocol/index.ts'
import { decoded, decodedJson, type TemporaryFolder, temporaryFolder } from '../cli/decoding.ts'
import { uniqueName } from '../support/names.ts'

const topic = uniqueName('decode')
const start = 1_700_000_000_000
const produced = COMPRESSION_TYPES.flatMap((compressionType, codec) =>
  [0, 1, 2].map((n) => ({
    compressionType,
    timestamp: start + 10 * codec + n,
    key: `${compressionType}-${n}`,
    value: n === 2 ? null : `value ${n} of ${compressionType}`,
  })),
)

let kafka: Kafka
let folder: TemporaryFolder
const sent: Buffer[] = []
const received: Buffer[] = []
let segment: Buffer

beforeAll(async () => {
  folder = temporaryFolder()
  kafka = new Kafka({ bootstrapServers: inject('bootstrapServers') })
  // As the records' own times are old, they must not be deleted for it.
  await kafka.admin().createTopics([{ name: topic, numPartitions: 1, configs: { 'retention.ms': '-1' } }])
  for (const compressionType of COMPRESSION_TYPES) {
    await using producer = kafka.producer({ compressionType })
    const records = produced.filter((record) => record.compressionType === compressionType)
    await producer.sendMany(records.map(({ timestamp, key, value }) => ({ topic, timestamp, key, value })))
  }
  const [host, port] = addressOf(inject('bootstrapServers').split(',')[0]!)
  const { brokers, leader } = await withSocket(host, port, async (socket) => {
    await ask(socket, ApiVersions, 3, { clientSoftwareName: 'ottla', clientSoftwareVersion: '0' })
    const topics = [{ name: topic }, { name: `${topic}-missing` }]
    const metadata = await ask(socket, Metadata, 9, { topics, allowAutoTopicCreation: false })
    const mine = metadata.topics.find(({ name }) => name === topic)!
    return { brokers: metadata.brokers, leader: mine.partitions[0]!.leaderId }
  })
  const node = brokers.find(({ nodeId }) => nodeId === leader)!
  segment = await withSocket(node.host, node.port, fetchAll)
})

afterAll(async () => {
  await kafka.close()
  folder[Symbol.dispose]()
})

describe('frames to and from a broker', () => {
  it('a capture of the requests is told one after another', async () => {
    const { lines, error } = await decoded(folder.write('sent', Buffer.concat(sent)))
    expect(error).toBeUndefined()
    const headings = lines.filter((line) => line.includes(' request v'))
    expect(headings.map((line) => line.replace(/^byte \d+: /, '').replace(/,.*/, ''))).toEqual([
      'ApiVersions request v3',
      'Metadata request v9',
      ...sent.slice(2).map(() => 'Fetch request v11'),
    ])
    expect(lines).toContain(`    - { name: "${topic}" }`)
  })

  it('the responses are told, each by what it answers', async () => {
    const versions = await decoded('--api', 'ApiVersions', '--version', '3', received[0]!.toString('hex'))
    expect(versions.error).toBeUndefined()
    expect(versions.text).toMatch(/\{ apiKey: 0 Produce, minVersion: \d+, maxVersion: \d+ \}/)
    const metadata = await decoded('--api', 'Metadata', '--version', '9', received[1]!.toString('hex'))
    expect(metadata.text).toContain(`errorCode: 3 UNKNOWN_TOPIC_OR_PARTITION\n      name: "${topic}-missing"`)
  })

  it('the records in fetch responses are those that were produced', async () => {
    const path = folder.write('fetched', Buffer.concat(received.slice(2)))
    const { documents, error } = await decodedJson('--api', 'Fetch', '--version', '11', path)
    expect(error).toBeUndefined()
    const records = documents.flatMap(({ body }) =>
      body.responses[0].partitions[0].records.batches.flatMap(
        (batch: { compression: string; records: readonly object[] }) =>
          (batch.records ?? []).map((record) => ({ compression: batch.compression, ...record })),
      ),
    )
    expect(records.map(plain)).toEqual(expected())
  })
})

describe("a broker's batches in a segment file", () => {
  it('are told with their records, which are those that were produced', async () => {
    const path = folder.write(`${topic}-0/00000000000000000000.log`, segment)
    const { documents, error } = await decodedJson('--records', path)
    expect(error).toBeUndefined()
    const batches = documents.filter(({ type }) => type === 'batch')
    expect(batches.every(({ isValid }) => isValid)).toBe(true)
    expect(batches.reduce((sum, { count }) => sum + count, 0)).toBe(produced.length)
    let compression = ''
    const records = documents.flatMap(({ type, ...document }) => {
      if (type === 'batch') compression = document.compression
      return type === 'record' ? [{ compression, ...document }] : []
    })
    expect(records.map(plain)).toEqual(expected())
    const table = await decodedJson(folder.path(`${topic}-0`))
    expect(table.documents).toMatchObject([
      {
        baseOffset: 0,
        lastOffset: produced.length - 1,
        records: produced.length,
        batches: batches.length,
        sizeBytes: segment.length,
        firstTimestamp: start,
        lastTimestamp: produced.at(-1)!.timestamp,
      },
    ])
  })
})

interface ToldRecord {
  readonly compression: string
  readonly offset: number
  readonly timestamp: number
  readonly key: string
  readonly value: string | null
}

function plain({ compression, offset, timestamp, key, value }: ToldRecord) {
  const text = (base64: string) => Buffer.from(base64, 'base64').toString()
  return { compression, offset, timestamp, key: text(key), value: value === null ? null : text(value) }
}

function expected() {
  return produced.map(({ compressionType, ...record }, offset) => ({
    compression: compressionType,
    offset,
    ...record,
  }))
}

/** All batches of the partition, as the broker has them. */
async function fetchAll(socket: Socket): Promise<Buffer> {
  const parts: Buffer[] = []
  for (let fetchOffset = 0; fetchOffset < produced.length; ) {
    const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 1_000_000 }]
    const request = { maxWaitMs: 1000, minBytes: 1, topics: [{ topic, partitions }] }
    const { responses } = await ask(socket, Fetch, 11, request)
    for (const batch of readBatches(responses[0]!.partitions[0]!.records!)) {
      parts.push(batch.buffer.subarray(batch.start, batch.end))
      fetchOffset = batch.nextOffset
    }
  }
  return Buffer.concat(parts)
}

/** Sends a request and takes its answer, and keeps the frames of both. */
async function ask<A extends Api>(
  socket: Socket,
  api: A,
  version: number,
  request: RequestOf<A>,
): Promise<ResponseOf<A>> {
  const header = { version, correlationId: sent.length, clientId: 'decode-test' }
  const frame = Buffer.concat(encodeRequest(api, header, request))
  sent.push(frame)
  socket.write(frame)
  let answer = Buffer.alloc(0)
  while (answer.length < 4 || answer.length < 4 + answer.readInt32BE(0)) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    answer = Buffer.concat([answer, chunk])
  }
  received.push(answer)
  return decodeResponse(api, version, answer.subarray(4))
}

async function withSocket<T>(host: string, port: number, use: (socket: Socket) => Promise<T>): Promise<T> {
  const socket = connect(port, host)
  try {
    return await use(socket)
  } finally {
    socket.destroy()
  }
}

function addressOf(text: string): [host: string, port: number] {
  const at = text.lastIndexOf(':')
  return [text.slice(0, at), Number(text.slice(at + 1))]
}
