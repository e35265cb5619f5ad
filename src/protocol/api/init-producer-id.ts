import { boolean, defineApi, errorCode, int16, int32, producerId, transactionalId } from '../schema.ts'

/**
 * Gives a producer its id and epoch; for a transactional one it fences earlier producers and aborts what they left
 * open. From version 3 on also raises the epoch of an id one has (KIP-360). Version 6 (two-phase commit, KIP-939) is
 * not enabled by brokers unless told to.
 */
export const InitProducerId = defineApi({
  key: 22,
  name: 'InitProducerId',
  versions: [0, 6],
  flexibleFrom: 2,
  request: {
    // null: idempotent only.
    transactionalId: transactionalId.nullable(),
    transactionTimeoutMs: int32,
    producerId: producerId.from(3).default(-1n),
    producerEpoch: int16.from(3).default(-1),
    enable2Pc: boolean.from(6).default(false),
    keepPreparedTxn: boolean.from(6).default(false),
  },
  response: {
    throttleTimeMs: int32.default(0).ignorable(),
    // COORDINATOR_LOAD_IN_PROGRESS, CONCURRENT_TRANSACTIONS, REQUEST_TIMED_OUT: again. COORDINATOR_NOT_AVAILABLE,
    // NOT_COORDINATOR: find the coordinator, again. INVALID_PRODUCER_EPOCH, PRODUCER_FENCED: another producer took
    // over. INVALID_TRANSACTION_TIMEOUT, TRANSACTIONAL_ID_AUTHORIZATION_FAILED, CLUSTER_AUTHORIZATION_FAILED,
    // INVALID_PRODUCER_ID_MAPPING, INVALID_REQUEST, INVALID_TXN_STATE: final.
    errorCode,
    producerId: producerId.default(-1n),
    producerEpoch: int16,
    // The prepared transaction that was kept; -1 for none.
    ongoingTxnProducerId: producerId.from(6).default(-1n),
    ongoingTxnProducerEpoch: int16.from(6).default(-1),
  },
})
