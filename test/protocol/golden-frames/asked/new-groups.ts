// Groups whose coordinator assigns: consumers (KIP-848), share groups (KIP-932), Streams (KIP-1071).
import { setTimeout as delay } from 'node:timers/promises'
import {
  AlterShareGroupOffsets,
  ConsumerGroupDescribe,
  ConsumerGroupHeartbeat,
  DeleteShareGroupOffsets,
  DescribeShareGroupOffsets,
  IncrementalAlterConfigs,
  ShareAcknowledge,
  ShareFetch,
  ShareGroupDescribe,
  ShareGroupHeartbeat,
  StreamsGroupDescribe,
  StreamsGroupHeartbeat,
  StreamsGroupTopologyDescriptionUpdate,
} from '../../../../src/protocol/api/index.ts'
import { unknownUuid } from './cluster.ts'
import type { TopicToAsk } from './groups.ts'
import type { Stage } from './stage.ts'

export async function askAboutNewGroups(stage: Stage, topic: TopicToAsk): Promise<void> {
  for (const version of stage.versions(ConsumerGroupHeartbeat)) await askConsumers(stage, topic, version)
  for (const rank of stage.ranks(
    ShareGroupHeartbeat,
    ShareFetch,
    ShareAcknowledge,
    DescribeShareGroupOffsets,
  )) {
    await askShareGroup(stage, topic, rank)
  }
  for (const version of stage.versions(StreamsGroupHeartbeat)) await askStreams(stage, topic, version)
}

const memberOf = (kind: string, version: number) =>
  Buffer.from(`${kind} member ${version}`.padEnd(16)).toString('base64url')

async function askConsumers(
  { ask, at, prefix }: Stage,
  { topic, topicId }: TopicToAsk,
  version: number,
): Promise<void> {
  const groupId = `${prefix}-848-${version}`
  const joined = await ask(ConsumerGroupHeartbeat, version, {
    groupId,
    memberId: version === 0 ? '' : memberOf('c', version),
    memberEpoch: 0,
    instanceId: `instance-${version}`,
    rackId: 'rack-a',
    rebalanceTimeoutMs: 10_000,
    ...(version === 0 ? { subscribedTopicNames: [topic] } : { subscribedTopicRegex: `${topic}.*` }),
    serverAssignor: 'range',
    topicPartitions: [],
  })
  if (!joined?.memberId) return
  const { memberId, memberEpoch } = joined
  const owned = { topicId, partitions: [0, 1, 2] }
  await ask(ConsumerGroupHeartbeat, version, { groupId, memberId, memberEpoch, topicPartitions: [owned] })
  await ask(ConsumerGroupHeartbeat, version, { groupId, memberId, memberEpoch: 77 })
  await ask(ConsumerGroupHeartbeat, version, {
    ...{ groupId, memberId: 'another', memberEpoch: 0, rebalanceTimeoutMs: 10_000, topicPartitions: [] },
    ...{ subscribedTopicNames: [topic], serverAssignor: 'no such assignor' },
  })
  const describing = at(ConsumerGroupDescribe, version)
  await ask(ConsumerGroupDescribe, describing, {
    groupIds: [groupId, 'no group'],
    includeAuthorizedOperations: true,
  })
  await ask(ConsumerGroupHeartbeat, version, { groupId, memberId, memberEpoch: -1 })
}

async function askShareGroup(stage: Stage, { topic, topicId }: TopicToAsk, rank: number): Promise<void> {
  const { ask, at, prefix } = stage
  const groupId = `${prefix}-share-${rank}`
  const memberId = memberOf('s', rank)
  const earliest = { name: 'share.auto.offset.reset', configOperation: 0, value: 'earliest' }
  await ask(IncrementalAlterConfigs, at(IncrementalAlterConfigs, 1), {
    resources: [{ resourceType: 32, resourceName: groupId, configs: [earliest] }],
    validateOnly: false,
  })
  const beating = at(ShareGroupHeartbeat, rank)
  const joining = { groupId, memberId, rackId: 'rack-a', subscribedTopicNames: [topic] }
  const joined = await ask(ShareGroupHeartbeat, beating, { ...joining, memberEpoch: 0 })
  let memberEpoch = joined?.memberEpoch ?? 0
  // The assignment comes when the group's state is made, a heartbeat or two later.
  for (let i = 0; i < 50; i++) {
    const answer = await ask(ShareGroupHeartbeat, beating, { groupId, memberId, memberEpoch })
    memberEpoch = answer?.memberEpoch ?? memberEpoch
    if (answer?.assignment?.topicPartitions.length) break
  }
  await ask(ShareGroupHeartbeat, beating, { groupId, memberId, memberEpoch: 77 })
  await askShareFetch(stage, { groupId, memberId, topicId }, rank)
  await ask(ShareGroupDescribe, at(ShareGroupDescribe, rank), {
    groupIds: [groupId, 'no group'],
    includeAuthorizedOperations: true,
  })
  await ask(ShareGroupHeartbeat, beating, { groupId, memberId, memberEpoch: -1 })
  await ask(DescribeShareGroupOffsets, at(DescribeShareGroupOffsets, rank), {
    groups: [
      { groupId, topics: [{ topicName: topic, partitions: [0, 1] }] },
      { groupId: 'no group', topics: null },
    ],
  })
  const partitions = [
    { partitionIndex: 0, startOffset: 1 },
    { partitionIndex: 77, startOffset: 1 },
  ]
  const altering = at(AlterShareGroupOffsets, rank)
  await ask(AlterShareGroupOffsets, altering, { groupId, topics: [{ topicName: topic, partitions }] })
  const deleting = at(DeleteShareGroupOffsets, rank)
  await ask(DeleteShareGroupOffsets, deleting, {
    groupId,
    topics: [{ topicName: topic }, { topicName: 'nowhere' }],
  })
}

async function askShareFetch(
  { ask, at }: Stage,
  { groupId, memberId, topicId }: { groupId: string; memberId: string; topicId: string },
  rank: number,
): Promise<void> {
  const version = at(ShareFetch, rank)!
  const session = {
    groupId,
    memberId,
    maxWaitMs: 200,
    minBytes: 1,
    maxRecords: 10,
    batchSize: 10,
    forgottenTopicsData: [],
  }
  const fetched = (
    acknowledged: { firstOffset: number; lastOffset: number; acknowledgeTypes: number[] }[],
  ) => [
    {
      topicId,
      partitions: [0, 1].map((partitionIndex) => ({ partitionIndex, acknowledgementBatches: acknowledged })),
    },
  ]
  const nowhere = { topicId: unknownUuid, partitions: [{ partitionIndex: 0, acknowledgementBatches: [] }] }
  await ask(ShareFetch, version, { ...session, shareSessionEpoch: 0, topics: [...fetched([]), nowhere] })
  await ask(ShareFetch, version, { ...session, shareSessionEpoch: 1, topics: [] })
  await ask(ShareFetch, version, {
    ...{ ...session, shareSessionEpoch: 2, ...(version >= 2 && { shareAcquireMode: 1 }) },
    topics: fetched([{ firstOffset: 1, lastOffset: 1, acknowledgeTypes: [1] }]),
    forgottenTopicsData: [{ topicId: unknownUuid, partitions: [0] }],
  })
  const acknowledging = at(ShareAcknowledge, rank)
  const release = { firstOffset: 2, lastOffset: 3, acknowledgeTypes: [2] }
  const never = { firstOffset: 1_000_000, lastOffset: 1_000_001, acknowledgeTypes: [1, 3] }
  for (const [epoch, batch] of [release, never].entries()) {
    const body = { groupId, memberId, shareSessionEpoch: 3 + epoch, topics: fetched([batch]) }
    await ask(ShareAcknowledge, acknowledging, body)
  }
  await ask(ShareAcknowledge, acknowledging, { groupId, memberId, shareSessionEpoch: 77, topics: [] })
  await ask(ShareFetch, version, { ...session, shareSessionEpoch: 77, topics: [] })
  await ask(ShareFetch, version, { ...session, shareSessionEpoch: -1, topics: [] })
}

async function askStreams({ ask, at, prefix }: Stage, { topic }: TopicToAsk, version: number): Promise<void> {
  const groupId = `${prefix}-streams-${version}`
  const memberId = memberOf('t', version)
  const internal = {
    partitions: 0,
    replicationFactor: 1,
    topicConfigs: [{ key: 'cleanup.policy', value: 'compact' }],
  }
  const topology = {
    epoch: 1,
    subtopologies: [
      {
        subtopologyId: '0',
        sourceTopics: [topic],
        sourceTopicRegex: [],
        stateChangelogTopics: [{ ...internal, name: `${groupId}-changelog` }],
        repartitionSinkTopics: [],
        repartitionSourceTopics: [],
        copartitionGroups: [],
      },
    ],
  }
  const joining = {
    ...{ groupId, memberId, memberEpoch: 0, endpointInformationEpoch: 0, rebalanceTimeoutMs: 10_000 },
    ...{ activeTasks: [], standbyTasks: [], warmupTasks: [] },
    ...{ processId: 'process-1', clientTags: [{ key: 'zone', value: 'a' }] },
    userEndpoint: { host: 'localhost', port: 9 },
  }
  const joined = await ask(StreamsGroupHeartbeat, version, { ...joining, topology })
  if (!joined) return
  let { memberEpoch } = joined
  const tasks = [{ subtopologyId: '0', partitions: [0, 1, 2] }]
  // Until the internal topic is there and the tasks are assigned.
  for (let i = 0; i < 50; i++) {
    const beat = { groupId, memberId, memberEpoch, endpointInformationEpoch: 0 }
    const answer = await ask(StreamsGroupHeartbeat, version, beat)
    memberEpoch = answer?.memberEpoch ?? memberEpoch
    if (answer?.activeTasks?.length) break
    await delay(100)
  }
  const offsets = [{ subtopologyId: '0', partition: 0, offset: 1 }]
  await ask(StreamsGroupHeartbeat, version, {
    ...{ groupId, memberId, memberEpoch, endpointInformationEpoch: 1 },
    ...{
      activeTasks: tasks,
      standbyTasks: [],
      warmupTasks: [],
      taskOffsets: offsets,
      taskEndOffsets: offsets,
    },
  })
  await ask(StreamsGroupHeartbeat, version, { ...joining, memberId: memberOf('u', version), topology: null })
  const node = { name: 'source', nodeType: 1, sourceTopics: [topic], stores: [], successors: ['sink'] }
  const sink = { name: 'sink', nodeType: 3, sourceTopics: [], sinkTopic: 'out', stores: [], successors: [] }
  await ask(StreamsGroupTopologyDescriptionUpdate, at(StreamsGroupTopologyDescriptionUpdate, version), {
    ...{ groupId, memberId, topologyEpoch: 1 },
    topologyDescription: { subtopologies: [{ subtopologyId: '0', nodes: [node, sink] }], globalStores: [] },
  })
  await ask(StreamsGroupDescribe, at(StreamsGroupDescribe, version), {
    ...{ groupIds: [groupId, 'no group'], includeAuthorizedOperations: true },
    ...(at(StreamsGroupDescribe, version)! >= 1 && { includeTopologyDescription: true }),
  })
  await ask(StreamsGroupHeartbeat, version, {
    groupId,
    memberId,
    memberEpoch: -1,
    endpointInformationEpoch: 0,
  })
}
