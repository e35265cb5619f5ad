// The public surface: re-exports, nothing else.

export type * from './client/admin/types.ts'
export type { KafkaClients } from './client/clients.ts'
export type { Destination, RequestBody } from './client/cluster/types.ts'
export type { AdminOptions, ConsumerOptions, KafkaOptions, ProducerOptions } from './client/config/types.ts'
export type {
  AnyBatch,
  AnyRecord,
  Batch,
  BatchOf,
  CommittedOffset,
  Consumer,
  ConsumerControl,
  ConsumerGroupMetadata,
  ConsumerRecord,
  ManualAssignment,
  OffsetToCommit,
  PartitionLag,
  RebalanceListener,
  RecordObject,
  RecordOf,
  RecordsOf,
  TopicInput,
} from './client/consumer/types.ts'
export type { HeadersInput, RecordHeader, RecordHeaders } from './client/headers.ts'
export { Kafka, type RequestOptions } from './client/kafka.ts'
export type { LogFields, Logger, LogLevel } from './client/logger.ts'
export type {
  CloseOptions,
  DeliveryCallback,
  FailedRecord,
  FlushOptions,
  FlushResult,
  ManyRecords,
  Partitioner,
  Producer,
  ProducerRecord,
  RecordMetadata,
  SendReport,
  SignalOptions,
  TopicRecord,
} from './client/producer/types.ts'
export {
  type AsyncDeserializer,
  type AsyncSerde,
  type AsyncSerializer,
  type Bytes,
  type BytesSerde,
  type Deserializer,
  type Serde,
  type SerdeContext,
  type Serializer,
  serde,
} from './client/serde.ts'
export { type Topic, type TopicName, type TopicPartition, topic } from './client/topic.ts'
export * from './errors.ts'
