// One member's machine in a simulated world: what it has sent, what its application holds, and the rules that it must
// never break.
import type { Assignor, RebalanceProtocol, TopicPartition } from '../../../src/group/assignors/assignor.ts'
import { step } from '../../../src/group/classic/membership.ts'
import { initialMembership, wakeAt } from '../../../src/group/classic/state.ts'
import type {
  Identity,
  MembershipAction,
  MembershipEvent,
  MembershipSettings,
  MembershipState,
} from '../../../src/group/classic/types.ts'
import { errorByName } from '../../../src/protocol/error-codes.ts'
import { member as groupMember } from '../../support/groups.ts'

export type Request = Extract<
  MembershipAction,
  { type: 'send join' | 'send sync' | 'send heartbeat' | 'send leave' }
>

/** A request on its way, at the broker (parked there, perhaps), or answered and on its way back. */
export interface Sent {
  readonly request: Request
  isAtBroker: boolean
  answer: MembershipEvent | undefined
}

/** A handler, or the leader's work, that has not ended. */
export interface Work {
  readonly what: string
  readonly token: number
  readonly end: () => MembershipEvent
}

export interface World {
  readonly now: number
  readonly partitionCounts: ReadonlyMap<string, number>
  /** Invariant 7: by generation and partition, who had it. */
  readonly owners: Map<string, string>
}

export interface ProcessOptions {
  readonly topics: readonly string[]
  readonly assignors: readonly Assignor[]
  readonly groupInstanceId: string | null
}

export const TIMING = {
  sessionTimeoutMs: 45_000,
  maxPollIntervalMs: 300_000,
  heartbeatIntervalMs: 3_000,
  retryBackoffMs: 100,
  retryBackoffMaxMs: 1_000,
}

/** Errors that may end a member: another has its instance id, or its own assignor is broken. */
const EXPECTED: ReadonlySet<string> = new Set(['FENCED', 'INVALID_ASSIGNMENT'])

export class SimulatedProcess {
  readonly name: string
  readonly settings: MembershipSettings
  readonly assignors: readonly Assignor[]
  state: MembershipState
  /** In order, as one connection has them. */
  lane: Sent[] = []
  /** Goodbyes go over another connection. */
  goodbyes: Sent[] = []
  /** Given up by us, but the broker had them: their answers come late, or never. */
  late: Sent[] = []
  work: Work[] = []
  /** What the application has, from when it is told to take it until it has given it up. */
  held: readonly TopicPartition[] = []
  /** Who it was before it became who it is. */
  formerIdentity: Identity | undefined
  /** As leader: how many partitions it assigned. */
  watched: ReadonlyMap<string, number> | undefined
  /** A static one that has joined without an id may have been given the place that it had. */
  mayBeBack = false
  /** The newest assignment that the application has not taken yet. */
  #taking: number | undefined
  readonly #world: World
  readonly #tokens = new Set<number>()

  constructor(name: string, { topics, assignors, groupInstanceId }: ProcessOptions, world: World) {
    const protocol: RebalanceProtocol = assignors.every((each) => each.protocol === 'cooperative')
      ? 'cooperative'
      : 'eager'
    this.name = name
    this.assignors = assignors
    this.settings = { groupId: 'g', groupInstanceId, protocol, ...TIMING }
    this.#world = world
    this.state = initialMembership(topics, world.now)
  }

  get isOver(): boolean {
    return this.state.phase.name === 'left' || this.state.phase.name === 'failed'
  }

  get wakesAt(): number {
    return wakeAt(this.settings, this.state)
  }

  /** Two processes that claim one instance id are one member. */
  get owner(): string {
    return this.settings.groupInstanceId ?? this.name
  }

  tell(event: MembershipEvent): void {
    const { identity } = this.state
    const { state, actions } = step(this.settings, this.state, event, this.#world.now)
    this.state = state
    if (state.identity !== identity) this.formerIdentity = identity
    for (const action of actions) this.#perform(action)
    if (state.phase.name === 'stable' && this.#taking !== undefined) {
      throw new Error(`${this.name} is stable before the application has taken the assignment`)
    }
  }

  /** The connection ends: what was sent has no answer. */
  cut(): void {
    const lost = this.lane
    this.lane = []
    this.late.push(...lost.filter(({ isAtBroker }) => isAtBroker))
    for (const { request } of lost) this.tell(failed(request.token))
  }

  #perform(action: MembershipAction): void {
    if ('token' in action) {
      if (this.#tokens.has(action.token)) throw new Error(`${this.name} uses the token ${action.token} twice`)
      this.#tokens.add(action.token)
    }
    switch (action.type) {
      case 'send join':
        this.watched = undefined
        if (action.memberId === '') this.mayBeBack = this.settings.groupInstanceId !== null
        this.#checkClaims(action)
        return this.#write(action)
      case 'send sync':
        this.#own(this.held)
        return this.#write(action)
      case 'send heartbeat':
        return this.#write(action)
      case 'send leave':
        this.goodbyes.push({ request: action, isAtBroker: false, answer: undefined })
        return
      case 'drop connection':
        return this.cut()
      case 'assign':
        this.#own(this.held)
        this.#begin('assigns', action.token, () => this.#assign(action))
        return
      case 'revoke':
      case 'lose':
        return this.#giveUp(action)
      case 'take':
        return this.#take(action)
      case 'fail':
        if (!EXPECTED.has(action.error.code)) throw action.error
        this.held = []
        return
      case 'suspend':
      case 'forget coordinator':
      case 'tell':
        return
    }
  }

  #begin(what: string, token: number, end: () => MembershipEvent): void {
    this.work.push({ what, token, end })
  }

  #write(request: Request): void {
    if (this.lane.some((sent) => sent.request.type === 'send join')) {
      throw new Error(`G2: ${this.name} writes ${request.type} behind a join`)
    }
    this.lane.push({ request, isAtBroker: false, answer: undefined })
  }

  #checkClaims({ owned, generation, topics }: Extract<MembershipAction, { type: 'send join' }>): void {
    const { name, held, settings, state } = this
    if (settings.protocol === 'eager' && held.length > 0) {
      throw new Error(`G5: ${name} joins before it has given up what it owns`)
    }
    if (namesOf(owned) !== namesOf(held)) {
      throw new Error(`${name} holds ${namesOf(held)}, and says that it owns ${namesOf(owned)}`)
    }
    if (generation !== state.identity.generation || (owned.length > 0 && generation < 0)) {
      throw new Error(`${name} says that it owns ${namesOf(owned)} in generation ${generation}`)
    }
    if (owned.some(({ topic }) => !topics.includes(topic))) {
      throw new Error(`G5: ${name} goes on owning ${namesOf(owned)}, and subscribes to ${topics}`)
    }
  }

  #giveUp({ partitions, token, type }: Extract<MembershipAction, { type: 'revoke' | 'lose' }>): void {
    const { name, held } = this
    const given = new Set(partitions.map(nameOf))
    const isHeld = partitions.every((each) => held.some((one) => nameOf(one) === nameOf(each)))
    if (!isHeld || (type === 'lose' && given.size !== held.length)) {
      throw new Error(`${name} holds ${namesOf(held)}, and is to ${type} ${namesOf(partitions)}`)
    }
    if (type === 'lose') this.#taking = undefined
    this.#begin(`has ended its ${type}`, token, () => {
      this.held = this.held.filter((each) => !given.has(nameOf(each)))
      return { type: 'released', token }
    })
  }

  #take({ all, added, token }: Extract<MembershipAction, { type: 'take' }>): void {
    const { name, held, state } = this
    const names = new Set(all.map(nameOf))
    if (held.some((each) => !names.has(nameOf(each)))) {
      throw new Error(`${name} takes ${namesOf(all)} before it has given up all of ${namesOf(held)}`)
    }
    const news = all.filter((each) => !held.some((one) => nameOf(one) === nameOf(each)))
    if (namesOf(news) !== namesOf(added)) {
      throw new Error(`${name} is told of ${namesOf(added)} where ${namesOf(news)} is new`)
    }
    for (const { topic } of all) {
      if (!state.topics.includes(topic)) throw new Error(`G10: ${name} takes ${topic}, which it has left`)
    }
    this.#own(all)
    this.held = all
    this.#taking = token
    this.#begin('has taken', token, () => {
      if (this.#taking === token) this.#taking = undefined
      return { type: 'taken', token }
    })
  }

  /** What it has in a generation, nobody else may have in that generation. */
  #own(partitions: readonly TopicPartition[]): void {
    const { owners } = this.#world
    for (const partition of partitions) {
      const key = `${this.state.identity.generation}: ${nameOf(partition)}`
      const owner = owners.get(key) ?? this.owner
      if (owner !== this.owner) throw new Error(`${owner} and ${this.name} both own ${key}`)
      owners.set(key, owner)
    }
  }

  #assign(action: Extract<MembershipAction, { type: 'assign' }>): MembershipEvent {
    const { partitionCounts } = this.#world
    const { token } = action
    this.watched = new Map(partitionCounts)
    if (action.skipAssignment) return { type: 'assigned', token, assignments: [] }
    const members = action.members.map(({ memberId, groupInstanceId, metadata }) => {
      const { topics, ...claims } = JSON.parse(metadata.toString())
      return groupMember(memberId, topics, { groupInstanceId, ...claims })
    })
    const assignor = this.assignors.find(({ name }) => name === action.assignor)
    if (assignor === undefined) throw new Error(`${this.name} never offered ${action.assignor}`)
    const assignment = assignor.assign({ members, partitionCounts })
    const assignments = [...assignment].map(([memberId, partitions]) => {
      return { memberId, assignment: Buffer.from(JSON.stringify(partitions)) }
    })
    return { type: 'assigned', token, assignments }
  }
}

export function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic} ${partition}`
}

export function failed(token: number): MembershipEvent {
  return { type: 'attempt failed', token, error: new Error('the connection ended') }
}

/** The answer with this error, or a heartbeat's or goodbye's without one. */
export function answerOf(request: Request, errorCode = errorByName('NONE').code): MembershipEvent {
  const { token } = request
  switch (request.type) {
    case 'send join': {
      const none = { generation: -1, leader: '', assignor: '', members: [], skipAssignment: false }
      return { type: 'join answered', token, errorCode, memberId: request.memberId, ...none }
    }
    case 'send sync':
      return { type: 'sync answered', token, errorCode, partitions: [] }
    case 'send heartbeat':
      return { type: 'heartbeat answered', token, errorCode }
    case 'send leave':
      return { type: 'left', token, errorCode }
  }
}

function namesOf(partitions: readonly TopicPartition[]): string {
  return partitions.map(nameOf).sort().join(', ')
}
