import { array, bigint64, bytes, int8, int32, int64, string, struct, uuid } from '../schema.ts'
import { defineRecordType } from './record-type.ts'

const ofGroup = { groupId: string }
const ofMember = { groupId: string, memberId: string }

const ownedPartitions = array({
  topicId: uuid,
  partitions: array(int32),
  // The member's epoch when it was given each partition: a commit from before is refused.
  assignmentEpochs: array(int32).nullable().tag(0),
})

/** The state of groups whose coordinator assigns (KIP-848). */
export const consumerGroupRecords = [
  defineRecordType({
    id: 3,
    name: 'ConsumerGroupMetadata',
    key: ofGroup,
    versions: [0, 0],
    flexibleFrom: 0,
    value: {
      epoch: int32,
      // Of the topics subscribed to: another hash, another assignment (KIP-1101).
      metadataHash: bigint64.default(0n).tag(0),
    },
  }),
  // Up to Kafka 4.0, instead of the hash.
  defineRecordType({
    id: 4,
    name: 'ConsumerGroupPartitionMetadata',
    key: ofGroup,
    versions: [0, 0],
    flexibleFrom: 0,
    value: {
      topics: array({
        topicId: uuid,
        topicName: string,
        numPartitions: int32,
        partitionMetadata: array({ partition: int32, racks: array(string) }),
      }),
    },
  }),
  defineRecordType({
    id: 5,
    name: 'ConsumerGroupMemberMetadata',
    key: ofMember,
    versions: [0, 0],
    flexibleFrom: 0,
    value: {
      instanceId: string.nullable(),
      rackId: string.nullable(),
      clientId: string,
      clientHost: string,
      subscribedTopicNames: array(string),
      subscribedTopicRegex: string.nullable(),
      rebalanceTimeoutMs: int32.default(-1),
      serverAssignor: string.nullable(),
      // Of a member that speaks the classic protocol; null: this one.
      classicMemberMetadata: struct({
        sessionTimeoutMs: int32,
        supportedProtocols: array({ name: string, metadata: bytes }),
      })
        .nullable()
        .tag(0),
    },
  }),
  defineRecordType({
    id: 6,
    name: 'ConsumerGroupTargetAssignmentMetadata',
    key: ofGroup,
    versions: [0, 0],
    flexibleFrom: 0,
    value: { assignmentEpoch: int32, assignmentTimestamp: int64.default(0).tag(0).ignorable() },
  }),
  // What a member is to own.
  defineRecordType({
    id: 7,
    name: 'ConsumerGroupTargetAssignmentMember',
    key: ofMember,
    versions: [0, 0],
    flexibleFrom: 0,
    value: { topicPartitions: array({ topicId: uuid, partitions: array(int32) }) },
  }),
  // What it owns.
  defineRecordType({
    id: 8,
    name: 'ConsumerGroupCurrentMemberAssignment',
    key: ofMember,
    versions: [0, 0],
    flexibleFrom: 0,
    value: {
      memberEpoch: int32,
      previousMemberEpoch: int32,
      // 0: stable, 1: has yet to give up partitions, 2: waits for others to give up theirs.
      state: int8,
      assignedPartitions: ownedPartitions,
      partitionsPendingRevocation: ownedPartitions,
    },
  }),
  // The topics that a pattern stands for.
  defineRecordType({
    id: 16,
    name: 'ConsumerGroupRegularExpression',
    key: { groupId: string, regularExpression: string },
    versions: [0, 0],
    flexibleFrom: 0,
    value: {
      topics: array(string),
      // Of the cluster's metadata that it was matched with.
      version: int64,
      timestamp: int64,
    },
  }),
] as const
