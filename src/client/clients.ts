// The generic signatures of the entry object: types are inferred from serdes and topics, never written by hand.

import type { ConsumerOptions, ProducerOptions } from './config/types.ts'
import type { Consumer, ConsumerSource, RecordOf } from './consumer/types.ts'
import type { Producer } from './producer/types.ts'
import type {
  AnyDeserializer,
  AnySerializer,
  BytesSerde,
  DeserializerOutput,
  SerializerInput,
} from './serde.ts'

/** Makes producers and consumers of one cluster. */
export interface KafkaClients {
  /**
   * A producer. `key` and `value` write the records of topics given by name; a `topic(...)` brings its own.
   *
   * @throws ConfigurationError that names the option.
   */
  producer<
    KeySerializer extends AnySerializer = BytesSerde,
    ValueSerializer extends AnySerializer = BytesSerde,
  >(
    options?: ProducerOptions<KeySerializer, ValueSerializer>,
  ): Producer<SerializerInput<KeySerializer>, SerializerInput<ValueSerializer>>

  /**
   * A consumer. Each `topic(...)` reads with its own serdes; `key` and `value` read topics given by name or RegExp.
   *
   * @throws ConfigurationError that names the option.
   */
  consumer<
    const Source extends ConsumerSource = string,
    KeyDeserializer extends AnyDeserializer = BytesSerde,
    ValueDeserializer extends AnyDeserializer = BytesSerde,
  >(
    options: ConsumerOptions<Source, KeyDeserializer, ValueDeserializer>,
  ): Consumer<RecordOf<Source, DeserializerOutput<KeyDeserializer>, DeserializerOutput<ValueDeserializer>>>
}
