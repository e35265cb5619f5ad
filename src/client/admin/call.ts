// What every admin operation is given: the cluster, the defaults, and how a call's deadline is counted.

import type { Cluster } from '../cluster/types.ts'
import type { Logger } from '../logger.ts'
import { checkOptions, type Read } from './arguments.ts'
import type { AdminCallOptions } from './types.ts'

export interface AdminContext {
  readonly cluster: Cluster
  readonly defaultApiTimeoutMs: number
  readonly logger: Logger
}

/**
 * Checks a call's options, `own` being those that not every call takes. Gives its deadline as the retry loop takes it,
 * and what is left of it as brokers are told.
 */
export function startCall(
  context: AdminContext,
  name: string,
  options: AdminCallOptions,
  own: { readonly [option: string]: Read<unknown> } = {},
) {
  checkOptions(name, options, own)
  const deadline = performance.now() + (options.timeoutMs ?? context.defaultApiTimeoutMs)
  return {
    deadline,
    signal: options.signal,
    /** Milliseconds left, for the broker's own timeout. */
    left: () => Math.max(1, Math.floor(deadline - performance.now())),
  }
}

/** The parts of {@link startCall} that sending takes. */
export function sendOptions(call: { readonly signal: AbortSignal | undefined }): {
  readonly signal?: AbortSignal
} {
  return call.signal === undefined ? {} : { signal: call.signal }
}
