// P10: `deliveryTimeoutMs`. One timer, for the batch that is due first.

import { type KafkaError, TimeoutError } from '../../errors.ts'
import { after } from '../network/wait.ts'
import type { Batch } from './batch.ts'
import type { PartitionQueue } from './topic-queue.ts'

export interface ExpiryOptions {
  readonly deliveryTimeoutMs: number
  readonly queues: () => Iterable<PartitionQueue>
  /** Why there is no producer id yet. */
  readonly identityError: () => KafkaError | undefined
  /** `isHeld`: a request holds its bytes, which are free only when that is over (P13). */
  readonly onExpired: (
    queue: PartitionQueue,
    batch: Batch,
    isHeld: boolean,
    errorOf: () => KafkaError,
  ) => void
}

export class Expiry {
  readonly #given: ExpiryOptions
  #at = Number.POSITIVE_INFINITY
  #cancel = () => {}

  constructor(given: ExpiryOptions) {
    this.#given = given
  }

  /** The partition has a batch. */
  watch(queue: PartitionQueue): void {
    this.#by(dueAt(queue))
  }

  stop(): void {
    this.#cancel()
    this.#at = Number.POSITIVE_INFINITY
  }

  #by(at: number): void {
    if (at >= this.#at) return
    this.#cancel()
    this.#at = at
    this.#cancel = after(at - performance.now(), () => this.#expire())
  }

  #expire(): void {
    this.#at = Number.POSITIVE_INFINITY
    const now = performance.now()
    for (const queue of this.#given.queues()) {
      const at = dueAt(queue)
      if (at <= now) this.#expireQueue(queue, now)
      else this.#by(at)
    }
  }

  #expireQueue(queue: PartitionQueue, now: number): void {
    const { sequences, batches } = queue
    for (const out of [...sequences.outstanding]) {
      const { batch, isInFlight } = out
      if (batch.deadline > now || out.isExpired) continue
      sequences.expire(out)
      this.#tell(queue, batch, isInFlight)
    }
    while (batches.length > 0 && batches[0]!.deadline <= now) {
      const batch = batches.shift()!
      batch.isOpen = false
      this.#tell(queue, batch, false)
    }
    this.#by(dueAt(queue))
  }

  #tell(queue: PartitionQueue, batch: Batch, isHeld: boolean): void {
    const { topic, partition } = batch.place
    const cause = batch.lastError ?? this.#given.identityError()
    const because = cause === undefined ? '' : `; last: ${cause.message} (${cause.code})`
    const fate =
      batch.attempts > 0
        ? `it was sent ${batch.attempts} times and may have been written`
        : `it was never sent${queue.leader < 0 ? ', for the partition has no leader' : ''}`
    const records = batch.recordCount === 1 ? 'a record' : `${batch.recordCount} records`
    const error = new TimeoutError(
      `${records} for ${topic}-${partition} could not be delivered within ${this.#given.deliveryTimeoutMs} ms (deliveryTimeoutMs): ${fate}${because}`,
      { topic, partition, cause, retriable: false },
      'DELIVERY_TIMEOUT',
    )
    this.#given.onExpired(queue, batch, isHeld, () => error)
  }
}

/** When the first of a partition's batches is due; later ones are due later. */
function dueAt({ sequences, batches }: PartitionQueue): number {
  const outstanding = sequences.outstanding.find(({ isExpired }) => !isExpired)?.batch
  return Math.min(
    outstanding?.deadline ?? Number.POSITIVE_INFINITY,
    batches[0]?.deadline ?? Number.POSITIVE_INFINITY,
  )
}
