import {
  array,
  defineApi,
  errorCode,
  int16,
  int32,
  int64,
  producerId,
  string,
  topicName,
  transactionalId,
} from '../schema.ts'

/** What the coordinator knows of each transactional id; asked of each id's own (KIP-664). */
export const DescribeTransactions = defineApi({
  key: 65,
  name: 'DescribeTransactions',
  versions: [0, 0],
  flexibleFrom: 0,
  request: { transactionalIds: array(transactionalId) },
  response: {
    throttleTimeMs: int32.default(0),
    transactionStates: array({
      // COORDINATOR_LOAD_IN_PROGRESS: again. COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: find the coordinator, again.
      // TRANSACTIONAL_ID_NOT_FOUND, TRANSACTIONAL_ID_AUTHORIZATION_FAILED, INVALID_REQUEST: final.
      errorCode,
      transactionalId,
      // Empty, Ongoing, PrepareCommit, PrepareAbort, CompleteCommit, CompleteAbort, Dead, PrepareEpochFence.
      transactionState: string,
      transactionTimeoutMs: int32,
      // -1: none is open.
      transactionStartTimeMs: int64,
      producerId,
      producerEpoch: int16,
      // While it is being ended: those without a marker yet.
      topics: array({ topic: topicName, partitions: array(int32) }),
    }),
  },
})
