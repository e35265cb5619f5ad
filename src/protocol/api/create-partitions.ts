import { array, boolean, brokerId, defineApi, errorCode, int32, string, topicName } from '../schema.ts'

/** Adds partitions to topics, through the controller. */
export const CreatePartitions = defineApi({
  key: 37,
  name: 'CreatePartitions',
  versions: [0, 3],
  flexibleFrom: 2,
  request: {
    topics: array({
      name: topicName,
      // The new total.
      count: int32,
      // The replicas of each new partition; null lets the controller choose.
      assignments: array({ brokerIds: array(brokerId) }).nullable(),
    }),
    timeoutMs: int32,
    validateOnly: boolean,
  },
  response: {
    throttleTimeMs: int32.default(0),
    results: array({
      name: topicName,
      // NOT_CONTROLLER: ask the controller. REQUEST_TIMED_OUT: they may come yet. THROTTLING_QUOTA_EXCEEDED (from
      // version 3): after the throttle time, again. REASSIGNMENT_IN_PROGRESS: later. UNKNOWN_TOPIC_OR_PARTITION,
      // INVALID_PARTITIONS, INVALID_REPLICA_ASSIGNMENT, INVALID_REQUEST, POLICY_VIOLATION,
      // TOPIC_AUTHORIZATION_FAILED: final.
      errorCode,
      errorMessage: string.nullable().default(null),
    }),
  },
})
