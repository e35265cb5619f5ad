import { array, defineApi, errorCode, int8, int32, string } from '../schema.ts'

/** Deletes the ACLs that match filters, through the controller. Filters as in DescribeAcls. */
export const DeleteAcls = defineApi({
  key: 31,
  name: 'DeleteAcls',
  versions: [1, 3],
  flexibleFrom: 2,
  request: {
    filters: array({
      resourceTypeFilter: int8,
      resourceNameFilter: string.nullable(),
      patternTypeFilter: int8.default(3),
      principalFilter: string.nullable(),
      hostFilter: string.nullable(),
      operation: int8,
      permissionType: int8,
    }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    // In the order of the filters.
    filterResults: array({
      // NOT_CONTROLLER: ask the controller. REQUEST_TIMED_OUT: they may be deleted yet. SECURITY_DISABLED: the brokers
      // have no authorizer. INVALID_REQUEST, CLUSTER_AUTHORIZATION_FAILED: final.
      errorCode,
      errorMessage: string.nullable(),
      matchingAcls: array({
        // Not 0: this one was not deleted.
        errorCode,
        errorMessage: string.nullable(),
        resourceType: int8,
        resourceName: string,
        patternType: int8.default(3),
        principal: string,
        host: string,
        operation: int8,
        permissionType: int8,
      }),
    }),
  },
})
