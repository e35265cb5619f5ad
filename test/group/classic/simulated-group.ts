// Members' machines and a model coordinator, in a world where anything may happen in any order: the test says what
// happens next. Watches that no partition has two owners in a generation, and that nothing is written behind a join.
import type { TopicPartition } from '../../../src/group/assignors/assignor.ts'
import { range } from '../../../src/group/assignors/range.ts'
import { step } from '../../../src/group/classic/membership.ts'
import { initialMembership, wakeAt } from '../../../src/group/classic/state.ts'
import type {
  Identity,
  MembershipAction,
  MembershipEvent,
  MembershipSettings,
  MembershipState,
} from '../../../src/group/classic/types.ts'
import { type BrokerErrorName, errorByName } from '../../../src/protocol/error-codes.ts'
import { member as groupMember } from '../../support/groups.ts'
import { ModelCoordinator } from './model-coordinator.ts'

const SETTINGS: MembershipSettings = {
  groupId: 'g',
  groupInstanceId: null,
  protocol: 'eager',
  sessionTimeoutMs: 45_000,
  maxPollIntervalMs: 300_000,
  heartbeatIntervalMs: 3_000,
  retryBackoffMs: 100,
  retryBackoffMaxMs: 1_000,
}
const FEWEST_MEMBERS = 2
const MOST_MEMBERS = 5
const MOST_PARTITIONS = 6

type Request = Extract<
  MembershipAction,
  { type: 'send join' | 'send sync' | 'send heartbeat' | 'send leave' }
>

/** A request on its way, at the broker (parked there, perhaps), or answered and on its way back. */
interface Sent {
  readonly request: Request
  isAtBroker: boolean
  answer: MembershipEvent | undefined
}

/** What may happen next. `fault`: what a fair world does not do. */
interface Possibility {
  readonly what: string
  readonly isFault: boolean
  readonly happen: () => void
}

const REFUSALS: readonly BrokerErrorName[] = [
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'REBALANCE_IN_PROGRESS',
]
const ASKED_OF_COMMITS: readonly BrokerErrorName[] = [
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'REBALANCE_IN_PROGRESS',
]

class Process {
  readonly name: string
  state: MembershipState
  /** In order, as one connection has them. */
  lane: Sent[] = []
  /** Goodbyes go over another connection. */
  goodbyes: Sent[] = []
  /** Given up by us, but the broker had them: their answers come late, or never. */
  late: Sent[] = []
  /** Handlers and the leader's work that have not ended. */
  work: { readonly what: string; readonly token: number; readonly end: () => MembershipEvent }[] = []
  held: { generation: number; partitions: readonly TopicPartition[] } | undefined
  /** The newest assignment that the application has not taken yet. */
  taking: number | undefined
  /** Who it was before it became who it is. */
  formerIdentity: Identity | undefined
  /** As leader: how many partitions it assigned. */
  watched: ReadonlyMap<string, number> | undefined

  constructor(name: string, topics: readonly string[], now: number) {
    this.name = name
    this.state = initialMembership(topics, now)
  }

  get isOver(): boolean {
    return this.state.phase.name === 'left' || this.state.phase.name === 'failed'
  }
}

export class SimulatedGroup {
  readonly coordinator = new ModelCoordinator()
  readonly story: string[] = []
  now = 0
  readonly #counts = new Map([
    ['orders', 3],
    ['payments', 2],
  ])
  #processes: Process[] = []
  readonly #owners = new Map<string, string>()
  readonly #tokens = new Set<string>()
  #born = 0

  /** Everything that may happen now. */
  possibilities(): Possibility[] {
    const all: Possibility[] = []
    const may = (what: string, happen: () => void) => all.push({ what, isFault: false, happen })
    const mayFail = (what: string, happen: () => void) => all.push({ what, isFault: true, happen })
    for (const process of this.#processes) this.#possibilitiesOf(process, may, mayFail)
    const { coordinator } = this
    if (coordinator.everyoneHasJoined) may('the join ends', () => coordinator.completeJoin())
    else if (coordinator.phase === 'joining') {
      mayFail('the rebalance timeout passes', () => coordinator.completeJoin())
    }
    for (const id of coordinator.members.keys()) {
      mayFail(`the session of ${id} ends`, () => coordinator.remove(id))
    }
    if (this.#live.length < MOST_MEMBERS) mayFail('one starts', () => this.start())
    if (this.#counts.get('payments')! < MOST_PARTITIONS)
      mayFail('a partition is added', () => this.#addPartition())
    mayFail('a second passes', () => this.#pass(1_000))
    mayFail('a session timeout passes', () => this.#pass(SETTINGS.sessionTimeoutMs))
    mayFail('maxPollIntervalMs passes', () => this.#pass(SETTINGS.maxPollIntervalMs))
    const wake = this.#nextWake()
    if (wake < Number.POSITIVE_INFINITY) may('someone wakes', () => this.#pass(Math.max(0, wake - this.now)))
    return all
  }

  start(): void {
    const topics = this.#born % 3 === 2 ? ['payments'] : ['orders', 'payments']
    const process = new Process(`p${this.#born++}`, topics, this.now)
    this.#processes.push(process)
    this.#tell(process, { type: 'start' })
  }

  happens({ what, happen }: Possibility): void {
    this.story.push(what)
    happen()
  }

  /** Without faults from here on: until every member is stable. Throws when that does not come to be. */
  settle(): void {
    const { coordinator } = this
    for (let round = 0; round < 500; round++) {
      // Whoever has ended without a word is found out by the end of its session.
      const known = new Set(this.#processes.map(({ state }) => state.identity.memberId))
      for (const id of [...coordinator.members.keys()]) {
        if (known.has(id)) continue
        this.story.push(`the session of ${id} ends`)
        coordinator.remove(id)
      }
      for (const process of this.#processes) this.#tell(process, { type: 'progress' })
      if (this.#isSettled()) return
      const fair = this.possibilities().filter(({ isFault }) => !isFault)
      const first = fair.find(({ what }) => what !== 'someone wakes') ?? fair[0]
      if (first === undefined) break
      this.happens(first)
    }
    const phases = this.#processes.map(({ name, state }) => `${name}: ${JSON.stringify(state.phase)}`)
    throw new Error(`The group does not settle. ${phases.join(', ')}; coordinator ${coordinator.phase}`)
  }

  /** By member that lives: what it holds, as `topic partition`. */
  holdings(): Map<string, string[]> {
    return new Map(this.#live.map(({ name, held }) => [name, (held?.partitions ?? []).map(nameOf)]))
  }

  /** What has to be held, given who lives and subscribes to what. */
  wanted(): string[] {
    const topics = new Set(this.#live.flatMap(({ state }) => state.topics))
    return [...topics].flatMap((topic) =>
      Array.from({ length: this.#counts.get(topic)! }, (_, partition) => nameOf({ topic, partition })),
    )
  }

  get #live(): readonly Process[] {
    return this.#processes.filter((process) => !process.isOver)
  }

  #isSettled(): boolean {
    const { coordinator } = this
    const live = this.#live
    const areStable = live.every(
      ({ state, lane, work, watched }) =>
        state.phase.name === 'stable' &&
        state.identity.generation === coordinator.generation &&
        !state.suspended &&
        lane.length === 0 &&
        work.length === 0 &&
        !this.#isOutdated(watched),
    )
    if (!areStable || this.#processes.some(({ goodbyes }) => goodbyes.length > 0)) return false
    return live.length === 0 ? coordinator.members.size === 0 : coordinator.phase === 'stable'
  }

  #possibilitiesOf(
    process: Process,
    may: (what: string, happen: () => void) => void,
    mayFail: (what: string, happen: () => void) => void,
  ): void {
    const { name, lane, work, goodbyes } = process
    const next = lane.find(({ answer }) => answer === undefined)
    if (next !== undefined && !next.isAtBroker) {
      may(`${name}'s ${next.request.type} arrives`, () => this.#arrive(next))
      for (const refusal of REFUSALS) {
        mayFail(`${name}'s ${next.request.type} is refused: ${refusal}`, () => {
          next.answer = answerOf(next.request, errorByName(refusal).code)
        })
      }
    }
    const first = lane[0]
    if (first?.answer !== undefined) {
      may(`${name} gets the answer to its ${first.request.type}`, () => {
        lane.shift()
        this.#tell(process, first.answer!)
      })
    }
    if (lane.length > 0) mayFail(`${name}'s connection ends`, () => this.#cut(process))
    for (const sent of process.late) {
      if (sent.answer === undefined) continue
      mayFail(`${name} gets a late answer to its ${sent.request.type}`, () => {
        process.late.splice(process.late.indexOf(sent), 1)
        this.#tell(process, sent.answer!)
      })
    }
    for (const goodbye of goodbyes) {
      may(`${name}'s goodbye arrives`, () => {
        goodbyes.splice(goodbyes.indexOf(goodbye), 1)
        if (goodbye.request.type === 'send leave') this.coordinator.remove(goodbye.request.memberId)
        this.#tell(process, { type: 'left', token: goodbye.request.token, errorCode: 0 })
      })
      mayFail(`${name}'s goodbye is lost`, () => {
        goodbyes.splice(goodbyes.indexOf(goodbye), 1)
        this.#tell(process, failed(goodbye.request.token))
      })
    }
    for (const piece of work) {
      may(`${name} ${piece.what}`, () => {
        work.splice(work.indexOf(piece), 1)
        this.#tell(process, piece.end())
      })
      if (piece.what === 'assigns') {
        mayFail(`${name} fails to assign`, () => {
          work.splice(work.indexOf(piece), 1)
          this.#tell(process, failed(piece.token))
        })
      }
    }
    if (process.isOver) return
    if (this.#isOutdated(process.watched)) {
      may(`${name} sees another partition`, () => {
        process.watched = new Map(this.#counts)
        this.#tell(process, { type: 'metadata changed', reason: 'a partition was added' })
      })
    }
    mayFail(`${name} subscribes to other topics`, () => {
      const topics = process.state.topics.length === 1 ? ['orders', 'payments'] : ['orders']
      this.#tell(process, { type: 'subscribe', topics })
    })
    if (this.#live.length > FEWEST_MEMBERS) {
      mayFail(`${name} leaves`, () => {
        process.held = undefined
        this.#tell(process, { type: 'leave', reason: 'it was closed' })
      })
      mayFail(`${name} is killed`, () => {
        this.#processes = this.#processes.filter((each) => each !== process)
      })
    }
    mayFail(`${name} makes progress`, () => this.#tell(process, { type: 'progress' }))
    for (const identity of [process.state.identity, process.formerIdentity]) {
      if (identity === undefined) continue
      const { memberId, generation } = identity
      for (const error of ASKED_OF_COMMITS) {
        const errorCode = errorByName(error).code
        mayFail(`${name}'s commit as ${memberId} in ${generation} is refused: ${error}`, () => {
          this.#tell(process, { type: 'commit refused', errorCode, memberId, generation })
        })
      }
    }
  }

  #isOutdated(watched: ReadonlyMap<string, number> | undefined): boolean {
    return watched !== undefined && [...this.#counts].some(([topic, count]) => watched.get(topic) !== count)
  }

  #addPartition(): void {
    for (const [topic, count] of this.#counts) this.#counts.set(topic, Math.min(count + 1, MOST_PARTITIONS))
  }

  #nextWake(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.#processes.map(({ state }) => wakeAt(SETTINGS, state)))
  }

  #pass(ms: number): void {
    this.now += ms
    for (const process of [...this.#processes]) {
      for (let ticks = 0; wakeAt(SETTINGS, process.state) <= this.now; ticks++) {
        if (ticks > 10) throw new Error(`${process.name} wakes again and again without sleeping`)
        this.#tell(process, { type: 'tick' })
      }
    }
  }

  #cut(process: Process): void {
    const lost = process.lane
    process.lane = []
    process.late.push(...lost.filter(({ isAtBroker }) => isAtBroker))
    for (const { request } of lost) this.#tell(process, failed(request.token))
  }

  #arrive(sent: Sent): void {
    const { coordinator } = this
    const { request } = sent
    sent.isAtBroker = true
    switch (request.type) {
      case 'send join':
        return coordinator.join(request.memberId, Buffer.from(JSON.stringify(request.topics)), (answer) => {
          sent.answer = { type: 'join answered', token: request.token, ...answer }
        })
      case 'send sync': {
        const { memberId, generation } = request.identity
        return coordinator.sync(memberId, generation, request.assignments, ({ errorCode, assignment }) => {
          const partitions = assignment.length === 0 ? [] : JSON.parse(Buffer.from(assignment).toString())
          sent.answer = { type: 'sync answered', token: request.token, errorCode, partitions }
        })
      }
      case 'send heartbeat': {
        const { memberId, generation } = request.identity
        sent.answer = answerOf(request, coordinator.heartbeat(memberId, generation))
        return
      }
      case 'send leave':
        throw new Error('a goodbye does not go over the lane')
    }
  }

  #tell(process: Process, event: MembershipEvent): void {
    const { identity } = process.state
    const { state, actions } = step(SETTINGS, process.state, event, this.now)
    process.state = state
    if (state.identity !== identity) process.formerIdentity = identity
    for (const action of actions) this.#perform(process, action)
    if (state.phase.name === 'stable' && process.taking !== undefined) {
      throw new Error(`${process.name} is stable before the application has taken the assignment`)
    }
  }

  #perform(process: Process, action: MembershipAction): void {
    if ('token' in action) {
      const token = `${process.name} ${action.token}`
      if (this.#tokens.has(token)) throw new Error(`the token ${token} is used twice`)
      this.#tokens.add(token)
    }
    const { work, name } = process
    switch (action.type) {
      case 'send join':
        process.watched = undefined
        if (process.held !== undefined && process.held.partitions.length > 0) {
          throw new Error(`G5: ${name} joins before it has given up what it owns`)
        }
        return this.#write(process, action)
      case 'send sync':
      case 'send heartbeat':
        return this.#write(process, action)
      case 'send leave':
        process.goodbyes.push({ request: action, isAtBroker: false, answer: undefined })
        return
      case 'drop connection':
        return this.#cut(process)
      case 'assign':
        work.push({ what: 'assigns', token: action.token, end: () => this.#assign(process, action) })
        return
      case 'revoke':
      case 'lose': {
        const held = (process.held?.partitions ?? []).map(nameOf)
        const named = action.partitions.map(nameOf)
        if (held.join() !== named.join())
          throw new Error(`${name} holds ${held}, and is to ${action.type} ${named}`)
        const { token, type } = action
        const { held: given } = process
        work.push({
          what: `has ended its ${type}`,
          token,
          end: () => {
            if (process.held === given) process.held = undefined
            return { type: 'released', token }
          },
        })
        if (type === 'lose') process.taking = undefined
        return
      }
      case 'take': {
        const { generation } = process.state.identity
        if (process.held !== undefined && process.held.partitions.length > 0) {
          throw new Error(`${name} takes partitions before it has given up those it had`)
        }
        for (const partition of action.all) {
          const key = `${generation}: ${nameOf(partition)}`
          const owner = this.#owners.get(key) ?? name
          if (owner !== name) throw new Error(`${owner} and ${name} both own ${key}`)
          this.#owners.set(key, name)
        }
        for (const { topic } of action.all) {
          if (!process.state.topics.includes(topic))
            throw new Error(`G10: ${name} takes ${topic}, which it has left`)
        }
        const { token } = action
        process.held = { generation, partitions: action.all }
        process.taking = token
        work.push({
          what: 'has taken',
          token,
          end: () => {
            if (process.taking === token) process.taking = undefined
            return { type: 'taken', token }
          },
        })
        return
      }
      case 'fail':
        throw action.error
      case 'suspend':
      case 'forget coordinator':
      case 'tell':
        return
    }
  }

  #assign(process: Process, action: Extract<MembershipAction, { type: 'assign' }>): MembershipEvent {
    process.watched = new Map(this.#counts)
    const members = action.members.map(({ memberId, metadata }) =>
      groupMember(memberId, JSON.parse(metadata.toString())),
    )
    const assignment = range.assign({ members, partitionCounts: this.#counts })
    const assignments = [...assignment].map(([memberId, partitions]) => {
      return { memberId, assignment: Buffer.from(JSON.stringify(partitions)) }
    })
    return { type: 'assigned', token: action.token, assignments }
  }

  #write(process: Process, request: Request): void {
    if (process.lane.some((sent) => sent.request.type === 'send join')) {
      throw new Error(`G2: ${process.name} writes ${request.type} behind a join`)
    }
    process.lane.push({ request, isAtBroker: false, answer: undefined })
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic} ${partition}`
}

function failed(token: number): MembershipEvent {
  return { type: 'attempt failed', token, error: new Error('the connection ended') }
}

function answerOf(request: Request, errorCode: number): MembershipEvent {
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
