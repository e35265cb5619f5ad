// A member's process: what it remembers, what it says when it joins, and what it does with its assignment (G5).

import type { Buffer } from 'node:buffer'
import type { Assignor, TopicPartition } from '../group/assignors/assignor.ts'
import { decodeAssignment, encodeSubscription } from '../protocol/group-messages/subscription.ts'
import { byTopic, nameOf, oneByOne } from './partitions.ts'

const SUBSCRIPTION_VERSION = 3

export interface MemberSettings {
  readonly name: string
  readonly topics: readonly string[]
  readonly assignors: readonly Assignor[]
  readonly groupInstanceId: string | null
  readonly rackId: string | null
}

export class Member {
  readonly settings: MemberSettings
  readonly memberId: string
  topics: readonly string[]
  owned: readonly TopicPartition[] = []
  #generation = -1
  #lastAssigned: readonly TopicPartition[] = []

  constructor(settings: MemberSettings, memberId: string) {
    this.settings = settings
    this.memberId = memberId
    this.topics = settings.topics
  }

  get name(): string {
    return this.settings.name
  }

  /** What stays the same while it is in the group: of a static member also over a restart. */
  get identity(): string {
    const { groupInstanceId } = this.settings
    return groupInstanceId === null ? `member ${this.memberId}` : `instance ${groupInstanceId}`
  }

  /** A member is cooperative when all the assignors that it lists are. */
  get #isCooperative(): boolean {
    return this.settings.assignors.every(({ protocol }) => protocol === 'cooperative')
  }

  /** Before it joins, an eager member gives up everything, a cooperative one what it does not subscribe to any more. */
  prepareJoin(): void {
    this.owned = this.#isCooperative ? this.owned.filter(({ topic }) => this.topics.includes(topic)) : []
  }

  /** Its metadata in JoinGroup for an assignor that it lists: each assignor has its own user data. */
  subscription(assignorName: string): Buffer {
    const assignor = this.assignor(assignorName)
    const { topics } = this
    const generation = this.#generation
    const userData = assignor.userData?.({ topics, lastAssigned: this.#lastAssigned, generation }) ?? null
    const ownedPartitions = byTopic(this.owned)
    const { rackId } = this.settings
    return encodeSubscription(
      { topics: [...topics], userData, ownedPartitions, generationId: generation, rackId },
      SUBSCRIPTION_VERSION,
    )
  }

  assignor(name: string): Assignor {
    return this.settings.assignors.find((each) => each.name === name)!
  }

  /** Takes what SyncGroup brought. True when it had to give something up: then it joins anew. */
  take(assignment: Uint8Array, generation: number): boolean {
    const partitions = oneByOne(decodeAssignment(assignment).assignedPartitions)
    const names = new Set(partitions.map(nameOf))
    const gaveUp = this.owned.some((each) => !names.has(nameOf(each)))
    this.resume(partitions, generation)
    return gaveUp
  }

  /** What a restarted static member is given without a rebalance. */
  resume(partitions: readonly TopicPartition[], generation: number): void {
    this.owned = partitions
    this.#lastAssigned = partitions
    this.#generation = generation
  }
}
