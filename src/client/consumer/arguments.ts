// What users pass to a consumer's methods, checked at the call.

import { KafkaError } from '../../errors.ts'
import { type TopicPartition, type TopicPartitionInput, topicNameOf, topicNameProblem } from '../topic.ts'
import type { OffsetToCommit } from './types.ts'

/** A partition by the name of its topic. Throws INVALID_ARGUMENT. */
export function checkPartition(given: TopicPartitionInput): TopicPartition {
  if (typeof given !== 'object' || given === null) throw invalid('A partition is { topic, partition }')
  const topic = given.topic === undefined ? undefined : topicNameOf(given.topic)
  const problem = topicNameProblem(topic)
  if (problem !== undefined) throw invalid(problem)
  const { partition } = given
  if (!isWhole(partition))
    throw invalid(`A partition of ${topic} is a whole number from 0, not ${String(partition)}`)
  return { topic: topic!, partition }
}

export function checkPartitions(given: readonly TopicPartitionInput[]): TopicPartition[] {
  if (!Array.isArray(given)) throw invalid('Partitions are given as an array of { topic, partition }')
  return given.map(checkPartition)
}

export function checkOffset({ topic, partition }: TopicPartition, offset: unknown): number {
  if (isWhole(offset)) return offset
  throw invalid(
    `The offset to read ${topic}-${partition} from is a whole number from 0, not ${String(offset)}`,
  )
}

export function checkTimestamp(timestamp: unknown): number {
  if (isWhole(timestamp)) return timestamp
  throw invalid(`A timestamp is in whole milliseconds since 1970, not ${String(timestamp)}`)
}

/** The position that is to be committed for a partition. */
export function checkOffsetToCommit(given: OffsetToCommit): {
  readonly at: TopicPartition
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string
} {
  const at = checkPartition(given)
  const { offset, leaderEpoch = null, metadata = '' } = given
  const name = `${at.topic}-${at.partition}`
  if (!isWhole(offset))
    throw invalid(`The offset to commit for ${name} is a whole number from 0, not ${String(offset)}`)
  if (leaderEpoch !== null && !isWhole(leaderEpoch)) {
    throw invalid(
      `The leader epoch to commit for ${name} is a whole number from 0 or null, not ${String(leaderEpoch)}`,
    )
  }
  if (typeof metadata !== 'string') throw invalid(`The metadata to commit for ${name} is a string`)
  return { at, offset, leaderEpoch: leaderEpoch ?? -1, metadata }
}

export function invalid(message: string): KafkaError {
  return new KafkaError('INVALID_ARGUMENT', message)
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
