// Many items in one call, each with an outcome of its own (A2): what failed for a passing reason is asked again until
// the deadline, what is settled is not asked twice, and no failure hides another item's success.

import { isKafkaError, type KafkaError, PartialFailureError } from '../../errors.ts'
import type { AdminContext } from './call.ts'

/** Where an attempt says how each item went. A retriable failure leaves the item to the next attempt. */
export interface Outcomes<Result> {
  succeed(item: string, result: Result): void
  fail(item: string, error: KafkaError): void
}

export interface ItemsCall<Result> {
  /** Said in errors, before the items: "creating topics". */
  readonly what: string
  readonly items: readonly string[]
  readonly deadline: number
  readonly signal?: AbortSignal | undefined
  /** Asks for `pending`, and reports on each of them. */
  readonly attempt: (pending: readonly string[], outcomes: Outcomes<Result>) => Promise<void>
}

/**
 * What is asked again: the wrong broker was asked, or it is not ready. Not UNKNOWN_TOPIC_OR_PARTITION, which here is an
 * answer, nor REQUEST_TIMED_OUT: whether the change happened is then unknown, and the caller must learn that.
 */
const PASSING: ReadonlySet<string> = new Set([
  'BROKER_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'KAFKA_STORAGE_ERROR',
  'LEADER_NOT_AVAILABLE',
  'NOT_CONTROLLER',
  'NOT_COORDINATOR',
  'NOT_LEADER_OR_FOLLOWER',
  'OFFSET_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'THROTTLING_QUOTA_EXCEEDED',
  'UNKNOWN_LEADER_EPOCH',
  'UNSTABLE_OFFSET_COMMIT',
])

/** Of these, the ones that newer metadata answers. */
const MOVED: ReadonlySet<string> = new Set([
  'FENCED_LEADER_EPOCH',
  'NOT_CONTROLLER',
  'NOT_LEADER_OR_FOLLOWER',
])

/**
 * Resolves to the results by item. Rejects with the item's error when a single item was asked for, with a
 * PartialFailureError otherwise.
 */
export async function settleItems<Result>(
  { cluster, logger }: AdminContext,
  call: ItemsCall<Result>,
): Promise<Map<string, Result>> {
  if (call.items.length === 0) return new Map()
  const results = new Map<string, Result>()
  const errors = new Map<string, KafkaError>()
  let isOver = false
  const passing = new Map<string, KafkaError>()
  const outcomes: Outcomes<Result> = {
    // What an abandoned attempt hears later changes nothing that has been told.
    succeed: (item, result) => isOver || results.set(item, result),
    fail: (item, error) => isOver || (PASSING.has(error.code) ? passing : errors).set(item, error),
  }
  const { what, deadline, signal } = call
  const unsettled = () => call.items.filter((item) => !results.has(item) && !errors.has(item))
  try {
    const named = `${what} ${listed(call.items)}`
    await cluster.retry({ what: named, deadline, ...(signal && { signal }) }, async () => {
      passing.clear()
      const pending = unsettled()
      await call.attempt(pending, outcomes)
      const [first] = passing.values()
      if (first === undefined) return
      if (MOVED.has(first.code)) await cluster.refresh(signal && { signal })
      throw first
    })
  } catch (error) {
    // Out of time, or refused as a whole: what is not settled by now has failed with it.
    if (!isKafkaError(error)) throw error
    for (const item of unsettled()) errors.set(item, error)
  }
  isOver = true
  logger.debug(what, { succeeded: [...results.keys()], failed: [...errors.keys()] })
  if (errors.size === 0) return results
  if (call.items.length === 1) throw errors.values().next().value
  throw new PartialFailureError(what, results, errors)
}

/**
 * Asks several destinations in one attempt, each for items of its own: none keeps the others from being asked. What a
 * destination refuses for good is its items' outcome; what may pass is thrown, for the next attempt.
 */
export async function askEach<To>(
  destinations: Iterable<readonly [to: To, items: readonly string[]]>,
  outcomes: Pick<Outcomes<never>, 'fail'>,
  ask: (to: To, items: readonly string[]) => Promise<void>,
): Promise<void> {
  const asked = Array.from(destinations, async ([to, items]) => {
    try {
      await ask(to, items)
    } catch (error) {
      if (!isKafkaError(error) || error.retriable) throw error
      for (const item of items) outcomes.fail(item, error)
    }
  })
  const failed = (await Promise.allSettled(asked)).find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
}

function listed(items: readonly string[]): string {
  return `${items.slice(0, 5).join(', ')}${items.length > 5 ? ', …' : ''}`
}
