import { bytes, defineApi, errorCode, int32, int64 } from '../schema.ts'

/** Moves the time at which a token expires (KIP-48); by its owner or a renewer. */
export const RenewDelegationToken = defineApi({
  key: 39,
  name: 'RenewDelegationToken',
  versions: [1, 2],
  flexibleFrom: 2,
  request: {
    hmac: bytes,
    // -1: the broker's `delegation.token.expiry.time.ms`.
    renewPeriodMs: int64,
  },
  response: {
    // NOT_CONTROLLER: ask the controller. REQUEST_TIMED_OUT: it may be renewed yet. DELEGATION_TOKEN_NOT_FOUND,
    // DELEGATION_TOKEN_EXPIRED, DELEGATION_TOKEN_OWNER_MISMATCH, DELEGATION_TOKEN_AUTH_DISABLED,
    // DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: final.
    errorCode,
    expiryTimestampMs: int64,
    throttleTimeMs: int32.default(0),
  },
})
