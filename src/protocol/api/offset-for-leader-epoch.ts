import { array, brokerId, defineApi, errorCode, int32, int64, topicName } from '../schema.ts'

/** Where a leader epoch ended: tells a consumer whether the log was truncated below its position (KIP-320). */
export const OffsetForLeaderEpoch = defineApi({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: [2, 4],
  flexibleFrom: 4,
  request: {
    // -1: a consumer. -2, the default: a replica for debugging, which may see beyond the high watermark.
    replicaId: brokerId.from(3).default(-2).ignorable(),
    topics: array({
      topic: topicName,
      partitions: array({
        partition: int32,
        currentLeaderEpoch: int32.default(-1).ignorable(),
        leaderEpoch: int32,
      }),
    }),
  },
  response: {
    throttleTimeMs: int32.default(0).ignorable(),
    topics: array({
      topic: topicName,
      partitions: array({
        // NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, UNKNOWN_TOPIC_OR_PARTITION,
        // LEADER_NOT_AVAILABLE, KAFKA_STORAGE_ERROR: refresh metadata, ask again. TOPIC_AUTHORIZATION_FAILED: final.
        errorCode,
        partition: int32,
        // The greatest epoch not above the one asked, and the offset after its last record; -1 when there is none.
        leaderEpoch: int32.default(-1).ignorable(),
        endOffset: int64.default(-1),
      }),
    }),
  },
})
