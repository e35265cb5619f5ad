import { array, boolean, defineApi, errorCode, int8, int32, string } from '../schema.ts'

/** Changes single configuration keys and leaves the others be (KIP-339). Resource types as in DescribeConfigs. */
export const IncrementalAlterConfigs = defineApi({
  key: 44,
  name: 'IncrementalAlterConfigs',
  versions: [0, 1],
  flexibleFrom: 1,
  request: {
    resources: array({
      resourceType: int8,
      resourceName: string,
      configs: array({
        name: string,
        // 0: set, 1: delete, 2: append to a list, 3: take out of a list.
        configOperation: int8,
        value: string.nullable(),
      }),
    }),
    validateOnly: boolean,
  },
  response: {
    throttleTimeMs: int32.default(0),
    responses: array({
      // NOT_CONTROLLER: ask the controller. UNKNOWN_TOPIC_OR_PARTITION, INVALID_CONFIG, INVALID_REQUEST,
      // POLICY_VIOLATION, TOPIC_AUTHORIZATION_FAILED, CLUSTER_AUTHORIZATION_FAILED,
      // GROUP_AUTHORIZATION_FAILED: final.
      errorCode,
      errorMessage: string.nullable(),
      resourceType: int8,
      resourceName: string,
    }),
  },
})
