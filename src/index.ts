// The public surface: re-exports, nothing else.

export type * from './client/admin/types.ts'
export type { CloseOptions, SignalOptions } from './client/call-options.ts'
export type { KafkaClients } from './client/clients.ts'
export type { Destination, RequestBody } from './client/cluster/types.ts'
export { type OptionsKind, optionNames } from './client/config/tables.ts'
export type { AdminOptions, ConsumerOptions, KafkaOptions, ProducerOptions } from './client/config/types.ts'
export type {
  AnyBatch,
  AnyRecord,
  Batch,
  BatchOf,
  CommittedOffset,
  Consumer,
  ConsumerCloseOptions,
  ConsumerControl,
  ConsumerGroupMetadata,
  ConsumerRecord,
  ConsumerSource,
  HasKey,
  HasValue,
  ManualAssignment,
  OffsetAtTime,
  OffsetToCommit,
  PartitionLag,
  PartitionOffset,
  RebalanceListener,
  RecordObject,
  RecordOf,
  RecordsOf,
  TimestampQuery,
  TopicInput,
  TopicPattern,
} from './client/consumer/types.ts'
export type { HeadersInput, RecordHeader, RecordHeaders } from './client/headers.ts'
export { Kafka, type RequestOptions } from './client/kafka.ts'
export type { LogFields, Logger, LogLevel } from './client/logger.ts'
export type {
  DeliveryCallback,
  FailedRecord,
  FlushOptions,
  FlushResult,
  ManyRecords,
  Partitioner,
  PartitionerInput,
  PartitionLeader,
  Producer,
  ProducerRecord,
  RecordMetadata,
  SendReport,
  TopicKey,
  TopicRecord,
  TopicRecords,
  TopicValue,
} from './client/producer/types.ts'
export {
  type AnyDeserializer,
  type AnySerializer,
  type AsyncDeserializer,
  type AsyncSerde,
  type AsyncSerializer,
  type Bytes,
  type BytesSerde,
  type Deserializer,
  type DeserializerOutput,
  type NonNull,
  type RequiredAsyncSerde,
  type RequiredSerde,
  type Serde,
  type SerdeContext,
  type Serializer,
  type SerializerInput,
  serde,
} from './client/serde.ts'
export {
  type AnyTopic,
  type Topic,
  type TopicName,
  type TopicPartition,
  type TopicPartitionInput,
  topic,
} from './client/topic.ts'
export * from './errors.ts'
