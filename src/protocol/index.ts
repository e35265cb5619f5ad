// `ottla/protocol`: Kafka's protocol by itself. Bytes to values and back for every API and version; no socket.

export {
  BrokerError,
  CorruptRecordError,
  isKafkaError,
  KafkaError,
  ProtocolError,
} from '../errors.ts'
export * from './api/index.ts'
export { Reader } from './bytes/reader.ts'
export { Writer } from './bytes/writer.ts'
export { type MessageCodec, zeroOf } from './codec.ts'
export {
  COMPRESSION_LEVELS,
  COMPRESSION_TYPES,
  type CompressionCodec,
  type CompressionCodecs,
  type CompressionLevels,
  type CompressionType,
  compressionCodecs,
  DEFAULT_MAX_DECOMPRESSED_BYTES,
  type DecompressOptions,
} from './compression/index.ts'
export { crc32c } from './crc32c.ts'
export {
  allErrorCodes,
  type BrokerErrorCode,
  type BrokerErrorName,
  brokerError,
  errorByCode,
  errorByName,
} from './error-codes.ts'
export {
  correlationIdOf,
  decodeRequest,
  decodeRequestHeader,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  type RequestHeader,
} from './frame.ts'
export {
  decodeStickyUserData,
  type EncodableStickyUserData,
  encodeStickyUserData,
  StickyAssignorUserData,
  type StickyUserData,
} from './group-messages/sticky-user-data.ts'
export {
  type Assignment,
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  decodeAssignment,
  decodeSubscription,
  type EncodableAssignment,
  type EncodableSubscription,
  encodeAssignment,
  encodeSubscription,
  type Subscription,
} from './group-messages/subscription.ts'
export {
  type ConsumerOffsetsRecord,
  consumerOffsetsRecords,
  type RecordOf,
  type RecordType,
  readConsumerOffsetsRecord,
  readTransactionStateRecord,
  type TransactionStateRecord,
  transactionStateRecords,
} from './internal-topics/index.ts'
export { batchAt, batchSizeAt, type RecordBatch, type RecordsContext, readBatches } from './records/batch.ts'
export {
  BatchBuilder,
  type BatchBuilderOptions,
  type HeaderEntries,
  recordSizeUpperBound,
  type SealedBatch,
  type SealOptions,
} from './records/builder.ts'
export { type ControlRecord, readControlBatch, transactionMarker } from './records/control.ts'
export {
  type OpenOptions,
  openBatch,
  openBatchAsync,
  type RecordCursor,
  type StoredRecord,
} from './records/cursor.ts'
export type { HeaderEntry, RecordHeaders } from './records/headers.ts'
export {
  type ProducerIdentity,
  restampLogAppendTime,
  restampOffset,
  restampProducer,
  splitBatch,
} from './records/rewrite.ts'
export * from './schema.ts'
export {
  type AbortedTransactionEntry,
  type OffsetIndexEntry,
  readOffsetIndex,
  readTimeIndex,
  readTransactionIndex,
  type TimeIndexEntry,
} from './segments/index-files.ts'
export {
  type BatchHeader,
  type ReadSegmentOptions,
  readSegment,
  type SegmentBatch,
  type SegmentDamage,
  type SegmentPart,
} from './segments/log.ts'
export { type ProducerSnapshotEntry, readProducerSnapshot } from './segments/producer-snapshot.ts'
export { type ByteSource, bufferSource } from './segments/source.ts'
