import { array, defineApi, errorCode, int32, string, topicName } from '../schema.ts'

/** Moves a broker's replicas to other disks of its own (KIP-113); asked of that broker. */
export const AlterReplicaLogDirs = defineApi({
  key: 34,
  name: 'AlterReplicaLogDirs',
  versions: [1, 2],
  flexibleFrom: 2,
  request: {
    dirs: array({
      // Absolute, as in the broker's `log.dirs`.
      path: string,
      topics: array({ name: topicName, partitions: array(int32) }),
    }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    results: array({
      topicName,
      partitions: array({
        partitionIndex: int32,
        // REPLICA_NOT_AVAILABLE: none there yet; a replica made later will be put there. KAFKA_STORAGE_ERROR: that
        // disk is offline. LOG_DIR_NOT_FOUND, INVALID_TOPIC_EXCEPTION, CLUSTER_AUTHORIZATION_FAILED: final.
        errorCode,
      }),
    }),
  },
})
