// Each codec on the records of a batch as it is often met: 500 orders in JSON. All decompress the same bytes.

import { Buffer } from 'node:buffer'
import zlib from 'node:zlib'
import { compressionCodecs } from '../../../src/protocol/compression/index.ts'
import { BATCH_HEADER_BYTES } from '../../../src/protocol/records/layout.ts'
import type { CompressionName } from '../contract.ts'
import { digestOfBytes } from '../digest.ts'
import { ask, type Row } from '../row.ts'
import { jsonSamples } from '../samples.ts'
import { batchOf } from './batches.ts'

const TYPES: readonly CompressionName[] = ['gzip', 'snappy', 'lz4', 'zstd']
const RECORDS = 500

const records = Buffer.from(batchOf(jsonSamples(RECORDS)).subarray(BATCH_HEADER_BYTES))

export const rows: readonly Row[] = TYPES.flatMap((type) => [compressing(type), decompressing(type)])

function compressing(type: CompressionName): Row {
  let size = 0
  return {
    name: `${type} compress ${(records.length / 1024).toFixed(0)} KiB of JSON records`,
    unit: { name: 'µs/batch', perRun: 1 },
    bytesPerUnit: records.length,
    prepare({ compress }) {
      const job = ask(compress[type], records, (compressed) => {
        size = compressed.length
        return digestOfBytes(decompressed(type, compressed))
      })
      if (typeof job === 'string') return job
      return {
        job,
        expected: digestOfBytes(records),
        remark: () => `${(records.length / size).toFixed(2)}:1`,
      }
    },
  }
}

function decompressing(type: CompressionName): Row {
  return {
    name: `${type} decompress it`,
    unit: { name: 'µs/batch', perRun: 1 },
    bytesPerUnit: records.length,
    prepare({ decompress }) {
      const compressed =
        type === 'zstd' ? zlib.zstdCompressSync(records) : compressionCodecs[type]!.compress(records)
      const job = ask(decompress[type], Buffer.from(compressed), digestOfBytes)
      return typeof job === 'string' ? job : { job, expected: digestOfBytes(records) }
    },
  }
}

function decompressed(type: CompressionName, bytes: Uint8Array): Uint8Array {
  return compressionCodecs[type]!.decompress(bytes, { maxBytes: 0x1000_0000 })
}
