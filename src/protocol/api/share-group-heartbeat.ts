import { array, defineApi, errorCode, groupId, int32, string, struct, topicName, uuid } from '../schema.ts'

/** The whole of a member's life in a share group (KIP-932). What has not changed since the last one is null. */
export const ShareGroupHeartbeat = defineApi({
  key: 76,
  name: 'ShareGroupHeartbeat',
  versions: [1, 1],
  flexibleFrom: 0,
  request: {
    groupId,
    // A uuid of the member's own, kept for its process's life.
    memberId: string,
    // 0: join, -1: leave.
    memberEpoch: int32,
    rackId: string.nullable().default(null),
    subscribedTopicNames: array(topicName).nullable().default(null),
  },
  response: {
    throttleTimeMs: int32.default(0),
    // COORDINATOR_LOAD_IN_PROGRESS: again. COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: find the coordinator, again.
    // UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH: the group went on without us: join again with epoch 0.
    // GROUP_ID_NOT_FOUND, GROUP_MAX_SIZE_REACHED, INVALID_REQUEST, UNSUPPORTED_VERSION, GROUP_AUTHORIZATION_FAILED,
    // TOPIC_AUTHORIZATION_FAILED: final.
    errorCode,
    errorMessage: string.nullable().default(null),
    memberId: string.nullable().default(null),
    memberEpoch: int32,
    heartbeatIntervalMs: int32,
    // Where to fetch from, shared with others; null: as before.
    assignment: struct({ topicPartitions: array({ topicId: uuid, partitions: array(int32) }) })
      .nullable()
      .default(null),
  },
})
