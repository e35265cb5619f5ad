// The requests of a member of a next generation group, as the machine in `group/consumer` wants them sent, and their
// answers as the events it is told.

import { UnsupportedVersionError } from '../../../errors.ts'
import type {
  Heartbeat,
  MembershipAction,
  MembershipEvent,
  MembershipSettings,
  TopicIdPartitions,
} from '../../../group/consumer/types.ts'
import { ConsumerGroupHeartbeat, Metadata } from '../../../protocol/api/index.ts'
import type { RequestOf } from '../../../protocol/schema.ts'
import type { Cluster, Lane, SendOptions } from '../../cluster/types.ts'

type Action<Type extends MembershipAction['type']> = Extract<MembershipAction, { readonly type: Type }>
type Body = RequestOf<typeof ConsumerGroupHeartbeat>

export interface MemberRequestsContext {
  readonly cluster: Cluster
  readonly settings: MembershipSettings
  /** The coordinator's assignor; null: its default. */
  readonly serverAssignor: string | null
  readonly rackId: string | null
  readonly requestTimeoutMs: number
  /** The membership's own; another one after a connection was dropped. */
  readonly lane: () => Lane
  readonly signal: AbortSignal
}

const FIRST_PATTERN_VERSION = 1

export class MemberRequests {
  readonly #context: MemberRequestsContext

  constructor(context: MemberRequestsContext) {
    this.#context = context
  }

  async heartbeat({ token, ...heartbeat }: Action<'send heartbeat'>): Promise<MembershipEvent> {
    const { response } = await this.#context.cluster.send(
      ConsumerGroupHeartbeat,
      (version) => this.#body(heartbeat, version),
      this.#onLane,
    )
    const { assignment, errorCode, errorMessage, heartbeatIntervalMs, memberEpoch: epoch } = response
    return {
      ...{ type: 'heartbeat answered', token, errorCode, errorMessage, epoch, heartbeatIntervalMs },
      assignment: assignment?.topicPartitions,
    }
  }

  /** On the same connection, so that it comes after the heartbeats and before a join that follows. */
  async leave({ token, epoch }: Action<'send leave'>): Promise<MembershipEvent> {
    const { cluster } = this.#context
    const body = { ...this.#identity, memberEpoch: epoch }
    const { response } = await cluster.send(ConsumerGroupHeartbeat, body, this.#onLane)
    return { type: 'left', token, errorCode: response.errorCode }
  }

  /** From what is known of the cluster, else asked of a broker: topics that the coordinator matched are news here. */
  async nameTopics({ token, ids }: Action<'name topics'>): Promise<MembershipEvent> {
    const { cluster, requestTimeoutMs: timeoutMs, signal } = this.#context
    const names = new Map<string, string>()
    for (const id of ids) {
      const name = cluster.metadata.topicNames.get(id)
      if (name !== undefined) names.set(id, name)
    }
    if (names.size === ids.length) return { type: 'topics named', token, names }
    const { response } = await cluster.send(
      Metadata,
      {
        topics: ids.filter((id) => !names.has(id)).map((topicId) => ({ topicId, name: null })),
        allowAutoTopicCreation: false,
      },
      { to: 'any', timeoutMs, signal },
    )
    for (const { errorCode, name, topicId } of response.topics) {
      if (errorCode === 0 && name !== null) names.set(topicId, name)
    }
    return { type: 'topics named', token, names }
  }

  #body({ epoch, isFull, owned, subscription }: Omit<Heartbeat, 'token'>, version: number): Body {
    const { rackId, serverAssignor, settings } = this.#context
    const body: Body = {
      ...this.#identity,
      memberEpoch: epoch,
      ...(isFull && { rackId, serverAssignor, rebalanceTimeoutMs: settings.maxPollIntervalMs }),
      ...(owned && { topicPartitions: owned.map(asSent) }),
    }
    if (subscription === undefined) return body
    const { pattern, topics: subscribedTopicNames } = subscription
    if (version >= FIRST_PATTERN_VERSION) {
      return { ...body, subscribedTopicNames: [...subscribedTopicNames], subscribedTopicRegex: pattern }
    }
    if (pattern !== null) throw tooOldForPatterns(settings.groupId)
    return { ...body, subscribedTopicNames: [...subscribedTopicNames] }
  }

  get #identity() {
    const { groupId, groupInstanceId: instanceId, memberId } = this.#context.settings
    return { groupId, memberId, instanceId }
  }

  /** A connection that has silently ended must be noticed while there is time for heartbeats over another one. */
  get #onLane() {
    const { lane, requestTimeoutMs, settings, signal } = this.#context
    const timeoutMs = Math.min(requestTimeoutMs, settings.sessionTimeoutMs / 3)
    const to = { coordinator: 'group', key: settings.groupId } as const
    return { to, lane: lane(), timeoutMs, signal } satisfies SendOptions
  }
}

function asSent({ topicId, partitions }: TopicIdPartitions) {
  return { topicId, partitions: [...partitions] }
}

function tooOldForPatterns(groupId: string): UnsupportedVersionError {
  return new UnsupportedVersionError(
    `group ${groupId}: patterns that the broker matches need version 1 of ConsumerGroupHeartbeat, which it does not have: subscribe with a RegExp, which is matched here`,
    { groupId, api: 'ConsumerGroupHeartbeat', fatal: true },
  )
}
