// Every message in every version, with random values: what is encoded decodes to the same, and bytes that were cut,
// changed or made up end in a value or a ProtocolError, soon.
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { ProtocolError } from '../../src/errors.ts'
import { apis } from '../../src/protocol/api/index.ts'
import { Reader } from '../../src/protocol/bytes/reader.ts'
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
} from '../../src/protocol/group-messages/subscription.ts'
import type { Message } from '../../src/protocol/schema.ts'
import { arbitraryValue, encode, type MessageVersion, same, versionsOf } from '../support/messages.ts'

const messages: readonly Message[] = [
  ...apis.flatMap(({ request, response }) => [request, response]),
  ConsumerProtocolSubscription as unknown as Message,
  ConsumerProtocolAssignment as unknown as Message,
]
const everyVersion = messages.flatMap(versionsOf)
const anyVersion = fc.constantFrom(...everyVersion)

/** Shrinking a message takes long when everything is wrong: then an unshrunk example has to do. */
const BOUNDED = { interruptAfterTimeLimit: 2000 }

function decode({ message, version }: MessageVersion, bytes: Buffer): unknown {
  const reader = new Reader(bytes)
  const value = message.codec(version).read(reader)
  reader.expectEnd()
  return value
}

/** Decodes bytes that may be anything; what is not a ProtocolError goes through and fails the test. */
function decodeHostile(of: MessageVersion, bytes: Buffer): unknown {
  try {
    return decode(of, bytes)
  } catch (error) {
    if (error instanceof ProtocolError) return error
    throw error
  }
}

describe('every message in every version', () => {
  it.each(messages)('$name decodes to what was encoded', (message) => {
    for (const of of versionsOf(message)) {
      fc.assert(
        fc.property(arbitraryValue(of), (value) => {
          same('decoded', decode(of, encode(of, value)), value)
        }),
        { ...BOUNDED, numRuns: 15 },
      )
    }
  })

  it('ends in a ProtocolError when it is cut off anywhere', () => {
    for (const of of everyVersion) {
      const [value] = fc.sample(arbitraryValue(of), { numRuns: 1, seed: 7 })
      const bytes = encode(of, value)
      // Every place of a short message, some hundred of a long one.
      const step = Math.ceil(bytes.length / 300)
      for (let end = 0; end < bytes.length; end += step) {
        const outcome = decodeHostile(of, bytes.subarray(0, end))
        if (!(outcome instanceof ProtocolError))
          throw new Error(`${of.message.name} v${of.version} at ${end}`)
      }
    }
  })

  it('ends in a value or a ProtocolError when bytes are changed', () => {
    const changed = anyVersion.chain((of) =>
      fc.record({
        of: fc.constant(of),
        value: arbitraryValue(of),
        changes: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
          minLength: 1,
          maxLength: 4,
        }),
      }),
    )
    fc.assert(
      fc.property(changed, ({ of, value, changes }) => {
        const bytes = encode(of, value)
        for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte
        decodeHostile(of, bytes)
      }),
      { ...BOUNDED, numRuns: 5000 },
    )
  })

  it('ends in a value or a ProtocolError for bytes that are made up', () => {
    fc.assert(
      fc.property(anyVersion, fc.uint8Array({ maxLength: 200 }), (of, bytes) => {
        decodeHostile(of, Buffer.from(bytes))
      }),
      { ...BOUNDED, numRuns: 5000 },
    )
  })

  it('ends in a value or a ProtocolError with the number 2^31 - 1 at any place', () => {
    // Whatever count or length stands there is then absurd.
    for (const of of everyVersion) {
      const [value] = fc.sample(arbitraryValue(of), { numRuns: 1, seed: 11 })
      const bytes = encode(of, value)
      const absurd = Buffer.from(of.version >= of.message.flexibleFrom ? 'ffffffff07' : '7fffffff', 'hex')
      for (let at = 0; at + absurd.length <= bytes.length; at++) {
        const changed = Buffer.from(bytes)
        absurd.copy(changed, at)
        decodeHostile(of, changed)
      }
    }
  })
})
