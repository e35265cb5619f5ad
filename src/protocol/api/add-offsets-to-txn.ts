import { defineApi, errorCode, groupId, int16, int32, producerId, transactionalId } from '../schema.ts'

/** Makes a group's offsets part of a transaction, before TxnOffsetCommit (not needed from version 5 of that on). */
export const AddOffsetsToTxn = defineApi({
  key: 25,
  name: 'AddOffsetsToTxn',
  versions: [0, 4],
  flexibleFrom: 3,
  request: { transactionalId, producerId, producerEpoch: int16, groupId },
  response: {
    throttleTimeMs: int32.default(0),
    // CONCURRENT_TRANSACTIONS, COORDINATOR_LOAD_IN_PROGRESS: again. COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: find
    // the coordinator, again. INVALID_PRODUCER_EPOCH, PRODUCER_FENCED (from version 2): another producer took over.
    // GROUP_AUTHORIZATION_FAILED, TRANSACTION_ABORTABLE (from version 4): abort. INVALID_TXN_STATE,
    // INVALID_PRODUCER_ID_MAPPING, TRANSACTIONAL_ID_AUTHORIZATION_FAILED, INVALID_REQUEST: final.
    errorCode,
  },
})
