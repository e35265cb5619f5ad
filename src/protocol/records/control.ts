// Control records: the markers a transaction's end leaves in each partition it wrote to (T8). Their key says which.
// Source: https://kafka.apache.org/documentation/#controlbatch

import { Buffer } from 'node:buffer'
import type { RecordBatch } from './batch.ts'
import { BatchBuilder, NO_HEADERS, type SealOptions } from './builder.ts'
import { openBatch } from './cursor.ts'

/** By the number in the key; others (a Raft log's) are read as `unknown`. */
const CONTROL_TYPES = ['abort', 'commit'] as const

export interface ControlRecord {
  readonly type: (typeof CONTROL_TYPES)[number] | 'unknown'
  readonly typeId: number
  /** Version of the key. */
  readonly version: number
  /** Of a transaction marker: the epoch of the coordinator that wrote it; -1 otherwise. */
  readonly coordinatorEpoch: number
  readonly offset: number
  readonly timestamp: number
}

/**
 * The control record of a control batch, of which each has one; undefined when it was compacted away.
 *
 * @throws CorruptRecordError when the batch or its key is malformed.
 */
export function readControlBatch(
  batch: RecordBatch,
  options: { readonly checkCrcs?: boolean } = {},
): ControlRecord | undefined {
  const cursor = openBatch(batch, options)
  if (!cursor.next()) return undefined
  const key = cursor.key()
  if (key === null || key.length < 4) throw batch.corrupt('the key of its control record is malformed')
  const typeId = key.readInt16BE(2)
  const type = CONTROL_TYPES[typeId] ?? 'unknown'
  const value = cursor.value()
  // Value: version int16, coordinator epoch int32; later versions append.
  const coordinatorEpoch =
    type !== 'unknown' && value !== null && value.length >= 6 ? value.readInt32BE(2) : -1
  const { offset, timestamp } = cursor
  return { type, typeId, version: key.readInt16BE(0), coordinatorEpoch, offset, timestamp }
}

/** A control batch with a transaction marker, as a broker writes it. */
export function transactionMarker(
  marker: 'abort' | 'commit',
  options: Required<Pick<SealOptions, 'producerId' | 'producerEpoch'>> & {
    readonly coordinatorEpoch: number
    readonly timestamp: number
    readonly baseOffset?: number
    readonly partitionLeaderEpoch?: number
  },
): Buffer {
  const { coordinatorEpoch, timestamp, ...seal } = options
  const key = Buffer.alloc(4)
  key.writeInt16BE(CONTROL_TYPES.indexOf(marker), 2)
  const value = Buffer.alloc(6)
  value.writeInt32BE(coordinatorEpoch, 2)
  const builder = new BatchBuilder({ maxBytes: 256 })
  builder.tryAppend(key, value, NO_HEADERS, timestamp)
  return builder.seal({ ...seal, transactional: true, control: true }).bytes
}
