// What the membership of a group is made of whose coordinator assigns (KIP-848): its settings, states, what happens to
// it and what it wants done.

import type { KafkaError } from '../../errors.ts'
import type { Tell } from '../accounts.ts'
import type { TopicPartition } from '../assignors/assignor.ts'

export interface MembershipSettings {
  readonly groupId: string
  /** Made here, and kept as long as the membership lives, whatever becomes of its epochs (KIP-1082). */
  readonly memberId: string
  /** `group.instance.id` of a static member; null for a dynamic one. */
  readonly groupInstanceId: string | null
  /** How long the coordinator waits for this member to give partitions up, and how long it may go without progress. */
  readonly maxPollIntervalMs: number
  /**
   * How long the coordinator keeps a member that is silent, as far as is known here: a member is not told. After so
   * long without an answer nothing is handed out, and so long an instance id that is in use is tried for.
   */
  readonly sessionTimeoutMs: number
  readonly retryBackoffMs: number
  readonly retryBackoffMaxMs: number
}

export interface Subscription {
  readonly topics: readonly string[]
  /** Matched by the coordinator against whole names, in RE2 syntax; null: none. */
  readonly pattern: string | null
}

/** Partitions as the coordinator names them. */
export interface TopicIdPartitions {
  readonly topicId: string
  readonly partitions: readonly number[]
}

export interface OwnedPartition extends TopicPartition {
  readonly topicId: string
}

/** What the application is doing for a reconciliation. */
export interface Work {
  readonly step: 'revoking' | 'taking'
  readonly token: number
  readonly partitions: readonly OwnedPartition[]
  readonly since: number
}

/**
 * Where the membership is. `token` names what it waits for: an answer that carries another one is late, and dropped.
 *
 * - out: not a member, and not trying to be one
 * - joining: asks to be one, with epoch 0
 * - member: its heartbeats are answered; `work` while it is reconciled with what the coordinator wants
 * - releasing: out, and the application is told of what was lost
 * - leaving, until the coordinator has heard it; left, failed
 */
export type Phase =
  | { readonly name: 'out'; readonly because: 'not started' | 'no progress' }
  | { readonly name: 'joining' }
  | { readonly name: 'member'; readonly work: Work | undefined }
  | { readonly name: 'releasing'; readonly token: number; readonly next: 'join' | 'out' }
  | {
      readonly name: 'leaving'
      readonly token: number
      readonly epoch: GoodbyeEpoch
      readonly reason: string
      readonly until: number
    }
  | { readonly name: 'left' }
  | { readonly name: 'failed'; readonly error: KafkaError }

/** -1: for good; -2: of a static member, which may come back. */
export type GoodbyeEpoch = -1 | -2

/** What the coordinator does not know yet. It is said with the next heartbeat, and that is sent at once. */
export interface Unsaid {
  /** Everything: it joins, or does not know what the coordinator has understood. */
  readonly all: boolean
  readonly subscription: boolean
  readonly owned: boolean
}

export interface MembershipState {
  readonly phase: Phase
  /** Of the member; 0: none, or not heard of yet. */
  readonly epoch: number
  readonly subscription: Subscription
  /** The newest that the coordinator wants this member to own; undefined: it has not said. */
  readonly target: readonly TopicIdPartitions[] | undefined
  readonly targetedAt: number
  /** Topic names by id, of what is in the target. */
  readonly names: ReadonlyMap<string, string>
  /** From the moment the application is given a partition until it has let go of it. */
  readonly owned: readonly OwnedPartition[]
  /** The application is to be told of an assignment even when nothing is new in it. */
  readonly owesAssigned: boolean
  /** The coordinator is to hear what is owned as soon as that is what it wants, whether or not it changes. */
  readonly owesAcknowledgement: boolean
  /** What the coordinator was told last that is owned. */
  readonly said: readonly TopicIdPartitions[]
  readonly unsaid: Unsaid
  /**
   * What is owned was told, and not answered yet: on its word the coordinator may give to others what it had assigned
   * here and is not owned.
   */
  readonly inDoubt: boolean
  readonly heartbeatIntervalMs: number
  /** The heartbeat that is outstanding. */
  readonly heartbeatToken: number | undefined
  readonly nextHeartbeatAt: number
  /** When the coordinator last answered a heartbeat with success. */
  readonly lastHeardAt: number
  /** The question for topic names that is outstanding. */
  readonly namingToken: number | undefined
  readonly nextNamingAt: number
  readonly namingAttempts: number
  /** Until when an instance id is tried for that is in use; undefined: it was not refused. */
  readonly unreleasedUntil: number | undefined
  /** The coordinator may know this member from an earlier join, and take its instance id to be in use because of it. */
  readonly mayHoldInstanceId: boolean
  /** The goodbye that is to release it. */
  readonly releaseToken: number | undefined
  /** No answer for the session timeout: hand out nothing until the coordinator has spoken. */
  readonly suspended: boolean
  readonly lastProgressAt: number
  /** The problem that the application was told of last; not again before it has passed. */
  readonly toldOf: string | undefined
  /** Told once that it owns nothing. */
  readonly saidIdle: boolean
  readonly attempts: number
  readonly nextToken: number
}

export type MembershipEvent =
  | { readonly type: 'start' }
  | { readonly type: 'subscribe'; readonly subscription: Subscription }
  | {
      readonly type: 'heartbeat answered'
      readonly token: number
      readonly errorCode: number
      /** What the broker says to its error code. */
      readonly errorMessage: string | null
      readonly epoch: number
      readonly heartbeatIntervalMs: number
      /** Undefined: as before. */
      readonly assignment: readonly TopicIdPartitions[] | undefined
    }
  /** A request got no answer. */
  | { readonly type: 'attempt failed'; readonly token: number; readonly error: unknown }
  /** The names that could be found, by topic id. */
  | { readonly type: 'topics named'; readonly token: number; readonly names: ReadonlyMap<string, string> }
  /** Partitions are given up, or their loss has been told. */
  | { readonly type: 'released'; readonly token: number }
  | { readonly type: 'taken'; readonly token: number }
  /** A commit was refused under this epoch. */
  | { readonly type: 'commit refused'; readonly errorCode: number; readonly epoch: number }
  | { readonly type: 'progress' }
  | { readonly type: 'fail'; readonly error: KafkaError }
  | {
      readonly type: 'leave'
      readonly reason: string
      /** Undefined: a dynamic member leaves, a static one says that it may come back. */
      readonly leaveGroup: boolean | undefined
    }
  /** The coordinator's answer to a goodbye. */
  | { readonly type: 'left'; readonly token: number; readonly errorCode: number }
  /** The time that `wakeAt` named has come. */
  | { readonly type: 'tick' }

export interface Heartbeat {
  readonly token: number
  readonly epoch: number
  /** Also what never changes: timeouts, assignor, rack. */
  readonly isFull: boolean
  /** Undefined: as said before. */
  readonly subscription: Subscription | undefined
  readonly owned: readonly TopicIdPartitions[] | undefined
}

export type MembershipAction =
  | ({ readonly type: 'send heartbeat' } & Heartbeat)
  | { readonly type: 'send leave'; readonly token: number; readonly epoch: GoodbyeEpoch }
  | { readonly type: 'forget coordinator' }
  /** The coordinator may hold the lane's connection half-open: end it. */
  | { readonly type: 'drop connection' }
  /** Look up the names of these topics; what cannot be found is left out. */
  | { readonly type: 'name topics'; readonly token: number; readonly ids: readonly string[] }
  | { readonly type: 'revoke'; readonly token: number; readonly partitions: readonly TopicPartition[] }
  /** Whatever is being revoked or taken is not waited for any more. */
  | { readonly type: 'lose'; readonly token: number; readonly partitions: readonly TopicPartition[] }
  | {
      readonly type: 'take'
      readonly token: number
      readonly all: readonly TopicPartition[]
      readonly added: readonly TopicPartition[]
    }
  | { readonly type: 'suspend'; readonly suspended: boolean }
  /** The application must know; the membership goes on. */
  | { readonly type: 'report'; readonly error: KafkaError }
  | { readonly type: 'fail'; readonly error: KafkaError }
  | Tell

export interface Step {
  readonly state: MembershipState
  readonly actions: readonly MembershipAction[]
}
