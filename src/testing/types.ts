// What `simulateGroup` takes, and what it tells.

import type { AssignmentInput, Assignor, TopicPartition } from '../group/assignors/assignor.ts'
import type { BuiltinAssignorName } from '../group/assignors/builtin.ts'

/** A built-in assignor by name, or your own; or several in the order of preference, as `partitionAssignmentStrategy`. */
export type AssignorChoice = BuiltinAssignorName | Assignor | readonly (BuiltinAssignorName | Assignor)[]

/** How many partitions a topic has; or for each of its partitions the racks of its replicas. */
export type TopicSize = number | readonly (readonly string[])[]

export interface SimulationOptions {
  /** What members list, unless they are given their own. */
  readonly assignor: AssignorChoice
  /** The topics that exist: `{ orders: 12 }`, or with racks `{ orders: [['a', 'b'], ['b', 'c']] }`. */
  readonly topics: { readonly [topic: string]: TopicSize }
}

export interface MemberOptions {
  /** What it subscribes to. Default: all topics that exist when it joins. One that does not exist is waited for. */
  readonly topics?: readonly string[]
  /** Default: the group's. */
  readonly assignor?: AssignorChoice
  /** A static member, whose `groupInstanceId` is its name: it keeps its partitions over a bounce (KIP-345). Default false. */
  readonly isStatic?: boolean
  /** `clientRack`: where it is (KIP-881). */
  readonly rackId?: string
}

export interface BounceOptions {
  /** Who is restarted, in this order. Default: everyone, in the order in which they joined. */
  readonly members?: readonly string[]
  /**
   * What they list from then on, a rolling upgrade; where everyone is restarted, also what new members list. Default:
   * what they did.
   */
  readonly assignor?: AssignorChoice
}

export interface SimulatedMember {
  readonly name: string
  /** Given by the coordinator in the join; after a restart, another one. */
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly topics: readonly string[]
}

/** Members' partitions by member name, sorted; a member without any has an empty list. */
export type Holdings = ReadonlyMap<string, readonly TopicPartition[]>

/** One generation of the group: all members have joined, the leader has assigned, all have taken what they got. */
export interface Rebalance {
  readonly generation: number
  /** Why the group rebalanced: `b joined`. */
  readonly reason: string
  /** The name of the member that assigned. */
  readonly leader: string
  /** The name of the assignor that the members had in common. */
  readonly assignor: Assignor
  /** What the assignor was called with: member ids are the coordinator's. */
  readonly input: AssignmentInput
  /** What members own after it. Under cooperative assignors some partitions may wait for the next rebalance. */
  readonly assignment: Holdings
  /** The partitions that nobody owned while it ran; only of topics that somebody subscribes to. */
  readonly unowned: readonly TopicPartition[]
}

/** A partition that was taken from a member which stayed in the group and still subscribes to its topic. */
export interface Move extends TopicPartition {
  readonly from: string
  readonly to: string
}

/** Something that happened to the group, with every rebalance that it led to. */
export interface Step {
  /** `join a, b`. */
  readonly action: string
  readonly rebalances: readonly Rebalance[]
  readonly members: readonly SimulatedMember[]
  /** When the group has settled. */
  readonly assignment: Holdings
  readonly balance: Balance
  readonly moves: readonly Move[]
  /**
   * How many moves would have been enough for this balance, or a better one: exact where all members subscribe to the
   * same topics; where they do not, such an assignment exists, and maybe one with fewer moves.
   */
  readonly neededMoves: number
  /** How long partitions were without an owner: there is no clock, so in rebalances. Those that always had one are not in it. */
  readonly unowned: readonly UnownedPartition[]
  /** Those of `unowned` that their owner has got again: it need not have been interrupted. */
  readonly interrupted: readonly TopicPartition[]
}

export interface Balance {
  /** How many partitions each member has, by name. */
  readonly perMember: ReadonlyMap<string, number>
  /** The most that a member has, less the fewest. */
  readonly spread: number
}

export interface UnownedPartition extends TopicPartition {
  readonly rebalances: number
}

/**
 * A group that rebalances at once, as Kafka's classic protocol does, whenever something happens to it. Members go by
 * names of your choice. Each call throws an AssignmentError when the assignor's answer breaks the rules (a partition
 * that nobody gets, that two get, that is none …), and what the assignor itself throws; such a group is over.
 *
 * @throws KafkaError `INVALID_ARGUMENT` for members and topics that are not there, or are there already.
 */
export interface SimulatedGroup {
  /** New members; several join in one rebalance. */
  join(members: string | readonly string[], options?: MemberOptions): Step
  /** They leave in an orderly way, static ones too; several in one rebalance. */
  leave(members: string | readonly string[]): Step
  /** They are gone, and so is what they knew; the group rebalances when their sessions have ended. */
  crash(members: string | readonly string[]): Step
  /** Members subscribe to these topics instead. */
  subscribe(members: string | readonly string[], topics: readonly string[]): Step
  /** A topic gets more partitions: so many in all. One that does not exist yet is created. */
  increasePartitions(topic: string, size: TopicSize): Step
  /**
   * A rolling restart: one after the other leaves and joins again, as another member with no memory. A static member is
   * back within its session: it keeps its partitions, and nothing is rebalanced unless the group's assignor changes.
   */
  bounce(options?: BounceOptions): readonly Step[]
  /** In the order in which they joined; the first one leads. */
  readonly members: readonly SimulatedMember[]
  readonly assignment: Holdings
  readonly generation: number
  readonly history: readonly Step[]
  /** @throws KafkaError `INVALID_STATE` before the first step. */
  readonly lastStep: Step
}
