// Compares a message as we define it with Kafka's own definition. Both are brought to one plain form first, in which
// a field's versions are cut to those of the message and of the structure it stands in: `from(2)` in a message whose
// first version is 3 says nothing, neither does a `4+` inside an array that is `4+` itself.
import { zeroOf } from '../../../src/protocol/codec.ts'
import type { FieldSpec, Fields, FieldType, Message, VersionRange } from '../../../src/protocol/schema.ts'
import type { KafkaField, KafkaMessage } from './kafka-messages.ts'

/** What is compared, and each in a form that reads well in a failing test. */
interface PlainField {
  readonly name: string
  readonly type: string
  readonly versions: string
  readonly nullable: string
  readonly default: string
  readonly tag: number | 'none'
  readonly ignorable: boolean
  readonly entityType: string
  readonly fields: readonly PlainField[]
}

/** Every difference as a sentence; an empty list when the two are the same. */
export function differences(ours: Message, theirs: KafkaMessage): string[] {
  expectKnown(theirs, KNOWN_OF_A_MESSAGE, theirs.name)
  for (const struct of theirs.commonStructs ?? []) expectKnown(struct, KNOWN_OF_A_STRUCT, struct.name)
  const [first, last] = ours.versions
  const range = parseVersions(theirs.validVersions)
  const found = [
    ...difference(`${ours.name}: name`, ours.name, theirs.name),
    ...difference(`${ours.name}: versions`, format([first, last]), format(range)),
    ...difference(
      `${ours.name}: flexible versions`,
      format(cut([ours.flexibleFrom, Number.POSITIVE_INFINITY], range)),
      format(cut(parseVersions(theirs.flexibleVersions ?? 'none'), range)),
    ),
  ]
  const structs = new Map(theirs.commonStructs?.map(({ name, fields }) => [name, fields]))
  const fields = fieldDifferences(
    ours.name,
    ourFields(ours.fields, ours.versions),
    kafkaFields(theirs.fields ?? [], range, structs),
  )
  return [...found, ...fields]
}

function fieldDifferences(
  path: string,
  ours: readonly PlainField[],
  theirs: readonly PlainField[],
): string[] {
  const found = difference(`${path}: fields`, names(ours), names(theirs))
  for (const field of ours) {
    const other = theirs.find(({ name }) => name === field.name)
    if (other === undefined) continue
    const at = `${path}.${field.name}`
    for (const what of [
      'type',
      'versions',
      'nullable',
      'default',
      'tag',
      'ignorable',
      'entityType',
    ] as const) {
      found.push(...difference(`${at}: ${what}`, field[what], other[what]))
    }
    found.push(...fieldDifferences(at, field.fields, other.fields))
  }
  return found
}

function difference(what: string, ours: unknown, theirs: unknown): string[] {
  return ours === theirs ? [] : [`${what}: ours ${ours}, Kafka's ${theirs}`]
}

function names(fields: readonly PlainField[]): string {
  return fields.map(({ name }) => name).join(', ')
}

// Ours

function ourFields(fields: Fields, parent: VersionRange): PlainField[] {
  return Object.entries(fields).flatMap(([name, { spec }]) => {
    const range = cut([spec.fromVersion, spec.untilVersion], parent)
    return isEmpty(range) ? [] : [ourField(name, spec, range)]
  })
}

function ourField(name: string, spec: FieldSpec, range: VersionRange): PlainField {
  const struct = structOf(spec.type)
  return {
    name,
    type: ourType(spec.type),
    versions: format(range),
    nullable: format(cut([spec.nullableFromVersion, Number.POSITIVE_INFINITY], range)),
    default: spec.type.kind === 'struct' && spec.defaultValue === undefined ? '{}' : print(zeroOf(spec)),
    tag: spec.tagNumber ?? 'none',
    ignorable: spec.isIgnorable,
    entityType: spec.entityType ?? 'none',
    fields: struct === undefined ? [] : ourFields(struct, range),
  }
}

function ourType(type: FieldType): string {
  if (type.kind === 'array') return `array of ${ourType(type.element)}`
  // Both are an int64 on the wire; which to read it as is our choice.
  return type.kind === 'bigint64' ? 'int64' : type.kind
}

function structOf(type: FieldType): Fields | undefined {
  if (type.kind === 'array') return structOf(type.element)
  return type.kind === 'struct' ? type.fields : undefined
}

// Kafka's

type Structs = ReadonlyMap<string, readonly KafkaField[]>

const KNOWN_OF_A_MESSAGE: ReadonlySet<string> = new Set([
  ...['type', 'name', 'validVersions', 'flexibleVersions', 'fields', 'commonStructs'],
  // Looked at by oracle.java.test.ts.
  ...['apiKey', 'listeners', 'latestVersionUnstable'],
])
/** Its versions say nothing more than those of the fields that have it as their type. */
const KNOWN_OF_A_STRUCT: ReadonlySet<string> = new Set(['name', 'versions', 'fields'])
const KNOWN_OF_A_FIELD: ReadonlySet<string> = new Set([
  ...['name', 'type', 'versions', 'nullableVersions', 'taggedVersions', 'tag', 'default', 'ignorable'],
  ...['entityType', 'fields'],
  // Words for people, and hints for the Java generator: nothing of the wire. (With `mapKey` Java keeps an array's
  // elements by that field, several of one key included.)
  ...['about', 'mapKey', 'zeroCopy'],
])

function expectKnown(attributes: object, known: ReadonlySet<string>, name: string): void {
  const unknown = Object.keys(attributes).find((attribute) => !known.has(attribute))
  if (unknown !== undefined) throw new Error(`${name} has an attribute this test knows not: ${unknown}`)
}

function kafkaFields(fields: readonly KafkaField[], parent: VersionRange, structs: Structs): PlainField[] {
  return fields.flatMap((field) => {
    const range = cut(parseVersions(versionsOf(field)), parent)
    return isEmpty(range) ? [] : [kafkaField(field, range, structs)]
  })
}

function kafkaField(field: KafkaField, range: VersionRange, structs: Structs): PlainField {
  expectKnown(field, KNOWN_OF_A_FIELD, field.name)
  const elementType = field.type.replace('[]', '')
  const isStruct = /^[A-Z]/.test(elementType)
  const type = isStruct ? 'struct' : elementType === 'bool' ? 'boolean' : elementType
  const tagged = field.taggedVersions === undefined ? 'never' : format(parseVersions(field.taggedVersions))
  if (tagged !== 'never' && tagged !== format(parseVersions(versionsOf(field)))) {
    throw new Error(`${field.name} is tagged in ${tagged} only, which our form cannot say`)
  }
  return {
    name: field.name[0]!.toLowerCase() + field.name.slice(1),
    type: field.type.startsWith('[]') ? `array of ${type}` : type,
    versions: format(range),
    nullable: format(cut(parseVersions(field.nullableVersions ?? 'none'), range)),
    default: kafkaDefault(field, isStruct),
    tag: field.tag ?? 'none',
    ignorable: field.ignorable ?? false,
    entityType: field.entityType ?? 'none',
    fields: isStruct ? kafkaFields(field.fields ?? structs.get(elementType)!, range, structs) : [],
  }
}

function versionsOf(field: KafkaField): string {
  const versions = field.versions ?? field.taggedVersions
  if (versions === undefined) throw new Error(`${field.name} has no versions`)
  return versions
}

function kafkaDefault(field: KafkaField, isStruct: boolean): string {
  // The Java generator takes a null without quotes for none given.
  const given = String(field.default ?? '')
  if (given === 'null' || field.type === 'records') return 'null'
  if (field.type.startsWith('[]')) return '[]'
  if (isStruct) return '{}'
  switch (field.type) {
    case 'string':
      return JSON.stringify(given)
    case 'bytes':
      return 'no bytes'
    case 'uuid':
      return '"AAAAAAAAAAAAAAAAAAAAAA"'
    case 'bool':
      return given || 'false'
    // A number, also in hexadecimal.
    default:
      return String(BigInt(given || 0))
  }
}

function print(value: unknown): string {
  if (typeof value === 'bigint') return String(value)
  return Buffer.isBuffer(value) ? 'no bytes' : JSON.stringify(value)
}

// Versions

const NONE: VersionRange = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]

/** `3+`, `2-5`, `4` or `none`. */
function parseVersions(text: string): VersionRange {
  if (text === 'none') return NONE
  const match = /^(\d+)(?:(\+)|-(\d+))?$/.exec(text)
  if (match === null) throw new Error(`versions "${text}"`)
  const [, first, open, last] = match
  return [Number(first), open === undefined ? Number(last ?? first) : Number.POSITIVE_INFINITY]
}

function cut([first, last]: VersionRange, [parentFirst, parentLast]: VersionRange): VersionRange {
  return [Math.max(first, parentFirst), Math.min(last, parentLast)]
}

function isEmpty([first, last]: VersionRange): boolean {
  return first > last
}

function format(range: VersionRange): string {
  return isEmpty(range) ? 'never' : `${range[0]}-${range[1]}`
}
