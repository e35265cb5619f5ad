import {
  array,
  boolean,
  brokerId,
  defineApi,
  errorCode,
  groupId,
  int8,
  int32,
  int64,
  string,
  struct,
  uuid,
} from '../schema.ts'

/** Says what became of acquired records (KIP-932); within the session that ShareFetch opened. */
export const ShareAcknowledge = defineApi({
  key: 79,
  name: 'ShareAcknowledge',
  versions: [1, 2],
  flexibleFrom: 0,
  request: {
    groupId: groupId.nullable().default(null),
    memberId: string.nullable(),
    // -1 closes the session; else one more each time, ShareFetch's counted.
    shareSessionEpoch: int32,
    // Must be told when some acknowledgement renews (KIP-1222).
    isRenewAck: boolean.from(2).default(false),
    topics: array({
      topicId: uuid,
      partitions: array({
        partitionIndex: int32,
        acknowledgementBatches: array({
          firstOffset: int64,
          // Inclusive.
          lastOffset: int64,
          // One for all, or one for each offset. 0: there is no such record, 1: accept, 2: release for another
          // delivery, 3: reject for good, 4: renew the time (version 2).
          acknowledgeTypes: array(int8),
        }),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    // SHARE_SESSION_NOT_FOUND, INVALID_SHARE_SESSION_EPOCH: open a new session; what was acquired comes again.
    // INVALID_REQUEST, GROUP_AUTHORIZATION_FAILED: final.
    errorCode,
    errorMessage: string.nullable().default(null),
    acquisitionLockTimeoutMs: int32.from(2).ignorable(),
    responses: array({
      topicId: uuid,
      partitions: array({
        partitionIndex: int32,
        // INVALID_RECORD_STATE: no longer acquired by this member. NOT_LEADER_OR_FOLLOWER, UNKNOWN_TOPIC_ID,
        // UNKNOWN_TOPIC_OR_PARTITION, KAFKA_STORAGE_ERROR: refresh metadata; what was acquired comes again.
        // TOPIC_AUTHORIZATION_FAILED: final.
        errorCode,
        errorMessage: string.nullable().default(null),
        // Where to go instead, with NOT_LEADER_OR_FOLLOWER; -1: not known.
        currentLeader: struct({ leaderId: int32, leaderEpoch: int32 }),
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
