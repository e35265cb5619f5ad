// Every API, version and direction, with its header, what members of a group tell each other, and coordinators'
// records, as examples and at random: what we encode, Kafka's generated Java classes decode to the same values; what
// they encode is the same bytes, and we decode it to what it was, also when it has tagged fields that nobody knows.
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { apis } from '../../src/protocol/api/index.ts'
import { Reader } from '../../src/protocol/bytes/reader.ts'
import { zeroOf } from '../../src/protocol/codec.ts'
import {
  decodeRequest,
  decodeRequestHeader,
  decodeResponse,
  encodeRequest,
  encodeResponse,
} from '../../src/protocol/frame.ts'
import type { Api, Fields, FieldType } from '../../src/protocol/schema.ts'
import { type MessageEcho, startMessageEcho } from '../support/message-echo.ts'
import { arbitraryValue, exampleNames, exampleValue, type Value } from '../support/message-values.ts'
import {
  decode,
  encode,
  groupMessages,
  isFlexible,
  isPresent,
  type MessageVersion,
  recordMessages,
  same,
  versionsOf,
} from '../support/messages.ts'
import { seed } from '../support/seed.ts'
import { anyCharacter } from '../support/text.ts'

/** Of each version, beside the examples. */
const RANDOM_VALUES = 30

let java: MessageEcho
beforeAll(async () => {
  java = await startMessageEcho()
})
afterAll(() => java?.stop())

/** A header's values of both directions; the response's has the first only. */
interface Header {
  readonly correlationId: number
  readonly clientId: string | null
}

const exampleHeaders: readonly Header[] = [
  { correlationId: 0, clientId: null },
  { correlationId: 2 ** 31 - 1, clientId: '' },
  { correlationId: -(2 ** 31), clientId: 'é中😀'.repeat(40) },
  { correlationId: -1, clientId: 'z'.repeat(32767) },
]
const anyHeader: fc.Arbitrary<Header> = fc.record({
  correlationId: fc.integer(),
  clientId: fc.option(fc.string({ unit: anyCharacter })),
})

describe.each(apis)('$name', (api) => {
  it('requests of every version are the same to Java and to us', async () => {
    for (const of of versionsOf(api.request))
      await everyValue(of, (value, header) => asksJava(api, of, value, header))
  })

  it('responses of every version are the same to Java and to us', async () => {
    for (const of of versionsOf(api.response)) {
      await everyValue(of, (value, header) => answersJava(api, of, value, header))
    }
  })
})

describe('messages inside others, and keys and values of records', () => {
  it.each([...groupMessages, ...recordMessages])(
    '$message.name of every version are the same to Java and to us',
    async ({ message, javaClass }) => {
      for (const of of versionsOf(message)) {
        await everyValue(of, async (value) => {
          const bytes = encode(of, value)
          const echo = await java.echo(javaClass, of.version, bytes)
          same("Java's values", echo.json, asJava(message, value, of.version))
          same("Java's bytes", echo.bytes.toString('hex'), bytes.toString('hex'))
          same('read back', decode(of, echo.bytes), value)
          same('has unknown tags', echo.withUnknownTags.length > bytes.length, isFlexible(of))
          if (isFlexible(of)) same('read with unknown tags', decode(of, echo.withUnknownTags), value)
        })
      }
    },
  )
})

describe('Java', () => {
  it('says what it found wrong', async () => {
    const of = { message: groupMessages[0]!.message, version: 0 }
    const bytes = encode(of, { topics: ['t'], userData: null })
    const name = groupMessages[0]!.javaClass
    await expect(java.echo(name, 0, bytes.subarray(0, 5))).rejects.toThrow('Exception')
    await expect(java.echo(name, 0, Buffer.concat([bytes, bytes]))).rejects.toThrow('bytes were left unread')
  })
})

/** The examples and random values, each with some header. Java has all of them at once: it is not waited for. */
async function everyValue(
  of: MessageVersion,
  exchange: (value: Value, header: Header) => Promise<void>,
): Promise<void> {
  const values = fc.sample(fc.tuple(arbitraryValue(of), anyHeader), { numRuns: RANDOM_VALUES, seed })
  for (const [i, name] of exampleNames.entries()) {
    values.push([exampleValue(of, name), exampleHeaders[i % exampleHeaders.length]!])
  }
  const exchanges = values.map(async ([value, header]) => {
    await exchange(value, header).catch((cause: Error) => {
      throw new Error(`v${of.version}, OTTLA_TEST_SEED=${seed}: ${cause.message}`, { cause })
    })
  })
  await Promise.all(exchanges)
}

async function asksJava(api: Api, of: MessageVersion, value: Value, header: Header): Promise<void> {
  const { version } = of
  const bytes = contentOf(encodeRequest(api, { version, ...header }, value))
  const echo = await java.echo(`request ${api.key}`, version, bytes)
  const { correlationId, clientId } = header
  const javaHeader = {
    requestApiKey: `${api.key}`,
    requestApiVersion: `${version}`,
    correlationId: `${correlationId}`,
    clientId,
  }
  same("Java's values", echo.json, { header: javaHeader, body: asJava(of.message, value, version) })
  same("Java's bytes", echo.bytes.toString('hex'), bytes.toString('hex'))
  same('has unknown tags', echo.withUnknownTags.length > bytes.length, isFlexible(of))
  for (const answer of isFlexible(of) ? [echo.bytes, echo.withUnknownTags] : [echo.bytes]) {
    const reader = new Reader(answer)
    const read = decodeRequestHeader(reader, (_, version) => version >= api.flexibleFrom)
    same('header read back', read, { apiKey: api.key, apiVersion: version, correlationId, clientId })
    same('request read back', decodeRequest(api, version, reader), value)
  }
}

async function answersJava(api: Api, of: MessageVersion, value: Value, header: Header): Promise<void> {
  const { version } = of
  const { correlationId } = header
  const bytes = contentOf(encodeResponse(api, { version, correlationId }, value))
  const echo = await java.echo(`response ${api.key}`, version, bytes)
  const javaHeader = { correlationId: `${correlationId}` }
  same("Java's values", echo.json, { header: javaHeader, body: asJava(of.message, value, version) })
  same("Java's bytes", echo.bytes.toString('hex'), bytes.toString('hex'))
  same('has unknown tags', echo.withUnknownTags.length > bytes.length, isFlexible(of))
  for (const answer of isFlexible(of) ? [echo.bytes, echo.withUnknownTags] : [echo.bytes]) {
    same('correlation id read back', answer.readInt32BE(0), correlationId)
    same('response read back', decodeResponse(api, version, answer), value)
  }
}

/** A frame without its length. */
function contentOf(segments: readonly Uint8Array[]): Buffer {
  return Buffer.concat(segments).subarray(4)
}

/** A value as Java's JSON has it: only the fields of this version, tagged ones only when they are written. */
function asJava({ fields }: { readonly fields: Fields }, value: Value, version: number): unknown {
  const json: Value = {}
  for (const [name, { spec }] of Object.entries(fields)) {
    const own = value[name]
    if (!isPresent(spec, version)) continue
    if (spec.tagNumber !== undefined && isDeepStrictEqual(own, zeroOf(spec))) continue
    if (spec.type.kind === 'records' && own !== null) {
      json[`${name}SizeInBytes`] = String((own as Buffer).length)
    } else {
      json[name] = own === null ? null : typeAsJava(spec.type, own, version)
    }
  }
  return json
}

function typeAsJava(type: FieldType, value: unknown, version: number): unknown {
  switch (type.kind) {
    case 'array':
      return (value as unknown[]).map((element) => typeAsJava(type.element, element, version))
    case 'struct':
      return asJava(type, value as Value, version)
    case 'bytes':
      return (value as Buffer).toString('base64')
    case 'boolean':
      return value
    case 'float64': {
      const bits = Buffer.alloc(8)
      bits.writeDoubleBE(value as number)
      return String(bits.readBigInt64BE())
    }
    default:
      return String(value)
  }
}
