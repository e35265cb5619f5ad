import { array, boolean, brokerId, defineApi, errorCode, int32, string, topicName, uuid } from '../schema.ts'

const NO_OPERATIONS = -2_147_483_648

/** The cluster as one broker sees it: brokers, controller, and each topic's partitions with their leaders. */
export const Metadata = defineApi({
  key: 3,
  name: 'Metadata',
  versions: [0, 13],
  flexibleFrom: 9,
  request: {
    // null asks for every topic, an empty list for none (in version 0 the empty list asks for every topic).
    // By id from version 12 on; versions 10 and 11 have the field but brokers ignore it.
    topics: array({ topicId: uuid.from(10).ignorable(), name: topicName.nullable(10) }).nullable(1),
    allowAutoTopicCreation: boolean.from(4).default(true),
    includeClusterAuthorizedOperations: boolean.from(8).until(10),
    includeTopicAuthorizedOperations: boolean.from(8),
  },
  response: {
    throttleTimeMs: int32.from(3).ignorable(),
    brokers: array({
      nodeId: brokerId,
      host: string,
      port: int32,
      rack: string.nullable().from(1).default(null).ignorable(),
    }),
    clusterId: string.nullable().from(2).default(null).ignorable(),
    controllerId: brokerId.from(1).default(-1).ignorable(),
    topics: array({
      // LEADER_NOT_AVAILABLE, UNKNOWN_TOPIC_OR_PARTITION: may appear yet. INVALID_TOPIC_EXCEPTION,
      // TOPIC_AUTHORIZATION_FAILED: final. UNKNOWN_TOPIC_ID: asked for by an id that no topic has.
      errorCode,
      name: topicName.nullable(12),
      topicId: uuid.from(10).ignorable(),
      isInternal: boolean.from(1).default(false).ignorable(),
      partitions: array({
        // LEADER_NOT_AVAILABLE: an election is under way. REPLICA_NOT_AVAILABLE: may be ignored.
        errorCode,
        partitionIndex: int32,
        leaderId: brokerId,
        leaderEpoch: int32.from(7).default(-1).ignorable(),
        replicaNodes: array(brokerId),
        isrNodes: array(brokerId),
        offlineReplicas: array(brokerId).from(5).ignorable(),
      }),
      topicAuthorizedOperations: int32.from(8).default(NO_OPERATIONS),
    }),
    clusterAuthorizedOperations: int32.from(8).until(10).default(NO_OPERATIONS),
    // REBOOTSTRAP_REQUIRED: start again from the bootstrap addresses (KIP-1102).
    errorCode: errorCode.from(13).ignorable(),
  },
})
