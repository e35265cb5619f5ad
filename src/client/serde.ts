// Serdes: how a key or a value becomes bytes and comes back. Types are inferred from them, never written by hand.
//
// A serde never sees null: a null key or value is null on the wire (a null value is a tombstone).

import { type Buffer, isUtf8 } from 'node:buffer'
import { DeserializationError, KafkaError } from '../errors.ts'
import type { RecordHeaders } from './headers.ts'

/** What may be sent where no serde says otherwise: text is written as UTF-8. */
export type Bytes = string | Uint8Array

/** Which half of a record is being converted. */
export type RecordPart = 'key' | 'value'

/** What a serde is told about the record at hand. */
export interface SerdeContext {
  readonly topic: string
  readonly part: RecordPart
  readonly headers: RecordHeaders
}

/** Turns a value into bytes; text that it returns is written as UTF-8. Must not return null or undefined. */
export interface Serializer<T> {
  serialize(value: T, context: SerdeContext): Bytes
}

/** Turns bytes into a value. The bytes are a view on a response: copy them to keep them. */
export interface Deserializer<T> {
  deserialize(bytes: Buffer, context: SerdeContext): T
}

/** A serializer and a deserializer of the same type. */
export interface Serde<T> extends Serializer<T>, Deserializer<T> {}

/** A {@link Serializer} that may have to wait, for a schema registry, say. Not for `producer.enqueue`. */
export interface AsyncSerializer<T> {
  serializeAsync(value: T, context: SerdeContext): Promise<Bytes> | Bytes
}

/** A {@link Deserializer} that may have to wait. Records are decoded before they are handed out. */
export interface AsyncDeserializer<T> {
  deserializeAsync(bytes: Buffer, context: SerdeContext): Promise<T> | T
}

/** An asynchronous serializer and deserializer of the same type. */
export interface AsyncSerde<T> extends AsyncSerializer<T>, AsyncDeserializer<T> {}

/** The serde of topics and clients that name none: text or bytes in, `Buffer` out. */
export interface BytesSerde extends Serde<Buffer> {
  serialize(value: Bytes, context: SerdeContext): Bytes
}

/** The mark of a type from which {@link serde.required} took the null away. It exists in types only. */
export interface NonNull<T> {
  readonly '~nonNull': T
}

/** A serde of a part that is never null: see {@link serde.required}. */
export interface RequiredSerde<In, Out> {
  serialize(value: In, context: SerdeContext): Bytes
  deserialize(bytes: Buffer, context: SerdeContext): Out
  readonly required: NonNull<Out>
}

/** The asynchronous {@link RequiredSerde}. */
export interface RequiredAsyncSerde<In, Out> {
  serializeAsync(value: In, context: SerdeContext): Promise<Bytes> | Bytes
  deserializeAsync(bytes: Buffer, context: SerdeContext): Promise<Out> | Out
  readonly required: NonNull<Out>
}

/** Any serializer, whatever it takes. */
export type AnySerializer = Serializer<never> | AsyncSerializer<never>

/** Any deserializer, whatever it gives. */
export type AnyDeserializer = Deserializer<unknown> | AsyncDeserializer<unknown>

/** Anything that converts both ways. */
export type AnySerde = AnySerializer & AnyDeserializer

/** What a serializer takes. */
export type SerializerInput<S> = S extends { serialize(value: infer T, context: never): unknown }
  ? T
  : S extends { serializeAsync(value: infer T, context: never): unknown }
    ? T
    : never

/** What a deserializer gives; {@link NonNull} of it when the serde is required. */
export type DeserializerOutput<S> = S extends { readonly required: NonNull<infer T> }
  ? NonNull<T>
  : S extends { deserialize(bytes: never, context: never): infer T }
    ? T
    : S extends { deserializeAsync(bytes: never, context: never): infer T }
      ? Awaited<T>
      : never

/** The serdes that come with the client. */
export const serde = {
  /**
   * Text as UTF-8. Bytes that are not UTF-8 are an error, not replacement characters: two different keys would
   * become the same text. The record's `rawKey` and `rawValue` still have them.
   */
  string: {
    serialize(value) {
      if (typeof value !== 'string') throw new TypeError(`serde.string takes a string, not ${kindOf(value)}`)
      return value
    },
    deserialize: decodeUtf8,
  } satisfies Serde<string> as Serde<string>,

  /** Bytes as they are; text is also taken, and written as UTF-8. Decoded values are views, not copies. */
  bytes: {
    serialize(value) {
      if (typeof value === 'string' || value instanceof Uint8Array) return value
      throw new TypeError(`takes text or a Uint8Array, not ${kindOf(value)}: give a serde for other types`)
    },
    deserialize: (bytes) => bytes,
  } satisfies BytesSerde as BytesSerde,

  /** JSON in UTF-8. `T` is what you say it is: nothing checks that the parsed value has that shape. */
  json<T>(): Serde<T> {
    return {
      serialize(value) {
        const text = JSON.stringify(value) as string | undefined
        if (text === undefined) throw new TypeError(`serde.json cannot write ${kindOf(value)}`)
        return text
      },
      deserialize: (bytes) => parseJson(decodeUtf8(bytes)) as T,
    }
  },

  /** An asynchronous serde, for its types: `serde.async<Order>({ serializeAsync, deserializeAsync })`. */
  async<T>(asyncSerde: AsyncSerde<T>): AsyncSerde<T> {
    return asyncSerde
  },

  required,
}

/**
 * The same serde for a part that is never null: `record.value` is `T`, not `T | null`. A null is refused when
 * sent, and is a DeserializationError when read.
 */
function required<In, Out>(inner: {
  serialize(value: In, context: SerdeContext): Bytes
  deserialize(bytes: Buffer, context: SerdeContext): Out
}): RequiredSerde<In, Out>
function required<In, Out>(inner: {
  serializeAsync(value: In, context: SerdeContext): Promise<Bytes> | Bytes
  deserializeAsync(bytes: Buffer, context: SerdeContext): Promise<Out> | Out
}): RequiredAsyncSerde<In, Out>
function required(inner: AnySerde): object {
  const outer: Record<string, unknown> = { required: true }
  for (const name of ['serialize', 'deserialize', 'serializeAsync', 'deserializeAsync'] as const) {
    const method = (inner as unknown as Record<string, unknown>)[name]
    if (typeof method === 'function') outer[name] = method.bind(inner)
  }
  return outer
}

// ---- for the producer and the consumer

/** Does this serializer answer with a promise? Then `enqueue` cannot take it. */
export function isAsyncSerializer(serializer: AnySerializer): serializer is AsyncSerializer<never> {
  return !('serialize' in serializer)
}

/** Must records be decoded before they are handed out? */
export function isAsyncDeserializer(
  deserializer: AnyDeserializer,
): deserializer is AsyncDeserializer<unknown> {
  return !('deserialize' in deserializer)
}

/** A part as the wire has it. Throws SERIALIZATION_FAILED, naming topic and part, whatever went wrong. */
export function serializePart(
  serializer: Serializer<never>,
  value: unknown,
  context: SerdeContext,
): Bytes | null {
  if (value === null || value === undefined) return nullPart(serializer, value, context)
  let bytes: Bytes
  try {
    bytes = serializer.serialize(value as never, context)
  } catch (cause) {
    throw serializationFailed(context, reasonOf(cause), cause)
  }
  return checkedBytes(bytes, context)
}

/** As {@link serializePart}, for either kind of serializer. */
export async function serializePartAsync(
  serializer: AnySerializer,
  value: unknown,
  context: SerdeContext,
): Promise<Bytes | null> {
  if (!isAsyncSerializer(serializer)) return serializePart(serializer, value, context)
  if (value === null || value === undefined) return nullPart(serializer, value, context)
  let bytes: Bytes
  try {
    bytes = await serializer.serializeAsync(value as never, context)
  } catch (cause) {
    throw serializationFailed(context, reasonOf(cause), cause)
  }
  return checkedBytes(bytes, context)
}

/** Where a record stands, for the messages of its errors. */
export interface RecordPosition {
  readonly partition: number
  readonly offset: number
}

/** A part decoded. Throws DeserializationError, naming topic, partition and offset. */
export function deserializePart<T>(
  deserializer: Deserializer<T>,
  bytes: Buffer | null,
  context: SerdeContext,
  at: RecordPosition,
): T | null {
  if (bytes === null) return nullDecoded(deserializer, context, at)
  try {
    return deserializer.deserialize(bytes, context)
  } catch (cause) {
    throw deserializationFailed(context, at, reasonOf(cause), cause)
  }
}

/** As {@link deserializePart}, for either kind of deserializer. */
export async function deserializePartAsync(
  deserializer: AnyDeserializer,
  bytes: Buffer | null,
  context: SerdeContext,
  at: RecordPosition,
): Promise<unknown> {
  if (!isAsyncDeserializer(deserializer)) return deserializePart(deserializer, bytes, context, at)
  if (bytes === null) return nullDecoded(deserializer, context, at)
  try {
    return await deserializer.deserializeAsync(bytes, context)
  } catch (cause) {
    throw deserializationFailed(context, at, reasonOf(cause), cause)
  }
}

// ---- helpers

/** Only text with U+FFFD in it can come from broken UTF-8, so only that is looked at twice. */
function decodeUtf8(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  if (text.includes('\uFFFD') && !isUtf8(bytes)) throw new TypeError('the bytes are not UTF-8 text')
  return text
}

/** JavaScript's own message quotes what it could not parse; an error must not show what is in a record (S4). */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const position = /at position \d+/.exec(String(error))?.[0]
    throw new TypeError(`the text is not JSON${position === undefined ? '' : ` (${position})`}`)
  }
}

function isRequired(serdeOrPart: object): boolean {
  return (serdeOrPart as { readonly required?: unknown }).required === true
}

function nullPart(serializer: AnySerializer, value: null | undefined, context: SerdeContext): null {
  if (isRequired(serializer)) throw serializationFailed(context, `it is ${value}, but its serde is required`)
  if (value === undefined && context.part === 'value') {
    throw serializationFailed(context, 'it is undefined; only null is a tombstone')
  }
  return null
}

function nullDecoded(deserializer: AnyDeserializer, context: SerdeContext, at: RecordPosition): null {
  if (!isRequired(deserializer)) return null
  throw deserializationFailed(context, at, 'it is null, but its serde is required')
}

function checkedBytes(bytes: Bytes, context: SerdeContext): Bytes {
  if (typeof bytes === 'string' || bytes instanceof Uint8Array) return bytes
  throw serializationFailed(context, `its serde returned ${kindOf(bytes)}, not text or a Uint8Array`)
}

function serializationFailed(context: SerdeContext, reason: string, cause?: unknown): KafkaError {
  const message = `The ${context.part} of a record for topic ${context.topic} cannot be serialized: ${reason}`
  return new KafkaError('SERIALIZATION_FAILED', message, {
    topic: context.topic,
    ...(cause === undefined ? {} : { cause }),
  })
}

function deserializationFailed(
  { topic, part }: SerdeContext,
  at: RecordPosition,
  reason: string,
  cause?: unknown,
): DeserializationError {
  const where = `${topic}-${at.partition} at offset ${at.offset}`
  const raw = part === 'key' ? 'rawKey' : 'rawValue'
  return new DeserializationError(
    part,
    `The ${part} of ${where} cannot be deserialized: ${reason}. Its bytes are in ${raw}`,
    { topic, partition: at.partition, offset: at.offset, ...(cause === undefined ? {} : { cause }) },
  )
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

/** The kind of a value, never the value itself: errors must not show what is in a record. */
function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'object') return `a ${value.constructor?.name ?? 'plain object'}`
  return value === undefined ? 'undefined' : `a ${typeof value}`
}
