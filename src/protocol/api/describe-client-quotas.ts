import { array, boolean, defineApi, errorCode, float64, int8, int32, string } from '../schema.ts'

/** The quotas of users, client ids and addresses (KIP-546). */
export const DescribeClientQuotas = defineApi({
  key: 48,
  name: 'DescribeClientQuotas',
  versions: [0, 1],
  flexibleFrom: 1,
  request: {
    components: array({
      // `user`, `client-id` or `ip`.
      entityType: string,
      // 0: the one named in `match`, 1: the default, 2: whichever is named.
      matchType: int8,
      match: string.nullable(),
    }),
    // Leave out entities that also have types not asked for.
    strict: boolean,
  },
  response: {
    throttleTimeMs: int32.default(0),
    // INVALID_REQUEST, UNSUPPORTED_VERSION (an entity type this broker lacks), CLUSTER_AUTHORIZATION_FAILED: final.
    errorCode,
    errorMessage: string.nullable(),
    // null, with an error.
    entries: array({
      // A null name: the default.
      entity: array({ entityType: string, entityName: string.nullable() }),
      // As `producer_byte_rate`, in bytes a second.
      values: array({ key: string, value: float64 }),
    }).nullable(),
  },
})
