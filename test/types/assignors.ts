// Assignors and their types: what must compile, and, marked, what must not. Checked by `npm run check:types`; never run.

import {
  type Assignor,
  type BuiltinAssignorName,
  type builtinAssignor,
  builtinAssignors,
  type GroupAssignment,
  type GroupMember,
} from '../../src/group/assignors/index.ts'
import { type Eq, is } from './support.ts'

is<Eq<BuiltinAssignorName, 'range' | 'roundrobin' | 'sticky' | 'cooperative-sticky'>>()
is<Eq<ReturnType<typeof builtinAssignor>, Assignor | undefined>>()
export const all: readonly Assignor[] = Object.values(builtinAssignors)

// The least that an assignor has to be. What it returns may be a plain Map.
export const idle: Assignor = {
  name: 'idle',
  protocol: 'eager',
  assign: ({ members }) => new Map(members.map(({ memberId }) => [memberId, []])),
}

// @ts-expect-error: whether members may keep their partitions has to be said
export const silent: Assignor = { name: 'silent', assign: () => new Map() }
// @ts-expect-error: there are two protocols
export const other: Assignor = { name: 'other', protocol: 'lazy', assign: () => new Map() }
// @ts-expect-error: by member id, not an object
export const plain: Assignor = { name: 'plain', protocol: 'eager', assign: () => ({}) }

export function readOnly(member: GroupMember, assignment: GroupAssignment): void {
  // @ts-expect-error: what an assignor is given is not its own
  member.ownedPartitions.push({ topic: 't', partition: 0 })
  // @ts-expect-error: nor is an answer its reader's
  assignment.set('a', [])
}
