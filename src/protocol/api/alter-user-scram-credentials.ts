import { array, bytes, defineApi, errorCode, int8, int32, string } from '../schema.ts'

/** Sets and deletes SCRAM credentials, through the controller (KIP-554). The password never travels. */
export const AlterUserScramCredentials = defineApi({
  key: 51,
  name: 'AlterUserScramCredentials',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    // Mechanisms are 1: SCRAM-SHA-256, 2: SCRAM-SHA-512.
    deletions: array({ name: string, mechanism: int8 }),
    upsertions: array({
      name: string,
      mechanism: int8,
      // From 4096 to 16384.
      iterations: int32,
      salt: bytes,
      // The password through the mechanism's `Hi`, salt and iterations (RFC 5802).
      saltedPassword: bytes,
    }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    // One for each user: nothing of a user is changed when any of it fails.
    results: array({
      user: string,
      // NOT_CONTROLLER: ask the controller. REQUEST_TIMED_OUT: it may be set yet. RESOURCE_NOT_FOUND: nothing to
      // delete. DUPLICATE_RESOURCE: named twice. UNACCEPTABLE_CREDENTIAL: iterations out of bounds, or an empty name.
      // UNSUPPORTED_SASL_MECHANISM, CLUSTER_AUTHORIZATION_FAILED: final.
      errorCode,
      errorMessage: string.nullable(),
    }),
  },
})
