import {
  array,
  boolean,
  defineApi,
  errorCode,
  groupId,
  int32,
  int64,
  string,
  topicName,
  uuid,
} from '../schema.ts'

/** A group's committed offsets; from version 8 on several groups' at once (KIP-709), from 10 on by topic id. */
export const OffsetFetch = defineApi({
  key: 9,
  name: 'OffsetFetch',
  versions: [1, 10],
  flexibleFrom: 6,
  request: {
    groupId: groupId.until(7),
    // null (from version 2 on): whatever the group has committed.
    topics: array({ name: topicName, partitionIndexes: array(int32) })
      .nullable(2)
      .until(7),
    groups: array({
      groupId,
      memberId: string.nullable().from(9).default(null).ignorable(),
      memberEpoch: int32.from(9).default(-1).ignorable(),
      // null: whatever the group has committed.
      topics: array({
        name: topicName.until(9).ignorable(),
        topicId: uuid.from(10).ignorable(),
        partitionIndexes: array(int32),
      }).nullable(),
    }).from(8),
    // UNSTABLE_OFFSET_COMMIT, instead of an offset that an open transaction may yet move (KIP-447).
    requireStable: boolean.from(7).default(false),
  },
  response: {
    throttleTimeMs: int32.from(3).ignorable(),
    topics: array({
      name: topicName,
      partitions: array({
        partitionIndex: int32,
        // -1 when nothing was committed.
        committedOffset: int64,
        committedLeaderEpoch: int32.from(5).default(-1).ignorable(),
        metadata: string.nullable(),
        // UNSTABLE_OFFSET_COMMIT: again. UNKNOWN_TOPIC_OR_PARTITION, TOPIC_AUTHORIZATION_FAILED: final. In version
        // 1 also the group's own errors.
        errorCode,
      }),
    }).until(7),
    // As in `groups`.
    errorCode: errorCode.from(2).until(7).ignorable(),
    groups: array({
      groupId,
      topics: array({
        name: topicName.until(9).ignorable(),
        topicId: uuid.from(10).ignorable(),
        partitions: array({
          partitionIndex: int32,
          // -1 when nothing was committed.
          committedOffset: int64,
          committedLeaderEpoch: int32.default(-1).ignorable(),
          metadata: string.nullable(),
          // UNSTABLE_OFFSET_COMMIT: again. UNKNOWN_TOPIC_ID: refresh metadata, again. UNKNOWN_TOPIC_OR_PARTITION,
          // TOPIC_AUTHORIZATION_FAILED: final.
          errorCode,
        }),
      }),
      // COORDINATOR_LOAD_IN_PROGRESS: again. COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: find the coordinator,
      // again. STALE_MEMBER_EPOCH: again, with the epoch of the last heartbeat. UNKNOWN_MEMBER_ID: no longer a
      // member. GROUP_AUTHORIZATION_FAILED, GROUP_ID_NOT_FOUND, UNSUPPORTED_VERSION: final.
      errorCode: errorCode.default(0),
    }).from(8),
  },
})
