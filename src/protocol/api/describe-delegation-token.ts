import { array, bytes, defineApi, errorCode, int32, int64, string } from '../schema.ts'

/** The tokens that one may see: as owner, renewer, or by an ACL (KIP-48). Each `hmac` is a secret. */
export const DescribeDelegationToken = defineApi({
  key: 41,
  name: 'DescribeDelegationToken',
  versions: [1, 3],
  flexibleFrom: 2,
  // null: all.
  request: { owners: array({ principalType: string, principalName: string }).nullable() },
  response: {
    // DELEGATION_TOKEN_AUTH_DISABLED, DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: final.
    errorCode,
    tokens: array({
      principalType: string,
      principalName: string,
      tokenRequesterPrincipalType: string.from(3),
      tokenRequesterPrincipalName: string.from(3),
      issueTimestamp: int64,
      expiryTimestamp: int64,
      maxTimestamp: int64,
      tokenId: string,
      hmac: bytes,
      renewers: array({ principalType: string, principalName: string }),
    }),
    throttleTimeMs: int32.default(0),
  },
})
