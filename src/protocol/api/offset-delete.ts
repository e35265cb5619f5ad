import { array, defineApi, errorCode, groupId, int32, topicName } from '../schema.ts'

/** Deletes a group's committed offsets of topics that it is not subscribed to (KIP-496). */
export const OffsetDelete = defineApi({
  key: 47,
  name: 'OffsetDelete',
  versions: [0, 0],
  request: {
    groupId,
    topics: array({ name: topicName, partitions: array({ partitionIndex: int32 }) }),
  },
  response: {
    // COORDINATOR_LOAD_IN_PROGRESS: again. COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: find the coordinator, again.
    // NON_EMPTY_GROUP: not a consumer's group, and it has members. GROUP_ID_NOT_FOUND, INVALID_GROUP_ID,
    // GROUP_AUTHORIZATION_FAILED: final.
    errorCode,
    throttleTimeMs: int32.default(0).ignorable(),
    topics: array({
      name: topicName,
      partitions: array({
        partitionIndex: int32,
        // GROUP_SUBSCRIBED_TO_TOPIC, UNKNOWN_TOPIC_OR_PARTITION, TOPIC_AUTHORIZATION_FAILED: final.
        errorCode,
      }),
    }),
  },
})
