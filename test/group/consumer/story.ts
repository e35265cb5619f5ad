// One member's machine, told as a story: what happens to it, and what it wants done.
import { step } from '../../../src/group/consumer/membership.ts'
import { initialMembership, wakeAt } from '../../../src/group/consumer/state.ts'
import type {
  MembershipAction,
  MembershipEvent,
  MembershipSettings,
  MembershipState,
  Subscription,
} from '../../../src/group/consumer/types.ts'
import { type BrokerErrorName, errorByName } from '../../../src/protocol/error-codes.ts'

type Type = MembershipAction['type']
type Action<T extends Type> = Extract<MembershipAction, { readonly type: T }>

/** Partition numbers, by topic; a topic's id is its name with `#1` behind it. */
export type Partitions = { readonly [topic: string]: readonly number[] }

export const idOf = (topic: string): string => `${topic}#1`
const nameOf = (id: string): string => id.slice(0, id.indexOf('#'))

export function ids(partitions: Partitions) {
  return Object.entries(partitions).map(([topic, numbers]) => ({ topicId: idOf(topic), partitions: numbers }))
}

export function partitions(given: Partitions) {
  return Object.entries(given).flatMap(([topic, numbers]) =>
    numbers.map((partition) => ({ topic, partition })),
  )
}

export class Story {
  readonly settings: MembershipSettings
  state: MembershipState
  now = 1_000
  /** Whatever it wanted done since the last {@link forget}, log lines apart. */
  actions: MembershipAction[] = []
  account: string[] = []
  /** Are names of topics told as soon as they are asked for? */
  areTopicsKnown = true
  readonly #latest = new Map<Type, MembershipAction>()

  constructor(settings: Partial<MembershipSettings> = {}, subscription: Partial<Subscription> = {}) {
    this.settings = {
      groupId: 'g',
      memberId: 'm1',
      groupInstanceId: null,
      maxPollIntervalMs: 300_000,
      sessionTimeoutMs: 45_000,
      retryBackoffMs: 100,
      retryBackoffMaxMs: 1_000,
      ...settings,
    }
    this.state = initialMembership({ topics: ['orders'], pattern: null, ...subscription }, this.now)
  }

  get phase(): string {
    const { phase } = this.state
    return phase.name === 'member' && phase.work !== undefined ? phase.work.step : phase.name
  }

  get wanted(): Type[] {
    return this.actions.map(({ type }) => type)
  }

  get owned(): string[] {
    return this.state.owned.map(({ topic, partition }) => `${topic} ${partition}`)
  }

  forget(): this {
    this.actions = []
    this.account = []
    return this
  }

  /** The newest action of a kind. */
  latest<T extends Type>(type: T): Action<T> {
    const action = this.#latest.get(type)
    if (action === undefined) throw new Error(`it never wanted to ${type}`)
    return action as Action<T>
  }

  tell(event: MembershipEvent): this {
    const { state, actions } = step(this.settings, this.state, event, this.now)
    this.state = state
    for (const action of actions) {
      this.#latest.set(action.type, action)
      if (action.type === 'tell') this.account.push(`${action.level}: ${action.message}`)
      else if (action.type === 'name topics' && this.areTopicsKnown) continue
      else this.actions.push(action)
    }
    const question = actions.find(({ type }) => type === 'name topics')
    if (question !== undefined && this.areTopicsKnown) this.named()
    return this
  }

  start(): this {
    return this.tell({ type: 'start' })
  }

  /** Time passes, with a tick whenever the machine asked for one; heartbeats are answered with success if wanted. */
  pass(ms: number, { heartbeats = 'answered' }: { heartbeats?: 'answered' | 'unanswered' } = {}): this {
    const end = this.now + ms
    for (let ticks = 0; ; ticks++) {
      const wake = wakeAt(this.settings, this.state)
      if (wake > end) break
      if (ticks > 100_000) throw new Error('it wakes again and again')
      this.now = Math.max(this.now, wake)
      const { heartbeatToken } = this.state
      this.tell({ type: 'tick' })
      if (heartbeats === 'answered' && this.state.heartbeatToken !== heartbeatToken) this.heartbeat()
    }
    this.now = end
    return this
  }

  // ---- answers to what is outstanding

  /** The heartbeat is answered; `assignment` as partition numbers by topic, where there is a new one. */
  heartbeat(
    errorCode: BrokerErrorName = 'NONE',
    {
      epoch = this.state.epoch || 1,
      assignment,
      token = this.latest('send heartbeat').token,
      heartbeatIntervalMs = 5_000,
      errorMessage = null,
    }: {
      epoch?: number
      assignment?: Partitions
      token?: number
      heartbeatIntervalMs?: number
      errorMessage?: string | null
    } = {},
  ): this {
    return this.tell({
      type: 'heartbeat answered',
      token,
      errorCode: errorByName(errorCode).code,
      errorMessage,
      epoch,
      heartbeatIntervalMs,
      assignment: assignment && ids(assignment),
    })
  }

  /** The next heartbeat, answered so. */
  nextHeartbeat(...answer: Parameters<Story['heartbeat']>): this {
    this.pass(this.state.nextHeartbeatAt - this.now, { heartbeats: 'unanswered' })
    return this.heartbeat(...answer)
  }

  /** The coordinator names the topics of these, or all that were asked for. */
  named(...topics: string[]): this {
    const { ids, token } = this.latest('name topics')
    const found = topics.length === 0 ? ids.map(nameOf) : topics
    return this.tell({ type: 'topics named', token, names: new Map(found.map((name) => [idOf(name), name])) })
  }

  commitRefused(errorCode: BrokerErrorName, epoch = this.state.epoch): this {
    return this.tell({ type: 'commit refused', errorCode: errorByName(errorCode).code, epoch })
  }

  released(type: 'revoke' | 'lose'): this {
    return this.tell({ type: 'released', token: this.latest(type).token })
  }

  taken(): this {
    return this.tell({ type: 'taken', token: this.latest('take').token })
  }

  left(errorCode: BrokerErrorName = 'NONE'): this {
    return this.tell({
      type: 'left',
      token: this.latest('send leave').token,
      errorCode: errorByName(errorCode).code,
    })
  }

  failed(
    type: 'send heartbeat' | 'send leave' | 'name topics',
    error: Error = new Error('the connection ended'),
  ): this {
    return this.tell({ type: 'attempt failed', token: this.latest(type).token, error })
  }

  // ---- whole chapters

  /** A member that owns these, with nothing outstanding. */
  stable(epoch: number, assignment: Partitions): this {
    if (this.phase === 'out') this.start()
    return this.heartbeat('NONE', { epoch, assignment }).taken().heartbeat('NONE', { epoch }).forget()
  }

  /** The coordinator wants something else of it, and tells so with the next heartbeat. */
  targeted(epoch: number, assignment: Partitions): this {
    return this.nextHeartbeat('NONE', { epoch, assignment })
  }
}
