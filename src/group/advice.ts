// Errors that end a membership say what to change, and stay of their class: callers branch on it.

import { BrokerError, KafkaError, UnsupportedVersionError } from '../errors.ts'

/** What to do, by error code. */
export type Advice = { readonly [code: string]: string }

/** The same error, fatal now and with its advice; undefined when there is none for its code. */
export function advised(error: KafkaError, advice: Advice, groupId: string): KafkaError | undefined {
  const { code, message, api, broker } = error
  if (!Object.hasOwn(advice, code)) return undefined
  const said = `${/[.!?]$/.test(message) ? message : `${message}.`} What to do: ${advice[code]}`
  const context = { groupId, api, broker, fatal: true }
  if (error instanceof BrokerError) return new BrokerError(code, error.errorCode, said, context)
  if (error instanceof UnsupportedVersionError) return new UnsupportedVersionError(said, context)
  return new KafkaError(code, said, context)
}
