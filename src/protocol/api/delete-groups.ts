import { array, defineApi, errorCode, groupId, int32, string } from '../schema.ts'

/** Deletes groups without members, and their offsets; asked of each group's coordinator. */
export const DeleteGroups = defineApi({
  key: 42,
  name: 'DeleteGroups',
  versions: [0, 3],
  flexibleFrom: 2,
  request: { groupsNames: array(groupId) },
  response: {
    throttleTimeMs: int32.default(0),
    results: array({
      groupId,
      // COORDINATOR_LOAD_IN_PROGRESS: again. COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: find the coordinator, again.
      // NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND, INVALID_GROUP_ID, GROUP_AUTHORIZATION_FAILED: final.
      errorCode,
      errorMessage: string.nullable().from(3).default(null).ignorable(),
    }),
  },
})
