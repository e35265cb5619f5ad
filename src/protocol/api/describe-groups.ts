import { array, boolean, bytes, defineApi, errorCode, groupId, int32, string } from '../schema.ts'

const NO_OPERATIONS = -2_147_483_648

/** Classic groups: their state and members. */
export const DescribeGroups = defineApi({
  key: 15,
  name: 'DescribeGroups',
  versions: [0, 6],
  flexibleFrom: 5,
  request: {
    groups: array(groupId),
    includeAuthorizedOperations: boolean.from(3),
  },
  response: {
    throttleTimeMs: int32.from(1).ignorable(),
    groups: array({
      // COORDINATOR_LOAD_IN_PROGRESS: again. COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: find the coordinator, again.
      // GROUP_ID_NOT_FOUND (from version 6; before, such a group is `Dead`), GROUP_AUTHORIZATION_FAILED: final.
      errorCode,
      errorMessage: string.nullable().from(6).default(null),
      groupId,
      // Stable, PreparingRebalance, CompletingRebalance, Empty, Dead.
      groupState: string,
      protocolType: string,
      // The assignor in use.
      protocolData: string,
      members: array({
        memberId: string,
        groupInstanceId: string.nullable().from(4).default(null).ignorable(),
        clientId: string,
        clientHost: string,
        memberMetadata: bytes,
        memberAssignment: bytes,
      }),
      authorizedOperations: int32.from(3).default(NO_OPERATIONS),
    }),
  },
})
