// Kafka's error codes, as of 4.4.0: the one table from which names, numbers, whether the same request may succeed
// later, and words for people come. How the client reacts to each is the caller's matter (reliability.md).
// Source: https://kafka.apache.org/protocol#protocol_error_codes; a test compares it with the kafka-clients jar.

import { BrokerError, type ErrorContext } from '../errors.ts'

export interface BrokerErrorCode {
  readonly code: number
  readonly name: BrokerErrorName
  /** What Java makes a RetriableException. */
  readonly retriable: boolean
  /** What happened, and what to do where something can be done. */
  readonly message: string
}

export type BrokerErrorName = keyof typeof TABLE

/** The entry of a code. One that is not known here is UNKNOWN_SERVER_ERROR with its own number. */
export function errorByCode(code: number): BrokerErrorCode {
  return (
    BY_CODE.get(code) ?? {
      code,
      name: 'UNKNOWN_SERVER_ERROR',
      retriable: false,
      message: `the broker answered with error code ${code}, which is newer than this client`,
    }
  )
}

/** @example errorByName('NOT_COORDINATOR').code // 16 */
export function errorByName(name: BrokerErrorName): BrokerErrorCode {
  return BY_CODE.get(TABLE[name].code)!
}

/**
 * The error for a code that a broker answered with. `brokerMessage` is the text that some answers carry; `context`
 * says what was asked, of whom, about what. The message leaves the code to `code`, and ends without a full stop.
 */
export function brokerError(
  code: number,
  context: ErrorContext = {},
  brokerMessage?: string | null,
): BrokerError<BrokerErrorName> {
  const { name, message, retriable } = errorByCode(code)
  const said = brokerMessage ? `. The broker says: ${brokerMessage.replace(/\.$/, '')}` : ''
  return new BrokerError(name, code, `${subjectOf(context)}${message}${said}`, {
    retriable,
    ...context,
  })
}

/** All of them, by ascending code. */
export function allErrorCodes(): readonly BrokerErrorCode[] {
  return [...BY_CODE.values()]
}

function subjectOf(context: ErrorContext): string {
  const { api, broker, topic, partition, groupId } = context
  const parts = [
    api,
    topic === undefined ? undefined : `topic ${topic}`,
    partition === undefined ? undefined : `partition ${partition}`,
    groupId === undefined ? undefined : `group ${groupId}`,
    broker === undefined ? undefined : `broker ${broker}`,
  ].filter((part) => part !== undefined)
  return parts.length === 0 ? '' : `${parts.join(', ')}: `
}

interface TableEntry {
  readonly code: number
  readonly retriable: boolean
  readonly message: string
}

function error(code: number, message: string): TableEntry {
  return { code, retriable: false, message }
}

function retriable(code: number, message: string): TableEntry {
  return { code, retriable: true, message }
}

const TABLE = {
  UNKNOWN_SERVER_ERROR: error(-1, 'the broker failed in a way it did not expect; its log says how'),
  NONE: error(0, 'no error'),
  OFFSET_OUT_OF_RANGE: error(
    1,
    'the log does not hold that offset: it was deleted by retention, or is past the end',
  ),
  CORRUPT_MESSAGE: retriable(
    2,
    'the broker found a checksum wrong, a batch malformed, or a record without a key in a compacted topic',
  ),
  UNKNOWN_TOPIC_OR_PARTITION: retriable(
    3,
    'the broker knows no such topic or partition: create it, or check the name and the permission to describe it; one that is new may not be known there yet',
  ),
  INVALID_FETCH_SIZE: error(4, 'the fetch size asked for is not valid'),
  LEADER_NOT_AVAILABLE: retriable(
    5,
    'the partition has no leader at the moment: an election is going on, or its replicas are down',
  ),
  NOT_LEADER_OR_FOLLOWER: retriable(
    6,
    'the broker is not the leader, or not a replica, of this partition any more',
  ),
  REQUEST_TIMED_OUT: retriable(7, 'the broker could not finish the request in the time it was given'),
  BROKER_NOT_AVAILABLE: error(8, 'the broker asked for is not available'),
  REPLICA_NOT_AVAILABLE: retriable(9, 'the replica asked for is not available on this broker'),
  MESSAGE_TOO_LARGE: error(
    10,
    "the batch is larger than the topic's max.message.bytes allows: send smaller records, or raise it",
  ),
  STALE_CONTROLLER_EPOCH: error(11, 'the controller has moved to another broker'),
  OFFSET_METADATA_TOO_LARGE: error(
    12,
    'the metadata string of a committed offset is longer than offset.metadata.max.bytes allows',
  ),
  NETWORK_EXCEPTION: retriable(13, 'the broker lost a connection of its own before it had an answer'),
  COORDINATOR_LOAD_IN_PROGRESS: retriable(14, 'the coordinator is still loading its state'),
  COORDINATOR_NOT_AVAILABLE: retriable(
    15,
    'there is no coordinator at the moment: its internal topic is being created, or has no leader',
  ),
  NOT_COORDINATOR: retriable(16, 'this broker is not the coordinator any more'),
  INVALID_TOPIC_EXCEPTION: error(
    17,
    "the topic's name is not valid (letters, digits, '.', '_' and '-', at most 249), or it is an internal topic",
  ),
  RECORD_LIST_TOO_LARGE: error(
    18,
    'the batch is larger than a segment of the topic (segment.bytes): send smaller batches',
  ),
  NOT_ENOUGH_REPLICAS: retriable(
    19,
    'fewer replicas are in sync than min.insync.replicas asks for: nothing was written',
  ),
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: retriable(
    20,
    'the records were written, but to fewer replicas than min.insync.replicas asks for',
  ),
  INVALID_REQUIRED_ACKS: error(21, 'acks must be 0, 1 or -1 (all)'),
  ILLEGAL_GENERATION: error(22, 'the group has gone on to another generation'),
  INCONSISTENT_GROUP_PROTOCOL: error(
    23,
    "the group's other members use other assignors, or another kind of group has this id: give all members one assignor in common",
  ),
  INVALID_GROUP_ID: error(24, 'the group id is not valid: it must not be empty'),
  UNKNOWN_MEMBER_ID: error(
    25,
    'the group does not know this member: it was removed, for instance because its session timed out',
  ),
  INVALID_SESSION_TIMEOUT: error(
    26,
    'sessionTimeoutMs lies outside what the broker allows (group.min.session.timeout.ms to group.max.session.timeout.ms)',
  ),
  REBALANCE_IN_PROGRESS: error(27, 'the group is rebalancing: its members must join again'),
  INVALID_COMMIT_OFFSET_SIZE: error(
    28,
    'the offset commit is too large for the offsets topic: commit fewer partitions, or less metadata, at once',
  ),
  TOPIC_AUTHORIZATION_FAILED: error(
    29,
    'this client may not use this topic: it needs an ACL for the operation (Read, Write, Describe, Create, ...)',
  ),
  GROUP_AUTHORIZATION_FAILED: error(
    30,
    'this client may not use this group: it needs the ACL Read (or Describe, Delete) on it',
  ),
  CLUSTER_AUTHORIZATION_FAILED: error(
    31,
    'this client may not do this to the cluster: it needs an ACL on the cluster (for idempotent producing before 2.8: IdempotentWrite)',
  ),
  INVALID_TIMESTAMP: error(
    32,
    "a record's timestamp is further from the broker's clock than message.timestamp.before.max.ms or message.timestamp.after.max.ms allows",
  ),
  UNSUPPORTED_SASL_MECHANISM: error(33, 'the broker does not offer this SASL mechanism'),
  ILLEGAL_SASL_STATE: error(34, 'the request does not belong to this state of the SASL exchange'),
  UNSUPPORTED_VERSION: error(35, 'the broker does not support this version of the API'),
  TOPIC_ALREADY_EXISTS: error(36, 'a topic of this name exists already'),
  INVALID_PARTITIONS: error(
    37,
    'the number of partitions is not valid: at least 1, and never fewer than there are',
  ),
  INVALID_REPLICATION_FACTOR: error(38, 'the replication factor is below 1 or above the number of brokers'),
  INVALID_REPLICA_ASSIGNMENT: error(
    39,
    'the replica assignment is not valid: every partition needs distinct, existing brokers, all the same number of them',
  ),
  INVALID_CONFIG: error(40, 'a configuration value is not valid'),
  NOT_CONTROLLER: retriable(41, 'this broker is not the controller any more'),
  INVALID_REQUEST: error(42, 'the broker finds the request malformed or contradictory; its log says why'),
  UNSUPPORTED_FOR_MESSAGE_FORMAT: error(
    43,
    "the topic's records are stored in a format that is too old for this request",
  ),
  POLICY_VIOLATION: error(44, 'a policy set up on the brokers forbids this'),
  OUT_OF_ORDER_SEQUENCE_NUMBER: error(45, "a batch arrived out of the producer's order"),
  DUPLICATE_SEQUENCE_NUMBER: error(46, 'the broker has this batch already'),
  INVALID_PRODUCER_EPOCH: error(47, 'the broker knows a newer epoch of this producer'),
  INVALID_TXN_STATE: error(48, 'the transaction is not in a state in which this can be done'),
  INVALID_PRODUCER_ID_MAPPING: error(
    49,
    'the transactional id now belongs to another producer id: make a new producer',
  ),
  INVALID_TRANSACTION_TIMEOUT: error(
    50,
    "transactionTimeoutMs is above the broker's transaction.max.timeout.ms: lower it",
  ),
  CONCURRENT_TRANSACTIONS: retriable(
    51,
    'the previous transaction of this transactional id is still being finished',
  ),
  TRANSACTION_COORDINATOR_FENCED: error(
    52,
    'the transaction coordinator that wrote this marker has been replaced',
  ),
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: error(
    53,
    'this client may not use this transactional id: it needs the ACL Write (or Describe) on it',
  ),
  SECURITY_DISABLED: error(54, 'the brokers have no authorizer: ACLs cannot be listed or changed'),
  OPERATION_NOT_ATTEMPTED: error(
    55,
    'the broker did not try this one, because another of the same request failed',
  ),
  KAFKA_STORAGE_ERROR: retriable(56, 'the broker has a disk error where this log lies'),
  LOG_DIR_NOT_FOUND: error(57, 'the broker has no such log directory'),
  SASL_AUTHENTICATION_FAILED: error(58, 'the broker refused the credentials'),
  UNKNOWN_PRODUCER_ID: error(
    59,
    'the broker has no state of this producer in this partition (any more): its last records were deleted by retention',
  ),
  REASSIGNMENT_IN_PROGRESS: error(
    60,
    'a reassignment of this partition is going on: wait for it, or cancel it',
  ),
  DELEGATION_TOKEN_AUTH_DISABLED: error(
    61,
    'the brokers have no delegation tokens switched on (delegation.token.secret.key)',
  ),
  DELEGATION_TOKEN_NOT_FOUND: error(62, 'the broker knows no such delegation token'),
  DELEGATION_TOKEN_OWNER_MISMATCH: error(
    63,
    'the principal is neither owner nor renewer of this delegation token',
  ),
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: error(
    64,
    'delegation tokens can be asked for only on a connection that is authenticated, and not by a token itself',
  ),
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: error(
    65,
    'this client may not use this delegation token: it needs the ACL Describe on it',
  ),
  DELEGATION_TOKEN_EXPIRED: error(66, 'the delegation token has expired'),
  INVALID_PRINCIPAL_TYPE: error(67, "the principal's type is not supported: use User"),
  NON_EMPTY_GROUP: error(68, 'the group still has members: stop them first'),
  GROUP_ID_NOT_FOUND: error(69, 'there is no such group, or none of this kind'),
  FETCH_SESSION_ID_NOT_FOUND: retriable(70, 'the broker has dropped this fetch session'),
  INVALID_FETCH_SESSION_EPOCH: retriable(71, "the fetch session's epoch is not the one the broker expects"),
  LISTENER_NOT_FOUND: retriable(72, 'the leader has no listener of the name that this client came in by'),
  TOPIC_DELETION_DISABLED: error(73, 'the brokers do not delete topics (delete.topic.enable=false)'),
  FENCED_LEADER_EPOCH: retriable(74, 'the partition has a newer leader epoch than the request'),
  UNKNOWN_LEADER_EPOCH: retriable(75, 'the broker has not heard of this leader epoch yet'),
  UNSUPPORTED_COMPRESSION_TYPE: error(
    76,
    "the request's version cannot carry the compression type of this partition's records",
  ),
  STALE_BROKER_EPOCH: error(77, 'the broker has registered again since'),
  OFFSET_NOT_AVAILABLE: retriable(78, 'the new leader does not know yet how far its log is committed'),
  MEMBER_ID_REQUIRED: error(79, 'the member must join again with the id it was just given'),
  PREFERRED_LEADER_NOT_AVAILABLE: retriable(80, 'the preferred leader is not available'),
  GROUP_MAX_SIZE_REACHED: error(
    81,
    'the group has as many members as group.max.size (or group.consumer.max.size) allows',
  ),
  FENCED_INSTANCE_ID: error(
    82,
    'another member has joined with the same groupInstanceId: give each instance its own',
  ),
  ELIGIBLE_LEADERS_NOT_AVAILABLE: retriable(83, 'no replica that may lead is available'),
  ELECTION_NOT_NEEDED: retriable(84, "the partition's leader is the wanted one already"),
  NO_REASSIGNMENT_IN_PROGRESS: error(85, 'no reassignment of this partition is going on'),
  GROUP_SUBSCRIBED_TO_TOPIC: error(
    86,
    "the group's members are subscribed to this topic: its offsets cannot be deleted while they are",
  ),
  INVALID_RECORD: error(
    87,
    'the broker refused a record, for instance one without a key in a compacted topic',
  ),
  UNSTABLE_OFFSET_COMMIT: retriable(
    88,
    'an offset of this partition is part of a transaction that is still open',
  ),
  THROTTLING_QUOTA_EXCEEDED: retriable(89, 'a quota is used up'),
  PRODUCER_FENCED: error(
    90,
    'another producer has started with the same transactionalId: give each instance its own',
  ),
  RESOURCE_NOT_FOUND: error(91, 'what was asked for does not exist'),
  DUPLICATE_RESOURCE: error(92, 'the request names the same thing twice'),
  UNACCEPTABLE_CREDENTIAL: error(
    93,
    "the credential does not meet the broker's criteria (iterations, or an empty user name)",
  ),
  INCONSISTENT_VOTER_SET: error(94, 'sender or receiver is not one of the voters that the other expects'),
  INVALID_UPDATE_VERSION: error(95, 'the feature version asked for is not valid'),
  FEATURE_UPDATE_FAILED: error(96, "the features could not be updated; the controller's log says why"),
  PRINCIPAL_DESERIALIZATION_FAILURE: error(
    97,
    "the controller could not read the principal that a broker forwarded: the cluster's security setup is at fault",
  ),
  SNAPSHOT_NOT_FOUND: error(98, 'there is no such snapshot'),
  POSITION_OUT_OF_RANGE: error(99, 'the position lies outside the snapshot'),
  UNKNOWN_TOPIC_ID: retriable(
    100,
    'the broker knows no topic of this id: it was deleted, or is not known there yet',
  ),
  DUPLICATE_BROKER_REGISTRATION: error(101, 'another broker uses this broker id'),
  BROKER_ID_NOT_REGISTERED: error(102, 'no broker of this id is registered'),
  INCONSISTENT_TOPIC_ID: retriable(
    103,
    "the topic's id is not the one in the request: it was deleted and made again",
  ),
  INCONSISTENT_CLUSTER_ID: error(104, 'the broker belongs to another cluster than the request expects'),
  TRANSACTIONAL_ID_NOT_FOUND: error(105, 'the coordinator knows no such transactional id'),
  FETCH_SESSION_TOPIC_ID_ERROR: retriable(106, 'the fetch session mixes topic ids and names'),
  INELIGIBLE_REPLICA: error(107, 'a replica that may not be in sync was named as in sync'),
  NEW_LEADER_ELECTED: error(108, 'the change was made, but the partition has another leader now'),
  OFFSET_MOVED_TO_TIERED_STORAGE: error(109, 'the offset is in tiered storage only'),
  FENCED_MEMBER_EPOCH: error(
    110,
    "the group's coordinator has a newer epoch of this member: its partitions are lost, and it must join again",
  ),
  UNRELEASED_INSTANCE_ID: error(
    111,
    'another member still holds this groupInstanceId: it must leave, or its session end, first',
  ),
  UNSUPPORTED_ASSIGNOR: error(
    112,
    'the broker does not have the assignor asked for (groupRemoteAssignor), or not for what members use',
  ),
  STALE_MEMBER_EPOCH: error(
    113,
    "the member's epoch has changed since: again with the one of the next heartbeat",
  ),
  MISMATCHED_ENDPOINT_TYPE: error(
    114,
    "the request belongs on the other kind of endpoint: a broker's where this is a controller's, or the reverse",
  ),
  UNSUPPORTED_ENDPOINT_TYPE: error(115, 'this kind of endpoint is not supported'),
  UNKNOWN_CONTROLLER_ID: error(116, 'there is no controller of this id'),
  UNKNOWN_SUBSCRIPTION_ID: error(117, 'the telemetry subscription is unknown or outdated: ask for it again'),
  TELEMETRY_TOO_LARGE: error(
    118,
    'the pushed telemetry is larger than the broker takes (telemetry.max.bytes)',
  ),
  INVALID_REGISTRATION: error(119, "the controller finds the broker's registration not valid"),
  TRANSACTION_ABORTABLE: error(
    120,
    'the transaction cannot go on: abort it; the producer can then start the next',
  ),
  INVALID_RECORD_STATE: error(
    121,
    'the record is not held by this member any more: its acknowledgement counts for nothing',
  ),
  SHARE_SESSION_NOT_FOUND: retriable(122, 'the broker has dropped this share session'),
  INVALID_SHARE_SESSION_EPOCH: retriable(123, "the share session's epoch is not the one the broker expects"),
  FENCED_STATE_EPOCH: error(124, "the share group's state has a newer epoch"),
  INVALID_VOTER_KEY: error(125, "the voter's directory id is not that of the replica asked"),
  DUPLICATE_VOTER: error(126, 'it is one of the voters already'),
  VOTER_NOT_FOUND: error(127, 'it is not one of the voters'),
  INVALID_REGULAR_EXPRESSION: error(128, 'the broker cannot read the pattern: it must be RE2 syntax'),
  REBOOTSTRAP_REQUIRED: error(
    129,
    'the cluster is not the one that this client knew: start again from the bootstrap servers',
  ),
  STREAMS_INVALID_TOPOLOGY: error(130, 'the topology is not valid'),
  STREAMS_INVALID_TOPOLOGY_EPOCH: error(131, "the topology's epoch is not valid"),
  STREAMS_TOPOLOGY_FENCED: error(132, 'the group has a newer topology epoch'),
  SHARE_SESSION_LIMIT_REACHED: retriable(133, 'the broker has as many share sessions as it takes'),
  GROUP_DELETION_FAILED: error(134, 'the group could not be deleted'),
  STREAMS_TOPOLOGY_DESCRIPTION_UPDATE_FAILED: error(
    135,
    'the broker could not store the description of the topology',
  ),
  CONTROLLER_ID_NOT_REGISTERED: error(136, 'no controller of this id is registered'),
}

const BY_CODE: ReadonlyMap<number, BrokerErrorCode> = new Map(
  (Object.keys(TABLE) as BrokerErrorName[]).map((name) => [TABLE[name].code, { name, ...TABLE[name] }]),
)
