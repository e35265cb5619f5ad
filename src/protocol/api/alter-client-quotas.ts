import { array, boolean, defineApi, errorCode, float64, int32, string } from '../schema.ts'

// A null name: the default of the type.
const entity = array({ entityType: string, entityName: string.nullable() })

/** Sets and removes quotas, through the controller (KIP-546). Types and keys as in DescribeClientQuotas. */
export const AlterClientQuotas = defineApi({
  key: 49,
  name: 'AlterClientQuotas',
  versions: [0, 1],
  flexibleFrom: 1,
  request: {
    entries: array({
      entity,
      // The value of a key to remove is not looked at.
      ops: array({ key: string, value: float64, remove: boolean }),
    }),
    validateOnly: boolean,
  },
  response: {
    throttleTimeMs: int32.default(0),
    entries: array({
      // NOT_CONTROLLER: ask the controller. REQUEST_TIMED_OUT: it may be set yet. INVALID_REQUEST,
      // UNSUPPORTED_VERSION (an entity type this broker lacks), CLUSTER_AUTHORIZATION_FAILED: final.
      errorCode,
      errorMessage: string.nullable(),
      entity,
    }),
  },
})
