import { array, boolean, defineApi, errorCode, int32, string, uint16, uuid } from '../schema.ts'

/** Makes a controller that already follows the log a voter (KIP-853). */
export const AddRaftVoter = defineApi({
  key: 80,
  name: 'AddRaftVoter',
  versions: [0, 1],
  flexibleFrom: 0,
  request: {
    // null: not checked.
    clusterId: string.nullable(),
    timeoutMs: int32,
    voterId: int32,
    // Of its metadata log, from `meta.properties` there.
    voterDirectoryId: uuid,
    // Where the others reach it.
    listeners: array({ name: string, host: string, port: uint16 }),
    // Answer when the new set of voters is committed, not already when the leader has written it.
    ackWhenCommitted: boolean.from(1).default(true),
  },
  response: {
    throttleTimeMs: int32.default(0),
    // NOT_LEADER_OR_FOLLOWER, NOT_CONTROLLER: ask the new leader. REQUEST_TIMED_OUT: another change is under way, or
    // the new voter lags or cannot be reached; again. DUPLICATE_VOTER: it is one already. INCONSISTENT_CLUSTER_ID,
    // UNSUPPORTED_VERSION (the cluster's `kraft.version` is 0), INVALID_REQUEST, CLUSTER_AUTHORIZATION_FAILED: final.
    errorCode,
    errorMessage: string.nullable().ignorable(),
  },
})
