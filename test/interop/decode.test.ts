// ottla decode over the files of a real broker: what was produced is what it tells, and Kafka's own tool for log segments
// tells the same.

import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Kafka } from '../../src/index.ts'
import { COMPRESSION_TYPES } from '../../src/protocol/index.ts'
import { type BrokerWithFolder, startBrokerWithFolder } from '../cli/broker-with-folder.ts'
import { decoded, decodedJson } from '../cli/decoding.ts'
import { runKafkaTool } from '../support/brokers/java.ts'
import { JavaProducer } from '../support/java-records.ts'

const TOPIC = 'decoded'
/** The least that a segment may be. */
const SEGMENT_BYTES = 1_048_576

interface Written {
  readonly key: string | null
  readonly value: string | null
  readonly timestamp: number
  readonly headers: Record<string, string>
}

let broker: BrokerWithFolder
let folder: string
let copies: string
const written: Written[] = []

beforeAll(async () => {
  broker = await startBrokerWithFolder()
  folder = join(broker.dataFolder, `${TOPIC}-0`)
  copies = await mkdtemp(join(tmpdir(), 'ottla-decode-'))
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrapServers })
  const configs = { 'segment.bytes': String(SEGMENT_BYTES), 'index.interval.bytes': '4096' }
  await kafka.admin().createTopics([{ name: TOPIC, numPartitions: 1, configs }])
  const start = Date.now()
  for (const compressionType of COMPRESSION_TYPES) {
    const records = Array.from({ length: 4000 }, (_, i): Written => {
      const n = written.length + i
      return {
        key: n % 7 === 0 ? null : `key-${n}`,
        value: n % 11 === 0 ? null : `${compressionType} ${n} ${'abcdefghij'.repeat(30)}`,
        timestamp: start + n,
        headers: n % 5 === 0 ? { trace: `t-${n}` } : {},
      }
    })
    await using producer = kafka.producer({ compressionType, batchSize: 64 * 1024 })
    await producer.sendMany(records.map((record) => ({ topic: TOPIC, ...record })))
    written.push(...records)
  }
  const settings = { 'transactional.id': 'decoded-writer' }
  await using java = await JavaProducer.start(broker.bootstrapServers, TOPIC, settings)
  for (const end of ['abort', 'commit'] as const) {
    await java.command('begin')
    java.send({ key: 'transaction', value: end })
    await java.command('flush')
    await java.command(end)
  }
})

afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  await rm(copies, { recursive: true, force: true })
})

const pathsOf = (kind: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(`.${kind}`))
    .sort()
    .map((name) => join(folder, name))

describe('while the broker runs', () => {
  it('the records of its segments are those that were produced', async () => {
    const { documents, error } = await decodedJson('--records', ...pathsOf('log'))
    expect(error).toBeUndefined()
    const records = documents.filter(({ type }) => type === 'record')
    const text = (base64: string | null) =>
      base64 === null ? null : Buffer.from(base64, 'base64').toString()
    const read = records.slice(0, written.length).map(({ offset, timestamp, key, value, headers }) => ({
      offset,
      timestamp,
      key: text(key),
      value: text(value),
      headers: Object.fromEntries(headers.map(([name, value]: [string, string]) => [name, text(value)])),
    }))
    expect(read).toEqual(written.map((record, offset) => ({ offset, ...record })))
    const rest = records.slice(written.length)
    expect(rest.map(({ value, control }) => control?.type ?? text(value))).toEqual([
      'abort',
      'ABORT',
      'commit',
      'COMMIT',
    ])
    const codecs = documents.filter(({ type }) => type === 'batch').map(({ compression }) => compression)
    expect(new Set(codecs)).toEqual(new Set(COMPRESSION_TYPES))
  })

  it('its indexes fit their logs, and have room left', async () => {
    const active = [...pathsOf('index').slice(-1), ...pathsOf('timeindex').slice(-1)]
    for (const path of active) {
      const { lines, error } = await decoded(path)
      expect(error).toBeUndefined()
      expect(lines.at(-1)).toMatch(/^\d+ entr(y|ies), \d{5,} bytes behind the last one not read$/)
    }
  })

  it('the table of the folder counts all of it', async () => {
    const { documents, error } = await decodedJson(folder)
    expect(error).toBeUndefined()
    expect(documents.length).toBeGreaterThan(1)
    const [first, ...others] = documents
    expect(first).toMatchObject({ baseOffset: 0, firstTimestamp: written[0]!.timestamp })
    let last = first
    for (const segment of others) {
      expect(segment.baseOffset).toBe(last.lastOffset + 1)
      last = segment
    }
    expect(last.lastOffset).toBe(written.length + 3)
    expect(documents.reduce((sum, { records }) => sum + records, 0)).toBe(written.length + 4)
    const sizes = pathsOf('log').map((path) => readFileSync(path).length)
    expect(documents.map(({ sizeBytes }) => sizeBytes)).toEqual(sizes)
  })
})

describe("when it has been shut down, Kafka's own tool tells the same of", () => {
  beforeAll(() => broker.node.stop())

  it('batches', async () => {
    const paths = pathsOf('log')
    const theirs = (await dumped(paths)).filter((line) => line.startsWith('baseOffset: ')).map(fieldsOf)
    const { documents } = await decodedJson(...paths)
    const ours = documents.filter(({ type }) => type === 'batch')
    expect(ours.length).toBeGreaterThan(10)
    expect(ours.map(asTheyTellBatches)).toEqual(theirs)
  })

  it('records', async () => {
    const paths = pathsOf('log')
    const theirs = (await dumped(paths, '--print-data-log')).filter((line) => line.startsWith('| offset: '))
    const { documents } = await decodedJson('--records', ...paths)
    const ours = documents.filter(({ type }) => type === 'record')
    expect(ours.length).toBe(written.length + 4)
    const size = (base64: string | null) => (base64 === null ? -1 : Buffer.from(base64, 'base64').length)
    expect(
      ours.map(({ offset, timestamp, key, value, control }) => {
        const sizes = `| offset: ${offset} CreateTime: ${timestamp} keySize: ${size(key)} valueSize: ${size(value)}`
        if (control)
          return `${sizes} endTxnMarker: ${control.type} coordinatorEpoch: ${control.coordinatorEpoch}`
        return [
          sizes,
          ...(key === null ? [] : [`key: ${Buffer.from(key, 'base64')}`]),
          ...(value === null ? [] : [`payload: ${Buffer.from(value, 'base64')}`]),
        ].join(' ')
      }),
    ).toEqual(theirs.map((line) => line.replace(/ sequence: -?\d+ headerKeys: \[.*?\]/, '')))
  })

  it('offset and time indexes', async () => {
    for (const kind of ['index', 'timeindex']) {
      const paths = pathsOf(kind)
      const theirs = (await dumped(paths)).filter((line) => /^(offset|timestamp): /.test(line)).map(fieldsOf)
      const { documents, error } = await decodedJson(...paths)
      expect(error).toBeUndefined()
      const ours = documents.filter(({ type }) => type === kind)
      expect(ours.length).toBeGreaterThan(4)
      expect(ours.map(({ type: _, ...entry }) => texts(entry))).toEqual(theirs)
    }
  })

  it('aborted transactions and producers', async () => {
    const transactions = pathsOf('txnindex')
    const [theirs] = (await dumped(transactions)).filter((line) => line.startsWith('version: ')).map(fieldsOf)
    const aborted = await decodedJson(...transactions)
    const ours = aborted.documents.find(({ type }) => type === 'aborted-transaction')
    expect({ version: '0', ...texts(ours) }).toEqual({ ...theirs, type: 'aborted-transaction' })

    const snapshot = pathsOf('snapshot').at(-1)!
    const lines = (await dumped([snapshot])).filter((line) => line.startsWith('producerId: ')).map(fieldsOf)
    const { documents } = await decodedJson(snapshot)
    expect(documents.length).toBe(COMPRESSION_TYPES.length + 1)
    expect(
      documents.map((producer) => ({
        producerId: producer.producerId,
        producerEpoch: String(producer.producerEpoch),
        coordinatorEpoch: String(producer.coordinatorEpoch),
        currentTxnFirstOffset: producer.currentTxnFirstOffset === -1 ? 'OptionalLong.empty' : 'some',
        lastTimestamp: String(producer.timestamp),
        // Of a producer of which only a marker is known, the tool tells no batch.
        lastSequence: producer.lastSequence === -1 ? undefined : String(producer.lastSequence),
        lastOffset: producer.lastSequence === -1 ? undefined : String(producer.lastOffset),
        offsetDelta: producer.lastSequence === -1 ? undefined : String(producer.offsetDelta),
      })),
    ).toEqual(
      lines.map((line) => ({
        producerId: line['producerId'],
        producerEpoch: line['producerEpoch'],
        coordinatorEpoch: line['coordinatorEpoch'],
        currentTxnFirstOffset: line['currentTxnFirstOffset'],
        lastTimestamp: line['lastTimestamp'],
        lastSequence: line['lastSequence'],
        lastOffset: line['lastOffset'],
        offsetDelta: line['offsetDelta'],
      })),
    )
  })

  it('a batch with a wrong checksum, and bytes left over at the end', async () => {
    const path = join(copies, basename(pathsOf('log')[0]!))
    copyFileSync(pathsOf('log')[0]!, path)
    const bytes = readFileSync(path)
    bytes[100]! ^= 1
    const cut = bytes.length - 1000
    writeFileSync(path, bytes.subarray(0, cut))
    const lines = await dumped([path])
    const theirs = lines.filter((line) => line.startsWith('baseOffset: ')).map(fieldsOf)
    const invalid = /^Found (\d+) invalid bytes at the end/.exec(lines.at(-1)!)?.[1]
    const { documents, error } = await decodedJson(path)
    expect(documents.filter(({ type }) => type === 'batch').map(asTheyTellBatches)).toEqual(theirs)
    expect(theirs[0]!['isvalid']).toBe('false')
    const problems = documents.filter(({ type }) => type === 'problem')
    expect(problems).toMatchObject([{ position: 0 }, { position: cut - Number(invalid) }])
    expect(error).toBe(`${path}: 2 problems, the first at position 0`)
  })
})

async function dumped(paths: readonly string[], ...options: readonly string[]): Promise<string[]> {
  const args = ['--files', paths.join(','), ...options]
  const { stdout, stderr, exitCode } = await runKafkaTool('org.apache.kafka.tools.DumpLogSegments', args)
  // The tool finds fault with the first record of every segment but a partition's first.
  const faults = stderr.replaceAll(/Non-consecutive offsets in .*\n {2}-1 is followed by \d+\n/g, '')
  expect({ exitCode, faults }).toEqual({ exitCode: 0, faults: '' })
  return stdout.trimEnd().split('\n')
}

/** `offset: 5 position: 113` as an object. */
function fieldsOf(line: string): { [name: string]: string } {
  return Object.fromEntries([...line.matchAll(/(\w+): (\S+)/g)].map(([, name, value]) => [name!, value!]))
}

function texts(values: { readonly [name: string]: unknown }): { [name: string]: string } {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]))
}

// biome-ignore lint/suspicious/noExplicitAny: a document of the command under test
function asTheyTellBatches(batch: any): { [name: string]: string } {
  const { type: _, timestampType, maxTimestamp, baseTimestamp: __, ...rest } = batch
  const { sizeBytes, compression, isValid, deleteHorizonMs, ...same } = rest
  return texts({
    ...same,
    [timestampType]: maxTimestamp,
    size: sizeBytes,
    compresscodec: compression,
    isvalid: isValid,
    deleteHorizonMs: deleteHorizonMs ?? 'OptionalLong.empty',
  })
}
