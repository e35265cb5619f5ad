// Keys and values of asynchronous serdes are decoded before they are handed out, so that `record.value` is never a
// promise. Synchronous ones are decoded when they are looked at.

import { type AnyDeserializer, deserializePartAsync, isAsyncDeserializer, type RecordPart } from '../serde.ts'
import type { Slice } from './fetched.ts'
import { FetchedRecord } from './record.ts'

const PARTS: readonly RecordPart[] = ['key', 'value']

/** False when the slice is not to be handed out any more: its partition was moved, paused or taken away meanwhile. */
export async function decodeAhead(slice: Slice): Promise<boolean> {
  const { partition } = slice
  const parts = PARTS.filter((part) => isAsyncDeserializer(partition.deserializers[part]))
  if (parts.length === 0 || slice.isDecoded) return true
  for (const part of parts) {
    const deserializer = partition.deserializers[part]
    await Promise.all(slice.records.map((record) => decodePart(record, part, deserializer)))
  }
  slice.isDecoded = true
  return partition.slice === slice && slice.at < slice.records.length && partition.isHandable
}

/** A part that cannot be decoded throws when it is looked at, as a synchronous one does. */
async function decodePart(record: FetchedRecord, part: RecordPart, deserializer: AnyDeserializer) {
  const { topic, headers } = record
  const bytes = part === 'key' ? record.rawKey : record.rawValue
  try {
    const decoded = await deserializePartAsync(deserializer, bytes, { topic, part, headers }, record)
    FetchedRecord.setDecoded(record, part, { decoded })
  } catch (error) {
    FetchedRecord.setDecoded(record, part, { error })
  }
}
