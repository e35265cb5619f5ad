import { array, defineApi, errorCode, groupId, int32, string } from '../schema.ts'

/** The groups that one broker coordinates; every broker is asked. */
export const ListGroups = defineApi({
  key: 16,
  name: 'ListGroups',
  versions: [0, 5],
  flexibleFrom: 3,
  request: {
    // Empty: every state, every type.
    statesFilter: array(string).from(4),
    typesFilter: array(string).from(5),
  },
  response: {
    throttleTimeMs: int32.from(1).ignorable(),
    // COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE: again.
    errorCode,
    groups: array({
      groupId,
      protocolType: string,
      groupState: string.from(4).ignorable(),
      // classic, consumer, share, streams.
      groupType: string.from(5).ignorable(),
    }),
  },
})
