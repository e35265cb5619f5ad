import { array, bytes, int32, int64, string, uuid } from '../schema.ts'
import { defineRecordType } from './record-type.ts'

/** What any group has committed, and the state of classic groups. */
export const classicGroupRecords = [
  // An old Kafka's; brokers still read it.
  defineRecordType({
    id: 0,
    name: 'LegacyOffsetCommit',
    key: { group: string, topic: string, partition: int32 },
    versions: [0, 0],
    value: { offset: int64, metadata: string, commitTimestamp: int64 },
  }),
  defineRecordType({
    id: 1,
    name: 'OffsetCommit',
    key: { group: string, topic: string, partition: int32 },
    versions: [0, 4],
    flexibleFrom: 4,
    value: {
      // The next offset to read.
      offset: int64,
      leaderEpoch: int32.from(3).default(-1).ignorable(),
      metadata: string,
      commitTimestamp: int64,
      // -1: by the broker's `offsets.retention.minutes`.
      expireTimestamp: int64.from(1).until(1).default(-1).ignorable(),
      topicId: uuid.from(4).tag(0).ignorable(),
    },
  }),
  // One for each generation.
  defineRecordType({
    id: 2,
    name: 'GroupMetadata',
    key: { group: string },
    versions: [0, 4],
    flexibleFrom: 4,
    value: {
      protocolType: string,
      generation: int32,
      // Both null in an empty group.
      protocol: string.nullable(),
      leader: string.nullable(),
      currentStateTimestamp: int64.from(2).default(-1).ignorable(),
      members: array({
        memberId: string,
        groupInstanceId: string.nullable().from(3).default(null).ignorable(),
        clientId: string,
        clientHost: string,
        // In milliseconds, as the next.
        rebalanceTimeout: int32.from(1).default(-1).ignorable(),
        sessionTimeout: int32,
        // As the members sent it, and as the leader did: a consumer's are read by decodeSubscription and
        // decodeAssignment.
        subscription: bytes,
        assignment: bytes,
      }),
    },
  }),
] as const
