import { array, defineApi, errorCode, int32, string, topicName, uuid } from '../schema.ts'

/** Deletes topics, through the controller; from version 6 on by name or by id. */
export const DeleteTopics = defineApi({
  key: 20,
  name: 'DeleteTopics',
  versions: [1, 6],
  flexibleFrom: 4,
  request: {
    // A null name: by id.
    topics: array({ name: topicName.nullable().default(null), topicId: uuid }).from(6),
    topicNames: array(topicName).until(5).ignorable(),
    timeoutMs: int32,
  },
  response: {
    throttleTimeMs: int32.default(0).ignorable(),
    responses: array({
      name: topicName.nullable(6),
      topicId: uuid.from(6).ignorable(),
      // NOT_CONTROLLER: ask the controller. REQUEST_TIMED_OUT: it may be deleted yet. THROTTLING_QUOTA_EXCEEDED
      // (from version 5): after the throttle time, again. UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID,
      // TOPIC_DELETION_DISABLED, INVALID_REQUEST, UNSUPPORTED_VERSION, TOPIC_AUTHORIZATION_FAILED: final.
      errorCode,
      errorMessage: string.nullable().from(5).default(null).ignorable(),
    }),
  },
})
