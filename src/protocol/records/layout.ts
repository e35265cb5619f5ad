// Where each field of a record batch stands. Source: https://kafka.apache.org/documentation/#recordbatch

import type { Buffer } from 'node:buffer'
/** Magic 2: positions from the first byte of the batch. */
export const BASE_OFFSET = 0
export const BATCH_LENGTH = 8
export const PARTITION_LEADER_EPOCH = 12
export const MAGIC = 16
export const CRC = 17
export const ATTRIBUTES = 21
export const LAST_OFFSET_DELTA = 23
export const BASE_TIMESTAMP = 27
export const MAX_TIMESTAMP = 35
export const PRODUCER_ID = 43
export const PRODUCER_EPOCH = 51
export const BASE_SEQUENCE = 53
export const RECORD_COUNT = 57
/** Size of the header; the records follow. */
export const BATCH_HEADER_BYTES = 61

/** Offset and length, which the length does not count. The same in message sets of magic 0 and 1. */
export const LOG_OVERHEAD_BYTES = 12

/** Magic 0 and 1: positions from the offset of a message. Magic 0 has no timestamp: its key follows the attributes. */
export const LEGACY_CRC = 12
export const LEGACY_ATTRIBUTES = 17
export const LEGACY_TIMESTAMP = 18
/** CRC, magic, attributes, and the lengths of key and value: the least that a message's length counts. */
export const MIN_LEGACY_BYTES = 14

export const COMPRESSION_MASK = 0x07
export const LOG_APPEND_TIME_FLAG = 0x08
export const TRANSACTIONAL_FLAG = 0x10
export const CONTROL_FLAG = 0x20
export const DELETE_HORIZON_FLAG = 0x40

/** The smallest record: length, attributes, two deltas, null key, null value, no headers. */
export const MIN_RECORD_BYTES = 7

/** The most a record takes beside its key, value and headers. */
export const MAX_RECORD_OVERHEAD_BYTES = 5 + 1 + 10 + 5 + 5 + 5 + 5

const TWO_POW_32 = 0x1_0000_0000

// Buffer's own methods check value and place again, and take several times as long, for a bigint ten times (measured).
// So the callers know that the place is within the buffer.

export function int32At(buffer: Buffer, at: number): number {
  return (buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!
}

/** The int64 at `at`, or NaN where a number cannot hold it exactly. */
export function int64At(buffer: Buffer, at: number): number {
  const value = int32At(buffer, at) * TWO_POW_32 + (int32At(buffer, at + 4) >>> 0)
  return Number.isSafeInteger(value) ? value : Number.NaN
}

/** Also of an uint32. */
export function writeInt32(buffer: Buffer, value: number, at: number): void {
  buffer[at] = value >> 24
  buffer[at + 1] = value >> 16
  buffer[at + 2] = value >> 8
  buffer[at + 3] = value
}

export function writeInt64(buffer: Buffer, value: number, at: number): void {
  writeInt32(buffer, Math.floor(value / TWO_POW_32), at)
  writeInt32(buffer, value | 0, at + 4)
}

const int64 = new DataView(new ArrayBuffer(8))

/** @throws RangeError when it is beyond 64 bits. */
export function writeBigInt64(buffer: Buffer, value: bigint, at: number): void {
  if (BigInt.asIntN(64, value) !== value) throw new RangeError(`${value} is no int64`)
  int64.setBigInt64(0, value)
  writeInt32(buffer, int64.getInt32(0), at)
  writeInt32(buffer, int64.getInt32(4), at + 4)
}
