// What a caller asks to have committed, as positions: everything done, records, batches, offsets given by hand.

import { isKafkaError, KafkaError } from '../../errors.ts'
import type { Logger } from '../logger.ts'
import { checkOffsetToCommit, invalid } from './arguments.ts'
import type { Assignment } from './assignment.ts'
import { itemOf } from './auto-commit.ts'
import { FetchedBatch } from './batch.ts'
import type { CommitItem, Committer } from './committer.ts'
import type { Position } from './partition.ts'
import { FetchedRecord } from './record.ts'
import type { AnyBatch, AnyRecord, OffsetToCommit } from './types.ts'

/** What may be committed; undefined: what is done, what the loop has in hand included. */
export type ToCommit = AnyRecord | AnyBatch | readonly AnyRecord[] | readonly OffsetToCommit[] | undefined

export interface CommitsContext {
  readonly assignment: Assignment
  /** Undefined without a `groupId`: there is nowhere to commit to. */
  readonly committer: Committer | undefined
  readonly logger: Logger
  readonly timeoutMs: number
  /** Aborts when the consumer closes. */
  readonly signal: AbortSignal
  /** Throws when the consumer has ended. While it closes, listeners still commit. */
  readonly checkRunning: () => void
}

export class Commits {
  readonly #context: CommitsContext

  constructor(context: CommitsContext) {
    this.#context = context
  }

  /** Retries until the deadline. */
  async commit(what: ToCommit): Promise<void> {
    if (what instanceof FetchedBatch) return what.commit()
    await this.#commit(this.#itemsOf(what))
  }

  async commitBatch(batch: FetchedBatch, position: Position): Promise<void> {
    await this.#commit([itemOfBatch(batch, position)])
  }

  /** One attempt. What fails is told to the log, too: its caller may not wait for it. */
  async commitOnce(what: ToCommit): Promise<void> {
    if (what instanceof FetchedBatch) {
      return what.commitBy((batch, position) => this.#commitOnce([itemOfBatch(batch, position)]))
    }
    await this.#commitOnce(this.#itemsOf(what))
  }

  async #commit(items: readonly CommitItem[]): Promise<void> {
    const { signal, timeoutMs } = this.#context
    const committer = this.#committer()
    if (items.length > 0) await committer.commit(items, { deadline: performance.now() + timeoutMs, signal })
  }

  async #commitOnce(items: readonly CommitItem[]): Promise<void> {
    const { logger, signal } = this.#context
    const committer = this.#committer()
    if (items.length === 0) return
    try {
      await committer.commitOnce(items, signal)
    } catch (error) {
      const level = isKafkaError(error) && error.retriable ? 'debug' : 'warn'
      logger[level](`commitAsync failed: ${error instanceof Error ? error.message : String(error)}`, {
        error,
      })
      throw error
    }
  }

  #committer(): Committer {
    const { checkRunning, committer } = this.#context
    if (committer === undefined) throw noGroup('There is nowhere to commit to')
    checkRunning()
    return committer
  }

  #itemsOf(what: ToCommit): CommitItem[] {
    if (what === undefined) return this.#positions()
    if (what instanceof FetchedRecord) return [itemAfter(what)]
    if (!Array.isArray(what)) {
      throw invalid(
        'commit() takes a record or batch as this consumer handed it out, an array of such records, or one of { topic, partition, offset }',
      )
    }
    const records = what.filter((each) => each instanceof FetchedRecord)
    if (records.length === 0) return what.map((each: OffsetToCommit) => this.#itemGiven(each))
    if (records.length === what.length) return highestOfEach(records)
    throw invalid(
      'commit() takes an array of records or one of { topic, partition, offset }, not both in one',
    )
  }

  /** Where the group does not have it yet. */
  #positions(): CommitItem[] {
    const items: CommitItem[] = []
    for (const partition of this.#context.assignment) {
      const { committed, epoch, position } = partition
      if (position === undefined) continue
      if (committed?.epoch !== epoch || committed.offset !== position.offset)
        items.push(itemOf(partition, position))
    }
    return items
  }

  #itemGiven(given: OffsetToCommit): CommitItem {
    const { at, ...position } = checkOffsetToCommit(given)
    const partition = this.#context.assignment.find(at)
    return { ...at, ...position, held: partition && { partition, epoch: partition.epoch } }
  }
}

export function noGroup(what: string): KafkaError {
  return new KafkaError('INVALID_STATE', `${what}: the consumer has no groupId`)
}

function itemAfter(record: FetchedRecord): CommitItem {
  const { partition, epoch } = FetchedRecord.sourceOf(record)
  const leaderEpoch = record.leaderEpoch ?? -1
  return { ...itemOf(partition, { offset: record.offset + 1, leaderEpoch }), held: { partition, epoch } }
}

/** Of a partition whose records are of several epochs, the newest epoch counts: the others are history. */
function highestOfEach(records: readonly FetchedRecord[]): CommitItem[] {
  const highest = new Map<string, CommitItem>()
  for (const record of records) {
    const item = itemAfter(record)
    const name = `${item.topic}-${item.partition}`
    const other = highest.get(name)
    const epochs = item.held!.epoch - (other?.held?.epoch ?? -1)
    if (other === undefined || epochs > 0 || (epochs === 0 && item.offset > other.offset))
      highest.set(name, item)
  }
  return [...highest.values()]
}

function itemOfBatch({ slice }: FetchedBatch, { offset, leaderEpoch }: Position): CommitItem {
  const { epoch, partition } = slice
  return { ...itemOf(partition, { offset, leaderEpoch }), held: { partition, epoch } }
}
