import { bytes, defineApi, errorCode, int32, int64 } from '../schema.ts'

/** Lets a token expire (KIP-48); by its owner or a renewer. */
export const ExpireDelegationToken = defineApi({
  key: 40,
  name: 'ExpireDelegationToken',
  versions: [1, 2],
  flexibleFrom: 2,
  request: {
    hmac: bytes,
    // From now; below 0: at once.
    expiryTimePeriodMs: int64,
  },
  response: {
    // As in RenewDelegationToken.
    errorCode,
    expiryTimestampMs: int64,
    throttleTimeMs: int32.default(0),
  },
})
