// The one retry loop: exponential backoff with jitter, a deadline, a signal.

import { isKafkaError, type KafkaError, TimeoutError } from '../../errors.ts'
import { backoffMs } from '../network/backoff.ts'
import { onAbort, sleep, within } from '../network/wait.ts'
import type { RetryOptions } from './types.ts'

export interface RetryPolicy {
  readonly retryBackoffMs: number
  readonly retryBackoffMaxMs: number
  /** Aborts, with the error to reject with, when nothing is to be tried any more. */
  readonly closing: AbortSignal
}

/**
 * Runs `attempt` until it does not throw a retriable KafkaError. Its signal aborts with the deadline and the caller's
 * signal. Rejects with what is not retriable; at the deadline with a TimeoutError whose cause is the last error; with
 * the signal's reason.
 */
export async function retryUntil<T>(
  policy: RetryPolicy,
  { what, deadline, signal }: RetryOptions,
  attempt: (attempt: number, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { retryBackoffMs, retryBackoffMaxMs, closing } = policy
  const started = performance.now()
  const stop = new AbortController()
  let last: KafkaError | undefined
  const late = () => {
    const because = last === undefined ? '' : `: ${last.message} (${last.code})`
    const { broker, api, topic, partition, groupId } = last ?? {}
    return new TimeoutError(
      `${what} timed out after ${Math.round(performance.now() - started)} ms${because}`,
      {
        cause: last,
        ...{ broker, api, topic, partition, groupId },
      },
    )
  }
  const forget = onAbort(signal, (reason) => stop.abort(reason))
  try {
    for (let count = 0; ; count++) {
      closing.throwIfAborted()
      signal?.throwIfAborted()
      let outOfTime: TimeoutError | undefined
      const limits = { deadline, signal, late: () => (outOfTime = late()) }
      try {
        return await within(attempt(count, stop.signal), limits)
      } catch (error) {
        if (error === outOfTime || !isKafkaError(error) || !error.retriable) throw error
        last = error
      }
      closing.throwIfAborted()
      const left = deadline - performance.now()
      const pause = backoffMs(retryBackoffMs, Math.max(retryBackoffMs, retryBackoffMaxMs), count)
      if (pause < left) await pauseFor(pause, signal, closing)
      // The last pause is cut so that one more attempt has time.
      else if (left > retryBackoffMs) await pauseFor(left - retryBackoffMs, signal, closing)
      else throw late()
    }
  } catch (error) {
    // What an abandoned attempt still waits for is not wanted any more.
    stop.abort(error)
    throw error
  } finally {
    forget()
  }
}

async function pauseFor(ms: number, signal: AbortSignal | undefined, closing: AbortSignal): Promise<void> {
  const wake = new AbortController()
  const forgetSignal = onAbort(signal, (reason) => wake.abort(reason))
  const forgetClosing = onAbort(closing, (reason) => wake.abort(reason))
  try {
    await sleep(ms, wake.signal)
  } finally {
    forgetSignal()
    forgetClosing()
  }
}
