// What a group's leader does at the edge: it learns the partitions of every member's topics, has the assignor share
// them, and watches them afterwards (G3, G10).

import { KafkaError } from '../../../errors.ts'
import { describePartitions } from '../../../group/accounts.ts'
import type { AssignmentInput, Assignor, GroupMember } from '../../../group/assignors/assignor.ts'
import type { JoinedMember, MemberAssignment } from '../../../group/classic/types.ts'
import { decodeSubscription, encodeAssignment } from '../../../protocol/group-messages/subscription.ts'
import { share } from './assignor-calls.ts'
import { byTopic, oneByOne } from './by-topic.ts'
import {
  type AskOptions,
  lookUpTopics,
  type Sighting,
  WatchedTopics,
  type WatchedTopicsContext,
} from './watched-topics.ts'

const ASSIGNMENT_VERSION = 0

export interface LeaderContext extends WatchedTopicsContext {
  readonly assignors: readonly Assignor[]
}

export interface LeaderWork {
  readonly assignor: string
  readonly members: readonly JoinedMember[]
  readonly skipAssignment: boolean
}

export class Leader {
  readonly #context: LeaderContext
  readonly #topics: WatchedTopics

  constructor(context: LeaderContext) {
    this.#context = context
    this.#topics = new WatchedTopics(context)
  }

  /** Shares the partitions among the members; under `skipAssignment` (KIP-814) nothing is shared, but all is watched. */
  async assign(work: LeaderWork, options: AskOptions): Promise<readonly MemberAssignment[]> {
    const { cluster, groupId, logger } = this.#context
    const members = work.members.map((member) => this.#read(member))
    const topics = [...new Set(members.flatMap((member) => member.topics))].sort()
    const seen = await lookUpTopics(cluster, topics, options)
    logger.info(`found ${members.length} members and the topics ${topics.join(', ') || '(none)'}`, {
      groupId,
      members: members.map(({ memberId }) => memberId),
      topics,
    })
    // Where no member says where it is, no assignor can use racks.
    const areRacksUsed = members.some(({ rackId }) => rackId !== null && rackId !== '')
    this.#topics.watch(seen, { ...options, areRacksUsed })
    if (work.skipAssignment) return []

    const assignor = this.#assignor(work.assignor)
    const assignment = share(assignor, inputOf(members, seen), groupId)
    return members.map(({ memberId }) => {
      const partitions = assignment.get(memberId) ?? []
      logger.info(`${assignor.name} gives ${memberId} ${describePartitions(partitions)}`, {
        groupId,
        memberId,
        partitions,
      })
      const assignedPartitions = byTopic(partitions)
      return {
        memberId,
        assignment: encodeAssignment({ assignedPartitions, userData: null }, ASSIGNMENT_VERSION),
      }
    })
  }

  /** No leader any more: nothing is watched. */
  stop(): void {
    this.#topics.stop()
  }

  #assignor(name: string): Assignor {
    const { assignors, groupId } = this.#context
    const assignor = assignors.find((each) => each.name === name)
    if (assignor !== undefined) return assignor
    throw new KafkaError(
      'INVALID_STATE',
      `the coordinator of group ${groupId} chose the assignor '${name}', which this member did not offer`,
      { groupId, fatal: true },
    )
  }

  /** G11: a member whose subscription cannot be read is given nothing; the group goes on. */
  #read({ memberId, groupInstanceId, metadata }: JoinedMember): GroupMember {
    const { groupId, logger } = this.#context
    try {
      const { topics, userData, ownedPartitions, generationId, rackId } = decodeSubscription(metadata)
      const owned = oneByOne(ownedPartitions)
      return {
        memberId,
        groupInstanceId,
        topics,
        userData,
        ownedPartitions: owned,
        generation: generationId,
        rackId,
      }
    } catch (cause) {
      const message = `the subscription of member ${memberId} cannot be read, and it is given nothing: is it another kind of client?`
      const error = new KafkaError('PROTOCOL_ERROR', message, { groupId, cause })
      logger.warn(message, { groupId, memberId, error })
      const nothing = { topics: [], userData: null, ownedPartitions: [], generation: -1, rackId: null }
      return { memberId, groupInstanceId, ...nothing }
    }
  }
}

function inputOf(members: readonly GroupMember[], seen: ReadonlyMap<string, Sighting>): AssignmentInput {
  const existing = [...seen].filter(([, { count }]) => count > 0)
  return {
    members,
    partitionCounts: new Map(existing.map(([topic, { count }]) => [topic, count])),
    partitionRacks: new Map(existing.map(([topic, { racks }]) => [topic, racks])),
  }
}
