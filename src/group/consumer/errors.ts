// The coordinator's errors that end a membership, each with what to change (N3).

import { FencedError, isKafkaError, type KafkaError } from '../../errors.ts'
import { brokerError, errorByCode } from '../../protocol/error-codes.ts'
import { type Advice, advised } from '../advice.ts'
import type { MembershipSettings } from './types.ts'

const API = 'ConsumerGroupHeartbeat'

const ADVICE: Advice = {
  GROUP_AUTHORIZATION_FAILED: 'grant READ on the group',
  GROUP_ID_NOT_FOUND:
    'there is a group of this name whose members use another protocol, and the broker does not convert it (group.consumer.migration.policy): set groupProtocol to theirs, or use another groupId',
  GROUP_MAX_SIZE_REACHED:
    "the group is full: start fewer members, or raise the broker's group.consumer.max.size",
  INVALID_GROUP_ID: 'choose another groupId; it may not be empty',
  INVALID_REGULAR_EXPRESSION: 'a pattern is matched by the broker, in RE2 syntax: correct it',
  INVALID_REQUEST: 'compare the options with what the broker says',
  // Only when it has been tried for long enough.
  UNRELEASED_INSTANCE_ID:
    'stop the other consumer that runs with this groupInstanceId, or give each process one of its own',
  UNSUPPORTED_ASSIGNOR:
    "set groupRemoteAssignor to one of the broker's group.consumer.assignors, or leave it out",
  UNSUPPORTED_VERSION:
    "upgrade the brokers to Apache Kafka 4.0 or newer, with the feature group.version at 1, or set groupProtocol to 'classic'",
}

/** The error that ends the membership, or undefined for a code that does not. */
export function fatalError(
  errorCode: number,
  errorMessage: string | null,
  settings: MembershipSettings,
): KafkaError | undefined {
  const { groupId, groupInstanceId } = settings
  const error = brokerError(errorCode, { groupId, api: API }, errorMessage)
  if (errorByCode(errorCode).name !== 'FENCED_INSTANCE_ID') return advised(error, ADVICE, groupId)
  return new FencedError(
    `group ${groupId}: another consumer has joined with groupInstanceId '${groupInstanceId}', and this one is fenced. Give each process an instance id of its own`,
    { groupId, api: API, cause: error },
  )
}

/** The same of a request that got no answer: the coordinator may not be asked for, no version in common, credentials. */
export function fatalFailure(
  error: unknown,
  { groupId }: Pick<MembershipSettings, 'groupId'>,
): KafkaError | undefined {
  if (!isKafkaError(error)) return undefined
  return error.fatal ? error : advised(error, ADVICE, groupId)
}
