import { bytes, defineApi, errorCode, int64, string } from '../schema.ts'

/** One step of a SASL exchange, its bytes as the mechanism defines them; also to authenticate anew (KIP-368). */
export const SaslAuthenticate = defineApi({
  key: 36,
  name: 'SaslAuthenticate',
  versions: [0, 2],
  flexibleFrom: 2,
  request: { authBytes: bytes },
  response: {
    // SASL_AUTHENTICATION_FAILED: the credentials are refused. ILLEGAL_SASL_STATE: no handshake before, or another
    // mechanism or principal than the first time.
    errorCode,
    errorMessage: string.nullable(),
    authBytes: bytes,
    // When it must be done anew, or the broker closes the connection; 0: never.
    sessionLifetimeMs: int64.from(1).default(0).ignorable(),
  },
})
