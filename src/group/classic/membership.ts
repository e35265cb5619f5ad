// The membership of a classic group as a function: (state, event, now) to the next state and what to do. It sends
// nothing and waits for nothing; the consumer in `client` performs its actions and feeds it what happened.
//
// Eager: everything owned is given up before each join (G5). Rules are cited from the design's reliability page.

import type { KafkaError } from '../../errors.ts'
import { brokerError, errorByCode } from '../../protocol/error-codes.ts'
import { accounts } from './accounts.ts'
import { fatalError } from './errors.ts'
import { heartbeats, NOBODY, watchesProgress } from './state.ts'
import type {
  Identity,
  MembershipAction,
  MembershipEvent,
  MembershipSettings,
  MembershipState,
  Phase,
  Step,
} from './types.ts'

const MAX_BACKOFF_MS = 1_000
/** What one that is closing tries, before it goes without a goodbye. */
const GOODBYES = 5

/** The coordinator moved, or can't be reached: look for it again. */
const REFIND: ReadonlySet<string> = new Set(['NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE'])

/** The next state and what is to be done, in order. */
export function step(
  settings: MembershipSettings,
  state: MembershipState,
  event: MembershipEvent,
  now: number,
): Step {
  const transition = new Transition(settings, state, now)
  transition.apply(event)
  return { state: transition.state, actions: transition.actions }
}

/** One step in the making. */
class Transition {
  state: MembershipState
  readonly actions: MembershipAction[] = []
  readonly #settings: MembershipSettings
  readonly #now: number

  constructor(settings: MembershipSettings, state: MembershipState, now: number) {
    this.#settings = settings
    this.state = state
    this.#now = now
  }

  apply(event: MembershipEvent): void {
    const { phase } = this.state
    if (phase.name === 'failed' || phase.name === 'left') return
    if (phase.name === 'leaving') return this.#saidGoodbye(phase, event)
    switch (event.type) {
      case 'start':
        if (phase.name === 'out') this.#join('it starts')
        return
      case 'subscribe':
        return this.#subscribe(event.topics)
      case 'join answered':
        if (phase.name === 'joining' && phase.token === event.token) this.#joinAnswered(phase, event)
        return
      case 'assigned':
        if (phase.name === 'assigning' && phase.token === event.token) this.#sync(event.assignments)
        return
      case 'sync answered':
        if (phase.name === 'syncing' && phase.token === event.token) this.#syncAnswered(event)
        return
      case 'heartbeat answered':
        if (this.state.heartbeatToken === event.token) this.#heartbeatAnswered(event.errorCode)
        return
      case 'attempt failed':
        return this.#attemptFailed(event.token, event.error)
      case 'released':
        if (phase.name === 'releasing' && phase.token === event.token) this.#released(phase.next)
        return
      case 'taken':
        if (phase.name === 'taking' && phase.token === event.token) this.#taken()
        return
      case 'commit refused':
        return this.#commitRefused(event)
      case 'metadata changed':
        return this.#rejoin(event.reason)
      case 'progress':
        this.#set({ lastProgressAt: this.#now })
        if (phase.name === 'out' && phase.because === 'no progress') this.#join('the loop goes on')
        else if (phase.name === 'releasing') this.#set({ phase: { ...phase, next: 'join' } })
        return
      case 'fail':
        return this.#fail(event.error)
      case 'leave':
        return this.#leave(event.reason)
      case 'left':
        return
      case 'tick':
        return this.#tick()
    }
  }

  // ---- joining

  /** Gives up what is owned, then joins; at once when nothing is owned. */
  #join(reason: string): void {
    const { owned, identity } = this.state
    this.#set({ rejoin: undefined, joinReason: reason })
    if (identity.memberId === '' && owned.length === 0)
      this.#do(accounts.firstJoin(this.#settings, this.state.topics))
    else this.#do(accounts.joining(this.#settings, reason, owned))
    if (owned.length === 0) return this.#sendJoin()
    const token = this.#token()
    this.#set({ phase: { name: 'releasing', token, next: 'join' } })
    this.#do({ type: 'revoke', token, partitions: owned })
  }

  /** Ownership ended without a word: tell it, then join, or stay out. */
  #lose(reason: string, next: 'join' | 'out'): void {
    const { owned } = this.state
    this.#set({ rejoin: undefined, joinReason: reason })
    if (owned.length === 0) return this.#released(next)
    this.#do(accounts.lost(this.#settings, reason, owned))
    const token = this.#token()
    this.#set({ phase: { name: 'releasing', token, next } })
    this.#do({ type: 'lose', token, partitions: owned })
  }

  #released(next: 'join' | 'out'): void {
    this.#set({ owned: [] })
    if (next === 'join') return this.#sendJoin()
    this.#set({ phase: { name: 'out', because: 'no progress' } })
  }

  #sendJoin(): void {
    const token = this.#token()
    const { identity, topics, joinReason } = this.state
    this.#set({ phase: { name: 'joining', token, topics }, heartbeatToken: undefined, rejoin: undefined })
    this.#do({ type: 'send join', token, memberId: identity.memberId, topics, reason: joinReason })
  }

  #joinAnswered(
    { topics }: Extract<Phase, { name: 'joining' }>,
    answer: Extract<MembershipEvent, { type: 'join answered' }>,
  ): void {
    const { name } = errorByCode(answer.errorCode)
    switch (name) {
      case 'NONE':
        break
      case 'MEMBER_ID_REQUIRED':
        // G1, KIP-394: the id given is to be joined with.
        this.#set({ identity: { ...NOBODY, memberId: answer.memberId } })
        return this.#sendJoin()
      case 'UNKNOWN_MEMBER_ID':
        this.#set({ identity: NOBODY })
        return this.#sendJoin()
      default:
        return this.#refused(answer.errorCode, 'JoinGroup')
    }
    const { memberId, generation, assignor, leader } = answer
    const identity: Identity = { memberId, generation, assignor }
    const isLeader = leader === memberId
    const { heartbeatIntervalMs } = this.#settings
    this.#set({
      identity,
      attempts: 0,
      lastHeartbeatAt: this.#now,
      nextHeartbeatAt: this.#now + heartbeatIntervalMs,
      heartbeatToken: undefined,
    })
    this.#do(accounts.joined(this.#settings, identity, isLeader))
    this.#resume()
    // G10: what was asked for meanwhile is not what was joined with.
    if (!sameTopics(topics, this.state.topics)) this.#set({ rejoin: 'the subscription changed' })
    if (!isLeader) return this.#sync([])
    const token = this.#token()
    this.#set({ phase: { name: 'assigning', token } })
    this.#do({
      type: 'assign',
      token,
      assignor,
      members: answer.members,
      skipAssignment: answer.skipAssignment,
    })
  }

  #sync(assignments: Extract<MembershipEvent, { type: 'assigned' }>['assignments']): void {
    const token = this.#token()
    const { identity } = this.state
    this.#set({ phase: { name: 'syncing', token }, heartbeatToken: undefined })
    this.#do(accounts.syncing(this.#settings, identity.generation), {
      type: 'send sync',
      token,
      identity,
      assignments,
    })
  }

  #syncAnswered({ errorCode, partitions }: Extract<MembershipEvent, { type: 'sync answered' }>): void {
    const { name } = errorByCode(errorCode)
    switch (name) {
      case 'NONE':
        break
      case 'REBALANCE_IN_PROGRESS':
        return this.#join('another rebalance began')
      case 'ILLEGAL_GENERATION':
        this.#forgetGeneration()
        return this.#join('the group went on without this member')
      case 'UNKNOWN_MEMBER_ID':
        this.#set({ identity: NOBODY })
        return this.#join('the group went on without this member')
      default:
        return this.#refused(errorCode, 'SyncGroup')
    }
    const { topics } = this.state
    if (partitions.some(({ topic }) => !topics.includes(topic))) {
      return this.#join('it was assigned a topic that it does not subscribe to any more')
    }
    const token = this.#token()
    this.#set({
      phase: { name: 'taking', token },
      owned: partitions,
      lastHeartbeatAt: this.#now,
      nextHeartbeatAt: this.#now + this.#settings.heartbeatIntervalMs,
      lastProgressAt: this.#now,
    })
    this.#do(accounts.assigned(this.#settings, this.state.identity, partitions))
    if (partitions.length > 0) this.#set({ saidIdle: false })
    else if (!this.state.saidIdle) {
      this.#set({ saidIdle: true })
      this.#do(accounts.idle(this.#settings))
    }
    this.#do({ type: 'take', token, all: partitions, added: partitions })
  }

  #taken(): void {
    this.#set({ phase: { name: 'stable' }, lastProgressAt: this.#now })
    const { rejoin, identity } = this.state
    if (rejoin === undefined) return
    // G5: thrown out meanwhile: what was taken is nothing that could still be committed.
    if (identity.generation < 0) this.#lose(rejoin, 'join')
    else this.#join(rejoin)
  }

  /** A join or sync that was refused for now, or for good. */
  #refused(errorCode: number, api: string): void {
    const fatal = fatalError(errorCode, this.#settings, api)
    if (fatal !== undefined) return this.#fail(fatal)
    const { name } = errorByCode(errorCode)
    if (REFIND.has(name)) this.#do({ type: 'forget coordinator' })
    const { groupId } = this.#settings
    const error = brokerError(errorCode, { groupId, api })
    const passes = error.retriable || name === 'REBALANCE_IN_PROGRESS'
    this.#tryAgain(api, brokerError(errorCode, { groupId, api, retriable: passes }))
  }

  #tryAgain(what: string, error: unknown): void {
    this.#do(accounts.retrying(this.#settings, what, error))
    this.#set({ phase: { name: 'waiting', until: this.#backOff() } })
  }

  /** When to try again, later with each attempt. */
  #backOff(): number {
    const { attempts } = this.state
    this.#set({ attempts: attempts + 1 })
    return this.#now + Math.min(this.#settings.retryBackoffMs * 2 ** attempts, MAX_BACKOFF_MS)
  }

  // ---- heartbeats

  #heartbeatAnswered(errorCode: number): void {
    this.#set({ heartbeatToken: undefined })
    const { name } = errorByCode(errorCode)
    switch (name) {
      case 'NONE':
        return this.#heard()
      case 'REBALANCE_IN_PROGRESS':
        this.#heard()
        return this.#rejoin('the group rebalances')
      case 'ILLEGAL_GENERATION':
      case 'UNKNOWN_MEMBER_ID':
        return this.#thrownOut(name)
      default:
        break
    }
    const fatal = fatalError(errorCode, this.#settings, 'Heartbeat')
    if (fatal !== undefined) return this.#fail(fatal)
    if (REFIND.has(name)) this.#do({ type: 'forget coordinator' })
    this.#heartbeatFailed(brokerError(errorCode, { groupId: this.#settings.groupId, api: 'Heartbeat' }))
  }

  #heartbeatFailed(error: unknown): void {
    this.#do(accounts.retrying(this.#settings, 'a heartbeat', error))
    this.#set({ nextHeartbeatAt: this.#backOff() })
  }

  #heard(): void {
    const nextHeartbeatAt = this.#now + this.#settings.heartbeatIntervalMs
    this.#set({ lastHeartbeatAt: this.#now, nextHeartbeatAt, attempts: 0 })
    if (this.state.suspended) this.#do(accounts.heardAgain(this.#settings))
    this.#resume()
  }

  #resume(): void {
    if (!this.state.suspended) return
    this.#set({ suspended: false })
    this.#do({ type: 'suspend', suspended: false })
  }

  /** G4: only the coordinator's word makes partitions lost. Nothing is handed out again before the next join. */
  #thrownOut(name: 'ILLEGAL_GENERATION' | 'UNKNOWN_MEMBER_ID'): void {
    if (name === 'UNKNOWN_MEMBER_ID') this.#set({ identity: NOBODY })
    else this.#forgetGeneration()
    const reason =
      'the coordinator has given up this member: it was silent for longer than sessionTimeoutMs, or the group went on'
    const { phase } = this.state
    if (phase.name === 'stable') return this.#lose(reason, 'join')
    // Giving up already, and then joining: without the generation nothing more can be committed.
    if (phase.name === 'releasing') return
    this.#set({ rejoin: reason })
    if (phase.name === 'assigning') this.#join(reason)
  }

  /** A rejoin that is wanted now, or as soon as the phase allows it. */
  #rejoin(reason: string): void {
    const { phase } = this.state
    if (phase.name === 'stable') return this.#join(reason)
    if (['assigning', 'syncing', 'taking'].includes(phase.name)) this.#set({ rejoin: reason })
  }

  #subscribe(topics: readonly string[]): void {
    const changed = !sameTopics(this.state.topics, topics)
    this.#set({ topics: [...topics] })
    if (changed) this.#rejoin('the subscription changed')
  }

  #commitRefused(event: Extract<MembershipEvent, { type: 'commit refused' }>): void {
    const { identity } = this.state
    if (identity.memberId !== event.memberId || identity.generation !== event.generation) return
    if (!heartbeats(this.state)) return
    const { name } = errorByCode(event.errorCode)
    if (name === 'ILLEGAL_GENERATION' || name === 'UNKNOWN_MEMBER_ID') this.#thrownOut(name)
    else if (name === 'REBALANCE_IN_PROGRESS') this.#rejoin('the group rebalances')
    else if (REFIND.has(name)) this.#do({ type: 'forget coordinator' })
    else {
      const fatal =
        name === 'FENCED_INSTANCE_ID'
          ? fatalError(event.errorCode, this.#settings, 'OffsetCommit')
          : undefined
      if (fatal !== undefined) this.#fail(fatal)
    }
  }

  #attemptFailed(token: number, error: unknown): void {
    const { phase, heartbeatToken } = this.state
    if (heartbeatToken === token) {
      this.#set({ heartbeatToken: undefined })
      this.#do({ type: 'forget coordinator' })
      return this.#heartbeatFailed(error)
    }
    if (!('token' in phase) || phase.token !== token) return
    if (phase.name === 'joining' || phase.name === 'syncing') this.#do({ type: 'forget coordinator' })
    if (['joining', 'syncing', 'assigning'].includes(phase.name)) this.#tryAgain(phase.name, error)
  }

  #tick(): void {
    const { phase, suspended, lastHeartbeatAt, lastProgressAt, nextHeartbeatAt, heartbeatToken } = this.state
    const { sessionTimeoutMs, maxPollIntervalMs } = this.#settings
    if (phase.name === 'waiting' && this.#now >= phase.until) return this.#sendJoin()
    if (!heartbeats(this.state)) return
    if (watchesProgress(phase) && this.#now >= lastProgressAt + maxPollIntervalMs) return this.#giveWay()
    if (!suspended && this.#now >= lastHeartbeatAt + sessionTimeoutMs) {
      this.#set({ suspended: true, heartbeatToken: undefined, nextHeartbeatAt: this.#now })
      this.#do(
        accounts.silent(this.#settings),
        { type: 'suspend', suspended: true },
        { type: 'drop connection' },
        { type: 'forget coordinator' },
      )
      return this.#sendHeartbeat()
    }
    if (heartbeatToken === undefined && this.#now >= nextHeartbeatAt) this.#sendHeartbeat()
  }

  #sendHeartbeat(): void {
    const token = this.#token()
    this.#set({ heartbeatToken: token })
    this.#do({ type: 'send heartbeat', token, identity: this.state.identity })
  }

  /** G7: no progress for maxPollIntervalMs. A static member just falls silent. */
  #giveWay(): void {
    const { identity } = this.state
    this.#do(accounts.noProgress(this.#settings))
    if (this.#settings.groupInstanceId === null) {
      this.#do({
        type: 'send leave',
        token: this.#token(),
        memberId: identity.memberId,
        reason: 'no progress within maxPollIntervalMs',
      })
      this.#set({ identity: NOBODY })
    } else this.#forgetGeneration()
    this.#set({ heartbeatToken: undefined })
    this.#lose('no progress was made within maxPollIntervalMs', 'out')
  }

  // ---- ends

  #leave(reason: string): void {
    const isMember = this.state.identity.memberId !== '' && this.#settings.groupInstanceId === null
    this.#set({ attempts: 0, heartbeatToken: undefined })
    if (isMember) this.#sayGoodbye(reason)
    else this.#gone()
  }

  #sayGoodbye(reason: string): void {
    const token = this.#token()
    this.#set({ phase: { name: 'leaving', token, reason, until: Number.POSITIVE_INFINITY } })
    this.#do({ type: 'send leave', token, memberId: this.state.identity.memberId, reason })
  }

  #saidGoodbye(phase: Extract<Phase, { name: 'leaving' }>, event: MembershipEvent): void {
    const { reason } = phase
    if (event.type === 'tick') {
      if (this.#now >= phase.until) this.#sayGoodbye(reason)
      return
    }
    if ((event.type !== 'left' && event.type !== 'attempt failed') || event.token !== phase.token) return
    const name = event.type === 'left' ? errorByCode(event.errorCode).name : undefined
    const isToBeSaidAgain = name === undefined || REFIND.has(name) || name === 'COORDINATOR_LOAD_IN_PROGRESS'
    if (!isToBeSaidAgain || this.state.attempts >= GOODBYES - 1) {
      this.#do(accounts.left(this.#settings, this.state.identity.memberId, reason))
      return this.#gone()
    }
    if (name !== 'COORDINATOR_LOAD_IN_PROGRESS') this.#do({ type: 'forget coordinator' })
    this.#set({ phase: { ...phase, until: this.#backOff() } })
  }

  #gone(): void {
    this.#set({ phase: { name: 'left' }, identity: NOBODY, owned: [], heartbeatToken: undefined })
  }

  #fail(error: KafkaError): void {
    this.#set({ phase: { name: 'failed', error }, identity: NOBODY, heartbeatToken: undefined })
    this.#do({ type: 'fail', error })
  }

  // ---- parts

  #forgetGeneration(): void {
    this.#set({ identity: { ...this.state.identity, generation: -1, assignor: '' } })
  }

  #token(): number {
    const token = this.state.nextToken
    this.#set({ nextToken: token + 1 })
    return token
  }

  #set(change: Partial<MembershipState>): void {
    this.state = { ...this.state, ...change }
  }

  #do(...actions: MembershipAction[]): void {
    this.actions.push(...actions)
  }
}

function sameTopics(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false
  const known = new Set(a)
  return b.every((topic) => known.has(topic))
}
