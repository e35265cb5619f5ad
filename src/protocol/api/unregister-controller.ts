import { defineApi, errorCode, int32, string } from '../schema.ts'

/** Strikes a controller that will not come back off the cluster's list. */
export const UnregisterController = defineApi({
  key: 94,
  name: 'UnregisterController',
  versions: [0, 0],
  flexibleFrom: 0,
  request: { controllerId: int32 },
  response: {
    throttleTimeMs: int32.default(0),
    // NOT_CONTROLLER, REQUEST_TIMED_OUT: again. CONTROLLER_ID_NOT_REGISTERED, CLUSTER_AUTHORIZATION_FAILED: final.
    errorCode,
    errorMessage: string.nullable(),
  },
})
