// Waiting that can be cut short: by time, by a deadline, by an AbortSignal. The only timers of calls are here and in
// the connection.

/** What a timer takes; longer ones fire at once. */
const MAX_TIMER_MS = 2_147_483_647

/** Runs `action` after so many milliseconds (at most 24.8 days), until the returned function is called. */
export function after(delayMs: number, action: () => void): () => void {
  const timer = setTimeout(action, timerMs(delayMs))
  return () => clearTimeout(timer)
}

/** As {@link after}, for upkeep: does not keep the process alive. */
export function maintenanceAfter(delayMs: number, action: () => void): () => void {
  const timer = setTimeout(action, timerMs(delayMs))
  timer.unref()
  return () => clearTimeout(timer)
}

/** Rejects with the signal's reason when it aborts. */
export function sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const cancel = after(delayMs, () => {
      forget()
      resolve()
    })
    const forget = onAbort(signal, (reason) => {
      cancel()
      reject(reason)
    })
  })
}

/**
 * Settles as `work` does, or rejects when the deadline (`performance.now()`) passes or the signal aborts before. The
 * work itself goes on; what becomes of it then is dropped.
 */
export function within<T>(
  work: Promise<T>,
  limits: {
    readonly deadline: number
    readonly signal?: AbortSignal | undefined
    readonly late: () => unknown
  },
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel =
      limits.deadline === Number.POSITIVE_INFINITY
        ? () => {}
        : after(limits.deadline - performance.now(), () => settle(() => reject(limits.late())))
    const forget = onAbort(limits.signal, (reason) => settle(() => reject(reason)))
    const settle = (action: () => void) => {
      cancel()
      forget()
      action()
    }
    work.then(
      (value) => settle(() => resolve(value)),
      (error) => settle(() => reject(error)),
    )
  })
}

/** Calls `listener` with the reason, at once if it has aborted; the returned function ends the listening. */
export function onAbort(signal: AbortSignal | undefined, listener: (reason: unknown) => void): () => void {
  if (signal === undefined) return () => {}
  if (signal.aborted) {
    queueMicrotask(() => listener(signal.reason))
    return () => {}
  }
  const handle = () => listener(signal.reason)
  signal.addEventListener('abort', handle, { once: true })
  return () => signal.removeEventListener('abort', handle)
}

/** The same promise; when nobody awaits it, its rejection is nobody's. */
export function unobserved<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

function timerMs(delayMs: number): number {
  return Math.min(Math.max(Math.ceil(delayMs), 0), MAX_TIMER_MS)
}
