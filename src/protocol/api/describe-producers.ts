import { array, defineApi, errorCode, int32, int64, producerId, string, topicName } from '../schema.ts'

/** The idempotent and transactional producers that partitions remember; asked of their leaders (KIP-664). */
export const DescribeProducers = defineApi({
  key: 61,
  name: 'DescribeProducers',
  versions: [0, 0],
  flexibleFrom: 0,
  request: { topics: array({ name: topicName, partitionIndexes: array(int32) }) },
  response: {
    throttleTimeMs: int32.default(0),
    topics: array({
      name: topicName,
      partitions: array({
        partitionIndex: int32,
        // NOT_LEADER_OR_FOLLOWER: refresh metadata, again. UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC_EXCEPTION,
        // TOPIC_AUTHORIZATION_FAILED: final.
        errorCode,
        errorMessage: string.nullable().default(null),
        activeProducers: array({
          producerId,
          producerEpoch: int32,
          lastSequence: int32.default(-1),
          lastTimestamp: int64.default(-1),
          // Of the coordinator that last wrote a marker; -1 for none.
          coordinatorEpoch: int32,
          // Where its open transaction began; -1 for none. An old one here is a hanging transaction.
          currentTxnStartOffset: int64.default(-1),
        }),
      }),
    }),
  },
})
