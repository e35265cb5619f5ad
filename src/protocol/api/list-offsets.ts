import { array, brokerId, defineApi, errorCode, int8, int32, int64, topicName } from '../schema.ts'

/**
 * The first offset whose record is not older than a timestamp, or a special one: latest (-1), earliest (-2), that of
 * the greatest timestamp (-3, version 7), earliest held locally (-4, version 8), last moved to tiered storage (-5,
 * version 9), earliest not yet moved there (-6, version 11).
 */
export const ListOffsets = defineApi({
  key: 2,
  name: 'ListOffsets',
  versions: [1, 11],
  flexibleFrom: 6,
  request: {
    // -1: a client, not a replica.
    replicaId: brokerId,
    // 0: read uncommitted, 1: read committed (the latest offset is then the last stable one).
    isolationLevel: int8.from(2),
    topics: array({
      name: topicName,
      partitions: array({
        partitionIndex: int32,
        currentLeaderEpoch: int32.from(4).default(-1).ignorable(),
        timestamp: int64,
      }),
    }),
    timeoutMs: int32.from(10).ignorable(),
  },
  response: {
    throttleTimeMs: int32.from(2).ignorable(),
    topics: array({
      name: topicName,
      partitions: array({
        partitionIndex: int32,
        // NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, REPLICA_NOT_AVAILABLE,
        // KAFKA_STORAGE_ERROR, OFFSET_NOT_AVAILABLE, LEADER_NOT_AVAILABLE, UNKNOWN_TOPIC_OR_PARTITION,
        // REQUEST_TIMED_OUT: refresh metadata, ask again. UNSUPPORTED_FOR_MESSAGE_FORMAT: no timestamps there, so
        // no offset. UNSUPPORTED_VERSION: a special timestamp this broker lacks. TOPIC_AUTHORIZATION_FAILED: final.
        errorCode,
        // Both -1 when no record is that young.
        timestamp: int64.default(-1),
        offset: int64.default(-1),
        leaderEpoch: int32.from(4).default(-1),
      }),
    }),
  },
})
