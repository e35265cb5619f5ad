// What one cluster, seen from here, offers to producers, consumers and admin: a metadata snapshot that is replaced and
// never edited, requests to a broker over a lane, coordinators, and the one retry loop.

import type { Api, RequestOf, ResponseOf } from '../../protocol/schema.ts'

export interface Broker {
  readonly id: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

export interface PartitionMetadata {
  readonly partition: number
  /** Kafka error code of the partition; 0: none. */
  readonly errorCode: number
  /** Node id of the leader; -1: none now. */
  readonly leader: number
  /** -1 where the broker is too old to tell. */
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly offlineReplicas: readonly number[]
}

export interface TopicMetadata {
  readonly name: string
  /** Undefined where the broker is too old to tell (Metadata before version 10). */
  readonly id: string | undefined
  /** Kafka error code of the topic; 0: none. With one, `partitions` is empty. */
  readonly errorCode: number
  readonly isInternal: boolean
  /** By partition number, without holes. */
  readonly partitions: readonly PartitionMetadata[]
}

/** One answer's worth of knowledge. A refresh gives a new object; whoever holds an old one sees it unchanged. */
export interface ClusterMetadata {
  readonly clusterId: string | null
  /** Node id; -1: unknown. */
  readonly controllerId: number
  readonly brokers: ReadonlyMap<number, Broker>
  readonly topics: ReadonlyMap<string, TopicMetadata>
  /** Topic names by id. */
  readonly topicNames: ReadonlyMap<string, string>
}

/**
 * Connections of one purpose, one a broker: a broker works off one request of a connection at a time, so whatever may
 * wait there (a fetch, a join) has a lane of its own (C12). Closing it ends its connections in order (C9).
 */
export interface Lane {
  readonly name: string
  close(options?: { readonly timeoutMs?: number }): Promise<void>
}

/** Where a request goes. `any`: the least busy broker that answers. */
export type Destination =
  | number
  | 'any'
  | 'controller'
  | { readonly coordinator: 'group' | 'transaction'; readonly key: string }

export interface SendOptions {
  readonly to: Destination
  /** Default: the ordinary lane, which is shared. */
  readonly lane?: Lane
  /** The highest version that the call's meaning allows (C5). */
  readonly maxVersion?: number
  /** Default `requestTimeoutMs`. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** A request's body, or a function of the version that was negotiated. */
export type RequestBody<A extends Api> = RequestOf<A> | ((version: number) => RequestOf<A>)

export interface Answer<A extends Api> {
  readonly response: ResponseOf<A>
  readonly version: number
  readonly nodeId: number
}

export interface RetryOptions {
  /** Said in the error: "committing offsets of group g". */
  readonly what: string
  /** Absolute, as `performance.now()` counts. */
  readonly deadline: number
  readonly signal?: AbortSignal
  /** Default: as given to `Kafka`. */
  readonly retryBackoffMs?: number
  readonly retryBackoffMaxMs?: number
}

export interface Cluster {
  /** The newest snapshot; empty before the first refresh. */
  readonly metadata: ClusterMetadata
  /**
   * A snapshot that knows these topics, asked for when one is unknown or stale (concurrent askers share a request).
   * Topics that do not exist (yet) are retried to the deadline (M3), then UNKNOWN_TOPIC; INVALID_TOPIC_EXCEPTION and
   * TOPIC_AUTHORIZATION_FAILED reject at once.
   */
  topics(
    names: readonly string[],
    options: { readonly deadline: number; readonly signal?: AbortSignal; readonly allowAutoCreate?: boolean },
  ): Promise<ClusterMetadata>
  /** Every topic of the cluster, for patterns and listings. Does not make them tracked. */
  allTopics(options: { readonly deadline: number; readonly signal?: AbortSignal }): Promise<ClusterMetadata>
  /** Asks for new metadata of the tracked topics; concurrent askers share one request, failures back off. */
  refresh(options?: { readonly signal?: AbortSignal }): Promise<ClusterMetadata>
  /** Called after each replacement of the snapshot, until the returned function is called. */
  onMetadata(listener: (metadata: ClusterMetadata) => void): () => void
  /** Leadership learnt from a produce or fetch error (KIP-951, M6); ignored unless its epoch is newer. */
  learnLeader(
    topic: string,
    partition: number,
    leader: { readonly id: number; readonly epoch: number },
    endpoints: readonly {
      readonly nodeId: number
      readonly host: string
      readonly port: number
      readonly rack: string | null
    }[],
  ): void

  /**
   * One request, one attempt. Rejects with ConnectionError or TimeoutError (retriable), UnsupportedVersionError,
   * ProtocolError, or the signal's reason; error codes inside the response are the caller's to read. A disconnected
   * coordinator is forgotten.
   */
  send<A extends Api>(api: A, body: RequestBody<A>, options: SendOptions): Promise<Answer<A>>
  /** A request that has no response frame (Produce with acks 0); resolves when it is written. */
  sendWithoutAnswer<A extends Api>(api: A, body: RequestBody<A>, options: SendOptions): Promise<void>

  /** Node id of a coordinator, cached until forgotten. */
  coordinator(
    type: 'group' | 'transaction',
    key: string,
    options: { readonly deadline: number; readonly signal?: AbortSignal },
  ): Promise<number>
  forgetCoordinator(type: 'group' | 'transaction', key: string): void

  /**
   * The one retry loop: runs `attempt` again, with exponential backoff and jitter, while it throws a retriable
   * KafkaError, until the deadline; then rejects with a TimeoutError whose cause is the last error. An attempt that is
   * still under way at the deadline is abandoned; the signal it is given aborts then, and with the caller's.
   */
  retry<T>(options: RetryOptions, attempt: (attempt: number, signal: AbortSignal) => Promise<T>): Promise<T>

  openLane(name: string): Lane
  /** Aborts when the cluster is closed, before its connections end. */
  readonly closing: AbortSignal
  /** Ends every lane and timer. Afterwards all calls reject with CLOSED. */
  close(options?: { readonly timeoutMs?: number }): Promise<void>
}
