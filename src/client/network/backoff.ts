// How long to wait before the next attempt: exponential, with jitter, so that clients that failed together do not
// come back together (C6).

/** Doubles with each failure (0: the first) up to `maxMs`; ±20 %. */
export function backoffMs(baseMs: number, maxMs: number, failures: number): number {
  return Math.min(maxMs, baseMs * 2 ** Math.min(failures, 30)) * (0.8 + 0.4 * Math.random())
}
