// Groups in golden frames: what the members of the recording said and were told, asserted by hand.
import { describe, expect, it } from 'vitest'
import {
  ConsumerGroupDescribe,
  ConsumerGroupHeartbeat,
  DescribeGroups,
  DescribeShareGroupOffsets,
  FindCoordinator,
  JoinGroup,
  ListOffsets,
  OffsetCommit,
  OffsetFetch,
  ShareAcknowledge,
  ShareFetch,
  ShareGroupHeartbeat,
  StreamsGroupDescribe,
  StreamsGroupHeartbeat,
  SyncGroup,
} from '../../../src/protocol/api/index.ts'
import { errorByName } from '../../../src/protocol/error-codes.ts'
import { decodeAssignment, decodeSubscription } from '../../../src/protocol/group-messages/subscription.ts'
import { readBatches } from '../../../src/protocol/records/batch.ts'
import { anyId, framesOf } from './golden.ts'

describe('classic groups', () => {
  it.each([
    ['4.4.0', 9],
    ['2.8.2', 7],
  ] as const)('JoinGroup to Kafka %s, version %i: assignors in order of preference', (broker, version) => {
    const joins = framesOf[broker].requests(JoinGroup, version)
    const joining = joins.find(({ groupInstanceId }) => groupInstanceId !== null)!
    expect(joining).toMatchObject({
      groupId: 'java-4.4.0-group-static',
      sessionTimeoutMs: 45_000,
      rebalanceTimeoutMs: 300_000,
      memberId: '',
      groupInstanceId: 'instance-1',
      protocolType: 'consumer',
    })
    expect(joining.protocols.map(({ name }) => name)).toEqual(['range', 'cooperative-sticky'])
    expect(joining.protocols.map(({ metadata }) => decodeSubscription(metadata))).toMatchObject([
      {
        topics: ['java-4.4.0-records'],
        userData: null,
        ownedPartitions: [],
        generationId: -1,
        rackId: 'rack-a',
      },
      { topics: ['java-4.4.0-records'], userData: Buffer.from('ffffffff', 'hex'), rackId: 'rack-a' },
    ])
  })

  it('SyncGroup: the assignment that a leader hands in', () => {
    for (const broker of ['4.4.0', '2.8.2'] as const) {
      const sync = framesOf[broker]
        .requests(SyncGroup, 5)
        .find(({ groupInstanceId }) => groupInstanceId !== null)!
      expect(sync).toMatchObject({ generationId: 1, protocolType: 'consumer', protocolName: 'range' })
      expect(sync.assignments.map(({ memberId }) => memberId)).toEqual([sync.memberId])
      expect(decodeAssignment(sync.assignments[0]!.assignment)).toMatchObject({
        assignedPartitions: [{ topic: 'java-4.4.0-records', partitions: [0, 1, 2] }],
        userData: null,
      })
    }
  })

  it('FindCoordinator, DescribeGroups, OffsetCommit and OffsetFetch of Kafka 2.8.2', () => {
    const old = framesOf['2.8.2']
    expect(old.responses(FindCoordinator, 3)).toContainEqual(
      expect.objectContaining({
        errorCode: 0,
        errorMessage: 'NONE',
        nodeId: 1,
        host: 'localhost',
        port: 19_210,
      }),
    )
    expect(old.responses(DescribeGroups, 5).flatMap(({ groups }) => groups)).toContainEqual({
      errorCode: 0,
      errorMessage: null,
      groupId: 'no group',
      groupState: 'Dead',
      protocolType: '',
      protocolData: '',
      members: [],
      authorizedOperations: -2_147_483_648,
    })
    const committed = old.requests(OffsetCommit, 8).flatMap(({ topics }) => topics[0]!.partitions)
    expect(committed).toContainEqual({
      partitionIndex: 0,
      committedOffset: 2,
      committedLeaderEpoch: 0,
      committedMetadata: 'set by an admin',
    })
    const fetched = old.responses(OffsetFetch, 6).flatMap(({ topics }) => topics[0]?.partitions ?? [])
    expect(fetched).toContainEqual({
      partitionIndex: 0,
      committedOffset: 1,
      committedLeaderEpoch: 0,
      metadata: 'golden',
      errorCode: 0,
    })
  })

  it('ListOffsets: the record of a timestamp, and none', () => {
    const topics = framesOf['2.8.2'].responses(ListOffsets, 6).flatMap(({ topics }) => topics)
    expect(topics).toContainEqual({
      name: 'java-4.4.0-records',
      partitions: [
        { partitionIndex: 0, errorCode: 0, timestamp: 1_700_000_000_000, offset: 0, leaderEpoch: 0 },
        { partitionIndex: 1, errorCode: 0, timestamp: -1, offset: -1, leaderEpoch: -1 },
      ],
    })
  })
})

describe('groups whose coordinator assigns', () => {
  const newest = framesOf['4.4.0']

  it('ConsumerGroupHeartbeat: a member joins with a regex, is told what to own, and leaves for a while', () => {
    expect(newest.requests(ConsumerGroupHeartbeat, 1)).toContainEqual({
      groupId: 'java-4.4.0-group-848',
      memberId: anyId,
      memberEpoch: 0,
      instanceId: 'instance-1',
      rackId: 'rack-a',
      rebalanceTimeoutMs: 300_000,
      subscribedTopicNames: [],
      subscribedTopicRegex: 'java-4.4.0-records.*',
      serverAssignor: null,
      topicPartitions: [],
    })
    const answers = newest.responses(ConsumerGroupHeartbeat, 1)
    const answer = { throttleTimeMs: 0, errorCode: 0, errorMessage: null, memberId: anyId }
    expect(answers).toContainEqual({ ...answer, memberEpoch: -2, heartbeatIntervalMs: 0, assignment: null })
    const assigned = answers.flatMap(({ assignment }) => assignment?.topicPartitions ?? [])
    expect(assigned).toContainEqual({
      topicId: anyId,
      partitions: expect.arrayContaining([expect.any(Number)]),
    })
  })

  it('ConsumerGroupDescribe: a stable group of two', () => {
    const groups = newest.responses(ConsumerGroupDescribe, 1).flatMap(({ groups }) => groups)
    const stable = groups.find(({ groupState }) => groupState === 'Stable')!
    expect(stable).toMatchObject({ errorCode: 0, groupId: 'java-4.4.0-group-848', assignorName: 'uniform' })
    const owned = stable.members.flatMap(({ assignment }) => assignment.topicPartitions)
    expect(owned.map(({ topicName }) => topicName)).toEqual(['java-4.4.0-records', 'java-4.4.0-records'])
    expect(owned.flatMap(({ partitions }) => partitions).sort()).toEqual([0, 1, 2])
    expect(stable.members).toContainEqual(
      expect.objectContaining({
        instanceId: 'instance-1',
        rackId: 'rack-a',
        clientHost: '/127.0.0.1',
        memberType: 1,
      }),
    )
  })

  it('ShareGroupHeartbeat, ShareFetch and ShareAcknowledge: records acquired, and each answered in its way', () => {
    const assignments = newest.responses(ShareGroupHeartbeat, 1).map(({ assignment }) => assignment)
    expect(assignments).toContainEqual({ topicPartitions: [{ topicId: anyId, partitions: [0, 1, 2] }] })
    const partitions = newest
      .responses(ShareFetch, 2)
      .flatMap(({ responses }) => responses)
      .flatMap(({ partitions }) => partitions)
      .filter(({ acquiredRecords }) => acquiredRecords.length > 0)
    expect(partitions.length).toBeGreaterThan(0)
    for (const { records, acquiredRecords } of partitions) {
      const batches = [...readBatches(records!)].map(({ baseOffset, lastOffset }) => [baseOffset, lastOffset])
      const [[from]] = batches as [[number, number]]
      const [, until] = batches.at(-1)!
      expect(from).toBeLessThanOrEqual(acquiredRecords[0]!.firstOffset)
      expect(until).toBeGreaterThanOrEqual(acquiredRecords.at(-1)!.lastOffset)
      expect(acquiredRecords.map(({ deliveryCount }) => deliveryCount)).toEqual(acquiredRecords.map(() => 1))
    }
    const types = newest
      .requests(ShareAcknowledge, 2)
      .flatMap(({ topics }) => topics.flatMap(({ partitions }) => partitions))
      .flatMap(({ acknowledgementBatches }) => acknowledgementBatches)
      .flatMap(({ acknowledgeTypes }) => acknowledgeTypes)
    // Accept, release and reject; there may be 0, too, for a control record.
    expect([...new Set(types)].filter((type) => type !== 0).sort()).toEqual([1, 2, 3])
  })

  it('DescribeShareGroupOffsets: start offsets and lag', () => {
    const groups = newest.responses(DescribeShareGroupOffsets, 1).flatMap(({ groups }) => groups)
    const group = groups.find(({ groupId }) => groupId === 'java-4.4.0-group-share')!
    expect(group.topics.map(({ topicName }) => topicName)).toEqual(['java-4.4.0-records'])
    for (const { errorCode, leaderEpoch, lag } of group.topics[0]!.partitions) {
      expect([errorCode, leaderEpoch, lag >= 0]).toEqual([0, 0, true])
    }
  })

  it('StreamsGroupHeartbeat and StreamsGroupDescribe: a topology, its tasks, and what is missing', () => {
    const [joining] = newest.requests(StreamsGroupHeartbeat, 1).filter(({ topology }) => topology !== null)
    expect(joining).toMatchObject({
      groupId: 'asked-streams-1',
      memberEpoch: 0,
      processId: 'process-1',
      userEndpoint: { host: 'localhost', port: 9 },
      clientTags: [{ key: 'zone', value: 'a' }],
    })
    expect(joining!.topology!.subtopologies).toMatchObject([
      { subtopologyId: '0', sourceTopics: ['asked-records'], copartitionGroups: [] },
    ])
    const answers = newest.responses(StreamsGroupHeartbeat, 1)
    expect(answers).toContainEqual(
      expect.objectContaining({
        errorCode: errorByName('INVALID_REQUEST').code,
        errorMessage: 'Topology must be non-null when (re-)joining.',
      }),
    )
    expect(answers.flatMap(({ status }) => status ?? [])).toContainEqual({
      statusCode: 3,
      statusDetail: 'Internal topics are missing: asked-streams-1-changelog',
    })
    expect(answers.flatMap(({ activeTasks }) => activeTasks ?? [])).toContainEqual({
      subtopologyId: '0',
      partitions: [0, 1, 2],
    })
    const described = newest.responses(StreamsGroupDescribe, 1).flatMap(({ groups }) => groups)
    expect(described.find(({ errorCode }) => errorCode === 0)!.topology!.subtopologies).toMatchObject([
      { stateChangelogTopics: [{ name: 'asked-streams-1-changelog', partitions: 3, replicationFactor: 1 }] },
    ])
  })
})
