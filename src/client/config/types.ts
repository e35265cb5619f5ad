// The options as users give them and as clients get them, both from the tables.

import type { ConsumerSource, ManualAssignment, TopicInput } from '../consumer/types.ts'
import type { AnyDeserializer, AnySerializer, BytesSerde } from '../serde.ts'
import type { InputOf, ResolvedOf } from './option.ts'
import type { tables } from './tables.ts'

type Tables = typeof tables

/** Options of `new Kafka(...)`. */
export interface KafkaOptions extends InputOf<Tables['kafka']> {
  readonly bootstrapServers: string | readonly string[]
}

/** Options of `kafka.producer(...)`. */
export interface ProducerOptions<
  KeySerializer extends AnySerializer = BytesSerde,
  ValueSerializer extends AnySerializer = BytesSerde,
> extends InputOf<Tables['producer']> {
  readonly key?: KeySerializer | undefined
  readonly value?: ValueSerializer | undefined
}

/** Options of `kafka.consumer(...)`. */
export interface ConsumerOptions<
  Source extends ConsumerSource = string,
  KeyDeserializer extends AnyDeserializer = BytesSerde,
  ValueDeserializer extends AnyDeserializer = BytesSerde,
> extends InputOf<Tables['consumer']> {
  readonly topics?: readonly (Source & TopicInput)[] | undefined
  readonly assign?: readonly (Source & ManualAssignment)[] | undefined
  readonly key?: KeyDeserializer | undefined
  readonly value?: ValueDeserializer | undefined
}

/** Options of `kafka.admin(...)`. */
export interface AdminOptions extends InputOf<Tables['admin']> {}

// The options with which each kind of client works: all of them, defaults filled in.
export interface ResolvedKafkaOptions extends ResolvedOf<Tables['kafka']> {}
export interface ResolvedProducerOptions extends ResolvedOf<Tables['producer']> {}
export interface ResolvedConsumerOptions extends ResolvedOf<Tables['consumer']> {}
export interface ResolvedAdminOptions extends ResolvedOf<Tables['admin']> {}
