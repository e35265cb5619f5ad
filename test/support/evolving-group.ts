// A group that lives: members come, leave, crash and come back with old claims, restart, subscribe to something else;
// topics grow. For tests that follow what an assignor does to it over several rebalances.

import type {
  AssignmentInput,
  GroupAssignment,
  GroupMember,
  TopicPartition,
} from '../../src/group/assignors/assignor.ts'
import { encodeStickyUserData } from '../../src/protocol/group-messages/sticky-user-data.ts'
import { member } from './groups.ts'

export interface EvolvingOptions {
  /** All members subscribe to the same topics. */
  readonly isEqual: boolean
  /** Members and replicas state racks. */
  readonly withRacks: boolean
  readonly maxMembers?: number
  readonly maxTopics?: number
  readonly maxPartitions?: number
}

interface Person {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly rackId: string | null
  readonly topics: readonly string[]
  /** What it was last assigned, and when. */
  readonly partitions: readonly TopicPartition[]
  readonly generation: number
  /** Crashed, or cut off: the group goes on without it. */
  readonly isAway: boolean
}

export type Random = (below: number) => number

const RACKS = ['a', 'b', 'c']

export class EvolvingGroup {
  readonly #random: Random
  readonly #options: EvolvingOptions
  readonly #counts = new Map<string, number>()
  readonly #racks = new Map<string, string[][]>()
  #people: Person[] = []
  #common: readonly string[] = []
  #born = 0
  #generation = 0

  constructor(random: Random, options: EvolvingOptions) {
    this.#random = random
    this.#options = options
    const { maxMembers = 8, maxTopics = 6, maxPartitions = 12 } = options
    for (let i = 1 + random(maxTopics); i > 0; i--) this.#grow(`topic-${i}`, 1 + random(maxPartitions))
    this.#common = this.#someTopics()
    for (let i = 1 + random(maxMembers); i > 0; i--) this.#join()
  }

  /** One thing happens, or several. */
  change(): void {
    for (let times = 1 + this.#random(2); times > 0; times--) this.#changeOnce()
    for (const person of this.#people) {
      if (person.isAway && this.#random(2) === 0) this.#replace(person, { isAway: false })
    }
    if (this.#people.every(({ isAway }) => isAway)) this.#join()
  }

  /** As the leader sees it in the next rebalance. */
  input(protocol: 'eager' | 'cooperative'): AssignmentInput {
    const present = this.#people.filter(({ isAway }) => !isAway)
    return {
      members: shuffled(present, this.#random).map((person) => asMember(person, protocol)),
      partitionCounts: new Map(this.#counts),
      partitionRacks: this.#options.withRacks ? this.#racks : undefined,
    }
  }

  /** Members take what they are given, in a new generation. */
  take(assignment: GroupAssignment): void {
    this.#generation++
    this.#people = this.#people.map((person) =>
      person.isAway
        ? person
        : { ...person, partitions: assignment.get(person.memberId) ?? [], generation: this.#generation },
    )
  }

  #changeOnce(): void {
    const random = this.#random
    const someone = this.#people[random(this.#people.length)]!
    switch (random(8)) {
      case 0:
        return void this.#people.splice(this.#people.indexOf(someone), this.#people.length > 1 ? 1 : 0)
      case 1:
        return this.#join()
      case 2:
        return this.#replace(someone, { isAway: true })
      case 3:
        return this.#grow([...this.#counts.keys()][random(this.#counts.size)]!, 1 + random(4))
      case 4:
        return this.#subscribeAnew(someone)
      case 5:
        // A static member restarts: another id, and it has forgotten everything.
        if (someone.groupInstanceId === null) return
        return this.#replace(someone, { memberId: this.#newId(), partitions: [], generation: -1 })
      case 6: {
        // A client that is wrong about what it has.
        const others = this.#people.filter((person) => person !== someone)
        const stolen = others[random(others.length || 1)]?.partitions.slice(0, 1) ?? []
        return this.#replace(someone, { partitions: [...someone.partitions, ...stolen] })
      }
      default:
        return this.#replace(someone, { partitions: someone.partitions.filter(() => random(3) > 0) })
    }
  }

  #subscribeAnew(someone: Person): void {
    if (!this.#options.isEqual) return this.#replace(someone, { topics: this.#someTopics() })
    this.#common = this.#someTopics()
    this.#people = this.#people.map((person) => ({ ...person, topics: this.#common }))
  }

  #join(): void {
    const isStatic = this.#random(4) === 0
    const racks = this.#random(8) === 0 ? [null, '', 'elsewhere'] : RACKS
    this.#people.push({
      memberId: this.#newId(),
      groupInstanceId: isStatic ? `instance-${this.#born}` : null,
      rackId: this.#options.withRacks ? racks[this.#random(3)]! : null,
      topics: this.#options.isEqual ? this.#common : this.#someTopics(),
      partitions: [],
      generation: -1,
      isAway: false,
    })
  }

  #newId(): string {
    this.#born++
    return `member-${(this.#born * 7919) % 1000}-${this.#born}`
  }

  #replace(person: Person, changes: Partial<Person>): void {
    this.#people[this.#people.indexOf(person)] = { ...person, ...changes }
  }

  #grow(topic: string, by: number): void {
    const count = (this.#counts.get(topic) ?? 0) + by
    const racks = this.#racks.get(topic) ?? []
    while (racks.length < count) {
      const first = this.#random(3)
      racks.push([
        RACKS[first]!,
        ...(this.#random(2) === 0 ? [RACKS[(first + 1 + this.#random(2)) % 3]!] : []),
      ])
    }
    this.#counts.set(topic, count)
    this.#racks.set(topic, racks)
  }

  #someTopics(): readonly string[] {
    const names = [...this.#counts.keys()]
    const oneIn = 1 + this.#random(4)
    const some = names.filter(() => this.#random(oneIn) === 0)
    return shuffled(some.length > 0 ? some : [names[this.#random(names.length)]!], this.#random)
  }
}

function asMember(person: Person, protocol: 'eager' | 'cooperative'): GroupMember {
  const { memberId, groupInstanceId, rackId, topics, partitions, generation } = person
  if (protocol === 'eager') {
    const userData = generation < 0 ? null : userDataOf(partitions, generation)
    return member(memberId, topics, { groupInstanceId, rackId, generation, userData })
  }
  // What it does not subscribe to any more it gives up before it joins (G5).
  const ownedPartitions = partitions.filter(({ topic }) => topics.includes(topic))
  return member(memberId, topics, { groupInstanceId, rackId, generation, ownedPartitions })
}

function userDataOf(partitions: readonly TopicPartition[], generation: number): Buffer {
  const previousAssignment = partitions.map(({ topic, partition }) => ({ topic, partitions: [partition] }))
  return encodeStickyUserData({ previousAssignment, generation })
}

function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const rest = [...items]
  return items.map(() => rest.splice(random(rest.length), 1)[0]!)
}
