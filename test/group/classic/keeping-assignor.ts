// A cooperative assignor for tests of memberships, as plain as can be: topic by topic, members keep what they own as
// far as their share goes, and what another still owns is given to nobody yet (KIP-429).
import type {
  AssignmentInput,
  Assignor,
  GroupMember,
  TopicPartition,
} from '../../../src/group/assignors/assignor.ts'

export const keeping: Assignor = { name: 'keeping', protocol: 'cooperative', assign }

function assign({ members, partitionCounts }: AssignmentInput): Map<string, TopicPartition[]> {
  const owners = ownersOf(members)
  const assignment = new Map(members.map(({ memberId }) => [memberId, [] as TopicPartition[]]))
  for (const [topic, count] of [...partitionCounts].sort()) {
    const subscribers = members.filter(({ topics }) => topics.includes(topic)).map(({ memberId }) => memberId)
    if (subscribers.length === 0) continue
    for (const [partition, target] of share(topic, count, subscribers.sort(), owners).entries()) {
      const owner = owners.get(`${topic} ${partition}`)
      if (owner === undefined || owner === target) assignment.get(target)!.push({ topic, partition })
    }
  }
  return assignment
}

/** The newest claim counts (G12). */
function ownersOf(members: readonly GroupMember[]): Map<string, string> {
  const newest = new Map<string, { generation: number; memberId: string | undefined }>()
  for (const { memberId, ownedPartitions, generation } of members) {
    for (const { topic, partition } of ownedPartitions) {
      const name = `${topic} ${partition}`
      const other = newest.get(name)
      if (other === undefined || other.generation < generation) newest.set(name, { generation, memberId })
      else if (other.generation === generation) newest.set(name, { generation, memberId: undefined })
    }
  }
  return new Map(
    [...newest].flatMap(([name, { memberId }]) => (memberId === undefined ? [] : [[name, memberId]])),
  )
}

/** The owner of each partition of a topic, to be. */
function share(
  topic: string,
  count: number,
  subscribers: readonly string[],
  owners: ReadonlyMap<string, string>,
): string[] {
  const least = Math.floor(count / subscribers.length)
  let extras = count % subscribers.length
  const sizes = new Map(subscribers.map((id) => [id, 0]))
  const hasRoom = (id: string) => {
    const size = sizes.get(id)
    return size !== undefined && (size < least || (size === least && extras > 0))
  }
  const targets: (string | undefined)[] = Array(count).fill(undefined)
  const give = (partition: number, id: string) => {
    targets[partition] = id
    sizes.set(id, sizes.get(id)! + 1)
    if (sizes.get(id)! > least) extras--
  }
  for (const partition of targets.keys()) {
    const owner = owners.get(`${topic} ${partition}`)
    if (owner !== undefined && hasRoom(owner)) give(partition, owner)
  }
  for (const [partition, target] of targets.entries()) {
    if (target === undefined) give(partition, subscribers.find(hasRoom)!)
  }
  return targets as string[]
}
