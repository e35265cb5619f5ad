// Every message in every version, with the examples and with random values: what is encoded decodes to the same.
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { arbitraryValue, exampleNames, exampleValue } from '../support/message-values.ts'
import { decode, encode, everyMessage, same, versionsOf } from '../support/messages.ts'

/** Shrinking a message takes long when everything is wrong: then an unshrunk example has to do. */
const BOUNDED = { interruptAfterTimeLimit: 10_000, markInterruptAsFailure: true }

describe('every message in every version', () => {
  it.each(everyMessage)('$name decodes to what was encoded', (message) => {
    for (const of of versionsOf(message)) {
      for (const name of exampleNames) {
        const value = exampleValue(of, name)
        same(`v${of.version}, ${name}`, decode(of, encode(of, value)), value)
      }
      fc.assert(
        fc.property(arbitraryValue(of), (value) => {
          same(`v${of.version}`, decode(of, encode(of, value)), value)
        }),
        { ...BOUNDED, numRuns: 15 },
      )
    }
  })
})
