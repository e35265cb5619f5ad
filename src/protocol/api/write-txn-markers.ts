import { array, boolean, defineApi, errorCode, int8, int16, int32, producerId, topicName } from '../schema.ts'

/**
 * Writes the markers that end a transaction into partitions. The coordinator's request to their leaders, and an
 * operator's to abort a hanging transaction (KIP-664).
 */
export const WriteTxnMarkers = defineApi({
  key: 27,
  name: 'WriteTxnMarkers',
  versions: [1, 2],
  flexibleFrom: 1,
  request: {
    markers: array({
      producerId,
      producerEpoch: int16,
      // true: commit, false: abort.
      transactionResult: boolean,
      topics: array({ name: topicName, partitionIndexes: array(int32) }),
      coordinatorEpoch: int32,
      // 2: a marker of transaction protocol 2, whose epoch must be above the records' (KIP-1228).
      transactionVersion: int8.from(2).default(0).ignorable(),
    }),
  },
  response: {
    markers: array({
      producerId,
      topics: array({
        name: topicName,
        partitions: array({
          partitionIndex: int32,
          // NOT_LEADER_OR_FOLLOWER, UNKNOWN_TOPIC_OR_PARTITION, NOT_ENOUGH_REPLICAS,
          // NOT_ENOUGH_REPLICAS_AFTER_APPEND, KAFKA_STORAGE_ERROR, REQUEST_TIMED_OUT: refresh metadata, again.
          // INVALID_PRODUCER_EPOCH, TRANSACTION_COORDINATOR_FENCED: a newer one has been there.
          // UNSUPPORTED_FOR_MESSAGE_FORMAT, CORRUPT_MESSAGE, MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE,
          // INVALID_REQUIRED_ACKS, CLUSTER_AUTHORIZATION_FAILED: final.
          errorCode,
        }),
      }),
    }),
  },
})
