// The edge of a next generation group's membership (KIP-848): performs what the machine in `group/consumer` wants done
// (requests, timers, handlers) and feeds it what happened. One lane of its own (C12).

import { randomUUID } from 'node:crypto'
import { KafkaError } from '../../../errors.ts'
import { fatalFailure } from '../../../group/consumer/errors.ts'
import { step } from '../../../group/consumer/membership.ts'
import { initialMembership, isSettled, wakeAt } from '../../../group/consumer/state.ts'
import type {
  MembershipAction,
  MembershipEvent,
  MembershipSettings,
  MembershipState,
  Phase,
} from '../../../group/consumer/types.ts'
import type { Cluster, Lane } from '../../cluster/types.ts'
import type { ResolvedConsumerOptions } from '../../config/types.ts'
import type { Logger } from '../../logger.ts'
import { onAbort, unobserved, within } from '../../network/wait.ts'
import { Handling } from '../handling.ts'
import { Machine } from '../machine.ts'
import type { MemberIdentity, Membership, MembershipHandlers } from '../membership.ts'
import { patternOf } from '../subscription.ts'
import { MemberRequests } from './requests.ts'

export function createNextGenerationMembership(
  cluster: Cluster,
  options: ResolvedConsumerOptions,
  handlers: MembershipHandlers,
  logger: Logger,
): Membership {
  return new NextGenerationMembership(cluster, options, handlers, logger)
}

/** Of a member: while it is reconciled with what the coordinator wants. */
const STATES: { readonly [Name in Phase['name']]: Membership['state'] } = {
  out: 'unjoined',
  joining: 'joining',
  member: 'rebalancing',
  releasing: 'rebalancing',
  leaving: 'left',
  left: 'left',
  failed: 'failed',
}

type Action<Type extends MembershipAction['type']> = Extract<MembershipAction, { readonly type: Type }>

class NextGenerationMembership implements Membership {
  readonly #cluster: Cluster
  readonly #handlers: MembershipHandlers
  readonly #handling: Handling
  readonly #logger: Logger
  readonly #settings: MembershipSettings
  readonly #pattern: string | null
  readonly #requests: MemberRequests
  readonly #machine: Machine<MembershipState, MembershipEvent, MembershipAction>
  /** Aborts what is under way when the membership ends. */
  readonly #life = new AbortController()
  #lane: Lane | undefined
  readonly #forgetClosing: () => void

  constructor(
    cluster: Cluster,
    options: ResolvedConsumerOptions,
    handlers: MembershipHandlers,
    logger: Logger,
  ) {
    const { signal } = this.#life
    const { maxPollIntervalMs, requestTimeoutMs } = options
    const settings = settingsOf(options)
    const { groupId } = settings
    this.#cluster = cluster
    this.#handlers = handlers
    this.#logger = logger
    this.#settings = settings
    this.#pattern = patternOf(options.topics ?? [])
    this.#handling = new Handling({ handlers, groupId, maxPollIntervalMs, logger, signal })
    this.#requests = new MemberRequests({
      ...{ cluster, settings, requestTimeoutMs, signal },
      serverAssignor: options.groupRemoteAssignor ?? null,
      rackId: options.clientRack ?? null,
      lane: () => this.#openLane(),
    })
    this.#machine = new Machine<MembershipState, MembershipEvent, MembershipAction>({
      initial: initialMembership({ topics: [], pattern: this.#pattern }, performance.now()),
      step: (state, event, now) => step(settings, state, event, now),
      perform: (action) => this.#perform(action),
      wakeAt: (state) => wakeAt(settings, state),
      isBackingOff: ({ attempts }) => attempts > 0,
      tick: { type: 'tick' },
    })
    this.#forgetClosing = onAbort(cluster.closing, () => {
      const error = new KafkaError('CLOSED', 'the client was closed', { groupId })
      this.#machine.happened({ type: 'fail', error })
    })
  }

  get state(): Membership['state'] {
    const { state } = this.#machine
    return isSettled(state) ? 'stable' : STATES[state.phase.name]
  }

  identity(): MemberIdentity | undefined {
    const { epoch, phase } = this.#machine.state
    if (phase.name !== 'member') return undefined
    const { groupId, groupInstanceId, memberId } = this.#settings
    return { groupId, memberId, generation: epoch, groupInstanceId }
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
    const joined = this.#machine.until((state) => {
      const { phase } = state
      if (phase.name === 'failed') throw phase.error
      if (phase.name === 'left') throw new KafkaError('CLOSED', `group ${groupId} was left`, { groupId })
      return isSettled(state)
    })
    this.#machine.happened({ type: 'start' })
    const late = () =>
      new KafkaError('TIMEOUT', `joining group ${groupId} took too long`, { groupId, retriable: true })
    return unobserved(within(joined, { deadline, signal, late }))
  }

  subscribe(topics: readonly string[]): void {
    this.#machine.happened({ type: 'subscribe', subscription: { topics, pattern: this.#pattern } })
  }

  progress(): void {
    this.#machine.happened({ type: 'progress' })
  }

  onCommitError(errorCode: number, { generation }: { generation: number }): void {
    this.#machine.happened({ type: 'commit refused', errorCode, epoch: generation })
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
      case 'send heartbeat':
        return this.#attempt(action.token, this.#requests.heartbeat(action))
      case 'send leave':
        return this.#attempt(action.token, this.#requests.leave(action))
      case 'name topics':
        return this.#attempt(action.token, this.#requests.nameTopics(action))
      case 'forget coordinator':
        return this.#cluster.forgetCoordinator('group', this.#settings.groupId)
      case 'drop connection':
        unobserved(this.#dropLane())
        return
      case 'revoke':
        return this.#attempt(action.token, this.#revoke(action))
      case 'lose':
        return this.#attempt(action.token, this.#lose(action))
      case 'take':
        return this.#attempt(action.token, this.#take(action))
      case 'suspend':
        return this.#handlers.onSuspended(action.suspended)
      case 'report':
        return this.#handlers.onProblem(action.error)
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
    return { type: 'taken', token }
  }
}

function settingsOf(options: ResolvedConsumerOptions): MembershipSettings {
  return {
    groupId: options.groupId!,
    memberId: randomUUID(),
    groupInstanceId: options.groupInstanceId ?? null,
    maxPollIntervalMs: options.maxPollIntervalMs,
    // The coordinator's is not told; its default is that of the option, which is not given here.
    sessionTimeoutMs: options.sessionTimeoutMs,
    retryBackoffMs: options.retryBackoffMs,
    retryBackoffMaxMs: options.retryBackoffMaxMs,
  }
}
