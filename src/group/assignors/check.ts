// Is an assignor's answer one that a group can live with? Whoever leads a group asks, of built-in and custom ones alike.

import { AssignmentError } from '../../errors.ts'
import type { AssignmentInput, Assignor, GroupAssignment, GroupMember, TopicPartition } from './assignor.ts'

/**
 * Each partition of a topic that somebody subscribes to has to be given to one member, and that has to be a subscriber.
 * Only of a cooperative assignor's answer one may be missing: as long as a member still has it, and then nobody else
 * may be given it.
 *
 * @throws AssignmentError that names the assignor, the member and the partition.
 */
export function checkAssignment(
  assignor: Assignor,
  { members, partitionCounts }: AssignmentInput,
  assignment: GroupAssignment,
): void {
  const check = new Check(assignor, members, partitionCounts)
  if (!(assignment instanceof Map)) {
    check.fail(undefined, 'did not return a Map of lists of partitions by member id')
  }
  for (const [memberId, partitions] of assignment) check.member(memberId, partitions)
  check.isComplete()
}

class Check {
  readonly #assignor: Assignor
  readonly #members: ReadonlyMap<string, GroupMember>
  readonly #partitionCounts: AssignmentInput['partitionCounts']
  /** By topic, then by partition: the member that it was given to. */
  readonly #owners = new Map<string, (string | undefined)[]>()
  /** The same of those that have it still: only where they may keep it during the rebalance. */
  readonly #claimants = new Map<string, Map<number, string[]>>()

  constructor(
    assignor: Assignor,
    members: readonly GroupMember[],
    partitionCounts: AssignmentInput['partitionCounts'],
  ) {
    this.#assignor = assignor
    this.#members = new Map(members.map((member) => [member.memberId, member]))
    this.#partitionCounts = partitionCounts
    if (assignor.protocol !== 'cooperative') return
    for (const { memberId, ownedPartitions } of members) {
      for (const { topic, partition } of ownedPartitions) {
        const ofTopic = this.#claimants.get(topic) ?? new Map<number, string[]>()
        this.#claimants.set(topic, ofTopic)
        const others = ofTopic.get(partition)
        if (others === undefined) ofTopic.set(partition, [memberId])
        else others.push(memberId)
      }
    }
  }

  member(memberId: string, partitions: unknown): void {
    const member = this.#members.get(memberId)
    if (member === undefined) this.fail(memberId, `gave partitions to '${memberId}', who is not a member`)
    if (!Array.isArray(partitions)) this.fail(memberId, `did not give ${memberId} an array of partitions`)
    const topics = new Set(member.topics)
    for (const each of partitions as readonly unknown[]) {
      if (typeof each !== 'object' || each === null) {
        this.fail(memberId, `gave ${memberId} something that is not a partition: ${each}`)
      }
      this.#partition(memberId, topics, each as TopicPartition)
    }
  }

  #partition(memberId: string, topics: ReadonlySet<string>, { topic, partition }: TopicPartition): void {
    const at = { topic, partition }
    const name = `${topic}-${partition}`
    const count = this.#partitionCounts.get(topic)
    if (count === undefined) this.fail(memberId, `gave ${name} to ${memberId}: there is no such topic`, at)
    if (!Number.isInteger(partition) || partition < 0 || partition >= count) {
      this.fail(
        memberId,
        `gave ${name} to ${memberId}: topic ${topic} has ${count} partitions, counted from 0`,
        at,
      )
    }
    if (!topics.has(topic)) {
      this.fail(memberId, `gave ${name} to ${memberId}, who does not subscribe to ${topic}`, at)
    }
    const owners = this.#owners.get(topic) ?? new Array<string | undefined>(count).fill(undefined)
    this.#owners.set(topic, owners)
    const other = owners[partition]
    if (other === memberId) this.fail(memberId, `gave ${name} to ${memberId} twice`, at)
    if (other !== undefined) this.fail(memberId, `gave ${name} to ${other} and to ${memberId}`, at)
    owners[partition] = memberId
    const claimants = this.#claimants.get(topic)?.get(partition)
    if (claimants !== undefined && !claimants.includes(memberId)) {
      const rule = 'a cooperative assignor leaves it out until it has been given up'
      this.fail(memberId, `gave ${name} to ${memberId} while ${claimants[0]} has it: ${rule}`, at)
    }
  }

  isComplete(): void {
    const subscribers = new Map<string, string>()
    for (const { memberId, topics } of this.#members.values()) {
      for (const topic of topics) if (!subscribers.has(topic)) subscribers.set(topic, memberId)
    }
    for (const [topic, subscriber] of subscribers) {
      const owners = this.#owners.get(topic) ?? []
      for (let partition = 0; partition < (this.#partitionCounts.get(topic) ?? 0); partition++) {
        if (owners[partition] !== undefined || this.#claimants.get(topic)?.has(partition)) continue
        this.fail(
          subscriber,
          `gave ${topic}-${partition} to nobody, and ${subscriber} subscribes to ${topic}`,
          {
            topic,
            partition,
          },
        )
      }
    }
  }

  fail(memberId: string | undefined, what: string, at: Partial<TopicPartition> = {}): never {
    const { name } = this.#assignor
    throw new AssignmentError(name, memberId, `the assignor '${name}' ${what}`, at)
  }
}
