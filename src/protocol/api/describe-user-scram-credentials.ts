import { array, defineApi, errorCode, int8, int32, string } from '../schema.ts'

/** Which users have SCRAM credentials, of which mechanisms (KIP-554). Never the credentials themselves. */
export const DescribeUserScramCredentials = defineApi({
  key: 50,
  name: 'DescribeUserScramCredentials',
  versions: [0, 0],
  flexibleFrom: 0,
  // null or empty: every user.
  request: { users: array({ name: string }).nullable() },
  response: {
    throttleTimeMs: int32.default(0),
    // CLUSTER_AUTHORIZATION_FAILED: final.
    errorCode,
    errorMessage: string.nullable(),
    results: array({
      user: string,
      // RESOURCE_NOT_FOUND: the user has none. DUPLICATE_RESOURCE: named twice.
      errorCode,
      errorMessage: string.nullable(),
      // 1: SCRAM-SHA-256, 2: SCRAM-SHA-512.
      credentialInfos: array({ mechanism: int8, iterations: int32 }),
    }),
  },
})
