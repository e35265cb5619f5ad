import { array, defineApi, errorCode, int8, int32, string, topicName } from '../schema.ts'

/** Elects leaders of partitions anew, through the controller (KIP-183, KIP-460). */
export const ElectLeaders = defineApi({
  key: 43,
  name: 'ElectLeaders',
  versions: [0, 2],
  flexibleFrom: 2,
  request: {
    // 0: the preferred replica. 1: if no replica in sync is alive, the first that is, at the price of records.
    electionType: int8.from(1),
    // null: every partition.
    topicPartitions: array({ topic: topicName, partitions: array(int32) }).nullable(),
    timeoutMs: int32.default(60_000),
  },
  response: {
    throttleTimeMs: int32.default(0),
    // NOT_CONTROLLER: ask the controller. CLUSTER_AUTHORIZATION_FAILED: final.
    errorCode: errorCode.from(1),
    // When every partition was asked for, those already right are left out.
    replicaElectionResults: array({
      topic: topicName,
      partitionResult: array({
        partitionId: int32,
        // ELECTION_NOT_NEEDED: it leads already. PREFERRED_LEADER_NOT_AVAILABLE, ELIGIBLE_LEADERS_NOT_AVAILABLE: no
        // such replica is there or in sync. REQUEST_TIMED_OUT, NOT_CONTROLLER: again. UNKNOWN_TOPIC_OR_PARTITION,
        // INVALID_TOPIC_EXCEPTION, CLUSTER_AUTHORIZATION_FAILED: final.
        errorCode,
        errorMessage: string.nullable(),
      }),
    }),
  },
})
