// Compiles a message's fields, for one version, to closures that read and write just what that version has.

import { Buffer } from 'node:buffer'
import { ProtocolError } from '../errors.ts'
import type { Reader } from './bytes/reader.ts'
import { Writer } from './bytes/writer.ts'
import type { FieldSpec, Fields, FieldType, VersionRange } from './field.ts'
import { primitiveCodec, type ValueCodec } from './primitives.ts'

/** Reads and writes one version of one message. */
export interface MessageCodec<Out, In> {
  /** Throws a ProtocolError that names message, version and the field's path when a value does not fit. */
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
  readonly message: string
  readonly version: number
  readonly flexible: boolean
}

export function compileCodec<Out, In>(shape: MessageShape, version: number): MessageCodec<Out, In> {
  const [min, max] = shape.versions
  if (!Number.isInteger(version) || version < min || version > max) {
    throw new ProtocolError(`${shape.name} has versions ${min} to ${max}, not ${version}`)
  }
  const message = `${shape.name} v${version}`
  const codec = structCodec(shape.fields, '', { message, version, flexible: version >= shape.flexibleFrom })
  return {
    write: (writer, value) => codec.write(writer, value),
    read(reader) {
      try {
        return codec.read(reader) as Out
      } catch (error) {
        if (error instanceof ProtocolError)
          throw new ProtocolError(`${message}: ${error.message}`, { cause: error })
        throw error
      }
    },
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
}

type Struct = { [name: string]: unknown }

function structCodec(fields: Fields, path: string, compilation: Compilation): ValueCodec {
  const { version, message, flexible } = compilation
  const all = Object.entries(fields).map(([name, { spec }]): NamedField => {
    return { name, spec, path: path === '' ? name : `${path}.${name}`, isDefault: defaultTest(spec) }
  })
  const present = all.filter(({ spec }) => spec.fromVersion <= version && version <= spec.untilVersion)
  const absent = all.filter((field) => !present.includes(field))
  const compile = (field: NamedField): CompiledField => ({
    ...field,
    codec: fieldCodec(field.spec, field.path, compilation),
    omitted: isOptional(field.spec) ? zeroOf(field.spec) : undefined,
  })
  const plain = present.filter(({ spec }) => spec.tagNumber === undefined).map(compile)
  const tagged = present
    .filter(({ spec }) => spec.tagNumber !== undefined)
    .sort((a, b) => a.spec.tagNumber! - b.spec.tagNumber!)
    .map(compile)
  const mustBeLeftOut = absent.filter(({ spec }) => !spec.isIgnorable)
  const emptyStruct = structFactory(fields, new Set(plain.map(({ name }) => name)))
  const fail = failure(message)

  return {
    write(writer, value) {
      if (!isStruct(value)) return fail(path, value, 'an object')
      for (const { name, path, spec, isDefault } of mustBeLeftOut) {
        if (!isDefault(value[name])) {
          throw new ProtocolError(`${message}: ${path} has a value, but exists only ${versionsOf(spec)}`)
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
      for (const { name, codec } of plain) value[name] = codec.read(reader)
      if (flexible) {
        reader.taggedFields((tag, inner) => {
          const field = tagged.find(({ spec }) => spec.tagNumber === tag)
          if (field === undefined) return false
          value[field.name] = field.codec.read(inner)
          return true
        })
      }
      return value
    },
  }
}

/**
 * Makes structures in which every field has its default. A copy of one template is several times cheaper than adding
 * field after field; only what must not be shared (arrays, structures) is made anew, unless it is `overwritten`.
 */
function structFactory(fields: Fields, overwritten: ReadonlySet<string> = new Set()): () => Struct {
  const template: Struct = {}
  const fresh: { name: string; make: () => unknown }[] = []
  for (const [name, { spec }] of Object.entries(fields)) {
    template[name] = zeroOf(spec)
    const make = overwritten.has(name) ? undefined : freshZero(spec)
    if (make !== undefined) fresh.push({ name, make })
  }
  if (fresh.length === 0) return () => ({ ...template })
  return () => {
    const value = { ...template }
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
      return primitiveCodec(type.kind, {
        nullable,
        compact: compilation.flexible,
        fail: failure(compilation.message),
        path,
      })
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
  const fail = failure(compilation.message)
  return {
    write(writer, value) {
      if (value === null && nullable) return writer.length(-1, compact, 32)
      if (!Array.isArray(value)) return fail(path, value, nullable ? 'an array or null' : 'an array')
      writer.length(value.length, compact, 32)
      for (const item of value) codec.write(writer, item)
    },
    read(reader) {
      // Every element takes a byte at least, so a count above what is left is refused by length().
      const count = reader.length(compact, 32)
      if (count === -1) {
        if (nullable) return null
        throw new ProtocolError(`${path} is null`)
      }
      const items: unknown[] = []
      for (let i = 0; i < count; i++) items.push(codec.read(reader))
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

function failure(message: string): (path: string, value: unknown, expected: string) => never {
  return (path, value, expected) => {
    throw new ProtocolError(`${message}: ${path || 'the message'} is ${describe(value)}, not ${expected}`)
  }
}

/** Says what kind of value was met, not its content: that may be a secret. */
function describe(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value)
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function versionsOf({ fromVersion, untilVersion }: FieldSpec): string {
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

function isStruct(value: unknown): value is Readonly<Struct> {
  return typeof value === 'object' && value !== null
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
