// Reads the records by which coordinators keep their state: `__consumer_offsets` and `__transaction_state`, for tools
// that look at them. Nothing here writes: only brokers may.

import { classicGroupRecords } from './classic-groups.ts'
import { consumerGroupRecords } from './consumer-groups.ts'
import { type RecordOf, readRecord } from './record-type.ts'
import { shareGroupRecords } from './share-groups.ts'
import { streamsGroupRecords } from './streams-groups.ts'
import { transactionRecords } from './transactions.ts'

export type { RecordOf, RecordType } from './record-type.ts'

/** Every type of record in `__consumer_offsets`. */
export const consumerOffsetsRecords = [
  ...classicGroupRecords,
  ...consumerGroupRecords,
  ...shareGroupRecords,
  ...streamsGroupRecords,
] as const

/** Every type of record in `__transaction_state`. */
export const transactionStateRecords = transactionRecords

export type ConsumerOffsetsRecord = RecordOf<(typeof consumerOffsetsRecords)[number]>
export type TransactionStateRecord = RecordOf<(typeof transactionStateRecords)[number]>

/**
 * Reads a record of `__consumer_offsets`; `type` tells what its key and value are. Undefined for what a newer Kafka
 * wrote. Throws a ProtocolError on malformed bytes.
 */
export function readConsumerOffsetsRecord(
  key: Uint8Array,
  value: Uint8Array | null,
): ConsumerOffsetsRecord | undefined {
  return readRecord(consumerOffsetsRecords, key, value)
}

/** Reads a record of `__transaction_state`, as readConsumerOffsetsRecord does. */
export function readTransactionStateRecord(
  key: Uint8Array,
  value: Uint8Array | null,
): TransactionStateRecord | undefined {
  return readRecord(transactionStateRecords, key, value)
}
