import {
  array,
  brokerId,
  defineApi,
  errorCode,
  int32,
  int64,
  string,
  topicName,
  uint16,
  uuid,
} from '../schema.ts'

const replicas = array({
  replicaId: brokerId,
  replicaDirectoryId: uuid.from(2),
  // -1: not known.
  logEndOffset: int64,
  // By the leader's clock; -1 for the leader itself, or not known.
  lastFetchTimestamp: int64.from(1).default(-1).ignorable(),
  lastCaughtUpTimestamp: int64.from(1).default(-1).ignorable(),
})

/** The controllers' own log: its leader, voters and observers (KIP-595, KIP-836, KIP-853). */
export const DescribeQuorum = defineApi({
  key: 55,
  name: 'DescribeQuorum',
  versions: [0, 2],
  flexibleFrom: 0,
  // Partition 0 of `__cluster_metadata`; there is no other.
  request: { topics: array({ topicName, partitions: array({ partitionIndex: int32 }) }) },
  response: {
    // INVALID_REQUEST, CLUSTER_AUTHORIZATION_FAILED: final.
    errorCode,
    errorMessage: string.nullable().from(2).ignorable(),
    topics: array({
      topicName,
      partitions: array({
        partitionIndex: int32,
        // NOT_LEADER_OR_FOLLOWER: an election is under way, again. UNKNOWN_TOPIC_OR_PARTITION: final.
        errorCode,
        errorMessage: string.nullable().from(2).ignorable(),
        // -1: not known.
        leaderId: brokerId,
        leaderEpoch: int32,
        highWatermark: int64,
        currentVoters: replicas,
        observers: replicas,
      }),
    }),
    nodes: array({
      nodeId: brokerId,
      listeners: array({ name: string, host: string, port: uint16 }),
    }).from(2),
  },
})
