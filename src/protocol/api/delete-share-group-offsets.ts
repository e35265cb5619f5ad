import { array, defineApi, errorCode, groupId, int32, string, topicName, uuid } from '../schema.ts'

/** Makes a share group without members forget topics (KIP-932). */
export const DeleteShareGroupOffsets = defineApi({
  key: 92,
  name: 'DeleteShareGroupOffsets',
  versions: [0, 0],
  flexibleFrom: 0,
  request: { groupId, topics: array({ topicName }) },
  response: {
    throttleTimeMs: int32.default(0),
    // COORDINATOR_LOAD_IN_PROGRESS: again. COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: find the coordinator, again.
    // NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND, INVALID_REQUEST, GROUP_AUTHORIZATION_FAILED: final.
    errorCode,
    errorMessage: string.nullable().default(null),
    responses: array({
      topicName,
      topicId: uuid,
      // KAFKA_STORAGE_ERROR: again. UNKNOWN_TOPIC_OR_PARTITION, TOPIC_AUTHORIZATION_FAILED: final.
      errorCode,
      errorMessage: string.nullable().default(null),
    }),
  },
})
