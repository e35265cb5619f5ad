// Values of messages, made from their definitions: random ones, and examples that are not left to chance. All are as
// decoding gives them: every field is there, those that the version lacks at their default.
import fc from 'fast-check'
import { zeroOf } from '../../src/protocol/codec.ts'
import type { FieldSpec, Fields, FieldType, PrimitiveKind } from '../../src/protocol/schema.ts'
import { isPresent, type MessageVersion } from './messages.ts'
import { anyCharacter } from './text.ts'

export type Value = Record<string, unknown>

export function arbitraryValue({ message, version }: MessageVersion): fc.Arbitrary<Value> {
  return arbitraryStruct(message.fields, version)
}

/** What the examples are for. Each message has each of them in each version. */
export const exampleNames = ['nothing', 'hollow', 'empty', 'everything', 'least', 'most', 'long'] as const
export type ExampleName = (typeof exampleNames)[number]

/** So many elements, and their count takes two bytes also in a flexible version. */
export const LONG_ARRAY = 130
export const LONGEST_STRING_BYTES = 0x7fff

/**
 * One example of a message: `nothing` is null, or at its default, or empty or zero, wherever it may; `hollow` is the
 * same inside structures; `empty` is empty or zero, never null; `everything` has two elements in each array, nothing
 * null, and no value twice where there are enough; `least` and `most` have the ends of each type's range; `long` has
 * long strings, bytes and arrays.
 */
export function exampleValue({ message, version }: MessageVersion, name: ExampleName): Value {
  return exampleStruct(message.fields, { version, count: 0, longest: false, ...MAKERS[name] })
}

// Random ones

function arbitraryStruct(fields: Fields, version: number): fc.Arbitrary<Value> {
  const entries = Object.entries(fields).map(([name, { spec }]) => [name, arbitraryField(spec, version)])
  return fc.record(Object.fromEntries(entries), { noNullPrototype: true })
}

function arbitraryField(spec: FieldSpec, version: number): fc.Arbitrary<unknown> {
  const zero = fc.constant(null).map(() => zeroOf(spec))
  if (!isPresent(spec, version)) return zero
  const nullable = version >= spec.nullableFromVersion
  const value = arbitraryType(spec.type, version)
  const any = nullable ? fc.option(value, { nil: null, freq: 4 }) : value
  // Tagged fields at their default are not written: that must be tried as often as the other.
  return spec.tagNumber === undefined ? any : fc.oneof(zero, any)
}

function arbitraryType(type: FieldType, version: number): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'array':
      return fc.array(arbitraryType(type.element, version), { maxLength: 3 })
    case 'struct':
      return arbitraryStruct(type.fields, version)
    default:
      return PRIMITIVES[type.kind]
  }
}

/** Long strings and bytes now and then: lengths of two bytes, and bytes that the writer does not copy. */
const text = fc.oneof(
  { weight: 9, arbitrary: fc.string({ unit: anyCharacter, maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ minLength: 120, maxLength: 300 }) },
)
const content = fc
  .oneof(
    { weight: 9, arbitrary: fc.uint8Array({ maxLength: 24 }) },
    {
      weight: 1,
      arbitrary: fc.integer({ min: 100, max: 5000 }).map((length) => new Uint8Array(length).fill(7)),
    },
  )
  .map((bytes) => Buffer.from(bytes))

const PRIMITIVES: { readonly [K in PrimitiveKind]: fc.Arbitrary<unknown> } = {
  boolean: fc.boolean(),
  int8: fc.integer({ min: -0x80, max: 0x7f }),
  int16: fc.integer({ min: -0x8000, max: 0x7fff }),
  uint16: fc.integer({ min: 0, max: 0xffff }),
  int32: fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
  uint32: fc.integer({ min: 0, max: 0xffff_ffff }),
  int64: fc.maxSafeInteger(),
  bigint64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  float64: fc.double(),
  uuid: fc
    .uint8Array({ minLength: 16, maxLength: 16 })
    .map((bytes) => Buffer.from(bytes).toString('base64url')),
  string: text,
  bytes: content,
  records: content,
}

// Examples

/** How an example fills what it meets. */
interface Maker {
  /** Null where null may stand, and the default in tagged fields; or so for all but structures. */
  readonly nulls: boolean | 'but structures'
  /** Elements in an array; where they are `LONG_ARRAY`, all but the first are small: `nothing`, `hollow`, `empty`. */
  readonly elements: number
  readonly primitive: (kind: PrimitiveKind, state: Making) => unknown
}

interface Making extends Maker {
  readonly version: number
  /** Primitives made so far, for values that differ. */
  count: number
  /** Has one string of the longest kind been made? One is enough in a message. */
  longest: boolean
}

function exampleStruct(fields: Fields, making: Making): Value {
  return Object.fromEntries(
    Object.entries(fields).map(([name, { spec }]) => [name, exampleField(spec, making)]),
  )
}

function exampleField(spec: FieldSpec, making: Making): unknown {
  if (!isPresent(spec, making.version)) return zeroOf(spec)
  if (making.nulls === true || (making.nulls && spec.type.kind !== 'struct')) {
    if (making.version >= spec.nullableFromVersion) return null
    if (spec.tagNumber !== undefined) return zeroOf(spec)
  }
  return exampleType(spec.type, making)
}

function exampleType(type: FieldType, making: Making): unknown {
  if (type.kind === 'struct') return exampleStruct(type.fields, making)
  if (type.kind !== 'array') return making.primitive(type.kind, making)
  const rest = (['nothing', 'hollow', 'empty'] as const).map((name) => ({ ...making, ...MAKERS[name] }))
  return Array.from({ length: making.elements }, (_, i) => {
    const isRest = i > 0 && making.elements === LONG_ARRAY
    return exampleType(type.element, isRest ? rest[i % 3]! : making)
  })
}

/** One, two, three and four bytes of UTF-8; the last is a surrogate pair. */
const CHARACTERS = ['a', 'é', '中', '😀']

const MAKERS: { readonly [name in ExampleName]: Maker } = {
  nothing: { nulls: true, elements: 0, primitive: (kind) => NOTHING[kind] },
  hollow: { nulls: 'but structures', elements: 0, primitive: (kind) => NOTHING[kind] },
  empty: { nulls: false, elements: 0, primitive: (kind) => NOTHING[kind] },
  everything: { nulls: false, elements: 2, primitive: (kind, making) => EVERYTHING[kind](++making.count) },
  least: { nulls: false, elements: 1, primitive: (kind) => LEAST[kind] },
  most: { nulls: false, elements: 1, primitive: (kind) => MOST[kind] },
  long: { nulls: false, elements: LONG_ARRAY, primitive: longPrimitive },
}

type Primitives<T> = { readonly [K in PrimitiveKind]: T }

const NOTHING: Primitives<unknown> = {
  ...{
    boolean: false,
    int8: 0,
    int16: 0,
    uint16: 0,
    int32: 0,
    uint32: 0,
    int64: 0,
    bigint64: 0n,
    float64: 0,
  },
  ...{ uuid: 'AAAAAAAAAAAAAAAAAAAAAA', string: '', bytes: Buffer.alloc(0), records: Buffer.alloc(0) },
}

const EVERYTHING: Primitives<(n: number) => unknown> = {
  boolean: (n) => n % 2 === 0,
  int8: (n) => (n % 0x7f) + 1,
  int16: (n) => 0x100 + (n % 0x7000),
  uint16: (n) => 0x8000 + (n % 0x7000),
  int32: (n) => -0x10_0000 - n,
  uint32: (n) => 0x8000_0000 + n,
  int64: (n) => 2 ** 40 + n,
  bigint64: (n) => 2n ** 60n + BigInt(n),
  float64: (n) => n + 0.5,
  uuid: (n) => uuid(n),
  string: (n) => `${CHARACTERS[n % 4]}${n}`,
  bytes: (n) => Buffer.from([n, n >> 8, 1]),
  records: (n) => Buffer.from([n, n >> 8, 2]),
}

const LEAST: Primitives<unknown> = {
  ...{ boolean: false, int8: -0x80, int16: -0x8000, uint16: 0, int32: -0x8000_0000, uint32: 0 },
  ...{ int64: Number.MIN_SAFE_INTEGER, bigint64: -(2n ** 63n), float64: Number.NEGATIVE_INFINITY },
  ...{ uuid: 'AAAAAAAAAAAAAAAAAAAAAA', string: '', bytes: Buffer.alloc(0), records: Buffer.alloc(0) },
}

const MOST: Primitives<unknown> = {
  ...{ boolean: true, int8: 0x7f, int16: 0x7fff, uint16: 0xffff, int32: 0x7fff_ffff, uint32: 0xffff_ffff },
  ...{ int64: Number.MAX_SAFE_INTEGER, bigint64: 2n ** 63n - 1n, float64: Number.MAX_VALUE },
  ...{ uuid: '_____________________w', string: '😀'.repeat(10) },
  ...{ bytes: Buffer.alloc(200, 0xff), records: Buffer.alloc(200, 0xff) },
}

function longPrimitive(kind: PrimitiveKind, making: Making): unknown {
  switch (kind) {
    case 'string': {
      if (making.longest) return CHARACTERS.join('').repeat(20)
      making.longest = true
      return `${CHARACTERS.join('').repeat(3276)}${'z'.repeat(7)}`
    }
    // More than the writer copies, and more than an int16 counts.
    case 'bytes':
    case 'records':
      return Buffer.alloc(40_000, 7)
    case 'float64':
      return Number.NaN
    default:
      return EVERYTHING[kind](++making.count)
  }
}

function uuid(n: number): string {
  const bytes = Buffer.alloc(16, 0x5a)
  bytes.writeUInt32BE(n, 12)
  return bytes.toString('base64url')
}
