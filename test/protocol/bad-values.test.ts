// What cannot be written is refused: by message, version and path, and with nothing of it left in the writer.
import { describe, expect, it } from 'vitest'
import { ProtocolError } from '../../src/errors.ts'
import { apis, Fetch, Heartbeat, SyncGroup } from '../../src/protocol/api/index.ts'
import { Writer } from '../../src/protocol/bytes/writer.ts'
import { encodeRequest, encodeResponse } from '../../src/protocol/frame.ts'
import {
  array,
  bigint64,
  boolean,
  bytes,
  defineMessage,
  type Field,
  type FieldSpec,
  type Fields,
  type FieldType,
  float64,
  int8,
  int16,
  int32,
  int64,
  records,
  string,
  struct,
  uint16,
  uint32,
  uuid,
} from '../../src/protocol/schema.ts'
import { exampleValue, type Value } from '../support/message-values.ts'
import {
  decode,
  encode,
  everyMessage,
  isPresent,
  type MessageVersion,
  same,
  versionsOf,
} from '../support/messages.ts'

const WRONG = Symbol('wrong for every type')
const half = '\ud83d'

/** Values of every sort; for each kind of field the table below says which of them it takes. */
const values: readonly unknown[] = [
  ...[undefined, null, true, false, WRONG, () => 1, new Date(0), new Map(), {}, { a: 1 }, [], [1]],
  ...[0, -0, 1, 1.5, -1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324],
  ...[0n, 2n ** 63n - 1n, 2n ** 63n, -(2n ** 63n), -(2n ** 63n) - 1n, 10n ** 100n],
  ...[127, 128, -128, -129, 255, 256, 32767, 32768, -32768, -32769, 65535, 65536],
  ...[2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 2 ** 32 - 1, 2 ** 32],
  ...[2 ** 53 - 1, 2 ** 53, -(2 ** 53) + 1, -(2 ** 53), 2 ** 63, 2 ** 64],
  ...['', '7', 'é', '\u0000', '😀', half, `${half}x`, '\udc00', `\udc00${half}`, 'x'.repeat(32767)],
  ...[
    'x'.repeat(32768),
    'é'.repeat(16384),
    '中'.repeat(10922),
    'A'.repeat(22),
    'A'.repeat(21),
    'A'.repeat(23),
  ],
  ...[`${'A'.repeat(21)}B`, `${'A'.repeat(21)}=`, `${'A'.repeat(21)}/`, '_____________________w'],
  ...['00000000-0000-0000-0000-000000000000'],
  ...[Buffer.alloc(0), Buffer.alloc(16), new Uint8Array(3), new Uint16Array(3), new ArrayBuffer(3)],
]

const integerFrom = (min: number, max: number) => (value: unknown) =>
  typeof value === 'number' && Math.trunc(value) === value && value >= min && value <= max
const isBytes = (value: unknown) => value instanceof Uint8Array

const kinds: readonly { name: string; field: Field; takes: (value: unknown) => boolean; other: unknown }[] = [
  { name: 'boolean', field: boolean, takes: (value) => value === true || value === false, other: true },
  { name: 'int8', field: int8, takes: integerFrom(-128, 127), other: 1 },
  { name: 'int16', field: int16, takes: integerFrom(-32768, 32767), other: 1 },
  { name: 'uint16', field: uint16, takes: integerFrom(0, 65535), other: 1 },
  { name: 'int32', field: int32, takes: integerFrom(-2147483648, 2147483647), other: 1 },
  { name: 'uint32', field: uint32, takes: integerFrom(0, 4294967295), other: 1 },
  { name: 'int64', field: int64, takes: integerFrom(-9007199254740991, 9007199254740991), other: 1 },
  {
    name: 'bigint64',
    field: bigint64,
    takes: (value) => typeof value === 'bigint' && value >= -(2n ** 63n) && value < 2n ** 63n,
    other: 1n,
  },
  { name: 'float64', field: float64, takes: (value) => typeof value === 'number', other: 1 },
  {
    name: 'uuid',
    field: uuid,
    takes: (value) => value === 'A'.repeat(22) || value === '_____________________w',
    other: '_____________________w',
  },
  {
    name: 'string',
    field: string,
    takes: (value) =>
      typeof value === 'string' &&
      Buffer.from(value).toString() === value &&
      Buffer.from(value).length < 32768,
    other: 'x',
  },
  { name: 'bytes', field: bytes, takes: isBytes, other: Buffer.from('x') },
  {
    name: 'records',
    field: records,
    takes: (value) => value === null || isBytes(value),
    other: Buffer.from('x'),
  },
  {
    name: 'array',
    field: array(int8),
    takes: (value) => Array.isArray(value) && value.every((element) => element === 1),
    other: [1],
  },
  {
    name: 'structure',
    field: struct({ a: int8.default(0) }),
    takes: (value) =>
      typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value),
    other: { a: 1 },
  },
]

/** Where a field may stand: how it is defined, in which value it then is, and its path. */
interface Place {
  readonly name: string
  readonly fields: (field: Field) => Fields
  readonly value: (own: unknown, other: unknown) => Value
  readonly path: string
  readonly isOptional?: true
  readonly isElement?: true
}

const places: readonly Place[] = [
  { name: 'a field', fields: (own) => ({ own }), value: (own) => ({ own }), path: 'own' },
  {
    name: 'a field of a structure',
    fields: (own) => ({ at: struct({ own }) }),
    value: (own) => ({ at: { own } }),
    path: 'at.own',
  },
  {
    name: 'an element',
    fields: (own) => ({ list: array(own) }),
    value: (own, other) => ({ list: [other, other, own] }),
    path: 'list[2]',
    isElement: true,
  },
  {
    name: 'a field far inside',
    fields: (own) => ({ outer: array({ at: struct({ inner: array({ own }) }) }) }),
    value: (own, other) => ({
      outer: [{ at: { inner: [] } }, { at: { inner: [{ own: other }, { own: other }, { own }] } }],
    }),
    path: 'outer[1].at.inner[2].own',
  },
  {
    name: 'a tagged field',
    fields: (own) => ({ own: own.from(5).tag(0) }),
    value: (own) => ({ own }),
    path: 'own',
    isOptional: true,
  },
  {
    name: 'a tagged field far inside',
    fields: (own) => ({
      list: array({ own: own.from(5).tag(0) })
        .from(5)
        .tag(1),
    }),
    value: (own, other) => ({ list: [{ own: other }, { own }] }),
    path: 'list[1].own',
    isOptional: true,
  },
]

describe.each(kinds)('$name', ({ field, takes, other }) => {
  it.each(places)('as $name takes what fits and nothing else', (place) => {
    const { isOptional, isElement } = place
    const fields = place.fields(field)
    const message = defineMessage({ name: 'Sample', versions: [0, 9], flexibleFrom: 5, fields })
    for (const version of isOptional ? [5, 9] : [0, 5]) {
      for (const own of values) {
        const of = { message, version }
        const whole = place.value(own, other)
        // No element may be null, whatever it is.
        const fits = takes(own) && !(isElement && own === null)
        if (fits || (isOptional && own === undefined)) decode(of, encode(of, whole))
        else expectMisfit(of, whole, place.path)
      }
    }
  })
})

/** Others have no way to say null. */
const nullable = kinds.filter(({ name }) =>
  ['string', 'bytes', 'records', 'array', 'structure'].includes(name),
)

describe.each(nullable)('$name', ({ field }) => {
  it('may be null in the versions that say so only', () => {
    const fields = { own: field.nullable(3) }
    const message = defineMessage({ name: 'Sample', versions: [0, 9], flexibleFrom: 5, fields })
    for (const version of [3, 5]) {
      expect(decode({ message, version }, encode({ message, version }, { own: null }))).toEqual({ own: null })
    }
    expectMisfit({ message, version: 2 }, { own: null }, 'own')
  })
})

describe.each(everyMessage)('$name', (message) => {
  it('refuses a wrong value in any field of any version, by its path', () => {
    for (const of of versionsOf(message)) {
      const whole = exampleValue(of, 'everything')
      for (const { parent, key, path } of placesIn(message.fields, whole, of.version)) {
        const right = parent[key]
        parent[key] = WRONG
        expectMisfit(of, whole, path)
        parent[key] = right
      }
    }
  })

  it('refuses a value for a field that a version lacks, or drops it where it may be', () => {
    for (const of of versionsOf(message)) {
      const whole = exampleValue(of, 'everything')
      const bytes = encode(of, whole)
      for (const { parent, name, spec, path } of absentFieldsIn(message.fields, whole, of.version)) {
        const own = parent[name]
        parent[name] = otherThan(own)
        if (spec.isIgnorable)
          same(`bytes without ${path}`, encode(of, whole).toString('hex'), bytes.toString('hex'))
        else expectMisfit(of, whole, path, 'has a value, but exists only')
        parent[name] = own
      }
    }
  })

  it('refuses versions that it has not', () => {
    const [first, last] = message.versions
    for (const version of [
      first - 1,
      last + 1,
      first + 0.5,
      -1,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      2 ** 31,
    ]) {
      expect(() => message.codec(version)).toThrow(
        new ProtocolError(`${message.name} has versions ${first} to ${last}, not ${version}`),
      )
    }
  })
})

describe('a tagged field', () => {
  it('has no place in a version without tagged fields: a value is refused, not lost', () => {
    const message = defineMessage({
      name: 'Sample',
      versions: [0, 9],
      flexibleFrom: 5,
      fields: { own: int8.tag(0) },
    })
    expectMisfit(
      { message, version: 4 },
      { own: 1 },
      'own',
      'has a value, but exists only in versions with tagged fields',
    )
    expect(encode({ message, version: 4 }, { own: 0 })).toEqual(Buffer.alloc(0))
  })
})

describe('what a frame cannot hold', () => {
  const heartbeat = { groupId: 'g', generationId: 1, memberId: 'm' }

  it.each<[object, string]>([
    [{ correlationId: 2 ** 31 }, 'correlationId is 2147483648, not an int32'],
    [{ correlationId: 0.5 }, 'correlationId is 0.5, not an int32'],
    [{ correlationId: undefined }, 'correlationId is missing, not an int32'],
    [{ clientId: undefined }, 'clientId is missing, not a string or null'],
    [{ clientId: 7 }, 'clientId is 7, not a string or null'],
    [{ clientId: half }, 'clientId has half a surrogate pair in it, which UTF-8 cannot say'],
    [{ clientId: 'x'.repeat(32768) }, 'clientId is 32768, not a string of at most 32767 bytes'],
  ])('a header with %o', (wrong, problem) => {
    const header = { version: 4, correlationId: 7, clientId: 'me', ...wrong }
    expect(() => encodeRequest(Heartbeat, header, heartbeat)).toThrow(
      new ProtocolError(`HeartbeatRequest v4: ${problem}`),
    )
    if (!('correlationId' in wrong)) return
    expect(() => encodeResponse(Heartbeat, header, { errorCode: 0 })).toThrow(
      new ProtocolError(`HeartbeatResponse v4: ${problem}`),
    )
  })

  it('a version that the API has not', () => {
    for (const api of apis) {
      const header = { version: api.versions[1] + 1, correlationId: 7, clientId: null }
      expect(() => encodeRequest(api, header, {})).toThrow(`${api.name}Request has versions `)
      expect(() => encodeResponse(api, header, {})).toThrow(`${api.name}Response has versions `)
    }
  })

  // Neither of these has memory behind it: it is never touched.
  it('bytes longer than their length can say', () => {
    const answer = { errorCode: 0, assignment: new Uint8Array(2 ** 31 - 1) }
    expect(() => encodeResponse(SyncGroup, { version: 0, correlationId: 7 }, answer)).toThrow(
      new ProtocolError('SyncGroupResponse v0: assignment is 2147483647, not at most 2147483646 bytes'),
    )
  })

  it('more bytes than its length can say', () => {
    const records = new Uint8Array(2 ** 30)
    const partitions = [0, 1].map((partitionIndex) => ({
      partitionIndex,
      errorCode: 0,
      highWatermark: 0,
      abortedTransactions: null,
      records,
    }))
    const answer = { responses: [{ topic: 't', partitions }] }
    expect(() => encodeResponse(Fetch, { version: 4, correlationId: 7 }, answer)).toThrow(
      /^FetchResponse v4: 2147483\d{3} bytes, a frame has 2147483647 at most$/,
    )
  })
})

/** Also: that the writer holds what it held before, and nothing of the value. */
function expectMisfit(of: MessageVersion, value: unknown, path: string, problem = 'is '): void {
  const writer = new Writer(8)
  writer.int32(7)
  const name = `${of.message.name} v${of.version}: ${path}`
  const error = thrownBy(() => of.message.codec(of.version).write(writer, value as never))
  if (!(error instanceof ProtocolError)) throw new Error(`${name}: ${error}`)
  const isSaid = [problem, 'has half'].some((start) => error.message.startsWith(`${name} ${start}`))
  if (!isSaid) throw new Error(`${name}: ${error.message}`)
  same(name, [writer.size, writer.toBuffer().toString('hex')], [4, '00000007'])
}

function thrownBy(action: () => void): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  return 'nothing was thrown'
}

interface PlaceOfValue {
  readonly parent: Value
  readonly key: string
  readonly path: string
}

/** Every field and, in arrays, the last element. */
function* placesIn(fields: Fields, value: Value, version: number, path = ''): Generator<PlaceOfValue> {
  for (const [key, { spec }] of Object.entries(fields)) {
    if (isPresent(spec, version)) yield* placesOf(spec.type, value, key, version, `${path}${key}`)
  }
}

function* placesOf(
  type: FieldType,
  parent: Value,
  key: string,
  version: number,
  path: string,
): Generator<PlaceOfValue> {
  yield { parent, key, path }
  const own = parent[key]
  if (type.kind === 'struct') yield* placesIn(type.fields, own as Value, version, `${path}.`)
  if (type.kind !== 'array') return
  const last = (own as unknown[]).length - 1
  yield* placesOf(type.element, own as Value, `${last}`, version, `${path}[${last}]`)
}

interface AbsentField {
  readonly parent: Value
  readonly name: string
  readonly spec: FieldSpec
  readonly path: string
}

function* absentFieldsIn(fields: Fields, parent: Value, version: number, path = ''): Generator<AbsentField> {
  for (const [name, { spec }] of Object.entries(fields)) {
    if (isPresent(spec, version)) yield* absentFieldsOf(spec.type, parent[name], version, `${path}${name}`)
    else yield { parent, name, spec, path: `${path}${name}` }
  }
}

function* absentFieldsOf(
  type: FieldType,
  value: unknown,
  version: number,
  path: string,
): Generator<AbsentField> {
  if (type.kind === 'struct') yield* absentFieldsIn(type.fields, value as Value, version, `${path}.`)
  if (type.kind !== 'array') return
  const last = (value as unknown[]).length - 1
  yield* absentFieldsOf(type.element, (value as unknown[])[last], version, `${path}[${last}]`)
}

/** Of the same type as a default, and not the default. */
function otherThan(value: unknown): unknown {
  switch (typeof value) {
    case 'number':
      return value === 5 ? 6 : 5
    case 'bigint':
      return value + 1n
    case 'boolean':
      return !value
    case 'string':
      return `${value}x`
    default:
      // Null, an array, bytes, or a structure of defaults, all of which are refused.
      return Array.isArray(value) ? [WRONG] : WRONG
  }
}
