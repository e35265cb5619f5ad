// What drives a consumer: the partitions it holds, what keeps them fed, how the loop gets records and what is committed,
// put together, begun and ended in order. The public methods are in consumer.ts.

import { KafkaError } from '../../errors.ts'
import type { Cluster } from '../cluster/types.ts'
import type { ResolvedConsumerOptions } from '../config/types.ts'
import { type Logger, withFields, withPrefix } from '../logger.ts'
import { after, onAbort, unobserved } from '../network/wait.ts'
import type { TopicPartition } from '../topic.ts'
import { Assignment } from './assignment.ts'
import { AutoCommit } from './auto-commit.ts'
import type { CommitBatch } from './batch.ts'
import { createClassicMembership } from './classic/membership.ts'
import { Committer } from './committer.ts'
import { Fetcher } from './fetcher.ts'
import { HandOut } from './hand-out.ts'
import { Loops } from './loop.ts'
import { AssignedByHand } from './manual-assignment.ts'
import type { Membership, MembershipHandlers } from './membership.ts'
import { createNextGenerationMembership } from './next-generation/membership.ts'
import { PositionLookup } from './position-lookup.ts'
import { Pump } from './pump.ts'
import { type ListenerName, Rebalance } from './rebalance.ts'
import { deserializersOf, Subscription } from './subscription.ts'
import type { ConsumerCloseOptions } from './types.ts'

/** What a consumer needs to know of the options of its `Kafka`. */
export interface ConsumerSurroundings {
  readonly metadataMaxAgeMs: number
}

export interface EngineContext {
  readonly cluster: Cluster
  readonly options: ResolvedConsumerOptions
  readonly surroundings: ConsumerSurroundings
  readonly commitBatch: CommitBatch
  /** Calls one of the application's listeners with the consumer. */
  readonly callListener: (name: ListenerName, partitions: readonly TopicPartition[]) => Promise<void>
}

const MEMBERSHIPS = { classic: createClassicMembership, consumer: createNextGenerationMembership }

type Closing = ConsumerCloseOptions & { readonly timeoutMs: number }

interface ClosedSettler {
  resolve(): void
  reject(error: unknown): void
}

export class Engine {
  readonly assignment: Assignment
  readonly handOut: HandOut
  readonly loops: Loops
  readonly committer: Committer | undefined
  readonly membership: Membership | undefined
  readonly subscription: Subscription | undefined
  /** Resolves when the consumer is closed; rejects when an error has ended it. */
  readonly closed: Promise<void>
  readonly #cluster: Cluster
  readonly #options: ResolvedConsumerOptions
  readonly #logger: Logger
  readonly #life = new AbortController()
  readonly #pump: Pump
  readonly #fetcher: Fetcher
  readonly #rebalance: Rebalance
  readonly #autoCommit: AutoCommit | undefined
  readonly #settleClosed: ClosedSettler
  readonly #byHand: AssignedByHand | undefined
  #begun: Promise<KafkaError | undefined> | undefined
  #ended: Promise<void> | undefined
  /** What a listener threw while no loop could be told. */
  #listenerError: { readonly error: unknown } | undefined
  #isRefreshing = false
  #stopListening: (() => void) | undefined
  readonly #forgetClosing: () => void
  #progressTimer: NodeJS.Timeout | undefined
  #hasProgressed = false
  #isWaiting = false

  constructor({ cluster, options, surroundings, commitBatch, callListener }: EngineContext) {
    const { groupId, topics } = options
    const logger =
      groupId === undefined
        ? withFields(options.logger, {})
        : withPrefix(withFields(options.logger, { groupId }), `group ${groupId}: `)
    this.#cluster = cluster
    this.#options = options
    this.#logger = logger
    let settle: ClosedSettler | undefined
    this.closed = unobserved(
      new Promise((resolve, reject) => {
        settle = { resolve, reject }
      }),
    )
    this.#settleClosed = settle!

    const inputs = topics ?? options.assign!.map(({ topic }) => topic)
    const assignment = new Assignment(deserializersOf(inputs, { key: options.key, value: options.value }))
    const handOut = new HandOut({ maxRecords: options.maxPollRecords })
    this.assignment = assignment
    this.handOut = handOut
    this.loops = new Loops({
      handOut,
      commitBatch,
      start: () => this.#beginForLoop(),
      asked: () => {
        this.#hasProgressed = true
      },
      wentOn: () => this.membership?.progress(),
      waiting: (isWaiting) => {
        this.#isWaiting = isWaiting
      },
    })

    this.#forgetClosing = onAbort(cluster.closing, () => this.#cutOff())
    const schedule = () => this.#pump.schedule()
    const shared = { cluster, assignment, handOut, logger, onStaleMetadata: () => this.#refresh() }
    const lookup = new PositionLookup(
      { ...shared, signal: this.#life.signal, onChange: schedule, onReset: () => this.#autoCommit?.soon() },
      options,
    )
    this.#fetcher = new Fetcher(
      {
        ...shared,
        onAnswer: () => this.#pump.run(),
        onRoom: schedule,
        onOutOfRange: (partition) => lookup.outOfRange(partition),
      },
      { ...options, ...surroundings },
    )
    this.#pump = new Pump([lookup.step, this.#fetcher.step])
    this.#rebalance = new Rebalance({
      cluster,
      assignment,
      handOut,
      autoCommit: () => this.#autoCommit,
      commitsSettled: async () => this.committer?.settled(),
      logger,
      timeoutMs: options.maxPollIntervalMs,
      metadataTimeoutMs: options.defaultApiTimeoutMs,
      signal: this.#life.signal,
      onChange: schedule,
      onListenerError: (error) => {
        if (this.isClosing) this.#listenerError ??= { error }
        else handOut.report(error)
      },
      // Who assigns by hand is told of nothing.
      call: async (name, partitions) => {
        if (topics !== undefined) await callListener(name, partitions)
      },
    })

    if (topics !== undefined) {
      const createMembership = MEMBERSHIPS[options.groupProtocol]
      this.membership = createMembership(cluster, options, this.#handlers(), logger)
      this.subscription = new Subscription({
        ...{ cluster, logger, topics },
        allowAutoCreateTopics: options.allowAutoCreateTopics,
        metadataMaxAgeMs: surroundings.metadataMaxAgeMs,
        topicTimeoutMs: options.defaultApiTimeoutMs,
        retryBackoffMs: options.retryBackoffMs,
        onChange: (names) => this.membership!.subscribe(names),
        onProblem: (error) => handOut.report(error),
      })
    } else {
      this.#byHand = new AssignedByHand(options.assign!, {
        ...{ cluster, assignment, handOut, signal: this.#life.signal, onChange: schedule },
        allowAutoCreateTopics: options.allowAutoCreateTopics,
        topicTimeoutMs: options.defaultApiTimeoutMs,
      })
    }
    if (groupId === undefined) return
    const { membership } = this
    this.committer = new Committer({ cluster, assignment, groupId, membership, logger })
    if (!options.enableAutoCommit) return
    const { committer } = this
    const intervalMs = options.autoCommitIntervalMs
    this.#autoCommit = new AutoCommit({ committer, partitions: () => assignment, logger, intervalMs })
  }

  /** Aborts when the consumer closes. */
  get signal(): AbortSignal {
    return this.#life.signal
  }

  get isClosing(): boolean {
    return this.#ended !== undefined
  }

  /** Something about a partition has changed: the loop must look, and there may be something to ask. */
  changed(): void {
    this.handOut.interrupt()
    this.#pump.schedule()
  }

  // ---- beginning

  /**
   * Once; again when it failed. Resolves when the first assignment is there, to an error that the loop is told of:
   * partitions that cannot be read stop none of the others.
   */
  begin(): Promise<KafkaError | undefined> {
    if (this.#begun === undefined) {
      const begun = this.#byHand === undefined ? this.#join(this.membership!) : this.#assign(this.#byHand)
      this.#begun = unobserved(
        begun.catch((error) => {
          this.#begun = undefined
          // An end that was not asked for has its own cause, before which everything else ends.
          throw this.loops.fatal ?? error
        }),
      )
    }
    return this.#begun
  }

  #beginForLoop(): void {
    this.begin().catch((error) => {
      if (!this.#life.signal.aborted) this.handOut.report(error)
    })
  }

  async #join(membership: Membership): Promise<undefined> {
    const { defaultApiTimeoutMs } = this.#options
    const { signal } = this.#life
    this.#listen()
    const deadline = performance.now() + defaultApiTimeoutMs
    // A cluster that cannot be reached is an error within the deadline; a join may take as long as the group does.
    await membership.reach({ deadline, signal })
    await this.subscription!.start({ deadline, signal })
    this.#watchProgress(membership)
    membership.subscribe(this.subscription!.names)
    await membership.join({ signal })
    this.#autoCommit?.start()
  }

  #assign(byHand: AssignedByHand): Promise<KafkaError | undefined> {
    this.#listen()
    this.#autoCommit?.start()
    this.#pump.schedule()
    return byHand.begin()
  }

  #listen(): void {
    this.#stopListening ??= this.#cluster.onMetadata(() => {
      this.#byHand?.checkAll()
      this.#pump.schedule()
    })
  }

  #handlers(): MembershipHandlers {
    const rebalance = this.#rebalance
    return {
      onRevoke: (partitions, signal) => rebalance.revoke(partitions, signal),
      onLost: (partitions, signal) => rebalance.lose(partitions, signal),
      onAssigned: (all, added, signal) => rebalance.assign(all, added, signal),
      onSuspended: (isSuspended) => this.handOut.suspend(isSuspended),
      onProblem: (error) => this.handOut.report(error),
      onFatal: (error) => this.#fail(error),
    }
  }

  // ---- ending

  /** Stops, waits for a running body, commits what is done, leaves, and lets go of everything. */
  close(options: Closing): Promise<void> {
    this.#ended ??= unobserved(this.#close(options))
    return this.#ended
  }

  async #close({ timeoutMs, leaveGroup }: Closing): Promise<void> {
    const deadline = performance.now() + timeoutMs
    const overdue = new AbortController()
    const cancel = after(timeoutMs, () => overdue.abort(new KafkaError('TIMEOUT', 'closing took too long')))
    this.loops.close()
    this.#rebalance.close()
    try {
      if (this.#begun !== undefined) {
        const owned = this.assignment.list()
        if (owned.length > 0) await this.#rebalance.revoke(owned, overdue.signal)
        const left = Math.max(0, deadline - performance.now())
        await this.membership?.leave({ timeoutMs: left, reason: 'the consumer was closed', leaveGroup })
      }
    } catch (error) {
      this.#logger.warn(`leaving failed: ${error instanceof Error ? error.message : String(error)}`)
    } finally {
      cancel()
    }
    await this.#release()
    this.#settleClosed.resolve()
    if (this.#listenerError !== undefined) throw this.#listenerError.error
  }

  /** The membership has ended for good: every loop is told, and nothing is committed any more. */
  #fail(error: KafkaError): void {
    if (this.#life.signal.aborted) return
    if (error.code === 'CLOSED') return this.#cutOff()
    this.#logger.error(`the consumer has ended: ${error.message} (${error.code})`)
    this.loops.fail(error)
    this.#settleClosed.reject(error)
    this.#ended ??= this.#release()
  }

  /** The cluster was closed first: as {@link close}, without anyone to commit to or to say goodbye to. */
  #cutOff(): void {
    if (this.#ended !== undefined) return
    this.loops.close()
    this.#ended = this.#release().then(() => this.#settleClosed.resolve())
  }

  async #release(): Promise<void> {
    this.#life.abort(new KafkaError('CLOSED', 'the consumer is closed'))
    this.#forgetClosing()
    this.#pump.stop()
    this.#autoCommit?.stop()
    this.subscription?.stop()
    this.#stopListening?.()
    clearInterval(this.#progressTimer)
    this.#rebalance.close()
    const fetcherClosed = this.#fetcher.close()
    // What could not be given up is lost.
    const overdue = new AbortController()
    const cancel = after(Math.min(this.#options.maxPollIntervalMs, LAST_LISTENER_MS), () => overdue.abort())
    await this.#rebalance.lose(this.assignment.list(), overdue.signal)
    cancel()
    await fetcherClosed
  }

  // ---- while it runs

  /**
   * Tells the membership of progress (G7) now and then, not with every record: that would cost more than the record.
   * Waiting for records is progress, too.
   */
  #watchProgress(membership: Membership): void {
    const tell = () => {
      if (this.#hasProgressed || this.#isWaiting) membership.progress()
      this.#hasProgressed = false
    }
    const everyMs = Math.min(MAX_PROGRESS_INTERVAL_MS, this.#options.maxPollIntervalMs / 4)
    this.#progressTimer ??= setInterval(tell, Math.max(1, everyMs))
  }

  #refresh(): void {
    if (this.#isRefreshing || this.#life.signal.aborted) return
    this.#isRefreshing = true
    const done = () => {
      this.#isRefreshing = false
    }
    this.#cluster.refresh({ signal: this.#life.signal }).then(done, done)
  }
}

const MAX_PROGRESS_INTERVAL_MS = 5_000
/** How long the end waits for a listener that is told of a loss. */
const LAST_LISTENER_MS = 5_000
