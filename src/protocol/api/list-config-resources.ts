import { array, defineApi, errorCode, int8, int32, string } from '../schema.ts'

/** The resources that have a configuration (KIP-1142); version 0 knows client metrics only (KIP-714). */
export const ListConfigResources = defineApi({
  key: 74,
  name: 'ListConfigResources',
  versions: [0, 1],
  flexibleFrom: 0,
  // As in DescribeConfigs; empty: all.
  request: { resourceTypes: array(int8).from(1) },
  response: {
    throttleTimeMs: int32.default(0),
    // UNSUPPORTED_VERSION: a type that this broker does not list. CLUSTER_AUTHORIZATION_FAILED: final.
    errorCode,
    configResources: array({ resourceName: string, resourceType: int8.from(1).default(16).ignorable() }),
  },
})
