import { array, bigint64, int8, int16, int32, int64, string } from '../schema.ts'
import { defineRecordType } from './record-type.ts'

/** The state of transactional ids. */
export const transactionRecords = [
  defineRecordType({
    id: 0,
    name: 'TransactionLog',
    key: { transactionalId: string },
    versions: [0, 1],
    flexibleFrom: 1,
    value: {
      producerId: bigint64,
      // Around the end of a transaction of protocol 2, where id and epoch change (KIP-890); -1: none.
      previousProducerId: bigint64.from(1).default(-1n).tag(0),
      nextProducerId: bigint64.from(1).default(-1n).tag(1),
      producerEpoch: int16,
      nextProducerEpoch: int16.from(1).default(-1).tag(3),
      transactionTimeoutMs: int32,
      // 0: Empty, 1: Ongoing, 2: PrepareCommit, 3: PrepareAbort, 4: CompleteCommit, 5: CompleteAbort, 6: Dead,
      // 7: PrepareEpochFence.
      transactionStatus: int8,
      // null: none.
      transactionPartitions: array({ topic: string, partitionIds: array(int32) }).nullable(),
      transactionLastUpdateTimestampMs: int64,
      // -1: none is open.
      transactionStartTimestampMs: int64,
      // The transaction protocol of the client.
      clientTransactionVersion: int16.from(1).default(0).tag(2),
    },
  }),
] as const
