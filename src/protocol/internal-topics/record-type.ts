// The form in which the records of Kafka's own topics are defined: a key that begins with the number of the record's
// type, and a value that begins with its version. A key without a value: what it names is no more.

import { Buffer } from 'node:buffer'
import { ProtocolError } from '../../errors.ts'
import { Reader } from '../bytes/reader.ts'
import { readWhole } from '../codec.ts'
import { type Decoded, defineMessage, type Fields, type Message, type VersionRange } from '../schema.ts'

export interface RecordType<
  Name extends string = string,
  K extends Fields = Fields,
  V extends Fields = Fields,
> {
  /** The first two bytes of the key. */
  readonly id: number
  readonly name: Name
  readonly key: Message<K>
  readonly value: Message<V>
}

export interface RecordTypeDefinition<Name extends string, K extends Fields, V extends Fields> {
  readonly id: number
  readonly name: Name
  readonly key: K
  /** Versions of the value; the key has one only. */
  readonly versions: VersionRange
  readonly flexibleFrom?: number
  readonly value: V
}

/** What a record says; `value` is null when it says that the key is no more. Its `type` tells key and value apart. */
export type RecordOf<T extends RecordType> =
  T extends RecordType<infer Name, infer K, infer V>
    ? { readonly type: Name; readonly key: Decoded<K>; readonly value: Decoded<V> | null }
    : never

export function defineRecordType<const Name extends string, const K extends Fields, const V extends Fields>(
  definition: RecordTypeDefinition<Name, K, V>,
): RecordType<Name, K, V> {
  const { id, name, versions } = definition
  const flexibleFrom = definition.flexibleFrom ?? Number.POSITIVE_INFINITY
  return {
    id,
    name,
    key: defineMessage({ name: `${name}Key`, versions: [0, 0], fields: definition.key }),
    value: defineMessage({ name: `${name}Value`, versions, flexibleFrom, fields: definition.value }),
  }
}

/**
 * Reads the key and value of a record. Undefined for a type, or a version of a value, that is newer than this client:
 * a newer Kafka wrote it. Throws a ProtocolError on malformed bytes.
 */
export function readRecord<T extends RecordType>(
  types: readonly T[],
  key: Uint8Array,
  value: Uint8Array | null,
): RecordOf<T> | undefined {
  const keyReader = readerOf(key)
  const id = keyReader.int16()
  if (id < 0) throw new ProtocolError(`there is no record type ${id}`)
  const type = types.find((type) => type.id === id)
  if (type === undefined) return undefined
  const decodedKey = readWhole(type.key, 0, keyReader)
  if (value === null) return { type: type.name, key: decodedKey, value } as RecordOf<T>
  const valueReader = readerOf(value)
  const version = valueReader.int16()
  if (version > type.value.versions[1]) return undefined
  return {
    type: type.name,
    key: decodedKey,
    value: readWhole(type.value, version, valueReader),
  } as RecordOf<T>
}

function readerOf(bytes: Uint8Array): Reader {
  return new Reader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
}
