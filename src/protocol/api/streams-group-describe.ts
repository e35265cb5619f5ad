import {
  array,
  boolean,
  defineApi,
  errorCode,
  groupId,
  int8,
  int16,
  int32,
  int64,
  string,
  struct,
  topicName,
  uint16,
} from '../schema.ts'

const NO_OPERATIONS = -2_147_483_648
const keyValues = array({ key: string, value: string })
const taskOffsets = array({ subtopologyId: string, partition: int32, offset: int64 })
const tasks = array({ subtopologyId: string, partitions: array(int32) })
const assignment = struct({ activeTasks: tasks, standbyTasks: tasks, warmupTasks: tasks })

const internalTopics = array({
  name: topicName,
  partitions: int32,
  replicationFactor: int16,
  topicConfigs: keyValues,
})

// As in StreamsGroupTopologyDescriptionUpdate.
const node = {
  name: string,
  nodeType: int8,
  sourceTopics: array(topicName),
  sinkTopic: topicName.nullable().default(null),
  stores: array(string),
  successors: array(string),
}

/** Groups of Kafka Streams: their state, topology and members (KIP-1071). */
export const StreamsGroupDescribe = defineApi({
  key: 89,
  name: 'StreamsGroupDescribe',
  versions: [0, 1],
  flexibleFrom: 0,
  request: {
    groupIds: array(groupId),
    includeAuthorizedOperations: boolean,
    includeTopologyDescription: boolean.from(1).default(false),
  },
  response: {
    throttleTimeMs: int32.default(0),
    groups: array({
      // COORDINATOR_LOAD_IN_PROGRESS: again. COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: find the coordinator, again.
      // GROUP_ID_NOT_FOUND, INVALID_GROUP_ID, INVALID_REQUEST, GROUP_AUTHORIZATION_FAILED,
      // TOPIC_AUTHORIZATION_FAILED: final.
      errorCode,
      errorMessage: string.nullable().default(null),
      groupId,
      // Empty, NotReady, Assigning, Reconciling, Stable, Dead.
      groupState: string,
      groupEpoch: int32,
      assignmentEpoch: int32,
      topology: struct({
        epoch: int32,
        // With patterns resolved to topics; null while topics are missing or wrongly partitioned.
        subtopologies: array({
          subtopologyId: string,
          sourceTopics: array(topicName),
          repartitionSinkTopics: array(topicName),
          stateChangelogTopics: internalTopics,
          repartitionSourceTopics: internalTopics,
        })
          .nullable()
          .default(null),
      })
        .nullable()
        .default(null),
      members: array({
        memberId: string,
        memberEpoch: int32,
        instanceId: string.nullable().default(null),
        rackId: string.nullable().default(null),
        clientId: string,
        clientHost: string,
        topologyEpoch: int32,
        processId: string,
        userEndpoint: struct({ host: string, port: uint16 }).nullable().default(null),
        clientTags: keyValues,
        taskOffsets,
        taskEndOffsets: taskOffsets,
        // What it owns, and what it is to own.
        assignment,
        targetAssignment: assignment,
        // Still speaks the classic protocol.
        isClassic: boolean,
      }),
      authorizedOperations: int32.default(NO_OPERATIONS),
      topologyDescription: struct({
        subtopologies: array({ subtopologyId: string, nodes: array(node) }),
        globalStores: array({ source: struct(node), processor: struct(node) }),
      })
        .nullable()
        .from(1)
        .default(null),
      // 0: not asked for, 1: the group has none, 2: the broker could not get it, 3: here it is.
      topologyDescriptionStatus: int8.from(1).default(0),
      // Of the next assignment (KIP-1357).
      assignorName: string.nullable().from(1).default(null).ignorable(),
    }),
  },
})
