import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { headersOf } from '../../src/client/headers.ts'
import {
  type AnyDeserializer,
  type AnySerializer,
  deserializePart,
  deserializePartAsync,
  isAsyncDeserializer,
  isAsyncSerializer,
  type Serializer,
  serde,
  serializePart,
  serializePartAsync,
} from '../../src/client/serde.ts'
import { DeserializationError, isKafkaError } from '../../src/errors.ts'

const context = { topic: 'orders', part: 'value', headers: headersOf([]) } as const
const at = { partition: 3, offset: 17 }
const write = (serializer: Serializer<never>, value: unknown) => serializePart(serializer, value, context)

function refusalOf(call: () => unknown): Error {
  try {
    call()
  } catch (error) {
    return error as Error
  }
  throw new Error('was not refused')
}

describe('serde.string', () => {
  test('what was written is read', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const bytes = Buffer.from(write(serde.string, text) as string, 'utf8')
        expect(serde.string.deserialize(bytes, context)).toBe(text)
      }),
    )
  })

  test('U+FFFD itself is text like any other', () => {
    expect(serde.string.deserialize(Buffer.from('a\uFFFDb'), context)).toBe('a\uFFFDb')
  })

  test('bytes that are not UTF-8 are an error, not replacement characters', () => {
    for (const bytes of [[0xff], [0xc3], [0x61, 0xed, 0xa0, 0x80], [0xef, 0xbf, 0xbd, 0x80]]) {
      expect(() => serde.string.deserialize(Buffer.from(bytes), context)).toThrow('not UTF-8')
    }
  })

  test('takes text only, and does not show what it was given', () => {
    expect(refusalOf(() => write(serde.string, 4711)).message).toMatch(/^(?!.*4711).*not a number/)
    expect(refusalOf(() => write(serde.string, { secret: 1 })).message).toMatch(/^(?!.*secret).*not a Object/)
  })
})

describe('serde.bytes', () => {
  test('hands on text and bytes as they are, and gives the very bytes', () => {
    const bytes = Buffer.from('x')
    expect(write(serde.bytes, bytes)).toBe(bytes)
    expect(write(serde.bytes, 'x')).toBe('x')
    expect(serde.bytes.deserialize(bytes, context)).toBe(bytes)
  })

  test.each([7, {}, [1], new ArrayBuffer(1), true])('refuses %o, and points to serdes', (value) => {
    const error = refusalOf(() => write(serde.bytes, value))
    expect(error).toMatchObject({ code: 'SERIALIZATION_FAILED', topic: 'orders' })
    expect(error.message).toContain('The value of a record for topic orders')
    expect(error.message).toContain('give a serde')
  })
})

describe('serde.json', () => {
  test('what was written is read', () => {
    const json = serde.json()
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = json.serialize(value, context) as string
        expect(json.deserialize(Buffer.from(text), context)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  test.each([() => 1, Symbol('x')])('%o, which JSON has no text for, is refused', (value) => {
    expect(() => write(serde.json(), value)).toThrow('serde.json cannot write')
  })
})

describe('null and undefined', () => {
  test('null is null on the wire, and no serde sees it', () => {
    expect(write(serde.json(), null)).toBeNull()
    expect(deserializePart(serde.json(), null, context, at)).toBeNull()
  })

  test('an undefined value is refused by name: only null is a tombstone', () => {
    expect(() => write(serde.json(), undefined)).toThrow('only null is a tombstone')
  })

  test('an undefined key is no key', () => {
    expect(serializePart(serde.string, undefined, { ...context, part: 'key' })).toBeNull()
  })

  test.each([undefined, null, 7, { a: 1 }])('%o from a serializer is refused', (returned) => {
    const careless = { serialize: () => returned as never }
    expect(() => write(careless, 'x')).toThrow('its serde returned')
  })
})

describe('serde.required', () => {
  const strict = serde.required(serde.json<number>())

  test('converts as the serde it was made of', () => {
    expect(write(strict, 7)).toBe('7')
    expect(deserializePart(strict, Buffer.from('7'), context, at)).toBe(7)
  })

  test('refuses null and undefined when sent, keys included', () => {
    expect(() => write(strict, null)).toThrow('it is null, but its serde is required')
    expect(() => serializePart(strict, undefined, { ...context, part: 'key' })).toThrow('required')
  })

  test('null is a DeserializationError when read, that says where', () => {
    const error = refusalOf(() => deserializePart(strict, null, context, at))
    expect(error).toBeInstanceOf(DeserializationError)
    expect(error).toMatchObject({ part: 'value', topic: 'orders', ...at })
  })

  test('keeps `this` of a serde that is an object with state', () => {
    class Suffixed {
      readonly suffix = '!'
      serialize(value: string) {
        return value + this.suffix
      }
      deserialize(bytes: Buffer) {
        return bytes.toString() + this.suffix
      }
    }
    const both = serde.required(new Suffixed())
    expect(write(both, 'a')).toBe('a!')
    expect(deserializePart(both, Buffer.from('a'), context, at)).toBe('a!')
  })
})

describe('what a serde throws', () => {
  const cause = new Error('no such schema')

  test('comes as SERIALIZATION_FAILED that names topic and part, with the cause', () => {
    const failing = {
      serialize() {
        throw cause
      },
    }
    const error = refusalOf(() => serializePart(failing, 'x', { ...context, part: 'key' }))
    expect(error).toMatchObject({ code: 'SERIALIZATION_FAILED', topic: 'orders', cause })
    expect(error.message).toBe('The key of a record for topic orders cannot be serialized: no such schema')
  })

  test('comes as DeserializationError that names topic, partition and offset, with the cause', () => {
    const failing = {
      deserialize() {
        throw cause
      },
    }
    const error = refusalOf(() => deserializePart(failing, Buffer.from('secret'), context, at))
    expect(error).toMatchObject({
      code: 'DESERIALIZATION_FAILED',
      part: 'value',
      topic: 'orders',
      ...at,
      cause,
    })
    expect(error.message).toContain('orders-3 at offset 17')
    expect(error.message).toContain('rawValue')
    expect(error.message).not.toContain('secret')
  })

  test.each(['{"card": 4711', 'card 4711', '{"card": 4711}}'])(
    'S4: what is in a record is not in the message, nor in the cause, when %s does not parse',
    (text) => {
      const error = refusalOf(() => deserializePart(serde.json(), Buffer.from(text), context, at))
      expect(error.message).toContain('the text is not JSON')
      expect(inspect(error)).not.toMatch(/4711|card/)
    },
  )
})

describe('asynchronous serdes', () => {
  const slow = serde.async<number>({
    serializeAsync: async (value) => `${value}`,
    deserializeAsync: async (bytes) => Number(bytes.toString()),
  })

  test('are told from synchronous ones, required or not', () => {
    const kinds: [AnySerializer & AnyDeserializer, boolean][] = [
      [slow, true],
      [serde.required(slow), true],
      [serde.string, false],
      [serde.required(serde.string), false],
    ]
    for (const [given, isAsync] of kinds) {
      expect([isAsyncSerializer(given), isAsyncDeserializer(given)]).toEqual([isAsync, isAsync])
    }
  })

  test('are awaited; synchronous ones pass through the same door', async () => {
    expect(await serializePartAsync(slow, 7, context)).toBe('7')
    expect(await serializePartAsync(serde.string, 'x', context)).toBe('x')
    expect(await serializePartAsync(slow, null, context)).toBeNull()
    expect(await deserializePartAsync(slow, Buffer.from('7'), context, at)).toBe(7)
    expect(await deserializePartAsync(serde.string, Buffer.from('x'), context, at)).toBe('x')
    expect(await deserializePartAsync(slow, null, context, at)).toBeNull()
  })

  test('what they reject with comes as a typed error', async () => {
    const failing = {
      serializeAsync: () => Promise.reject(new Error('registry is down')),
      deserializeAsync: () => Promise.reject(new Error('registry is down')),
    }
    const sent = await serializePartAsync(failing, 1, context).catch((error) => error)
    expect(isKafkaError(sent, 'SERIALIZATION_FAILED')).toBe(true)
    const read = await deserializePartAsync(failing, Buffer.from('x'), context, at).catch((error) => error)
    expect(read).toBeInstanceOf(DeserializationError)
    const empty = { serializeAsync: async () => undefined as never }
    await expect(serializePartAsync(empty, 1, context)).rejects.toThrow('its serde returned undefined')
    await expect(serializePartAsync(serde.required(slow), null, context)).rejects.toThrow('required')
  })
})
