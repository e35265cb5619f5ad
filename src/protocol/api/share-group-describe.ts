import {
  array,
  boolean,
  defineApi,
  errorCode,
  groupId,
  int32,
  string,
  struct,
  topicName,
  uuid,
} from '../schema.ts'

const NO_OPERATIONS = -2_147_483_648

/** Share groups: their state and members (KIP-932). */
export const ShareGroupDescribe = defineApi({
  key: 77,
  name: 'ShareGroupDescribe',
  versions: [1, 1],
  flexibleFrom: 0,
  request: { groupIds: array(groupId), includeAuthorizedOperations: boolean },
  response: {
    throttleTimeMs: int32.default(0),
    groups: array({
      // COORDINATOR_LOAD_IN_PROGRESS: again. COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: find the coordinator, again.
      // GROUP_ID_NOT_FOUND, INVALID_GROUP_ID, INVALID_REQUEST, GROUP_AUTHORIZATION_FAILED,
      // TOPIC_AUTHORIZATION_FAILED: final.
      errorCode,
      errorMessage: string.nullable().default(null),
      groupId,
      // Empty, Stable, Dead.
      groupState: string,
      groupEpoch: int32,
      assignmentEpoch: int32,
      assignorName: string,
      members: array({
        memberId: string,
        rackId: string.nullable().default(null),
        memberEpoch: int32,
        clientId: string,
        clientHost: string,
        subscribedTopicNames: array(topicName),
        assignment: struct({
          topicPartitions: array({ topicId: uuid, topicName, partitions: array(int32) }),
        }),
      }),
      authorizedOperations: int32.default(NO_OPERATIONS),
    }),
  },
})
