import { boolean, defineApi, errorCode, int16, int32, producerId, transactionalId } from '../schema.ts'

/**
 * Commits or aborts a transaction. From version 5 on each end raises the producer's epoch, and the answer says to
 * what (KIP-890, transaction protocol 2); a producer of protocol 1 goes up to version 4.
 */
export const EndTxn = defineApi({
  key: 26,
  name: 'EndTxn',
  versions: [0, 5],
  flexibleFrom: 3,
  request: {
    transactionalId,
    producerId,
    producerEpoch: int16,
    // true: commit, false: abort.
    committed: boolean,
  },
  response: {
    throttleTimeMs: int32.default(0),
    // CONCURRENT_TRANSACTIONS, COORDINATOR_LOAD_IN_PROGRESS: again. COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: find
    // the coordinator, again. INVALID_PRODUCER_EPOCH, PRODUCER_FENCED (from version 2): another producer took over,
    // or the coordinator aborted it for its age. TRANSACTION_ABORTABLE (from version 4): abort. INVALID_TXN_STATE,
    // INVALID_PRODUCER_ID_MAPPING, TRANSACTIONAL_ID_AUTHORIZATION_FAILED, INVALID_REQUEST: final.
    errorCode,
    // For the next transaction. The id is another when the epochs of the old one are used up.
    producerId: producerId.from(5).default(-1n).ignorable(),
    producerEpoch: int16.from(5).default(-1).ignorable(),
  },
})
