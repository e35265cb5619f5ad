// What the admin client takes and gives. Names follow the Java Admin's.

import type { TopicName } from '../topic.ts'

/** Every call takes these. */
export interface AdminCallOptions {
  /** The whole call's deadline, in milliseconds. Default `defaultApiTimeoutMs`. */
  readonly timeoutMs?: number
  /** Ends the wait with the signal's reason. What the broker was asked already may still happen. */
  readonly signal?: AbortSignal
}

/** Nothing is changed: the broker only says whether it would be. */
export interface ValidateOnlyOptions extends AdminCallOptions {
  readonly validateOnly?: boolean
}

export interface NewTopic {
  readonly name: TopicName
  /** Default: the broker's `num.partitions`. */
  readonly numPartitions?: number
  /** Default: the broker's `default.replication.factor`. */
  readonly replicationFactor?: number
  /** In place of the two above: for each partition the node ids of its replicas, the preferred leader first. */
  readonly replicasAssignments?: readonly (readonly number[])[]
  /** Topic configs by Kafka's names, `{ 'min.insync.replicas': '2' }`. */
  readonly configs?: { readonly [name: string]: string | null }
}

export interface CreatedTopic {
  readonly name: string
  /** Undefined where the broker is older than 2.8. */
  readonly topicId: string | undefined
  /** -1 where the broker does not tell (before 2.4, or without the right to describe its configs). */
  readonly numPartitions: number
  readonly replicationFactor: number
}

export interface NewPartitions {
  readonly topic: TopicName
  /** How many partitions the topic has afterwards: it can only grow. Keys then map to other partitions. */
  readonly totalCount: number
  /** For each new partition the node ids of its replicas. */
  readonly newAssignments?: readonly (readonly number[])[]
}

export interface PartitionDescription {
  readonly partition: number
  /** Node id; -1: none now. */
  readonly leader: number
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly offlineReplicas: readonly number[]
}

export interface TopicDescription {
  readonly name: string
  readonly topicId: string | undefined
  readonly isInternal: boolean
  readonly partitions: readonly PartitionDescription[]
}

export interface TopicListing {
  readonly name: string
  readonly topicId: string | undefined
  readonly isInternal: boolean
}

export type ConfigResourceType = 'topic' | 'broker' | 'brokerLogger' | 'clientMetrics' | 'group'

export interface ConfigResource {
  readonly type: ConfigResourceType
  /** A topic's or group's name, or a broker's node id (`''`: the default of all brokers). */
  readonly name: string
}

export type ConfigSource =
  | 'unknown'
  | 'dynamicTopicConfig'
  | 'dynamicBrokerConfig'
  | 'dynamicDefaultBrokerConfig'
  | 'staticBrokerConfig'
  | 'defaultConfig'
  | 'dynamicBrokerLoggerConfig'
  | 'dynamicClientMetricsConfig'
  | 'dynamicGroupConfig'

export interface ConfigEntry {
  readonly name: string
  /** Null for a sensitive one. */
  readonly value: string | null
  readonly source: ConfigSource
  readonly isDefault: boolean
  readonly isReadOnly: boolean
  readonly isSensitive: boolean
  /** Where else the value is set, the one in force first. Empty unless asked for. */
  readonly synonyms: readonly {
    readonly name: string
    readonly value: string | null
    readonly source: ConfigSource
  }[]
  /** Undefined unless asked for. */
  readonly documentation: string | undefined
}

export interface DescribeConfigsOptions extends AdminCallOptions {
  readonly includeSynonyms?: boolean
  readonly includeDocumentation?: boolean
}

/** `append` and `subtract` change lists; `delete` goes back to the default. */
export type AlterConfigOp =
  | { readonly op: 'set' | 'append' | 'subtract'; readonly name: string; readonly value: string }
  | { readonly op: 'delete'; readonly name: string }

export interface AlterConfigs extends ConfigResource {
  readonly ops: readonly AlterConfigOp[]
}

/** Which offset: the log's start, its end (the next to be written), that of the newest timestamp, or by time. */
export type OffsetSpec = 'earliest' | 'latest' | 'maxTimestamp' | { readonly timestamp: number }

export interface OffsetQuery {
  readonly topic: TopicName
  readonly partition: number
  readonly offset: OffsetSpec
}

export interface ListOffsetsOptions extends AdminCallOptions {
  /** `read_committed`: `latest` is the last stable offset. Default `read_uncommitted`. */
  readonly isolationLevel?: 'read_uncommitted' | 'read_committed'
}

export interface ListedOffset {
  readonly topic: string
  readonly partition: number
  /** -1: no record at or after the timestamp asked for. */
  readonly offset: number
  /** Of the record found, in milliseconds; -1 for `earliest` and `latest`. */
  readonly timestamp: number
  readonly leaderEpoch: number
}

export interface MemberDescription {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** What the member asked for. Empty while the group rebalances. */
  readonly topics: readonly string[]
  readonly assignment: readonly { readonly topic: string; readonly partition: number }[]
}

export interface GroupDescription {
  readonly groupId: string
  /** `Empty`, `PreparingRebalance`, `CompletingRebalance`, `Stable` or `Dead`: Dead is also a group that never was. */
  readonly state: string
  readonly protocolType: string
  /** The assignor in use, `range`. */
  readonly assignor: string
  readonly members: readonly MemberDescription[]
  /** Node id. */
  readonly coordinator: number
}

export interface GroupOffset {
  readonly topic: string
  readonly partition: number
  /** The next offset to be read. */
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string
}

export interface ClusterDescription {
  readonly clusterId: string | null
  readonly controller: number
  readonly brokers: readonly {
    readonly id: number
    readonly host: string
    readonly port: number
    readonly rack: string | null
  }[]
}

/**
 * Administration: each call goes to the broker it must, is retried to its deadline, and tells each item's outcome. What
 * is given is checked first: INVALID_ARGUMENT names the call, the place and what is expected there. Nothing asked for is
 * an empty map.
 */
export interface Admin extends AsyncDisposable {
  /**
   * Creates topics. By name: what the broker made. Fails with TOPIC_ALREADY_EXISTS, INVALID_PARTITIONS,
   * INVALID_REPLICATION_FACTOR, INVALID_CONFIG, POLICY_VIOLATION, TOPIC_AUTHORIZATION_FAILED.
   */
  createTopics(
    topics: readonly NewTopic[],
    options?: ValidateOnlyOptions,
  ): Promise<ReadonlyMap<string, CreatedTopic>>
  /** Deletes topics and all their records. */
  deleteTopics(
    topics: readonly TopicName[],
    options?: AdminCallOptions,
  ): Promise<ReadonlyMap<string, undefined>>
  /** Adds partitions to topics. */
  createPartitions(
    topics: readonly NewPartitions[],
    options?: ValidateOnlyOptions,
  ): Promise<ReadonlyMap<string, undefined>>
  /** Fails with UNKNOWN_TOPIC_OR_PARTITION for a topic that does not exist; never creates one. */
  describeTopics(
    topics: readonly TopicName[],
    options?: AdminCallOptions,
  ): Promise<ReadonlyMap<string, TopicDescription>>
  listTopics(
    options?: AdminCallOptions & { readonly listInternal?: boolean },
  ): Promise<readonly TopicListing[]>
  describeCluster(options?: AdminCallOptions): Promise<ClusterDescription>
  /** By `type:name` (`topic:orders`). */
  describeConfigs(
    resources: readonly ConfigResource[],
    options?: DescribeConfigsOptions,
  ): Promise<ReadonlyMap<string, readonly ConfigEntry[]>>
  /** Changes the configs named and no others (KIP-339). By `type:name`. */
  incrementalAlterConfigs(
    changes: readonly AlterConfigs[],
    options?: ValidateOnlyOptions,
  ): Promise<ReadonlyMap<string, undefined>>
  /** By `topic-partition` (`orders-0`). A topic that does not exist fails at once, as in `describeTopics`. */
  listOffsets(
    queries: readonly OffsetQuery[],
    options?: ListOffsetsOptions,
  ): Promise<ReadonlyMap<string, ListedOffset>>
  /** Classic groups. By group id. */
  describeGroups(
    groupIds: readonly string[],
    options?: AdminCallOptions,
  ): Promise<ReadonlyMap<string, GroupDescription>>
  /** The committed offsets of a group, of every partition that has one. */
  listConsumerGroupOffsets(groupId: string, options?: AdminCallOptions): Promise<readonly GroupOffset[]>
  close(): Promise<void>
}
