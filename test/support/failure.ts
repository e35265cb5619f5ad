// The error of a call that has to fail.
import { isKafkaError, type KafkaError } from '../../src/index.ts'

/** The KafkaError that a promise rejects with. Rejects itself when it resolves, or with any other error. */
export function failureOf(promise: Promise<unknown>): Promise<KafkaError> {
  return promise.then(
    () => {
      throw new Error('The call succeeded, although it had to fail')
    },
    (error: unknown) => {
      if (!isKafkaError(error)) throw error
      return error
    },
  )
}

/** The KafkaError that a function throws. Throws when it returns, or throws any other error. */
export function errorOf(call: () => unknown): KafkaError {
  try {
    call()
  } catch (error) {
    if (isKafkaError(error)) return error
    throw error
  }
  throw new Error('The call succeeded, although it had to fail')
}

/** An error's message with those of its causes, as a user sees them. */
export function wholeMessage(error: unknown): string {
  const messages: string[] = []
  for (let each = error; each instanceof Error; each = each.cause) messages.push(each.message)
  return messages.join('\n')
}
