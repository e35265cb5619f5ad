// When metadata is asked for, and for which topics (M1, M3): concurrent askers share a request, failures back off, and
// what is tracked is refreshed at its age.

import { isKafkaError, KafkaError } from '../../errors.ts'
import { brokerError, errorByName } from '../../protocol/error-codes.ts'
import { backoffMs } from '../network/backoff.ts'
import { maintenanceAfter, sleep, unobserved, within } from '../network/wait.ts'
import type { MetadataAnswer, MetadataStore } from './metadata-store.ts'
import { type RetryPolicy, retryUntil } from './retry.ts'
import type { ClusterMetadata } from './types.ts'

export interface MetadataQuestion {
  /** Null: every topic. */
  readonly topics: readonly string[] | null
  readonly allowAutoCreate: boolean
}

export interface RefresherOptions extends RetryPolicy {
  readonly store: MetadataStore
  readonly metadataMaxAgeMs: number
  /** One request, one attempt. */
  readonly ask: (question: MetadataQuestion) => Promise<MetadataAnswer>
  /** Told of each failed request; the first since one succeeded is told so. Not while closing. */
  readonly onFailure: (error: unknown, isFirst: boolean) => void
}

interface Caller {
  readonly deadline: number
  readonly signal?: AbortSignal | undefined
}

const INVALID_TOPIC_EXCEPTION = errorByName('INVALID_TOPIC_EXCEPTION').code
const TOPIC_AUTHORIZATION_FAILED = errorByName('TOPIC_AUTHORIZATION_FAILED').code
const UNKNOWN_TOPIC_OR_PARTITION = errorByName('UNKNOWN_TOPIC_OR_PARTITION').code

/** A request that askers share. Until it has begun more may be asked with it. */
class Round {
  readonly names = new Set<string>()
  /** All tracked topics, too. */
  isFull = false
  readonly done: Promise<void>
  resolve!: () => void
  reject!: (error: unknown) => void

  constructor() {
    this.done = unobserved(
      new Promise<void>((resolve, reject) => {
        this.resolve = resolve
        this.reject = reject
      }),
    )
  }

  covers(names: Iterable<string>): boolean {
    for (const name of names) if (!this.names.has(name)) return false
    return true
  }
}

/** Rounds of one kind run one after the other: topics that may be created by the asking are never asked with others. */
interface Rounds {
  readonly allowAutoCreate: boolean
  running: Round | undefined
  next: Round | undefined
}

export class MetadataRefresher {
  readonly #options: RefresherOptions
  readonly #tracked = new Set<string>()
  /** How many calls wait for a topic that is not known. */
  readonly #askers = new Map<string, number>()
  readonly #looking: Rounds = { allowAutoCreate: false, running: undefined, next: undefined }
  readonly #creating: Rounds = { allowAutoCreate: true, running: undefined, next: undefined }
  #everything: Promise<ClusterMetadata> | undefined
  #failures = 0
  #notBefore = 0
  #refreshAt = Number.POSITIVE_INFINITY
  #cancelRefresh = () => {}

  constructor(options: RefresherOptions) {
    this.#options = options
    options.closing.addEventListener('abort', () => this.#cancelRefresh(), { once: true })
  }

  /** As {@link Cluster.topics}. */
  async topics(
    names: readonly string[],
    options: Caller & { readonly allowAutoCreate?: boolean | undefined },
  ): Promise<ClusterMetadata> {
    const { store, closing } = this.#options
    closing.throwIfAborted()
    options.signal?.throwIfAborted()
    for (const name of names) this.#tracked.add(name)
    const missing = () => names.filter((name) => store.snapshot.topics.get(name)?.errorCode !== 0)
    if (missing().length === 0 && store.snapshot.brokers.size > 0) return store.snapshot
    const rounds = options.allowAutoCreate ? this.#creating : this.#looking
    return this.#counted(names, () =>
      this.#retry(`metadata of ${listed(names)}`, options, async () => {
        await this.#join(rounds, missing(), false)
        for (const name of names) throwIfUnusable(name, store.snapshot.topics.get(name)?.errorCode)
        return store.snapshot
      }),
    )
  }

  /** As {@link Cluster.allTopics}. */
  allTopics(options: Caller): Promise<ClusterMetadata> {
    const { store, ask } = this.#options
    const once = async () => {
      const answer = await ask({ topics: null, allowAutoCreate: false })
      return store.take(answer, (topic) => this.#tracked.has(topic))
    }
    return this.#retry('metadata of all topics', options, () => {
      this.#everything ??= once().finally(() => {
        this.#everything = undefined
      })
      return this.#everything
    })
  }

  /** New metadata of all tracked topics: one attempt, shared. */
  async refresh(signal?: AbortSignal): Promise<ClusterMetadata> {
    const { closing, store } = this.#options
    closing.throwIfAborted()
    const round = this.#join(this.#looking, [], true)
    await within(round, { deadline: Number.POSITIVE_INFINITY, signal, late: () => undefined })
    return store.snapshot
  }

  /** Something has changed: a refresh soon, without anyone waiting. */
  refreshSoon(): void {
    this.#schedule(Math.max(this.#notBefore - performance.now(), this.#options.retryBackoffMs))
  }

  #retry<T>(what: string, { deadline, signal }: Caller, attempt: () => Promise<T>): Promise<T> {
    return retryUntil(this.#options, { what, deadline, ...(signal && { signal }) }, attempt)
  }

  /** Ends in UNKNOWN_TOPIC where the last word was that there is no such topic. A topic that never was is not tracked on. */
  async #counted<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
    for (const name of names) this.#askers.set(name, (this.#askers.get(name) ?? 0) + 1)
    const started = performance.now()
    try {
      return await work()
    } catch (error) {
      throw unknownTopic(error, performance.now() - started) ?? error
    } finally {
      for (const name of names) {
        const others = this.#askers.get(name)! - 1
        if (others > 0) this.#askers.set(name, others)
        else {
          this.#askers.delete(name)
          if (!this.#options.store.hasKnown(name)) this.#tracked.delete(name)
        }
      }
    }
  }

  #join(rounds: Rounds, names: readonly string[], isFull: boolean): Promise<void> {
    const { running } = rounds
    if (running !== undefined && (running.isFull || !isFull) && running.covers(names)) return running.done
    const isFirst = rounds.next === undefined
    rounds.next ??= new Round()
    for (const name of names) rounds.next.names.add(name)
    rounds.next.isFull ||= isFull
    const { done } = rounds.next
    // A microtask later, so that all who ask in this turn ask together.
    if (isFirst && running === undefined) queueMicrotask(() => this.#begin(rounds))
    return done
  }

  #begin(rounds: Rounds): void {
    const round = rounds.next
    if (round === undefined || rounds.running !== undefined) return
    rounds.next = undefined
    rounds.running = round
    void this.#run(round, rounds.allowAutoCreate).then(
      () => {
        this.#failures = 0
        this.#notBefore = 0
        rounds.running = undefined
        round.resolve()
        if (round.isFull || this.#refreshAt === Number.POSITIVE_INFINITY) this.#scheduleAtAge()
        this.#begin(rounds)
      },
      (error) => {
        const { retryBackoffMs, retryBackoffMaxMs, onFailure, closing } = this.#options
        if (!closing.aborted) onFailure(error, this.#failures === 0)
        const pauseMs = backoffMs(retryBackoffMs, retryBackoffMaxMs, this.#failures++)
        this.#notBefore = performance.now() + pauseMs
        rounds.running = undefined
        round.reject(error)
        this.#refreshAt = Number.POSITIVE_INFINITY
        this.refreshSoon()
        this.#begin(rounds)
      },
    )
  }

  async #run(round: Round, allowAutoCreate: boolean): Promise<void> {
    const { store, ask, closing } = this.#options
    const pauseMs = this.#notBefore - performance.now()
    if (pauseMs > 0) await sleep(pauseMs, closing)
    closing.throwIfAborted()
    if (round.isFull) for (const name of this.#tracked) round.names.add(name)
    const answer = await ask({ topics: [...round.names], allowAutoCreate })
    closing.throwIfAborted()
    store.take(answer, (topic) => this.#tracked.has(topic))
  }

  #scheduleAtAge(): void {
    this.#refreshAt = Number.POSITIVE_INFINITY
    this.#schedule(this.#options.metadataMaxAgeMs)
  }

  /** Sooner than what is scheduled, never later. */
  #schedule(delayMs: number): void {
    const at = performance.now() + delayMs
    if (at >= this.#refreshAt || this.#options.closing.aborted) return
    this.#cancelRefresh()
    this.#refreshAt = at
    this.#cancelRefresh = maintenanceAfter(delayMs, () => {
      this.#refreshAt = Number.POSITIVE_INFINITY
      void this.#join(this.#looking, [], true)
    })
  }
}

function throwIfUnusable(topic: string, errorCode = UNKNOWN_TOPIC_OR_PARTITION): void {
  if (errorCode === 0) return
  const isFinal = errorCode === INVALID_TOPIC_EXCEPTION || errorCode === TOPIC_AUTHORIZATION_FAILED
  // M3, and what no rule names: retried to the deadline.
  throw brokerError(errorCode, { api: 'Metadata', topic, retriable: !isFinal })
}

function unknownTopic(error: unknown, afterMs: number): KafkaError | undefined {
  const cause = isKafkaError(error, 'TIMEOUT') ? error.cause : undefined
  if (!isKafkaError(cause, 'UNKNOWN_TOPIC_OR_PARTITION')) return undefined
  const { topic } = cause
  const advice = 'create it, or check the name and the permission to describe it'
  return new KafkaError(
    'UNKNOWN_TOPIC',
    `there is no topic '${topic}', not even after ${Math.round(afterMs)} ms: ${advice}`,
    { topic, cause },
  )
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'the cluster'
  const some = names.slice(0, 5).map((name) => `'${name}'`)
  return `${names.length === 1 ? 'topic' : 'topics'} ${some.join(', ')}${names.length > 5 ? ', …' : ''}`
}
