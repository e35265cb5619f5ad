// Java's CooperativeStickyAssignor in its meaning: as sticky, and members keep their partitions while the group
// rebalances. So none may be given to a new owner before its old one has given it up: in the first round it is in
// nobody's assignment; the old owner, who sees it missing, gives it up and joins anew, and then it is free (KIP-429).

import { Buffer } from 'node:buffer'
import type { AssignmentInput, Assignor, GroupMember, JoiningMember, TopicPartition } from './assignor.ts'
import { byMemberId } from './members.ts'
import { asAssignment, ownersBefore } from './sticky/assignment.ts'
import { type Lots, lotsOf } from './sticky/lots.ts'
import { type Claim, NOBODY, type Ownership, ownershipOf } from './sticky/ownership.ts'
import { imbalanceOf, type Owners, planOf } from './sticky/plan.ts'
import { share } from './sticky/share.ts'

export const cooperativeSticky: Assignor = {
  name: 'cooperative-sticky',
  protocol: 'cooperative',
  userData,
  assign,
}

function assign(input: AssignmentInput): Map<string, TopicPartition[]> {
  const members = [...input.members].sort(byMemberId)
  const group = lotsOf(members, input)
  const ownership = ownershipOf(members, input.partitionCounts, claimOf)
  const before = ownersBefore(group, ownership)
  let plan = share(group, before)
  for (;;) {
    const given = withoutClaimed(group, plan, before.owners, ownership)
    if (isSame(given, plan)) return asAssignment(members, input, group, plan)
    // The second round is played before the first one is announced. What it would move, which it does only for more
    // balance, is moved at once instead: so there is no third.
    const formers = given.map((each) => each.map(() => NOBODY))
    const next = share(group, { owners: given, formers })
    if (isSame(given, next, NOBODY) || imbalance(group, next) >= imbalance(group, plan)) {
      return asAssignment(members, input, group, given)
    }
    plan = next
  }
}

/** But for what is `free` in the first. */
function isSame(a: Owners, b: Owners, free?: number): boolean {
  return a.every((owners, lot) => owners.every((place, i) => place === free || place === b[lot]![i]))
}

/** Without what is new to its owner while another member claims it. */
function withoutClaimed(
  { lots }: Lots,
  plan: Owners,
  before: Owners,
  ownership: ReadonlyMap<string, Ownership>,
): Int32Array[] {
  return plan.map((owners, lot) => {
    const { topic, partitions, members } = lots[lot]!
    const { claimants } = ownership.get(topic)!
    return owners.map((place, i) => {
      const claimant = claimants[partitions[i]!]!
      const isFree = place === before[lot]![i] || claimant === NOBODY || claimant === members[place]
      return isFree ? place : NOBODY
    })
  })
}

function imbalance(group: Lots, owners: Owners): number {
  return imbalanceOf(planOf(group, owners))
}

/** As Java writes it: the generation. Newer subscriptions have a field for it, which goes first. */
function userData({ generation }: JoiningMember): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(generation)
  return bytes
}

function claimOf({ ownedPartitions, generation, userData }: GroupMember): Claim {
  if (generation >= 0 || userData === null || userData.length < 4)
    return { partitions: ownedPartitions, generation }
  return { partitions: ownedPartitions, generation: userData.readInt32BE(0) }
}
