// @platformatic/kafka 2: its protocol functions and its files a version. A batch stays a list of buffers there, as it is
// handed to the socket; it is not joined for us. Its CRC32C is native code (@node-rs/crc32, an optional dependency that
// npm installs), its snappy and lz4 are WebAssembly.

import { Buffer } from 'node:buffer'
import {
  type CodecDriver,
  type CompressionName,
  job,
  type PlainPartition,
  type PlainRecord,
} from '../contract.ts'
import { importPeer, versionOfPeer } from './peers.ts'

interface DynamicBuffer {
  readonly buffer: Buffer
}
type Reader = object
interface Writer {
  readonly buffer: Buffer
}
interface PlatformaticRecord {
  readonly timestampDelta: bigint
  readonly offsetDelta: number
  readonly key: Buffer
  readonly value: Buffer
  readonly headers: readonly (readonly [Buffer, Buffer])[]
}
interface Batch {
  readonly firstOffset: bigint
  readonly firstTimestamp: bigint
  readonly records: readonly PlatformaticRecord[]
}
interface Algorithm {
  compressSync(bytes: Buffer): Buffer
  decompressSync(bytes: Buffer): Buffer
}
interface Protocol {
  readonly Reader: { from(bytes: Buffer): Reader }
  createRecordsBatch(messages: readonly object[]): Writer
  readRecordsBatch(reader: Reader): Batch
  crc32c(bytes: Buffer | DynamicBuffer): number
  murmur2(key: Buffer | string): number
  readonly compressionsAlgorithms: { readonly [name in CompressionName]: Algorithm }
}
interface MetadataResponse {
  readonly topics: readonly {
    readonly name: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly leaderId: number
      readonly replicaNodes: readonly number[]
      readonly isrNodes: readonly number[]
    }[]
  }[]
}
interface FetchResponse {
  readonly responses: readonly {
    /** Up to version 12 its name. */
    readonly topicId: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly highWatermark: bigint
      readonly records: readonly Batch[] | null
    }[]
  }[]
}
interface ApiModule<Response> {
  createRequest(topics: readonly string[]): Writer
  parseResponse(correlationId: number, apiKey: number, apiVersion: number, reader: Reader): Response
}

const DIST = '@platformatic/kafka/dist'
const { Reader, createRecordsBatch, readRecordsBatch, crc32c, murmur2, compressionsAlgorithms } =
  await importPeer<Protocol>(`${DIST}/protocol/index.js`)
const { DynamicBuffer } = await importPeer<{ DynamicBuffer: new (bytes: Buffer) => DynamicBuffer }>(
  '@platformatic/dynamic-buffer/dist/index.js',
)
// Both versions that the rows ask for, before any row.
const metadataModules: { readonly [version: number]: ApiModule<MetadataResponse> } = {
  6: await importPeer(`${DIST}/apis/metadata/metadata-v6.js`),
  12: await importPeer(`${DIST}/apis/metadata/metadata-v12.js`),
}
const fetchModules: { readonly [version: number]: ApiModule<FetchResponse> } = {
  11: await importPeer(`${DIST}/apis/consumer/fetch-v11.js`),
  17: await importPeer(`${DIST}/apis/consumer/fetch-v17.js`),
}

export const driver: CodecDriver = {
  version: versionOfPeer('@platformatic/kafka'),

  encodeBatch({ samples, given }) {
    const messages = samples.map(({ key, value, timestamp, headers }) => ({
      topic: 't',
      partition: 0,
      key,
      value,
      timestamp: BigInt(timestamp),
      ...(headers.length === 0
        ? {}
        : { headers: new Map(headers.map(([name, value]) => [Buffer.from(name), value])) }),
    }))
    const run =
      given === 'bytes'
        ? () => createRecordsBatch(messages)
        : // Batches are made of bytes only: its string serializer is Buffer.from.
          () =>
            createRecordsBatch(
              messages.map((message, i) => ({
                ...message,
                key: Buffer.from(samples[i]!.keyText, 'utf-8'),
                value: Buffer.from(samples[i]!.valueText, 'utf-8'),
              })),
            )
    return job(run, (writer: Writer) => writer.buffer)
  },

  decodeBatch({ batch, look }) {
    if (look !== 'text') {
      return job(() => readRecordsBatch(Reader.from(batch)), plainRecords)
    }
    return job(
      () => {
        const decoded = readRecordsBatch(Reader.from(batch))
        const text = decoded.records.map((record) => ({
          record,
          key: record.key.toString(),
          value: record.value.toString(),
        }))
        return { decoded, text }
      },
      ({ decoded, text }: { decoded: Batch; text: readonly { key: string; value: string }[] }) =>
        plainRecords(decoded).map((record, i) => ({ ...record, key: text[i]!.key, value: text[i]!.value })),
    )
  },

  compress: {
    gzip: compressor('gzip'),
    snappy: compressor('snappy'),
    lz4: compressor('lz4'),
    zstd: compressor('zstd'),
  },
  decompress: {
    gzip: decompressor('gzip'),
    snappy: decompressor('snappy'),
    lz4: decompressor('lz4'),
    zstd: decompressor('zstd'),
  },

  // Given a buffer it would copy it first; given what its own writer holds it does not.
  crc32c(inputs) {
    const buffers = inputs.map((input) => new DynamicBuffer(input))
    return job(
      () => {
        let sum = 0
        for (const buffer of buffers) sum ^= crc32c(buffer)
        return sum
      },
      () => buffers.map((buffer) => crc32c(buffer)),
    )
  },

  murmur2: (keys) =>
    job(
      () => {
        let sum = 0
        for (const key of keys) sum ^= murmur2(key)
        return sum
      },
      () => keys.map((key) => murmur2(key)),
    ),

  murmur2OfText: (keys) =>
    job(
      () => {
        let sum = 0
        for (const key of keys) sum ^= murmur2(key) & 0x7fff_ffff
        return sum
      },
      () => keys.map((key) => murmur2(key) & 0x7fff_ffff),
    ),

  encodeMetadataRequest({ version, topics }) {
    const { createRequest } = metadataModules[version]!
    return job(
      () => createRequest(topics),
      (writer: Writer) => writer.buffer,
    )
  },

  decodeMetadata({ version, body }) {
    const { parseResponse } = metadataModules[version]!
    return job(
      () => parseResponse(0, 3, version, Reader.from(body)),
      ({ topics }: MetadataResponse): readonly PlainPartition[] =>
        topics.flatMap(({ name, partitions }) =>
          partitions.map(({ partitionIndex, leaderId, replicaNodes, isrNodes }) => ({
            topic: name,
            partition: partitionIndex,
            numbers: [leaderId, ...replicaNodes, ...isrNodes],
          })),
        ),
    )
  },

  decodeFetch({ version, body }) {
    const { parseResponse } = fetchModules[version]!
    return job(
      () => parseResponse(0, 1, version, Reader.from(body)),
      ({ responses }: FetchResponse): readonly PlainPartition[] =>
        responses.flatMap(({ topicId, partitions }) =>
          partitions.map(({ partitionIndex, highWatermark, records }) => ({
            topic:
              version <= 12 ? topicId : Buffer.from(topicId.replaceAll('-', ''), 'hex').toString('base64url'),
            partition: partitionIndex,
            numbers: [
              Number(highWatermark),
              ...(records ?? []).flatMap(plainRecords).flatMap(({ offset, value }) => [offset, value.length]),
            ],
          })),
        ),
    )
  },
}

function plainRecords({ firstOffset, firstTimestamp, records }: Batch): readonly PlainRecord[] {
  return records.map((record) => ({
    offset: Number(firstOffset) + record.offsetDelta,
    timestamp: Number(firstTimestamp + record.timestampDelta),
    key: record.key.toString('latin1'),
    value: record.value.toString('latin1'),
    headers: record.headers.map(([name, value]) => [name.toString('latin1'), value.toString('latin1')]),
  }))
}

function compressor(type: CompressionName): CodecDriver['compress'][CompressionName] {
  return (bytes) =>
    job(
      () => compressionsAlgorithms[type].compressSync(bytes),
      (compressed: Buffer) => compressed,
    )
}

function decompressor(type: CompressionName): CodecDriver['decompress'][CompressionName] {
  return (bytes) =>
    job(
      () => compressionsAlgorithms[type].decompressSync(bytes),
      (decompressed: Buffer) => decompressed,
    )
}
