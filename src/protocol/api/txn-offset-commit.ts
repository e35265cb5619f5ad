import {
  array,
  defineApi,
  errorCode,
  groupId,
  int16,
  int32,
  int64,
  producerId,
  string,
  topicName,
  transactionalId,
  uuid,
} from '../schema.ts'

/**
 * Stores a group's positions as part of a transaction; asked of the group's coordinator. From version 5 on it also
 * does what AddOffsetsToTxn did (KIP-890), so a producer of transaction protocol 1 goes up to version 4. From 6 on by
 * topic id (KIP-1319).
 */
export const TxnOffsetCommit = defineApi({
  key: 28,
  name: 'TxnOffsetCommit',
  versions: [0, 6],
  flexibleFrom: 3,
  request: {
    transactionalId,
    groupId,
    producerId,
    producerEpoch: int16,
    // The consumer's, which fence off a member that the group has gone on without (KIP-447).
    generationIdOrMemberEpoch: int32.from(3).default(-1),
    memberId: string.from(3).default(''),
    groupInstanceId: string.nullable().from(3).default(null),
    topics: array({
      name: topicName.until(5).ignorable(),
      topicId: uuid.from(6).ignorable(),
      partitions: array({
        partitionIndex: int32,
        // The next offset to read.
        committedOffset: int64,
        committedLeaderEpoch: int32.from(2).default(-1).ignorable(),
        committedMetadata: string.nullable(),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    topics: array({
      name: topicName.until(5).ignorable(),
      topicId: uuid.from(6).ignorable(),
      partitions: array({
        partitionIndex: int32,
        // COORDINATOR_LOAD_IN_PROGRESS, REQUEST_TIMED_OUT, CONCURRENT_TRANSACTIONS: again. COORDINATOR_NOT_AVAILABLE,
        // NOT_COORDINATOR: find the coordinator, again. UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID: the topic is
        // being deleted, or not yet known. INVALID_PRODUCER_EPOCH, PRODUCER_FENCED: another producer took over.
        // ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID (all from version 3), STALE_MEMBER_EPOCH (from
        // version 6): the partitions are another's by now, abort. GROUP_AUTHORIZATION_FAILED,
        // TOPIC_AUTHORIZATION_FAILED, OFFSET_METADATA_TOO_LARGE, TRANSACTION_ABORTABLE (from version 4): abort.
        // INVALID_TXN_STATE, INVALID_PRODUCER_ID_MAPPING, UNSUPPORTED_FOR_MESSAGE_FORMAT, GROUP_ID_NOT_FOUND,
        // TRANSACTIONAL_ID_AUTHORIZATION_FAILED: final.
        errorCode,
      }),
    }),
  },
})
