// Wrong definitions, made from right ones: each with one thing changed that the oracle has to see.
import { zeroOf } from '../../../src/protocol/codec.ts'
import {
  defineMessage,
  Field,
  type FieldSpec,
  type Fields,
  type FieldType,
  type Message,
  type PrimitiveKind,
  type VersionRange,
} from '../../../src/protocol/schema.ts'

export interface Mutant {
  readonly what: string
  readonly message: Message
}

export function* mutants(message: Message): Generator<Mutant> {
  const { name, versions, flexibleFrom, fields } = message
  const [first, last] = versions
  const define = (changed: object) => defineMessage({ name, versions, flexibleFrom, fields, ...changed })
  yield { what: 'name', message: define({ name: `${name}2` }) }
  yield { what: 'first version', message: define({ versions: [first + 1, last] }) }
  yield { what: 'last version', message: define({ versions: [first, last + 1] }) }
  yield {
    what: 'flexible version',
    message: define({ flexibleFrom: flexibleFrom <= last ? last + 1 : last }),
  }
  for (const [what, changed] of fieldsMutants(fields, versions, '')) {
    yield { what, message: define({ fields: changed }) }
  }
}

type Changed<T> = Generator<readonly [what: string, changed: T]>

function* fieldsMutants(fields: Fields, parent: VersionRange, path: string): Changed<Fields> {
  const entries = Object.entries(fields)
  yield [`a field too many in ${path || 'the message'}`, { ...fields, another: spec({ kind: 'int8' }) }]
  for (const [i, [name, { spec: own }]] of entries.entries()) {
    const range = cut(own, parent)
    if (range[0] > range[1]) continue
    const at = path === '' ? name : `${path}.${name}`
    const replaced = (newName: string, field: Field): Fields =>
      Object.fromEntries(entries.map((entry, j) => (i === j ? [newName, field] : entry)))
    yield [`${at} under another name`, replaced(`${name}2`, fields[name]!)]
    yield [`without ${at}`, Object.fromEntries(entries.filter((_, j) => i !== j))]
    if (i > 0) yield [`${at} first`, Object.fromEntries([entries[i]!, ...entries.filter((_, j) => i !== j)])]
    for (const [what, changed] of specMutants(own, range, at))
      yield [what, replaced(name, new Field(changed))]
  }
}

function* specMutants(own: FieldSpec, [first, last]: VersionRange, at: string): Changed<FieldSpec> {
  yield [`first version of ${at}`, { ...own, fromVersion: first + 1 }]
  yield [`last version of ${at}`, { ...own, untilVersion: last - 1 }]
  const isNullable = own.nullableFromVersion <= last
  yield [`null in ${at}`, { ...own, nullableFromVersion: isNullable ? last + 1 : first }]
  if (isNullable && own.nullableFromVersion < last && first < last) {
    const later = Math.max(first, own.nullableFromVersion) + 1
    yield [`first version of null in ${at}`, { ...own, nullableFromVersion: later }]
  }
  const tagNumber = own.tagNumber === undefined ? 0 : own.tagNumber + 1
  yield [`tag of ${at}`, { ...own, tagNumber }]
  yield [`whether ${at} is ignorable`, { ...own, isIgnorable: !own.isIgnorable }]
  yield [
    `entity type of ${at}`,
    { ...own, entityType: own.entityType === 'topicName' ? 'groupId' : 'topicName' },
  ]
  // Kafka has one default for records, and for structures, null or not.
  if (own.type.kind !== 'records') yield [`default of ${at}`, { ...own, defaultValue: otherDefault(own) }]
  for (const [what, type] of typeMutants(own.type, [first, last], at))
    yield [what, { ...own, type, ...keptDefault(own, type) }]
}

/** A default of a type that the field no longer has would be a difference of its own. */
function keptDefault(own: FieldSpec, type: FieldType): Partial<FieldSpec> {
  return own.type.kind === type.kind ? {} : { defaultValue: zeroOf(own) }
}

function* typeMutants(type: FieldType, range: VersionRange, at: string): Changed<FieldType> {
  if (type.kind === 'array') {
    yield [`element of ${at} instead of the array`, type.element]
    for (const [what, element] of typeMutants(type.element, range, `${at}[]`))
      yield [what, { kind: 'array', element }]
  } else if (type.kind === 'struct') {
    yield [`type of ${at}`, { kind: 'int8' }]
    for (const [what, fields] of fieldsMutants(type.fields, range, at))
      yield [what, { kind: 'struct', fields }]
  } else yield [`type of ${at}`, { kind: OTHER[type.kind] }]
}

/** The nearest mistake. */
const OTHER: { readonly [K in PrimitiveKind]: PrimitiveKind } = {
  boolean: 'int8',
  int8: 'boolean',
  int16: 'uint16',
  uint16: 'int16',
  int32: 'uint32',
  uint32: 'int32',
  int64: 'float64',
  bigint64: 'float64',
  float64: 'int64',
  uuid: 'string',
  string: 'bytes',
  bytes: 'string',
  records: 'bytes',
}

function otherDefault(own: FieldSpec): unknown {
  const zero = zeroOf(own)
  if (zero === null) return zeroOf({ ...own, defaultValue: undefined })
  switch (typeof zero) {
    case 'number':
      return zero + 1
    case 'bigint':
      return zero + 1n
    case 'boolean':
      return !zero
    case 'string':
      return `${zero}x`
    default:
      return null
  }
}

function spec(type: FieldType): Field {
  return new Field({
    type,
    fromVersion: 0,
    untilVersion: Number.POSITIVE_INFINITY,
    nullableFromVersion: Number.POSITIVE_INFINITY,
    defaultValue: undefined,
    tagNumber: undefined,
    isIgnorable: false,
    entityType: undefined,
  })
}

function cut({ fromVersion, untilVersion }: FieldSpec, [first, last]: VersionRange): VersionRange {
  return [Math.max(first, fromVersion), Math.min(last, untilVersion)]
}
