// Groups of the classic protocol, each described by its coordinator.

import { DescribeGroups } from '../../protocol/api/index.ts'
import { brokerError } from '../../protocol/error-codes.ts'
import { decodeAssignment, decodeSubscription } from '../../protocol/group-messages/subscription.ts'
import { listOf, text } from './arguments.ts'
import { type AdminContext, sendOptions, startCall } from './call.ts'
import { askEach, settleItems } from './items.ts'
import type { AdminCallOptions, GroupDescription, MemberDescription } from './types.ts'

const NOT_COORDINATOR = 16

export function describeGroups(
  context: AdminContext,
  groupIds: readonly string[],
  options: AdminCallOptions = {},
): Promise<ReadonlyMap<string, GroupDescription>> {
  const { cluster } = context
  const call = startCall(context, 'describeGroups', options)
  return settleItems<GroupDescription>(context, {
    what: 'describing groups',
    items: [...new Set(listOf(groupIds, 'describeGroups: groupIds', text))],
    ...call,
    async attempt(pending, outcomes) {
      const byGroup = pending.map((groupId) => [groupId, [groupId]] as const)
      await askEach(byGroup, outcomes, async (groupId) => {
        const { response, nodeId } = await cluster.send(
          DescribeGroups,
          { groups: [groupId] },
          { to: { coordinator: 'group', key: groupId }, ...sendOptions(call) },
        )
        const group = response.groups.find((described) => described.groupId === groupId)
        if (group === undefined) return
        if (group.errorCode !== 0) {
          if (group.errorCode === NOT_COORDINATOR) cluster.forgetCoordinator('group', groupId)
          outcomes.fail(
            groupId,
            brokerError(group.errorCode, { api: 'DescribeGroups', groupId }, group.errorMessage),
          )
          return
        }
        outcomes.succeed(groupId, {
          groupId,
          state: group.groupState,
          protocolType: group.protocolType,
          assignor: group.protocolData,
          members: group.members.map((member) => describeMember(member, group.protocolType)),
          coordinator: nodeId,
        })
      })
    },
  })
}

type WireMember = {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly memberMetadata: Buffer
  readonly memberAssignment: Buffer
}

/** The bytes of members are the consumers' own; other protocol types (connect) have others. */
function describeMember(member: WireMember, protocolType: string): MemberDescription {
  const isConsumer = protocolType === 'consumer'
  const readable = (bytes: Buffer) => isConsumer && bytes.length > 0
  return {
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    topics: readable(member.memberMetadata) ? decodeSubscription(member.memberMetadata).topics : [],
    assignment: readable(member.memberAssignment) ? partitionsOf(member.memberAssignment) : [],
  }
}

function partitionsOf(assignment: Buffer) {
  return decodeAssignment(assignment).assignedPartitions.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  )
}
