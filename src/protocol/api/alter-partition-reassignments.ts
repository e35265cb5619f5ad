import { array, boolean, brokerId, defineApi, errorCode, int32, string, topicName } from '../schema.ts'

/** Moves partitions to other brokers, or calls a move off, through the controller (KIP-455). */
export const AlterPartitionReassignments = defineApi({
  key: 45,
  name: 'AlterPartitionReassignments',
  versions: [0, 1],
  flexibleFrom: 0,
  request: {
    timeoutMs: int32.default(60_000),
    // false: INVALID_REPLICATION_FACTOR when the number of replicas would be another (KIP-860).
    allowReplicationFactorChange: boolean.from(1).default(true),
    topics: array({
      name: topicName,
      partitions: array({
        partitionIndex: int32,
        // The preferred leader first. null: call the move off.
        replicas: array(brokerId).nullable().default(null),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    allowReplicationFactorChange: boolean.from(1).default(true).ignorable(),
    // NOT_CONTROLLER: ask the controller. REQUEST_TIMED_OUT: it may be under way. CLUSTER_AUTHORIZATION_FAILED: final.
    errorCode,
    errorMessage: string.nullable(),
    responses: array({
      name: topicName,
      partitions: array({
        partitionIndex: int32,
        // NO_REASSIGNMENT_IN_PROGRESS: nothing to call off. INVALID_REPLICA_ASSIGNMENT, INVALID_REPLICATION_FACTOR,
        // UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC_EXCEPTION: final.
        errorCode,
        errorMessage: string.nullable(),
      }),
    }),
  },
})
