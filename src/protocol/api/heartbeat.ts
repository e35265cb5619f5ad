import { defineApi, errorCode, groupId, int32, string } from '../schema.ts'

/** Keeps a member of a classic group alive, and tells it of a rebalance. */
export const Heartbeat = defineApi({
  key: 12,
  name: 'Heartbeat',
  versions: [0, 4],
  flexibleFrom: 4,
  request: {
    groupId,
    generationId: int32,
    memberId: string,
    groupInstanceId: string.nullable().from(3).default(null),
  },
  response: {
    throttleTimeMs: int32.from(1).ignorable(),
    // REBALANCE_IN_PROGRESS: join again. UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION: the group went on without us, join
    // as new. FENCED_INSTANCE_ID: another process has this instance id. COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR:
    // find the coordinator. GROUP_AUTHORIZATION_FAILED: final.
    errorCode,
  },
})
