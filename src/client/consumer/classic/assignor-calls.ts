// Calls of assignors, which may be the application's own: one that fails, or breaks the rules, would do so again. Then
// the membership ends with an error that names it, and if it led the group, another member leads.

import { AssignmentError } from '../../../errors.ts'
import type {
  AssignmentInput,
  Assignor,
  GroupAssignment,
  JoiningMember,
} from '../../../group/assignors/assignor.ts'
import { checkAssignment } from '../../../group/assignors/check.ts'

/** @throws AssignmentError */
export function share(assignor: Assignor, input: AssignmentInput, groupId: string): GroupAssignment {
  try {
    const assignment = assignor.assign(input)
    checkAssignment(assignor, input, assignment)
    return assignment
  } catch (cause) {
    throw failure(assignor, 'failed to assign', groupId, cause)
  }
}

/** @throws AssignmentError */
export function userDataOf(assignor: Assignor, member: JoiningMember, groupId: string): Uint8Array | null {
  try {
    return assignor.userData?.(member) ?? null
  } catch (cause) {
    throw failure(assignor, 'failed to write its user data', groupId, cause)
  }
}

function failure({ name }: Assignor, what: string, groupId: string, cause: unknown): AssignmentError {
  const isCheck = cause instanceof AssignmentError
  const said = isCheck ? cause.message : `the assignor '${name}' ${what}: ${String(cause)}`
  const { memberId, topic, partition } = isCheck ? cause : { memberId: undefined }
  const context = { groupId, topic, partition, cause, fatal: true }
  return new AssignmentError(name, memberId, `group ${groupId}: ${said}`, context)
}
