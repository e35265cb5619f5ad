// Tries several addresses: the next as soon as one fails, or a little later while one is silent, so that neither a
// dead nor a silent address uses up the time of the others (after RFC 8305).

import { maintenanceAfter, onAbort } from './wait.ts'

export interface Attempts<Candidate, Result> {
  readonly candidates: readonly Candidate[]
  /** The signal aborts when another attempt has succeeded or all are given up. */
  readonly attempt: (candidate: Candidate, signal: AbortSignal) => Promise<Result>
  /** How long an attempt may be silent before the next is begun beside it. */
  readonly headStartMs: number
  readonly signal: AbortSignal | undefined
  /** Puts away a result that came when another had already been taken. */
  readonly discard: (result: Result) => void
}

/** The first success. Rejects with an AggregateError when all fail, in their order, or with the signal's reason. */
export function firstToSucceed<Candidate, Result>(options: Attempts<Candidate, Result>): Promise<Result> {
  const { candidates, attempt, headStartMs, signal, discard } = options
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const rest = new AbortController()
    const errors: unknown[] = []
    let next = 0
    let failed = 0
    let settled = false
    let cancelHeadStart = () => {}

    const settle = (action: () => void) => {
      settled = true
      cancelHeadStart()
      forget()
      action()
      rest.abort(new Error('another attempt was taken'))
    }
    const begin = () => {
      cancelHeadStart()
      const index = next++
      if (index >= candidates.length) return
      cancelHeadStart = maintenanceAfter(headStartMs, begin)
      attempt(candidates[index]!, rest.signal).then(
        (result) => {
          if (settled) discard(result)
          else settle(() => resolve(result))
        },
        (error) => {
          if (settled) return
          errors[index] = error
          if (++failed === candidates.length) settle(() => reject(new AggregateError(errors)))
          else begin()
        },
      )
    }
    const forget = onAbort(signal, (reason) => {
      if (settled) return
      settle(() => reject(reason))
    })
    if (candidates.length === 0) settle(() => reject(new AggregateError([])))
    else begin()
  })
}
