// A rebalance as a person wants to read it: what the membership says to the log, in one place.

import { isKafkaError } from '../../errors.ts'
import type { TopicPartition } from '../assignors/assignor.ts'
import type { Identity, MembershipAction, MembershipSettings } from './types.ts'

type Tell = Extract<MembershipAction, { readonly type: 'tell' }>

function tell(level: Tell['level'], message: string, fields: object = {}): Tell {
  return { type: 'tell', level, message, fields }
}

/** `orders 0, 2; payments 1` */
export function describePartitions(partitions: readonly TopicPartition[]): string {
  const byTopic = new Map<string, number[]>()
  for (const { topic, partition } of partitions)
    byTopic.set(topic, [...(byTopic.get(topic) ?? []), partition])
  if (byTopic.size === 0) return 'nothing'
  return [...byTopic]
    .map(([topic, numbers]) => `${topic} ${numbers.sort((a, b) => a - b).join(', ')}`)
    .join('; ')
}

export const accounts = {
  joining: ({ groupId }: MembershipSettings, reason: string, owned: readonly TopicPartition[]) =>
    tell('info', `group ${groupId}: stopped and joining again, because ${reason}`, { groupId, owned }),

  firstJoin: ({ groupId }: MembershipSettings, topics: readonly string[]) =>
    tell('info', `group ${groupId}: joining, for ${topics.join(', ') || 'no topics'}`, { groupId, topics }),

  joined: (
    { groupId }: MembershipSettings,
    { memberId, generation, assignor }: Identity,
    isLeader: boolean,
  ) =>
    tell(
      'info',
      `group ${groupId}: joined as member ${memberId} in generation ${generation}, assignor ${assignor}${isLeader ? '; selected leader' : ''}`,
      { groupId, memberId, generation, assignor, isLeader },
    ),

  syncing: ({ groupId }: MembershipSettings, generation: number) =>
    tell('debug', `group ${groupId}: syncing generation ${generation}`, { groupId, generation }),

  assigned: (
    { groupId, heartbeatIntervalMs }: MembershipSettings,
    { generation }: Identity,
    partitions: readonly TopicPartition[],
  ) =>
    tell(
      'info',
      `group ${groupId}: assigned ${describePartitions(partitions)} in generation ${generation}; heartbeat every ${heartbeatIntervalMs} ms`,
      { groupId, generation, partitions, heartbeatIntervalMs },
    ),

  idle: ({ groupId }: MembershipSettings) =>
    tell('info', `group ${groupId}: idle, for it was given no partitions; standing by`, {
      groupId,
    }),

  lost: ({ groupId }: MembershipSettings, reason: string, partitions: readonly TopicPartition[]) =>
    tell('warn', `group ${groupId}: lost ${describePartitions(partitions)}, because ${reason}`, {
      groupId,
      partitions,
    }),

  silent: ({ groupId, sessionTimeoutMs }: MembershipSettings) =>
    tell(
      'warn',
      `group ${groupId}: no heartbeat was answered for the session timeout of ${sessionTimeoutMs} ms; handing out nothing until the coordinator answers`,
      { groupId, sessionTimeoutMs },
    ),

  heardAgain: ({ groupId }: MembershipSettings) =>
    tell('info', `group ${groupId}: the coordinator answers again, and the membership still holds`, {
      groupId,
    }),

  noProgress: ({ groupId, maxPollIntervalMs }: MembershipSettings, isListener: boolean) => {
    const [what, advice] = isListener
      ? ['the listener that is told of the assignment has run', 'Do less in it']
      : ['what was handed out has been worked on', 'Hand out less, work faster']
    return tell(
      'warn',
      `group ${groupId}: ${what} for more than maxPollIntervalMs (${maxPollIntervalMs} ms); leaving the group, so that others get the partitions. Joins again when the loop goes on. ${advice}, or raise maxPollIntervalMs`,
      { groupId, maxPollIntervalMs },
    )
  },

  /** What passes by itself is told quietly. */
  retrying: ({ groupId }: MembershipSettings, what: string, error: unknown) => {
    const level = isKafkaError(error) && error.retriable ? 'debug' : 'warn'
    const message = error instanceof Error ? error.message : String(error)
    return tell(level, `group ${groupId}: ${what} failed and is tried again: ${message}`, { groupId, error })
  },

  left: ({ groupId }: MembershipSettings, memberId: string, reason: string) =>
    tell('info', `group ${groupId}: left as member ${memberId}: ${reason}`, { groupId, memberId }),
}
