// Large messages: the metadata of 10,000 partitions, a fetch response of 1,000. In the newest version that all clients
// have, and in the newest that all but kafkajs have.

import { Buffer } from 'node:buffer'
import { Fetch, Metadata } from '../../../src/protocol/api/index.ts'
import { Writer } from '../../../src/protocol/bytes/writer.ts'
import type { EncodableResponseOf } from '../../../src/protocol/schema.ts'
import type { PlainPartition } from '../contract.ts'
import { digestOfPartitions } from '../digest.ts'
import { ask, type Row } from '../row.ts'
import { range, samples } from '../samples.ts'
import { batchOf } from './batches.ts'

const TOPICS = range(100).map((i) => ({
  name: `orders-of-region-${i}`,
  topicId: Buffer.from(`topic-id-${String(i).padStart(7, '0')}`).toString('base64url'),
}))
const METADATA_PARTITIONS = 100
const FETCH_TOPICS = TOPICS.slice(0, 10)
const FETCH_PARTITIONS = 100
const RECORDS = 10

const metadata: EncodableResponseOf<typeof Metadata> = {
  brokers: range(6).map((nodeId) => ({ nodeId, host: `broker-${nodeId}.example.com`, port: 9092 })),
  clusterId: 'xtzWWN4bTjitpL3kfd9s5g',
  controllerId: 1,
  topics: TOPICS.map(({ name, topicId }) => ({
    errorCode: 0,
    name,
    topicId,
    partitions: range(METADATA_PARTITIONS).map((partitionIndex) => ({
      errorCode: 0,
      partitionIndex,
      leaderId: partitionIndex % 6,
      leaderEpoch: 12,
      replicaNodes: [0, 1, 2],
      isrNodes: [0, 1, 2],
      offlineReplicas: [],
    })),
  })),
}

const records = samples(RECORDS, 100)
const batch = batchOf(records)

export const rows: readonly Row[] = [
  ...[6, 12].flatMap((version) => [requestRow(version), metadataRow(version)]),
  ...[11, 17].flatMap((version) => [fetchRow(version, false), fetchRow(version, true)]),
]

/** The request that asks for those topics. */
function requestRow(version: number): Row {
  const topics = TOPICS.map(({ name }) => name)
  return {
    name: `Metadata v${version} request, 100 topics, encode`,
    unit: { name: 'ns/topic', perRun: topics.length },
    prepare({ encodeMetadataRequest }) {
      const writer = new Writer()
      Metadata.request.codec(version).write(writer, { topics: topics.map((name) => ({ name })) })
      const job = ask(encodeMetadataRequest, { version, topics }, (bytes) => bytes.toString('base64'))
      return typeof job === 'string' ? job : { job, expected: writer.toBuffer().toString('base64') }
    },
  }
}

function metadataRow(version: number): Row {
  return {
    name: `Metadata v${version}, 10,000 partitions, decode`,
    unit: { name: 'ns/partition', perRun: TOPICS.length * METADATA_PARTITIONS },
    prepare({ decodeMetadata }) {
      const writer = new Writer()
      Metadata.response.codec(version).write(writer, metadata)
      const job = ask(decodeMetadata, { version, body: writer.toBuffer() }, digestOfPartitions)
      if (typeof job === 'string') return job
      const expected = TOPICS.flatMap(({ name }) =>
        range(METADATA_PARTITIONS).map(
          (partition): PlainPartition => ({
            topic: name,
            partition,
            numbers: [partition % 6, 0, 1, 2, 0, 1, 2],
          }),
        ),
      )
      return { job, expected: digestOfPartitions(expected) }
    },
  }
}

function fetchRow(version: number, withRecords: boolean): Row {
  const content = withRecords ? `${RECORDS} records each, every key and value viewed` : 'no records'
  return {
    name: `Fetch v${version}, 1,000 partitions, ${content}`,
    unit: { name: 'ns/partition', perRun: FETCH_TOPICS.length * FETCH_PARTITIONS },
    prepare({ decodeFetch }) {
      const writer = new Writer()
      Fetch.response.codec(version).write(writer, fetched(withRecords))
      const input = { version, body: writer.toBuffer(), records: withRecords }
      const job = ask(decodeFetch, input, digestOfPartitions)
      if (typeof job === 'string') return job
      const of = withRecords ? records : []
      const expected = FETCH_TOPICS.flatMap(({ name, topicId }) =>
        range(FETCH_PARTITIONS).map((partition) => ({
          topic: version > 12 ? topicId : name,
          partition,
          numbers: [1_000_000 + partition, ...of.flatMap(({ value }, i) => [i, value.length])],
        })),
      )
      return { job, expected: digestOfPartitions(expected) }
    },
  }
}

function fetched(withRecords: boolean): EncodableResponseOf<typeof Fetch> {
  return {
    sessionId: 4711,
    responses: FETCH_TOPICS.map(({ name, topicId }) => ({
      topic: name,
      topicId,
      partitions: range(FETCH_PARTITIONS).map((partitionIndex) => ({
        partitionIndex,
        errorCode: 0,
        highWatermark: 1_000_000 + partitionIndex,
        lastStableOffset: 1_000_000 + partitionIndex,
        logStartOffset: 0,
        abortedTransactions: [],
        records: withRecords ? batch : Buffer.alloc(0),
      })),
    })),
  }
}
