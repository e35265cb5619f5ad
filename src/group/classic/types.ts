// What the membership of a classic group is made of: its settings, states, what happens to it and what it wants done.

import type { Buffer } from 'node:buffer'
import type { KafkaError } from '../../errors.ts'
import type { Tell } from '../accounts.ts'
import type { RebalanceProtocol, TopicPartition } from '../assignors/assignor.ts'

export interface MembershipSettings {
  readonly groupId: string
  /** `group.instance.id` of a static member (KIP-345); null for a dynamic one. */
  readonly groupInstanceId: string | null
  /** How this member takes part: cooperative only when all the assignors that it lists are (KIP-429). */
  readonly protocol: RebalanceProtocol
  readonly sessionTimeoutMs: number
  /** How long a rebalance waits for this member, and how long a member may go without progress. */
  readonly maxPollIntervalMs: number
  readonly heartbeatIntervalMs: number
  readonly retryBackoffMs: number
  readonly retryBackoffMaxMs: number
}

/** Who this member is; replaced as a whole (G13). */
export interface Identity {
  /** Empty: the coordinator has not given one. */
  readonly memberId: string
  /** -1: none. */
  readonly generation: number
  /** The assignor of this generation. */
  readonly assignor: string
}

/** What a member was given last, and in which generation; it stays when the member has given it up. */
export interface LastAssignment {
  readonly partitions: readonly TopicPartition[]
  /** -1: nothing yet. */
  readonly generation: number
}

export interface JoinedMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  /** Subscription bytes. */
  readonly metadata: Buffer
}

/**
 * Where the membership is. `token` names what it waits for: an answer that carries another one is late, and dropped.
 *
 * - out: not a member, and not trying to be one
 * - releasing: partitions are being given up, or were lost: before a join, or to make room for what was assigned
 *   (cooperative); heartbeats go on where it is still a member
 * - waiting: to try again
 * - joining, assigning (as leader), syncing
 * - taking: the new assignment is being told to the application
 * - leaving, until the coordinator has heard it; left, failed
 */
export type Phase =
  | { readonly name: 'out'; readonly because: 'not started' | 'no progress' }
  | (Releasing & { readonly next: 'join' | 'out' })
  | (Releasing & { readonly next: 'take'; readonly assigned: readonly TopicPartition[] })
  | { readonly name: 'waiting'; readonly until: number }
  | { readonly name: 'joining'; readonly token: number; readonly topics: readonly string[] }
  | { readonly name: 'assigning'; readonly token: number }
  | { readonly name: 'syncing'; readonly token: number }
  | {
      readonly name: 'taking'
      readonly token: number
      readonly since: number
      /** Something was kept through the rebalance, and is being worked on. */
      readonly keeps: boolean
    }
  | { readonly name: 'stable' }
  | { readonly name: 'leaving'; readonly token: number; readonly reason: string; readonly until: number }
  | { readonly name: 'left' }
  | { readonly name: 'failed'; readonly error: KafkaError }

interface Releasing {
  readonly name: 'releasing'
  readonly token: number
  readonly partitions: readonly TopicPartition[]
}

export interface MembershipState {
  readonly phase: Phase
  readonly identity: Identity
  readonly topics: readonly string[]
  /** What the application has; a cooperative member keeps it through a rebalance. */
  readonly owned: readonly TopicPartition[]
  readonly lastAssignment: LastAssignment
  /** Why to join again as soon as the phase allows it; said to the coordinator (KIP-800). */
  readonly rejoin: string | undefined
  readonly joinReason: string
  /** Heartbeats count from here: the last that succeeded, or the join's answer. */
  readonly lastHeartbeatAt: number
  readonly nextHeartbeatAt: number
  /** The heartbeat that is outstanding. */
  readonly heartbeatToken: number | undefined
  /** No successful heartbeat for the session timeout: hand out nothing until the coordinator has spoken (G4). */
  readonly suspended: boolean
  readonly lastProgressAt: number
  /** Told once that it owns nothing. */
  readonly saidIdle: boolean
  readonly attempts: number
  readonly nextToken: number
}

export type MembershipEvent =
  | { readonly type: 'start' }
  | { readonly type: 'subscribe'; readonly topics: readonly string[] }
  | {
      readonly type: 'join answered'
      readonly token: number
      readonly errorCode: number
      readonly memberId: string
      readonly generation: number
      readonly leader: string
      readonly assignor: string
      readonly members: readonly JoinedMember[]
      /** KIP-814: a leader that came back must not assign anew. */
      readonly skipAssignment: boolean
    }
  /** The leader's assignment, in bytes by member; empty under skipAssignment. */
  | { readonly type: 'assigned'; readonly token: number; readonly assignments: readonly MemberAssignment[] }
  | {
      readonly type: 'sync answered'
      readonly token: number
      readonly errorCode: number
      readonly partitions: readonly TopicPartition[]
    }
  | { readonly type: 'heartbeat answered'; readonly token: number; readonly errorCode: number }
  /** A request got no answer, or the leader could not assign. */
  | { readonly type: 'attempt failed'; readonly token: number; readonly error: unknown }
  /** Partitions are given up, or their loss has been told. */
  | { readonly type: 'released'; readonly token: number }
  | { readonly type: 'taken'; readonly token: number }
  /** A commit was refused under this identity. */
  | {
      readonly type: 'commit refused'
      readonly errorCode: number
      readonly memberId: string
      readonly generation: number
    }
  /** The leader sees other partitions or racks than it assigned (G10). */
  | { readonly type: 'metadata changed'; readonly reason: string }
  | { readonly type: 'progress' }
  | { readonly type: 'fail'; readonly error: KafkaError }
  /** `leaveGroup`: whether the coordinator is told; undefined: of a dynamic member. */
  | { readonly type: 'leave'; readonly reason: string; readonly leaveGroup?: boolean | undefined }
  /** The coordinator's answer to the goodbye. */
  | { readonly type: 'left'; readonly token: number; readonly errorCode: number }
  /** The time that `wake` named has come. */
  | { readonly type: 'tick' }

export interface MemberAssignment {
  readonly memberId: string
  readonly assignment: Uint8Array
}

export type MembershipAction =
  | {
      readonly type: 'send join'
      readonly token: number
      readonly memberId: string
      readonly topics: readonly string[]
      /** What it goes on owning while the group shares anew: nothing, where it is eager. */
      readonly owned: readonly TopicPartition[]
      /** The generation in which it owns them; -1: it is in none. */
      readonly generation: number
      readonly lastAssignment: LastAssignment
      readonly reason: string
    }
  | {
      readonly type: 'assign'
      readonly token: number
      readonly assignor: string
      readonly members: readonly JoinedMember[]
      readonly skipAssignment: boolean
    }
  | {
      readonly type: 'send sync'
      readonly token: number
      readonly identity: Identity
      readonly assignments: readonly MemberAssignment[]
    }
  | { readonly type: 'send heartbeat'; readonly token: number; readonly identity: Identity }
  | {
      readonly type: 'send leave'
      readonly token: number
      readonly memberId: string
      readonly reason: string
    }
  | { readonly type: 'forget coordinator' }
  /** The coordinator may hold the lane's connection half-open: end it. */
  | { readonly type: 'drop connection' }
  | {
      readonly type: 'revoke'
      readonly token: number
      readonly partitions: readonly TopicPartition[]
    }
  | { readonly type: 'lose'; readonly token: number; readonly partitions: readonly TopicPartition[] }
  | {
      readonly type: 'take'
      readonly token: number
      readonly all: readonly TopicPartition[]
      readonly added: readonly TopicPartition[]
    }
  | { readonly type: 'suspend'; readonly suspended: boolean }
  | { readonly type: 'fail'; readonly error: KafkaError }
  | Tell

export interface Step {
  readonly state: MembershipState
  readonly actions: readonly MembershipAction[]
}
