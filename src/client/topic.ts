// A topic with its types: wherever a topic's name is taken, a `topic(...)` is, and brings its own serdes.

import { KafkaError } from '../errors.ts'
import type {
  AnyDeserializer,
  AnySerde,
  AnySerializer,
  Bytes,
  BytesSerde,
  DeserializerOutput,
  SerializerInput,
} from './serde.ts'
import { serde } from './serde.ts'

/** A topic's name with the serdes of its keys and values. Made by {@link topic}. */
export interface Topic<
  Name extends string = string,
  KeyIn = Bytes,
  ValueIn = Bytes,
  KeyOut = Buffer,
  ValueOut = Buffer,
> {
  readonly name: Name
  readonly key: AnySerde
  readonly value: AnySerde
  /** In types only: what is taken and given. */
  readonly '~types'?: {
    readonly keyIn: (key: KeyIn) => void
    readonly valueIn: (value: ValueIn) => void
    readonly keyOut: KeyOut
    readonly valueOut: ValueOut
  }
}

/** Any topic, whatever its types. */
export type AnyTopic = Topic<string, never, never, unknown, unknown>

/** A topic by name or as an object. */
export type TopicName = string | AnyTopic

/** A partition of a topic. */
export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** A partition of a topic, whose topic is given by name or as an object. A record is one, too. */
export interface TopicPartitionInput {
  readonly topic: TopicName
  readonly partition: number
}

/** The serdes of a topic. What is left out is bytes: text or bytes in, `Buffer` out. */
export interface TopicSerdes<KeySerde extends AnySerde, ValueSerde extends AnySerde> {
  readonly key?: KeySerde | undefined
  readonly value?: ValueSerde | undefined
}

/**
 * A topic that carries its serdes, for producers, consumers and whatever else takes a topic's name.
 *
 * @example const orders = topic('orders', { key: serde.string, value: serde.json<Order>() })
 * @throws KafkaError `INVALID_ARGUMENT` when Kafka would refuse the name.
 */
export function topic<
  const Name extends string,
  KeySerde extends AnySerde = BytesSerde,
  ValueSerde extends AnySerde = BytesSerde,
>(
  name: Name,
  serdes: TopicSerdes<KeySerde, ValueSerde> = {},
): Topic<
  Name,
  SerializerInput<KeySerde>,
  SerializerInput<ValueSerde>,
  DeserializerOutput<KeySerde>,
  DeserializerOutput<ValueSerde>
> {
  const problem = topicNameProblem(name)
  if (problem !== undefined) throw new KafkaError('INVALID_ARGUMENT', problem)
  for (const option of Object.keys(serdes)) {
    if (option !== 'key' && option !== 'value') {
      throw new KafkaError('INVALID_ARGUMENT', `Topic ${name} takes { key, value }, not '${option}'`)
    }
  }
  const key = serdes.key ?? serde.bytes
  const value = serdes.value ?? serde.bytes
  for (const [part, given] of [
    ['key', key],
    ['value', value],
  ] as const) {
    if (isSerializer(given) && isDeserializer(given)) continue
    throw new KafkaError(
      'INVALID_ARGUMENT',
      `The ${part} serde of topic ${name} must have serialize and deserialize (or serializeAsync and deserializeAsync)`,
    )
  }
  return Object.freeze({ [TOPIC]: true, name, key, value })
}

const TOPIC = Symbol.for('ottla.topic')

/** Was this made by {@link topic} (of any copy of the package)? */
export function isTopic(value: unknown): value is AnyTopic {
  return typeof value === 'object' && value !== null && TOPIC in value
}

/** The name, of a topic given either way. Does not check it: see {@link topicNameProblem}. */
export function topicNameOf(topic: TopicName): string {
  return typeof topic === 'string' ? topic : topic.name
}

/** What Kafka would refuse about a topic's name, in a sentence, or undefined. */
export function topicNameProblem(name: unknown): string | undefined {
  if (typeof name !== 'string')
    return `A topic's name is a string, not ${name === null ? 'null' : typeof name}`
  if (name === '') return "A topic's name must not be empty"
  if (name === '.' || name === '..') return `A topic cannot be named '${name}'`
  if (name.length > 249)
    return `A topic's name has at most 249 characters; '${name.slice(0, 20)}…' has ${name.length}`
  const wrong = /[^a-zA-Z0-9._-]/.exec(name)
  if (wrong === null) return undefined
  return `Topic name ${JSON.stringify(name)} has ${JSON.stringify(wrong[0])} in it: letters, digits, '.', '_' and '-' are allowed`
}

/** Has it `serialize` or `serializeAsync`? */
export function isSerializer(value: unknown): value is AnySerializer {
  return hasMethod(value, 'serialize') || hasMethod(value, 'serializeAsync')
}

/** Has it `deserialize` or `deserializeAsync`? */
export function isDeserializer(value: unknown): value is AnyDeserializer {
  return hasMethod(value, 'deserialize') || hasMethod(value, 'deserializeAsync')
}

function hasMethod(value: unknown, name: string): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Record<string, unknown>)[name] === 'function'
  )
}
