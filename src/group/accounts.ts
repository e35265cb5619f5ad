// What both memberships say to the log in the same words. Whoever performs it puts the group's name before each line.

import { isKafkaError } from '../errors.ts'
import type { TopicPartition } from './assignors/assignor.ts'

/** A line for the log, as an action. */
export interface Tell {
  readonly type: 'tell'
  readonly level: 'debug' | 'info' | 'warn'
  readonly message: string
  readonly fields: object
}

interface InGroup {
  readonly groupId: string
}

export function tell(level: Tell['level'], message: string, fields: object = {}): Tell {
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

export const sharedAccounts = {
  idle: ({ groupId }: InGroup) =>
    tell('info', 'idle, for it was given no partitions; standing by', { groupId }),

  lost: ({ groupId }: InGroup, reason: string, partitions: readonly TopicPartition[]) =>
    tell(
      'warn',
      `lost ${describePartitions(partitions)}, because ${reason}; what is not committed comes again`,
      { groupId, partitions },
    ),

  silent: ({ groupId, sessionTimeoutMs }: InGroup & { readonly sessionTimeoutMs: number }) =>
    tell(
      'warn',
      `no heartbeat was answered for the session timeout of ${sessionTimeoutMs} ms; handing out nothing until the coordinator answers`,
      { groupId, sessionTimeoutMs },
    ),

  heardAgain: ({ groupId }: InGroup) =>
    tell('info', 'the coordinator answers again, and the membership still holds', { groupId }),

  noProgress: (
    { groupId, maxPollIntervalMs }: InGroup & { readonly maxPollIntervalMs: number },
    isListener: boolean,
    reaction = 'leaving the group, so that others get the partitions',
  ) => {
    const [what, advice] = isListener
      ? ['the listener that is told of the assignment has run', 'Do less in it']
      : ['what was handed out has been worked on', 'Hand out less, work faster']
    return tell(
      'warn',
      `${what} for more than maxPollIntervalMs (${maxPollIntervalMs} ms); ${reaction}. Joins again when the loop goes on. ${advice}, or raise maxPollIntervalMs`,
      { groupId, maxPollIntervalMs },
    )
  },

  /** What passes by itself is told quietly. */
  retrying: ({ groupId }: InGroup, what: string, error: unknown) => {
    const level = isKafkaError(error) && error.retriable ? 'debug' : 'warn'
    const because = isKafkaError(error) ? `${error.message} (${error.code})` : String(error)
    return tell(level, `${what} failed and is tried again: ${because}`, { groupId, error })
  },

  left: ({ groupId }: InGroup, memberId: string, reason: string) =>
    tell('info', `left as member ${memberId}: ${reason}`, { groupId, memberId }),
}
