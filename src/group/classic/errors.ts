// The coordinator's errors that end a membership, each with what to change (G8).

import { FencedError, KafkaError } from '../../errors.ts'
import { brokerError, errorByCode } from '../../protocol/error-codes.ts'
import type { MembershipSettings } from './types.ts'

const ADVICE: { readonly [name: string]: string } = {
  INCONSISTENT_GROUP_PROTOCOL:
    'all members need an assignor in common: compare partitionAssignmentStrategy with the running members, or use another groupId',
  GROUP_AUTHORIZATION_FAILED: 'grant READ on the group',
  INVALID_SESSION_TIMEOUT:
    "choose sessionTimeoutMs between the broker's group.min.session.timeout.ms and group.max.session.timeout.ms",
  INVALID_GROUP_ID: 'choose another groupId; it may not be empty',
  GROUP_MAX_SIZE_REACHED: "the group is full: start fewer members, or raise the broker's group.max.size",
  UNSUPPORTED_VERSION: 'the broker is too old for static members: leave groupInstanceId out, or upgrade it',
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
  const advice = ADVICE[name]
  if (advice === undefined) return undefined
  const { message } = brokerError(errorCode, { groupId, api })
  return new KafkaError(name, `${message} What to do: ${advice}`, { groupId, api, fatal: true })
}
