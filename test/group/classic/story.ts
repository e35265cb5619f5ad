// One member's machine, told as a story: what happens to it, and what it wants done.
import { range } from '../../../src/group/assignors/range.ts'
import { step } from '../../../src/group/classic/membership.ts'
import { initialMembership, wakeAt } from '../../../src/group/classic/state.ts'
import type {
  MembershipAction,
  MembershipEvent,
  MembershipSettings,
  MembershipState,
} from '../../../src/group/classic/types.ts'
import { type BrokerErrorName, errorByName } from '../../../src/protocol/error-codes.ts'

type Type = MembershipAction['type']
type Action<T extends Type> = Extract<MembershipAction, { readonly type: T }>
type Reply<T extends MembershipEvent['type']> = Omit<
  Extract<MembershipEvent, { readonly type: T }>,
  'type' | 'token' | 'errorCode'
>

export class Story {
  readonly settings: MembershipSettings
  state: MembershipState
  now = 1_000
  /** Whatever it wanted done since the last {@link forget}, log lines apart. */
  actions: MembershipAction[] = []
  account: string[] = []
  readonly #latest = new Map<Type, MembershipAction>()

  constructor(settings: Partial<MembershipSettings> = {}, topics: readonly string[] = ['orders']) {
    this.settings = {
      groupId: 'g',
      groupInstanceId: null,
      protocol: 'eager',
      sessionTimeoutMs: 45_000,
      maxPollIntervalMs: 300_000,
      heartbeatIntervalMs: 3_000,
      retryBackoffMs: 100,
      retryBackoffMaxMs: 1_000,
      ...settings,
    }
    this.state = initialMembership(topics, this.now)
  }

  get phase(): string {
    return this.state.phase.name
  }

  get wanted(): Type[] {
    return this.actions.map(({ type }) => type)
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
      else this.actions.push(action)
    }
    return this
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

  join(errorCode: BrokerErrorName, reply: Partial<Reply<'join answered'>> = {}): this {
    return this.tell({
      type: 'join answered',
      token: this.latest('send join').token,
      errorCode: errorByName(errorCode).code,
      ...{ memberId: 'm1', generation: -1, leader: '', assignor: '', members: [], skipAssignment: false },
      ...reply,
    })
  }

  joined(generation: number, memberId = 'm1'): this {
    return this.join('NONE', { generation, memberId, leader: 'm0', assignor: range.name })
  }

  sync(errorCode: BrokerErrorName, ...partitions: number[]): this {
    return this.tell({
      type: 'sync answered',
      token: this.latest('send sync').token,
      errorCode: errorByName(errorCode).code,
      partitions: partitions.map((partition) => ({ topic: 'orders', partition })),
    })
  }

  heartbeat(errorCode: BrokerErrorName = 'NONE', token = this.latest('send heartbeat').token): this {
    return this.tell({ type: 'heartbeat answered', token, errorCode: errorByName(errorCode).code })
  }

  /** The next heartbeat, answered so. */
  nextHeartbeat(errorCode: BrokerErrorName = 'NONE'): this {
    this.pass(this.state.nextHeartbeatAt - this.now, { heartbeats: 'unanswered' })
    return this.heartbeat(errorCode)
  }

  commitRefused(errorCode: BrokerErrorName, identity = this.state.identity): this {
    const { memberId, generation } = identity
    return this.tell({
      type: 'commit refused',
      errorCode: errorByName(errorCode).code,
      memberId,
      generation,
    })
  }

  released(type: 'revoke' | 'lose'): this {
    return this.tell({ type: 'released', token: this.latest(type).token })
  }

  taken(): this {
    return this.tell({ type: 'taken', token: this.latest('take').token })
  }

  failed(
    type: 'send join' | 'send sync' | 'send heartbeat' | 'send leave' | 'assign',
    error: Error = new Error('the connection ended'),
  ): this {
    return this.tell({ type: 'attempt failed', token: this.latest(type).token, error })
  }

  // ---- whole chapters

  /** A follower in a generation, with these partitions. */
  stable(generation = 1, ...partitions: number[]): this {
    if (this.phase === 'out') this.tell({ type: 'start' }).join('MEMBER_ID_REQUIRED')
    return this.joined(generation)
      .sync('NONE', ...partitions)
      .taken()
      .forget()
  }
}
