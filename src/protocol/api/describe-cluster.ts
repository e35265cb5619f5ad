import { array, boolean, brokerId, defineApi, errorCode, int8, int32, string } from '../schema.ts'

const NO_OPERATIONS = -2_147_483_648

/** The cluster's id, controller and brokers (endpoint type 1), or its controllers (2, KIP-919). */
export const DescribeCluster = defineApi({
  key: 60,
  name: 'DescribeCluster',
  versions: [0, 2],
  flexibleFrom: 0,
  request: {
    includeClusterAuthorizedOperations: boolean,
    endpointType: int8.from(1).default(1),
    includeFencedBrokers: boolean.from(2),
  },
  response: {
    throttleTimeMs: int32.default(0),
    // MISMATCHED_ENDPOINT_TYPE, UNSUPPORTED_ENDPOINT_TYPE: asked of the wrong listener.
    // CLUSTER_AUTHORIZATION_FAILED: final.
    errorCode,
    errorMessage: string.nullable().default(null),
    endpointType: int8.from(1).default(1),
    clusterId: string,
    controllerId: brokerId.default(-1),
    brokers: array({
      brokerId,
      host: string,
      port: int32,
      rack: string.nullable().default(null),
      isFenced: boolean.from(2),
    }),
    clusterAuthorizedOperations: int32.default(NO_OPERATIONS),
  },
})
