// The edge of a group membership: performs what the machine in `group/classic` wants done (requests, timers, handlers)
// and feeds it what happened. One lane of its own, so that nothing waits behind a join (C12, G2).

import { KafkaError } from '../../errors.ts'
import { range } from '../../group/assignors/range.ts'
import { fatalFailure } from '../../group/classic/errors.ts'
import { step } from '../../group/classic/membership.ts'
import { initialMembership, wakeAt } from '../../group/classic/state.ts'
import type {
  MembershipAction,
  MembershipEvent,
  MembershipSettings,
  MembershipState,
  Phase,
} from '../../group/classic/types.ts'
import type { Cluster, Lane } from '../cluster/types.ts'
import type { ResolvedConsumerOptions } from '../config/types.ts'
import type { Logger } from '../logger.ts'
import { after, onAbort, unobserved, within } from '../network/wait.ts'
import type { TopicPartition } from '../topic.ts'
import { GroupRequests } from './group-requests.ts'
import { Leader } from './leader.ts'

export interface MembershipHandlers {
  /**
   * Stop handing out these, finish, commit, tell the listener. Awaited before the join goes on; the signal aborts when
   * the rebalance timeout has passed.
   */
  onRevoke(partitions: readonly TopicPartition[], signal: AbortSignal): Promise<void>
  /** Ownership ended without a chance to commit. Awaited as a revocation is. */
  onLost(partitions: readonly TopicPartition[], signal: AbortSignal): Promise<void>
  /** The new assignment, whole and what is new of it. Awaited; the signal aborts when it was lost meanwhile (G7). */
  onAssigned(
    all: readonly TopicPartition[],
    added: readonly TopicPartition[],
    signal: AbortSignal,
  ): Promise<void>
  /** Hand out nothing (and again), without giving up partitions. */
  onSuspended(suspended: boolean): void
  onFatal(error: KafkaError): void
}

/** What a commit must carry (O7). */
export interface MemberIdentity {
  readonly groupId: string
  readonly memberId: string
  readonly generation: number
  readonly groupInstanceId: string | null
}

export interface Membership {
  /** Resolves when the coordinator is known: a cluster that cannot be reached is an error by then, not a long join. */
  reach(options: { readonly signal?: AbortSignal; readonly deadline: number }): Promise<void>
  /** Starts joining; resolves when first stable, whatever was assigned. Rejects on a fatal error, and on abort. */
  join(options: { readonly signal?: AbortSignal; readonly deadline?: number }): Promise<void>
  /** The subscription, as names; a change leads to a rejoin. */
  subscribe(topics: readonly string[]): void
  /** Progress, for maxPollIntervalMs (G7). */
  progress(): void
  /** Undefined when not a member now. */
  identity(): MemberIdentity | undefined
  /** A commit was answered with this error code under that identity (G4). */
  onCommitError(errorCode: number, identity: { readonly memberId: string; readonly generation: number }): void
  readonly state: 'unjoined' | 'joining' | 'rebalancing' | 'stable' | 'left' | 'failed'
  leave(options: { readonly timeoutMs: number; readonly reason?: string }): Promise<void>
}

export function createMembership(
  cluster: Cluster,
  options: ResolvedConsumerOptions,
  handlers: MembershipHandlers,
  logger: Logger,
): Membership {
  return new GroupMembership(cluster, options, handlers, logger)
}

const ASSIGNORS = { range }
/** Attempts of many members are spread over this much more than their pause. */
const JITTER = 0.2
const STATES: { readonly [Name in Phase['name']]: Membership['state'] } = {
  out: 'unjoined',
  waiting: 'joining',
  joining: 'joining',
  assigning: 'joining',
  syncing: 'joining',
  releasing: 'rebalancing',
  taking: 'rebalancing',
  stable: 'stable',
  leaving: 'left',
  left: 'left',
  failed: 'failed',
}

class GroupMembership implements Membership {
  readonly #cluster: Cluster
  readonly #handlers: MembershipHandlers
  readonly #logger: Logger
  readonly #settings: MembershipSettings
  readonly #requests: GroupRequests
  readonly #leader: Leader
  readonly #requestTimeoutMs: number
  /** Aborts what is under way when the membership ends. */
  readonly #life = new AbortController()
  #state: MembershipState
  /** The assignment that the application is being told of; aborts when it is lost. */
  #taking = new AbortController()
  #lane: Lane | undefined
  #cancelWake = () => {}
  readonly #forgetClosing: () => void
  /** Events that arrive while actions are being performed wait their turn. */
  readonly #events: MembershipEvent[] = []
  #isStepping = false
  readonly #watchers = new Set<() => void>()

  constructor(
    cluster: Cluster,
    options: ResolvedConsumerOptions,
    handlers: MembershipHandlers,
    logger: Logger,
  ) {
    this.#cluster = cluster
    this.#handlers = handlers
    this.#logger = logger
    this.#settings = {
      groupId: options.groupId!,
      groupInstanceId: null,
      protocol: 'eager',
      sessionTimeoutMs: options.sessionTimeoutMs,
      maxPollIntervalMs: options.maxPollIntervalMs,
      heartbeatIntervalMs: options.heartbeatIntervalMs,
      retryBackoffMs: options.retryBackoffMs,
      retryBackoffMaxMs: options.retryBackoffMaxMs,
    }
    const assignors = options.partitionAssignmentStrategy.map((name) => ASSIGNORS[name])
    this.#requestTimeoutMs = options.requestTimeoutMs
    this.#requests = new GroupRequests({
      cluster,
      settings: this.#settings,
      assignors,
      requestTimeoutMs: options.requestTimeoutMs,
      lane: () => this.#openLane(),
      signal: this.#life.signal,
    })
    this.#leader = new Leader({
      cluster,
      groupId: options.groupId!,
      assignors,
      logger,
      onChange: (reason) => this.#happened({ type: 'metadata changed', reason }),
    })
    this.#state = initialMembership([], performance.now())
    this.#forgetClosing = onAbort(cluster.closing, () => {
      const error = new KafkaError('CLOSED', 'the client was closed', { groupId: this.#settings.groupId })
      this.#happened({ type: 'fail', error })
    })
  }

  get state(): Membership['state'] {
    return STATES[this.#state.phase.name]
  }

  #openLane(): Lane {
    this.#lane ??= this.#cluster.openLane(`group ${this.#settings.groupId}`)
    return this.#lane
  }

  identity(): MemberIdentity | undefined {
    const { memberId, generation } = this.#state.identity
    if (memberId === '' || generation < 0) return undefined
    const { groupId, groupInstanceId } = this.#settings
    return { groupId, memberId, generation, groupInstanceId }
  }

  async reach(options: { readonly signal?: AbortSignal; readonly deadline: number }): Promise<void> {
    try {
      await this.#cluster.coordinator('group', this.#settings.groupId, options)
    } catch (error) {
      const fatal = fatalFailure(error, this.#settings)
      if (fatal === undefined) throw error
      this.#happened({ type: 'fail', error: fatal })
      throw fatal
    }
  }

  join(options: { readonly signal?: AbortSignal; readonly deadline?: number }): Promise<void> {
    const { signal, deadline = Number.POSITIVE_INFINITY } = options
    const { groupId } = this.#settings
    const joined = this.#until(() => {
      const { phase } = this.#state
      if (phase.name === 'failed') throw phase.error
      if (phase.name === 'left') throw new KafkaError('CLOSED', `group ${groupId} was left`, { groupId })
      return phase.name === 'stable'
    })
    this.#happened({ type: 'start' })
    const late = () =>
      new KafkaError('TIMEOUT', `joining group ${groupId} took too long`, { groupId, retriable: true })
    return unobserved(within(joined, { deadline, signal, late }))
  }

  subscribe(topics: readonly string[]): void {
    this.#happened({ type: 'subscribe', topics })
  }

  progress(): void {
    this.#happened({ type: 'progress' })
  }

  onCommitError(errorCode: number, { memberId, generation }: { memberId: string; generation: number }): void {
    this.#happened({ type: 'commit refused', errorCode, memberId, generation })
  }

  async leave({
    timeoutMs,
    reason = 'the member was asked to leave',
  }: {
    timeoutMs: number
    reason?: string
  }) {
    const gone = this.#until(() => ['left', 'failed'].includes(this.#state.phase.name))
    this.#happened({ type: 'leave', reason })
    const late = () =>
      new KafkaError('TIMEOUT', `the coordinator did not answer the goodbye within ${timeoutMs} ms`)
    try {
      await within(gone, { deadline: performance.now() + timeoutMs, late })
    } finally {
      await this.#release()
    }
  }

  async #release(): Promise<void> {
    this.#forgetClosing()
    this.#cancelWake()
    this.#leader.stop()
    this.#life.abort(new KafkaError('CLOSED', `group ${this.#settings.groupId} was left`))
    await this.#lane?.close({ timeoutMs: 0 })
  }

  // ---- the machine

  /** Steps happen one after the other: an action that causes an event at once has it wait. */
  #happened(event: MembershipEvent): void {
    this.#events.push(event)
    if (this.#isStepping) return
    this.#isStepping = true
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        const { state, actions } = step(this.#settings, this.#state, next, performance.now())
        this.#state = state
        for (const action of actions) this.#perform(action)
      }
    } finally {
      this.#isStepping = false
    }
    this.#wake()
    for (const watcher of [...this.#watchers]) watcher()
  }

  #wake(): void {
    this.#cancelWake()
    this.#cancelWake = () => {}
    const at = wakeAt(this.#settings, this.#state)
    if (at === Number.POSITIVE_INFINITY || this.#life.signal.aborted) return
    const delayMs = at - performance.now()
    const isBackingOff = this.#state.phase.name === 'waiting'
    const jitter = isBackingOff ? 1 + Math.random() * JITTER : 1
    this.#cancelWake = after(delayMs * jitter, () => this.#happened({ type: 'tick' }))
  }

  /** Resolves when `condition` holds, rejects when it throws; looked at after each step. */
  #until(condition: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        try {
          if (!condition()) return
          resolve()
        } catch (error) {
          reject(error)
        }
        this.#watchers.delete(look)
      }
      this.#watchers.add(look)
    })
  }

  #perform(action: MembershipAction): void {
    switch (action.type) {
      case 'send join':
        this.#leader.stop()
        return this.#attempt(action.token, this.#requests.join(action))
      case 'assign':
        return this.#attempt(action.token, this.#assign(action))
      case 'send sync':
        return this.#attempt(action.token, this.#requests.sync(action))
      case 'send heartbeat':
        return this.#attempt(action.token, this.#requests.heartbeat(action))
      case 'send leave':
        return this.#attempt(action.token, this.#requests.leave(action))
      case 'forget coordinator':
        return this.#cluster.forgetCoordinator('group', this.#settings.groupId)
      case 'drop connection':
        unobserved(this.#dropLane())
        return
      case 'revoke':
        return this.#attempt(action.token, this.#revoke(action))
      case 'lose':
        this.#leader.stop()
        return this.#attempt(action.token, this.#lose(action))
      case 'take':
        return this.#attempt(action.token, this.#take(action))
      case 'suspend':
        return this.#handlers.onSuspended(action.suspended)
      case 'tell':
        return this.#logger[action.level](action.message, { ...action.fields })
      case 'fail':
        unobserved(this.#release())
        return this.#handlers.onFatal(action.error)
    }
  }

  /** The event that the work ends with, or that it failed: then the machine decides. */
  #attempt(token: number, work: Promise<MembershipEvent>): void {
    work.then(
      (event) => this.#happened(event),
      (error) => {
        if (!this.#life.signal.aborted) this.#happened({ type: 'attempt failed', token, error })
      },
    )
  }

  async #assign(action: Extract<MembershipAction, { type: 'assign' }>): Promise<MembershipEvent> {
    const options = { timeoutMs: this.#requestTimeoutMs, signal: this.#life.signal }
    return { type: 'assigned', token: action.token, assignments: await this.#leader.assign(action, options) }
  }

  async #dropLane(): Promise<void> {
    const lane = this.#lane
    this.#lane = undefined
    await lane?.close({ timeoutMs: 0 })
  }

  // ---- handlers

  async #revoke({
    token,
    partitions,
  }: Extract<MembershipAction, { type: 'revoke' }>): Promise<MembershipEvent> {
    await this.#handleInTime('giving up partitions', (signal) => this.#handlers.onRevoke(partitions, signal))
    return { type: 'released', token }
  }

  async #lose({ token, partitions }: Extract<MembershipAction, { type: 'lose' }>): Promise<MembershipEvent> {
    this.#taking.abort(new KafkaError('TIMEOUT', 'what was assigned is lost'))
    await this.#handleInTime('losing partitions', (signal) => this.#handlers.onLost(partitions, signal))
    return { type: 'released', token }
  }

  async #take({ token, all, added }: Extract<MembershipAction, { type: 'take' }>): Promise<MembershipEvent> {
    this.#taking = new AbortController()
    const take = (signal: AbortSignal) => this.#handlers.onAssigned(all, added, signal)
    await this.#handle('taking partitions', this.#taking, take)
    return { type: 'taken', token }
  }

  /** As {@link #handle}; the handler is told when the rebalance waits no longer. */
  async #handleInTime(what: string, handler: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { maxPollIntervalMs, groupId } = this.#settings
    const overdue = new AbortController()
    const late = new KafkaError('TIMEOUT', `the rebalance of group ${groupId} waits no longer`)
    const cancel = after(maxPollIntervalMs, () => overdue.abort(late))
    try {
      await this.#handle(what, overdue, handler)
    } finally {
      cancel()
    }
  }

  /** The handler is told when the membership ends. What it throws stops nothing. */
  async #handle(
    what: string,
    ended: AbortController,
    handler: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const { groupId } = this.#settings
    const forget = onAbort(this.#life.signal, (reason) => ended.abort(reason))
    try {
      await handler(ended.signal)
    } catch (error) {
      this.#logger.error(`${what} failed: ${String(error)}`, { groupId, error })
    } finally {
      forget()
    }
  }
}
