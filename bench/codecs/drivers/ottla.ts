// Our side, as the client itself uses it: a batch goes into the buffer of a settled one when it is large enough for
// that, records are objects that give key and value when asked.

import { Buffer } from 'node:buffer'
import { murmur2 } from '../../../src/client/producer/murmur2.ts'
import { partitionOfKey } from '../../../src/client/producer/partitioner.ts'
import { Fetch, Metadata } from '../../../src/protocol/api/index.ts'
import { Reader } from '../../../src/protocol/bytes/reader.ts'
import { Writer } from '../../../src/protocol/bytes/writer.ts'
import { compressionCodecs } from '../../../src/protocol/compression/index.ts'
import { crc32c } from '../../../src/protocol/crc32c.ts'
import { batchAt } from '../../../src/protocol/records/batch.ts'
import { BatchBuilder, type SealedBatch } from '../../../src/protocol/records/builder.ts'
import { openBatch, type StoredRecord } from '../../../src/protocol/records/cursor.ts'
import type { ResponseOf } from '../../../src/protocol/schema.ts'
import {
  type CodecDriver,
  type CompressionName,
  type EncodeInput,
  job,
  type PlainRecord,
  type Sample,
} from '../contract.ts'

/** The default `batchSize`. */
const BATCH_SIZE = 65_536

export const driver: CodecDriver = {
  version: 'this checkout',

  encodeBatch({ samples, given }) {
    const fill = given === 'text' ? fillWithText : fillWithBytes
    let free: Buffer | undefined
    const expectedBytes = sizeOfBatch(samples, given)
    const maxBytes = Math.max(BATCH_SIZE, expectedBytes)
    return job(
      () => {
        const builder = new BatchBuilder({ maxBytes, expectedBytes, ...(free && { buffer: free }) })
        fill(builder, samples)
        const sealed = builder.seal()
        // As the producer's accumulator: only batches more than half full.
        if (sealed.buffer.length * 2 > maxBytes) free = sealed.buffer
        return sealed
      },
      (sealed: SealedBatch) => Buffer.from(sealed.bytes),
    )
  },

  decodeBatch({ batch, look, checked: checkCrcs }) {
    if (look === 'walk') {
      return job(
        () => {
          const cursor = openBatch(batchAt(batch)!, { checkCrcs })
          let sum = 0
          while (cursor.next()) sum += cursor.valueLength
          return sum
        },
        () => plainRecords(batch),
      )
    }
    if (look === 'views') {
      return job(
        () => viewed(batch, checkCrcs),
        (records: readonly StoredRecord[]) => records.map(plainRecord),
      )
    }
    return job(
      () => texts(batch, checkCrcs),
      (records: readonly TextRecord[]) => {
        const headers = plainRecords(batch).map((record) => record.headers)
        return records.map((record, i) => ({ ...record, headers: headers[i]! }))
      },
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
        for (const key of keys) sum ^= partitionOfKey(key, 0x8000_0000)
        return sum
      },
      () => keys.map((key) => partitionOfKey(key, 0x8000_0000)),
    ),

  encodeMetadataRequest({ version, topics }) {
    const codec = Metadata.request.codec(version)
    return job(
      () => {
        const writer = new Writer()
        codec.write(writer, { topics: topics.map((name) => ({ name })) })
        return writer.toBuffer()
      },
      (bytes: Buffer) => bytes,
    )
  },

  decodeMetadata({ version, body }) {
    const codec = Metadata.response.codec(version)
    return job(
      () => codec.read(new Reader(body)),
      (response: ResponseOf<typeof Metadata>) =>
        response.topics.flatMap(({ name, partitions }) =>
          partitions.map(({ partitionIndex, leaderId, replicaNodes, isrNodes }) => ({
            topic: name!,
            partition: partitionIndex,
            numbers: [leaderId, ...replicaNodes, ...isrNodes],
          })),
        ),
    )
  },

  decodeFetch({ version, body, records }) {
    const codec = Fetch.response.codec(version)
    type Fetched = ResponseOf<typeof Fetch>
    const viewedIn = (response: Fetched) =>
      response.responses.flatMap(({ partitions }) =>
        partitions.map((partition) => (records ? viewed(partition.records!, false) : [])),
      )
    return job(
      () => {
        const response = codec.read(new Reader(body))
        return { response, viewed: records ? viewedIn(response) : [] }
      },
      ({ response, viewed }: { response: Fetched; viewed: readonly (readonly StoredRecord[])[] }) =>
        response.responses
          .flatMap(({ topic, topicId, partitions }) =>
            partitions.map((partition) => ({ topic: version > 12 ? topicId : topic, ...partition })),
          )
          .map(({ topic, partitionIndex, highWatermark }, i) => ({
            topic,
            partition: partitionIndex,
            numbers: [
              highWatermark,
              ...(viewed[i] ?? []).flatMap((record) => [record.offset, record.value!.length]),
            ],
          })),
    )
  },
}

function fillWithBytes(builder: BatchBuilder, samples: readonly Sample[]): void {
  for (const { key, value, headers, timestamp } of samples) builder.tryAppend(key, value, headers, timestamp)
}

function fillWithText(builder: BatchBuilder, samples: readonly Sample[]): void {
  for (const { keyText, valueText, headers, timestamp } of samples) {
    builder.tryAppend(keyText, valueText, headers, timestamp)
  }
}

function sizeOfBatch(samples: readonly Sample[], given: EncodeInput['given']): number {
  const builder = new BatchBuilder({ maxBytes: Number.POSITIVE_INFINITY })
  const fill = given === 'text' ? fillWithText : fillWithBytes
  fill(builder, samples)
  return builder.sizeBytes
}

/** An array of the records, key and value of each looked at. */
function viewed(batch: Buffer, checkCrcs: boolean): readonly StoredRecord[] {
  const records: StoredRecord[] = []
  let sum = 0
  for (const record of openBatch(batchAt(batch)!, { checkCrcs })) {
    sum += record.key!.length + record.value!.length
    records.push(record)
  }
  if (sum < 0) throw new Error('unreachable: keeps the views from being optimised away')
  return records
}

interface TextRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: string
  readonly value: string
}

/** The cursor says where the bytes lie: no view is made of what becomes a string. */
function texts(batch: Buffer, checkCrcs: boolean): readonly TextRecord[] {
  const records: TextRecord[] = []
  const cursor = openBatch(batchAt(batch)!, { checkCrcs })
  const { bytes } = cursor
  while (cursor.next()) {
    const { offset, timestamp, keyStart, keyLength, valueStart, valueLength } = cursor
    records.push({
      offset,
      timestamp,
      key: bytes.toString('utf8', keyStart, keyStart + keyLength),
      value: bytes.toString('utf8', valueStart, valueStart + valueLength),
    })
  }
  return records
}

/** What any client's batch holds, its checksum checked: also how peers' batches are held against the samples. */
export function plainRecords(batch: Buffer): readonly PlainRecord[] {
  return [...openBatch(batchAt(batch)!)].map(plainRecord)
}

function plainRecord(record: StoredRecord): PlainRecord {
  return {
    offset: record.offset,
    timestamp: record.timestamp,
    key: record.key!.toString('latin1'),
    value: record.value!.toString('latin1'),
    headers: record.headers.entries.map(([name, value]) => [name, value!.toString('latin1')]),
  }
}

function compressor(type: CompressionName): CodecDriver['compress'][CompressionName] {
  const codec = compressionCodecs[type]
  if (codec === undefined) return 'not in this Node'
  return (bytes) =>
    job(
      () => codec.compress(bytes),
      (compressed: Uint8Array) => Buffer.from(compressed),
    )
}

function decompressor(type: CompressionName): CodecDriver['decompress'][CompressionName] {
  const codec = compressionCodecs[type]
  if (codec === undefined) return 'not in this Node'
  return (bytes) =>
    job(
      () => codec.decompress(bytes, { maxBytes: 0x1000_0000 }),
      (decompressed: Uint8Array) => Buffer.from(decompressed),
    )
}
