// The codecs of record batches, behind one table. A client may put its own implementation in the place of any entry.

import { Buffer } from 'node:buffer'
import zlib from 'node:zlib'
import type { CompressionCodec, DecompressOptions } from './codec.ts'
import { COMPRESSION_LEVELS, type CompressionLevels, levelOf } from './levels.ts'
import { lz4 } from './lz4.ts'
import { snappy } from './snappy.ts'
import { zstd as ownZstd } from './zstd/codec.ts'

export { COMPRESSION_LEVELS, type CompressionCodec, type CompressionLevels, type DecompressOptions }

/** The names Kafka gives them (`compression.type`); the position is their number in a batch's attributes. */
export const COMPRESSION_TYPES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

export type CompressionType = (typeof COMPRESSION_TYPES)[number]

/** What a batch may hold when it is decompressed, unless told otherwise: 128 MiB. */
export const DEFAULT_MAX_DECOMPRESSED_BYTES = 128 * 1024 * 1024

/** A codec that is absent, or undefined, is not supported. */
export type CompressionCodecs = {
  readonly [name in Exclude<CompressionType, 'none'>]?: CompressionCodec | undefined
}

/** Of records compressed with zstd: what they decompress to is often not told. */
const LIKELY_RATIO = 4
/** What zlib makes at once is no larger a multiple of the input, whatever the input says. */
const LARGEST_RATIO_AT_ONCE = 16
const LEAST_AT_ONCE_BYTES = 1024

const gzip: CompressionCodec = {
  compress: (bytes, level) => zlib.gzipSync(bytes, gzipOptions(level)),
  decompress: (bytes, { maxBytes }) =>
    zlib.gunzipSync(bytes, outputOptions(gunzippedSize(bytes), bytes, maxBytes)),
  compressAsync: (bytes, level) => settle((done) => zlib.gzip(bytes, gzipOptions(level), done)),
  decompressAsync: (bytes, { maxBytes }) =>
    settle((done) => zlib.gunzip(bytes, outputOptions(gunzippedSize(bytes), bytes, maxBytes), done)),
}

const nodeZstd: CompressionCodec = {
  compress: (bytes, level) => zlib.zstdCompressSync(bytes, zstdOptions(level)),
  decompress: (bytes, { maxBytes }) =>
    zlib.zstdDecompressSync(bytes, outputOptions(bytes.length * LIKELY_RATIO, bytes, maxBytes)),
  compressAsync: (bytes, level) => settle((done) => zlib.zstdCompress(bytes, zstdOptions(level), done)),
  decompressAsync: (bytes, { maxBytes }) =>
    settle((done) =>
      zlib.zstdDecompress(bytes, outputOptions(bytes.length * LIKELY_RATIO, bytes, maxBytes), done),
    ),
}

/** Node has zstd since 22.15 and 23.8. Before 26 it may take a part of what it reads for the whole: ours reads there. */
const zstd: CompressionCodec =
  typeof zlib.zstdDecompressSync !== 'function'
    ? ownZstd
    : readsWholeZstd(nodeZstd)
      ? nodeZstd
      : { ...ownZstd, compress: nodeZstd.compress, compressAsync: nodeZstd.compressAsync! }

/** The codecs that are used unless others are given. */
export const compressionCodecs: CompressionCodecs = {
  gzip,
  snappy,
  lz4,
  zstd,
}

function gzipOptions(level: number | undefined): zlib.ZlibOptions {
  return { level: levelOf('gzip', level) }
}

function zstdOptions(level: number | undefined): zlib.ZstdOptions {
  return { params: { [zlib.constants.ZSTD_c_compressionLevel]: levelOf('zstd', level) } }
}

/** Does a codec read several frames, a skippable one among them, and refuse one that was cut? */
export function readsWholeZstd({ decompress }: CompressionCodec): boolean {
  const frame = '28b52ffd200109000061'
  const skippable = '502a4d180100000000'
  const read = (hex: string) => String(decompress(Buffer.from(hex, 'hex'), { maxBytes: 10 }))
  try {
    if (read(frame + frame) !== 'aa' || read(skippable + frame) !== 'a') return false
  } catch {
    return false
  }
  try {
    read(frame.slice(0, -2))
    return false
  } catch {
    return true
  }
}

/**
 * Has zlib make an output of `likelyBytes` at once. By itself it makes 16 KiB at a time, each time calling into its
 * pool when asynchronous, and joins them in the end: twice the CPU time for batches of 64 KiB and more (measured).
 */
function outputOptions(
  likelyBytes: number,
  bytes: Uint8Array,
  maxBytes: number,
): { readonly maxOutputLength: number; readonly chunkSize: number } {
  const most = Math.min(bytes.length * LARGEST_RATIO_AT_ONCE, maxBytes)
  // A byte more than is needed: an output that is full would be followed by another.
  const chunkSize = Math.max(Math.min(likelyBytes, most) + 1, LEAST_AT_ONCE_BYTES)
  return { maxOutputLength: maxBytes, chunkSize }
}

/** What the last of the joined gzip streams says of its size, modulo 2^32. */
function gunzippedSize(bytes: Uint8Array): number {
  const end = bytes.length
  if (end < 4) return 0
  return bytes[end - 4]! + bytes[end - 3]! * 2 ** 8 + bytes[end - 2]! * 2 ** 16 + bytes[end - 1]! * 2 ** 24
}

function settle(start: (done: (error: Error | null, result: Buffer) => void) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    start((error, result) => (error === null ? resolve(result) : reject(error)))
  })
}
