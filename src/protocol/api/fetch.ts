import {
  array,
  bigint64,
  brokerId,
  defineApi,
  errorCode,
  int8,
  int32,
  int64,
  producerId,
  records,
  string,
  struct,
  topicName,
  uuid,
} from '../schema.ts'

/**
 * Reads record batches. From version 7 on within a fetch session (KIP-227): a request then names only what changed,
 * a response only what there is news of. From 11 on also from followers (KIP-392), from 13 on by topic id (KIP-516).
 */
export const Fetch = defineApi({
  key: 1,
  name: 'Fetch',
  versions: [4, 18],
  flexibleFrom: 12,
  request: {
    clusterId: string.nullable().from(12).default(null).tag(0).ignorable(),
    // -1: a client, not a replica.
    replicaId: brokerId.until(14).default(-1),
    replicaState: struct({ replicaId: brokerId.default(-1), replicaEpoch: int64.default(-1) })
      .from(15)
      .tag(1),
    // The answer waits for minBytes, at most this long.
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: int32.default(0x7fff_ffff).ignorable(),
    // 0: read uncommitted, 1: read committed.
    isolationLevel: int8.default(0).ignorable(),
    // Id 0 with epoch 0 opens a session, epoch -1 closes the one named or goes without.
    sessionId: int32.from(7).default(0).ignorable(),
    sessionEpoch: int32.from(7).default(-1).ignorable(),
    topics: array({
      topic: topicName.until(12).ignorable(),
      topicId: uuid.from(13).ignorable(),
      partitions: array({
        partition: int32,
        currentLeaderEpoch: int32.from(9).default(-1).ignorable(),
        fetchOffset: int64,
        // Lets the broker find where the log diverged from what was read (KIP-595).
        lastFetchedEpoch: int32.from(12).default(-1),
        // Only of meaning between replicas.
        logStartOffset: int64.from(5).default(-1).ignorable(),
        partitionMaxBytes: int32,
        replicaDirectoryId: uuid.from(17).tag(0).ignorable(),
        highWatermark: bigint64.from(18).default(0x7fff_ffff_ffff_ffffn).tag(1).ignorable(),
      }),
    }),
    // Partitions that leave the session.
    forgottenTopicsData: array({
      topic: topicName.until(12).ignorable(),
      topicId: uuid.from(13).ignorable(),
      partitions: array(int32),
    }).from(7),
    rackId: string.from(11).default('').ignorable(),
  },
  response: {
    throttleTimeMs: int32.default(0).ignorable(),
    // FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH, FETCH_SESSION_TOPIC_ID_ERROR: open a new session.
    // INCONSISTENT_TOPIC_ID: refresh metadata. UNKNOWN_SERVER_ERROR: try again.
    errorCode: errorCode.from(7).ignorable(),
    sessionId: int32.from(7).default(0),
    responses: array({
      topic: topicName.until(12).ignorable(),
      topicId: uuid.from(13).ignorable(),
      partitions: array({
        partitionIndex: int32,
        // NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID,
        // INCONSISTENT_TOPIC_ID, KAFKA_STORAGE_ERROR, REPLICA_NOT_AVAILABLE: refresh metadata, fetch again.
        // UNKNOWN_LEADER_EPOCH: the broker is behind us, fetch again. OFFSET_NOT_AVAILABLE: a new leader has not
        // caught up, fetch again. OFFSET_OUT_OF_RANGE: reset the position, or leave the follower.
        // OFFSET_MOVED_TO_TIERED_STORAGE: between replicas only.
        // CORRUPT_MESSAGE, TOPIC_AUTHORIZATION_FAILED, UNSUPPORTED_COMPRESSION_TYPE: the user's to see.
        errorCode,
        // -1, with an error; the offset after the last replicated record.
        highWatermark: int64,
        // The first offset of a transaction still open: read committed ends before it.
        lastStableOffset: int64.default(-1).ignorable(),
        logStartOffset: int64.from(5).default(-1).ignorable(),
        // Set when the log was truncated below what was read: where the two part.
        divergingEpoch: struct({ epoch: int32.default(-1), endOffset: int64.default(-1) })
          .from(12)
          .tag(0),
        // Where to go instead, with NOT_LEADER_OR_FOLLOWER and FENCED_LEADER_EPOCH (KIP-951).
        currentLeader: struct({ leaderId: brokerId.default(-1), leaderEpoch: int32.default(-1) })
          .from(12)
          .tag(1),
        // Only between controllers.
        snapshotId: struct({ endOffset: int64.default(-1), epoch: int32.default(-1) })
          .from(12)
          .tag(2),
        // Which transactions among these records were aborted; null without read committed.
        abortedTransactions: array({ producerId, firstOffset: int64 }).nullable().ignorable(),
        // The replica to fetch from; -1 for this one.
        preferredReadReplica: brokerId.from(11).default(-1),
        // The last batch may be cut off.
        records,
      }),
    }),
    // The addresses of the brokers named as current leaders.
    nodeEndpoints: array({
      nodeId: brokerId,
      host: string,
      port: int32,
      rack: string.nullable().default(null),
    })
      .from(16)
      .tag(0),
  },
})
