// The codecs of record batches, behind one table. A client may put its own implementation in the place of any entry.

import type { Buffer } from 'node:buffer'
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

const gzip: CompressionCodec = {
  compress: (bytes, level) => zlib.gzipSync(bytes, gzipOptions(level)),
  decompress: (bytes, { maxBytes }) => zlib.gunzipSync(bytes, { maxOutputLength: maxBytes }),
  compressAsync: (bytes, level) => settle((done) => zlib.gzip(bytes, gzipOptions(level), done)),
  decompressAsync: (bytes, { maxBytes }) =>
    settle((done) => zlib.gunzip(bytes, { maxOutputLength: maxBytes }, done)),
}

const nodeZstd: CompressionCodec = {
  compress: (bytes, level) => zlib.zstdCompressSync(bytes, zstdOptions(level)),
  decompress: (bytes, { maxBytes }) => zlib.zstdDecompressSync(bytes, { maxOutputLength: maxBytes }),
  compressAsync: (bytes, level) => settle((done) => zlib.zstdCompress(bytes, zstdOptions(level), done)),
  decompressAsync: (bytes, { maxBytes }) =>
    settle((done) => zlib.zstdDecompress(bytes, { maxOutputLength: maxBytes }, done)),
}

/** Node has zstd since 22.15 and 23.8. */
const hasZstd = typeof zlib.zstdDecompressSync === 'function'

/** The codecs that are used unless others are given. */
export const compressionCodecs: CompressionCodecs = {
  gzip,
  snappy,
  lz4,
  zstd: hasZstd ? nodeZstd : ownZstd,
}

function gzipOptions(level: number | undefined): zlib.ZlibOptions {
  return { level: levelOf('gzip', level) }
}

function zstdOptions(level: number | undefined): zlib.ZstdOptions {
  return { params: { [zlib.constants.ZSTD_c_compressionLevel]: levelOf('zstd', level) } }
}

function settle(start: (done: (error: Error | null, result: Buffer) => void) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    start((error, result) => (error === null ? resolve(result) : reject(error)))
  })
}
