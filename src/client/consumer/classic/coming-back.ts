// A static member that comes back in time is given what it had, whatever it subscribes to by now, and the others are
// not asked; nor is anyone told of partitions that were added while the leader was away. So it looks for itself
// whether everything that the members subscribe to is somebody's (G9, G10).

import { DescribeGroups } from '../../../protocol/api/index.ts'
import { brokerError } from '../../../protocol/error-codes.ts'
import { decodeAssignment, decodeSubscription } from '../../../protocol/group-messages/subscription.ts'
import type { Cluster } from '../../cluster/types.ts'
import { oneByOne } from './by-topic.ts'
import { type AskOptions, lookUpTopics } from './watched-topics.ts'

/** What is nobody's, in words: why to join anew. Undefined where nothing is, or the group shares anew already. */
export async function whatIsNobodys(
  cluster: Cluster,
  groupId: string,
  options: AskOptions,
): Promise<string | undefined> {
  const { response } = await cluster.send(
    DescribeGroups,
    { groups: [groupId] },
    { to: { coordinator: 'group', key: groupId }, ...options },
  )
  const [group] = response.groups
  if (group === undefined) return undefined
  if (group.errorCode !== 0) throw brokerError(group.errorCode, { api: 'DescribeGroups', groupId })
  if (group.groupState !== 'Stable') return undefined
  const topics = new Set<string>()
  const owned = new Set<string>()
  for (const { memberMetadata, memberAssignment } of group.members) {
    for (const topic of decodeSubscription(memberMetadata).topics) topics.add(topic)
    if (memberAssignment.length === 0) continue
    const { assignedPartitions } = decodeAssignment(memberAssignment)
    for (const { topic, partition } of oneByOne(assignedPartitions)) owned.add(`${topic}-${partition}`)
  }
  const seen = await lookUpTopics(cluster, [...topics], options)
  for (const [topic, { count }] of seen) {
    for (let partition = 0; partition < count; partition++) {
      if (!owned.has(`${topic}-${partition}`)) return `${topic}-${partition} is nobody's`
    }
  }
  return undefined
}
