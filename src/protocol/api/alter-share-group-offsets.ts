import { array, defineApi, errorCode, groupId, int32, int64, string, topicName, uuid } from '../schema.ts'

/** Sets where a share group without members goes on (KIP-932). */
export const AlterShareGroupOffsets = defineApi({
  key: 91,
  name: 'AlterShareGroupOffsets',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    groupId,
    topics: array({ topicName, partitions: array({ partitionIndex: int32, startOffset: int64 }) }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    // COORDINATOR_LOAD_IN_PROGRESS: again. COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: find the coordinator, again.
    // NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND, INVALID_REQUEST, GROUP_AUTHORIZATION_FAILED: final.
    errorCode,
    errorMessage: string.nullable().default(null),
    responses: array({
      topicName,
      topicId: uuid,
      partitions: array({
        partitionIndex: int32,
        // KAFKA_STORAGE_ERROR: again. UNKNOWN_TOPIC_OR_PARTITION, TOPIC_AUTHORIZATION_FAILED: final.
        errorCode,
        errorMessage: string.nullable().default(null),
      }),
    }),
  },
})
