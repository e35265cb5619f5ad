// What an assignment is worth, counted here by other means than assignors count it.

import { Buffer } from 'node:buffer'
import type {
  AssignmentInput,
  Assignor,
  GroupAssignment,
  GroupMember,
  TopicPartition,
} from '../../src/group/assignors/assignor.ts'
import { doRacksMatter, racksOfTopic } from '../../src/group/assignors/racks.ts'
import { decodeStickyUserData } from '../../src/protocol/group-messages/sticky-user-data.ts'
import type { WrittenAssignment } from './java-assignors.ts'

export interface Measures {
  /** How far from even: the sum of the differences of all pairs of members, as the Java client counts it. */
  readonly imbalance: number
  /** How many partitions are with a member on another rack than any replica; 0 where racks make no difference. */
  readonly far: number
  /** How many partitions are taken from who owns them by right. */
  readonly moves: number
}

export function asWritten(assignment: GroupAssignment): WrittenAssignment {
  return new Map([...assignment].map(([id, list]) => [id, list.map(nameOf).sort()]))
}

export function asPartitions(written: WrittenAssignment): Map<string, TopicPartition[]> {
  return new Map([...written].map(([id, names]) => [id, names.map(partitionOf)]))
}

export function measure(assignor: Assignor, input: AssignmentInput, assignment: WrittenAssignment): Measures {
  return measuring(assignor, input)(assignment)
}

/** The same for many assignments of one group. */
export function measuring(
  assignor: Assignor,
  input: AssignmentInput,
): (assignment: WrittenAssignment) => Measures {
  const { members, partitionRacks } = input
  const owners = [...rightfulOwners(assignor, input)]
  const racked = doRacksMatterIn(input)
    ? members.filter(({ rackId }) => rackId !== null && rackId !== '')
    : []
  const isFar = (name: string, rackId: string) => {
    const { topic, partition } = partitionOf(name)
    return !partitionRacks?.get(topic)?.[partition]?.includes(rackId)
  }
  return (assignment) => {
    const loads = members.map(({ memberId }) => assignment.get(memberId)?.length ?? 0)
    const differences = loads.flatMap((load, i) => loads.slice(0, i).map((other) => Math.abs(load - other)))
    const far = racked.flatMap(({ memberId, rackId }) =>
      (assignment.get(memberId) ?? []).filter((name) => isFar(name, rackId!)),
    )
    const taken = owners.filter(([name, owner]) => !assignment.get(owner)?.includes(name))
    const imbalance = differences.reduce((sum, each) => sum + each, 0)
    return { imbalance, far: far.length, moves: taken.length }
  }
}

/** Of the topics that somebody subscribes to. */
export function doRacksMatterIn({ members, partitionCounts, partitionRacks }: AssignmentInput): boolean {
  const topics = [...partitionCounts].filter(([topic]) =>
    members.some(({ topics }) => topics.includes(topic)),
  )
  return doRacksMatter(members, () =>
    topics.flatMap(([topic, count]) => racksOfTopic(partitionRacks, topic, count)),
  )
}

/** By `topic=partition`: whose claim is later than any other; G12. Only of partitions that it may have. */
export function rightfulOwners(
  { protocol }: Assignor,
  { members, partitionCounts }: AssignmentInput,
): Map<string, string> {
  const claims = new Map<string, { owner: string; generation: number; isSubscribed: boolean }[]>()
  for (const member of members) {
    const { names, generation } = protocol === 'eager' ? toldByUserData(member) : toldBySubscription(member)
    for (const name of new Set(names)) {
      const isSubscribed = member.topics.includes(partitionOf(name).topic)
      const claim = { owner: member.memberId, generation, isSubscribed }
      claims.set(name, [...(claims.get(name) ?? []), claim])
    }
  }
  const owners = new Map<string, string>()
  for (const [name, rivals] of claims) {
    const { topic, partition } = partitionOf(name)
    const latest = Math.max(...rivals.map(({ generation }) => generation))
    const [first, ...others] = rivals.filter(({ generation }) => generation === latest)
    const exists = partition < (partitionCounts.get(topic) ?? 0)
    if (exists && others.length === 0 && first!.isSubscribed) owners.set(name, first!.owner)
  }
  return owners
}

function toldByUserData({ userData }: GroupMember): { names: string[]; generation: number } {
  try {
    const { previousAssignment, generation } = decodeStickyUserData(userData ?? Buffer.alloc(0))
    const names = previousAssignment.flatMap(({ topic, partitions }) =>
      partitions.map((each) => `${topic}=${each}`),
    )
    return { names, generation }
  } catch {
    return { names: [], generation: -1 }
  }
}

function toldBySubscription({ ownedPartitions, generation, userData }: GroupMember) {
  const names = ownedPartitions.map(nameOf)
  if (generation >= 0 || userData === null) return { names, generation }
  return { names, generation: userData.length < 4 ? -1 : userData.readInt32BE(0) }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}=${partition}`
}

function partitionOf(name: string): TopicPartition {
  const [topic, partition] = name.split('=')
  return { topic: topic!, partition: Number(partition) }
}
