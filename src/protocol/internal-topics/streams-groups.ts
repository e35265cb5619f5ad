import { array, bigint64, int8, int16, int32, int64, string, struct, uint16 } from '../schema.ts'
import { defineRecordType } from './record-type.ts'

const ofGroup = { groupId: string }
const ofMember = { groupId: string, memberId: string }
const keyValue = { key: string, value: string }
const tasks = array({ subtopologyId: string, partitions: array(int32) })
const ownedTasks = array({
  subtopologyId: string,
  partitions: array(int32),
  // Of active tasks: the member's epoch when it was given each. A commit from before is refused.
  assignmentEpochs: array(int32).nullable().tag(0),
})
const internalTopics = array({
  name: string,
  partitions: int32,
  replicationFactor: int16,
  topicConfigs: array(keyValue),
})

/** The state of groups of Kafka Streams (KIP-1071). Fields as in StreamsGroupHeartbeat. */
export const streamsGroupRecords = [
  defineRecordType({
    id: 17,
    name: 'StreamsGroupMetadata',
    key: ofGroup,
    versions: [0, 0],
    flexibleFrom: 0,
    value: {
      epoch: int32,
      // Of the topics read: another hash, another assignment.
      metadataHash: bigint64,
      // -1: none yet.
      validatedTopologyEpoch: int32.default(-1).tag(0),
      lastAssignmentConfigs: array(keyValue).nullable().tag(1),
      // Of the topology descriptions (KIP-1331): the one that is stored, -1: none, -2: not sure; and the one that was
      // refused for good, -1: none.
      storedDescriptionTopologyEpoch: int32.default(-1).tag(2),
      failedDescriptionTopologyEpoch: int32.default(-1).tag(3),
    },
  }),
  defineRecordType({
    id: 19,
    name: 'StreamsGroupMemberMetadata',
    key: ofMember,
    versions: [0, 0],
    flexibleFrom: 0,
    value: {
      instanceId: string.nullable(),
      rackId: string.nullable(),
      clientId: string,
      clientHost: string,
      rebalanceTimeoutMs: int32.default(-1),
      topologyEpoch: int32,
      processId: string,
      userEndpoint: struct({ host: string, port: uint16 }).nullable().default(null),
      clientTags: array(keyValue),
    },
  }),
  defineRecordType({
    id: 20,
    name: 'StreamsGroupTargetAssignmentMetadata',
    key: ofGroup,
    versions: [0, 0],
    flexibleFrom: 0,
    value: { assignmentEpoch: int32, assignmentTimestamp: int64.default(0).tag(0).ignorable() },
  }),
  defineRecordType({
    id: 21,
    name: 'StreamsGroupTargetAssignmentMember',
    key: ofMember,
    versions: [0, 0],
    flexibleFrom: 0,
    value: { activeTasks: tasks, standbyTasks: tasks, warmupTasks: tasks },
  }),
  defineRecordType({
    id: 22,
    name: 'StreamsGroupCurrentMemberAssignment',
    key: ofMember,
    versions: [0, 0],
    flexibleFrom: 0,
    value: {
      memberEpoch: int32,
      previousMemberEpoch: int32,
      // 0: stable, 1: has yet to give up tasks, 2: waits for others to give up theirs.
      state: int8,
      activeTasks: ownedTasks,
      standbyTasks: ownedTasks,
      warmupTasks: ownedTasks,
      activeTasksPendingRevocation: ownedTasks,
      standbyTasksPendingRevocation: ownedTasks,
      warmupTasksPendingRevocation: ownedTasks,
    },
  }),
  defineRecordType({
    id: 23,
    name: 'StreamsGroupTopology',
    key: ofGroup,
    versions: [0, 0],
    flexibleFrom: 0,
    value: {
      epoch: int32,
      subtopologies: array({
        subtopologyId: string,
        sourceTopics: array(string),
        sourceTopicRegex: array(string),
        stateChangelogTopics: internalTopics,
        repartitionSinkTopics: array(string),
        repartitionSourceTopics: internalTopics,
        copartitionGroups: array({
          sourceTopics: array(int16),
          sourceTopicRegex: array(int16),
          repartitionSourceTopics: array(int16),
        }),
      }),
    },
  }),
] as const
