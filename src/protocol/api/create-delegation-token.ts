import { array, bytes, defineApi, errorCode, int32, int64, string } from '../schema.ts'

/** Makes a token with which others may authenticate as its owner for a time (KIP-48). The `hmac` is a secret. */
export const CreateDelegationToken = defineApi({
  key: 38,
  name: 'CreateDelegationToken',
  versions: [1, 3],
  flexibleFrom: 2,
  request: {
    // null: who asks. Another: who may create tokens of that user (KIP-373).
    ownerPrincipalType: string.nullable().from(3),
    ownerPrincipalName: string.nullable().from(3),
    renewers: array({ principalType: string, principalName: string }),
    // -1: the broker's `delegation.token.max.lifetime.ms`, which is also the most.
    maxLifetimeMs: int64,
  },
  response: {
    // NOT_CONTROLLER: ask the controller. REQUEST_TIMED_OUT: it may be made yet. DELEGATION_TOKEN_AUTH_DISABLED: the
    // brokers have no secret key set. DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: over PLAINTEXT or by a token.
    // DELEGATION_TOKEN_AUTHORIZATION_FAILED, INVALID_PRINCIPAL_TYPE: final.
    errorCode,
    principalType: string,
    principalName: string,
    tokenRequesterPrincipalType: string.from(3),
    tokenRequesterPrincipalName: string.from(3),
    issueTimestampMs: int64,
    // Renewing moves it, up to the last one.
    expiryTimestampMs: int64,
    maxTimestampMs: int64,
    // As SCRAM's user name, with the hmac in base64 as its password.
    tokenId: string,
    hmac: bytes,
    throttleTimeMs: int32.default(0),
  },
})
