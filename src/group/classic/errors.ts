// The coordinator's errors that end a membership, each with what to change (G8).

import { FencedError, isKafkaError, type KafkaError } from '../../errors.ts'
import { brokerError, errorByCode } from '../../protocol/error-codes.ts'
import { type Advice, advised } from '../advice.ts'
import type { MembershipSettings } from './types.ts'

const ADVICE: Advice = {
  INCONSISTENT_GROUP_PROTOCOL:
    'all members need an assignor in common: compare partitionAssignmentStrategy with the running members, or use another groupId',
  GROUP_AUTHORIZATION_FAILED: 'grant READ on the group',
  INVALID_SESSION_TIMEOUT:
    "choose sessionTimeoutMs between the broker's group.min.session.timeout.ms and group.max.session.timeout.ms",
  INVALID_GROUP_ID: 'choose another groupId; it may not be empty',
  GROUP_MAX_SIZE_REACHED: "the group is full: start fewer members, or raise the broker's group.max.size",
  UNSUPPORTED_VERSION: 'the broker is too old: upgrade it, or leave groupInstanceId out if that is set',
}

/** The error that ends the membership, or undefined for a code that does not. */
export function fatalError(
  errorCode: number,
  { groupId, groupInstanceId }: MembershipSettings,
  api: string,
): KafkaError | undefined {
  const { name } = errorByCode(errorCode)
  if (name === 'FENCED_INSTANCE_ID') {
    return new FencedError(
      `group ${groupId}: another consumer has joined with groupInstanceId '${groupInstanceId}', and this one is fenced. Give each process an instance id of its own`,
      { groupId, api },
    )
  }
  return advised(brokerError(errorCode, { groupId, api }), ADVICE, groupId)
}

/** The same of a request that got no answer: the coordinator may not be asked for, no version in common, credentials. */
export function fatalFailure(
  error: unknown,
  { groupId }: Pick<MembershipSettings, 'groupId'>,
): KafkaError | undefined {
  if (!isKafkaError(error)) return undefined
  return error.fatal ? error : advised(error, ADVICE, groupId)
}
