import { array, defineApi, errorCode, int32, int64, topicName } from '../schema.ts'

/** Deletes the records of partitions before an offset (KIP-107); asked of their leaders. */
export const DeleteRecords = defineApi({
  key: 21,
  name: 'DeleteRecords',
  versions: [0, 2],
  flexibleFrom: 2,
  request: {
    topics: array({
      name: topicName,
      // The first offset to keep; -1: the high watermark, so that nothing is kept.
      partitions: array({ partitionIndex: int32, offset: int64 }),
    }),
    timeoutMs: int32,
  },
  response: {
    throttleTimeMs: int32.default(0),
    topics: array({
      name: topicName,
      partitions: array({
        partitionIndex: int32,
        // The first offset that any replica still has; -1 with an error.
        lowWatermark: int64,
        // NOT_LEADER_OR_FOLLOWER, UNKNOWN_TOPIC_OR_PARTITION, KAFKA_STORAGE_ERROR: refresh metadata, again.
        // REQUEST_TIMED_OUT: not yet deleted by all replicas. OFFSET_OUT_OF_RANGE: beyond the high watermark.
        // POLICY_VIOLATION: the topic is compacted only. INVALID_TOPIC_EXCEPTION, TOPIC_AUTHORIZATION_FAILED: final.
        errorCode,
      }),
    }),
  },
})
