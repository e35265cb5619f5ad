import { array, boolean, defineApi, errorCode, int32, int64, string, topicName } from '../schema.ts'

/** A broker's disks and the replicas on them, with their sizes (KIP-113, KIP-827); asked of that broker. */
export const DescribeLogDirs = defineApi({
  key: 35,
  name: 'DescribeLogDirs',
  versions: [1, 5],
  flexibleFrom: 2,
  // null: every topic.
  request: { topics: array({ topic: topicName, partitions: array(int32) }).nullable() },
  response: {
    throttleTimeMs: int32.default(0),
    // CLUSTER_AUTHORIZATION_FAILED; up to version 2 that is an empty list of results.
    errorCode: errorCode.from(3).ignorable(),
    results: array({
      // KAFKA_STORAGE_ERROR: the disk is offline.
      errorCode,
      logDir: string,
      topics: array({
        name: topicName,
        partitions: array({
          partitionIndex: int32,
          // In bytes.
          partitionSize: int64,
          // How far the replica is behind the high watermark; a future one, behind the one it will replace.
          offsetLag: int64,
          // On its way here, by AlterReplicaLogDirs.
          isFutureKey: boolean,
        }),
      }),
      // Of the disk's volume, in bytes, without tiered storage; -1: not known.
      totalBytes: int64.from(4).default(-1).ignorable(),
      usableBytes: int64.from(4).default(-1).ignorable(),
      // Takes no new replicas.
      isCordoned: boolean.from(5).default(false).ignorable(),
    }),
  },
})
