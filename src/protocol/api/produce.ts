import {
  array,
  brokerId,
  defineApi,
  errorCode,
  int16,
  int32,
  int64,
  records,
  string,
  struct,
  topicName,
  transactionalId,
  uuid,
} from '../schema.ts'

/**
 * Appends record batches to partitions. With `acks` 0 the broker sends no response at all. From version 12 on a
 * transaction's partitions are added to it by the write itself (KIP-890); from 13 on topics go by id (KIP-516).
 */
export const Produce = defineApi({
  key: 0,
  name: 'Produce',
  versions: [3, 13],
  flexibleFrom: 9,
  request: {
    transactionalId: transactionalId.nullable().default(null),
    // -1: all in-sync replicas, 1: the leader, 0: no answer.
    acks: int16,
    timeoutMs: int32,
    topicData: array({
      name: topicName.until(12).ignorable(),
      topicId: uuid.from(13).ignorable(),
      partitionData: array({ index: int32, records }),
    }),
  },
  response: {
    responses: array({
      name: topicName.until(12).ignorable(),
      topicId: uuid.from(13).ignorable(),
      partitionResponses: array({
        index: int32,
        // NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID,
        // KAFKA_STORAGE_ERROR: refresh metadata, send again. NOT_ENOUGH_REPLICAS: send again.
        // NOT_ENOUGH_REPLICAS_AFTER_APPEND, REQUEST_TIMED_OUT: send again, though it may have been written.
        // MESSAGE_TOO_LARGE: split the batch. DUPLICATE_SEQUENCE_NUMBER: it was written before.
        // OUT_OF_ORDER_SEQUENCE_NUMBER, UNKNOWN_PRODUCER_ID: an earlier batch was lost, or its state forgotten.
        // INVALID_PRODUCER_EPOCH, PRODUCER_FENCED: another producer took over. INVALID_TXN_STATE: abort.
        // CORRUPT_MESSAGE: damaged on the way, send again. INVALID_RECORD, INVALID_TIMESTAMP,
        // RECORD_LIST_TOO_LARGE, UNSUPPORTED_FOR_MESSAGE_FORMAT, UNSUPPORTED_COMPRESSION_TYPE,
        // INVALID_REQUIRED_ACKS, TOPIC_AUTHORIZATION_FAILED, CLUSTER_AUTHORIZATION_FAILED: final.
        errorCode,
        // -1 for a duplicate whose offset the broker no longer knows.
        baseOffset: int64,
        // Set when the topic stamps records itself; -1 when records keep the producer's time.
        logAppendTimeMs: int64.default(-1).ignorable(),
        logStartOffset: int64.from(5).default(-1).ignorable(),
        // Why single records were refused (KIP-467).
        recordErrors: array({
          batchIndex: int32,
          batchIndexErrorMessage: string.nullable().default(null),
        })
          .from(8)
          .ignorable(),
        errorMessage: string.nullable().from(8).default(null).ignorable(),
        // Where to go instead, with NOT_LEADER_OR_FOLLOWER and FENCED_LEADER_EPOCH (KIP-951).
        currentLeader: struct({ leaderId: brokerId.default(-1), leaderEpoch: int32.default(-1) })
          .from(10)
          .tag(0),
      }),
    }),
    throttleTimeMs: int32.default(0).ignorable(),
    // The addresses of the brokers named as current leaders.
    nodeEndpoints: array({
      nodeId: brokerId,
      host: string,
      port: int32,
      rack: string.nullable().default(null),
    })
      .from(10)
      .tag(0),
  },
})
