// No client: what Node's own gzip and zstd cost, which every client calls. The floor of those rows.

import type { Buffer } from 'node:buffer'
import zlib from 'node:zlib'
import { type CodecDriver, type CompressionName, job } from '../contract.ts'

const NOT_ZLIB = 'no client'

export const driver: CodecDriver = {
  version: `Node ${process.versions.node}`,
  compress: {
    gzip: through(zlib.gzipSync),
    zstd: through(zlib.zstdCompressSync),
    snappy: NOT_ZLIB,
    lz4: NOT_ZLIB,
  },
  decompress: {
    gzip: through(zlib.gunzipSync),
    zstd: through(zlib.zstdDecompressSync),
    snappy: NOT_ZLIB,
    lz4: NOT_ZLIB,
  },
  encodeBatch: NOT_ZLIB,
  decodeBatch: NOT_ZLIB,
  crc32c: NOT_ZLIB,
  murmur2: NOT_ZLIB,
  murmur2OfText: NOT_ZLIB,
  encodeMetadataRequest: NOT_ZLIB,
  decodeMetadata: NOT_ZLIB,
  decodeFetch: NOT_ZLIB,
}

function through(transform: (bytes: Buffer) => Buffer): CodecDriver['compress'][CompressionName] {
  return (bytes) =>
    job(
      () => transform(bytes),
      (result: Buffer) => result,
    )
}
