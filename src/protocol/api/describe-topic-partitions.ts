import { array, boolean, brokerId, defineApi, errorCode, int32, struct, topicName, uuid } from '../schema.ts'

const NO_OPERATIONS = -2_147_483_648
const cursor = struct({ topicName, partitionIndex: int32 }).nullable().default(null)

/** Partitions page by page, with the replicas that are eligible to lead though not in sync (KIP-966). */
export const DescribeTopicPartitions = defineApi({
  key: 75,
  name: 'DescribeTopicPartitions',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    // Empty: every topic.
    topics: array({ name: topicName }),
    // How many to answer at most; the broker has a limit of its own.
    responsePartitionLimit: int32.default(2000),
    // Where to go on; topics come in the order of their names.
    cursor,
  },
  response: {
    throttleTimeMs: int32.default(0).ignorable(),
    topics: array({
      // UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC_EXCEPTION, TOPIC_AUTHORIZATION_FAILED: final.
      errorCode,
      name: topicName.nullable(),
      topicId: uuid.ignorable(),
      isInternal: boolean.default(false).ignorable(),
      partitions: array({
        // LEADER_NOT_AVAILABLE: an election is under way.
        errorCode,
        partitionIndex: int32,
        leaderId: brokerId,
        leaderEpoch: int32.default(-1).ignorable(),
        replicaNodes: array(brokerId),
        isrNodes: array(brokerId),
        // They have every committed record, and may lead if all in sync are gone.
        eligibleLeaderReplicas: array(brokerId).nullable().default(null),
        lastKnownElr: array(brokerId).nullable().default(null),
        offlineReplicas: array(brokerId).ignorable(),
      }),
      topicAuthorizedOperations: int32.default(NO_OPERATIONS),
    }),
    // null: that was the last page.
    nextCursor: cursor,
  },
})
