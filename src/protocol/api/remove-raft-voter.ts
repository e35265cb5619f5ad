import { defineApi, errorCode, int32, string, uuid } from '../schema.ts'

/** Takes a controller out of the voters (KIP-853). */
export const RemoveRaftVoter = defineApi({
  key: 81,
  name: 'RemoveRaftVoter',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    // null: not checked.
    clusterId: string.nullable(),
    voterId: int32,
    voterDirectoryId: uuid,
  },
  response: {
    throttleTimeMs: int32.default(0),
    // NOT_LEADER_OR_FOLLOWER, NOT_CONTROLLER: ask the new leader. REQUEST_TIMED_OUT: another change is under way,
    // again. VOTER_NOT_FOUND: no such voter, or of another directory. INCONSISTENT_CLUSTER_ID, UNSUPPORTED_VERSION
    // (the cluster's `kraft.version` is 0), INVALID_REQUEST, CLUSTER_AUTHORIZATION_FAILED: final.
    errorCode,
    errorMessage: string.nullable().ignorable(),
  },
})
