// The consumer's handlers as a membership calls them: bounded in time, told when the membership ends, and never the
// reason why a rebalance stops.

import { KafkaError } from '../../errors.ts'
import type { Logger } from '../logger.ts'
import { after, onAbort } from '../network/wait.ts'
import type { TopicPartition } from '../topic.ts'
import { type MembershipHandlers, OwnershipLost } from './membership.ts'

export interface HandlingContext {
  readonly handlers: MembershipHandlers
  readonly groupId: string
  /** How long the group waits for a member that gives up partitions. */
  readonly maxPollIntervalMs: number
  readonly logger: Logger
  /** Aborts when the membership ends. */
  readonly signal: AbortSignal
}

export class Handling {
  readonly #context: HandlingContext
  /** The assignment that the application is being told of; aborts when it is lost. */
  #taking = new AbortController()
  /** What is being given up. */
  #revoking = new AbortController()

  constructor(context: HandlingContext) {
    this.#context = context
  }

  revoke(partitions: readonly TopicPartition[]): Promise<void> {
    const { handlers } = this.#context
    this.#revoking = new AbortController()
    return this.#inTime('giving up partitions', this.#revoking, (signal) =>
      handlers.onRevoke(partitions, signal),
    )
  }

  lose(partitions: readonly TopicPartition[]): Promise<void> {
    const { handlers } = this.#context
    const lost = new OwnershipLost()
    this.#taking.abort(lost)
    this.#revoking.abort(lost)
    return this.#inTime('losing partitions', new AbortController(), (signal) =>
      handlers.onLost(partitions, signal),
    )
  }

  take(all: readonly TopicPartition[], added: readonly TopicPartition[]): Promise<void> {
    const { handlers } = this.#context
    this.#taking = new AbortController()
    const take = (signal: AbortSignal) => handlers.onAssigned(all, added, signal)
    return this.#handle('taking partitions', this.#taking, take)
  }

  /** As {@link #handle}; the handler is told when the rebalance waits no longer. */
  async #inTime(
    what: string,
    overdue: AbortController,
    handler: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const { groupId, maxPollIntervalMs } = this.#context
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
    const { groupId, logger, signal } = this.#context
    const forget = onAbort(signal, (reason) => ended.abort(reason))
    try {
      await handler(ended.signal)
    } catch (error) {
      logger.error(`${what} failed: ${String(error)}`, { groupId, error })
    } finally {
      forget()
    }
  }
}
