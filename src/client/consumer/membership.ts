// What a consumer needs of its membership in a group, whichever protocol speaks for it, and what the membership asks
// of the consumer.

import { KafkaError } from '../../errors.ts'
import type { TopicPartition } from '../topic.ts'

/** Why a handler's signal aborts when what it was told of is lost meanwhile: `onLost` follows. */
export class OwnershipLost extends KafkaError<'NOT_ASSIGNED'> {
  constructor() {
    super('NOT_ASSIGNED', 'what was assigned is lost')
  }
}

/** How the application takes part in a rebalance. Each is awaited before the rebalance goes on. */
export interface MembershipHandlers {
  /**
   * Stop handing out these, finish, commit, tell the listener: of nothing, too, where an eager member rejoins with
   * nothing. The signal aborts when the rebalance timeout has passed, or with {@link OwnershipLost}.
   */
  onRevoke(partitions: readonly TopicPartition[], signal: AbortSignal): Promise<void>
  /** Ownership ended without a chance to commit. The signal aborts as that of a revocation. */
  onLost(partitions: readonly TopicPartition[], signal: AbortSignal): Promise<void>
  /** The new assignment, whole and what is new of it. The signal aborts when it was lost meanwhile (G7). */
  onAssigned(
    all: readonly TopicPartition[],
    added: readonly TopicPartition[],
    signal: AbortSignal,
  ): Promise<void>
  /** Hand out nothing (and again), without giving up partitions. */
  onSuspended(suspended: boolean): void
  /** The application must know; the membership goes on. */
  onProblem(error: KafkaError): void
  onFatal(error: KafkaError): void
}

/** What a commit must carry (O7). */
export interface MemberIdentity {
  readonly groupId: string
  readonly memberId: string
  readonly generation: number
  readonly groupInstanceId: string | null
}

export interface Membership {
  /** Resolves when the coordinator is known: a cluster that cannot be reached is an error by then, not a long join. */
  reach(options: { readonly signal?: AbortSignal; readonly deadline: number }): Promise<void>
  /** Starts joining; resolves when first stable, whatever was assigned. Rejects on a fatal error, and on abort. */
  join(options: { readonly signal?: AbortSignal; readonly deadline?: number }): Promise<void>
  /** The subscription, as names; a change leads to a rejoin. */
  subscribe(topics: readonly string[]): void
  /** Progress, for maxPollIntervalMs (G7). */
  progress(): void
  /** Undefined when not a member now. */
  identity(): MemberIdentity | undefined
  /** A commit was answered with this error code under that identity (G4). */
  onCommitError(errorCode: number, identity: { readonly memberId: string; readonly generation: number }): void
  readonly state: 'unjoined' | 'joining' | 'rebalancing' | 'stable' | 'left' | 'failed'
  /**
   * Ends the membership. `leaveGroup`: whether the coordinator is told; by default it is, of a dynamic member, and is
   * not of a static one, whose place is kept for the session timeout (G9).
   */
  leave(options: {
    readonly timeoutMs: number
    readonly reason?: string
    readonly leaveGroup?: boolean | undefined
  }): Promise<void>
}
