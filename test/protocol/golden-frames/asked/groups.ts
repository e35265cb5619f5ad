// A classic group's life in every version: joining, leading, heartbeats, offsets, leaving, and what tools ask of it.
import {
  DeleteGroups,
  DescribeGroups,
  Heartbeat,
  JoinGroup,
  LeaveGroup,
  ListGroups,
  OffsetCommit,
  OffsetDelete,
  OffsetFetch,
  SyncGroup,
} from '../../../../src/protocol/api/index.ts'
import { encodeAssignment, encodeSubscription } from '../../../../src/protocol/group-messages/subscription.ts'
import type { Stage } from './stage.ts'

export interface TopicToAsk {
  readonly topic: string
  readonly topicId: string
}

export async function askAboutGroups(stage: Stage, topic: TopicToAsk): Promise<void> {
  const apis = [JoinGroup, SyncGroup, Heartbeat, OffsetCommit, OffsetFetch, LeaveGroup]
  for (const rank of stage.ranks(...apis, DescribeGroups, ListGroups, DeleteGroups, OffsetDelete)) {
    await live(stage, topic, rank)
  }
}

async function live(stage: Stage, topic: TopicToAsk, rank: number): Promise<void> {
  const { ask, at, prefix } = stage
  const groupId = `${prefix}-group-${rank}`
  const { memberId, generationId } = await join(stage, groupId, topic, rank)
  const sync = at(SyncGroup, rank)!
  await ask(SyncGroup, sync, {
    groupId,
    generationId,
    memberId,
    ...(sync >= 3 && { groupInstanceId: null }),
    ...(sync >= 5 && { protocolType: 'consumer', protocolName: 'range' }),
    assignments: [
      {
        memberId,
        assignment: encodeAssignment({ assignedPartitions: [{ topic: topic.topic, partitions: [0, 1] }] }, 0),
      },
    ],
  })
  await ask(Heartbeat, at(Heartbeat, rank), { groupId, generationId, memberId })
  await ask(Heartbeat, at(Heartbeat, rank), { groupId, generationId: 77, memberId: 'nobody' })
  await commit(stage, groupId, topic, rank, { memberId, generationId })
  await fetch(stage, groupId, topic, rank)
  await describe(stage, groupId, topic, rank)

  const leaving = at(LeaveGroup, rank)!
  await ask(LeaveGroup, leaving, {
    groupId,
    ...(leaving < 3
      ? { memberId }
      : {
          members: [
            { memberId, ...(leaving >= 5 && { reason: 'golden frames' }) },
            { memberId: 'nobody', groupInstanceId: 'instance' },
          ],
        }),
  })
  if (leaving < 3) await ask(LeaveGroup, leaving, { groupId, memberId: 'nobody' })
  await ask(DeleteGroups, at(DeleteGroups, rank), { groupsNames: [groupId, 'no group'] })
}

/** From version 4 on the first answer is only a member id. */
async function join(
  { ask, at }: Stage,
  groupId: string,
  { topic }: TopicToAsk,
  rank: number,
): Promise<{ memberId: string; generationId: number }> {
  const version = at(JoinGroup, rank)!
  const metadata = encodeSubscription({ topics: [topic] }, 0)
  const request = {
    groupId,
    sessionTimeoutMs: 10_000,
    ...(version >= 1 && { rebalanceTimeoutMs: 10_000 }),
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata }],
    ...(version >= 8 && { reason: 'golden frames' }),
  }
  const first = await ask(JoinGroup, version, { ...request, memberId: '' })
  if (first?.errorCode !== 79)
    return { memberId: first?.memberId ?? '', generationId: first?.generationId ?? -1 }
  const { memberId } = first
  const second = await ask(JoinGroup, version, { ...request, memberId })
  await ask(JoinGroup, version, { ...request, memberId, protocolType: 'other' })
  return { memberId, generationId: second?.generationId ?? -1 }
}

async function commit(
  { ask, at }: Stage,
  groupId: string,
  { topic, topicId }: TopicToAsk,
  rank: number,
  { memberId, generationId }: { memberId: string; generationId: number },
): Promise<void> {
  const version = at(OffsetCommit, rank)!
  const topics = [
    {
      ...(version < 10 ? { name: topic } : { topicId }),
      partitions: [
        {
          partitionIndex: 0,
          committedOffset: 1,
          committedMetadata: 'golden',
          ...(version >= 6 && { committedLeaderEpoch: 0 }),
        },
        { partitionIndex: 1, committedOffset: 2, committedMetadata: null },
        { partitionIndex: 77, committedOffset: 2, committedMetadata: '' },
      ],
    },
  ]
  await ask(OffsetCommit, version, { groupId, generationIdOrMemberEpoch: generationId, memberId, topics })
  await ask(OffsetCommit, version, { groupId, generationIdOrMemberEpoch: 77, memberId, topics })
}

async function fetch(
  { ask, at }: Stage,
  groupId: string,
  { topic, topicId }: TopicToAsk,
  rank: number,
): Promise<void> {
  const version = at(OffsetFetch, rank)!
  const one = [{ ...(version < 10 ? { name: topic } : { topicId }), partitionIndexes: [0, 2] }]
  if (version < 8) {
    const topics = one as { name: string; partitionIndexes: number[] }[]
    await ask(OffsetFetch, version, { groupId, topics, ...(version >= 7 && { requireStable: true }) })
    if (version >= 2) await ask(OffsetFetch, version, { groupId, topics: null })
    return
  }
  const groups = [
    { groupId, topics: one },
    { groupId: 'no group', topics: null },
  ]
  await ask(OffsetFetch, version, { groups, requireStable: true })
  await ask(OffsetFetch, version, { groups: [{ groupId, topics: null }] })
}

async function describe(
  { ask, at }: Stage,
  groupId: string,
  { topic }: TopicToAsk,
  rank: number,
): Promise<void> {
  const describing = at(DescribeGroups, rank)!
  await ask(DescribeGroups, describing, {
    groups: [groupId],
    ...(describing >= 3 && { includeAuthorizedOperations: true }),
  })
  await ask(DescribeGroups, describing, { groups: ['no group'] })
  const listing = at(ListGroups, rank)!
  await ask(ListGroups, listing, {
    ...(listing >= 4 && { statesFilter: ['Stable'] }),
    ...(listing >= 5 && { typesFilter: ['classic'] }),
  })
  await ask(OffsetDelete, at(OffsetDelete, rank), {
    groupId,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0 }] }],
  })
  await ask(OffsetDelete, at(OffsetDelete, rank), { groupId: 'no group', topics: [] })
}
