import {
  array,
  boolean,
  brokerId,
  defineApi,
  errorCode,
  groupId,
  int8,
  int16,
  int32,
  int64,
  records,
  string,
  struct,
  uuid,
} from '../schema.ts'

/**
 * Acquires records for a member of a share group, for a time, and may acknowledge earlier ones (KIP-932). Always
 * within a share session: a request names only what changed. The batches that come back may hold more records than
 * were acquired.
 */
export const ShareFetch = defineApi({
  key: 78,
  name: 'ShareFetch',
  versions: [1, 2],
  flexibleFrom: 0,
  request: {
    groupId: groupId.nullable().default(null),
    memberId: string.nullable(),
    // 0 opens a session, -1 closes it; else one more each time.
    shareSessionEpoch: int32,
    // The answer waits for minBytes, at most this long.
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: int32.default(0x7fff_ffff),
    // Exceeded to end with a batch, unless the acquire mode says otherwise.
    maxRecords: int32,
    // Best number of records in one range of acquired ones.
    batchSize: int32,
    // 0: whole batches, 1: never more than maxRecords (KIP-1206).
    shareAcquireMode: int8.from(2).default(0).ignorable(),
    // Must be told when some acknowledgement renews (KIP-1222).
    isRenewAck: boolean.from(2).default(false),
    topics: array({
      topicId: uuid,
      partitions: array({
        partitionIndex: int32,
        partitionMaxBytes: int32.until(0),
        // As in ShareAcknowledge.
        acknowledgementBatches: array({
          firstOffset: int64,
          lastOffset: int64,
          acknowledgeTypes: array(int8),
        }),
      }),
    }),
    // Partitions that leave the session.
    forgottenTopicsData: array({ topicId: uuid, partitions: array(int32) }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    // SHARE_SESSION_NOT_FOUND, INVALID_SHARE_SESSION_EPOCH: open a new session; what was acquired comes again.
    // SHARE_SESSION_LIMIT_REACHED: again, later. INVALID_REQUEST, GROUP_AUTHORIZATION_FAILED: final.
    errorCode,
    errorMessage: string.nullable().default(null),
    // How long records are acquired for.
    acquisitionLockTimeoutMs: int32,
    responses: array({
      topicId: uuid,
      partitions: array({
        partitionIndex: int32,
        // NOT_LEADER_OR_FOLLOWER, UNKNOWN_TOPIC_ID, UNKNOWN_TOPIC_OR_PARTITION, KAFKA_STORAGE_ERROR: refresh
        // metadata, fetch again. CORRUPT_MESSAGE, TOPIC_AUTHORIZATION_FAILED: the user's to see.
        errorCode,
        errorMessage: string.nullable().default(null),
        // The same, and INVALID_RECORD_STATE: no longer acquired by this member.
        acknowledgeErrorCode: errorCode,
        acknowledgeErrorMessage: string.nullable().default(null),
        // Where to go instead, with NOT_LEADER_OR_FOLLOWER; -1: not known.
        currentLeader: struct({ leaderId: int32, leaderEpoch: int32 }),
        // Empty, never null.
        records: records.nullable(Number.POSITIVE_INFINITY),
        acquiredRecords: array({
          firstOffset: int64,
          lastOffset: int64,
          // 1 for the first time.
          deliveryCount: int16,
        }),
      }),
    }),
    // The addresses of the brokers named as current leaders.
    nodeEndpoints: array({
      nodeId: brokerId,
      host: string,
      port: int32,
      rack: string.nullable().default(null),
    }),
  },
})
