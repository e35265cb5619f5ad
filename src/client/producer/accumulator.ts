// Gathers records into the open batch of their partition, encoded at once, within `bufferMemory` (P13). What is ready
// leaves through the sender.

import { Buffer } from 'node:buffer'
import { KafkaError, TimeoutError } from '../../errors.ts'
import { BatchBuilder, type HeaderEntries, recordSizeUpperBound } from '../../protocol/records/builder.ts'
import type { Cluster, ClusterMetadata } from '../cluster/types.ts'
import type { ResolvedProducerOptions } from '../config/types.ts'
import type { Bytes } from '../serde.ts'
import { Batch, type Listener, type SettlementCount, tell } from './batch.ts'
import { BufferMemory } from './memory.ts'
import { MissingPartitions } from './missing-partitions.ts'
import { type GivenParts, partitionByUser, partitionOfKey, StickyPartition } from './partitioner.ts'
import type { PartitionSequences } from './sequences.ts'
import { type PartitionQueue, type PendingRecord, TopicQueue } from './topic-queue.ts'

export interface AccumulatorOptions {
  readonly cluster: Cluster
  readonly options: ResolvedProducerOptions
  readonly newSequences: () => PartitionSequences<Batch>
  /** A partition has something to send. */
  readonly onWork: (queue: PartitionQueue) => void
  /** A partition has another leader. */
  readonly onLeader: (queue: PartitionQueue, before: number) => void
  /** A record failed before it had a partition and nobody listens. */
  readonly onUnheard: (topic: string, partition: number, error: KafkaError, count: number) => void
  readonly onListenerError: (error: unknown) => void
}

const NOTHING: GivenParts = {}

/** How many buffers of settled batches are kept. */
const MAX_FREE_BUFFERS = 64

export class Accumulator {
  readonly memory: BufferMemory
  readonly topics = new Map<string, TopicQueue>()
  /** Every batch that is not settled. */
  readonly live = new Set<Batch>()
  /** How many flushes are under way: nothing lingers meanwhile. */
  flushes = 0
  readonly #given: AccumulatorOptions
  readonly #options: ResolvedProducerOptions
  readonly #maxBatchBytes: number
  readonly #missing: MissingPartitions
  readonly #freeBuffers: Buffer[] = []

  constructor(given: AccumulatorOptions) {
    this.#given = given
    this.#options = given.options
    this.#maxBatchBytes = Math.min(given.options.batchSize, given.options.maxRequestSize)
    this.memory = new BufferMemory(given.options.bufferMemory)
    this.#missing = new MissingPartitions({
      cluster: given.cluster,
      maxBlockMs: given.options.maxBlockMs,
      onFailed: ({ topic, record }, error) => {
        this.#failRecord(topic, record, error)
        this.memory.release(record.countedBytes)
      },
    })
  }

  /** The queue of a topic, made when it is new. The name has been checked. */
  topic(name: string): TopicQueue {
    let queue = this.topics.get(name)
    if (queue === undefined) {
      queue = new TopicQueue(name, new StickyPartition(this.#options.batchSize))
      this.topics.set(name, queue)
      queue.update(this.#given.cluster.metadata.topics.get(name), this.#given.newSequences)
    }
    return queue
  }

  /**
   * Takes a record (hot). `since` is when its caller gave it. Throws, having taken nothing, when its partitioner fails.
   */
  take(
    topic: TopicQueue,
    key: Bytes | null,
    value: Bytes | null,
    headers: HeaderEntries,
    partition: number | undefined,
    timestamp: number,
    listener: Listener | undefined,
    context: unknown,
    since: number,
    given: GivenParts,
  ): void {
    const isUnknown = topic.partitionCount === 0 || topic.pending.length > 0
    if (isUnknown || (partition !== undefined && partition >= topic.partitionCount)) {
      const countedBytes = recordSizeUpperBound(key, value, headers)
      this.memory.take(countedBytes)
      const record: PendingRecord = {
        // The caller may write over its bytes when this has returned.
        key: copied(key),
        value: copied(value),
        headers: headers.map(([name, bytes]) => [name, copied(bytes)] as const),
        partition,
        timestamp,
        countedBytes,
        since,
        listener,
        context,
        // Only its partitioner asks for it: nothing else is kept alive.
        given: this.#options.partitioner === undefined ? NOTHING : { key: given.key, value: given.value },
      }
      if (!isUnknown) return this.#missing.wait({ topic, record })
      topic.pending.push(record)
      if (!topic.isLookedUp) this.#lookUp(topic)
      return
    }
    this.#place(topic, key, value, headers, partition, timestamp, listener, context, since, given)
  }

  /** New metadata: leaders move, and records whose topic was unknown find their place. */
  update(metadata: ClusterMetadata): void {
    for (const topic of this.topics.values()) {
      const before = topic.partitions.map(({ leader }) => leader)
      for (const queue of topic.update(metadata.topics.get(topic.name), this.#given.newSequences)) {
        this.#given.onLeader(queue, before[queue.partition] ?? -1)
      }
      const found = this.#missing.takeFound(topic)
      for (const { record } of found) this.#placeWaiting(topic, record)
      // Who waits for room may go on only now: not before what was given earlier.
      if (found.length > 0)
        this.memory.release(found.reduce((sum, { record }) => sum + record.countedBytes, 0))
      if (topic.partitionCount > 0 && topic.pending.length > 0) this.#placePending(topic)
    }
  }

  /** Has `count` told of every record that is not settled; returns how many there are. Closes what is open. */
  watch(count: SettlementCount): number {
    let total = 0
    for (const batch of this.live) {
      batch.isOpen = false
      batch.watch(count)
      total += batch.recordCount
    }
    for (const { pending } of this.topics.values()) {
      for (const record of pending) record.listener = this.#watched(record, count)
      total += pending.length
    }
    for (const { record } of this.#missing.waiting) record.listener = this.#watched(record, count)
    return total + this.#missing.waiting.length
  }

  /** All records that have no partition yet fail. */
  failPending(error: KafkaError): void {
    for (const topic of this.topics.values()) this.#failPending(topic, error)
    for (const { topic, record } of this.#missing.takeAll()) {
      this.#failRecord(topic, record, error)
      this.memory.release(record.countedBytes)
    }
  }

  /** Nothing holds the batch's bytes any more (P13). */
  release(batch: Batch, canReuse: boolean): void {
    const buffer = batch.takeBuffer()
    if (canReuse && buffer !== undefined) this.keepBuffer(buffer)
    const { countedBytes } = batch
    batch.countedBytes = 0
    if (countedBytes > 0) this.memory.release(countedBytes)
  }

  /** For the next batch of that size. */
  keepBuffer(buffer: Buffer): void {
    const maxBytes = this.#maxBatchBytes
    if (
      buffer.length >= maxBytes &&
      buffer.length < 2 * maxBytes &&
      this.#freeBuffers.length < MAX_FREE_BUFFERS
    ) {
      this.#freeBuffers.push(buffer)
    }
  }

  #place(
    topic: TopicQueue,
    key: Bytes | null,
    value: Bytes | null,
    headers: HeaderEntries,
    partition: number | undefined,
    timestamp: number,
    listener: Listener | undefined,
    context: unknown,
    since: number,
    given: GivenParts,
  ): void {
    let isSticky = false
    let chosen: number
    if (partition !== undefined) {
      chosen = partition
    } else if (this.#options.partitioner !== undefined) {
      chosen = partitionByUser(this.#options.partitioner, topic, given, key, value)
    } else if (key !== null) chosen = partitionOfKey(key, topic.partitionCount)
    else {
      chosen = topic.sticky.current(topic)
      isSticky = true
    }
    const queue = topic.partitions[chosen]!
    const bytes = this.#append(queue, key, value, headers, timestamp, listener, context, since)
    this.memory.take(bytes)
    if (isSticky) topic.sticky.used(bytes, topic)
  }

  /** Returns by how much the batch has grown. */
  #append(
    queue: PartitionQueue,
    key: Bytes | null,
    value: Bytes | null,
    headers: HeaderEntries,
    timestamp: number,
    listener: Listener | undefined,
    context: unknown,
    since: number,
  ): number {
    const { batches } = queue
    const last = batches[batches.length - 1]
    if (last?.isOpen) {
      const before = last.sizeBytes
      if (last.tryAppend(key, value, headers, timestamp, listener, context)) {
        const bytes = last.sizeBytes - before
        last.countedBytes += bytes
        return bytes
      }
      last.isOpen = false
      queue.lastBatchBytes = last.sizeBytes
    }
    const maxBytes = this.#maxBatchBytes
    const buffer = queue.lastBatchBytes * 2 > maxBytes ? this.#freeBuffers.pop() : undefined
    const expectedBytes = queue.lastBatchBytes
    const builder = new BatchBuilder({ maxBytes, expectedBytes, ...(buffer && { buffer }) })
    const deadline = since + this.#options.deliveryTimeoutMs
    const batch = new Batch(queue, builder, performance.now(), deadline)
    batch.tryAppend(key, value, headers, timestamp, listener, context)
    batch.countedBytes = batch.sizeBytes
    batches.push(batch)
    this.live.add(batch)
    this.#given.onWork(queue)
    return batch.countedBytes
  }

  /** Its leader, partitions and id will come through {@link update}; or else it fails for all that wait (M3). */
  #lookUp(topic: TopicQueue): void {
    const { cluster, options } = this.#given
    topic.isLookedUp = true
    const deadline = topic.pending[0]!.since + options.maxBlockMs
    cluster.topics([topic.name], { deadline, allowAutoCreate: options.allowAutoCreateTopics }).then(
      () => {
        topic.isLookedUp = false
        this.update(cluster.metadata)
        if (topic.pending.length > 0) this.#lookUp(topic)
      },
      (error) => {
        topic.isLookedUp = false
        this.#failPending(topic, asKafkaError(error))
      },
    )
  }

  #placePending(topic: TopicQueue): void {
    let bytes = 0
    // Still pending while this goes on: what comes in meanwhile (a callback may send) must not overtake.
    for (let i = 0; i < topic.pending.length; i++) {
      const record = topic.pending[i]!
      if (record.partition !== undefined && record.partition >= topic.partitionCount) {
        this.#missing.wait({ topic, record })
        continue
      }
      bytes += record.countedBytes
      this.#placeWaiting(topic, record)
    }
    topic.pending = []
    this.memory.release(bytes)
  }

  #placeWaiting(topic: TopicQueue, record: PendingRecord): void {
    const { key, value, headers, partition, timestamp, listener, context, since, given } = record
    try {
      this.#place(topic, key, value, headers, partition, timestamp, listener, context, since, given)
    } catch (error) {
      this.#failRecord(topic, record, asKafkaError(error))
    }
  }

  #failPending(topic: TopicQueue, error: KafkaError): void {
    const records = topic.pending
    topic.pending = []
    for (const record of records) this.#failRecord(topic, record, error)
    this.memory.release(records.reduce((bytes, record) => bytes + record.countedBytes, 0))
  }

  #failRecord(topic: TopicQueue, record: PendingRecord, error: KafkaError): void {
    const { listener, context, timestamp } = record
    const partition = record.partition ?? -1
    if (listener === undefined) {
      this.#given.onUnheard(topic.name, partition, error, 1)
      return
    }
    const metadata = { topic: topic.name, partition, offset: -1, timestamp }
    tell(listener, error, metadata, context, this.#given.onListenerError)
  }

  #watched({ listener, partition = -1 }: PendingRecord, count: SettlementCount): Listener {
    return (error, metadata, context) => {
      count.settled(1, error)
      if (listener !== undefined) listener(error, metadata, context)
      else if (error !== null) this.#given.onUnheard(metadata.topic, partition, error, 1)
    }
  }
}

function copied<T extends Bytes | null>(bytes: T): T {
  return bytes instanceof Uint8Array ? (Buffer.from(bytes) as unknown as T) : bytes
}

/** Whatever was thrown, as an error of ours. */
export function asKafkaError(error: unknown): KafkaError {
  if (error instanceof KafkaError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new KafkaError('INVALID_STATE', message, { cause: error })
}

/** The buffer stayed full for too long. */
export function noRoomWithin(maxBlockMs: number, bufferMemory: number): TimeoutError {
  return new TimeoutError(
    `the buffer of ${bufferMemory} bytes (bufferMemory) was full for ${maxBlockMs} ms (maxBlockMs): records are sent faster than the brokers take them, or no leader is there to take them`,
  )
}
