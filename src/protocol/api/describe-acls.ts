import { array, defineApi, errorCode, int8, int32, string } from '../schema.ts'

/** The ACLs that match a filter. Numbers as in CreateAcls; in filters 1 stands for any. */
export const DescribeAcls = defineApi({
  key: 29,
  name: 'DescribeAcls',
  versions: [1, 3],
  flexibleFrom: 2,
  request: {
    resourceTypeFilter: int8,
    // Null in one of them matches all.
    resourceNameFilter: string.nullable(),
    // 2: whatever applies to a resource of this name: literal, prefixed, or the literal `*`.
    patternTypeFilter: int8.default(3),
    principalFilter: string.nullable(),
    hostFilter: string.nullable(),
    operation: int8,
    permissionType: int8,
  },
  response: {
    throttleTimeMs: int32.default(0),
    // SECURITY_DISABLED: the brokers have no authorizer. INVALID_REQUEST, CLUSTER_AUTHORIZATION_FAILED: final.
    errorCode,
    errorMessage: string.nullable(),
    resources: array({
      resourceType: int8,
      resourceName: string,
      patternType: int8.default(3),
      acls: array({ principal: string, host: string, operation: int8, permissionType: int8 }),
    }),
  },
})
