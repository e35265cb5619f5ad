// A group's coordinator on a scripted broker: the model coordinator, spoken to in Kafka's bytes.
import {
  DescribeGroups,
  FindCoordinator,
  Heartbeat,
  JoinGroup,
  LeaveGroup,
  SyncGroup,
} from '../../../src/protocol/api/index.ts'
import { ModelCoordinator, type SyncAnswer } from '../../group/classic/model-coordinator.ts'
import type { ScriptedBroker } from '../../support/scripted/broker.ts'

export interface ScriptedGroup {
  readonly coordinator: ModelCoordinator
  /** While true joins wait, as for a member that has not come yet. */
  holdJoins: boolean
  /** Ends the join that was held. */
  completeJoin(): void
  /** Answers of heartbeats, to be used up before the true ones: error codes. */
  readonly heartbeatErrors: number[]
}

/** Joins end when everyone has joined. */
export function scriptGroup(...brokers: ScriptedBroker[]): ScriptedGroup {
  const coordinator = new ModelCoordinator()
  const group: ScriptedGroup = {
    coordinator,
    holdJoins: false,
    heartbeatErrors: [],
    completeJoin() {
      if (coordinator.everyoneHasJoined) coordinator.completeJoin()
    },
  }
  for (const broker of brokers) {
    broker.on(JoinGroup, ({ body, version, respond }) => {
      const { groupInstanceId, protocols } = body
      const isPromised = version < 4 && body.memberId === '' && groupInstanceId === null
      const memberId = isPromised ? coordinator.promise() : body.memberId
      coordinator.join({ memberId, groupInstanceId, protocols }, ({ errorCode, ...answer }) => {
        const { assignor, generation, leader, memberId, members, skipAssignment } = answer
        respond({
          errorCode,
          generationId: generation,
          protocolName: errorCode === 0 ? assignor : version < 7 ? '' : null,
          leader,
          memberId,
          members: members.map(({ groupInstanceId, ...each }) => ({
            ...each,
            ...(version >= 5 && { groupInstanceId }),
          })),
          ...(version >= 9 && { skipAssignment }),
        })
      })
      if (!group.holdJoins) group.completeJoin()
    })
    broker.on(SyncGroup, ({ body, respond }) => {
      const { memberId, generationId, assignments, groupInstanceId } = body
      const answer = ({ errorCode, assignment }: SyncAnswer) => respond({ errorCode, assignment })
      coordinator.sync(memberId, generationId, assignments, answer, groupInstanceId)
    })
    broker.on(Heartbeat, ({ body, respond }) => {
      const { memberId, generationId, groupInstanceId } = body
      const errorCode = coordinator.heartbeat(memberId, generationId, groupInstanceId)
      respond({ errorCode: group.heartbeatErrors.shift() ?? errorCode })
    })
    broker.on(DescribeGroups, ({ body, respond }) => {
      const members = [...coordinator.members].map(
        ([memberId, { groupInstanceId, protocols, assignment }]) => ({
          ...{ memberId, groupInstanceId, clientId: 'c', clientHost: 'h' },
          memberMetadata: protocols.find(({ name }) => name === coordinator.assignor)?.metadata ?? NOTHING,
          memberAssignment: assignment,
        }),
      )
      const groupState = coordinator.phase === 'stable' ? 'Stable' : 'PreparingRebalance'
      const protocol = { protocolType: 'consumer', protocolData: coordinator.assignor }
      respond({ groups: [{ errorCode: 0, groupId: body.groups[0]!, groupState, ...protocol, members }] })
    })
    broker.on(LeaveGroup, ({ body, version, respond }) => {
      const [{ memberId, groupInstanceId } = { memberId: body.memberId, groupInstanceId: null }] =
        body.members
      coordinator.remove(memberId)
      if (!group.holdJoins) group.completeJoin()
      const members = version < 3 ? [] : [{ memberId, groupInstanceId, errorCode: 0 }]
      respond({ errorCode: 0, ...(version >= 3 && { members }) })
    })
  }
  return group
}

/** The node that is named as every group's coordinator from now on. */
export function nameCoordinator(brokers: readonly ScriptedBroker[], nodeId: number): void {
  const found = { nodeId, ...brokers[nodeId - 1]!.endpoint, errorCode: 0, errorMessage: null }
  for (const broker of brokers) {
    broker.on(FindCoordinator, ({ body, version, respond }) => {
      if (version < 4) respond(found)
      else respond({ coordinators: body.coordinatorKeys.map((key) => ({ key, ...found })) })
    })
  }
}

const NOTHING = Buffer.alloc(0)
