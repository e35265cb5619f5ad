// Java's RangeAssignor: topic by topic, its partitions in order are cut into ranges, one for each subscriber in the
// order of members; the first ones get one more where it does not divide. Topics with as many partitions and the same
// subscribers are thus co-partitioned: one member has the same numbers of each.
//
// Where members and replicas state racks, and it makes a difference on which one is, members first get partitions that
// have a replica on their rack, within the same shares and co-partitioned still (KIP-881); the rest is cut into ranges.

import type { AssignmentInput, Assignor, GroupMember, TopicPartition } from './assignor.ts'
import { emptyAssignment, inOrder, subscribersByTopic } from './members.ts'

export const range: Assignor = { name: 'range', protocol: 'eager', assign }

/** Topics with as many partitions and the same subscribers: partition p of each goes to the same one. */
interface CoPartitioned {
  readonly topics: string[]
  readonly partitionCount: number
  readonly subscribers: readonly GroupMember[]
}

type Racks = AssignmentInput['partitionRacks']
const NO_RACKS: readonly string[] = []

function assign({
  members,
  partitionCounts,
  partitionRacks,
}: AssignmentInput): Map<string, TopicPartition[]> {
  const sorted = inOrder(members)
  const subscribersOf = subscribersByTopic(sorted, partitionCounts)
  const topicsOnRacks = new Set<string>()
  for (const [topic, subscribers] of subscribersOf) {
    const count = partitionCounts.get(topic)!
    if (areRacksOfUse(subscribers, count, partitionRacks?.get(topic))) topicsOnRacks.add(topic)
  }
  const ownersOf = new Map<string, readonly GroupMember[]>()
  for (const group of coPartitionedTopics(subscribersOf, partitionCounts)) {
    // As soon as racks matter for any topic, they do for all topics that are co-partitioned with another.
    const racksMatter = group.topics.length > 1 ? topicsOnRacks.size > 0 : topicsOnRacks.has(group.topics[0]!)
    const owners = share(group, racksMatter ? partitionRacks : undefined)
    for (const topic of group.topics) ownersOf.set(topic, owners)
  }
  const assignment = emptyAssignment(sorted)
  for (const topic of subscribersOf.keys()) {
    for (const [partition, { memberId }] of ownersOf.get(topic)!.entries()) {
      assignment.get(memberId)!.push({ topic, partition })
    }
  }
  return assignment
}

/** Some of the subscribers are where replicas are, and some partition has no replica where another has one. */
function areRacksOfUse(
  subscribers: readonly GroupMember[],
  partitionCount: number,
  racksOfTopic: readonly (readonly string[])[] | undefined,
): boolean {
  const all = new Set<string>()
  const distinct = Array.from({ length: partitionCount }, (_, p) => new Set(racksOfTopic?.[p] ?? NO_RACKS))
  for (const racks of distinct) for (const rack of racks) all.add(rack)
  return (
    subscribers.some(({ rackId }) => isRack(rackId) && all.has(rackId)) &&
    distinct.some(({ size }) => size < all.size)
  )
}

function isRack(rackId: string | null): rackId is string {
  return rackId !== null && rackId !== ''
}

function coPartitionedTopics(
  subscribersOf: ReadonlyMap<string, readonly GroupMember[]>,
  partitionCounts: AssignmentInput['partitionCounts'],
): Iterable<CoPartitioned> {
  const groups = new Map<string, CoPartitioned>()
  for (const [topic, subscribers] of subscribersOf) {
    const partitionCount = partitionCounts.get(topic)!
    const key = JSON.stringify([partitionCount, subscribers.map(({ memberId }) => memberId)])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { topics: [topic], partitionCount, subscribers })
    else group.topics.push(topic)
  }
  return groups.values()
}

/** The owner of each partition. */
function share(group: CoPartitioned, partitionRacks: Racks): readonly GroupMember[] {
  const shares = new Shares(group)
  if (partitionRacks !== undefined && group.subscribers.some(({ rackId }) => isRack(rackId))) {
    if (group.topics.length === 1) matchRacksOfOneTopic(group, shares, partitionRacks)
    else matchRacksOfAllTopics(group, shares, partitionRacks)
  }
  cutIntoRanges(group, shares)
  return shares.owners.map((owner) => group.subscribers[owner!]!)
}

/** Who has which partition so far, subscribers being numbers, and how many more each may have. */
class Shares {
  readonly owners: (number | undefined)[]
  readonly #sizes: number[]
  readonly #least: number
  /** How many may still have one more than the least. */
  #extras: number

  constructor({ partitionCount, subscribers: { length } }: CoPartitioned) {
    this.owners = new Array(partitionCount).fill(undefined)
    this.#sizes = new Array(length).fill(0)
    this.#least = Math.floor(partitionCount / length)
    this.#extras = partitionCount % length
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
function matchRacksOfOneTopic({ topics, subscribers }: CoPartitioned, shares: Shares, racks: Racks): void {
  const { owners } = shares
  const racksOfTopic = racks?.get(topics[0]!)
  const onRack = new Map<string | null, number[]>([[null, [...owners.keys()]]])
  for (const partition of owners.keys()) {
    for (const rack of new Set(racksOfTopic?.[partition])) listAt(onRack, rack).push(partition)
  }
  const next = cursors(onRack, (partition) => owners[partition] === undefined)
  for (const [subscriber, { rackId }] of subscribers.entries()) {
    const rack = isRack(rackId) ? rackId : null
    for (let room = shares.room(subscriber); room > 0; room--) {
      const partition = next(rack)
      if (partition === undefined) break
      shares.give(partition, subscriber)
    }
  }
}

/** Each partition number in turn goes to the first that is where all the topics have a replica of it. */
function matchRacksOfAllTopics(
  { topics, subscribers }: CoPartitioned,
  shares: Shares,
  partitionRacks: Racks,
): void {
  const onRack = new Map<string | null, number[]>()
  for (const [subscriber, { rackId }] of subscribers.entries()) {
    listAt(onRack, isRack(rackId) ? rackId : null).push(subscriber)
  }
  const next = cursors(onRack, (subscriber) => shares.room(subscriber) > 0)
  for (const partition of shares.owners.keys()) {
    const racks = topics.map((topic) => partitionRacks?.get(topic)?.[partition] ?? NO_RACKS)
    const common = racks[0]!.filter((rack) => racks.every((others) => others.includes(rack)))
    let first: number | undefined
    for (const rack of [null, ...common]) {
      const candidate = next(rack)
      if (candidate !== undefined && (first === undefined || candidate < first)) first = candidate
    }
    if (first !== undefined) shares.give(partition, first)
  }
}

function cutIntoRanges({ subscribers }: CoPartitioned, shares: Shares): void {
  const { owners } = shares
  let partition = 0
  for (const subscriber of subscribers.keys()) {
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
