import { array, boolean, defineApi, errorCode, int8, int32, string } from '../schema.ts'

/**
 * Replaces the whole configuration of resources: a key not named goes back to its default, so that
 * IncrementalAlterConfigs is nearly always what is meant. Resource types as in DescribeConfigs.
 */
export const AlterConfigs = defineApi({
  key: 33,
  name: 'AlterConfigs',
  versions: [0, 2],
  flexibleFrom: 2,
  request: {
    resources: array({
      resourceType: int8,
      resourceName: string,
      configs: array({ name: string, value: string.nullable() }),
    }),
    validateOnly: boolean,
  },
  response: {
    throttleTimeMs: int32.default(0),
    responses: array({
      // NOT_CONTROLLER: ask the controller. UNKNOWN_TOPIC_OR_PARTITION, INVALID_CONFIG, INVALID_REQUEST,
      // POLICY_VIOLATION, TOPIC_AUTHORIZATION_FAILED, CLUSTER_AUTHORIZATION_FAILED: final.
      errorCode,
      errorMessage: string.nullable(),
      resourceType: int8,
      resourceName: string,
    }),
  },
})
