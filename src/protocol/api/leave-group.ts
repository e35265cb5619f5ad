import { array, defineApi, errorCode, groupId, int32, string } from '../schema.ts'

/** Takes a member out of a classic group; from version 3 on several, also by their instance id (KIP-345). */
export const LeaveGroup = defineApi({
  key: 13,
  name: 'LeaveGroup',
  versions: [0, 5],
  flexibleFrom: 4,
  request: {
    groupId,
    memberId: string.until(2),
    members: array({
      // Empty when the instance id says who.
      memberId: string,
      groupInstanceId: string.nullable().default(null),
      reason: string.nullable().from(5).default(null).ignorable(),
    }).from(3),
  },
  response: {
    throttleTimeMs: int32.from(1).ignorable(),
    // COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: find the coordinator, again. COORDINATOR_LOAD_IN_PROGRESS: again.
    // UNKNOWN_MEMBER_ID (to version 2): already gone. GROUP_AUTHORIZATION_FAILED: final.
    errorCode,
    members: array({
      memberId: string,
      groupInstanceId: string.nullable(),
      // UNKNOWN_MEMBER_ID: already gone. FENCED_INSTANCE_ID: another process has this instance id.
      errorCode,
    }).from(3),
  },
})
