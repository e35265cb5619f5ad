import { array, defineApi, errorCode, groupId, int8, int32, string, struct, topicName } from '../schema.ts'

const node = {
  name: string,
  // 1: source, 2: processor, 3: sink.
  nodeType: int8,
  // Of a source; empty when only known at run time.
  sourceTopics: array(topicName),
  // Of a sink; null when only known at run time.
  sinkTopic: topicName.nullable().default(null),
  // Of a processor.
  stores: array(string),
  successors: array(string),
}

/** Tells a group's topology for people to see, when a heartbeat's answer asked for it (KIP-1331). */
export const StreamsGroupTopologyDescriptionUpdate = defineApi({
  key: 93,
  name: 'StreamsGroupTopologyDescriptionUpdate',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    groupId,
    memberId: string,
    topologyEpoch: int32,
    topologyDescription: struct({
      subtopologies: array({ subtopologyId: string, nodes: array(node) }),
      globalStores: array({ source: struct(node), processor: struct(node) }),
    }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    // COORDINATOR_LOAD_IN_PROGRESS: again. COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: find the coordinator, again.
    // UNKNOWN_MEMBER_ID: the group went on without us, join again. UNSUPPORTED_VERSION: the brokers have no plugin that
    // keeps it. STREAMS_TOPOLOGY_DESCRIPTION_UPDATE_FAILED, GROUP_ID_NOT_FOUND, INVALID_REQUEST,
    // GROUP_AUTHORIZATION_FAILED: final.
    errorCode,
    errorMessage: string.nullable().default(null),
  },
})
