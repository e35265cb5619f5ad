// Compiles a message's fields, for one version, to closures that read and write just what that version has.

import { Buffer } from 'node:buffer'
import { ProtocolError } from '../errors.ts'
import type { Reader } from './bytes/reader.ts'
import { Writer } from './bytes/writer.ts'
import type { FieldSpec, Fields, FieldType, VersionRange } from './field.ts'
import { fail, Misfit } from './misfit.ts'
import { primitiveCodec, type ValueCodec } from './primitives.ts'

/** Reads and writes one version of one message. */
export interface MessageCodec<Out, In> {
  /**
   * Throws a ProtocolError that names message, version and the field's path when a value does not fit; the writer is
   * then as it was before.
   */
  write(writer: Writer, value: In): void
  /** Throws a ProtocolError on bytes that are no such message. What follows the message is left unread. */
  read(reader: Reader): Out
}

interface MessageShape {
  readonly name: string
  readonly versions: VersionRange
  readonly flexibleFrom: number
  readonly fields: Fields
}

/** What all fields of a message being compiled share. */
interface Compilation {
  readonly version: number
  readonly flexible: boolean
}

export function compileCodec<Out, In>(shape: MessageShape, version: number): MessageCodec<Out, In> {
  const [min, max] = shape.versions
  if (!Number.isInteger(version) || version < min || version > max) {
    throw new ProtocolError(`${shape.name} has versions ${min} to ${max}, not ${version}`)
  }
  const message = `${shape.name} v${version}`
  const codec = structCodec(shape.fields, '', { version, flexible: version >= shape.flexibleFrom })
  return {
    write(writer, value) {
      const before = writer.size
      try {
        codec.write(writer, value)
      } catch (error) {
        writer.truncate(before)
        throw error instanceof Misfit ? new ProtocolError(`${message}: ${error.message}`) : error
      }
    },
    read: (reader) => named(message, () => codec.read(reader) as Out),
  }
}

/** Reads what must be a whole message: bytes after it are refused, by its name. */
export function readWhole<Out>(
  message: { readonly name: string; codec(version: number): MessageCodec<Out, never> },
  version: number,
  reader: Reader,
): Out {
  const value = message.codec(version).read(reader)
  if (reader.remaining > 0) named(`${message.name} v${version}`, () => reader.expectEnd())
  return value
}

/** Puts the name of what is read before the ProtocolErrors of its reading. */
export function named<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof ProtocolError) throw new ProtocolError(`${what}: ${error.message}`, { cause: error })
    throw error
  }
}

interface NamedField {
  readonly name: string
  readonly path: string
  readonly spec: FieldSpec
  /** Is a value given here the same as none? */
  readonly isDefault: (value: unknown) => boolean
}

interface CompiledField extends NamedField {
  readonly codec: ValueCodec
  /** The value of a field that was left out; undefined when it may not be. */
  readonly omitted: unknown
  /** What an empty structure has in its place, where that is a value and not an object of its own. */
  readonly initial: unknown
}

type Struct = { [name: string]: unknown }

const MAX_PREALLOCATED = 1024

function structCodec(fields: Fields, path: string, compilation: Compilation): ValueCodec {
  const { version, flexible } = compilation
  const all = Object.entries(fields).map(([name, { spec }]): NamedField => {
    return { name, spec, path: path === '' ? name : `${path}.${name}`, isDefault: defaultTest(spec) }
  })
  // Without tagged fields in its version a message has no place for those that are tagged.
  const present = all.filter(({ spec: { fromVersion, untilVersion, tagNumber } }) => {
    return fromVersion <= version && version <= untilVersion && (flexible || tagNumber === undefined)
  })
  const absent = all.filter((field) => !present.includes(field))
  const compile = (field: NamedField): CompiledField => ({
    ...field,
    codec: fieldCodec(field.spec, field.path, compilation),
    omitted: isOptional(field.spec) ? zeroOf(field.spec) : undefined,
    // Of a float there are two zeros.
    initial: field.spec.type.kind === 'float64' ? undefined : zeroOf(field.spec),
  })
  const plain = present.filter(({ spec }) => spec.tagNumber === undefined).map(compile)
  const tagged = present
    .filter(({ spec }) => spec.tagNumber !== undefined)
    .sort((a, b) => a.spec.tagNumber! - b.spec.tagNumber!)
    .map(compile)
  const mustBeLeftOut = absent.filter(({ spec }) => !spec.isIgnorable)
  const emptyStruct = structFactory(fields, new Set(plain.map(({ name }) => name)))

  return {
    write(writer, value) {
      if (!isStruct(value)) return fail(path, value, 'an object')
      for (const { name, path, spec, isDefault } of mustBeLeftOut) {
        if (!isDefault(value[name])) {
          throw new Misfit(path, `has a value, but exists only ${versionsOf(spec, version)}`)
        }
      }
      for (const { name, path, codec, omitted } of plain) {
        const own = value[name]
        if (own !== undefined) codec.write(writer, own)
        else if (omitted !== undefined) codec.write(writer, omitted)
        else fail(path, own, 'a value')
      }
      if (flexible) writeTagged(writer, tagged, value)
    },
    read(reader) {
      const value = emptyStruct()
      for (const { name, codec, initial } of plain) {
        const read = codec.read(reader)
        // Storing by a name that is not known beforehand costs several times what reading does (measured).
        if (read !== initial) value[name] = read
      }
      if (flexible && !reader.hasNoTaggedFields()) readTagged(reader, tagged, value)
      return value
    },
  }
}

/**
 * Makes structures in which every field has its default. A copy of one template is several times cheaper than adding
 * field after field, and with so many shapes Object.assign several times cheaper than spreading (measured); only what must not be shared (arrays, structures) is made anew, unless it is `overwritten`.
 */
function structFactory(fields: Fields, overwritten: ReadonlySet<string> = new Set()): () => Struct {
  const template: Struct = {}
  const fresh: { name: string; make: () => unknown }[] = []
  for (const [name, { spec }] of Object.entries(fields)) {
    template[name] = zeroOf(spec)
    const make = overwritten.has(name) ? undefined : freshZero(spec)
    if (make !== undefined) fresh.push({ name, make })
  }
  if (fresh.length === 0) return () => Object.assign({}, template)
  return () => {
    const value = Object.assign({}, template)
    for (const { name, make } of fresh) value[name] = make()
    return value
  }
}

/** Makes a field's default where that is an array or a structure. */
function freshZero({ type, defaultValue }: FieldSpec): (() => unknown) | undefined {
  if (defaultValue === null) return undefined
  if (type.kind === 'array') return () => []
  return type.kind === 'struct' ? structFactory(type.fields) : undefined
}

function readTagged(reader: Reader, tagged: readonly CompiledField[], value: Struct): void {
  reader.taggedFields((tag, inner) => {
    const field = tagged.find(({ spec }) => spec.tagNumber === tag)
    if (field === undefined) return false
    value[field.name] = field.codec.read(inner)
    return true
  })
}

/** Tagged fields travel only when they have a value of their own. */
function writeTagged(writer: Writer, tagged: readonly CompiledField[], value: Readonly<Struct>): void {
  let count = 0
  for (const { name, isDefault } of tagged) if (!isDefault(value[name])) count++
  writer.unsignedVarint(count)
  if (count === 0) return
  for (const { name, spec, codec, isDefault } of tagged) {
    if (isDefault(value[name])) continue
    const content = new Writer()
    codec.write(content, value[name])
    writer.unsignedVarint(spec.tagNumber!)
    writer.unsignedVarint(content.size)
    writer.append(content)
  }
}

function fieldCodec(spec: FieldSpec, path: string, compilation: Compilation): ValueCodec {
  const nullable = spec.nullableFromVersion <= compilation.version
  if (spec.type.kind === 'struct' && nullable) {
    const codec = structCodec(spec.type.fields, path, compilation)
    return nullableStructCodec(codec, spec.tagNumber === undefined ? -1 : 0)
  }
  return typeCodec(spec.type, nullable, path, compilation)
}

function typeCodec(type: FieldType, nullable: boolean, path: string, compilation: Compilation): ValueCodec {
  switch (type.kind) {
    case 'array':
      return arrayCodec(type.element, nullable, path, compilation)
    case 'struct':
      return structCodec(type.fields, path, compilation)
    default:
      return primitiveCodec(type.kind, { nullable, compact: compilation.flexible, path })
  }
}

function arrayCodec(
  element: FieldType,
  nullable: boolean,
  path: string,
  compilation: Compilation,
): ValueCodec {
  const codec = typeCodec(element, false, `${path}[]`, compilation)
  const compact = compilation.flexible
  return {
    write(writer, value) {
      if (value === null && nullable) return writer.length(-1, compact, 32)
      if (!Array.isArray(value)) return fail(path, value, nullable ? 'an array or null' : 'an array')
      writer.length(value.length, compact, 32)
      let index = 0
      try {
        for (; index < value.length; index++) codec.write(writer, value[index])
      } catch (error) {
        if (error instanceof Misfit) error.indices.unshift(index)
        throw error
      }
    },
    read(reader) {
      // Every element takes a byte at least, so a count above what is left is refused by length().
      const count = reader.length(compact, 32)
      if (count === -1) {
        if (nullable) return null
        throw new ProtocolError(`${path} is null`)
      }
      // A count is a claim: beyond this the array grows with what is there.
      const items = new Array<unknown>(Math.min(count, MAX_PREALLOCATED))
      for (let i = 0; i < count; i++) items[i] = codec.read(reader)
      return items
    },
  }
}

/** A nullable structure has a byte before it: 1 for a value; for null -1, or 0 when it is tagged. */
function nullableStructCodec(codec: ValueCodec, nullMark: -1 | 0): ValueCodec {
  return {
    write(writer, value) {
      writer.int8(value === null ? nullMark : 1)
      if (value !== null) codec.write(writer, value)
    },
    read: (reader) => (reader.int8() <= nullMark ? null : codec.read(reader)),
  }
}

/** Of a field that `version` lacks. */
function versionsOf({ fromVersion, untilVersion }: FieldSpec, version: number): string {
  if (fromVersion <= version && version <= untilVersion) return 'in versions with tagged fields'
  if (untilVersion === Number.POSITIVE_INFINITY) return `from version ${fromVersion} on`
  return fromVersion === 0 ? `up to version ${untilVersion}` : `in versions ${fromVersion} to ${untilVersion}`
}

function isOptional(spec: FieldSpec): boolean {
  return (
    spec.defaultValue !== undefined ||
    spec.fromVersion > 0 ||
    spec.untilVersion !== Number.POSITIVE_INFINITY ||
    spec.tagNumber !== undefined
  )
}

/** The value that stands for an absent field: its default, or its type's zero. */
export function zeroOf(spec: FieldSpec): unknown {
  if (spec.defaultValue !== undefined) {
    return Array.isArray(spec.defaultValue) ? [...spec.defaultValue] : spec.defaultValue
  }
  switch (spec.type.kind) {
    case 'boolean':
      return false
    case 'bigint64':
      return 0n
    case 'uuid':
      return 'AAAAAAAAAAAAAAAAAAAAAA'
    case 'string':
      return ''
    case 'bytes':
      return Buffer.alloc(0)
    case 'records':
      return null
    case 'array':
      return []
    case 'struct':
      return Object.fromEntries(
        Object.entries(spec.type.fields).map(([name, field]) => [name, zeroOf(field.spec)]),
      )
    default:
      return 0
  }
}

/** Arrays and bytes are objects too, but have no fields: all that are optional would be taken for left out. */
function isStruct(value: unknown): value is Readonly<Struct> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
}

/** Tells whether a value is the one that stands for an absent field. So is undefined: it was left out. */
function defaultTest(spec: FieldSpec): (value: unknown) => boolean {
  const { type } = spec
  const zero = zeroOf(spec)
  if (zero === null) return (value) => value === null || value === undefined
  switch (type.kind) {
    case 'bytes':
      return (value) => value === undefined || (value instanceof Uint8Array && value.length === 0)
    case 'array':
      return (value) => value === undefined || (Array.isArray(value) && value.length === 0)
    case 'struct': {
      const tests = Object.entries(type.fields).map(([name, { spec }]) => ({ name, test: defaultTest(spec) }))
      return (value) =>
        value === undefined || (isStruct(value) && tests.every(({ name, test }) => test(value[name])))
    }
    default:
      return (value) => value === zero || value === undefined
  }
}
