// Commits offsets, one request at a time, so that a later commit is never overtaken by an earlier one (O5). Before each
// attempt it asks whether the partition is still held under the epoch its records were handed out under: a classic
// coordinator does not know who owns a partition (O7).

import {
  CommitFailedError,
  type ErrorContext,
  FencedError,
  isKafkaError,
  type KafkaError,
  PartialFailureError,
} from '../../errors.ts'
import { OffsetCommit } from '../../protocol/api/index.ts'
import { brokerError, errorByCode } from '../../protocol/error-codes.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import type { Cluster } from '../cluster/types.ts'
import type { Logger } from '../logger.ts'
import type { TopicPartition } from '../topic.ts'
import type { Assignment } from './assignment.ts'
import type { Membership } from './membership.ts'
import type { Partition } from './partition.ts'

/** A position to commit. */
export interface CommitItem extends TopicPartition {
  readonly offset: number
  /** -1: not known. */
  readonly leaderEpoch: number
  readonly metadata: string
  /** Whose records it comes from, and the epoch they were handed out under; undefined: nobody's, given by hand. */
  readonly held: { readonly partition: Partition; readonly epoch: number } | undefined
}

export interface CommitCall {
  /** Absolute, as `performance.now()` counts; undefined: one attempt. */
  readonly deadline: number | undefined
  readonly signal?: AbortSignal | undefined
  /** A deleted topic must not hold up a revocation (O3). */
  readonly isBeforeRevocation?: boolean
}

export interface CommitterContext {
  readonly cluster: Cluster
  readonly assignment: Assignment
  readonly groupId: string
  /** Undefined for a consumer that assigns itself. */
  readonly membership: Membership | undefined
  readonly logger: Logger
}

type Identity = NonNullable<ReturnType<Membership['identity']>>

/**
 * What a code makes of the partition (O3): asked again (`again`, `refind`), the membership's matter as well (`member`),
 * or the caller's. A code that is not here is asked again until the deadline.
 */
const REACTIONS: { readonly [name: string]: 'again' | 'refind' | 'member' | 'caller' } = {
  NOT_COORDINATOR: 'refind',
  COORDINATOR_NOT_AVAILABLE: 'refind',
  REQUEST_TIMED_OUT: 'refind',
  COORDINATOR_LOAD_IN_PROGRESS: 'again',
  UNSTABLE_OFFSET_COMMIT: 'again',
  UNKNOWN_TOPIC_OR_PARTITION: 'again',
  UNKNOWN_TOPIC_ID: 'again',
  STALE_MEMBER_EPOCH: 'again',
  REBALANCE_IN_PROGRESS: 'member',
  ILLEGAL_GENERATION: 'member',
  UNKNOWN_MEMBER_ID: 'member',
  FENCED_INSTANCE_ID: 'member',
  OFFSET_METADATA_TOO_LARGE: 'caller',
  INVALID_COMMIT_OFFSET_SIZE: 'caller',
  TOPIC_AUTHORIZATION_FAILED: 'caller',
  GROUP_AUTHORIZATION_FAILED: 'caller',
  GROUP_ID_NOT_FOUND: 'caller',
  INVALID_GROUP_ID: 'caller',
  UNSUPPORTED_VERSION: 'caller',
}

const FIRST_TOPIC_ID_VERSION = 10

/** What became of a commit, partition by partition. */
interface Outcome {
  readonly done: ReadonlyMap<string, CommitItem>
  readonly errors: ReadonlyMap<string, KafkaError>
}

/** Positions that wait for their turn to be committed once. */
interface Waiting {
  readonly items: Map<string, CommitItem>
  readonly outcome: Promise<Outcome>
}

export class Committer {
  readonly #context: CommitterContext
  #last: Promise<unknown> = Promise.resolve()
  #waiting: Waiting | undefined

  constructor(context: CommitterContext) {
    this.#context = context
  }

  /**
   * Commits these positions, after those given before. Rejects when any of them could not be: the others are committed.
   *
   * @throws CommitFailedError for what is not held any more; PartialFailureError, by `topic-partition`, when some
   * failed.
   */
  commit(items: readonly CommitItem[], call: CommitCall): Promise<void> {
    return this.#inTurn(async () => this.#throwErrors(await this.#commit(named(items), call)))
  }

  /**
   * As `commit`, with what is news when the turn has come: what was asked for meanwhile may be further, and an automatic
   * commit must not take it back (O5).
   */
  commitNews(news: () => readonly CommitItem[], call: CommitCall): Promise<void> {
    return this.#inTurn(async () => {
      const items = news()
      if (items.length > 0) this.#throwErrors(await this.#commit(named(items), call))
    })
  }

  /**
   * As `commit`, in one attempt. What is given while it waits for its turn goes along with it, so that a caller who
   * awaits nothing is not queued without end: of each partition the position that was given last.
   */
  async commitOnce(items: readonly CommitItem[], signal: AbortSignal): Promise<void> {
    const added = named(items)
    this.#waiting ??= this.#wait(signal)
    const { items: together, outcome } = this.#waiting
    for (const [name, item] of added) together.set(name, item)
    const { done, errors } = await outcome
    this.#throwErrors({ done: within(done, added), errors: within(errors, added) })
  }

  /** Resolves when what was given so far has been answered. */
  async settled(): Promise<void> {
    await this.#last
  }

  #wait(signal: AbortSignal): Waiting {
    const items = new Map<string, CommitItem>()
    const outcome = this.#inTurn(() => {
      if (this.#waiting?.items === items) this.#waiting = undefined
      return this.#commit(items, { deadline: undefined, signal })
    })
    return { items, outcome }
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    // What is given after this must not come before it.
    this.#waiting = undefined
    const result = this.#last.then(run, run)
    this.#last = result.catch(() => {})
    return result
  }

  async #commit(items: ReadonlyMap<string, CommitItem>, call: CommitCall): Promise<Outcome> {
    const pending = new Map(items)
    const done = new Map<string, CommitItem>()
    const errors = new Map<string, KafkaError>()
    const attempt = async (): Promise<void> => {
      for (const [name, item] of pending) {
        if (this.#isHeld(item)) continue
        errors.set(name, this.#notHeld(item))
        pending.delete(name)
      }
      if (pending.size === 0) return
      const passing = await this.#attempt(pending, done, errors, call)
      if (pending.size > 0) throw passing
    }
    try {
      if (call.deadline === undefined) await attempt()
      else {
        const { deadline, signal } = call
        const what = `committing offsets of group ${this.#context.groupId}`
        await this.#context.cluster.retry({ what, deadline, ...(signal && { signal }) }, attempt)
      }
    } catch (error) {
      if (!isKafkaError(error)) throw error
      for (const name of pending.keys()) errors.set(name, error)
    }
    return { done, errors }
  }

  /** One request. Settled items leave `pending`; returns why the others must be asked again. */
  async #attempt(
    pending: Map<string, CommitItem>,
    done: Map<string, CommitItem>,
    errors: Map<string, KafkaError>,
    call: CommitCall,
  ): Promise<KafkaError> {
    const { cluster, groupId, logger, membership } = this.#context
    const identity = membership?.identity()
    const items = [...pending.values()]
    const hasIds = items.every(({ topic }) => cluster.metadata.topics.get(topic)?.id !== undefined)
    const { response, version } = await cluster.send(
      OffsetCommit,
      (version) => this.#body(items, identity, version),
      {
        to: { coordinator: 'group', key: groupId },
        // Over the ordinary connection: on the membership's own it might wait behind a join (G2).
        ...(!hasIds && { maxVersion: FIRST_TOPIC_ID_VERSION - 1 }),
        ...(call.signal && { signal: call.signal }),
      },
    )
    let passing: KafkaError | undefined
    let memberError = 0
    for (const { name, errorCode } of this.#outcomes(response, version)) {
      const item = pending.get(name)
      if (item === undefined) continue
      if (errorCode === 0) {
        pending.delete(name)
        done.set(name, item)
        const { held, offset } = item
        if (held !== undefined) held.partition.committed = { offset, epoch: held.epoch }
        continue
      }
      const code = errorByCode(errorCode).name
      const reaction = REACTIONS[code]
      if (reaction === undefined) logger.warn(`a commit was answered with an unexpected ${code}`, { name })
      if (reaction === 'refind') cluster.forgetCoordinator('group', groupId)
      // A newer epoch is on its way to the membership, or has to be asked for.
      if (reaction === 'member' || code === 'STALE_MEMBER_EPOCH') memberError = errorCode
      const isAboutTopic = code === 'UNKNOWN_TOPIC_OR_PARTITION' || code === 'UNKNOWN_TOPIC_ID'
      const isOut = reaction === 'member' && !this.#mayGoOn(code, identity)
      const isFinal = isOut || reaction === 'caller'
      if (isFinal || (isAboutTopic && call.isBeforeRevocation === true)) {
        pending.delete(name)
        errors.set(name, this.#finalError(errorCode, item))
      } else passing = brokerError(errorCode, { ...this.#where(item), retriable: true })
    }
    if (memberError !== 0 && identity !== undefined) membership?.onCommitError(memberError, identity)
    if (passing?.code === 'UNKNOWN_TOPIC_ID') await cluster.refresh()
    const [unanswered] = pending.values()
    return passing ?? brokerError(UNKNOWN_SERVER_ERROR, { ...this.#where(unanswered), retriable: true })
  }

  #body(
    items: readonly CommitItem[],
    identity: Identity | undefined,
    version: number,
  ): RequestOf<typeof OffsetCommit> {
    const { cluster, groupId } = this.#context
    const topics = new Map<string, CommitItem[]>()
    for (const item of items) topics.set(item.topic, [...(topics.get(item.topic) ?? []), item])
    return {
      groupId,
      generationIdOrMemberEpoch: identity?.generation ?? -1,
      memberId: identity?.memberId ?? '',
      ...(version >= 7 && { groupInstanceId: identity?.groupInstanceId ?? null }),
      topics: [...topics].map(([name, items]) => ({
        name,
        topicId: cluster.metadata.topics.get(name)?.id,
        partitions: items.map(({ partition, offset, leaderEpoch, metadata }) => ({
          partitionIndex: partition,
          committedOffset: offset,
          committedLeaderEpoch: leaderEpoch,
          committedMetadata: metadata,
        })),
      })),
    }
  }

  *#outcomes(
    response: ResponseOf<typeof OffsetCommit>,
    version: number,
  ): Generator<{ readonly name: string; readonly errorCode: number }> {
    const { topicNames } = this.#context.cluster.metadata
    for (const { name, topicId, partitions } of response.topics) {
      const topic = version >= FIRST_TOPIC_ID_VERSION ? topicNames.get(topicId) : name
      for (const { partitionIndex: partition, errorCode } of partitions) {
        yield { name: `${topic}-${partition}`, errorCode }
      }
    }
  }

  #isHeld({ held }: CommitItem): boolean {
    const { assignment, membership } = this.#context
    if (held === undefined) return membership === undefined
    if (membership !== undefined && membership.identity() === undefined) return false
    return assignment.holds(held.partition) && held.partition.epoch === held.epoch
  }

  /**
   * A cooperative member goes on with what it keeps while its group is between generations: then the coordinator refuses
   * the old one, and the new one, until all have synced. What it still holds can be committed afterwards.
   */
  #mayGoOn(code: string, sentAs: Identity | undefined): boolean {
    const { membership } = this.#context
    if (membership === undefined || code === 'FENCED_INSTANCE_ID') return false
    if (code === 'REBALANCE_IN_PROGRESS' || membership.state === 'joining') return true
    const now = membership.identity()
    return now !== undefined && (now.generation !== sentAs?.generation || now.memberId !== sentAs.memberId)
  }

  #notHeld(item: CommitItem): KafkaError {
    const { assignment, groupId } = this.#context
    const { held } = item
    const wasMoved = held !== undefined && assignment.holds(held.partition)
    return new CommitFailedError(
      wasMoved
        ? `Offset ${item.offset} of ${nameOf(item)} was not committed: its position was changed since (a seek, a reset ` +
            'or a rebalance), and records handed out before do not count any more'
        : `Offset ${item.offset} of ${nameOf(item)} was not committed: this member of group ${groupId} does not hold ` +
            'the partition any more; whoever does reads on from the last commit',
      this.#where(item),
    )
  }

  #finalError(errorCode: number, item: CommitItem): KafkaError {
    const { groupId, membership } = this.#context
    const where = this.#where(item)
    switch (errorByCode(errorCode).name) {
      case 'ILLEGAL_GENERATION':
      case 'UNKNOWN_MEMBER_ID': {
        const reason =
          membership === undefined
            ? 'has members, and a consumer that assigns itself cannot commit to it: give it another groupId'
            : 'has gone on without this member, and its partitions may be read by others'
        const message = `Offsets of ${nameOf(item)} were not committed: group ${groupId} ${reason}`
        return new CommitFailedError(message, { ...where, cause: brokerError(errorCode, where) })
      }
      case 'FENCED_INSTANCE_ID':
        return new FencedError(
          `Offsets of ${nameOf(item)} were not committed: another process has taken this groupInstanceId in group ${groupId}`,
          { ...where, cause: brokerError(errorCode, where) },
        )
      case 'REBALANCE_IN_PROGRESS':
        return brokerError(errorCode, { ...where, retriable: true })
      default:
        return brokerError(errorCode, where)
    }
  }

  #where(item: TopicPartition | undefined): ErrorContext {
    const { groupId } = this.#context
    return { api: 'OffsetCommit', groupId, topic: item?.topic, partition: item?.partition }
  }

  /** One cause for all is told as itself; otherwise each partition has its own. */
  #throwErrors({ done, errors }: Outcome): void {
    const [first, ...others] = errors.values()
    if (first === undefined) return
    if (done.size === 0 && others.every(({ code }) => code === first.code)) throw first
    throw new PartialFailureError(`Committing offsets of group ${this.#context.groupId}`, done, errors)
  }
}

const UNKNOWN_SERVER_ERROR = -1

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

function named(items: readonly CommitItem[]): Map<string, CommitItem> {
  return new Map(items.map((item) => [nameOf(item), item]))
}

/** Those of a map that another has, too. */
function within<T>(all: ReadonlyMap<string, T>, wanted: ReadonlyMap<string, unknown>): Map<string, T> {
  return new Map([...all].filter(([name]) => wanted.has(name)))
}
