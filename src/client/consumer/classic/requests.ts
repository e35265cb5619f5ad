// The four requests of a classic group's member, as the machine in `group/classic` wants them sent, and their answers as
// the events it is told.

import { UnsupportedVersionError } from '../../../errors.ts'
import type { Assignor } from '../../../group/assignors/assignor.ts'
import type { MembershipAction, MembershipEvent, MembershipSettings } from '../../../group/classic/types.ts'
import { Heartbeat, JoinGroup, LeaveGroup, SyncGroup } from '../../../protocol/api/index.ts'
import { decodeAssignment, encodeSubscription } from '../../../protocol/group-messages/subscription.ts'
import type { Cluster, Lane, SendOptions } from '../../cluster/types.ts'
import { userDataOf } from './assignor-calls.ts'
import { byTopic, oneByOne } from './by-topic.ts'

type Action<Type extends MembershipAction['type']> = Extract<MembershipAction, { readonly type: Type }>

export interface GroupRequestsContext {
  readonly cluster: Cluster
  readonly settings: MembershipSettings
  readonly assignors: readonly Assignor[]
  /** `client.rack`: where this member is; null: not said. */
  readonly rackId: string | null
  readonly requestTimeoutMs: number
  /** The membership's own; another one after a connection was dropped. */
  readonly lane: () => Lane
  readonly signal: AbortSignal
}

const PROTOCOL_TYPE = 'consumer'
const SUBSCRIPTION_VERSION = 3
/** Of JoinGroup: from here on a member may say its instance id (KIP-345). */
const FIRST_STATIC_VERSION = 5
/** Brokers keep no more of a reason than Java sends. */
const MAX_REASON_LENGTH = 255
/** What the broker's rebalance timer may overrun (G2). */
const JOIN_GRACE_MS = 5_000

export class GroupRequests {
  readonly #context: GroupRequestsContext

  constructor(context: GroupRequestsContext) {
    this.#context = context
  }

  async join(action: Action<'send join'>): Promise<MembershipEvent> {
    const { cluster, settings } = this.#context
    const { groupId, groupInstanceId, sessionTimeoutMs, maxPollIntervalMs } = settings
    const { token, memberId, reason } = action
    const protocols = this.#protocols(action)
    const { response } = await cluster.send(
      JoinGroup,
      (version) => {
        if (groupInstanceId !== null && version < FIRST_STATIC_VERSION) throw tooOldForStatic(groupId)
        return {
          groupId,
          sessionTimeoutMs,
          rebalanceTimeoutMs: maxPollIntervalMs,
          memberId,
          groupInstanceId,
          protocolType: PROTOCOL_TYPE,
          protocols,
          reason: reason.slice(0, MAX_REASON_LENGTH),
        }
      },
      this.#onLane(this.#waitOnBrokerMs),
    )
    return {
      type: 'join answered',
      token,
      errorCode: response.errorCode,
      memberId: response.memberId,
      generation: response.generationId,
      leader: response.leader,
      assignor: response.protocolName ?? '',
      members: response.members,
      skipAssignment: response.skipAssignment,
    }
  }

  async sync({ token, identity, assignments }: Action<'send sync'>): Promise<MembershipEvent> {
    const { groupId, groupInstanceId } = this.#context.settings
    const { memberId, generation, assignor } = identity
    const { response } = await this.#context.cluster.send(
      SyncGroup,
      {
        groupId,
        generationId: generation,
        memberId,
        groupInstanceId,
        protocolType: PROTOCOL_TYPE,
        protocolName: assignor,
        assignments: [...assignments],
      },
      this.#onLane(this.#waitOnBrokerMs),
    )
    const { errorCode, assignment } = response
    const partitions =
      errorCode === 0 && assignment.length > 0
        ? oneByOne(decodeAssignment(assignment).assignedPartitions)
        : []
    return { type: 'sync answered', token, errorCode, partitions }
  }

  async heartbeat({ token, identity }: Action<'send heartbeat'>): Promise<MembershipEvent> {
    const { groupId, groupInstanceId } = this.#context.settings
    const { memberId, generation } = identity
    const { response } = await this.#context.cluster.send(
      Heartbeat,
      { groupId, generationId: generation, memberId, groupInstanceId },
      this.#onLane(this.#heartbeatTimeoutMs),
    )
    return { type: 'heartbeat answered', token, errorCode: response.errorCode }
  }

  /** Over the ordinary connection: on the membership's own it would wait behind a join that is outstanding (G2). */
  async leave(
    { token, memberId, reason: whole }: Action<'send leave'>,
    signal: AbortSignal | undefined,
  ): Promise<MembershipEvent> {
    const { requestTimeoutMs: timeoutMs, settings } = this.#context
    const { groupId, groupInstanceId } = settings
    const reason = whole.slice(0, MAX_REASON_LENGTH)
    const { response } = await this.#context.cluster.send(
      LeaveGroup,
      (version) =>
        version >= 3 ? { groupId, members: [{ memberId, groupInstanceId, reason }] } : { groupId, memberId },
      { to: this.#coordinator, timeoutMs, ...(signal && { signal }) },
    )
    const errorCode = response.errorCode || (response.members[0]?.errorCode ?? 0)
    return { type: 'left', token, errorCode }
  }

  /** JoinGroup and SyncGroup are answered when the others have come, too. */
  get #waitOnBrokerMs(): number {
    const { requestTimeoutMs, settings } = this.#context
    return Math.max(requestTimeoutMs, settings.maxPollIntervalMs + JOIN_GRACE_MS)
  }

  /** A connection that has silently ended must be noticed while there is time for heartbeats over another one. */
  get #heartbeatTimeoutMs(): number {
    const { requestTimeoutMs, settings } = this.#context
    const { heartbeatIntervalMs, sessionTimeoutMs } = settings
    return Math.min(requestTimeoutMs, Math.max(heartbeatIntervalMs, sessionTimeoutMs / 3))
  }

  get #coordinator() {
    return { coordinator: 'group', key: this.#context.settings.groupId } as const
  }

  #onLane(timeoutMs: number) {
    const { lane, signal } = this.#context
    return { to: this.#coordinator, lane: lane(), timeoutMs, signal } satisfies SendOptions
  }

  /** What each assignor is told: the same subscription, with its own user data. */
  #protocols({ generation, lastAssignment, owned, topics }: Action<'send join'>) {
    const { assignors, rackId, settings } = this.#context
    const common = { topics: [...topics], ownedPartitions: byTopic(owned), generationId: generation, rackId }
    const joining = {
      topics,
      lastAssigned: lastAssignment.partitions,
      generation: lastAssignment.generation,
    }
    return assignors.map((assignor) => {
      const userData = userDataOf(assignor, joining, settings.groupId)
      return {
        name: assignor.name,
        metadata: encodeSubscription({ ...common, userData }, SUBSCRIPTION_VERSION),
      }
    })
  }
}

function tooOldForStatic(groupId: string): UnsupportedVersionError {
  const message = `group ${groupId}: static members (groupInstanceId) need a broker of Kafka 2.3 or newer`
  return new UnsupportedVersionError(message, { groupId, api: 'JoinGroup' })
}
