import { array, defineApi, errorCode, int32, int64, producerId, string, transactionalId } from '../schema.ts'

/** The transactional ids that one broker coordinates; every broker is asked (KIP-664). */
export const ListTransactions = defineApi({
  key: 66,
  name: 'ListTransactions',
  versions: [0, 2],
  flexibleFrom: 0,
  request: {
    // Each empty, below 0 or null: all. States as in DescribeTransactions.
    stateFilters: array(string),
    producerIdFilters: array(producerId),
    // Open for longer than this many milliseconds (KIP-994).
    durationFilter: int64.from(1).default(-1),
    // An RE2 pattern (KIP-1152).
    transactionalIdPattern: string.nullable().from(2).default(null),
  },
  response: {
    throttleTimeMs: int32.default(0),
    // COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE: again. INVALID_REGULAR_EXPRESSION (version 2): final.
    errorCode,
    // States asked for that there are not.
    unknownStateFilters: array(string),
    transactionStates: array({ transactionalId, producerId, transactionState: string }),
  },
})
