// Partitions in lists, in order, by name, and as members and leaders write them for each other: topic by topic.

import type { TopicPartition } from '../group/assignors/assignor.ts'

export interface TopicPartitions {
  readonly topic: string
  readonly partitions: readonly number[]
}

/** `orders-0`. */
export function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

export function sorted(partitions: Iterable<TopicPartition>): TopicPartition[] {
  return [...partitions]
    .map(({ topic, partition }) => ({ topic, partition }))
    .sort((a, b) => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition))
}

export function byTopic(partitions: readonly TopicPartition[]): TopicPartitions[] {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of partitions) {
    const numbers = topics.get(topic)
    if (numbers === undefined) topics.set(topic, [partition])
    else numbers.push(partition)
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }))
}

export function oneByOne(topics: readonly TopicPartitions[]): TopicPartition[] {
  return topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })))
}
