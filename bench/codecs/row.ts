// A row of the table: what is asked of each client's driver, in what unit the answer is told, and what comes out if it
// was the same work.

import type { CodecDriver, Job, Operation } from './contract.ts'

export interface Unit {
  /** What a figure is, such as `ns/record`. */
  readonly name: string
  /** How many of them one run does: records, calls, bytes. */
  readonly perRun: number
}

/** A figure the row must reach whatever the peers do. */
export interface Goal {
  readonly atMostNs?: number
  /** For rows over bytes. */
  readonly atLeastGBps?: number
}

/** A row made ready for one client. */
export interface Prepared {
  readonly job: Job<string>
  /** What the job's output must be; the job is not timed otherwise. */
  readonly expected: string
  /** Told beside the figure, once the output was checked: what it compresses to. */
  readonly remark?: () => string
}

export interface Row {
  readonly name: string
  readonly unit: Unit
  /** Bytes of one unit, where GB/s says more. */
  readonly bytesPerUnit?: number
  readonly goal?: Goal
  /** Why the row exists, where its name does not tell; a line under the table. */
  readonly note?: string
  /** A string: this client has none, for that reason. */
  prepare(driver: CodecDriver): Prepared | string
}

/** The driver's job on that input, its output put into words by `digest`; or why there is none. */
export function ask<Input, Output>(
  operation: Operation<Input, Output>,
  input: Input,
  digest: (output: Output) => string,
): Job<string> | string {
  const given = typeof operation === 'string' ? operation : operation(input)
  if (typeof given === 'string') return given
  return { run: given.run, output: async (result) => digest(await given.output(result)) }
}
