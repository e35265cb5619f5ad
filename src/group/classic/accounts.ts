// A rebalance as a person wants to read it: what the membership says to the log, in one place. Whoever performs it puts
// the group's name before each line.

import { isKafkaError } from '../../errors.ts'
import type { TopicPartition } from '../assignors/assignor.ts'
import type { Identity, MembershipAction, MembershipSettings } from './types.ts'

type Tell = Extract<MembershipAction, { readonly type: 'tell' }>

function tell(level: Tell['level'], message: string, fields: object = {}): Tell {
  return { type: 'tell', level, message, fields }
}

/** `orders 0, 2; payments 1`, sorted; `say` has more to tell of each than its number: `orders 0 at 12, 2 at 7`. */
export function describePartitions<P extends TopicPartition>(
  partitions: Iterable<P>,
  say: (partition: P) => string = ({ partition }) => String(partition),
): string {
  const byTopic = new Map<string, P[]>()
  for (const each of partitions) byTopic.set(each.topic, [...(byTopic.get(each.topic) ?? []), each])
  if (byTopic.size === 0) return 'nothing'
  return [...byTopic.keys()]
    .sort()
    .map((topic) => {
      const sorted = byTopic.get(topic)!.sort((a, b) => a.partition - b.partition)
      return `${topic} ${sorted.map(say).join(', ')}`
    })
    .join('; ')
}

export const accounts = {
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

  idle: ({ groupId }: MembershipSettings) =>
    tell('info', `idle, for it was given no partitions; standing by`, {
      groupId,
    }),

  lost: ({ groupId }: MembershipSettings, reason: string, partitions: readonly TopicPartition[]) =>
    tell(
      'warn',
      `lost ${describePartitions(partitions)}, because ${reason}; what is not committed comes again`,
      {
        groupId,
        partitions,
      },
    ),

  silent: ({ groupId, sessionTimeoutMs }: MembershipSettings) =>
    tell(
      'warn',
      `no heartbeat was answered for the session timeout of ${sessionTimeoutMs} ms; handing out nothing until the coordinator answers`,
      { groupId, sessionTimeoutMs },
    ),

  heardAgain: ({ groupId }: MembershipSettings) =>
    tell('info', `the coordinator answers again, and the membership still holds`, {
      groupId,
    }),

  noProgress: ({ groupId, maxPollIntervalMs }: MembershipSettings, isListener: boolean) => {
    const [what, advice] = isListener
      ? ['the listener that is told of the assignment has run', 'Do less in it']
      : ['what was handed out has been worked on', 'Hand out less, work faster']
    return tell(
      'warn',
      `${what} for more than maxPollIntervalMs (${maxPollIntervalMs} ms); leaving the group, so that others get the partitions. Joins again when the loop goes on. ${advice}, or raise maxPollIntervalMs`,
      { groupId, maxPollIntervalMs },
    )
  },

  /** What passes by itself is told quietly. */
  retrying: ({ groupId }: MembershipSettings, what: string, error: unknown) => {
    const level = isKafkaError(error) && error.retriable ? 'debug' : 'warn'
    const because = isKafkaError(error) ? `${error.message} (${error.code})` : String(error)
    return tell(level, `${what} failed and is tried again: ${because}`, { groupId, error })
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

  left: ({ groupId }: MembershipSettings, memberId: string, reason: string) =>
    tell('info', `left as member ${memberId}: ${reason}`, { groupId, memberId }),
}
