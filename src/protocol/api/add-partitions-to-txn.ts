import {
  array,
  boolean,
  defineApi,
  errorCode,
  int16,
  int32,
  producerId,
  topicName,
  transactionalId,
} from '../schema.ts'

const topics = array({ name: topicName, partitions: array(int32) })

const topicResults = array({
  name: topicName,
  resultsByPartition: array({
    partitionIndex: int32,
    // CONCURRENT_TRANSACTIONS: the one before is still being ended, again. COORDINATOR_LOAD_IN_PROGRESS: again.
    // COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: find the coordinator, again. UNKNOWN_TOPIC_OR_PARTITION: again, the
    // topic may be new. INVALID_PRODUCER_EPOCH, PRODUCER_FENCED (from version 2): another producer took over.
    // TOPIC_AUTHORIZATION_FAILED, TRANSACTION_ABORTABLE (from version 5): abort. OPERATION_NOT_ATTEMPTED: fine, but
    // another partition is not. INVALID_TXN_STATE, INVALID_PRODUCER_ID_MAPPING,
    // TRANSACTIONAL_ID_AUTHORIZATION_FAILED, INVALID_REQUEST: final.
    partitionErrorCode: errorCode,
  }),
})

/**
 * Makes partitions part of a transaction before they are written to (KIP-98). Clients go up to version 3; 4 and 5 are
 * how a partition's leader asks the coordinator, for several transactions at once (KIP-890). Not needed where Produce
 * 12 is spoken.
 */
export const AddPartitionsToTxn = defineApi({
  key: 24,
  name: 'AddPartitionsToTxn',
  versions: [0, 5],
  flexibleFrom: 3,
  request: {
    transactions: array({
      transactionalId,
      producerId,
      producerEpoch: int16,
      // Only ask whether the partitions are part of it.
      verifyOnly: boolean.default(false),
      topics,
    }).from(4),
    v3AndBelowTransactionalId: transactionalId.until(3),
    v3AndBelowProducerId: producerId.until(3),
    v3AndBelowProducerEpoch: int16.until(3),
    v3AndBelowTopics: topics.until(3),
  },
  response: {
    throttleTimeMs: int32.default(0),
    // CLUSTER_AUTHORIZATION_FAILED: only brokers may ask in these versions.
    errorCode: errorCode.from(4).ignorable(),
    resultsByTransaction: array({ transactionalId, topicResults }).from(4),
    resultsByTopicV3AndBelow: topicResults.until(3),
  },
})
