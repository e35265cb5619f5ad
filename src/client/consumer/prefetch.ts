// How much may be fetched ahead of the loop (F10): `prefetchMemory` is shared by what is buffered and by what the
// fetches that are on their way may bring. Pure.

export class PrefetchBudget {
  readonly #limit: number
  #buffered = 0
  #onTheWay = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get free(): number {
    return this.#limit - this.#buffered - this.#onTheWay
  }

  /** Bytes that one fetch may ask for, when `brokers` share the budget; 0: not now. */
  allowance(brokers: number, maxBytes: number): number {
    const fairShare = Math.max(1, Math.min(maxBytes, Math.floor(this.#limit / Math.max(1, brokers))))
    if (this.free >= fairShare) return fairShare
    // Small fetches are dear: half a share is waited for, unless nothing is there that could make room.
    return this.free >= fairShare / 2 ? this.free : 0
  }

  /** Above so many buffered bytes a partition is left out of requests: there is enough to hand out meanwhile. */
  enoughFor(partitions: number, maxPartitionBytes: number): number {
    const fairShare = this.#limit / Math.max(1, partitions)
    return Math.max(1, Math.min(fairShare / 2, 2 * maxPartitionBytes))
  }

  /** A fetch is sent. Returns what ends it, with the bytes it brought. */
  reserve(bytes: number): (arrived: number) => void {
    this.#onTheWay += bytes
    return (arrived) => {
      this.#onTheWay -= bytes
      this.#buffered += arrived
    }
  }

  /** Buffered bytes are not needed any more. */
  release(bytes: number): void {
    this.#buffered -= bytes
  }
}

/**
 * The bytes of one answer, which all stay in memory until the last partition's part is let go. Returns what each of
 * the parts must call once.
 */
export function frameLease(parts: number, release: () => void): () => void {
  let left = parts
  return () => {
    left--
    if (left === 0) release()
  }
}
