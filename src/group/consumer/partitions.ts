// Sets of partitions, as the coordinator names them (by topic id) and as the application does.

import type { OwnedPartition, TopicIdPartitions } from './types.ts'

export function byTopicId(partitions: readonly OwnedPartition[]): TopicIdPartitions[] {
  return normalised(partitions.map(({ topicId, partition }) => ({ topicId, partitions: [partition] })))
}

/** Each topic and partition once, in order, so that the same set is the same list. */
export function normalised(partitions: readonly TopicIdPartitions[]): TopicIdPartitions[] {
  const numbers = new Map<string, Set<number>>()
  for (const { topicId, partitions: each } of partitions) {
    const known = numbers.get(topicId) ?? new Set()
    for (const partition of each) known.add(partition)
    if (known.size > 0) numbers.set(topicId, known)
  }
  return [...numbers.keys()].sort().map((topicId) => {
    return { topicId, partitions: [...numbers.get(topicId)!].sort((a, b) => a - b) }
  })
}

/** Of two normalised lists. */
export function areSame(a: readonly TopicIdPartitions[], b: readonly TopicIdPartitions[]): boolean {
  if (a.length !== b.length) return false
  return a.every(({ topicId, partitions }, i) => {
    const other = b[i]!
    return topicId === other.topicId && partitions.join() === other.partitions.join()
  })
}

/** Names to tell partitions by, topics recreated under their old name included. */
export function keysOf(partitions: readonly TopicIdPartitions[]): Set<string> {
  return new Set(
    partitions.flatMap(({ topicId, partitions }) =>
      partitions.map((partition) => keyOf({ topicId, partition })),
    ),
  )
}

export function keyOf({ topicId, partition }: Pick<OwnedPartition, 'topicId' | 'partition'>): string {
  return `${topicId} ${partition}`
}
