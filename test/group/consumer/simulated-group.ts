// Members' machines and a model coordinator, in a world where anything may happen in any order: the test says what
// happens next. Watches that a partition is with its new owner only when the old one has let go of it and said so.
import type { TopicPartition } from '../../../src/group/assignors/assignor.ts'
import { step } from '../../../src/group/consumer/membership.ts'
import { wakeAt } from '../../../src/group/consumer/state.ts'
import type { MembershipAction, MembershipEvent, MembershipState } from '../../../src/group/consumer/types.ts'
import { type BrokerErrorName, errorByName } from '../../../src/protocol/error-codes.ts'
import { ModelCoordinator, type ModelCoordinatorOptions } from './model-coordinator.ts'
import {
  MAX_POLL_INTERVAL_MS,
  Process,
  type Request,
  SESSION_TIMEOUT_MS,
  type Sent,
} from './simulated-process.ts'
import { idOf } from './story.ts'

const MOST_PROCESSES = 5
const MOST_PARTITIONS = 6
const SUBSCRIPTIONS = [['orders', 'payments'], ['payments'], ['orders']]
const REFUSALS: readonly BrokerErrorName[] = [
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
]
const ASKED_OF_COMMITS: readonly BrokerErrorName[] = [
  'UNKNOWN_MEMBER_ID',
  'STALE_MEMBER_EPOCH',
  'NOT_COORDINATOR',
]

/** What may happen next. `fault`: what a fair world does not do. */
interface Possibility {
  readonly what: string
  readonly isFault: boolean
  readonly happen: () => void
}

type May = (what: string, happen: () => void) => void

export class SimulatedGroup {
  readonly story: string[] = []
  readonly #counts = new Map([
    [idOf('orders'), 3],
    [idOf('payments'), 2],
  ])
  readonly #coordinator: ModelCoordinator
  readonly #fencesKnownJoins: boolean
  readonly #tokens = new Set<string>()
  #processes: Process[] = []
  #now = 0
  #born = 0

  constructor(options: ModelCoordinatorOptions) {
    this.#coordinator = new ModelCoordinator(this.#counts, options)
    this.#fencesKnownJoins = options.fencesKnownJoins
  }

  /** Everything that may happen now. */
  possibilities(): Possibility[] {
    const all: Possibility[] = []
    const may: May = (what, happen) => all.push({ what, isFault: false, happen })
    const mayFail: May = (what, happen) => all.push({ what, isFault: true, happen })
    for (const process of this.#processes) {
      this.#onTheWay(process, may, mayFail)
      this.#byItself(process, may, mayFail)
    }
    const isAbandoned = (id: string) =>
      !this.#live.some(({ name, state }) => name === id && !this.#isGhost(state))
    for (const id of this.#coordinator.members.keys()) {
      const ends: May = isAbandoned(id) ? may : mayFail
      ends(`the session of ${id} ends`, () => this.#coordinator.remove(id))
    }
    if (this.#live.length < MOST_PROCESSES) mayFail('one starts', () => this.start())
    if (this.#counts.get(idOf('payments'))! < MOST_PARTITIONS)
      mayFail('partitions are added', () => this.#addPartitions())
    for (const ms of [1_000, SESSION_TIMEOUT_MS, MAX_POLL_INTERVAL_MS]) {
      mayFail(`${ms} ms pass`, () => this.#pass(ms))
    }
    const wake = Math.min(...this.#processes.map(({ settings, state }) => wakeAt(settings, state)))
    if (wake < Number.POSITIVE_INFINITY) may('someone wakes', () => this.#pass(Math.max(0, wake - this.#now)))
    return all
  }

  /** Every third is static. */
  start(groupInstanceId: string | null = this.#born % 3 === 1 ? `i${this.#born}` : null): void {
    const topics = SUBSCRIPTIONS[this.#born % SUBSCRIPTIONS.length]!
    const process = new Process(`m${this.#born++}`, groupInstanceId, topics, this.#now)
    this.#processes.push(process)
    this.#tell(process, { type: 'start' })
  }

  happens({ what, happen }: Possibility): void {
    this.story.push(what)
    happen()
    this.#check()
  }

  /** Without faults from here on: until every member has what it is to have. Throws when that does not come to be. */
  settle(): void {
    for (let round = 0; round < 3_000; round++) {
      for (const process of this.#processes) this.#tell(process, { type: 'progress' })
      if (this.#isSettled()) return
      const fair = this.possibilities().filter(({ isFault }) => !isFault)
      const first = fair.find(({ what }) => what !== 'someone wakes') ?? fair[0]
      if (first === undefined) break
      this.happens(first)
    }
    const phases = this.#processes.map(({ name, state }) => `${name}: ${JSON.stringify(state.phase)}`)
    throw new Error(`The group does not settle. ${phases.join(', ')}`)
  }

  /** What the live members hold, all together. */
  holdings(): string[] {
    return this.#live.flatMap(({ held }) => [...held])
  }

  /** What has to be held, given who lives and subscribes to what. */
  wanted(): string[] {
    const topics = new Set(this.#live.flatMap(({ state }) => state.subscription.topics))
    return [...topics].flatMap((topic) =>
      Array.from({ length: this.#counts.get(idOf(topic))! }, (_, partition) => `${topic} ${partition}`),
    )
  }

  get #live(): readonly Process[] {
    return this.#processes.filter((process) => !process.isOver)
  }

  /** Who joins is taken by an older coordinator for the member that it was, until that one's session has ended. */
  #isGhost({ phase }: MembershipState): boolean {
    return this.#fencesKnownJoins && phase.name === 'joining'
  }

  #isSettled(): boolean {
    return (
      this.#live.length === this.#processes.length &&
      this.#coordinator.members.size === this.#live.length &&
      this.#live.every(({ name, state, held, lane, tasks }) => {
        const target = [...this.#coordinator.targetOf(name)].map(asHeld)
        return (
          state.phase.name === 'member' &&
          state.phase.work === undefined &&
          !state.suspended &&
          !state.unsaid.all &&
          lane.length + tasks.length === 0 &&
          this.#coordinator.isReconciled(name) &&
          target.length === held.size &&
          target.every((partition) => held.has(partition))
        )
      })
    )
  }

  /** N2: whom the coordinator still has as a member holds nothing but what it was given. */
  #check(): void {
    const owners = new Map<string, string>()
    for (const [id, { assigned, toBeRevoked }] of this.#coordinator.members) {
      for (const partition of [...assigned, ...toBeRevoked]) {
        if (owners.has(partition))
          throw new Error(`the model gives ${partition} to ${owners.get(partition)} and ${id}`)
        owners.set(partition, id)
      }
    }
    for (const { name, held } of this.#live) {
      const member = this.#coordinator.members.get(name)
      if (member === undefined || member.epoch === -2) continue
      for (const partition of held) {
        const [topic, number] = partition.split(' ')
        const owner = owners.get(`${idOf(topic!)} ${number}`)
        if (owner !== name) throw new Error(`${name} holds ${partition}, which is ${owner ?? 'nobody'}'s`)
      }
    }
  }

  /** Requests and answers. */
  #onTheWay(process: Process, may: May, mayFail: May): void {
    const { name, lane, late } = process
    const next = lane.find(({ answer }) => answer === undefined)
    if (next !== undefined) {
      const { request } = next
      may(`${describe(process, request)} arrives`, () => this.#arrive(process, next))
      for (const refusal of REFUSALS) {
        mayFail(`${describe(process, request)} is refused: ${refusal}`, () => {
          next.answer = answerOf(request, errorByName(refusal).code)
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
    for (const sent of late) {
      mayFail(`${name} gets a late answer to its ${sent.request.type}`, () => {
        late.splice(late.indexOf(sent), 1)
        this.#tell(process, sent.answer!)
      })
    }
  }

  /** What the application does, and what becomes of the process. */
  #byItself(process: Process, may: May, mayFail: May): void {
    const { name, tasks, state } = process
    for (const task of tasks) {
      may(`${name} ${task.what}`, () => {
        tasks.splice(tasks.indexOf(task), 1)
        this.#tell(process, task.end())
      })
      if (task.what !== 'finds names') continue
      mayFail(`${name} finds no names`, () => {
        tasks.splice(tasks.indexOf(task), 1)
        this.#tell(process, failed(task.token))
      })
    }
    if (process.isOver) {
      may(`${name} ends`, () => this.#end(process))
      return
    }
    mayFail(`${name} crashes`, () => this.#end(process))
    mayFail(`${name} closes`, () => {
      process.held.clear()
      this.#tell(process, { type: 'leave', reason: 'it was closed', leaveGroup: undefined })
    })
    const { groupInstanceId } = process.settings
    if (groupInstanceId !== null) {
      mayFail(`${name} is killed and started again`, () => {
        this.#end(process)
        this.start(groupInstanceId)
      })
    }
    mayFail(`${name} makes progress`, () => this.#tell(process, { type: 'progress' }))
    for (const topics of SUBSCRIPTIONS) {
      if (topics.join() === state.subscription.topics.join()) continue
      mayFail(`${name} subscribes to ${topics}`, () =>
        this.#tell(process, { type: 'subscribe', subscription: { topics, pattern: null } }),
      )
    }
    for (const epoch of process.epochs) {
      for (const error of ASKED_OF_COMMITS) {
        mayFail(`${name}'s commit in epoch ${epoch} is refused: ${error}`, () =>
          this.#tell(process, { type: 'commit refused', errorCode: errorByName(error).code, epoch }),
        )
      }
    }
  }

  #end(process: Process): void {
    this.#processes = this.#processes.filter((other) => other !== process)
  }

  #addPartitions(): void {
    for (const [id, count] of this.#counts) this.#counts.set(id, Math.min(count + 1, MOST_PARTITIONS))
    this.#coordinator.assign()
  }

  #pass(ms: number): void {
    this.#now += ms
    for (const process of [...this.#processes]) {
      for (let ticks = 0; wakeAt(process.settings, process.state) <= this.#now; ticks++) {
        if (ticks > 10) throw new Error(`${process.name} wakes again and again without sleeping`)
        this.#tell(process, { type: 'tick' })
      }
    }
  }

  #cut(process: Process): void {
    const lost = process.lane
    process.lane = []
    process.late.push(...lost.filter(({ answer }) => answer !== undefined))
    for (const { request } of lost) this.#tell(process, failed(request.token))
  }

  #arrive({ settings: { memberId, groupInstanceId: instanceId } }: Process, sent: Sent): void {
    const { request } = sent
    if (request.type === 'send leave') {
      sent.answer = answerOf(request, this.#coordinator.leave(memberId, instanceId, request.epoch))
      return
    }
    const { epoch, isFull, owned, subscription } = request
    const asked = { memberId, instanceId, epoch, isFull, owned, topics: subscription?.topics }
    sent.answer = { ...answerOf(request, 0), ...this.#coordinator.heartbeat(asked) }
  }

  #tell(process: Process, event: MembershipEvent): void {
    const { state, actions } = step(process.settings, process.state, event, this.#now)
    process.state = state
    if (state.epoch > 0) process.epochs = new Set([...process.epochs, state.epoch].slice(-2))
    for (const action of actions) this.#perform(process, action)
  }

  #perform(process: Process, action: MembershipAction): void {
    const { name, held, lane, tasks } = process
    if ('token' in action) {
      const token = `${name} ${action.token}`
      if (this.#tokens.has(token)) throw new Error(`the token ${token} is used twice`)
      this.#tokens.add(token)
    }
    switch (action.type) {
      case 'send heartbeat':
        if (action.epoch === 0 && held.size > 0)
          throw new Error(`N3: ${name} joins before everything is released`)
        if (lane.some(({ request }) => request.type === action.type && isSameJoin(request, action)))
          throw new Error(`N1: ${name} has two heartbeats in flight`)
        lane.push({ request: action, answer: undefined })
        return
      case 'send leave':
        lane.push({ request: action, answer: undefined })
        return
      case 'drop connection':
        return this.#cut(process)
      case 'name topics': {
        const names = new Map(action.ids.map((id) => [id, id.slice(0, id.indexOf('#'))]))
        const { token } = action
        tasks.push({ what: 'finds names', token, end: () => ({ type: 'topics named', token, names }) })
        return
      }
      case 'revoke':
      case 'lose':
        return this.#release(process, action)
      case 'take': {
        for (const partition of action.added.map(asName)) {
          if (held.has(partition)) throw new Error(`${name} is given ${partition}, which it has`)
          held.add(partition)
        }
        const all = action.all.map(asName)
        if (all.length !== held.size || !all.every((partition) => held.has(partition)))
          throw new Error(`${name} holds ${[...held]}, and is told of ${all}`)
        const { token } = action
        tasks.push({ what: 'has taken', token, end: () => ({ type: 'taken', token }) })
        return
      }
      case 'fail':
        if (action.error.code !== 'UNRELEASED_INSTANCE_ID') throw action.error
        if (this.#coordinator.members.has(name)) throw new Error(`${name} is kept out by nobody but itself`)
        return
      case 'suspend':
      case 'report':
      case 'forget coordinator':
      case 'tell':
        return
    }
  }

  #release(process: Process, action: Extract<MembershipAction, { type: 'revoke' | 'lose' }>): void {
    const { held, name, tasks } = process
    const { token, type } = action
    const given = action.partitions.map(asName)
    if (type === 'revoke' && !given.every((partition) => held.has(partition)))
      throw new Error(`${name} holds ${[...held]}, and is to give up ${given}`)
    tasks.push({
      what: `has ended its ${type}`,
      token,
      end: () => {
        for (const partition of given) held.delete(partition)
        return { type: 'released', token }
      },
    })
  }
}

/** Who was put out has been answered about by a commit: what it asked as a member before concerns it no more. */
function isSameJoin(before: Request, now: Request): boolean {
  return now.epoch > 0 || before.epoch === 0
}

function describe({ name }: Process, { type, epoch }: Request): string {
  return `${name}'s ${type} (${epoch})`
}

function asName({ topic, partition }: TopicPartition): string {
  return `${topic} ${partition}`
}

function asHeld(partition: string): string {
  return partition.replace(/#\d+/, '')
}

function failed(token: number): MembershipEvent {
  return { type: 'attempt failed', token, error: new Error('the connection ended') }
}

function answerOf({ type, token }: Request, errorCode: number): MembershipEvent {
  if (type === 'send leave') return { type: 'left', token, errorCode }
  const nothing = { errorMessage: null, epoch: 0, assignment: undefined, heartbeatIntervalMs: 5_000 }
  return { type: 'heartbeat answered', token, errorCode, ...nothing }
}
