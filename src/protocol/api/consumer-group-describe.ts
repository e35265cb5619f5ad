import {
  array,
  boolean,
  defineApi,
  errorCode,
  groupId,
  int8,
  int32,
  string,
  struct,
  topicName,
  uuid,
} from '../schema.ts'

const NO_OPERATIONS = -2_147_483_648
const assignment = struct({
  topicPartitions: array({ topicId: uuid, topicName, partitions: array(int32) }),
})

/** Groups whose coordinator assigns (KIP-848): their state and members. */
export const ConsumerGroupDescribe = defineApi({
  key: 69,
  name: 'ConsumerGroupDescribe',
  versions: [0, 1],
  flexibleFrom: 0,
  request: { groupIds: array(groupId), includeAuthorizedOperations: boolean },
  response: {
    throttleTimeMs: int32.default(0),
    groups: array({
      // COORDINATOR_LOAD_IN_PROGRESS: again. COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: find the coordinator, again.
      // GROUP_ID_NOT_FOUND: also for a classic group. INVALID_GROUP_ID, INVALID_REQUEST, GROUP_AUTHORIZATION_FAILED,
      // TOPIC_AUTHORIZATION_FAILED: final.
      errorCode,
      errorMessage: string.nullable().default(null),
      groupId,
      // Empty, Assigning, Reconciling, Stable, Dead.
      groupState: string,
      // Grows with each change of members, subscriptions or topics; the assignment follows it.
      groupEpoch: int32,
      assignmentEpoch: int32,
      assignorName: string,
      members: array({
        memberId: string,
        instanceId: string.nullable().default(null),
        rackId: string.nullable().default(null),
        memberEpoch: int32,
        clientId: string,
        clientHost: string,
        subscribedTopicNames: array(topicName),
        subscribedTopicRegex: string.nullable().default(null),
        // What it owns, and what it is to own.
        assignment,
        targetAssignment: assignment,
        // -1: not known, 0: speaks the classic protocol, 1: this one.
        memberType: int8.from(1).default(-1).ignorable(),
      }),
      authorizedOperations: int32.default(NO_OPERATIONS),
    }),
  },
})
