// What every admin operation is given: the cluster, the defaults, and how a call's deadline is counted.

import type { Cluster } from '../cluster/types.ts'
import type { Logger } from '../logger.ts'
import type { AdminCallOptions } from './types.ts'

export interface AdminContext {
  readonly cluster: Cluster
  readonly defaultApiTimeoutMs: number
  readonly logger: Logger
}

/** A call's deadline as the retry loop takes it, and what is left of it as brokers are told. */
export function callDeadline(context: AdminContext, options: AdminCallOptions) {
  const deadline = performance.now() + (options.timeoutMs ?? context.defaultApiTimeoutMs)
  return {
    deadline,
    signal: options.signal,
    /** Milliseconds left, for the broker's own timeout. */
    left: () => Math.max(1, Math.floor(deadline - performance.now())),
  }
}

/** The parts of {@link callDeadline} that sending takes. */
export function sendOptions(call: { readonly signal: AbortSignal | undefined }): {
  readonly signal?: AbortSignal
} {
  return call.signal === undefined ? {} : { signal: call.signal }
}
