import { brokerId, defineApi, errorCode, int32, string } from '../schema.ts'

/** Strikes a broker that will not come back off the cluster's list (KIP-500). One that runs registers anew. */
export const UnregisterBroker = defineApi({
  key: 64,
  name: 'UnregisterBroker',
  versions: [0, 0],
  flexibleFrom: 0,
  request: { brokerId },
  response: {
    throttleTimeMs: int32.default(0),
    // NOT_CONTROLLER, REQUEST_TIMED_OUT: again. BROKER_ID_NOT_REGISTERED, CLUSTER_AUTHORIZATION_FAILED: final.
    errorCode,
    errorMessage: string.nullable(),
  },
})
