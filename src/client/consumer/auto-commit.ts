// Commits what is done, and only that, every `autoCommitIntervalMs`, and before partitions are given up (O2, O6).

import { isKafkaError } from '../../errors.ts'
import { describePartitions } from '../../group/accounts.ts'
import type { Logger } from '../logger.ts'
import type { CommitItem, Committer } from './committer.ts'
import type { Partition } from './partition.ts'

export interface AutoCommitContext {
  readonly committer: Committer
  readonly partitions: () => Iterable<Partition>
  readonly logger: Logger
  readonly intervalMs: number
}

export class AutoCommit {
  readonly #context: AutoCommitContext
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined

  constructor(context: AutoCommitContext) {
    this.#context = context
  }

  start(): void {
    this.#timer ??= setInterval(() => this.soon(), this.#context.intervalMs)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /**
   * Commits now, once: what is done of all partitions, or of those that are about to be given up. What fails is told to
   * the log, and is committed the next time.
   */
  soon(beforeRevocationOf?: readonly Partition[]): void {
    this.#running ??= this.#run(beforeRevocationOf).finally(() => {
      this.#running = undefined
    })
  }

  /** Commits what is done of these before they are given up, until the signal aborts, then lets it be (G5). */
  async beforeRevocation(
    partitions: readonly Partition[],
    call: { readonly deadline: number; readonly signal: AbortSignal },
  ): Promise<void> {
    let items = doneItems(partitions)
    if (items.length === 0) return
    const { committer, logger } = this.#context
    const news = () => (items = doneItems(partitions))
    try {
      await committer.commitNews(news, { ...call, isBeforeRevocation: true })
      if (items.length === 0) return
      this.#tellLast(items)
    } catch (error) {
      const message = `offsets could not be committed before the partitions were given up; their records since the last commit come again: ${reasonOf(error)}`
      logger.warn(message, { offsets: offsetsOf(items) })
    }
  }

  #tellLast(items: readonly CommitItem[]): void {
    const { logger } = this.#context
    logger.info(`committed ${textOf(items)} before giving up`, { offsets: offsetsOf(items) })
  }

  async #run(revoked: readonly Partition[] | undefined): Promise<void> {
    const { committer, logger, partitions } = this.#context
    let items = doneItems(revoked ?? partitions())
    if (items.length === 0) return
    const news = () => (items = doneItems(revoked ?? partitions()))
    try {
      await committer.commitNews(news, { deadline: undefined })
      if (items.length === 0) return
      if (revoked !== undefined) this.#tellLast(items)
      else logger.debug(`committed ${textOf(items)}`, { offsets: offsetsOf(items) })
    } catch (error) {
      const passes = isKafkaError(error) && (error.retriable || error.code === 'CLOSED')
      const level = passes ? 'debug' : 'warn'
      logger[level](`an automatic commit failed: ${reasonOf(error)}`, { offsets: offsetsOf(items) })
    }
  }
}

/** The positions up to which all is done, where the group does not have them yet. */
export function doneItems(partitions: Iterable<Partition>): CommitItem[] {
  const items: CommitItem[] = []
  for (const partition of partitions) {
    const done = partition.donePosition
    if (done === undefined) continue
    const { committed, epoch } = partition
    // Under one epoch commits go forwards; a seek or a reset begins another.
    const isNews =
      committed?.epoch === epoch ? done.offset > committed.offset : done.offset !== committed?.offset
    if (isNews) items.push(itemOf(partition, done))
  }
  return items
}

/** A position of a partition, to be committed under the epoch it has now. */
export function itemOf(
  partition: Partition,
  { offset, leaderEpoch }: { readonly offset: number; readonly leaderEpoch: number },
): CommitItem {
  const { topic, partition: number, epoch } = partition
  return { topic, partition: number, offset, leaderEpoch, metadata: '', held: { partition, epoch } }
}

function offsetsOf(items: readonly CommitItem[]): { readonly [name: string]: number } {
  return Object.fromEntries(items.map(({ topic, partition, offset }) => [`${topic}-${partition}`, offset]))
}

function textOf(items: readonly CommitItem[]): string {
  return describePartitions(items, ({ partition, offset }) => `${partition} at ${offset}`)
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
