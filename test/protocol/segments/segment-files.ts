// Files of a partition's folder, made by hand.

import { BatchBuilder } from '../../../src/protocol/records/builder.ts'
import { type ByteSource, bufferSource } from '../../../src/protocol/segments/source.ts'

export const NOW = 1_700_000_000_000

/** A batch of `count` records with values of `valueBytes`, as a broker writes it. */
export function batchOf(baseOffset: number, count: number, valueBytes = 20): Buffer {
  const builder = new BatchBuilder({ maxBytes: Number.POSITIVE_INFINITY })
  for (let i = 0; i < count; i++) {
    builder.tryAppend(
      `key-${baseOffset + i}`,
      Buffer.alloc(valueBytes, 0x61 + (i % 26)),
      [],
      NOW + baseOffset + i,
    )
  }
  return builder.seal({ baseOffset, partitionLeaderEpoch: 3 }).bytes
}

/** Entries of an `.index`: relative offset and position. */
export function offsetIndex(...entries: readonly (readonly [relative: number, position: number])[]): Buffer {
  return Buffer.concat(
    entries.map(([relative, position]) => {
      const entry = Buffer.alloc(8)
      entry.writeInt32BE(relative, 0)
      entry.writeInt32BE(position, 4)
      return entry
    }),
  )
}

/** Entries of a `.timeindex`: timestamp and relative offset. */
export function timeIndex(...entries: readonly (readonly [timestamp: number, relative: number])[]): Buffer {
  return Buffer.concat(
    entries.map(([timestamp, relative]) => {
      const entry = Buffer.alloc(12)
      entry.writeBigInt64BE(BigInt(timestamp), 0)
      entry.writeInt32BE(relative, 8)
      return entry
    }),
  )
}

/** Entries of a `.txnindex`: producer id, first, last and last stable offset. */
export function transactionIndex(...entries: readonly (readonly [bigint, number, number, number])[]): Buffer {
  return Buffer.concat(
    entries.map((numbers) => {
      const entry = Buffer.alloc(34)
      for (const [i, number] of numbers.entries()) entry.writeBigInt64BE(BigInt(number), 2 + 8 * i)
      return entry
    }),
  )
}

/** A source that counts what is read of it. */
export function counting(bytes: Buffer): ByteSource & { readBytes: number; largestRead: number } {
  const inner = bufferSource(bytes)
  const source = {
    sizeBytes: bytes.length,
    readBytes: 0,
    largestRead: 0,
    async read(position: number, length: number) {
      if (position + length > bytes.length) throw new Error(`read beyond the end: ${position} + ${length}`)
      source.readBytes += length
      source.largestRead = Math.max(source.largestRead, length)
      return inner.read(position, length)
    },
  }
  return source
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}
