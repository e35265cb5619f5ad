import { array, defineApi, errorCode, groupId, int32, int64, string, topicName, uuid } from '../schema.ts'

/** Stores a group's positions. From version 10 on by topic id; 9 and later are for both kinds of group (KIP-848). */
export const OffsetCommit = defineApi({
  key: 8,
  name: 'OffsetCommit',
  versions: [2, 10],
  flexibleFrom: 8,
  request: {
    groupId,
    // -1, with an empty member id, when nobody is a member: an admin, or a consumer that assigns itself.
    generationIdOrMemberEpoch: int32.default(-1).ignorable(),
    memberId: string.default('').ignorable(),
    groupInstanceId: string.nullable().from(7).default(null),
    retentionTimeMs: int64.until(4).default(-1).ignorable(),
    topics: array({
      name: topicName.until(9).ignorable(),
      topicId: uuid.from(10).ignorable(),
      partitions: array({
        partitionIndex: int32,
        // The next offset to read.
        committedOffset: int64,
        committedLeaderEpoch: int32.from(6).default(-1).ignorable(),
        committedMetadata: string.nullable(),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32.from(3).ignorable(),
    topics: array({
      name: topicName.until(9).ignorable(),
      topicId: uuid.from(10).ignorable(),
      partitions: array({
        partitionIndex: int32,
        // COORDINATOR_LOAD_IN_PROGRESS, UNSTABLE_OFFSET_COMMIT, REQUEST_TIMED_OUT: again.
        // COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: find the coordinator, again. UNKNOWN_TOPIC_OR_PARTITION,
        // UNKNOWN_TOPIC_ID: the topic is being deleted, or not yet known. REBALANCE_IN_PROGRESS: join, then again.
        // ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID: the partitions are another's by now. STALE_MEMBER_EPOCH: again,
        // with the epoch of the last heartbeat. FENCED_INSTANCE_ID: another process has this instance id.
        // OFFSET_METADATA_TOO_LARGE, INVALID_COMMIT_OFFSET_SIZE, TOPIC_AUTHORIZATION_FAILED,
        // GROUP_AUTHORIZATION_FAILED, GROUP_ID_NOT_FOUND, UNSUPPORTED_VERSION: final.
        errorCode,
      }),
    }),
  },
})
