// The coordinator's part and the leader's in one rebalance of a classic group.

import { KafkaError } from '../errors.ts'
import type { AssignmentInput, Assignor, GroupMember, TopicPartition } from '../group/assignors/assignor.ts'
import { checkAssignment } from '../group/assignors/check.ts'
import { decodeSubscription, encodeAssignment } from '../protocol/group-messages/subscription.ts'
import type { Topic } from './arguments.ts'
import type { Member } from './member.ts'
import { byTopic, nameOf, oneByOne, sorted } from './partitions.ts'
import type { Holdings, Rebalance } from './types.ts'

const ASSIGNMENT_VERSION = 0

export type Topics = ReadonlyMap<string, Topic>

export interface Rebalanced {
  readonly rebalance: Rebalance
  /** The names of those that gave up partitions for others: they join anew. */
  readonly gaveUp: readonly string[]
}

/** All of `members`, of which the first one leads, join, and take what the leader's assignor gives them. */
export function rebalance(
  members: readonly Member[],
  topics: Topics,
  { generation, reason }: Pick<Rebalance, 'generation' | 'reason'>,
): Rebalanced {
  const leader = members[0]!
  for (const member of members) member.prepareJoin()
  const unowned = unownedOf(members, topics)
  const assignor = leader.assignor(chosenAssignor(members))
  const input = inputOf(members, topics, assignor)
  const answer = assignor.assign(input)
  checkAssignment(assignor, input, answer)
  const gaveUp = members.filter((member) => {
    const assignedPartitions = byTopic(answer.get(member.memberId) ?? [])
    const bytes = encodeAssignment({ assignedPartitions, userData: null }, ASSIGNMENT_VERSION)
    return member.take(bytes, generation)
  })
  const assignment = holdingsOf(members)
  return {
    rebalance: { generation, reason, leader: leader.name, assignor, input, assignment, unowned },
    gaveUp: gaveUp.map(({ name }) => name),
  }
}

export function holdingsOf(members: readonly Member[]): Holdings {
  return new Map(members.map(({ name, owned }) => [name, sorted(owned)]))
}

/**
 * Each member votes for the first on its list that all members list. Where several have the most votes, Kafka leaves it
 * open; here it is the one that the leader prefers.
 *
 * @throws KafkaError `INCONSISTENT_GROUP_PROTOCOL`, as the coordinator answers, when there is none in common.
 */
export function chosenAssignor(members: readonly Member[]): string {
  const lists = members.map(({ settings }) => settings.assignors.map(({ name }) => name))
  const common = lists[0]!.filter((name) => lists.every((list) => list.includes(name)))
  const votes = new Map(common.map((name) => [name, 0]))
  for (const list of lists) {
    const choice = list.find((name) => votes.has(name))
    if (choice === undefined) {
      const told = members.map(({ name }, i) => `${name} lists ${lists[i]!.join(', ')}`).join('; ')
      const message = `the members have no assignor in common: ${told}`
      throw new KafkaError('INCONSISTENT_GROUP_PROTOCOL', message, { fatal: true })
    }
    votes.set(choice, votes.get(choice)! + 1)
  }
  const most = Math.max(...votes.values())
  return common.find((name) => votes.get(name) === most)!
}

function unownedOf(members: readonly Member[], topics: Topics): TopicPartition[] {
  const owned = new Set(members.flatMap((member) => member.owned.map(nameOf)))
  return wantedBy(members, topics).filter((each) => !owned.has(nameOf(each)))
}

/** The partitions of all topics that somebody subscribes to. */
function wantedBy(members: readonly Member[], topics: Topics): TopicPartition[] {
  const subscribed = [...new Set(members.flatMap((member) => member.topics))].sort()
  return subscribed.flatMap((topic) => {
    const partitionCount = topics.get(topic)?.partitionCount ?? 0
    return Array.from({ length: partitionCount }, (_, partition) => ({ topic, partition }))
  })
}

/** What the leader reads in the answer to its JoinGroup, and in the metadata of the topics that it found there. */
function inputOf(members: readonly Member[], topics: Topics, { name }: Assignor): AssignmentInput {
  const read = members.map((member) => groupMember(member, name))
  const subscribed = [...new Set(read.flatMap((member) => member.topics))].sort()
  const existing = subscribed.filter((topic) => topics.has(topic))
  return {
    members: read,
    partitionCounts: new Map(existing.map((topic) => [topic, topics.get(topic)!.partitionCount])),
    partitionRacks: new Map(existing.map((topic) => [topic, topics.get(topic)!.racks])),
  }
}

function groupMember(member: Member, assignorName: string): GroupMember {
  const { topics, userData, ownedPartitions, generationId, rackId } = decodeSubscription(
    member.subscription(assignorName),
  )
  return {
    memberId: member.memberId,
    groupInstanceId: member.settings.groupInstanceId,
    topics,
    userData,
    ownedPartitions: oneByOne(ownedPartitions),
    generation: generationId,
    rackId,
  }
}
