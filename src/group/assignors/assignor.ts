// How a group's leader shares partitions among members: the small interface that built-in and custom assignors fill.

import type { Buffer } from 'node:buffer'

/** A partition of a topic, by name. */
export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** A member as the leader sees it. */
export interface GroupMember {
  readonly memberId: string
  /** `group.instance.id` of a static member (KIP-345). */
  readonly groupInstanceId: string | null
  readonly topics: readonly string[]
  /** What the assignor of this member put there; null when nothing. */
  readonly userData: Buffer | null
  /** What it says it owns: only assignors that let members keep partitions look at it (KIP-429). */
  readonly ownedPartitions: readonly TopicPartition[]
  /** The generation in which it owned them; -1 where the member does not say. */
  readonly generation: number
  readonly rackId: string | null
}

export interface AssignmentInput {
  readonly members: readonly GroupMember[]
  /** How many partitions each topic has. A topic that does not exist is not in it. */
  readonly partitionCounts: ReadonlyMap<string, number>
  /** By topic, then by partition: the racks of its replicas, as far as they are known (KIP-881). */
  readonly partitionRacks?: ReadonlyMap<string, readonly (readonly string[])[]> | undefined
}

/** A member as it describes itself to the leader when it joins. */
export interface JoiningMember {
  readonly topics: readonly string[]
  /** What it was last assigned, also where it has given that up for the rebalance. */
  readonly lastAssigned: readonly TopicPartition[]
  /** The generation of that assignment; -1 before the first. */
  readonly generation: number
}

/** `eager`: members give up everything before a rebalance. `cooperative`: only what the assignment takes (KIP-429). */
export type RebalanceProtocol = 'eager' | 'cooperative'

/** Partitions by member id. A member that gets none may be left out. */
export type GroupAssignment = ReadonlyMap<string, readonly TopicPartition[]>

/**
 * Shares partitions. Given the same members and partitions, in whatever order, it must give the same answer: every
 * partition of a subscribed topic to one member that subscribed to it.
 */
export interface Assignor {
  /** The name that members agree on: `range`. */
  readonly name: string
  /**
   * The most it supports: a cooperative one also works where members are eager. A group is cooperative when all the
   * assignors that its members list are.
   */
  readonly protocol: RebalanceProtocol
  /** What a member tells the leader's assignor by way of its subscription; absent, or null: nothing. */
  userData?(member: JoiningMember): Uint8Array | null
  assign(input: AssignmentInput): GroupAssignment
}
