// The consumer as its users have it: each public method, on top of the engine.

import { KafkaError } from '../../errors.ts'
import { listOffsets } from '../admin/offsets.ts'
import type { OffsetSpec } from '../admin/types.ts'
import type { SignalOptions } from '../call-options.ts'
import type { Cluster } from '../cluster/types.ts'
import type { ResolvedConsumerOptions } from '../config/types.ts'
import { unobserved, within } from '../network/wait.ts'
import type { TopicPartition, TopicPartitionInput } from '../topic.ts'
import { checkOffset, checkPartition, checkPartitions, checkTimestamp } from './arguments.ts'
import { Commits, noGroup, type ToCommit } from './commits.ts'
import { committedOffsets } from './committed.ts'
import { type ConsumerSurroundings, Engine } from './engine.ts'
import type { Partition } from './partition.ts'
import type {
  AnyRecord,
  CommittedOffset,
  Consumer,
  ConsumerCloseOptions,
  ConsumerGroupMetadata,
  OffsetAtTime,
  PartitionLag,
  PartitionOffset,
  TimestampQuery,
} from './types.ts'

/** Nothing touches the network before a loop begins or something is awaited. */
export function createConsumer(
  cluster: Cluster,
  options: ResolvedConsumerOptions,
  surroundings: ConsumerSurroundings = { metadataMaxAgeMs: 300_000 },
): Consumer<AnyRecord> {
  return new KafkaConsumer(cluster, options, surroundings)
}

/** How long `close()` waits for a running body, the last commits and the goodbye, unless told. */
const CLOSE_TIMEOUT_MS = 30_000

class KafkaConsumer implements Consumer<AnyRecord> {
  readonly closed: Promise<void>
  readonly #cluster: Cluster
  readonly #options: ResolvedConsumerOptions
  readonly #engine: Engine
  readonly #commits: Commits

  constructor(cluster: Cluster, options: ResolvedConsumerOptions, surroundings: ConsumerSurroundings) {
    const { onPartitionsAssigned, onPartitionsLost, onPartitionsRevoked } = options
    // As Java's listener: who says nothing of losing wants to hear of it as of giving up.
    const listeners = {
      onPartitionsAssigned,
      onPartitionsRevoked,
      onPartitionsLost: onPartitionsLost ?? onPartitionsRevoked,
    }
    this.#cluster = cluster
    this.#options = options
    this.#engine = new Engine({
      ...{ cluster, options, surroundings },
      commitBatch: (batch, position) => this.#commits.commitBatch(batch, position),
      callListener: async (name, partitions) => listeners[name]?.(partitions, this),
    })
    const { assignment, committer, signal } = this.#engine
    this.#commits = new Commits({
      ...{ assignment, committer, signal, logger: options.logger },
      timeoutMs: options.defaultApiTimeoutMs,
      checkRunning: () => this.#checkRunning(),
    })
    this.closed = this.#engine.closed
  }

  // ---- loops

  records({ signal }: SignalOptions = {}): AsyncIterable<AnyRecord> {
    return this.#engine.loops.records(signal)
  }

  batches({ signal }: SignalOptions = {}): ReturnType<Consumer<AnyRecord>['batches']> {
    return this.#engine.loops.batches(signal)
  }

  [Symbol.asyncIterator](): AsyncIterator<AnyRecord> {
    return this.records()[Symbol.asyncIterator]()
  }

  async join({ signal }: SignalOptions = {}): Promise<void> {
    this.#checkOpen()
    signal?.throwIfAborted()
    const never = { deadline: Number.POSITIVE_INFINITY, late: () => undefined }
    const failure = await within(this.#engine.begin(), { ...never, signal })
    if (failure !== undefined) throw failure
  }

  stop(): void {
    this.#engine.loops.stop()
  }

  close({ timeoutMs = CLOSE_TIMEOUT_MS, leaveGroup }: ConsumerCloseOptions = {}): Promise<void> {
    return this.#engine.close({ timeoutMs, leaveGroup })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  // ---- commits

  commit(what?: ToCommit): Promise<void> {
    return unobserved(this.#commits.commit(what))
  }

  commitAsync(what?: ToCommit): Promise<void> {
    return unobserved(this.#commits.commitOnce(what))
  }

  async committed(
    partitions: readonly TopicPartitionInput[] = this.assignment(),
    { signal }: SignalOptions = {},
  ): Promise<readonly CommittedOffset[]> {
    const { defaultApiTimeoutMs, groupId } = this.#options
    if (groupId === undefined) throw noGroup('Nothing can be committed')
    this.#checkRunning()
    const deadline = performance.now() + defaultApiTimeoutMs
    return committedOffsets(this.#cluster, {
      groupId,
      partitions: checkPartitions(partitions),
      deadline,
      signal,
    })
  }

  // ---- positions

  seek(partition: TopicPartitionInput, offset: number): void {
    const at = checkPartition(partition)
    const position = { offset: checkOffset(at, offset), leaderEpoch: -1 }
    this.#move([at], (held) => held.startAt(position))
  }

  seekToBeginning(partitions: readonly TopicPartitionInput[] = this.assignment()): void {
    this.#move(checkPartitions(partitions), (held) => held.reset('earliest'))
  }

  seekToEnd(partitions: readonly TopicPartitionInput[] = this.assignment()): void {
    this.#move(checkPartitions(partitions), (held) => held.reset('latest'))
  }

  seekToTimestamp(partitions: readonly TopicPartitionInput[], timestamp: number): void {
    const to = { timestamp: checkTimestamp(timestamp) }
    this.#move(checkPartitions(partitions), (held) => held.reset(to))
  }

  position(partition: TopicPartitionInput): number | undefined {
    return this.#engine.assignment.get(checkPartition(partition)).position?.offset
  }

  pause(partitions: readonly TopicPartitionInput[]): void {
    for (const partition of this.#held(partitions)) partition.isPaused = true
    this.#engine.changed()
  }

  resume(partitions: readonly TopicPartitionInput[]): void {
    for (const partition of this.#held(partitions)) {
      partition.isPaused = false
      this.#goOn(partition)
    }
    this.#engine.changed()
  }

  paused(): readonly TopicPartition[] {
    return [...this.#engine.assignment].filter(({ isPaused }) => isPaused).map(topicPartition)
  }

  assignment(): readonly TopicPartition[] {
    return this.#engine.assignment.list()
  }

  subscription(): readonly string[] {
    return this.#engine.subscription?.names ?? []
  }

  // ---- the log

  async beginningOffsets(
    partitions: readonly TopicPartitionInput[],
    options: SignalOptions = {},
  ): Promise<readonly PartitionOffset[]> {
    const listed = await this.#listOffsets(checkPartitions(partitions), () => 'earliest', options)
    return listed.map(({ topic, partition, offset }) => ({ topic, partition, offset }))
  }

  async endOffsets(
    partitions: readonly TopicPartitionInput[],
    options: SignalOptions = {},
  ): Promise<readonly PartitionOffset[]> {
    const listed = await this.#listOffsets(checkPartitions(partitions), () => 'latest', options)
    return listed.map(({ topic, partition, offset }) => ({ topic, partition, offset }))
  }

  async offsetsForTimes(
    queries: readonly TimestampQuery[],
    options: SignalOptions = {},
  ): Promise<readonly OffsetAtTime[]> {
    const timestamps = queries.map(({ timestamp }) => ({ timestamp: checkTimestamp(timestamp) }))
    const listed = await this.#listOffsets(checkPartitions(queries), (index) => timestamps[index]!, options)
    return listed.map(({ topic, partition, offset, timestamp, leaderEpoch }) => {
      if (offset < 0) return { topic, partition, offset: null, timestamp: null, leaderEpoch: null }
      return { topic, partition, offset, timestamp, leaderEpoch: leaderEpoch < 0 ? null : leaderEpoch }
    })
  }

  async #listOffsets(
    partitions: readonly TopicPartition[],
    offsetOf: (index: number) => OffsetSpec,
    { signal }: SignalOptions,
  ) {
    this.#checkRunning()
    const { defaultApiTimeoutMs, isolationLevel, logger } = this.#options
    const listed = await listOffsets(
      { cluster: this.#cluster, defaultApiTimeoutMs, logger },
      partitions.map((at, index) => ({ ...at, offset: offsetOf(index) })),
      { isolationLevel, ...(signal && { signal }) },
    )
    return partitions.map(({ topic, partition }) => listed.get(`${topic}-${partition}`)!)
  }

  lag(): readonly PartitionLag[] {
    const isCommittedOnly = this.#options.isolationLevel === 'read_committed'
    return [...this.#engine.assignment].map((partition) => {
      const end = isCommittedOnly ? partition.lastStableOffset : partition.highWatermark
      const position = partition.position?.offset ?? null
      const endOffset = end < 0 ? null : end
      const records = position === null || endOffset === null ? null : Math.max(0, endOffset - position)
      return { ...topicPartition(partition), position, endOffset, records }
    })
  }

  groupMetadata(): ConsumerGroupMetadata {
    const { groupId } = this.#options
    if (groupId === undefined) throw noGroup('There is no group metadata')
    const identity = this.#engine.membership?.identity()
    return {
      groupId,
      generationId: identity?.generation ?? -1,
      memberId: identity?.memberId ?? '',
      groupInstanceId: identity?.groupInstanceId ?? null,
    }
  }

  // ---- helpers

  #held(partitions: readonly TopicPartitionInput[]): Partition[] {
    return checkPartitions(partitions).map((at) => this.#engine.assignment.get(at))
  }

  #move(partitions: readonly TopicPartition[], move: (partition: Partition) => void): void {
    const held = partitions.map((at) => this.#engine.assignment.get(at))
    for (const partition of held) {
      move(partition)
      this.#goOn(partition)
    }
    this.#engine.changed()
  }

  /** The application has reacted to a listener that threw (G14); what is buffered can be handed out again. */
  #goOn(partition: Partition): void {
    if (partition.hold === 'listener failed') partition.hold = undefined
    if (partition.hasBuffered) this.#engine.handOut.offer(partition)
  }

  #checkOpen(): void {
    if (this.#engine.loops.fatal !== undefined) throw this.#engine.loops.fatal
    if (this.#engine.isClosing) throw closed()
  }

  /** While it closes, listeners still commit. */
  #checkRunning(): void {
    if (this.#engine.signal.aborted) throw this.#engine.loops.fatal ?? closed()
  }
}

function topicPartition({ topic, partition }: TopicPartition): TopicPartition {
  return { topic, partition }
}

function closed(): KafkaError {
  return new KafkaError('CLOSED', 'The consumer is closed: make a new one')
}
