import {
  array,
  boolean,
  brokerId,
  defineApi,
  errorCode,
  int8,
  int16,
  int32,
  string,
  topicName,
  uuid,
} from '../schema.ts'

/** Creates topics, through the controller. `numPartitions` and `replicationFactor` may be -1 from version 4 on. */
export const CreateTopics = defineApi({
  key: 19,
  name: 'CreateTopics',
  versions: [2, 7],
  flexibleFrom: 5,
  request: {
    topics: array({
      name: topicName,
      // -1: the broker's default, or given by assignments.
      numPartitions: int32,
      replicationFactor: int16,
      assignments: array({ partitionIndex: int32, brokerIds: array(brokerId) }),
      configs: array({ name: string, value: string.nullable() }),
    }),
    timeoutMs: int32.default(60_000),
    validateOnly: boolean.default(false),
  },
  response: {
    throttleTimeMs: int32.default(0).ignorable(),
    topics: array({
      name: topicName,
      topicId: uuid.from(7).ignorable(),
      // NOT_CONTROLLER: ask the controller. REQUEST_TIMED_OUT: it may be created yet. THROTTLING_QUOTA_EXCEEDED
      // (from version 6): after the throttle time, again. TOPIC_ALREADY_EXISTS, INVALID_TOPIC_EXCEPTION,
      // INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, INVALID_REPLICA_ASSIGNMENT, INVALID_CONFIG,
      // POLICY_VIOLATION, INVALID_REQUEST, TOPIC_AUTHORIZATION_FAILED, CLUSTER_AUTHORIZATION_FAILED: final.
      errorCode,
      errorMessage: string.nullable().ignorable(),
      // TOPIC_AUTHORIZATION_FAILED: created, but its configuration is not for us to see.
      topicConfigErrorCode: errorCode.from(5).tag(0).ignorable(),
      numPartitions: int32.from(5).default(-1).ignorable(),
      replicationFactor: int16.from(5).default(-1).ignorable(),
      configs: array({
        name: string,
        value: string.nullable(),
        readOnly: boolean,
        configSource: int8.default(-1).ignorable(),
        isSensitive: boolean,
      })
        .nullable()
        .from(5)
        .ignorable(),
    }),
  },
})
