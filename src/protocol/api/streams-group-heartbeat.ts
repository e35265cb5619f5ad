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

const tasks = array({ subtopologyId: string, partitions: array(int32) })
  .nullable()
  .default(null)
const taskOffsets = array({ subtopologyId: string, partition: int32, offset: int64 }).nullable().default(null)
const endpoint = struct({ host: string, port: uint16 })
const topicPartitions = array({ topic: topicName, partitions: array(int32) })

// Topics that the coordinator creates.
const internalTopics = array({
  name: topicName,
  // 0: as many as the topics it depends on; always so for changelogs.
  partitions: int32,
  // 0: the broker's default.
  replicationFactor: int16,
  topicConfigs: array({ key: string, value: string }),
})

/**
 * The whole of a member's life in a group of Kafka Streams, whose coordinator assigns tasks (KIP-1071). What has not
 * changed since the last heartbeat is null (the timeout: -1).
 */
export const StreamsGroupHeartbeat = defineApi({
  key: 88,
  name: 'StreamsGroupHeartbeat',
  versions: [0, 1],
  flexibleFrom: 0,
  request: {
    groupId,
    // A uuid of the member's own, kept for its process's life.
    memberId: string,
    // 0: join, -1: leave, -2: a static member leaves and will be back.
    memberEpoch: int32,
    // The last that an answer gave.
    endpointInformationEpoch: int32,
    instanceId: string.nullable().default(null),
    rackId: string.nullable().default(null),
    rebalanceTimeoutMs: int32.default(-1),
    // Given when joining, and only then.
    topology: struct({
      epoch: int32,
      subtopologies: array({
        subtopologyId: string,
        sourceTopics: array(topicName),
        sourceTopicRegex: array(string),
        stateChangelogTopics: internalTopics,
        repartitionSinkTopics: array(topicName),
        repartitionSourceTopics: internalTopics,
        // Topics that need the same number of partitions, by their index in the lists of the same name above.
        copartitionGroups: array({
          sourceTopics: array(int16),
          sourceTopicRegex: array(int16),
          repartitionSourceTopics: array(int16),
        }),
      }),
    })
      .nullable()
      .default(null),
    // Owned by the member.
    activeTasks: tasks,
    standbyTasks: tasks,
    warmupTasks: tasks,
    // Members of one process share its disk.
    processId: string.nullable().default(null),
    // Where its state can be queried.
    userEndpoint: endpoint.nullable().default(null),
    // For assigning standby tasks to different racks.
    clientTags: array({ key: string, value: string }).nullable().default(null),
    // How far the state of each task has been restored, and how far there is to go.
    taskOffsets,
    taskEndOffsets: taskOffsets,
    // Every client of the group should shut down.
    shutdownApplication: boolean.default(false),
  },
  response: {
    throttleTimeMs: int32.default(0),
    // COORDINATOR_LOAD_IN_PROGRESS: again. COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: find the coordinator, again.
    // UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH: the group went on without us: give up all tasks, join again with epoch
    // 0. UNRELEASED_INSTANCE_ID: another process has this instance id and has not left. STREAMS_INVALID_TOPOLOGY,
    // STREAMS_INVALID_TOPOLOGY_EPOCH, STREAMS_TOPOLOGY_FENCED, GROUP_MAX_SIZE_REACHED, GROUP_ID_NOT_FOUND,
    // INVALID_REQUEST, GROUP_AUTHORIZATION_FAILED, TOPIC_AUTHORIZATION_FAILED, CLUSTER_AUTHORIZATION_FAILED: final.
    errorCode,
    errorMessage: string.nullable().default(null),
    memberId: string,
    memberEpoch: int32,
    heartbeatIntervalMs: int32,
    // A task whose state lags by no more offsets may become active.
    acceptableRecoveryLagLegacy: int32.until(0),
    // How often to send task offsets.
    taskOffsetIntervalMs: int32,
    // -1: this broker does not say.
    acceptableRecoveryLag: int64.from(1).default(-1).ignorable(),
    // 0: our topology is older than the group's, 1: source topics are missing, 2: topics do not have the number of
    // partitions they need, 3: internal topics are missing, 4: someone asked for a shutdown, 5: the assignment is yet
    // to be made, 6: client tags are missing (version 1).
    status: array({ statusCode: int8, statusDetail: string }).nullable(),
    // What the member is to own.
    activeTasks: tasks,
    standbyTasks: tasks,
    warmupTasks: tasks,
    // Send a StreamsGroupTopologyDescriptionUpdate (KIP-1331).
    topologyDescriptionRequired: boolean.from(1).default(false),
    endpointInformationEpoch: int32,
    // An entry a member, so one endpoint may come several times.
    partitionsByUserEndpoint: array({
      userEndpoint: endpoint,
      activePartitions: topicPartitions,
      standbyPartitions: topicPartitions,
    })
      .nullable()
      .default(null),
  },
})
