import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type RetryPolicy, retryUntil } from '../../../src/client/cluster/retry.ts'
import { ConnectionError, KafkaError, TimeoutError } from '../../../src/errors.ts'

const closing = new AbortController()
const policy: RetryPolicy = { retryBackoffMs: 100, retryBackoffMaxMs: 1000, closing: closing.signal }
const passing = (message = 'not now') => new ConnectionError('CONNECTION_CLOSED', message)
const outcome = <T>(promise: Promise<T>): Promise<T | Error> => promise.catch((error) => error)

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** When each attempt began. */
function timed(attempt: (count: number, signal: AbortSignal) => Promise<unknown>) {
  const at: number[] = []
  const started = performance.now()
  const run = (count: number, signal: AbortSignal) => {
    at.push(performance.now() - started)
    return attempt(count, signal)
  }
  return { at, run }
}

describe('the retry loop', () => {
  test('gives the first success, and counts the attempts', async () => {
    const counts: number[] = []
    const result = retryUntil(
      policy,
      { what: 'asking', deadline: 10_000 + performance.now() },
      async (count) => {
        counts.push(count)
        if (count < 2) throw passing()
        return 'done'
      },
    )
    await vi.runAllTimersAsync()
    expect(await result).toBe('done')
    expect(counts).toEqual([0, 1, 2])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('pauses grow from retryBackoffMs to retryBackoffMaxMs, ±20 %', async () => {
    const { at, run } = timed(async () => {
      throw passing()
    })
    const result = outcome(retryUntil(policy, { what: 'asking', deadline: performance.now() + 6000 }, run))
    await vi.runAllTimersAsync()
    await result
    const pauses = at.slice(1).map((time, index) => time - at[index]!)
    for (const [index, ms] of [100, 200, 400, 800, 1000].entries()) {
      expect(pauses[index]).toBeGreaterThanOrEqual(ms * 0.8)
      expect(pauses[index]).toBeLessThanOrEqual(ms * 1.2 + 1)
    }
  })

  test('the deadline ends it in a TimeoutError that says what, and whose cause is the last error', async () => {
    let last: Error | undefined
    const deadline = performance.now() + 1000
    const { at, run } = timed(async (count) => {
      last = passing(`no ${count}`)
      throw last
    })
    const result = outcome(retryUntil(policy, { what: 'committing offsets of group g', deadline }, run))
    await vi.runAllTimersAsync()
    const error = await result
    expect(error).toBeInstanceOf(TimeoutError)
    expect((error as Error).cause).toBe(last)
    expect((error as Error).message).toMatch(
      /^committing offsets of group g timed out after \d+ ms: no \d+ \(CONNECTION_CLOSED\)$/,
    )
    expect(at.length).toBeGreaterThan(3)
    expect(performance.now()).toBeLessThanOrEqual(deadline)
    expect(at.at(-1)).toBeGreaterThanOrEqual(880)
  })

  test('an attempt that hangs is abandoned at the deadline, and its signal aborts', async () => {
    let signal: AbortSignal | undefined
    const deadline = performance.now() + 1000
    const result = outcome(
      retryUntil(policy, { what: 'asking', deadline }, (_, given) => {
        signal = given
        return new Promise(() => {})
      }),
    )
    await vi.advanceTimersByTimeAsync(999)
    expect(signal!.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(await result).toMatchObject({ code: 'TIMEOUT', message: 'asking timed out after 1000 ms' })
    expect(signal!.aborted).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  test.each([new KafkaError('INVALID_ARGUMENT', 'wrong'), new TypeError('a mistake')])(
    'what is not retriable is thrown at once: %s',
    async (thrown) => {
      const { at, run } = timed(async () => {
        throw thrown
      })
      const result = outcome(retryUntil(policy, { what: 'asking', deadline: Number.POSITIVE_INFINITY }, run))
      expect(await result).toBe(thrown)
      expect(at).toHaveLength(1)
    },
  )

  test.each(['in an attempt', 'between attempts'])(
    'an abort rejects with its reason at once: %s',
    async (when) => {
      const abort = new AbortController()
      const { at, run } = timed(() =>
        when === 'in an attempt' ? new Promise(() => {}) : Promise.reject(passing()),
      )
      const options = { what: 'asking', deadline: performance.now() + 60_000, signal: abort.signal }
      const result = outcome(retryUntil(policy, options, run))
      await vi.advanceTimersByTimeAsync(10)
      const reason = new Error('enough')
      abort.abort(reason)
      expect(await result).toBe(reason)
      expect(at).toHaveLength(1)
      expect(vi.getTimerCount()).toBe(0)
    },
  )

  test('closing ends the pause between attempts with its reason', async () => {
    const ending = new AbortController()
    const attempt = vi.fn(async () => {
      throw passing()
    })
    const result = outcome(
      retryUntil(
        { ...policy, closing: ending.signal },
        { what: 'asking', deadline: Number.POSITIVE_INFINITY },
        attempt,
      ),
    )
    await vi.advanceTimersByTimeAsync(1)
    const closed = new KafkaError('CLOSED', 'closed')
    ending.abort(closed)
    expect(await result).toBe(closed)
    expect(attempt).toHaveBeenCalledTimes(1)
    expect(vi.getTimerCount()).toBe(0)
  })
})
