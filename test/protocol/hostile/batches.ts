// Batches made by hand, right in all but what is put into them.
import { crc32 } from 'node:zlib'
import { COMPRESSION_TYPES, type CompressionType } from '../../../src/protocol/compression/index.ts'
import { crc32c } from '../../../src/protocol/crc32c.ts'
import * as layout from '../../../src/protocol/records/layout.ts'

/** A batch of magic 2: the header of `sample`, with `records` behind it that are compressed as is said. */
export function batchAround(sample: Buffer, records: Uint8Array, compression: CompressionType): Buffer {
  const batch = Buffer.concat([sample.subarray(0, layout.BATCH_HEADER_BYTES), records])
  batch[layout.ATTRIBUTES + 1]! |= COMPRESSION_TYPES.indexOf(compression)
  return withLength(batch)
}

/** A message of magic 0 or 1 that wraps a message set, compressed as is said. */
export function messageAround(magic: 0 | 1, set: Uint8Array, compression: CompressionType): Buffer {
  const lengths = layout.LEGACY_TIMESTAMP + (magic === 0 ? 0 : 8)
  const message = Buffer.alloc(lengths + 8 + set.length)
  message.writeBigInt64BE(1030n, layout.BASE_OFFSET)
  message[layout.MAGIC] = magic
  message[layout.LEGACY_ATTRIBUTES] = COMPRESSION_TYPES.indexOf(compression)
  message.writeInt32BE(-1, lengths)
  message.writeInt32BE(set.length, lengths + 4)
  message.set(set, lengths + 8)
  return withLength(message)
}

/** With the length and the checksum that the bytes want, in place. */
export function withLength(batch: Buffer): Buffer {
  batch.writeInt32BE(batch.length - layout.LOG_OVERHEAD_BYTES, layout.BATCH_LENGTH)
  return withChecksum(batch)
}

export function withChecksum(batch: Buffer): Buffer {
  if (batch[layout.MAGIC] === 2) batch.writeUInt32BE(crc32c(batch, layout.ATTRIBUTES), layout.CRC)
  else batch.writeUInt32BE(crc32(batch.subarray(layout.MAGIC)), layout.LEGACY_CRC)
  return batch
}
