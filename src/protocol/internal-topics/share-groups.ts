import { array, bigint64, int8, int32, int64, string, uuid } from '../schema.ts'
import { defineRecordType } from './record-type.ts'

const ofGroup = { groupId: string }
const ofMember = { groupId: string, memberId: string }
const topicPartitions = array({ topicId: uuid, partitions: array(int32) })
const namedPartitions = array({ topicId: uuid, topicName: string, partitions: array(int32) })

/** The state of share groups (KIP-932), but for their offsets: those are in `__share_group_state`. */
export const shareGroupRecords = [
  defineRecordType({
    id: 10,
    name: 'ShareGroupMemberMetadata',
    key: ofMember,
    versions: [0, 0],
    flexibleFrom: 0,
    value: {
      rackId: string.nullable(),
      clientId: string,
      clientHost: string,
      subscribedTopicNames: array(string),
    },
  }),
  defineRecordType({
    id: 11,
    name: 'ShareGroupMetadata',
    key: ofGroup,
    versions: [0, 0],
    flexibleFrom: 0,
    value: { epoch: int32, metadataHash: bigint64 },
  }),
  defineRecordType({
    id: 12,
    name: 'ShareGroupTargetAssignmentMetadata',
    key: ofGroup,
    versions: [0, 0],
    flexibleFrom: 0,
    value: { assignmentEpoch: int32, assignmentTimestamp: int64.default(0).tag(0).ignorable() },
  }),
  defineRecordType({
    id: 13,
    name: 'ShareGroupTargetAssignmentMember',
    key: ofMember,
    versions: [0, 0],
    flexibleFrom: 0,
    value: { topicPartitions },
  }),
  defineRecordType({
    id: 14,
    name: 'ShareGroupCurrentMemberAssignment',
    key: ofMember,
    versions: [0, 0],
    flexibleFrom: 0,
    value: {
      memberEpoch: int32,
      previousMemberEpoch: int32,
      state: int8,
      assignedPartitions: topicPartitions,
    },
  }),
  // For which partitions the share coordinator has a state, is to make one, or is to drop it.
  defineRecordType({
    id: 15,
    name: 'ShareGroupStatePartitionMetadata',
    key: ofGroup,
    versions: [0, 0],
    flexibleFrom: 0,
    value: {
      initializingTopics: namedPartitions,
      initializedTopics: namedPartitions,
      deletingTopics: array({ topicId: uuid, topicName: string }),
    },
  }),
] as const
