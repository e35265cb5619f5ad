// zstd written here, for Node versions that have none of their own (before 22.15).

import type { CompressionCodec } from '../codec.ts'
import { levelOf } from '../levels.ts'
import { compressZstd } from './compress.ts'
import { decompressZstd } from './decompress.ts'

export const zstd: CompressionCodec = {
  compress: (bytes, level) => compressZstd(bytes, levelOf('zstd', level)),
  decompress: decompressZstd,
}
