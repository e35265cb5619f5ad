// The four requests of a classic group's member, as the machine in `group/classic` wants them sent, and their answers as
// the events it is told.

import type { Assignor } from '../../group/assignors/assignor.ts'
import type { MembershipAction, MembershipEvent, MembershipSettings } from '../../group/classic/types.ts'
import { Heartbeat, JoinGroup, LeaveGroup, SyncGroup } from '../../protocol/api/index.ts'
import { decodeAssignment, encodeSubscription } from '../../protocol/group-messages/subscription.ts'
import type { Cluster, Lane, SendOptions } from '../cluster/types.ts'
import type { TopicPartition } from '../topic.ts'

type Action<Type extends MembershipAction['type']> = Extract<MembershipAction, { readonly type: Type }>

export interface GroupRequestsContext {
  readonly cluster: Cluster
  readonly settings: MembershipSettings
  readonly assignors: readonly Assignor[]
  readonly requestTimeoutMs: number
  /** The membership's own; another one after a connection was dropped. */
  readonly lane: () => Lane
  readonly signal: AbortSignal
}

const PROTOCOL_TYPE = 'consumer'
const SUBSCRIPTION_VERSION = 3
/** What the broker's rebalance timer may overrun (G2). */
const JOIN_GRACE_MS = 5_000

export class GroupRequests {
  readonly #context: GroupRequestsContext

  constructor(context: GroupRequestsContext) {
    this.#context = context
  }

  async join({ token, memberId, topics, reason }: Action<'send join'>): Promise<MembershipEvent> {
    const { cluster, assignors, settings } = this.#context
    const { groupId, groupInstanceId, sessionTimeoutMs, maxPollIntervalMs } = settings
    const metadata = encodeSubscription(
      { topics: [...topics], userData: null, ownedPartitions: [], rackId: null },
      SUBSCRIPTION_VERSION,
    )
    const { response } = await cluster.send(
      JoinGroup,
      {
        groupId,
        sessionTimeoutMs,
        rebalanceTimeoutMs: maxPollIntervalMs,
        memberId,
        groupInstanceId,
        protocolType: PROTOCOL_TYPE,
        protocols: assignors.map(({ name }) => ({ name, metadata })),
        reason,
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
    const partitions = errorCode === 0 && assignment.length > 0 ? partitionsOf(assignment) : []
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
  async leave({ token, memberId, reason }: Action<'send leave'>): Promise<MembershipEvent> {
    const { groupId, groupInstanceId } = this.#context.settings
    const { to, signal, timeoutMs } = this.#onLane(this.#context.requestTimeoutMs)
    const { response } = await this.#context.cluster.send(
      LeaveGroup,
      (version) =>
        version >= 3 ? { groupId, members: [{ memberId, groupInstanceId, reason }] } : { groupId, memberId },
      { to, signal, timeoutMs },
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

  #onLane(timeoutMs: number) {
    const { lane, settings, signal } = this.#context
    const to = { coordinator: 'group', key: settings.groupId } as const
    return { to, lane: lane(), timeoutMs, signal } satisfies SendOptions
  }
}

function partitionsOf(assignment: Buffer): TopicPartition[] {
  return decodeAssignment(assignment).assignedPartitions.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  )
}
