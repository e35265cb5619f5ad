// The edge of a classic group's membership: performs what the machine in `group/classic` wants done (requests, timers,
// handlers) and feeds it what happened. One lane of its own, so that nothing waits behind a join (C12, G2).

import { KafkaError } from '../../../errors.ts'
import { fatalFailure } from '../../../group/classic/errors.ts'
import { step } from '../../../group/classic/membership.ts'
import { initialMembership, wakeAt } from '../../../group/classic/state.ts'
import type {
  MembershipAction,
  MembershipEvent,
  MembershipSettings,
  MembershipState,
  Phase,
} from '../../../group/classic/types.ts'
import type { Cluster, Lane } from '../../cluster/types.ts'
import type { ResolvedConsumerOptions } from '../../config/types.ts'
import type { Logger } from '../../logger.ts'
import { onAbort, unobserved, within } from '../../network/wait.ts'
import { Handling } from '../handling.ts'
import { Machine } from '../machine.ts'
import type { MemberIdentity, Membership, MembershipHandlers } from '../membership.ts'
import { whatIsNobodys } from './coming-back.ts'
import { Leader } from './leader.ts'
import { GroupRequests } from './requests.ts'

export function createClassicMembership(
  cluster: Cluster,
  options: ResolvedConsumerOptions,
  handlers: MembershipHandlers,
  logger: Logger,
): Membership {
  return new ClassicMembership(cluster, options, handlers, logger)
}

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

type Action<Type extends MembershipAction['type']> = Extract<MembershipAction, { readonly type: Type }>

class ClassicMembership implements Membership {
  readonly #cluster: Cluster
  readonly #handlers: MembershipHandlers
  readonly #handling: Handling
  readonly #logger: Logger
  readonly #settings: MembershipSettings
  readonly #requests: GroupRequests
  readonly #leader: Leader
  readonly #machine: Machine<MembershipState, MembershipEvent, MembershipAction>
  readonly #requestTimeoutMs: number
  /** Aborts what is under way when the membership ends. */
  readonly #life = new AbortController()
  #lane: Lane | undefined
  /** A static member that has joined without an id may have been given the place that it had. */
  #mayBeBack = false
  readonly #forgetClosing: () => void

  constructor(
    cluster: Cluster,
    options: ResolvedConsumerOptions,
    handlers: MembershipHandlers,
    logger: Logger,
  ) {
    const { signal } = this.#life
    const { maxPollIntervalMs, partitionAssignmentStrategy: assignors, requestTimeoutMs } = options
    const settings = settingsOf(options)
    const { groupId } = settings
    this.#cluster = cluster
    this.#handlers = handlers
    this.#logger = logger
    this.#settings = settings
    this.#requestTimeoutMs = requestTimeoutMs
    this.#handling = new Handling({ handlers, groupId, maxPollIntervalMs, logger, signal })
    this.#requests = new GroupRequests({
      ...{ cluster, settings, assignors, requestTimeoutMs, signal },
      rackId: options.clientRack ?? null,
      lane: () => this.#openLane(),
    })
    this.#machine = new Machine<MembershipState, MembershipEvent, MembershipAction>({
      initial: initialMembership([], performance.now()),
      step: (state, event, now) => step(settings, state, event, now),
      perform: (action) => this.#perform(action),
      wakeAt: (state) => wakeAt(settings, state),
      isBackingOff: ({ phase }) => phase.name === 'waiting',
      tick: { type: 'tick' },
    })
    this.#leader = new Leader({
      ...{ cluster, groupId, assignors, logger },
      onChange: (reason) => this.#machine.happened({ type: 'metadata changed', reason }),
    })
    this.#forgetClosing = onAbort(cluster.closing, () => {
      const error = new KafkaError('CLOSED', 'the client was closed', { groupId })
      this.#machine.happened({ type: 'fail', error })
    })
  }

  get state(): Membership['state'] {
    return STATES[this.#machine.state.phase.name]
  }

  identity(): MemberIdentity | undefined {
    const { memberId, generation } = this.#machine.state.identity
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
      this.#machine.happened({ type: 'fail', error: fatal })
      throw fatal
    }
  }

  join(options: { readonly signal?: AbortSignal; readonly deadline?: number }): Promise<void> {
    const { signal, deadline = Number.POSITIVE_INFINITY } = options
    const { groupId } = this.#settings
    const joined = this.#machine.until(({ phase }) => {
      if (phase.name === 'failed') throw phase.error
      if (phase.name === 'left') throw new KafkaError('CLOSED', `group ${groupId} was left`, { groupId })
      return phase.name === 'stable'
    })
    this.#machine.happened({ type: 'start' })
    const late = () =>
      new KafkaError('TIMEOUT', `joining group ${groupId} took too long`, { groupId, retriable: true })
    return unobserved(within(joined, { deadline, signal, late }))
  }

  subscribe(topics: readonly string[]): void {
    this.#machine.happened({ type: 'subscribe', topics })
  }

  progress(): void {
    this.#machine.happened({ type: 'progress' })
  }

  onCommitError(errorCode: number, { memberId, generation }: { memberId: string; generation: number }): void {
    this.#machine.happened({ type: 'commit refused', errorCode, memberId, generation })
  }

  async leave({
    timeoutMs,
    reason = 'the member was asked to leave',
    leaveGroup,
  }: Parameters<Membership['leave']>[0]): Promise<void> {
    const gone = this.#machine.until(({ phase }) => phase.name === 'left' || phase.name === 'failed')
    this.#machine.happened({ type: 'leave', reason, leaveGroup })
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
    this.#machine.stop()
    this.#leader.stop()
    this.#life.abort(new KafkaError('CLOSED', `group ${this.#settings.groupId} was left`))
    await this.#lane?.close({ timeoutMs: 0 })
  }

  #openLane(): Lane {
    this.#lane ??= this.#cluster.openLane(`group ${this.#settings.groupId}`)
    return this.#lane
  }

  async #dropLane(): Promise<void> {
    const lane = this.#lane
    this.#lane = undefined
    await lane?.close({ timeoutMs: 0 })
  }

  // ---- what the machine wants done

  #perform(action: MembershipAction): void {
    switch (action.type) {
      case 'send join':
        this.#leader.stop()
        if (action.memberId === '') this.#mayBeBack = this.#settings.groupInstanceId !== null
        return this.#attempt(action.token, this.#requests.join(action))
      case 'assign':
        return this.#attempt(action.token, this.#assign(action))
      case 'send sync':
        return this.#attempt(action.token, this.#requests.sync(action))
      case 'send heartbeat':
        return this.#attempt(action.token, this.#requests.heartbeat(action))
      case 'send leave':
        return this.#attempt(action.token, this.#leave(action))
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
      (event) => this.#machine.happened(event),
      (error) => {
        if (!this.#life.signal.aborted) this.#machine.happened({ type: 'attempt failed', token, error })
      },
    )
  }

  async #assign(action: Action<'assign'>): Promise<MembershipEvent> {
    const options = { timeoutMs: this.#requestTimeoutMs, signal: this.#life.signal }
    return { type: 'assigned', token: action.token, assignments: await this.#leader.assign(action, options) }
  }

  /** Who has failed says goodbye while all else is let go of. */
  #leave(action: Action<'send leave'>): Promise<MembershipEvent> {
    const isLast = this.#machine.state.phase.name === 'failed'
    return this.#requests.leave(action, isLast ? undefined : this.#life.signal)
  }

  async #revoke({ token, partitions }: Action<'revoke'>): Promise<MembershipEvent> {
    await this.#handling.revoke(partitions)
    return { type: 'released', token }
  }

  async #lose({ token, partitions }: Action<'lose'>): Promise<MembershipEvent> {
    await this.#handling.lose(partitions)
    return { type: 'released', token }
  }

  async #take({ token, all, added }: Action<'take'>): Promise<MembershipEvent> {
    await this.#handling.take(all, added)
    if (this.#mayBeBack) unobserved(this.#lookAround())
    return { type: 'taken', token }
  }

  async #lookAround(): Promise<void> {
    this.#mayBeBack = false
    const { groupId } = this.#settings
    const { generation } = this.#machine.state.identity
    try {
      const options = { timeoutMs: this.#requestTimeoutMs, signal: this.#life.signal }
      const reason = await whatIsNobodys(this.#cluster, groupId, options)
      if (reason === undefined || this.#machine.state.identity.generation !== generation) return
      this.#machine.happened({ type: 'metadata changed', reason })
    } catch (error) {
      const message = `it could not be seen whether all partitions of the group are somebody's: ${String(error)}`
      if (!this.#life.signal.aborted) this.#logger.debug(message, { groupId, error })
    }
  }
}

/** A member is cooperative when all the assignors that it lists are: whichever is chosen, members keep what they own. */
function settingsOf(options: ResolvedConsumerOptions): MembershipSettings {
  const isCooperative = options.partitionAssignmentStrategy.every(
    ({ protocol }) => protocol === 'cooperative',
  )
  return {
    groupId: options.groupId!,
    groupInstanceId: options.groupInstanceId ?? null,
    protocol: isCooperative ? 'cooperative' : 'eager',
    sessionTimeoutMs: options.sessionTimeoutMs,
    maxPollIntervalMs: options.maxPollIntervalMs,
    heartbeatIntervalMs: options.heartbeatIntervalMs,
    retryBackoffMs: options.retryBackoffMs,
    retryBackoffMaxMs: options.retryBackoffMaxMs,
  }
}
