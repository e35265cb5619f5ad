// What waits for one topic: a queue of batches a partition, and, while the topic is not known, the records whose
// partition cannot be told yet.

import type { HeaderEntries } from '../../protocol/records/builder.ts'
import { EMPTY_HEADERS } from '../../protocol/records/headers.ts'
import type { TopicMetadata } from '../cluster/types.ts'
import type { Bytes, SerdeContext } from '../serde.ts'
import type { Batch, BatchPlace, Listener } from './batch.ts'
import type { GivenParts, PartitionChoice, StickyPartition } from './partitioner.ts'
import type { PartitionSequences } from './sequences.ts'
import type { PartitionLeader } from './types.ts'

/** A record as it is written, before its partition is known. */
export interface PendingRecord {
  readonly key: Bytes | null
  readonly value: Bytes | null
  readonly headers: HeaderEntries
  readonly partition: number | undefined
  readonly timestamp: number
  readonly countedBytes: number
  /** When its caller gave it, as `performance.now()` counts. */
  readonly since: number
  listener: Listener | undefined
  readonly context: unknown
  readonly given: GivenParts
}

export class PartitionQueue implements BatchPlace {
  readonly queueOf: TopicQueue
  readonly topic: string
  readonly partition: number
  readonly sequences: PartitionSequences<Batch>
  /** Not sent yet, in order; only the last may be open. */
  readonly batches: Batch[] = []
  /** Node id; -1: none now. */
  leader = -1
  /** Nothing is sent before, after a failure; as `performance.now()` counts. */
  retryAt = 0
  /** The size of the batch that was closed last: what the next will likely need. */
  lastBatchBytes = 0

  constructor(queueOf: TopicQueue, partition: number, sequences: PartitionSequences<Batch>) {
    this.queueOf = queueOf
    this.topic = queueOf.name
    this.partition = partition
    this.sequences = sequences
  }

  /** Something waits to be sent, for the first time or again. */
  get hasWork(): boolean {
    return this.batches.length > 0 || this.sequences.hasWaiting
  }
}

export class TopicQueue implements PartitionChoice {
  readonly name: string
  readonly sticky: StickyPartition
  readonly partitions: PartitionQueue[] = []
  /** The same for partitioners: replaced when a leader changes. */
  leaders: readonly PartitionLeader[] = []
  /** Undefined where brokers are too old to tell; then Produce goes by name. */
  id: string | undefined
  /** Records that wait for the number of partitions. */
  pending: PendingRecord[] = []
  isLookedUp = false
  /** What serdes are told of records without headers. */
  readonly keyContext: SerdeContext
  readonly valueContext: SerdeContext

  constructor(name: string, sticky: StickyPartition) {
    this.name = name
    this.sticky = sticky
    this.keyContext = { topic: name, part: 'key', headers: EMPTY_HEADERS }
    this.valueContext = { topic: name, part: 'value', headers: EMPTY_HEADERS }
  }

  /** 0: not known yet. */
  get partitionCount(): number {
    return this.partitions.length
  }

  isAvailable(partition: number): boolean {
    return this.partitions[partition]!.leader >= 0
  }

  queueLength(partition: number): number {
    return this.partitions[partition]!.batches.length
  }

  /** Takes what the newest metadata says. Returns the partitions whose leader has changed. */
  update(
    metadata: TopicMetadata | undefined,
    sequences: () => PartitionSequences<Batch>,
  ): readonly PartitionQueue[] {
    // A topic that cannot be seen just now keeps its partitions: what waits for them waits on (M3).
    if (metadata === undefined || metadata.errorCode !== 0) return NONE
    // M4: made again under the same name.
    const isAnother = this.id !== undefined && metadata.id !== undefined && this.id !== metadata.id
    this.id = metadata.id
    const changed: PartitionQueue[] = []
    for (let p = 0; p < metadata.partitions.length; p++) {
      const queue = this.partitions[p] ?? new PartitionQueue(this, p, sequences())
      this.partitions[p] = queue
      if (isAnother) queue.sequences.forgetLog()
      const { leader } = metadata.partitions[p]!
      if (leader === queue.leader) continue
      queue.leader = leader
      changed.push(queue)
    }
    if (changed.length > 0 || this.leaders.length < this.partitionCount) {
      this.leaders = this.partitions.map(({ partition, leader }) => ({ partition, leader }))
    }
    return changed
  }
}

const NONE: readonly never[] = []
