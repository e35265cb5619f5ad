import { array, defineApi, errorCode, groupId, int32, string, struct, topicName, uuid } from '../schema.ts'

const topicPartitions = array({ topicId: uuid, partitions: array(int32) })

/**
 * The whole of a member's life in a group whose coordinator assigns (KIP-848): joining, staying, what it owns, what
 * it is to own, leaving. What has not changed since the last heartbeat is null (the timeout: -1).
 */
export const ConsumerGroupHeartbeat = defineApi({
  key: 68,
  name: 'ConsumerGroupHeartbeat',
  versions: [0, 1],
  flexibleFrom: 0,
  request: {
    groupId,
    // A uuid of the member's own, kept for its process's life (KIP-1082). In version 0 at first empty.
    memberId: string,
    // 0: join, -1: leave, -2: a static member leaves and will be back.
    memberEpoch: int32,
    instanceId: string.nullable().default(null),
    rackId: string.nullable().default(null),
    rebalanceTimeoutMs: int32.default(-1),
    subscribedTopicNames: array(topicName).nullable().default(null),
    // RE2 syntax; both it and the names may be given.
    subscribedTopicRegex: string.nullable().from(1).default(null),
    serverAssignor: string.nullable().default(null),
    // Owned by the member; those it has given up are missing here.
    topicPartitions: topicPartitions.nullable().default(null),
  },
  response: {
    throttleTimeMs: int32.default(0),
    // COORDINATOR_LOAD_IN_PROGRESS: again. COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: find the coordinator, again.
    // UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH: the group went on without us: give up all partitions, join again with
    // epoch 0. UNRELEASED_INSTANCE_ID: another process has this instance id and has not left. UNSUPPORTED_ASSIGNOR,
    // INVALID_REGULAR_EXPRESSION (from version 1), GROUP_MAX_SIZE_REACHED, GROUP_ID_NOT_FOUND, UNSUPPORTED_VERSION,
    // INVALID_REQUEST, GROUP_AUTHORIZATION_FAILED, TOPIC_AUTHORIZATION_FAILED: final.
    errorCode,
    errorMessage: string.nullable().default(null),
    memberId: string.nullable().default(null),
    memberEpoch: int32,
    heartbeatIntervalMs: int32,
    // What the member is to own, all of it; null: as before.
    assignment: struct({ topicPartitions }).nullable().default(null),
  },
})
