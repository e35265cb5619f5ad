// kafkajs 2: deep imports of its protocol folder, which its package does not close. Its codecs take an encoder, of which
// they use the buffer. Batches, codecs and responses are asynchronous there.

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
  readonly buffer: Buffer
}
interface KafkajsRecord {
  readonly offset: string
  readonly timestamp: string
  readonly key: Buffer
  readonly value: Buffer
  readonly headers: { readonly [name: string]: Buffer }
}
interface Codec {
  compress(encoder: Encoder): Promise<Uint8Array>
  decompress(bytes: Buffer): Promise<Uint8Array>
}
interface MetadataResponse {
  readonly topicMetadata: readonly {
    readonly topic: string
    readonly partitionMetadata: readonly {
      readonly partitionId: number
      readonly leader: number
      readonly replicas: readonly number[]
      readonly isr: readonly number[]
    }[]
  }[]
}
interface FetchResponse {
  readonly responses: readonly {
    readonly topicName: string
    readonly partitions: readonly {
      readonly partition: number
      readonly highWatermark: string
      readonly messages: readonly KafkajsRecord[]
    }[]
  }[]
}
type Decode<Response> = { readonly decode: (body: Buffer) => Promise<Response> }

const PROTOCOL = 'kafkajs/src/protocol'
const Decoder = requirePeer<new (bytes: Buffer) => object>(`${PROTOCOL}/decoder`)
const makeRecord = requirePeer<(record: object) => Encoder>(`${PROTOCOL}/recordBatch/record/v0`)
const { RecordBatch } = requirePeer<{ RecordBatch: (batch: object) => Promise<Encoder> }>(
  `${PROTOCOL}/recordBatch/v0`,
)
const decodeBatch = requirePeer<(decoder: object) => Promise<{ readonly records: readonly KafkajsRecord[] }>>(
  `${PROTOCOL}/recordBatch/v0/decoder`,
)
const compression = requirePeer<{
  readonly Types: { readonly [name: string]: number }
  readonly Codecs: { [type: number]: () => Codec }
  lookupCodec(type: number): Codec
}>(`${PROTOCOL}/message/compression`)
const crc32c = requirePeer<(bytes: Buffer) => number>(`${PROTOCOL}/recordBatch/crc32C`)
const murmur2 = requirePeer<(key: Buffer | string) => number>(
  'kafkajs/src/producer/partitioners/default/murmur2',
)

compression.Codecs[compression.Types['Snappy']!] = requirePeer<() => Codec>('kafkajs-snappy')

const NEWEST = { metadata: 6, fetch: 11 }
const NO_LZ4 = 'not built in; kafkajs-lz4 builds native code, which does not load in Node 26'
const NO_ZSTD = 'not built in; @kafkajs/zstd builds native code'

export const driver: CodecDriver = {
  version: versionOfPeer('kafkajs'),

  encodeBatch({ samples, given }) {
    const messages = samples.map(({ key, keyText, value, valueText, timestamp, headers }) => ({
      key: given === 'text' ? keyText : key,
      value: given === 'text' ? valueText : value,
      timestamp,
      ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) }),
    }))
    const firstTimestamp = samples[0]!.timestamp
    const maxTimestamp = samples.at(-1)!.timestamp
    return job(
      () =>
        RecordBatch({
          records: messages.map((message, offsetDelta) =>
            makeRecord({ ...message, offsetDelta, timestampDelta: message.timestamp - firstTimestamp }),
          ),
          firstTimestamp,
          maxTimestamp,
          lastOffsetDelta: messages.length - 1,
        }),
      (batch: Encoder) => batch.buffer,
    )
  },

  decodeBatch({ batch, look }) {
    if (look !== 'text') {
      return job(
        () => decodeBatch(new Decoder(batch)),
        ({ records }: { records: readonly KafkajsRecord[] }) => records.map(plainRecord),
      )
    }
    return job(
      async () => {
        const { records } = await decodeBatch(new Decoder(batch))
        return records.map((record) => ({
          record,
          key: record.key.toString(),
          value: record.value.toString(),
        }))
      },
      (records: readonly { record: KafkajsRecord; key: string; value: string }[]) =>
        records.map(({ record, key, value }) => ({ ...plainRecord(record), key, value })),
    )
  },

  compress: { gzip: compressor('GZIP'), snappy: compressor('Snappy'), lz4: NO_LZ4, zstd: NO_ZSTD },
  decompress: { gzip: decompressor('GZIP'), snappy: decompressor('Snappy'), lz4: NO_LZ4, zstd: NO_ZSTD },

  crc32c: (inputs) =>
    job(
      () => {
        let sum = 0
        for (const input of inputs) sum ^= crc32c(input)
        return sum
      },
      () => inputs.map((input) => crc32c(input)),
    ),

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
    if (version > NEWEST.metadata) return `has versions up to ${NEWEST.metadata}`
    const request = requirePeer<(input: object) => { encode(): Promise<Encoder> }>(
      `${PROTOCOL}/requests/metadata/v${version}/request`,
    )
    return job(
      () => request({ topics }).encode(),
      (encoder: Encoder) => encoder.buffer,
    )
  },

  decodeMetadata({ version, body }) {
    if (version > NEWEST.metadata) return `has versions up to ${NEWEST.metadata}`
    const { decode } = requirePeer<Decode<MetadataResponse>>(
      `${PROTOCOL}/requests/metadata/v${version}/response`,
    )
    return job(
      () => decode(body),
      ({ topicMetadata }: MetadataResponse): readonly PlainPartition[] =>
        topicMetadata.flatMap(({ topic, partitionMetadata }) =>
          partitionMetadata.map(({ partitionId, leader, replicas, isr }) => ({
            topic,
            partition: partitionId,
            numbers: [leader, ...replicas, ...isr],
          })),
        ),
    )
  },

  decodeFetch({ version, body }) {
    if (version > NEWEST.fetch) return `has versions up to ${NEWEST.fetch}`
    const { decode } = requirePeer<Decode<FetchResponse>>(`${PROTOCOL}/requests/fetch/v${version}/response`)
    return job(
      () => decode(body),
      ({ responses }: FetchResponse): readonly PlainPartition[] =>
        responses.flatMap(({ topicName, partitions }) =>
          partitions.map(({ partition, highWatermark, messages }) => ({
            topic: topicName,
            partition,
            numbers: [
              Number(highWatermark),
              ...messages.flatMap(({ offset, value }) => [Number(offset), value.length]),
            ],
          })),
        ),
    )
  },
}

function plainRecord(record: KafkajsRecord): PlainRecord {
  return {
    offset: Number(record.offset),
    timestamp: Number(record.timestamp),
    key: record.key.toString('latin1'),
    value: record.value.toString('latin1'),
    headers: Object.entries(record.headers).map(([name, value]) => [name, value.toString('latin1')]),
  }
}

function compressor(name: string): CodecDriver['compress'][CompressionName] {
  return (bytes) => {
    const codec = compression.lookupCodec(compression.Types[name]!)
    return job(
      () => codec.compress({ buffer: bytes }),
      (compressed: Uint8Array) => Buffer.from(compressed),
    )
  }
}

function decompressor(name: string): CodecDriver['decompress'][CompressionName] {
  return (bytes) => {
    const codec = compression.lookupCodec(compression.Types[name]!)
    return job(
      () => codec.decompress(bytes),
      (decompressed: Uint8Array) => Buffer.from(decompressed),
    )
  }
}
