// Reads the message sets that came before record batches: magic 0 (no timestamps) and magic 1. They are never written.
// A compressed message (the wrapper) has a whole message set as its value.
// Source: https://kafka.apache.org/documentation/#messageset

import type { Buffer } from 'node:buffer'
import type { RecordBatch } from './batch.ts'
import * as layout from './layout.ts'

/** Where one message's parts lie in the bytes it was read from; lengths are -1 for null. */
export interface LegacyMessage {
  readonly offset: number
  readonly timestamp: number
  readonly keyStart: number
  readonly keyLength: number
  readonly valueStart: number
  readonly valueLength: number
  readonly end: number
}

/** The compressed message set inside a wrapper. */
export function wrappedMessages(batch: RecordBatch): Buffer {
  const wrapper = messageAt(batch, batch.buffer, batch.start, batch.end)
  if (wrapper.valueLength <= 0) throw batch.corrupt('it is compressed, but has no value')
  return batch.buffer.subarray(wrapper.valueStart, wrapper.valueStart + wrapper.valueLength)
}

/** The messages of a top-level message: itself, or, where it was compressed, those in `decompressed`. */
export function* legacyMessages(
  batch: RecordBatch,
  decompressed: Buffer | undefined,
): Generator<LegacyMessage, undefined> {
  if (decompressed === undefined) {
    yield messageAt(batch, batch.buffer, batch.start, batch.end)
    return
  }
  // Magic 1 counts the offsets inside from 0 and gives the wrapper the last one's absolute offset; magic 0 has
  // absolute ones.
  const baseOffset = batch.magic === 0 ? 0 : batch.lastOffset - lastInnerOffset(batch, decompressed)
  for (let at = 0; at < decompressed.length; ) {
    const end = messageEnd(batch, decompressed, at)
    const inner = messageAt(batch, decompressed, at, end)
    const offset = baseOffset + inner.offset
    if (!(offset >= 0 && offset <= batch.lastOffset)) {
      throw batch.corrupt(`a message in it has offset ${offset}, but the last is ${batch.lastOffset}`)
    }
    yield { ...inner, offset }
    at = end
  }
}

function lastInnerOffset(batch: RecordBatch, set: Buffer): number {
  let last = 0
  for (let at = 0; at < set.length; at = messageEnd(batch, set, at)) last = at
  return set.length === 0 ? 0 : layout.int64At(set, last)
}

function messageEnd(batch: RecordBatch, set: Buffer, start: number): number {
  const left = set.length - start - layout.LOG_OVERHEAD_BYTES
  const length = left < 0 ? -1 : set.readInt32BE(start + layout.BATCH_LENGTH)
  if (length < layout.MIN_LEGACY_BYTES || length > left) throw batch.corrupt('a message in it is malformed')
  const magic = set[start + layout.MAGIC]
  const attributes = set[start + layout.LEGACY_ATTRIBUTES]!
  if (magic !== batch.magic || (attributes & layout.COMPRESSION_MASK) !== 0) {
    throw batch.corrupt('a message in it has another magic, or is compressed itself')
  }
  return start + layout.LOG_OVERHEAD_BYTES + length
}

function messageAt(batch: RecordBatch, bytes: Buffer, start: number, end: number): LegacyMessage {
  let at = start + (batch.magic === 0 ? layout.LEGACY_TIMESTAMP : layout.LEGACY_TIMESTAMP + 8)
  const takeLength = (): number => {
    const length = at + 4 <= end ? bytes.readInt32BE(at) : Number.NaN
    at += 4
    if (!(length >= -1 && at + length <= end)) throw batch.corrupt('a key or value in it exceeds its message')
    return length
  }
  const keyLength = takeLength()
  const keyStart = at
  if (keyLength > 0) at += keyLength
  const valueLength = takeLength()
  const timestamp = batch.magic === 0 ? -1 : layout.int64At(bytes, start + layout.LEGACY_TIMESTAMP)
  if (Number.isNaN(timestamp)) throw batch.corrupt('a timestamp in it is beyond what a number holds exactly')
  const offset = layout.int64At(bytes, start)
  return { offset, timestamp, keyStart, keyLength, valueStart: at, valueLength, end }
}
