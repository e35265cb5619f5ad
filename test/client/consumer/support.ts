// What the consumer's unit tests are told with: batches as a broker would send them, and a partition that reads them.

import { Buffer } from 'node:buffer'
import { type ChunkOptions, FetchedChunk } from '../../../src/client/consumer/fetched.ts'
import { Partition } from '../../../src/client/consumer/partition.ts'
import { type AnyDeserializer, serde } from '../../../src/client/serde.ts'
import { BatchBuilder, NO_HEADERS, type SealOptions } from '../../../src/protocol/records/builder.ts'
import * as layout from '../../../src/protocol/records/layout.ts'
import { restampProducer } from '../../../src/protocol/records/rewrite.ts'

export interface BatchSpec extends Omit<SealOptions, 'baseOffset'> {
  readonly at: number
  readonly values: readonly (string | null)[]
  /** The last offset that the batch covers, when compaction has taken its last records. */
  readonly lastOffset?: number
}

/** A batch as it lies in the log from offset `at` on; keys are `k<offset>`. */
export function batch({ at, values, lastOffset, ...seal }: BatchSpec): Buffer {
  const builder = new BatchBuilder({ maxBytes: 1 << 20 })
  values.forEach((value, index) => {
    builder.tryAppend(`k${at + index}`, value, NO_HEADERS, 1_700_000_000_000 + index)
  })
  const identity = { producerId: -1n, producerEpoch: -1, baseSequence: -1 }
  const bytes = Buffer.from(
    builder.seal({ partitionLeaderEpoch: 3, ...identity, ...seal, baseOffset: at }).bytes,
  )
  if (lastOffset !== undefined) {
    bytes.writeInt32BE(lastOffset - at, layout.LAST_OFFSET_DELTA)
    restampProducer(bytes, { ...identity, ...seal })
  }
  return bytes
}

/** Values `from` to `to`, inclusive, as text. */
export function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => String(from + index))
}

let epochs = 0

/** A partition that may be read, from offset 0 on. */
export function readablePartition(
  options: {
    readonly topic?: string
    readonly partition?: number
    readonly offset?: number
    readonly key?: AnyDeserializer
    readonly value?: AnyDeserializer
  } = {},
): Partition {
  const { topic = 't', partition: number = 0, offset = 0, key = serde.string, value = serde.string } = options
  const partition = new Partition(topic, number, { key, value, nextEpoch: () => ++epochs })
  partition.hold = undefined
  partition.startAt({ offset, leaderEpoch: -1 })
  return partition
}

export function chunk(
  partition: Partition,
  batches: readonly Buffer[],
  options: Partial<ChunkOptions> = {},
): FetchedChunk {
  return new FetchedChunk(partition, Buffer.concat(batches), {
    checkCrcs: true,
    abortedTransactions: [],
    onRelease: () => {},
    ...options,
  })
}

/** Buffers what a fetch brought. */
export function fetched(partition: Partition, ...batches: readonly Buffer[]): void {
  partition.buffer(chunk(partition, batches))
}
