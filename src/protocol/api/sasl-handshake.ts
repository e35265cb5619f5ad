import { array, defineApi, errorCode, string } from '../schema.ts'

/**
 * Chooses a SASL mechanism. After version 1 the exchange goes on in SaslAuthenticate requests, after version 0 in bare
 * tokens, each behind its four-byte length.
 */
export const SaslHandshake = defineApi({
  key: 17,
  name: 'SaslHandshake',
  versions: [0, 1],
  request: { mechanism: string },
  response: {
    // UNSUPPORTED_SASL_MECHANISM: those there are follow. ILLEGAL_SASL_STATE: authenticated already, or this listener
    // has no SASL.
    errorCode,
    mechanisms: array(string),
  },
})
