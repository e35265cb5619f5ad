// Members' machines and a model coordinator, in a world where anything may happen in any order: the test says what
// happens next. Watches that no partition has two owners in a generation, and that nothing is written behind a join.
import { AssignmentError } from '../../../src/errors.ts'
import type { Assignor } from '../../../src/group/assignors/assignor.ts'
import { type BrokerErrorName, errorByName } from '../../../src/protocol/error-codes.ts'
import { ModelCoordinator } from './model-coordinator.ts'
import {
  answerOf,
  failed,
  nameOf,
  type Sent,
  SimulatedProcess,
  TIMING,
  type World,
} from './simulated-process.ts'

const FEWEST_MEMBERS = 2
const MOST_MEMBERS = 5
const MOST_PARTITIONS = 6

export interface GroupOptions {
  /** What each member lists, by the number of its birth. */
  readonly assignorsOf: (born: number) => readonly Assignor[]
  /** Which of them are static. */
  readonly isStatic: (born: number) => boolean
}

/** What may happen next. `fault`: what a fair world does not do. */
interface Possibility {
  readonly what: string
  readonly isFault: boolean
  readonly happen: () => void
}

type May = (what: string, happen: () => void) => void

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

export class SimulatedGroup implements World {
  readonly coordinator = new ModelCoordinator()
  readonly story: string[] = []
  readonly owners = new Map<string, string>()
  now = 0
  readonly partitionCounts = new Map([
    ['orders', 3],
    ['payments', 2],
  ])
  readonly #options: GroupOptions
  #processes: SimulatedProcess[] = []
  #born = 0

  constructor(options: GroupOptions) {
    this.#options = options
  }

  /** Everything that may happen now. */
  possibilities(): Possibility[] {
    const all: Possibility[] = []
    const may: May = (what, happen) => all.push({ what, isFault: false, happen })
    const mayFail: May = (what, happen) => all.push({ what, isFault: true, happen })
    for (const process of this.#processes) this.#requestsOf(process, may, mayFail)
    for (const process of this.#processes) this.#workOf(process, may, mayFail)
    for (const process of this.#live) this.#lifeOf(process, may, mayFail)
    const { coordinator } = this
    if (coordinator.everyoneHasJoined) may('the join ends', () => coordinator.completeJoin())
    else if (coordinator.phase === 'joining') {
      mayFail('the rebalance timeout passes', () => coordinator.completeJoin())
    }
    for (const id of coordinator.members.keys()) {
      mayFail(`the session of ${id} ends`, () => coordinator.remove(id))
    }
    if (this.#live.length < MOST_MEMBERS) mayFail('one starts', () => this.start())
    if (this.partitionCounts.get('payments')! < MOST_PARTITIONS)
      mayFail('a partition is added', () => this.#addPartition())
    mayFail('a second passes', () => this.#pass(1_000))
    mayFail('a session timeout passes', () => this.#pass(TIMING.sessionTimeoutMs))
    mayFail('maxPollIntervalMs passes', () => this.#pass(TIMING.maxPollIntervalMs))
    const wake = Math.min(Number.POSITIVE_INFINITY, ...this.#processes.map(({ wakesAt }) => wakesAt))
    if (wake < Number.POSITIVE_INFINITY) may('someone wakes', () => this.#pass(Math.max(0, wake - this.now)))
    return all
  }

  /** `like`: a process whose instance id it claims. */
  start(like?: SimulatedProcess): void {
    const born = this.#born++
    const topics = born % 3 === 2 ? ['payments'] : ['orders', 'payments']
    const instanceId = like?.settings.groupInstanceId
    const groupInstanceId = instanceId ?? (this.#options.isStatic(born) ? `i${born}` : null)
    const options = { topics, assignors: this.#options.assignorsOf(born), groupInstanceId }
    const process = new SimulatedProcess(`p${born}`, options, this)
    this.#processes.push(process)
    process.tell({ type: 'start' })
  }

  happens({ what, happen }: Possibility): void {
    this.story.push(what)
    happen()
  }

  /** Without faults from here on: until every member is stable. Throws when that does not come to be. */
  settle(): void {
    const { coordinator } = this
    for (let round = 0; round < 2_000; round++) {
      // Whoever has ended without a word is found out by the end of its session.
      const known = new Set(this.#live.flatMap(({ owner, state }) => [owner, state.identity.memberId]))
      for (const [id, { groupInstanceId }] of [...coordinator.members]) {
        if (known.has(id) || known.has(groupInstanceId ?? '-')) continue
        this.story.push(`the session of ${id} ends`)
        coordinator.remove(id)
      }
      for (const process of this.#processes) process.tell({ type: 'progress' })
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
    return new Map(this.#live.map(({ name, held }) => [name, held.map(nameOf)]))
  }

  /** What has to be held, given who lives and subscribes to what. */
  wanted(): string[] {
    const topics = new Set(this.#live.flatMap(({ state }) => state.topics))
    return [...topics].flatMap((topic) =>
      Array.from({ length: this.partitionCounts.get(topic)! }, (_, partition) =>
        nameOf({ topic, partition }),
      ),
    )
  }

  /** As the coordinator describes the group, where it is stable. */
  #isSomethingNobodys(): boolean {
    const { coordinator } = this
    if (coordinator.phase !== 'stable') return false
    const members = [...coordinator.members.values()]
    const topics = new Set(
      members.flatMap(({ protocols }) => JSON.parse(String(protocols[0]!.metadata)).topics),
    )
    const assigned = members.map(({ assignment }) => Buffer.from(assignment).toString() || '[]')
    const owned = new Set(assigned.flatMap((text) => JSON.parse(text)).map(nameOf))
    return [...this.partitionCounts].some(([topic, count]) => {
      if (!topics.has(topic)) return false
      return Array.from({ length: count }).some((_, partition) => !owned.has(nameOf({ topic, partition })))
    })
  }

  get #live(): readonly SimulatedProcess[] {
    return this.#processes.filter((process) => !process.isOver)
  }

  #isSettled(): boolean {
    const { coordinator } = this
    const live = this.#live
    const areStable = live.every(
      ({ state, lane, work, watched, mayBeBack }) =>
        state.phase.name === 'stable' &&
        !mayBeBack &&
        coordinator.members.has(state.identity.memberId) &&
        state.identity.generation === coordinator.generation &&
        !state.suspended &&
        lane.length === 0 &&
        work.length === 0 &&
        !this.#isOutdated(watched),
    )
    if (!areStable || this.#processes.some(({ goodbyes }) => goodbyes.length > 0)) return false
    return live.length === 0 ? coordinator.members.size === 0 : coordinator.phase === 'stable'
  }

  #requestsOf(process: SimulatedProcess, may: May, mayFail: May): void {
    const { name, lane, goodbyes } = process
    const next = lane.find(({ answer }) => answer === undefined)
    if (next !== undefined && !next.isAtBroker) {
      may(`${name}'s ${next.request.type} arrives`, () => this.#arrive(process, next))
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
        process.tell(first.answer!)
      })
    }
    if (lane.length > 0) mayFail(`${name}'s connection ends`, () => process.cut())
    for (const sent of process.late) {
      if (sent.answer === undefined) continue
      mayFail(`${name} gets a late answer to its ${sent.request.type}`, () => {
        process.late.splice(process.late.indexOf(sent), 1)
        process.tell(sent.answer!)
      })
    }
    for (const goodbye of goodbyes) {
      may(`${name}'s goodbye arrives`, () => {
        goodbyes.splice(goodbyes.indexOf(goodbye), 1)
        if (goodbye.request.type === 'send leave') this.coordinator.remove(goodbye.request.memberId)
        process.tell(answerOf(goodbye.request))
      })
      mayFail(`${name}'s goodbye is lost`, () => {
        goodbyes.splice(goodbyes.indexOf(goodbye), 1)
        process.tell(failed(goodbye.request.token))
      })
    }
  }

  #workOf(process: SimulatedProcess, may: May, mayFail: May): void {
    const { name, work } = process
    for (const piece of work) {
      may(`${name} ${piece.what}`, () => {
        work.splice(work.indexOf(piece), 1)
        process.tell(piece.end())
      })
      if (piece.what !== 'assigns') continue
      mayFail(`${name} fails to assign`, () => {
        work.splice(work.indexOf(piece), 1)
        process.tell(failed(piece.token))
      })
      if (this.#live.length <= FEWEST_MEMBERS) continue
      mayFail(`${name} can never assign`, () => {
        work.splice(work.indexOf(piece), 1)
        const error = new AssignmentError('mine', undefined, 'broken', { fatal: true })
        process.tell({ type: 'attempt failed', token: piece.token, error })
      })
    }
  }

  /** What befalls a process from outside. */
  #lifeOf(process: SimulatedProcess, may: May, mayFail: May): void {
    const { name, settings } = process
    if (this.#isOutdated(process.watched)) {
      may(`${name} sees another partition`, () => {
        process.watched = new Map(this.partitionCounts)
        process.tell({ type: 'metadata changed', reason: 'a partition was added' })
      })
    }
    mayFail(`${name} subscribes to other topics`, () => {
      const topics = process.state.topics.length === 1 ? ['orders', 'payments'] : ['orders']
      process.tell({ type: 'subscribe', topics })
    })
    if (process.mayBeBack && process.state.phase.name === 'stable') {
      may(`${name} looks around`, () => {
        process.mayBeBack = false
        if (this.#isSomethingNobodys())
          process.tell({ type: 'metadata changed', reason: 'something is nobody’s' })
      })
    }
    if (this.#live.length > FEWEST_MEMBERS) {
      for (const leaveGroup of [true, false]) {
        mayFail(`${name} ends, and leaves ${leaveGroup ? 'the group' : 'nothing'}`, () => {
          process.held = []
          process.tell({ type: 'leave', reason: 'it was closed', leaveGroup })
        })
      }
      mayFail(`${name} is killed`, () => this.#kill(process))
    }
    const { groupInstanceId } = settings
    if (groupInstanceId !== null) {
      mayFail(`${name} is killed and started again`, () => {
        this.#kill(process)
        this.start(process)
      })
      if (this.#live.length < MOST_MEMBERS) {
        mayFail(`another starts with the instance id of ${name}`, () => this.start(process))
      }
    }
    mayFail(`${name} makes progress`, () => process.tell({ type: 'progress' }))
    for (const identity of [process.state.identity, process.formerIdentity]) {
      if (identity === undefined) continue
      const { memberId, generation } = identity
      for (const error of ASKED_OF_COMMITS) {
        const errorCode = errorByName(error).code
        mayFail(`${name}'s commit as ${memberId} in ${generation} is refused: ${error}`, () => {
          process.tell({ type: 'commit refused', errorCode, memberId, generation })
        })
      }
    }
  }

  #kill(process: SimulatedProcess): void {
    this.#processes = this.#processes.filter((each) => each !== process)
  }

  #isOutdated(watched: ReadonlyMap<string, number> | undefined): boolean {
    return (
      watched !== undefined &&
      [...this.partitionCounts].some(([topic, count]) => watched.get(topic) !== count)
    )
  }

  #addPartition(): void {
    for (const [topic, count] of this.partitionCounts) {
      this.partitionCounts.set(topic, Math.min(count + 1, MOST_PARTITIONS))
    }
  }

  #pass(ms: number): void {
    this.now += ms
    for (const process of [...this.#processes]) {
      for (let ticks = 0; process.wakesAt <= this.now; ticks++) {
        if (ticks > 10) throw new Error(`${process.name} wakes again and again without sleeping`)
        process.tell({ type: 'tick' })
      }
    }
  }

  #arrive({ assignors, settings }: SimulatedProcess, sent: Sent): void {
    const { coordinator } = this
    const { request } = sent
    const { groupInstanceId } = settings
    sent.isAtBroker = true
    switch (request.type) {
      case 'send join': {
        const { memberId, topics, owned, generation } = request
        const metadata = Buffer.from(JSON.stringify({ topics, ownedPartitions: owned, generation }))
        const protocols = assignors.map(({ name }) => ({ name, metadata }))
        return coordinator.join({ memberId, groupInstanceId, protocols }, (answer) => {
          sent.answer = { type: 'join answered', token: request.token, ...answer }
        })
      }
      case 'send sync': {
        const { memberId, generation } = request.identity
        return coordinator.sync(
          ...([memberId, generation, request.assignments] as const),
          ({ errorCode, assignment }) => {
            const partitions = assignment.length === 0 ? [] : JSON.parse(Buffer.from(assignment).toString())
            sent.answer = { type: 'sync answered', token: request.token, errorCode, partitions }
          },
          groupInstanceId,
        )
      }
      case 'send heartbeat': {
        const { memberId, generation } = request.identity
        sent.answer = answerOf(request, coordinator.heartbeat(memberId, generation, groupInstanceId))
        return
      }
      case 'send leave':
        throw new Error('a goodbye does not go over the lane')
    }
  }
}
