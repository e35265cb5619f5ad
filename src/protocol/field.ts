// The fields of messages: what kind of value, in which versions, with which default. Static types are inferred from them.

import type { Buffer } from 'node:buffer'

/** First and last version, inclusive. */
export type VersionRange = readonly [min: number, max: number]

/** Kafka's name for what an id stands for; documentation, and checked against Kafka's definitions. */
export type EntityType = 'brokerId' | 'groupId' | 'producerId' | 'topicName' | 'transactionalId'

export type PrimitiveKind =
  | 'boolean'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'bigint64'
  | 'float64'
  | 'uuid'
  | 'string'
  | 'bytes'
  | 'records'

export type FieldType =
  | { readonly kind: PrimitiveKind }
  | { readonly kind: 'array'; readonly element: FieldType }
  | { readonly kind: 'struct'; readonly fields: Fields }

/** What a field is, apart from its name. */
export interface FieldSpec {
  readonly type: FieldType
  readonly fromVersion: number
  readonly untilVersion: number
  /** First version in which null may stand here; Infinity: never. */
  readonly nullableFromVersion: number
  /** The value that stands for an absent field. Undefined: the type's own zero. */
  readonly defaultValue: unknown
  /** Written as a tagged field with this number (KIP-482). */
  readonly tagNumber: number | undefined
  /** A value for a version that lacks this field is dropped; otherwise it is an error. */
  readonly isIgnorable: boolean
  readonly entityType: EntityType | undefined
}

/**
 * A field of a message. `Out` is what is decoded, `In` what may be given to encode; `Optional` fields may be left
 * out by the caller. Each method returns a new field.
 */
export class Field<Out = unknown, In = Out, Optional extends boolean = boolean> {
  declare readonly '~out': Out
  declare readonly '~in': In
  declare readonly '~optional': Optional
  readonly spec: FieldSpec

  constructor(spec: FieldSpec) {
    this.spec = spec
  }

  /** Exists from this version on (and may be left out, for the version is not the caller's choice). */
  from(version: number): Field<Out, In, true> {
    return new Field({ ...this.spec, fromVersion: version })
  }

  /** Exists up to this version, inclusive. */
  until(version: number): Field<Out, In, true> {
    return new Field({ ...this.spec, untilVersion: version })
  }

  /** May be null, from this version on. */
  nullable(fromVersion = 0): Field<Out | null, In | null, Optional> {
    return new Field({ ...this.spec, nullableFromVersion: fromVersion })
  }

  /** The value taken when it is left out or absent. */
  default(value: In): Field<Out, In, true> {
    return new Field({ ...this.spec, defaultValue: value })
  }

  /** Travels as tagged field `tag`: only when it differs from the default. */
  tag(tag: number): Field<Out, In, true> {
    return new Field({ ...this.spec, tagNumber: tag })
  }

  ignorable(): Field<Out, In, Optional> {
    return new Field({ ...this.spec, isIgnorable: true })
  }

  entity(entityType: EntityType): Field<Out, In, Optional> {
    return new Field({ ...this.spec, entityType })
  }
}

export type Fields = { readonly [name: string]: Field }

type OptionalName<F extends Fields> = { [K in keyof F]: F[K]['~optional'] extends true ? K : never }[keyof F]

/** What decoding gives: every field, those the version lacks at their default. */
export type Decoded<F extends Fields> = { -readonly [K in keyof F]: F[K]['~out'] }

/** What encoding takes: fields with a default, a tag or a version range may be left out. */
export type Encodable<F extends Fields> = {
  readonly [K in Exclude<keyof F, OptionalName<F>>]: F[K]['~in']
} & {
  readonly [K in OptionalName<F>]?: F[K]['~in'] | undefined
}

function field<Out, In = Out>(type: FieldType): Field<Out, In, false> {
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

export const boolean = field<boolean>({ kind: 'boolean' })
export const int8 = field<number>({ kind: 'int8' })
export const int16 = field<number>({ kind: 'int16' })
export const uint16 = field<number>({ kind: 'uint16' })
export const int32 = field<number>({ kind: 'int32' })
export const uint32 = field<number>({ kind: 'uint32' })
/** Offsets, timestamps, counts: a number, and an error beyond the safe integers. */
export const int64 = field<number>({ kind: 'int64' })
/** An int64 whose whole range is used. */
export const bigint64 = field<bigint>({ kind: 'bigint64' })
export const float64 = field<number>({ kind: 'float64' })
/** 22 characters of base64url, as Kafka prints it. */
export const uuid = field<string>({ kind: 'uuid' })
export const string = field<string>({ kind: 'string' })
/** Decoded as a view on the frame. */
export const bytes = field<Buffer, Uint8Array>({ kind: 'bytes' })
/** Record batches, handed through untouched; decoded as a view on the frame. */
export const records = field<Buffer | null, Uint8Array | null>({ kind: 'records' }).nullable()

export const brokerId = int32.entity('brokerId')
export const groupId = string.entity('groupId')
export const producerId = bigint64.entity('producerId')
export const topicName = string.entity('topicName')
export const transactionalId = string.entity('transactionalId')
/** A Kafka error code; `error-codes.ts` has their names. */
export const errorCode = int16

/** The uuid that stands for "none". */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'

export function struct<const F extends Fields>(fields: F): Field<Decoded<F>, Encodable<F>, false> {
  return field({ kind: 'struct', fields })
}

/** An array of a field's type, or of structures given by their fields. */
export function array<Out, In, Optional extends boolean>(
  element: Field<Out, In, Optional>,
): Field<Out[], readonly In[], false>
export function array<const F extends Fields>(element: F): Field<Decoded<F>[], readonly Encodable<F>[], false>
export function array(element: Field | Fields): Field<unknown[], readonly unknown[], false> {
  const type: FieldType =
    element instanceof Field ? element.spec.type : { kind: 'struct', fields: element as Fields }
  const array = field<unknown[], readonly unknown[]>({ kind: 'array', element: type })
  const entityType = element instanceof Field ? element.spec.entityType : undefined
  return entityType === undefined ? array : array.entity(entityType)
}
