import { array, defineApi, errorCode, groupId, int32, int64, string, topicName, uuid } from '../schema.ts'

/** Where share groups have got to: the first offset of each partition that is not done with (KIP-932). */
export const DescribeShareGroupOffsets = defineApi({
  key: 90,
  name: 'DescribeShareGroupOffsets',
  versions: [0, 1],
  flexibleFrom: 0,
  request: {
    groups: array({
      groupId,
      // null: all that the group has a state for.
      topics: array({ topicName, partitions: array(int32) }).nullable(),
    }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    groups: array({
      groupId,
      topics: array({
        topicName,
        topicId: uuid,
        partitions: array({
          partitionIndex: int32,
          // -1: none yet.
          startOffset: int64,
          leaderEpoch: int32,
          // -1: not known (KIP-1226).
          lag: int64.from(1).default(-1).ignorable(),
          // UNKNOWN_TOPIC_OR_PARTITION, TOPIC_AUTHORIZATION_FAILED: final.
          errorCode,
          errorMessage: string.nullable().default(null),
        }),
      }),
      // COORDINATOR_LOAD_IN_PROGRESS: again. COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: find the coordinator, again.
      // GROUP_ID_NOT_FOUND, INVALID_REQUEST, GROUP_AUTHORIZATION_FAILED: final.
      errorCode,
      errorMessage: string.nullable().default(null),
    }),
  },
})
