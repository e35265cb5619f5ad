// Java's RangeAssignor: topic by topic, its partitions in order are cut into ranges, one for each subscriber in the
// order of members; the first ones get one more where it does not divide. Topics with as many partitions and the same
// subscribers are thus co-partitioned: one member has the same numbers of each.
//
// Where members and replicas state racks, and it makes a difference on which one is, members first get partitions that
// have a replica on their rack, within the same shares and co-partitioned still (KIP-881); the rest is cut into ranges.

import type { AssignmentInput, Assignor, GroupMember, TopicPartition } from './assignor.ts'
import { byIdentity, emptyAssignment, subscribersByTopic } from './members.ts'
import { doRacksMatter, rackOf, racksOfTopic } from './racks.ts'

export const range: Assignor = { name: 'range', protocol: 'eager', assign }

/** Topics with as many partitions and the same subscribers: partition p of each goes to the same one. */
interface CoPartitioned {
  readonly topics: string[]
  readonly partitionCount: number
  /** Indexes of members. */
  readonly subscribers: readonly number[]
}

type Racks = AssignmentInput['partitionRacks']

function assign({
  members,
  partitionCounts,
  partitionRacks,
}: AssignmentInput): Map<string, TopicPartition[]> {
  const sorted = [...members].sort(byIdentity)
  const subscribersOf = subscribersByTopic(sorted, partitionCounts)
  const topicsOnRacks = new Set<string>()
  for (const [topic, subscribers] of subscribersOf) {
    const itsMembers = subscribers.map((subscriber) => sorted[subscriber]!)
    const racks = () => racksOfTopic(partitionRacks, topic, partitionCounts.get(topic)!)
    if (doRacksMatter(itsMembers, racks)) topicsOnRacks.add(topic)
  }
  const ownersOf = new Map<string, readonly number[]>()
  for (const group of coPartitionedTopics(subscribersOf, partitionCounts)) {
    // As soon as racks matter for any topic, they do for all topics that are co-partitioned with another.
    const racksMatter = group.topics.length > 1 ? topicsOnRacks.size > 0 : topicsOnRacks.has(group.topics[0]!)
    const owners = share(group, sorted, racksMatter ? partitionRacks : undefined)
    for (const topic of group.topics) ownersOf.set(topic, owners)
  }
  const assignment = emptyAssignment(sorted)
  const lists = [...assignment.values()]
  for (const topic of subscribersOf.keys()) {
    for (const [partition, owner] of ownersOf.get(topic)!.entries()) lists[owner]!.push({ topic, partition })
  }
  return assignment
}

function coPartitionedTopics(
  subscribersOf: ReadonlyMap<string, readonly number[]>,
  partitionCounts: AssignmentInput['partitionCounts'],
): Iterable<CoPartitioned> {
  const groups = new Map<string, CoPartitioned>()
  for (const [topic, subscribers] of subscribersOf) {
    const partitionCount = partitionCounts.get(topic)!
    const key = `${partitionCount}:${subscribers}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { topics: [topic], partitionCount, subscribers })
    else group.topics.push(topic)
  }
  return groups.values()
}

/** The owner of each partition. */
function share(
  group: CoPartitioned,
  members: readonly GroupMember[],
  partitionRacks: Racks,
): readonly number[] {
  const { topics, partitionCount, subscribers } = group
  const shares = new Shares(partitionCount, subscribers.length)
  const racksOfMembers = subscribers.map((subscriber) => rackOf(members[subscriber]!))
  if (partitionRacks !== undefined && racksOfMembers.some((rack) => rack !== null)) {
    const racksOfTopics = topics.map((topic) => racksOfTopic(partitionRacks, topic, partitionCount))
    if (topics.length === 1) matchRacksOfOneTopic(shares, racksOfMembers, racksOfTopics[0]!)
    else matchRacksOfAllTopics(shares, racksOfMembers, racksOfTopics)
  }
  cutIntoRanges(shares, subscribers.length)
  return shares.owners.map((owner) => subscribers[owner!]!)
}

/** Who has which partition so far, subscribers being numbers from 0, and how many more each may have. */
class Shares {
  readonly owners: (number | undefined)[]
  readonly #sizes: number[]
  readonly #least: number
  /** How many may still have one more than the least. */
  #extras: number

  constructor(partitionCount: number, subscriberCount: number) {
    this.owners = new Array(partitionCount).fill(undefined)
    this.#sizes = new Array(subscriberCount).fill(0)
    this.#least = Math.floor(partitionCount / subscriberCount)
    this.#extras = partitionCount % subscriberCount
  }

  /** How many more this one may have now. It never grows. */
  room(subscriber: number): number {
    return Math.max(0, this.#least + (this.#extras > 0 ? 1 : 0) - this.#sizes[subscriber]!)
  }

  give(partition: number, subscriber: number): void {
    this.owners[partition] = subscriber
    if (++this.#sizes[subscriber]! > this.#least) this.#extras--
  }
}

/** Each in turn takes its share of the partitions on its rack; one without a rack is at home everywhere. */
function matchRacksOfOneTopic(
  shares: Shares,
  racksOfMembers: readonly (string | null)[],
  racksOfPartitions: readonly (readonly string[])[],
): void {
  const onRack = new Map<string | null, number[]>([[null, [...racksOfPartitions.keys()]]])
  for (const [partition, racks] of racksOfPartitions.entries()) {
    for (const rack of racks) listAt(onRack, rack).push(partition)
  }
  const next = cursors(onRack, (partition) => shares.owners[partition] === undefined)
  for (const [subscriber, rack] of racksOfMembers.entries()) {
    for (let room = shares.room(subscriber); room > 0; room--) {
      const partition = next(rack)
      if (partition === undefined) break
      shares.give(partition, subscriber)
    }
  }
}

/** Each partition number in turn goes to the first that is where all the topics have a replica of it. */
function matchRacksOfAllTopics(
  shares: Shares,
  racksOfMembers: readonly (string | null)[],
  racksOfTopics: readonly (readonly (readonly string[])[])[],
): void {
  const onRack = new Map<string | null, number[]>()
  for (const [subscriber, rack] of racksOfMembers.entries()) listAt(onRack, rack).push(subscriber)
  const next = cursors(onRack, (subscriber) => shares.room(subscriber) > 0)
  for (const partition of shares.owners.keys()) {
    const [racks, ...others] = racksOfTopics.map((racksOfPartitions) => racksOfPartitions[partition]!)
    const common = racks!.filter((rack) => others.every((also) => also.includes(rack)))
    const candidates = [null, ...common].map(next).filter((candidate) => candidate !== undefined)
    if (candidates.length > 0) shares.give(partition, Math.min(...candidates))
  }
}

function cutIntoRanges(shares: Shares, subscriberCount: number): void {
  const { owners } = shares
  let partition = 0
  for (let subscriber = 0; subscriber < subscriberCount; subscriber++) {
    for (let room = shares.room(subscriber); room > 0; room--) {
      while (partition < owners.length && owners[partition] !== undefined) partition++
      if (partition === owners.length) return
      shares.give(partition, subscriber)
    }
  }
}

function listAt<Key>(lists: Map<Key, number[]>, key: Key): number[] {
  const known = lists.get(key)
  if (known !== undefined) return known
  const list: number[] = []
  lists.set(key, list)
  return list
}

/** The first of a list that is still wanted; once one is not, it never is again. */
function cursors<Key>(
  lists: ReadonlyMap<Key, readonly number[]>,
  isWanted: (entry: number) => boolean,
): (key: Key) => number | undefined {
  const positions = new Map<Key, number>()
  return (key) => {
    const list = lists.get(key)
    if (list === undefined) return undefined
    let position = positions.get(key) ?? 0
    while (position < list.length && !isWanted(list[position]!)) position++
    positions.set(key, position)
    return list[position]
  }
}
