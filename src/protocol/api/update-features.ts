import { array, boolean, defineApi, errorCode, int8, int16, int32, string } from '../schema.ts'

/** Sets the levels of the cluster's features, as `metadata.version`, through the controller (KIP-584, KIP-778). */
export const UpdateFeatures = defineApi({
  key: 57,
  name: 'UpdateFeatures',
  versions: [0, 2],
  flexibleFrom: 0,
  request: {
    timeoutMs: int32.default(60_000),
    featureUpdates: array({
      feature: string,
      // Below 1: without the feature.
      maxVersionLevel: int16,
      allowDowngrade: boolean.until(0),
      // 1: upgrade only, 2: downgrade if nothing is lost by it, 3: downgrade all the same.
      upgradeType: int8.from(1).default(1),
    }),
    validateOnly: boolean.from(1).default(false),
  },
  response: {
    throttleTimeMs: int32.default(0),
    // NOT_CONTROLLER: ask the controller. REQUEST_TIMED_OUT: it may be set yet. INVALID_UPDATE_VERSION,
    // FEATURE_UPDATE_FAILED, INVALID_REQUEST, CLUSTER_AUTHORIZATION_FAILED: final.
    errorCode,
    errorMessage: string.nullable(),
    // From version 2 on it is all or nothing, so one error is enough.
    results: array({ feature: string, errorCode, errorMessage: string.nullable() }).until(1).ignorable(),
  },
})
