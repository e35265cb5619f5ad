// What the tests of messages are fed with is itself tried: whatever may stand in a field must stand there in one of
// the examples at least.
import { isDeepStrictEqual } from 'node:util'
import { expect, it } from 'vitest'
import { zeroOf } from '../../src/protocol/codec.ts'
import type { Fields, FieldType, PrimitiveKind } from '../../src/protocol/schema.ts'
import { exampleNames, exampleValue, LONG_ARRAY, LONGEST_STRING_BYTES, type Value } from './message-values.ts'
import { everyVersion, isPresent } from './messages.ts'

/** What should be met in values of a kind, and how it is told. */
const FEATURES: { readonly [K in PrimitiveKind]: { readonly [feature: string]: (value: never) => boolean } } =
  {
    boolean: { true: (value) => value === true, false: (value) => value === false },
    int8: ends(-128, 127),
    int16: ends(-32768, 32767),
    uint16: ends(0, 65535),
    int32: ends(-2147483648, 2147483647),
    uint32: ends(0, 4294967295),
    int64: ends(-9007199254740991, 9007199254740991),
    bigint64: ends(-9223372036854775808n, 9223372036854775807n),
    float64: { NaN: Number.isNaN, infinite: (value) => value === Number.NEGATIVE_INFINITY },
    uuid: {
      zero: (value) => value === 'A'.repeat(22),
      'all ones': (value) => value === `${'_'.repeat(21)}w`,
    },
    string: {
      empty: (value: string) => value === '',
      'a surrogate pair': (value: string) => /[\u{10000}-\u{10ffff}]/u.test(value),
      'two bytes of length': (value: string) => Buffer.byteLength(value) > 127,
    },
    bytes: content(),
    records: content(),
  }

it('the examples of every message have in each field of each version what may stand there', () => {
  const missing: string[] = []
  for (const of of everyVersion) {
    const { message, version } = of
    const seen = new Set<string>()
    for (const name of exampleNames) featuresIn(message.fields, exampleValue(of, name), version, '', seen)
    const wanted = new Set<string>()
    wantedIn(message.fields, version, '', wanted)
    const lacking = [...wanted].filter((feature) => !seen.has(feature))
    if (lacking.length > 0) missing.push(`${message.name} v${version}: ${lacking.join(', ')}`)
  }
  expect(missing).toEqual([])
})

function wantedIn(fields: Fields, version: number, path: string, wanted: Set<string>): void {
  for (const [name, { spec }] of Object.entries(fields)) {
    if (!isPresent(spec, version)) continue
    const at = `${path}.${name}`
    if (spec.nullableFromVersion <= version) wanted.add(`${at} null`).add(`${at} not null`)
    if (spec.tagNumber !== undefined) wanted.add(`${at} at its default`).add(`${at} not at its default`)
    wantedOf(spec.type, version, at, wanted)
  }
}

function wantedOf(type: FieldType, version: number, path: string, wanted: Set<string>): void {
  if (type.kind === 'struct') return wantedIn(type.fields, version, path, wanted)
  if (type.kind === 'array') {
    for (const length of [0, 1, 2, LONG_ARRAY]) wanted.add(`${path} ${length} elements`)
    return wantedOf(type.element, version, `${path}[]`, wanted)
  }
  for (const feature of Object.keys(FEATURES[type.kind])) wanted.add(`${path} ${feature}`)
  if (type.kind === 'string') wanted.add('somewhere the longest string')
}

function featuresIn(fields: Fields, value: Value, version: number, path: string, seen: Set<string>): void {
  for (const [name, { spec }] of Object.entries(fields)) {
    if (!isPresent(spec, version)) continue
    const at = `${path}.${name}`
    const own = value[name]
    seen.add(`${at} ${own === null ? 'null' : 'not null'}`)
    seen.add(`${at} ${isDeepStrictEqual(own, zeroOf(spec)) ? 'at its default' : 'not at its default'}`)
    if (own !== null) featuresOf(spec.type, own, version, at, seen)
  }
}

function featuresOf(type: FieldType, value: unknown, version: number, path: string, seen: Set<string>): void {
  if (type.kind === 'struct') return featuresIn(type.fields, value as Value, version, path, seen)
  if (type.kind === 'array') {
    const elements = value as unknown[]
    seen.add(`${path} ${elements.length} elements`)
    for (const element of elements) featuresOf(type.element, element, version, `${path}[]`, seen)
    return
  }
  for (const [feature, has] of Object.entries(FEATURES[type.kind])) {
    if (has(value as never)) seen.add(`${path} ${feature}`)
  }
  if (type.kind === 'string' && Buffer.byteLength(value as string) === LONGEST_STRING_BYTES) {
    seen.add('somewhere the longest string')
  }
}

function ends<T>(min: T, max: T): Record<string, (value: T) => boolean> {
  return { [`${min}`]: (value) => value === min, [`${max}`]: (value) => value === max }
}

function content(): Record<string, (value: Buffer) => boolean> {
  return {
    empty: (value) => value.length === 0,
    'more than an int16 counts': (value) => value.length > 32767,
  }
}
