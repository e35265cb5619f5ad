// `ottla/protocol`: Kafka's protocol by itself. Bytes to values and back for every API and version; no socket.

export {
  type ClientErrorCode,
  isKafkaError,
  KafkaError,
  ProtocolError,
} from '../errors.ts'
export * from './api/index.ts'
export { Reader } from './bytes/reader.ts'
export { Writer } from './bytes/writer.ts'
export type { MessageCodec } from './codec.ts'
export {
  correlationIdOf,
  decodeRequest,
  decodeRequestHeader,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  type RequestHeader,
} from './frame.ts'
export * from './schema.ts'
