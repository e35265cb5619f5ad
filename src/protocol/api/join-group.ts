import { array, boolean, bytes, defineApi, errorCode, groupId, int32, string } from '../schema.ts'

/** Enters a classic group, and waits for its next generation. The leader's answer lists the members to assign to. */
export const JoinGroup = defineApi({
  key: 11,
  name: 'JoinGroup',
  versions: [0, 9],
  flexibleFrom: 6,
  request: {
    groupId,
    sessionTimeoutMs: int32,
    // Absent in version 0, where the session's timeout counts.
    rebalanceTimeoutMs: int32.from(1).default(-1).ignorable(),
    // Empty for a new member.
    memberId: string,
    groupInstanceId: string.nullable().from(5).default(null),
    // `consumer`, `connect`, ...
    protocolType: string,
    // In order of preference; a consumer's are assignors, with a subscription as metadata.
    protocols: array({ name: string, metadata: bytes }),
    reason: string.nullable().from(8).default(null).ignorable(),
  },
  response: {
    throttleTimeMs: int32.from(2).ignorable(),
    // MEMBER_ID_REQUIRED (from version 4): join again with the member id given. UNKNOWN_MEMBER_ID: join as new.
    // COORDINATOR_LOAD_IN_PROGRESS: again. COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: find the coordinator, again.
    // REBALANCE_IN_PROGRESS: again. FENCED_INSTANCE_ID: another process has this instance id.
    // INCONSISTENT_GROUP_PROTOCOL: no assignor, or another protocol type, in common with the group.
    // INVALID_SESSION_TIMEOUT, INVALID_GROUP_ID, GROUP_AUTHORIZATION_FAILED, GROUP_MAX_SIZE_REACHED,
    // UNSUPPORTED_VERSION (no static membership): final.
    errorCode,
    generationId: int32.default(-1),
    protocolType: string.nullable().from(7).default(null).ignorable(),
    // The assignor that all members know.
    protocolName: string.nullable(7),
    leader: string,
    // The leader, come back, must not assign anew (KIP-814).
    skipAssignment: boolean.from(9).default(false),
    memberId: string,
    // Empty but for the leader.
    members: array({
      memberId: string,
      groupInstanceId: string.nullable().from(5).default(null).ignorable(),
      metadata: bytes,
    }),
  },
})
