// Random messages, made from their definitions.
import { inspect, isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { Writer } from '../../src/protocol/bytes/writer.ts'
import { zeroOf } from '../../src/protocol/codec.ts'
import type { FieldSpec, Fields, FieldType, Message, PrimitiveKind } from '../../src/protocol/schema.ts'

export interface MessageVersion {
  readonly message: Message
  readonly version: number
}

/** The message in each of its versions. */
export function versionsOf(message: Message): MessageVersion[] {
  const [first, last] = message.versions
  return Array.from({ length: last - first + 1 }, (_, i) => ({ message, version: first + i }))
}

/**
 * Values of a message as decoding gives them: every field there, those that the version lacks at their default.
 */
export function arbitraryValue({ message, version }: MessageVersion): fc.Arbitrary<Record<string, unknown>> {
  return arbitraryStruct(message.fields, version)
}

export function encode({ message, version }: MessageVersion, value: unknown): Buffer {
  const writer = new Writer()
  message.codec(version).write(writer, value as never)
  return writer.toBuffer()
}

/** A plain comparison for properties: a matcher's picture of every step of shrinking would take minutes. */
export function same(what: string, actual: unknown, expected: unknown): void {
  if (isDeepStrictEqual(actual, expected)) return
  const print = (value: unknown) => inspect(value, { depth: 10, breakLength: Number.POSITIVE_INFINITY })
  throw new Error(`${what}: ${print(actual)}, expected ${print(expected)}`)
}

export function isPresent(spec: FieldSpec, version: number): boolean {
  return spec.fromVersion <= version && version <= spec.untilVersion
}

function arbitraryStruct(fields: Fields, version: number): fc.Arbitrary<Record<string, unknown>> {
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
  { weight: 9, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
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
