// Times a job. CPU time of the whole process (garbage collection and the pool's threads included) is what survives a
// machine shared with others; the clock's time is kept beside it.

import type { Job } from './contract.ts'

export interface Figure {
  /** Nanoseconds a run. */
  readonly cpuNs: number
  readonly wallNs: number
}

/** Keeps the last result, so that no run can be optimised away. */
export let lastResult: unknown

/** The compilers need some time, more of it on a busy machine. */
const WARM_UP_MS = 250

/** How many runs take about `ms`, once it is warm. */
export async function calibrate(job: Job<string>, ms: number): Promise<number> {
  let runs = 1
  let left = WARM_UP_MS
  for (;;) {
    const { wallNs } = await measure(job, runs)
    const took = (wallNs * runs) / 1e6
    left -= took
    const fitting = Math.max(1, Math.round(ms / Math.max(took / runs, 1e-6)))
    if (left <= 0 && took >= ms / 4) return fitting
    runs = Math.min(fitting, runs * 8)
  }
}

/**
 * One round. No collection is forced before it: a full one throws away compiled code whose objects are all dead, and a
 * round would then measure the compiler.
 */
export async function measure({ run }: Job<string>, runs: number): Promise<Figure> {
  const cpu = process.cpuUsage()
  const started = performance.now()
  let result = run()
  if (result instanceof Promise) {
    await result
    for (let i = 1; i < runs; i++) result = await run()
  } else {
    for (let i = 1; i < runs; i++) result = run()
  }
  const wallMs = performance.now() - started
  const { user, system } = process.cpuUsage(cpu)
  lastResult = result
  return { cpuNs: ((user + system) * 1000) / runs, wallNs: (wallMs * 1e6) / runs }
}
