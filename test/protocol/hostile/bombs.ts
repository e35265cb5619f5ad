// Batches that decompress to far more than is allowed, or say that they do. Runs in a process of its own
// (support/hostile/attack.ts), in which such memory would be seen.
import { gzipSync } from 'node:zlib'
import { type CompressionType, compressionCodecs } from '../../../src/protocol/compression/index.ts'
import { zstd } from '../../../src/protocol/compression/zstd/codec.ts'
import { batchAt } from '../../../src/protocol/records/batch.ts'
import { openBatch, openBatchAsync } from '../../../src/protocol/records/cursor.ts'
import { type Attempt, attack } from '../../support/hostile/attack.ts'
import golden from '../records/golden.json' with { type: 'json' }
import { batchAround, messageAround } from './batches.ts'

const MIB = 2 ** 20
const ALLOWED_BYTES = MIB

const ZSTD_MAGIC = Buffer.from('28b52ffd', 'hex')
const ZSTD_WINDOW_OF_1_MIB = 10 << 3
const ZSTD_BLOCK_BYTES = 128 * 1024

const sample = Buffer.from(golden.find(({ name }) => name === 'magic 2, none')!.bytes, 'base64')

interface Bomb {
  readonly compression: CompressionType
  readonly what: string
  readonly bytes: Uint8Array
  /** Below what magic it does not stand. */
  readonly fromMagic?: 2
}

const bombs: readonly Bomb[] = [
  // A gzip file may have several members, so 64 of 16 MiB are one of 1 GiB.
  { compression: 'gzip', what: 'that is 1 GiB', bytes: repeated(gzipSync(Buffer.alloc(16 * MIB)), 64) },
  { compression: 'gzip', what: 'that is a little more', bytes: gzipSync(Buffer.alloc(ALLOWED_BYTES + 1)) },
  { compression: 'zstd', what: 'that is 1 GiB', bytes: zstdZeros(2 ** 30), fromMagic: 2 },
  { compression: 'zstd', what: 'that says 1 GiB', bytes: zstdClaim(2n ** 30n), fromMagic: 2 },
  { compression: 'zstd', what: 'that says 2^62', bytes: zstdClaim(2n ** 62n), fromMagic: 2 },
  { compression: 'zstd', what: 'that is a little more', bytes: zstdZeros(ALLOWED_BYTES + 1), fromMagic: 2 },
  { compression: 'lz4', what: 'that is 1 GiB', bytes: repeated(lz4Of(16 * MIB), 64) },
  { compression: 'lz4', what: 'that is a little more', bytes: lz4Of(ALLOWED_BYTES + 1) },
  {
    compression: 'snappy',
    what: 'that is 64 MiB, in chunks',
    bytes: snappyChunks(snappyOf(32 * 1024), 2048),
  },
  {
    compression: 'snappy',
    what: 'that says 1 GiB',
    bytes: Buffer.from([0x80, 0x80, 0x80, 0x80, 0x04, 0, 0x61]),
  },
  {
    compression: 'snappy',
    what: 'that says 2^32-1',
    bytes: Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0x61]),
  },
  {
    compression: 'snappy',
    what: 'with a chunk that says 1 GiB',
    bytes: snappyChunks(Buffer.from([0x80, 0x80, 0x80, 0x80, 0x04, 0, 0x61]), 1),
  },
  { compression: 'snappy', what: 'that is 64 MiB', bytes: snappyOf(64 * MIB) },
  { compression: 'snappy', what: 'that is a little more', bytes: snappyOf(ALLOWED_BYTES + 1) },
]

/** What is allowed, to the byte: it opens. */
const largest: readonly Bomb[] = [
  { compression: 'gzip', what: 'of 1 MiB', bytes: gzipSync(Buffer.alloc(ALLOWED_BYTES)) },
  { compression: 'zstd', what: 'of 1 MiB', bytes: zstdZeros(ALLOWED_BYTES), fromMagic: 2 },
  { compression: 'lz4', what: 'of 1 MiB', bytes: lz4Of(ALLOWED_BYTES) },
  { compression: 'snappy', what: 'of 1 MiB', bytes: snappyOf(ALLOWED_BYTES) },
]

const options = { maxDecompressedBytes: ALLOWED_BYTES }
/** Where Node has no zstd. */
const ownCodecs = { ...compressionCodecs, zstd }

function open(bytes: Buffer): number {
  return openBatch(batchAt(bytes)!, options).bytes.length
}

async function openAside(bytes: Buffer): Promise<number> {
  return (await openBatchAsync(batchAt(bytes)!, options)).bytes.length
}

function openByOurselves(bytes: Buffer): number {
  return openBatch(batchAt(bytes)!, { ...options, codecs: ownCodecs }).bytes.length
}

function* attempts(bombs: readonly Bomb[], mustFail: boolean): Generator<Attempt> {
  for (const { compression, what, bytes, fromMagic } of bombs) {
    for (const decode of [open, openAside, openByOurselves]) {
      const name = `${compression} ${what}, ${decode.name}`
      yield { what: name, bytes: batchAround(sample, bytes, compression), decode, mustFail }
      if (fromMagic === 2) continue
      for (const magic of [0, 1] as const) {
        yield {
          what: `${name}, magic ${magic}`,
          bytes: messageAround(magic, bytes, compression),
          decode,
          mustFail,
        }
      }
    }
  }
}

function repeated(bytes: Uint8Array, times: number): Buffer {
  return Buffer.concat(new Array<Uint8Array>(times).fill(bytes))
}

function lz4Of(zeros: number): Uint8Array {
  return compressionCodecs.lz4!.compress(Buffer.alloc(zeros))
}

function snappyOf(zeros: number): Uint8Array {
  return compressionCodecs.snappy!.compress(Buffer.alloc(zeros))
}

/** The framing of Java's library: a magic number, two versions, and chunks of raw snappy with their lengths. */
function snappyChunks(chunk: Uint8Array, times: number): Buffer {
  const header = Buffer.from('82534e415050590000000001' + '00000001', 'hex')
  const length = Buffer.alloc(4)
  length.writeUInt32BE(chunk.length)
  return Buffer.concat([header, repeated(Buffer.concat([length, chunk]), times)])
}

/** A frame of blocks that each say one byte and how often. Source: RFC 8878, 3.1.1. */
function zstdZeros(length: number): Buffer {
  const parts = [ZSTD_MAGIC, Buffer.from([0, ZSTD_WINDOW_OF_1_MIB])]
  for (let left = length; left > 0; left -= ZSTD_BLOCK_BYTES) {
    const size = Math.min(left, ZSTD_BLOCK_BYTES)
    const block = Buffer.alloc(4)
    block.writeUInt32LE((size << 3) | (1 << 1) | (left === size ? 1 : 0))
    parts.push(block)
  }
  return Buffer.concat(parts)
}

/** A frame whose header gives its content's size, and with one byte in it. */
function zstdClaim(size: bigint): Buffer {
  const contentSize = Buffer.alloc(8)
  contentSize.writeBigUInt64LE(size)
  const lastRawBlockOfOne = Buffer.from([(1 << 3) | 1, 0, 0, 0x61])
  return Buffer.concat([
    ZSTD_MAGIC,
    Buffer.from([0xc0, ZSTD_WINDOW_OF_1_MIB]),
    contentSize,
    lastRawBlockOfOne,
  ])
}

await attack(() => ({ bombs: attempts(bombs, true), 'as much as is allowed': attempts(largest, false) }), {
  isTooLarge: (length) => length !== ALLOWED_BYTES,
  allocated: () => 8 * MIB,
})
