// Attacks on the reading of record batches, of all magics and codecs. Runs in a process of its own
// (support/hostile/attack.ts).
import {
  COMPRESSION_TYPES,
  type CompressionType,
  compressionCodecs,
} from '../../../src/protocol/compression/index.ts'
import { zstd } from '../../../src/protocol/compression/zstd/codec.ts'
import { type RecordBatch, readBatches } from '../../../src/protocol/records/batch.ts'
import { readControlBatch } from '../../../src/protocol/records/control.ts'
import { openBatch, openBatchAsync, type RecordCursor } from '../../../src/protocol/records/cursor.ts'
import * as layout from '../../../src/protocol/records/layout.ts'
import { type Attempt, attack } from '../../support/hostile/attack.ts'
import {
  absurdIntegers,
  absurdVarints,
  flippedBits,
  mutated,
  randomOf,
} from '../../support/hostile/mutate.ts'
import golden from '../records/golden.json' with { type: 'json' }
import { batchAround, messageAround, withChecksum, withLength } from './batches.ts'

const RANDOM_BATCHES = 100_000
const MAX_DECOMPRESSED_BYTES = 16 * 1024

/** What was read: so much can be bounded. */
interface Read {
  batches: number
  records: number
  headers: number
}

interface Sample {
  readonly name: string
  readonly bytes: Buffer
}

const samples: readonly Sample[] = golden.map(({ name, bytes }) => ({
  name,
  bytes: Buffer.from(bytes, 'base64'),
}))
const singleBatches = samples.filter(({ bytes }) => [...readBatches(bytes)].length === 1)

/** Node's zstd, and ours for where it has none. */
const nodeCodecs = compressionCodecs
const ownCodecs = { ...compressionCodecs, zstd }

/** Touches everything that a reader may. */
function readAll(bytes: Buffer, checkCrcs: boolean, codecs = nodeCodecs): Read {
  const read = { batches: 0, records: 0, headers: 0 }
  for (const batch of readBatches(bytes)) {
    lookAt(batch, read)
    walk(openBatch(batch, { checkCrcs, codecs, maxDecompressedBytes: MAX_DECOMPRESSED_BYTES }), read)
    if (batch.isControl) readControlBatch(batch, { checkCrcs })
  }
  return read
}

async function readAllAside(bytes: Buffer): Promise<Read> {
  const read = { batches: 0, records: 0, headers: 0 }
  for (const batch of readBatches(bytes)) {
    lookAt(batch, read)
    const options = { checkCrcs: false, maxDecompressedBytes: MAX_DECOMPRESSED_BYTES }
    walk(await openBatchAsync(batch, options), read)
  }
  return read
}

function lookAt(batch: RecordBatch, read: Read): void {
  read.batches++
  void [
    batch.producerId,
    batch.producerEpoch,
    batch.lastSequence,
    batch.recordCount,
    batch.partitionLeaderEpoch,
  ]
  void [batch.compression, batch.isTransactional, batch.isLogAppendTime]
  expectInteger(batch.maxTimestamp, batch.baseTimestamp, batch.deleteHorizonMs ?? 0, batch.nextOffset)
}

function walk(cursor: RecordCursor, read: Read): void {
  const { batch } = cursor
  const limit = cursor.bytes === batch.buffer ? batch.end : cursor.bytes.length
  while (cursor.next()) {
    read.records++
    if (cursor.end > limit) throw new Error(`a record ends at ${cursor.end} of ${limit}`)
    const { offset, timestamp } = cursor
    if (!(offset >= 0 && offset <= batch.lastOffset)) throw new Error(`offset ${offset}`)
    expectInteger(offset, timestamp)
    const { key, value, headers } = cursor.record()
    void [key?.toString(), value?.toString()]
    for (const [name, value] of headers) {
      read.headers++
      void [name, value?.toString()]
    }
  }
}

function expectInteger(...numbers: number[]): void {
  for (const number of numbers)
    if (!Number.isSafeInteger(number)) throw new Error(`${number} is no safe integer`)
}

const checked = (bytes: Buffer) => readAll(bytes, true)
const unchecked = (bytes: Buffer) => readAll(bytes, false)
const byOurselves = (bytes: Buffer) => readAll(bytes, false, ownCodecs)

function decodersOf({ name }: Sample): readonly ((bytes: Buffer) => Read)[] {
  return name.includes('zstd') ? [unchecked, byOurselves] : [unchecked]
}

/** Cut off: then no whole batch is there any more. And cut off, with the length of what is left: a broken one. */
function* truncations(): Generator<Attempt> {
  for (const { name, bytes } of samples) {
    for (let end = 0; end < bytes.length; end++) {
      yield { what: `${name} cut at ${end}`, bytes: bytes.subarray(0, end), decode: unchecked }
    }
  }
  for (const { name, bytes } of singleBatches) {
    if (name === 'empty') continue
    for (let end = layout.LOG_OVERHEAD_BYTES; end < bytes.length; end++) {
      const cut = Buffer.from(bytes.subarray(0, end))
      cut.writeInt32BE(end - layout.LOG_OVERHEAD_BYTES, layout.BATCH_LENGTH)
      // Of less than that the magic cannot be told: then it is no batch yet.
      const mustFail = end > layout.MAGIC
      yield { what: `${name} ends at ${end}`, bytes: cut, decode: unchecked, mustFail }
    }
  }
}

/** F8: any bit of what the checksum is of, and of the checksum. */
function* bitsUnderTheChecksum(): Generator<Attempt> {
  for (const { name, bytes } of singleBatches) {
    const start = bytes[layout.MAGIC] === 2 ? layout.CRC : layout.LEGACY_CRC
    for (const damaged of flippedBits(bytes, start)) {
      // Another magic is another layout; those bits are not under the checksum of magic 2.
      yield { what: name, bytes: damaged, decode: checked, mustFail: true }
    }
  }
}

function* uncheckedBits(): Generator<Attempt> {
  for (const sample of samples) {
    for (const decode of decodersOf(sample)) {
      for (const bytes of flippedBits(sample.bytes)) yield { what: sample.name, bytes, decode }
    }
  }
}

/** Every field of the header with the ends of its type, and others that may be trouble; with the right checksum. */
function* headerFields(): Generator<Attempt> {
  const fields = [
    ...[layout.BASE_OFFSET, layout.BASE_TIMESTAMP, layout.MAX_TIMESTAMP, layout.PRODUCER_ID].map((at) => [
      at,
      8,
    ]),
    ...[layout.BATCH_LENGTH, layout.PARTITION_LEADER_EPOCH, layout.LAST_OFFSET_DELTA].map((at) => [at, 4]),
    ...[layout.BASE_SEQUENCE, layout.RECORD_COUNT].map((at) => [at, 4]),
    ...[
      [layout.ATTRIBUTES, 2],
      [layout.PRODUCER_EPOCH, 2],
      [layout.MAGIC, 1],
    ],
    ...[
      [layout.LEGACY_ATTRIBUTES, 1],
      [layout.LEGACY_TIMESTAMP, 8],
      [layout.LEGACY_TIMESTAMP, 4],
    ],
    ...[[layout.LEGACY_TIMESTAMP + 8, 4]],
  ] as [at: number, size: 1 | 2 | 4 | 8][]
  for (const { name, bytes } of singleBatches) {
    for (const [at, size] of fields) {
      for (const number of numbersOf(size)) {
        const changed = Buffer.from(bytes)
        if (at + size > changed.length) continue
        changed.set(number, at)
        yield {
          what: `${name}, ${number.toString('hex')} at ${at}`,
          bytes: withChecksum(changed),
          decode: checked,
        }
      }
    }
  }
}

function numbersOf(size: 1 | 2 | 4 | 8): Buffer[] {
  if (size === 1) return Array.from({ length: 256 }, (_, byte) => Buffer.from([byte]))
  const bits = BigInt(size * 8)
  const ends = [
    0n,
    1n,
    -1n,
    -2n,
    2n,
    2n ** (bits - 1n) - 1n,
    -(2n ** (bits - 1n)),
    2n ** (bits - 2n),
    2n ** (bits - 3n),
  ]
  const safe = BigInt(Number.MAX_SAFE_INTEGER)
  const numbers = size === 8 ? [...ends, safe, -safe, safe + 1n, -safe - 1n, safe - 5n, 5n - safe] : ends
  return numbers.map((number) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64BE(BigInt.asIntN(64, number))
    return bytes.subarray(8 - size)
  })
}

/** Records that no producer writes, in a batch that is right otherwise, plain and compressed. */
function* recordsInside(seed: number): Generator<Attempt> {
  const plain = singleBatches.filter(({ name }) =>
    ['magic 2, none', 'transactional', 'commit marker'].includes(name),
  )
  for (const { name, bytes } of plain) {
    for (const changed of absurdVarints(bytes, layout.BATCH_HEADER_BYTES)) {
      yield { what: `${name}, an absurd number`, bytes: withLength(changed), decode: checked }
    }
  }
  for (const compression of COMPRESSION_TYPES) {
    for (let index = 0; index < 3000; index++) {
      const random = randomOf(seed, index)
      const { bytes } = plain[index % plain.length]!
      const records = mutated(bytes.subarray(layout.BATCH_HEADER_BYTES), bytes, random)
      const changed = batchAround(bytes, compressed(compression, records), compression)
      yield { what: `${compression}, index ${index}`, bytes: changed, decode: checked }
    }
  }
}

/** Message sets that no producer wrote, wrapped in a compressed message that is right otherwise; twice, too. */
function* messagesInside(seed: number): Generator<Attempt> {
  for (const magic of [0, 1] as const) {
    const set = samples.find(({ name }) => name === `magic ${magic}, none`)!.bytes
    for (const compression of ['gzip', 'snappy', 'lz4'] as const) {
      const wrap = (bytes: Buffer) => messageAround(magic, compressed(compression, bytes), compression)
      yield { what: 'wrapped twice', bytes: wrap(wrap(set)), decode: checked, mustFail: true }
      yield {
        what: 'wrapped behind others',
        bytes: wrap(Buffer.concat([set, wrap(set)])),
        decode: checked,
        mustFail: true,
      }
      yield {
        what: 'a batch of magic 2 inside',
        bytes: wrap(samples.at(-1)!.bytes),
        decode: checked,
        mustFail: true,
      }
      yield { what: 'nothing inside', bytes: wrap(Buffer.alloc(0)), decode: checked }
      for (const bytes of absurdIntegers(set)) {
        if (compression === 'gzip') yield { what: 'an absurd number', bytes: wrap(bytes), decode: checked }
      }
      for (let index = 0; index < 1000; index++) {
        const bytes = wrap(mutated(set, set, randomOf(seed, index)))
        yield { what: `${compression}, index ${index}`, bytes, decode: checked }
      }
    }
  }
}

function compressed(type: CompressionType, bytes: Buffer): Uint8Array {
  return type === 'none' ? bytes : compressionCodecs[type]!.compress(bytes)
}

function* randomBatches(seed: number): Generator<Attempt> {
  for (let index = 0; index < RANDOM_BATCHES; index++) {
    const random = randomOf(seed, index)
    const sample = samples[index % samples.length]!
    const changed = mutated(sample.bytes, samples[random(samples.length)]!.bytes, random)
    // Mostly with the length that it has: otherwise nothing more is looked at.
    if (changed.length > 16 && random(4) > 0) changed.writeInt32BE(changed.length - 12, 8)
    const decode = decodersOf(sample).at(random(2) - 1)!
    yield { what: `${sample.name}, index ${index}`, bytes: changed, decode }
  }
}

function* aside(seed: number): Generator<Attempt> {
  for (let index = 0; index < 3000; index++) {
    const random = randomOf(seed, index)
    const { name, bytes } = samples[index % samples.length]!
    yield { what: `${name}, index ${index}`, bytes: mutated(bytes, bytes, random), decode: readAllAside }
  }
}

await attack(
  (seed) => ({
    truncations: truncations(),
    'bits under the checksum': bitsUnderTheChecksum(),
    'bits, no checksum asked for': uncheckedBits(),
    'fields of the header': headerFields(),
    'records inside': recordsInside(seed),
    'messages inside': messagesInside(seed),
    'random batches': randomBatches(seed),
    'opened aside': aside(seed),
  }),
  {
    isTooLarge(value, bytes) {
      const { batches, records, headers } = value as Read
      return records * 6 + headers * 2 > bytes.length + batches * MAX_DECOMPRESSED_BYTES
    },
    allocated: () => 2 ** 20,
  },
)
