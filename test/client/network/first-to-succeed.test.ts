import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { firstToSucceed } from '../../../src/client/network/first-to-succeed.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** Attempts that a test settles by hand. */
function attempts() {
  const begun: string[] = []
  const aborted: string[] = []
  const discarded: string[] = []
  const settle = new Map<string, { resolve: (result: string) => void; reject: (error: unknown) => void }>()
  const run = (candidates: string[], signal?: AbortSignal) =>
    firstToSucceed({
      candidates,
      headStartMs: 100,
      signal,
      discard: (result: string) => void discarded.push(result),
      attempt: (candidate, attemptSignal) => {
        begun.push(candidate)
        attemptSignal.addEventListener('abort', () => aborted.push(candidate))
        return new Promise<string>((resolve, reject) => settle.set(candidate, { resolve, reject }))
      },
    })
  return { begun, aborted, discarded, settle, run }
}

describe('firstToSucceed', () => {
  test('only the first is tried while it may still answer', async () => {
    const { begun, settle, run } = attempts()
    const result = run(['a', 'b'])
    vi.advanceTimersByTime(99)
    expect(begun).toEqual(['a'])
    settle.get('a')!.resolve('A')
    expect(await result).toBe('A')
    expect(vi.getTimerCount()).toBe(0)
  })

  test('the next is tried at once when one fails', async () => {
    const { begun, settle, run } = attempts()
    const result = run(['a', 'b'])
    settle.get('a')!.reject(new Error('dead'))
    await vi.advanceTimersByTimeAsync(0)
    expect(begun).toEqual(['a', 'b'])
    settle.get('b')!.resolve('B')
    expect(await result).toBe('B')
  })

  test('the next is tried beside one that is silent; the first to succeed wins and the others are aborted', async () => {
    const { begun, aborted, discarded, settle, run } = attempts()
    const result = run(['a', 'b', 'c'])
    vi.advanceTimersByTime(200)
    expect(begun).toEqual(['a', 'b', 'c'])
    settle.get('b')!.resolve('B')
    expect(await result).toBe('B')
    expect(aborted).toContain('a')
    expect(aborted).toContain('c')
    settle.get('a')!.resolve('late')
    await vi.advanceTimersByTimeAsync(0)
    expect(discarded).toEqual(['late'])
  })

  test('when all fail their errors are told in the order of the candidates', async () => {
    const { settle, run } = attempts()
    const result = run(['a', 'b']).catch((error: AggregateError) => error.errors)
    vi.advanceTimersByTime(100)
    settle.get('b')!.reject('second')
    settle.get('a')!.reject('first')
    expect(await result).toEqual(['first', 'second'])
    expect(await run([]).catch((error: AggregateError) => error.errors)).toEqual([])
  })

  test('an abort ends all attempts', async () => {
    const { aborted, run } = attempts()
    const abort = new AbortController()
    const result = run(['a', 'b'], abort.signal).catch((error) => error)
    vi.advanceTimersByTime(100)
    abort.abort('enough')
    expect(await result).toBe('enough')
    expect(aborted).toEqual(['a', 'b'])
    expect(vi.getTimerCount()).toBe(0)
  })
})
