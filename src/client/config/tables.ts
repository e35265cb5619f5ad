// Every option: one line each, with its meaning as the comment above it. Types, defaults, validation, the hovers in an
// editor, docs/configuration.md and the comparison with Java's configs all come from here.
//
// To add one: a comment and a line in the table it belongs to, then `npm run docs`.

import type { ConnectionOptions } from 'node:tls'
import type { Assignor } from '../../group/assignors/assignor.ts'
import type { ManualAssignment, RebalanceListener, TopicInput } from '../consumer/types.ts'
import { consoleLogger, type Logger } from '../logger.ts'
import type { Partitioner } from '../producer/types.ts'
import { type AnyDeserializer, type AnySerializer, serde } from '../serde.ts'
import { ASSIGNOR_NAMES, type AssignmentStrategy, readAssignmentStrategy } from './assignment-strategy.ts'
import { readBootstrapServers, type ServerAddress } from './bootstrap-servers.ts'
import { compressionLevel } from './compression-level.ts'
import {
  bytes,
  count,
  flag,
  milliseconds,
  oneOf,
  option,
  optional,
  optionalFunction,
  optionalText,
  readText,
  required,
} from './option.ts'
import {
  readAcks,
  readAssign,
  readDeserializer,
  readInstanceId,
  readLogger,
  readSerializer,
  readTls,
  readTopics,
} from './readers.ts'

const KIB = 1024
const MIB = 1024 * KIB
const LISTENER = { reason: "in place of Java's `ConsumerRebalanceListener`" }

/** Connections and metadata, which the clients of one `Kafka` share: given to `new Kafka(...)` only. */
export const connectionTable = {
  /** Where the cluster is first looked for: `'b1:9092,b2:9092'` or an array. Any of its brokers will do. */
  bootstrapServers: required<string | readonly string[], readonly ServerAddress[]>(
    "'host:port,…' or array",
    readBootstrapServers,
    { java: 'bootstrap.servers' },
  ),
  /** The name under which brokers log, meter and limit this client. */
  clientId: option<string>('string', readText, 'ottla', {
    java: 'client.id',
    reason: 'Java numbers its clients (`producer-1`); an empty name would not tell who is connected',
  }),
  /**
   * TLS: `true`, or options of `node:tls` (`ca`, and `cert` and `key` to authenticate with a certificate).
   */
  tls: option<boolean | ConnectionOptions, ConnectionOptions | undefined>(
    'boolean or node:tls options',
    readTls,
    false,
    { reason: 'in place of `security.protocol` and `ssl.*`' },
  ),
  /**
   * How long to wait before connecting to a broker again; doubles, with jitter, up to
   * `reconnectBackoffMaxMs`.
   */
  reconnectBackoffMs: milliseconds(50, { java: 'reconnect.backoff.ms' }),
  /** The longest wait between attempts to connect. */
  reconnectBackoffMaxMs: milliseconds(1_000, { java: 'reconnect.backoff.max.ms' }),
  /**
   * How long one attempt to connect may take, TLS included; doubles up to
   * `socketConnectionSetupTimeoutMaxMs`.
   */
  socketConnectionSetupTimeoutMs: milliseconds(10_000, {
    java: 'socket.connection.setup.timeout.ms',
    min: 1,
  }),
  /** The longest that an attempt to connect may take. */
  socketConnectionSetupTimeoutMaxMs: milliseconds(30_000, {
    java: 'socket.connection.setup.timeout.max.ms',
    min: 1,
  }),
  /** Connections that were not used for so long are closed. */
  connectionsMaxIdleMs: milliseconds(540_000, {
    java: 'connections.max.idle.ms',
    min: 1,
    reason: "Java's admin client has 300000; the connections here are shared by all clients",
  }),
  /** How old metadata may be before it is asked for again, though nothing seems to have changed. */
  metadataMaxAgeMs: milliseconds(300_000, { java: 'metadata.max.age.ms', min: 1 }),
  /** The largest response that is read; a larger frame is an error and closes the connection. */
  maxResponseSize: bytes(100 * MIB, { min: KIB, reason: 'ours: a length from the wire is not trusted' }),
}

/** Given to `new Kafka(...)` as the default of its clients, or to a client. */
export const sharedTable = {
  /** How long a broker may take to answer one request; then the connection is given up. */
  requestTimeoutMs: milliseconds(30_000, { java: 'request.timeout.ms', min: 1 }),
  /** How long to wait before trying a request again; doubles, with jitter, up to `retryBackoffMaxMs`. */
  retryBackoffMs: milliseconds(100, { java: 'retry.backoff.ms' }),
  /** The longest wait between two attempts. */
  retryBackoffMaxMs: milliseconds(1_000, { java: 'retry.backoff.max.ms' }),
  /** Where the client tells what it does: four methods `(message, fields)`; console, pino and winston fit. */
  logger: option<Logger>('{ debug, info, warn, error }', readLogger, consoleLogger, { reason: 'ours' }),
}

/** As the shared ones, for consumers and the admin client. */
export const callTable = {
  /** How long a call may take with all its retries. */
  defaultApiTimeoutMs: milliseconds(60_000, { java: 'default.api.timeout.ms', min: 1 }),
}

/** Given to `kafka.producer(...)`. */
export const producerTable = {
  /** Serializer of keys, for topics given by name. */
  key: option<AnySerializer>('serializer', readSerializer, serde.bytes, {
    reason: 'in place of `key.serializer`',
  }),
  /** Serializer of values, for topics given by name. */
  value: option<AnySerializer>('serializer', readSerializer, serde.bytes, {
    reason: 'in place of `value.serializer`',
  }),
  /**
   * Who must have a record before it counts as written: all in-sync replicas (`'all'`, or -1), the leader (1), or
   * nobody (0). With 1 a record may be lost when the leader fails; with 0 nobody says whether it arrived.
   */
  acks: option<'all' | -1 | 0 | 1, -1 | 0 | 1>("'all', -1, 1, 0", readAcks, 'all', { java: 'acks' }),
  /**
   * Whether the broker tells retries apart, so that each record is written once and in order. Needs `acks:
   * 'all'`, `retries` above 0 and at most 5 requests in flight.
   */
  enableIdempotence: flag(true, { java: 'enable.idempotence' }),
  /** How batches are compressed. */
  compressionType: oneOf(['none', 'gzip', 'snappy', 'lz4', 'zstd'], 'none', { java: 'compression.type' }),
  /** How hard gzip works, for `compressionType: 'gzip'`: 1, the fastest, to 9; -1 is zlib's own choice. */
  compressionGzipLevel: compressionLevel('gzip', { java: 'compression.gzip.level' }),
  /**
   * How hard lz4 works, for `compressionType: 'lz4'`. As in Java 9 is the fast way, and all others search for more,
   * the higher the longer.
   */
  compressionLz4Level: compressionLevel('lz4', { java: 'compression.lz4.level' }),
  /** How hard zstd works, for `compressionType: 'zstd'`: the lower the faster, also below 0; 0 is the default. */
  compressionZstdLevel: compressionLevel('zstd', { java: 'compression.zstd.level' }),
  /** How long a batch waits for more records, though its leader could take it. */
  lingerMs: milliseconds(0, {
    java: 'linger.ms',
    reason:
      'Java waits 5; here 0 batches by itself: records of one turn of the event loop leave together as soon as the leader has a free slot, and gather while it has none',
  }),
  /** The most bytes in one batch, before compression; a larger record has a batch of its own. */
  batchSize: bytes(64 * KIB, {
    java: 'batch.size',
    min: 0,
    reason:
      'Java has 16384; a batch leaves when its leader is free, full or not, so that more room costs no time',
  }),
  /** Memory for records that wait to be sent; then `send` waits and `enqueue` returns false. */
  bufferMemory: bytes(32 * MIB, { java: 'buffer.memory', max: Number.MAX_SAFE_INTEGER }),
  /** How long `send` may wait for room and for metadata. */
  maxBlockMs: milliseconds(60_000, { java: 'max.block.ms' }),
  /**
   * The largest request, and so the largest record before compression. The topic's `max.message.bytes` is
   * another limit.
   */
  maxRequestSize: bytes(MIB, { java: 'max.request.size' }),
  /**
   * How long a record may take from `send` to the broker's answer, all retries included. At least `lingerMs`
   * + `requestTimeoutMs`.
   */
  deliveryTimeoutMs: milliseconds(120_000, { java: 'delivery.timeout.ms' }),
  /** How often a batch is sent again, within `deliveryTimeoutMs`. */
  retries: count(2_147_483_647, { min: 0, max: 2_147_483_647 }, { java: 'retries' }),
  /**
   * How many requests may be on their way to one broker. Without idempotence, more than 1 may change the
   * order of records when one is sent again.
   */
  maxInFlightRequestsPerConnection: count(
    5,
    { min: 1, max: 2_147_483_647 },
    { java: 'max.in.flight.requests.per.connection' },
  ),
  /**
   * Chooses the partition of a record that names none. Default: by murmur2 of the key, as Java's; without a
   * key, by load.
   */
  partitioner: optionalFunction<Partitioner>(
    '({ topic, key, keyBytes, value, valueBytes, partitions }) => partition',
    {
      reason: 'in place of `partitioner.class`',
    },
  ),
  /** Whether a topic that does not exist may be created by the broker, where the broker does so. */
  allowAutoCreateTopics: flag(true, { reason: "ours; true is what Java's producer does" }),
}

/** Given to `kafka.consumer(...)`. */
export const consumerTable = {
  /** The group to share partitions with. Without one, partitions are assigned by hand (`assign`). */
  groupId: optionalText({ java: 'group.id' }),
  /** What to subscribe to: names, `topic(...)`s, RegExps, and patterns that the broker matches (`{ pattern: 'eu\\..*' }`). */
  topics: optional<readonly TopicInput[]>('array of topics', readTopics, {
    reason: 'in place of `subscribe`',
  }),
  /**
   * Partitions to read without sharing: `{ topic, partition, offset? }` each, offset a number, `'earliest'`
   * or `'latest'`.
   */
  assign: optional<readonly ManualAssignment[]>('array of partitions', readAssign, {
    reason: 'in place of the method `assign`',
  }),
  /** Deserializer of keys, of topics given by name or RegExp. */
  key: option<AnyDeserializer>('deserializer', readDeserializer, serde.bytes, {
    reason: 'in place of `key.deserializer`',
  }),
  /** Deserializer of values, of topics given by name or RegExp. */
  value: option<AnyDeserializer>('deserializer', readDeserializer, serde.bytes, {
    reason: 'in place of `value.deserializer`',
  }),
  /** Where to start where nothing is committed, or what is committed no longer exists; `'none'`: an error. */
  autoOffsetReset: oneOf(['latest', 'earliest', 'none'], 'latest', { java: 'auto.offset.reset' }),
  /**
   * Whether what is done is committed every `autoCommitIntervalMs`, on revocation and on close. Off without a
   * `groupId`.
   */
  enableAutoCommit: flag(true, { java: 'enable.auto.commit' }),
  /** How often what is done is committed. */
  autoCommitIntervalMs: milliseconds(5_000, { java: 'auto.commit.interval.ms', min: 1 }),
  /**
   * Makes this a static member: its place in the group, with its partitions, is kept for `sessionTimeoutMs` when it
   * ends, so that a restart within that time moves nothing. Each process needs its own.
   */
  groupInstanceId: optional<string>('string', readInstanceId, { java: 'group.instance.id' }),
  /**
   * Who assigns the group's partitions: its members (`'classic'`), or the broker (`'consumer'`, KIP-848), which needs
   * Kafka 4.0 and moves them without stopping the others.
   */
  groupProtocol: oneOf(['classic', 'consumer'], 'classic', { java: 'group.protocol' }),
  /** The broker's assignor under `groupProtocol: 'consumer'`: `'uniform'` or `'range'`. Default: the broker's first. */
  groupRemoteAssignor: optionalText({ java: 'group.remote.assignor' }),
  /** How long the group waits for a member that gives no sign of life. Under `groupProtocol: 'classic'`. */
  sessionTimeoutMs: milliseconds(45_000, { java: 'session.timeout.ms', min: 1 }),
  /**
   * How often to give a sign of life. Below `sessionTimeoutMs`, best a third of it. Under `groupProtocol: 'classic'`.
   */
  heartbeatIntervalMs: milliseconds(3_000, { java: 'heartbeat.interval.ms', min: 1 }),
  /**
   * How long the loop's body may take for what was handed out, before the member leaves its partitions to
   * others.
   */
  maxPollIntervalMs: milliseconds(300_000, { java: 'max.poll.interval.ms', min: 1 }),
  /** The most records in one of `batches()`. */
  maxPollRecords: count(500, { min: 1, max: 2_147_483_647 }, { java: 'max.poll.records' }),
  /**
   * How the group's partitions are shared: assignors by name or your own, the preferred first. Members agree on one
   * that all of them list. Partitions are kept through a rebalance (cooperative) only when all that are listed can.
   * Under `groupProtocol: 'classic'`.
   */
  partitionAssignmentStrategy: option<readonly AssignmentStrategy[], readonly Assignor[]>(
    `array of ${ASSIGNOR_NAMES.map((name) => `'${name}'`).join(', ')} or assignors`,
    readAssignmentStrategy,
    ['range', 'cooperative-sticky'],
    {
      java: 'partition.assignment.strategy',
      reason: "names in place of classes; Java's default is the same two, by their classes",
    },
  ),
  /** How many bytes a broker gathers before it answers, for at most `fetchMaxWaitMs`. */
  fetchMinBytes: bytes(1, { java: 'fetch.min.bytes', min: 0 }),
  /** About the most bytes of one answer; a first batch that is larger still comes whole. */
  fetchMaxBytes: bytes(50 * MIB, { java: 'fetch.max.bytes' }),
  /** How long a broker may wait for `fetchMinBytes`. Below `requestTimeoutMs`. */
  fetchMaxWaitMs: milliseconds(500, { java: 'fetch.max.wait.ms' }),
  /** About the most bytes of one partition in one answer; a first batch that is larger still comes whole. */
  maxPartitionFetchBytes: bytes(MIB, { java: 'max.partition.fetch.bytes' }),
  /** About the most bytes that are fetched ahead of the loop; caps `fetchMaxBytes` over all brokers. */
  prefetchMemory: bytes(64 * MIB, { max: Number.MAX_SAFE_INTEGER, reason: 'ours: memory is bounded' }),
  /** Whether the checksum of each batch is checked. */
  checkCrcs: flag(true, { java: 'check.crcs' }),
  /** Whether records of transactions are handed out before they are committed, and when they were aborted. */
  isolationLevel: oneOf(['read_uncommitted', 'read_committed'], 'read_uncommitted', {
    java: 'isolation.level',
  }),
  /** The rack of this client, to fetch from a replica nearby. */
  clientRack: optionalText({ java: 'client.rack' }),
  /** Whether a topic that does not exist may be created by the broker, where the broker does so. */
  allowAutoCreateTopics: flag(true, { java: 'allow.auto.create.topics' }),
  /** Called with the partitions that were gained, before their first record. */
  onPartitionsAssigned: optionalFunction<RebalanceListener>('(partitions, consumer) => …', LISTENER),
  /** Called with the partitions that are given up, while they are still owned. */
  onPartitionsRevoked: optionalFunction<RebalanceListener>('(partitions, consumer) => …', LISTENER),
  /** Called with the partitions that were lost: others may own them already. */
  onPartitionsLost: optionalFunction<RebalanceListener>('(partitions, consumer) => …', LISTENER),
}

/** What may be given to whom. */
export const tables = {
  kafka: { ...connectionTable, ...sharedTable, ...callTable },
  producer: { ...producerTable, ...sharedTable },
  consumer: { ...consumerTable, ...sharedTable, ...callTable },
  admin: { ...sharedTable, ...callTable },
}

/** What options are given to. */
export type OptionsKind = keyof typeof tables

/** The names of all options that may be given to `new Kafka(...)`, `kafka.producer(...)` and so on. */
export function optionNames(kind: OptionsKind): readonly string[] {
  return Object.keys(tables[kind])
}
