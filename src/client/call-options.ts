// Options that calls of every kind of client take.

/** For calls that wait: the abort rejects with the signal's reason. */
export interface SignalOptions {
  readonly signal?: AbortSignal | undefined
}

/** How to close. */
export interface CloseOptions {
  /** How long to wait for what is running, in milliseconds. */
  readonly timeoutMs?: number | undefined
}
