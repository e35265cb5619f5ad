// What the membership says to the log, beside what both kinds of membership say.

import { describePartitions, sharedAccounts, tell } from '../accounts.ts'
import type { TopicPartition } from '../assignors/assignor.ts'
import type { MembershipSettings, MembershipState, Subscription } from './types.ts'

/** After a few seconds: a topic that was just made is known everywhere by then. */
const TOLD_AFTER_ATTEMPTS = 6

export const accounts = {
  ...sharedAccounts,

  firstJoin: ({ groupId }: MembershipSettings, subscription: Subscription) =>
    tell('info', `joining, for ${describeSubscription(subscription)}`, { groupId, ...subscription }),

  joining: ({ groupId }: MembershipSettings, reason: string) =>
    tell('info', `joining again, because ${reason}`, { groupId }),

  joined: ({ groupId, memberId }: MembershipSettings, epoch: number) =>
    tell('info', `joined as member ${memberId} in epoch ${epoch}; the coordinator assigns`, {
      groupId,
      memberId,
      epoch,
    }),

  givingUp: (
    { groupId }: MembershipSettings,
    { epoch }: MembershipState,
    partitions: readonly TopicPartition[],
  ) =>
    tell(
      'info',
      `giving up ${describePartitions(partitions)}, for the coordinator wants it so in epoch ${epoch}; the rest goes on`,
      { groupId, epoch, partitions },
    ),

  assigned: (
    { groupId }: MembershipSettings,
    { epoch, heartbeatIntervalMs }: MembershipState,
    all: readonly TopicPartition[],
    added: readonly TopicPartition[],
  ) => {
    const news = added.length === all.length ? '' : `, of them new ${describePartitions(added)}`
    return tell(
      'info',
      `assigned ${describePartitions(all)} in epoch ${epoch}${news}; heartbeat every ${heartbeatIntervalMs} ms`,
      { groupId, epoch, partitions: all, added, heartbeatIntervalMs },
    )
  },

  stays: ({ groupId, groupInstanceId, memberId }: MembershipSettings, reason: string) => {
    const as = groupInstanceId === null ? `as member ${memberId}` : `as instance ${groupInstanceId}`
    return tell(
      'info',
      `ends ${as} without leaving: ${reason}. The group keeps its partitions for it until its session ends`,
      { groupId, groupInstanceId, memberId },
    )
  },

  /** What passes by itself is told quietly. */
  unnamed: ({ groupId }: MembershipSettings, ids: readonly string[], attempts: number) => {
    const which = ids.join(', ')
    if (attempts !== TOLD_AFTER_ATTEMPTS) {
      return tell('debug', `asking for the names of the topics with ids ${which}`, { groupId, topicIds: ids })
    }
    return tell(
      'warn',
      `was assigned partitions of topics whose names no broker tells, and reads the others; still asking. Topic ids: ${which}. Does the principal have DESCRIBE on them?`,
      { groupId, topicIds: ids },
    )
  },

  unreleased: ({ groupId, groupInstanceId, sessionTimeoutMs }: MembershipSettings) =>
    tell(
      'warn',
      `groupInstanceId '${groupInstanceId}' is in use by another consumer; trying for ${sessionTimeoutMs} ms, after which one that was killed is released`,
      { groupId, groupInstanceId },
    ),
}

function describeSubscription({ topics, pattern }: Subscription): string {
  const named = topics.join(', ')
  if (pattern === null) return named || 'no topics'
  return `${named === '' ? '' : `${named} and `}topics that match ${pattern}`
}
