import { array, bytes, defineApi, errorCode, groupId, int32, string } from '../schema.ts'

/** The leader hands in everyone's assignment; each member gets its own. */
export const SyncGroup = defineApi({
  key: 14,
  name: 'SyncGroup',
  versions: [0, 5],
  flexibleFrom: 4,
  request: {
    groupId,
    generationId: int32,
    memberId: string,
    groupInstanceId: string.nullable().from(3).default(null),
    protocolType: string.nullable().from(5).default(null).ignorable(),
    protocolName: string.nullable().from(5).default(null).ignorable(),
    // Empty but from the leader.
    assignments: array({ memberId: string, assignment: bytes }),
  },
  response: {
    throttleTimeMs: int32.from(1).ignorable(),
    // REBALANCE_IN_PROGRESS: join again. UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION: the group went on without us, join
    // as new. FENCED_INSTANCE_ID: another process has this instance id. COORDINATOR_LOAD_IN_PROGRESS: again.
    // COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: find the coordinator, join again.
    // INCONSISTENT_GROUP_PROTOCOL, GROUP_AUTHORIZATION_FAILED: final.
    errorCode,
    protocolType: string.nullable().from(5).default(null).ignorable(),
    protocolName: string.nullable().from(5).default(null).ignorable(),
    assignment: bytes,
  },
})
