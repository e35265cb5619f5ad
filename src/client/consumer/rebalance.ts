// What happens to partitions when the group shares them anew: they are stopped, finished, committed, told of and let go,
// and new ones taken (G5, G6, G14).

import { describePartitions } from '../../group/accounts.ts'
import type { Cluster } from '../cluster/types.ts'
import type { Logger } from '../logger.ts'
import { onAbort } from '../network/wait.ts'
import type { TopicPartition } from '../topic.ts'
import type { Assignment } from './assignment.ts'
import type { AutoCommit } from './auto-commit.ts'
import type { HandOut } from './hand-out.ts'
import { OwnershipLost } from './membership.ts'
import type { Partition } from './partition.ts'

export interface RebalanceContext {
  readonly cluster: Cluster
  readonly assignment: Assignment
  readonly handOut: HandOut
  readonly autoCommit: () => AutoCommit | undefined
  /** Resolves when the commits that were asked for have been answered. */
  readonly commitsSettled: () => Promise<void>
  readonly logger: Logger
  /** The longest that a revocation may take: the group's rebalance timeout. */
  readonly timeoutMs: number
  /** How long metadata of new partitions may take. */
  readonly metadataTimeoutMs: number
  /** Aborts when the consumer closes. */
  readonly signal: AbortSignal
  readonly onChange: () => void
  /** A listener threw: the application's caller is to hear of it (G14). */
  readonly onListenerError: (error: unknown) => void
  /** Calls one of the application's listeners, if it gave one. */
  readonly call: (listener: ListenerName, partitions: readonly TopicPartition[]) => Promise<void>
}

export type ListenerName = 'onPartitionsAssigned' | 'onPartitionsRevoked' | 'onPartitionsLost'

export class Rebalance {
  readonly #context: RebalanceContext
  #last: Promise<unknown> = Promise.resolve()
  #isClosing = false

  constructor(context: RebalanceContext) {
    this.#context = context
  }

  /** Nothing new is taken any more. */
  close(): void {
    this.#isClosing = true
  }

  /**
   * Gives partitions up, in order: nothing more is handed out, the body in hand ends, done is committed, the listener.
   * Of none the listener is told, too: so an eager member hears of each rebalance.
   */
  revoke(partitions: readonly TopicPartition[], signal: AbortSignal): Promise<void> {
    return this.#inOrder(() => this.#revoke(partitions, signal), signal)
  }

  /** Others may own them already: nothing is committed. */
  lose(partitions: readonly TopicPartition[], signal: AbortSignal): Promise<void> {
    return this.#inOrder(() => this.#lose(partitions, signal), signal)
  }

  /** Takes what is new. Fetching starts when the listener has ended. */
  assign(
    all: readonly TopicPartition[],
    added: readonly TopicPartition[],
    signal: AbortSignal,
  ): Promise<void> {
    return this.#inOrder(async () => {
      if (!this.#isClosing) await this.#assign(all, added, signal)
    }, signal)
  }

  /** One after the other: closing may meet a rebalance. What is out of time does not wait for what was before. */
  #inOrder(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const turn = settledOrAborted(this.#last, signal).then(work)
    this.#last = turn
    return turn
  }

  async #revoke(partitions: readonly TopicPartition[], signal: AbortSignal): Promise<void> {
    const { assignment, logger, timeoutMs } = this.#context
    const held = assignment.among(partitions)
    if (partitions.length === 0) await this.#tell('onPartitionsRevoked', [], signal)
    if (held.length === 0) return
    const deadline = performance.now() + timeoutMs
    let isTold = false
    try {
      this.#stop(held)
      await this.#finish(held, deadline, signal)
      if (isLost(signal)) return
      isTold = true
      await this.#tell('onPartitionsRevoked', held, signal)
      // Afterwards they would be refused.
      await settledOrAborted(this.#context.commitsSettled(), signal)
    } finally {
      // Whatever went wrong: the group is told that they are given up. What was lost before is told of as lost.
      if (isTold || !isLost(signal)) {
        for (const partition of held) assignment.remove(partition)
        logger.info(`gave up ${describePartitions(held)}`)
        this.#context.onChange()
      }
    }
  }

  /** The body in hand ends, what is done is committed; when the signal aborts, no longer. */
  async #finish(held: readonly Partition[], deadline: number, signal: AbortSignal): Promise<void> {
    const { handOut, logger } = this.#context
    const autoCommit = this.#context.autoCommit()
    // What is done by now need not wait for the body.
    autoCommit?.soon(held)
    await handOut.released(held, signal)
    if (isLost(signal)) return
    if (signal.aborted) {
      logger.warn(
        `the loop's body did not end before ${describePartitions(held)} had to be given up: what it has in hand comes again, and ` +
          'commits of it are refused. Let it look at batch.signal, or raise maxPollIntervalMs',
      )
    }
    if (autoCommit !== undefined) {
      await settledOrAborted(autoCommit.beforeRevocation(held, { deadline, signal }), signal)
    }
  }

  async #lose(partitions: readonly TopicPartition[], signal: AbortSignal): Promise<void> {
    const { assignment } = this.#context
    const held = assignment.among(partitions)
    if (held.length === 0) return
    this.#stop(held)
    for (const partition of held) assignment.remove(partition)
    this.#context.onChange()
    await this.#tell('onPartitionsLost', held, signal)
  }

  async #assign(
    all: readonly TopicPartition[],
    added: readonly TopicPartition[],
    overdue: AbortSignal,
  ): Promise<void> {
    const { assignment, cluster, handOut, logger, metadataTimeoutMs, signal } = this.#context
    const names = new Set(all.map(({ topic, partition }) => `${topic}-${partition}`))
    for (const partition of [...assignment]) if (!names.has(partition.name)) assignment.remove(partition)
    const taken = all
      .filter((each) => assignment.find(each) === undefined)
      .map((each) => assignment.add(each))
    // From now on their leaders are kept known.
    const topics = [...new Set(all.map(({ topic }) => topic))]
    cluster.topics(topics, { deadline: performance.now() + metadataTimeoutMs, signal }).catch((error) => {
      if (!signal.aborted) logger.warn(`metadata of assigned topics could not be had: ${String(error)}`)
    })
    const isTold = await this.#tell('onPartitionsAssigned', added, overdue)
    for (const partition of taken) partition.hold = isTold ? undefined : 'listener failed'
    handOut.interrupt()
    this.#context.onChange()
  }

  #stop(held: readonly Partition[]): void {
    const { handOut } = this.#context
    for (const partition of held) partition.hold = 'revoking'
    const { inHand } = handOut
    if (inHand !== undefined && held.includes(inHand.partition)) inHand.onRevoke?.()
    handOut.interrupt()
  }

  /** False when the listener threw. One that goes on for too long is not waited for. */
  async #tell(
    name: ListenerName,
    partitions: readonly TopicPartition[],
    signal: AbortSignal,
  ): Promise<boolean> {
    const { call, logger, onListenerError } = this.#context
    const list = partitions.map(({ topic, partition }) => ({ topic, partition }))
    const called = call(name, list).then(
      () => true,
      (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error)
        logger.error(`${name} threw: ${message}`, { partitions: list })
        onListenerError(error)
        return false
      },
    )
    return (await settledOrAborted(called, signal)) ?? false
  }
}

function isLost({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason instanceof OwnershipLost
}

/** Undefined when the work rejects, or the signal aborts first. */
function settledOrAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
  return new Promise((resolve) => {
    const forget = onAbort(signal, () => resolve(undefined))
    const settle = (value: T | undefined) => {
      forget()
      resolve(value)
    }
    work.then(settle, () => settle(undefined))
  })
}
