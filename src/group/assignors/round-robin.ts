// Java's RoundRobinAssignor: all partitions, topic by topic, are dealt to the members in turn; a member that does not
// subscribe to the topic is passed over.

import type { AssignmentInput, Assignor, TopicPartition } from './assignor.ts'
import { emptyAssignment, inOrder, subscribersByTopic } from './members.ts'

export const roundRobin: Assignor = { name: 'roundrobin', protocol: 'eager', assign }

function assign({ members, partitionCounts }: AssignmentInput): Map<string, TopicPartition[]> {
  const circle = inOrder(members)
  const assignment = emptyAssignment(circle)
  const seats = new Map(circle.map(({ memberId }, seat) => [memberId, seat]))
  let nextSeat = 0
  for (const [topic, subscribers] of subscribersByTopic(circle, partitionCounts)) {
    const seatsOfTopic = subscribers.map(({ memberId }) => seats.get(memberId)!)
    const first = seatsOfTopic.findIndex((seat) => seat >= nextSeat)
    let turn = Math.max(0, first)
    const partitionCount = partitionCounts.get(topic)!
    for (let partition = 0; partition < partitionCount; partition++) {
      assignment.get(subscribers[turn]!.memberId)!.push({ topic, partition })
      nextSeat = seatsOfTopic[turn]! + 1
      turn = (turn + 1) % subscribers.length
    }
  }
  return assignment
}
