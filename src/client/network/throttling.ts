// Since KIP-219 a broker that throttles answers at once and then stops reading the connection for as long as it says;
// before that it delayed the answer itself, and nothing is left to wait for.

/** First version of each API whose answer is given at once, by API key; those not listed: all versions. */
const ANSWERED_AT_ONCE_FROM: ReadonlyMap<number, number> = new Map([
  [0, 6], // Produce
  [1, 8], // Fetch
  [2, 3], // ListOffsets
  [3, 6], // Metadata
  [8, 4], // OffsetCommit
  [9, 4], // OffsetFetch
  [10, 2], // FindCoordinator
  [11, 3], // JoinGroup
  [12, 2], // Heartbeat
  [13, 2], // LeaveGroup
  [14, 2], // SyncGroup
  [15, 2], // DescribeGroups
  [16, 2], // ListGroups
  [18, 2], // ApiVersions
  [19, 3], // CreateTopics
  [20, 2], // DeleteTopics
  [21, 1], // DeleteRecords
  [22, 1], // InitProducerId
  [24, 1], // AddPartitionsToTxn
  [25, 1], // AddOffsetsToTxn
  [26, 1], // EndTxn
  [28, 1], // TxnOffsetCommit
  [29, 1], // DescribeAcls
  [30, 1], // CreateAcls
  [31, 1], // DeleteAcls
  [32, 2], // DescribeConfigs
  [33, 1], // AlterConfigs
  [34, 1], // AlterReplicaLogDirs
  [35, 1], // DescribeLogDirs
  [37, 1], // CreatePartitions
  [38, 1], // CreateDelegationToken
  [39, 1], // RenewDelegationToken
  [40, 1], // ExpireDelegationToken
  [41, 1], // DescribeDelegationToken
  [42, 1], // DeleteGroups
])

/** For how long nothing more may be sent on the connection that this answer came from (C8). */
export function throttleMs(apiKey: number, version: number, response: object): number {
  const { throttleTimeMs } = response as { readonly throttleTimeMs?: unknown }
  if (typeof throttleTimeMs !== 'number' || throttleTimeMs <= 0) return 0
  return version >= (ANSWERED_AT_ONCE_FROM.get(apiKey) ?? 0) ? throttleTimeMs : 0
}
