// Compiles a message's fields, for one version, to closures that read and write just what that version has.

import { Buffer } from 'node:buffer'
import { ProtocolError } from '../errors.ts'
import type { Reader } from './bytes/reader.ts'
import { Writer } from './bytes/writer.ts'
import { primitiveCodec, type ValueCodec } from './primitives.ts'
import type { FieldSpec, Fields, FieldType, VersionRange } from './schema.ts'

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
}

interface CompiledField extends NamedField {
  readonly codec: ValueCodec
  /** The value of a field that was left out; undefined when it may not be. */
  readonly omitted: unknown
}

function structCodec(fields: Fields, path: string, compilation: Compilation): ValueCodec {
  const { version, message, flexible } = compilation
  const all = Object.entries(fields).map(([name, { spec }]): NamedField => {
    return { name, spec, path: path === '' ? name : `${path}.${name}` }
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
  const known = new Map(tagged.map((field) => [field.spec.tagNumber!, field]))
  const fail = failure(message)

  return {
    write(writer, value) {
      if (typeof value !== 'object' || value === null) fail(path, value, 'an object')
      const given = value as { readonly [name: string]: unknown }
      for (const { name, path, spec } of mustBeLeftOut) {
        if (given[name] !== undefined && !isDefault(spec, given[name])) {
          throw new ProtocolError(`${message}: ${path} has a value that this version cannot carry`)
        }
      }
      for (const { name, path, codec, omitted } of plain) {
        const own = given[name]
        if (own !== undefined) codec.write(writer, own)
        else if (omitted !== undefined) codec.write(writer, omitted)
        else fail(path, own, 'a value')
      }
      if (flexible) writeTagged(writer, tagged, given)
    },
    read(reader) {
      const value: { [name: string]: unknown } = {}
      for (const { name, codec } of plain) value[name] = codec.read(reader)
      for (const { name, spec } of tagged) value[name] = zeroOf(spec)
      for (const { name, spec } of absent) value[name] = zeroOf(spec)
      if (flexible) {
        reader.taggedFields((tag, inner) => {
          const field = known.get(tag)
          if (field === undefined) return false
          value[field.name] = field.codec.read(inner)
          return true
        })
      }
      return value
    },
  }
}

function writeTagged(
  writer: Writer,
  tagged: readonly CompiledField[],
  given: { readonly [name: string]: unknown },
) {
  const written = tagged.filter(
    ({ name, spec }) => given[name] !== undefined && !isDefault(spec, given[name]),
  )
  writer.unsignedVarint(written.length)
  for (const { name, spec, codec } of written) {
    const content = new Writer()
    codec.write(content, given[name])
    writer.unsignedVarint(spec.tagNumber!)
    writer.unsignedVarint(content.size)
    writer.append(content)
  }
}

function fieldCodec(spec: FieldSpec, path: string, compilation: Compilation): ValueCodec {
  const nullable = spec.nullableFromVersion <= compilation.version
  return typeCodec(spec.type, nullable, path, compilation)
}

function typeCodec(type: FieldType, nullable: boolean, path: string, compilation: Compilation): ValueCodec {
  switch (type.kind) {
    case 'array':
      return arrayCodec(type.element, nullable, path, compilation)
    case 'struct': {
      const codec = structCodec(type.fields, path, compilation)
      return nullable ? nullableStructCodec(codec) : codec
    }
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

/** A nullable structure has a byte before it: -1 for null, 1 for a value. */
function nullableStructCodec(codec: ValueCodec): ValueCodec {
  return {
    write(writer, value) {
      writer.int8(value === null ? -1 : 1)
      if (value !== null) codec.write(writer, value)
    },
    read: (reader) => (reader.int8() < 0 ? null : codec.read(reader)),
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

function isDefault(spec: FieldSpec, value: unknown): boolean {
  return sameValue(value, zeroOf(spec), spec.type)
}

function sameValue(a: unknown, b: unknown, type: FieldType): boolean {
  if (a === b) return true
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false
  switch (type.kind) {
    case 'bytes':
    case 'records':
      return Buffer.compare(a as Uint8Array, b as Uint8Array) === 0
    case 'array':
      // A default array is empty: equal only when both are.
      return (a as unknown[]).length === 0 && (b as unknown[]).length === 0
    case 'struct':
      return Object.entries(type.fields).every(([name, { spec }]) => {
        const own = (a as { [name: string]: unknown })[name]
        return own === undefined || sameValue(own, (b as { [name: string]: unknown })[name], spec.type)
      })
    default:
      return false
  }
}
