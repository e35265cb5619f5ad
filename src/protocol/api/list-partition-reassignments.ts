import { array, brokerId, defineApi, errorCode, int32, string, topicName } from '../schema.ts'

/** The moves of partitions that are under way (KIP-455). */
export const ListPartitionReassignments = defineApi({
  key: 46,
  name: 'ListPartitionReassignments',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    timeoutMs: int32.default(60_000),
    // null: all.
    topics: array({ name: topicName, partitionIndexes: array(int32) })
      .nullable()
      .default(null),
  },
  response: {
    throttleTimeMs: int32.default(0),
    // NOT_CONTROLLER: ask the controller. REQUEST_TIMED_OUT: again. CLUSTER_AUTHORIZATION_FAILED: final.
    errorCode,
    errorMessage: string.nullable(),
    topics: array({
      name: topicName,
      partitions: array({
        partitionIndex: int32,
        // All there are now: old ones, and those being added.
        replicas: array(brokerId),
        addingReplicas: array(brokerId),
        removingReplicas: array(brokerId),
      }),
    }),
  },
})
