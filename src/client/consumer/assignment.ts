// The partitions that a consumer holds now, by name, and the numbers of their assignment epochs.

import { KafkaError } from '../../errors.ts'
import type { AnyDeserializer } from '../serde.ts'
import { type TopicPartition, type TopicPartitionInput, topicNameOf } from '../topic.ts'
import { Partition } from './partition.ts'

export type Deserializers = { readonly key: AnyDeserializer; readonly value: AnyDeserializer }

export class Assignment implements Iterable<Partition> {
  readonly #partitions = new Map<string, Partition>()
  readonly #deserializersOf: (topic: string) => Deserializers
  #epochs = 0

  constructor(deserializersOf: (topic: string) => Deserializers) {
    this.#deserializersOf = deserializersOf
  }

  get size(): number {
    return this.#partitions.size
  }

  /** Takes a partition that is not held yet, on hold until its listener has ended. */
  add({ topic, partition }: TopicPartition): Partition {
    const options = { ...this.#deserializersOf(topic), nextEpoch: () => ++this.#epochs }
    const added = new Partition(topic, partition, options)
    this.#partitions.set(added.name, added)
    return added
  }

  /** Lets go of a partition: what was asked of it or handed out counts no more. */
  remove(partition: Partition): void {
    partition.end()
    if (this.holds(partition)) this.#partitions.delete(partition.name)
  }

  holds(partition: Partition): boolean {
    return this.#partitions.get(partition.name) === partition
  }

  find({ topic, partition }: TopicPartitionInput): Partition | undefined {
    return this.#partitions.get(`${topicNameOf(topic)}-${partition}`)
  }

  /** @throws KafkaError `NOT_ASSIGNED` */
  get(wanted: TopicPartitionInput): Partition {
    const found = this.find(wanted)
    if (found !== undefined) return found
    const topic = topicNameOf(wanted.topic)
    throw new KafkaError(
      'NOT_ASSIGNED',
      `${topic}-${wanted.partition} is not assigned to this consumer now: assignment() lists what is`,
      { topic, partition: wanted.partition },
    )
  }

  /** Those of `partitions` that are held. */
  among(partitions: readonly TopicPartition[]): Partition[] {
    return partitions.flatMap((partition) => this.find(partition) ?? [])
  }

  list(): TopicPartition[] {
    return [...this].map(({ topic, partition }) => ({ topic, partition }))
  }

  [Symbol.iterator](): IterableIterator<Partition> {
    return this.#partitions.values()
  }
}

/** `a-0, a-1, b-0`, for messages; of many, the first. */
export function namesOf(partitions: Iterable<TopicPartition>): string {
  const names = [...partitions].map(({ topic, partition }) => `${topic}-${partition}`)
  return names.length <= 20
    ? names.join(', ')
    : `${names.slice(0, 20).join(', ')} and ${names.length - 20} more`
}
