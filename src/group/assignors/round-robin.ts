// Java's RoundRobinAssignor: all partitions, topic by topic, are dealt to the members in turn; a member that does not
// subscribe to the topic is passed over.

import type { AssignmentInput, Assignor, TopicPartition } from './assignor.ts'
import { byIdentity, emptyAssignment, subscribersByTopic } from './members.ts'

export const roundRobin: Assignor = { name: 'roundrobin', protocol: 'eager', assign }

function assign({ members, partitionCounts }: AssignmentInput): Map<string, TopicPartition[]> {
  const circle = [...members].sort(byIdentity)
  const assignment = emptyAssignment(circle)
  const lists = [...assignment.values()]
  let next = 0
  for (const [topic, subscribers] of subscribersByTopic(circle, partitionCounts)) {
    // None from there on: the circle begins anew.
    let turn = Math.max(
      0,
      subscribers.findIndex((subscriber) => subscriber >= next),
    )
    for (let partition = 0; partition < partitionCounts.get(topic)!; partition++) {
      const subscriber = subscribers[turn]!
      lists[subscriber]!.push({ topic, partition })
      next = subscriber + 1
      turn = (turn + 1) % subscribers.length
    }
  }
  return assignment
}
