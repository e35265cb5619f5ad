// The group in numbers: members are indexes, and partitions that are alike are a lot.

import type { AssignmentInput, GroupMember } from '../assignor.ts'
import { compare, subscribersByTopic } from '../members.ts'
import { doRacksMatter, rackOf, racksOfTopic } from '../racks.ts'

/** Partitions of one topic that the same members may have, and that are near the same members. */
export interface Lot {
  readonly topic: string
  /** Their numbers, rising. */
  readonly partitions: readonly number[]
  /** Indexes of the members that may have them, rising. Where a member stands in here is its place in the lot. */
  readonly members: readonly number[]
  /** By place: 1 where the member is on a rack without a replica. */
  readonly isFar: Uint8Array
}

export interface Lots {
  /** Those with the fewest members come first: they have the least choice. */
  readonly lots: readonly Lot[]
  readonly memberCount: number
  /** Some members are near some partitions and far from others. */
  readonly racksMatter: boolean
}

export function lotsOf(members: readonly GroupMember[], input: AssignmentInput): Lots {
  const { partitionCounts, partitionRacks } = input
  const topics = [...subscribersByTopic(members, partitionCounts)].map(([topic, subscribers]) => {
    return { topic, subscribers, partitionCount: partitionCounts.get(topic)! }
  })
  topics.sort((a, b) => a.subscribers.length - b.subscribers.length || compare(a.topic, b.topic))
  const racksOf = (topic: string, count: number) => racksOfTopic(partitionRacks, topic, count)
  const racksMatter = doRacksMatter(members, () =>
    topics.flatMap(({ topic, partitionCount }) => racksOf(topic, partitionCount)),
  )
  const racksOfMembers = members.map(rackOf)
  const lots = topics.flatMap(({ topic, subscribers, partitionCount }): Lot[] => {
    if (!racksMatter) {
      const partitions: number[] = []
      for (let partition = 0; partition < partitionCount; partition++) partitions.push(partition)
      return [{ topic, partitions, members: subscribers, isFar: new Uint8Array(subscribers.length) }]
    }
    return partitionsByRacks(racksOf(topic, partitionCount)).map(({ racks, partitions }) => {
      const isFar = subscribers.map((member) => {
        const rack = racksOfMembers[member]!
        return rack !== null && !racks.includes(rack) ? 1 : 0
      })
      return { topic, partitions, members: subscribers, isFar: Uint8Array.from(isFar) }
    })
  })
  return { lots, memberCount: members.length, racksMatter }
}

function partitionsByRacks(racksOfPartitions: readonly (readonly string[])[]) {
  const groups = new Map<string, { racks: readonly string[]; partitions: number[] }>()
  for (const [partition, racks] of racksOfPartitions.entries()) {
    const key = JSON.stringify([...new Set(racks)].sort())
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { racks, partitions: [partition] })
    else group.partitions.push(partition)
  }
  return [...groups.values()]
}
