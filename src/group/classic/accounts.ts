// A rebalance as a person wants to read it: what the membership says to the log, in one place. Whoever performs it puts
// the group's name before each line.

import { describePartitions, sharedAccounts, type Tell, tell } from '../accounts.ts'
import type { TopicPartition } from '../assignors/assignor.ts'
import type { Identity, MembershipSettings } from './types.ts'

export const accounts = {
  ...sharedAccounts,

  joining: (
    { groupId, protocol }: MembershipSettings,
    reason: string,
    owned: readonly TopicPartition[],
  ): Tell => {
    const isKept = protocol === 'cooperative' && owned.length > 0
    const what = protocol === 'eager' ? 'stopped and joining again' : 'joining again'
    const meanwhile = isKept ? `; goes on with ${describePartitions(owned)} meanwhile` : ''
    return tell('info', `${what}, because ${reason}${meanwhile}`, { groupId, owned })
  },

  firstJoin: ({ groupId }: MembershipSettings, topics: readonly string[]) =>
    tell('info', `joining, for ${topics.join(', ') || 'no topics'}`, { groupId, topics }),

  joined: (
    { groupId }: MembershipSettings,
    { memberId, generation, assignor }: Identity,
    isLeader: boolean,
  ) =>
    tell(
      'info',
      `joined as member ${memberId} in generation ${generation}, assignor ${assignor}${isLeader ? '; selected leader' : ''}`,
      { groupId, memberId, generation, assignor, isLeader },
    ),

  syncing: ({ groupId }: MembershipSettings, generation: number) =>
    tell('debug', `syncing generation ${generation}`, { groupId, generation }),

  assigned: (
    { groupId, heartbeatIntervalMs }: MembershipSettings,
    { generation }: Identity,
    partitions: readonly TopicPartition[],
    { kept, added, taken }: Record<'kept' | 'added' | 'taken', readonly TopicPartition[]>,
  ) => {
    const all = describePartitions(partitions)
    const keptWhat = added.length === 0 ? 'all of it kept' : `kept ${describePartitions(kept)}`
    const changes = [
      kept.length > 0 ? keptWhat : '',
      kept.length > 0 && added.length > 0 ? `new ${describePartitions(added)}` : '',
      taken.length > 0 ? `to be given up ${describePartitions(taken)}` : '',
    ].filter((change) => change !== '')
    const notes = changes.length === 0 ? '' : ` (${changes.join('; ')})`
    return tell(
      'info',
      `assigned ${all} in generation ${generation}${notes}; heartbeat every ${heartbeatIntervalMs} ms`,
      { groupId, generation, partitions, added, taken, heartbeatIntervalMs },
    )
  },

  stays: (
    { groupId, groupInstanceId, sessionTimeoutMs }: MembershipSettings,
    memberId: string,
    reason: string,
  ) => {
    const as = groupInstanceId === null ? `as member ${memberId}` : `as instance ${groupInstanceId}`
    return tell(
      'info',
      `ends ${as} without leaving: ${reason}. The group keeps its partitions for it, for sessionTimeoutMs (${sessionTimeoutMs} ms)`,
      { groupId, groupInstanceId, memberId },
    )
  },
}
