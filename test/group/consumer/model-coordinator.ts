// A group's coordinator as a model: what the broker does for a group whose members it assigns to (KIP-848), without
// time, bytes or sockets.
import type { TopicIdPartitions } from '../../../src/group/consumer/types.ts'
import { type BrokerErrorName, errorByName } from '../../../src/protocol/error-codes.ts'

export interface HeartbeatRequest {
  readonly memberId: string
  readonly instanceId: string | null
  readonly epoch: number
  readonly isFull: boolean
  readonly topics: readonly string[] | undefined
  readonly owned: readonly TopicIdPartitions[] | undefined
}

export interface HeartbeatAnswer {
  readonly errorCode: number
  readonly epoch: number
  readonly assignment: readonly TopicIdPartitions[] | undefined
}

/** Partitions are named `topic-id number`. */
type Partitions = ReadonlySet<string>

interface Member {
  readonly id: string
  readonly instanceId: string | null
  topics: readonly string[]
  /** -2: a static member that has left, and may come back. */
  epoch: number
  previousEpoch: number
  state: 'stable' | 'unrevoked' | 'unreleased'
  assigned: Partitions
  toBeRevoked: Partitions
}

export interface ModelCoordinatorOptions {
  /** Brokers before 4.2 take a join of a member that they know for one with an old epoch. */
  readonly fencesKnownJoins: boolean
  /** Default: ids are names with `#1` behind them. */
  readonly topicOf?: (topicId: string) => string
}

export class ModelCoordinator {
  readonly members = new Map<string, Member>()
  readonly #options: ModelCoordinatorOptions
  readonly #partitionCounts: Map<string, number>
  /** What each member is to have in the end. */
  #target = new Map<string, Partitions>()
  #epoch = 0

  constructor(partitionCounts: Map<string, number>, options: ModelCoordinatorOptions) {
    this.#partitionCounts = partitionCounts
    this.#options = options
  }

  heartbeat(request: HeartbeatRequest): HeartbeatAnswer {
    const found = request.epoch === 0 ? this.#joining(request) : this.#known(request)
    if (typeof found === 'string') return refused(found)
    const { topics, owned } = request
    if (topics !== undefined && topics.join() !== found.topics.join()) {
      found.topics = topics
      this.assign()
    }
    const before = found.assigned
    this.#reconcile(found, owned && new Set(namesOf(owned)))
    const isTold = request.isFull || request.epoch === 0 || !areSame(before, found.assigned)
    const assignment = isTold ? asAssignment(found.assigned) : undefined
    return { errorCode: 0, epoch: found.epoch, assignment }
  }

  leave(memberId: string, instanceId: string | null, epoch: -1 | -2): number {
    const found = this.#find(memberId, instanceId)
    if (typeof found === 'string') return errorByName(found).code
    if (epoch === -1) this.remove(memberId)
    else {
      found.epoch = -2
      found.toBeRevoked = new Set()
    }
    return 0
  }

  /** The end of its session, or of the time that it has for giving partitions up. */
  remove(memberId: string): void {
    if (this.members.delete(memberId)) this.assign()
  }

  /** A new target: as unlike the last one as can be. */
  assign(): void {
    this.#epoch++
    const target = new Map([...this.members.keys()].map((id) => [id, new Set<string>()]))
    for (const [topicId, count] of this.#partitionCounts) {
      const topic = (this.#options.topicOf ?? topicOf)(topicId)
      const readers = [...this.members.values()].filter(({ topics }) => topics.includes(topic))
      for (let partition = 0; partition < count && readers.length > 0; partition++) {
        const { id } = readers[(partition + this.#epoch) % readers.length]!
        target.get(id)!.add(`${topicId} ${partition}`)
      }
    }
    this.#target = target
  }

  targetOf(memberId: string): Partitions {
    return this.#target.get(memberId) ?? new Set()
  }

  isReconciled(memberId: string): boolean {
    const member = this.members.get(memberId)
    return member?.state === 'stable' && member.epoch === this.#epoch
  }

  #joining({ memberId, instanceId, isFull, topics, owned }: HeartbeatRequest): Member | BrokerErrorName {
    if (!isFull || topics === undefined || owned?.length !== 0) return 'INVALID_REQUEST'
    const former = instanceId === null ? undefined : this.#static(instanceId)
    if (former !== undefined && former.epoch !== -2) return 'UNRELEASED_INSTANCE_ID'
    const known = this.members.get(memberId)
    if (known !== undefined && former === undefined) {
      const isFenced = this.#options.fencesKnownJoins && known.previousEpoch !== 0
      return isFenced ? 'FENCED_MEMBER_EPOCH' : known
    }
    if (former !== undefined) this.members.delete(former.id)
    const member: Member = {
      id: memberId,
      instanceId,
      topics: former?.topics ?? [],
      epoch: 0,
      previousEpoch: 0,
      state: 'stable',
      assigned: former?.assigned ?? new Set(),
      toBeRevoked: new Set(),
    }
    this.members.set(memberId, member)
    // Whoever comes back has the target of who left; a newcomer is assigned to.
    if (former === undefined) this.assign()
    else this.#target.set(memberId, this.targetOf(former.id))
    return member
  }

  #known({ memberId, instanceId, epoch, owned }: HeartbeatRequest): Member | BrokerErrorName {
    const found = this.#find(memberId, instanceId)
    if (typeof found === 'string' || epoch === found.epoch) return found
    if (epoch > found.epoch || epoch !== found.previousEpoch || owned === undefined)
      return 'FENCED_MEMBER_EPOCH'
    return namesOf(owned).every((name) => found.assigned.has(name)) ? found : 'FENCED_MEMBER_EPOCH'
  }

  #find(memberId: string, instanceId: string | null): Member | BrokerErrorName {
    if (instanceId !== null) {
      const found = this.#static(instanceId)
      if (found === undefined) return 'UNKNOWN_MEMBER_ID'
      return found.id === memberId ? found : 'FENCED_INSTANCE_ID'
    }
    return this.members.get(memberId) ?? 'UNKNOWN_MEMBER_ID'
  }

  #static(instanceId: string): Member | undefined {
    return [...this.members.values()].find((member) => member.instanceId === instanceId)
  }

  #reconcile(member: Member, owned: Partitions | undefined): void {
    if (member.state === 'stable' && member.epoch === this.#epoch) return
    const owns = (partitions: Partitions) =>
      owned === undefined || [...partitions].some((partition) => owned.has(partition))
    if (member.state === 'unrevoked' && owns(member.toBeRevoked)) return
    const target = this.targetOf(member.id)
    const kept = new Set([...member.assigned].filter((partition) => target.has(partition)))
    const unwanted = new Set([...member.assigned].filter((partition) => !target.has(partition)))
    const missing = [...target].filter((partition) => !kept.has(partition))
    const free = missing.filter((partition) => !this.#isTaken(partition))
    member.previousEpoch = member.epoch
    if (unwanted.size > 0 && owns(unwanted)) {
      Object.assign(member, { state: 'unrevoked', assigned: kept, toBeRevoked: unwanted })
      // A member that just joined and still has what its instance id had before.
      if (member.epoch <= 0) member.epoch = this.#epoch
      return
    }
    const state = free.length < missing.length ? 'unreleased' : 'stable'
    Object.assign(member, { state, assigned: new Set([...kept, ...free]), toBeRevoked: new Set() })
    member.epoch = this.#epoch
  }

  #isTaken(partition: string): boolean {
    return [...this.members.values()].some(
      ({ assigned, toBeRevoked }) => assigned.has(partition) || toBeRevoked.has(partition),
    )
  }
}

export function namesOf(partitions: readonly TopicIdPartitions[]): string[] {
  return partitions.flatMap(({ topicId, partitions }) =>
    partitions.map((partition) => `${topicId} ${partition}`),
  )
}

function asAssignment(names: Partitions): TopicIdPartitions[] {
  return [...names].map((name) => {
    const [topicId, partition] = name.split(' ')
    return { topicId: topicId!, partitions: [Number(partition)] }
  })
}

function areSame(a: Partitions, b: Partitions): boolean {
  return a.size === b.size && [...a].every((partition) => b.has(partition))
}

function topicOf(topicId: string): string {
  return topicId.slice(0, topicId.indexOf('#'))
}

function refused(name: BrokerErrorName): HeartbeatAnswer {
  return { errorCode: errorByName(name).code, epoch: 0, assignment: undefined }
}
