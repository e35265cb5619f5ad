// Changes to a batch that is already written: by a producer that sends it under a new identity, or in halves, and by a
// broker that gives it its place in the log.

import type { Buffer } from 'node:buffer'
import { KafkaError } from '../../errors.ts'
import { crc32c } from '../crc32c.ts'
import { batchAt, type RecordBatch } from './batch.ts'
import { BatchBuilder, type BatchBuilderOptions } from './builder.ts'
import { type OpenOptions, openBatch } from './cursor.ts'
import * as layout from './layout.ts'

/** What identifies a batch to the broker's check of sequences. */
export interface ProducerIdentity {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly baseSequence: number
}

/**
 * Gives a sealed batch another identity, in place (after an epoch bump, P5, P6, P18). Never while a request that holds
 * it is outstanding.
 */
export function restampProducer(batch: Buffer, identity: ProducerIdentity): void {
  batch.writeBigInt64BE(identity.producerId, layout.PRODUCER_ID)
  batch.writeInt16BE(identity.producerEpoch, layout.PRODUCER_EPOCH)
  batch.writeInt32BE(identity.baseSequence, layout.BASE_SEQUENCE)
  writeCrc(batch)
}

/** Gives a batch its place in the log, in place. Neither is under the checksum. */
export function restampOffset(batch: Buffer, baseOffset: number, partitionLeaderEpoch: number): void {
  layout.writeInt64(batch, baseOffset, layout.BASE_OFFSET)
  batch.writeInt32BE(partitionLeaderEpoch, layout.PARTITION_LEADER_EPOCH)
}

/** Gives all its records the broker's time (`message.timestamp.type=LogAppendTime`), in place. */
export function restampLogAppendTime(batch: Buffer, timestamp: number): void {
  batch.writeInt16BE(batch.readInt16BE(layout.ATTRIBUTES) | layout.LOG_APPEND_TIME_FLAG, layout.ATTRIBUTES)
  layout.writeInt64(batch, timestamp, layout.MAX_TIMESTAMP)
  writeCrc(batch)
}

/**
 * Puts the records of a sealed batch into two open ones, in order, the first not the smaller (P9). Both take any size;
 * seal them with sequences that follow each other.
 *
 * @throws KafkaError INVALID_ARGUMENT when it has fewer than two records.
 */
export function splitBatch(
  sealed: Buffer,
  options: Omit<BatchBuilderOptions, 'maxBytes' | 'buffer'> & Pick<OpenOptions, 'codecs'> = {},
): [BatchBuilder, BatchBuilder] {
  const batch = batchAt(sealed) as RecordBatch
  const count = batch.recordCount
  if (count < 2) throw new KafkaError('INVALID_ARGUMENT', `a batch of ${count} records cannot be split`)
  const halves: [BatchBuilder, BatchBuilder] = [
    new BatchBuilder({ ...options, maxBytes: Number.POSITIVE_INFINITY }),
    new BatchBuilder({ ...options, maxBytes: Number.POSITIVE_INFINITY }),
  ]
  const cursor = openBatch(batch, {
    checkCrcs: false,
    codecs: options.codecs,
    maxDecompressedBytes: 0x7fff_ffff,
  })
  for (let i = 0; cursor.next(); i++) {
    const half = halves[i < count / 2 ? 0 : 1]
    half.tryAppend(cursor.key(), cursor.value(), cursor.headers().entries, cursor.timestamp)
  }
  return halves
}

function writeCrc(batch: Buffer): void {
  batch.writeUInt32BE(crc32c(batch, layout.ATTRIBUTES), layout.CRC)
}
