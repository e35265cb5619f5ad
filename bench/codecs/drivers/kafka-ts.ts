// kafka-ts 1: deep imports of what it is built of. Keys, values and header values are strings there, both ways. Its
// producer does not compress; its codecs, asynchronous, serve the consumer, and compress as well.

import { Buffer } from 'node:buffer'
import {
  type CodecDriver,
  type CompressionName,
  job,
  type PlainPartition,
  type PlainRecord,
} from '../contract.ts'
import { requirePeer, versionOfPeer } from './peers.ts'

interface Encoder {
  value(): Buffer
}
interface KafkaTsRecord {
  readonly timestampDelta: bigint
  readonly offsetDelta: number
  readonly key: string
  readonly value: string
  readonly headers: readonly { readonly key: string; readonly value: string }[]
}
interface Batch {
  readonly baseOffset: bigint
  readonly baseTimestamp: bigint
  readonly records: readonly KafkaTsRecord[]
}
interface Codec {
  compress(bytes: Buffer): Promise<Buffer>
  decompress(bytes: Buffer): Promise<Buffer>
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
    readonly topicName?: string
    readonly topicId?: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly highWatermark: bigint
      readonly records: readonly Batch[]
    }[]
  }[]
}
interface Api<Response> {
  request(encoder: Encoder, input: object): Encoder
  response(decoder: object): Response
}

const DIST = 'kafka-ts/dist'
const { Decoder } = requirePeer<{ Decoder: new (bytes: Buffer) => object }>(`${DIST}/utils/decoder`)
const { Encoder } = requirePeer<{ Encoder: new () => Encoder }>(`${DIST}/utils/encoder`)
const { createBatch } = requirePeer<{ createBatch(partition: object): Encoder }>(`${DIST}/api/produce/common`)
const { decodeRecordBatch } = requirePeer<{
  decodeRecordBatch(decoder: object, size: number, decompressions: Promise<void>[]): readonly Batch[]
}>(`${DIST}/api/fetch/common`)
const { findCodec } = requirePeer<{ findCodec(type: number): Codec }>(`${DIST}/codecs`)
const { murmur2, toPositive } = requirePeer<{
  murmur2(key: Buffer): number
  toPositive(hash: number): number
}>(`${DIST}/utils/murmur2`)

const CODEC_NUMBERS = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 }

export const driver: CodecDriver = {
  version: versionOfPeer('kafka-ts'),

  encodeBatch({ samples }) {
    const baseTimestamp = BigInt(samples[0]!.timestamp)
    const records = samples.map(({ keyText, valueText, timestamp, headers }, offsetDelta) => ({
      attributes: 0,
      timestampDelta: BigInt(timestamp) - baseTimestamp,
      offsetDelta,
      key: keyText,
      value: valueText,
      headers: headers.map(([key, value]) => ({ key, value: value.toString() })),
    }))
    const partition = {
      attributes: 0,
      baseOffset: 0n,
      partitionLeaderEpoch: -1,
      lastOffsetDelta: records.length - 1,
      baseTimestamp,
      maxTimestamp: BigInt(samples.at(-1)!.timestamp),
      producerId: -1n,
      producerEpoch: -1,
      baseSequence: -1,
      records,
    }
    return job(
      () => createBatch(partition),
      (encoder: Encoder) => encoder.value(),
    )
  },

  decodeBatch: ({ batch }) =>
    job(
      () => decodeRecordBatch(new Decoder(batch), batch.length, []),
      (batches: readonly Batch[]) => batches.flatMap(plainRecords),
    ),

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

  crc32c: 'a private function of its batch encoder, the same table loop as that of kafkajs',

  murmur2: (keys) =>
    job(
      () => {
        let sum = 0
        for (const key of keys) sum ^= murmur2(key)
        return sum
      },
      () => keys.map((key) => murmur2(key)),
    ),

  // As its default partitioner.
  murmur2OfText: (keys) =>
    job(
      () => {
        let sum = 0
        for (const key of keys) sum ^= toPositive(murmur2(Buffer.from(key)))
        return sum
      },
      () => keys.map((key) => toPositive(murmur2(Buffer.from(key)))),
    ),

  encodeMetadataRequest({ version, topics }) {
    const api = apiOf<MetadataResponse>('metadata', version)
    return job(
      () =>
        api.request(new Encoder(), {
          topics: topics.map((name) => ({ id: null, name })),
          allowTopicAutoCreation: true,
        }),
      (encoder: Encoder) => encoder.value(),
    )
  },

  decodeMetadata({ version, body }) {
    const api = apiOf<MetadataResponse>('metadata', version)
    return job(
      () => api.response(new Decoder(body)),
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
    const api = apiOf<Promise<FetchResponse>>('fetch', version)
    return job(
      () => api.response(new Decoder(body)),
      ({ responses }: FetchResponse): readonly PlainPartition[] =>
        responses.flatMap(({ topicName, topicId, partitions }) =>
          partitions.map(({ partitionIndex, highWatermark, records }) => ({
            topic: topicName || Buffer.from(topicId!.replaceAll('-', ''), 'hex').toString('base64url'),
            partition: partitionIndex,
            numbers: [
              Number(highWatermark),
              ...records.flatMap(plainRecords).flatMap(({ offset, value }) => [offset, value.length]),
            ],
          })),
        ),
    )
  },
}

function apiOf<Response>(name: string, version: number): Api<Response> {
  const exported = requirePeer<{ readonly [name: string]: Api<Response> }>(`${DIST}/api/${name}/v${version}`)
  return exported[`${name.toUpperCase()}_V${version}`]!
}

function plainRecords({ baseOffset, baseTimestamp, records }: Batch): readonly PlainRecord[] {
  return records.map(({ offsetDelta, timestampDelta, key, value, headers }) => ({
    offset: Number(baseOffset) + offsetDelta,
    timestamp: Number(baseTimestamp + timestampDelta),
    key,
    value,
    headers: headers.map((header) => [header.key, header.value]),
  }))
}

function compressor(type: CompressionName): CodecDriver['compress'][CompressionName] {
  return (bytes) => {
    const codec = findCodec(CODEC_NUMBERS[type])
    return job(
      () => codec.compress(bytes),
      (compressed: Buffer) => compressed,
    )
  }
}

function decompressor(type: CompressionName): CodecDriver['decompress'][CompressionName] {
  return (bytes) => {
    const codec = findCodec(CODEC_NUMBERS[type])
    return job(
      () => codec.decompress(bytes),
      (decompressed: Buffer) => decompressed,
    )
  }
}
