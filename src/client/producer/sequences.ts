// Idempotence: which sequence each batch has, which batches are outstanding, and what an answer means (P2–P10, P18).
// Pure: it is told of answers, and asked what may be sent. Batches themselves are opaque to it.
//
// What is outstanding of a partition is one list in the order of the records. Nothing here compares sequences, so
// their wrap (P8) is only a matter of counting them.

/** Sequences go from 0 to 2^31-1 and on with 0 (P8). */
const SEQUENCE_COUNT = 0x8000_0000
const MAX_EPOCH = 32_767

export interface Identity {
  readonly producerId: bigint
  readonly epoch: number
}

/** The identity of a producer, shared by its partitions. Undefined: one is to be asked for (InitProducerId). */
export class SharedIdentity {
  current: Identity | undefined

  /** P18: epoch + 1, unless another partition has moved on already; after the last epoch a new id is needed. */
  bump(from: Identity): void {
    if (this.current !== from) return
    const { producerId, epoch } = from
    this.current = epoch === MAX_EPOCH ? undefined : { producerId, epoch: epoch + 1 }
  }
}

/** A batch that was sent and is not settled with the broker. Its fields are set here only. */
export interface Outstanding<Batch> {
  readonly batch: Batch
  readonly recordCount: number
  /** Its place among all batches of the partition; halves have that of the whole. */
  readonly ordinal: number
  /** Undefined without idempotence, and between a restart and the next identity. */
  identity: Identity | undefined
  /** -1 without an identity. */
  baseSequence: number
  /** A request with it is under way; otherwise it waits to be sent again. */
  isInFlight: boolean
  /** Some attempt under this identity may have reached the log. */
  mayBeWritten: boolean
  /** Its caller was told: it is not sent again, but a late answer still says what became of it (P5). */
  isExpired: boolean
  wasResequenced: boolean
}

/** What a broker said of a batch, or that it said nothing. */
export type Answer =
  /** Success, or DUPLICATE_SEQUENCE_NUMBER (P4). */
  | { readonly kind: 'written' }
  | { readonly kind: 'retriable'; readonly mayBeWritten: boolean }
  /** OUT_OF_ORDER_SEQUENCE_NUMBER. */
  | { readonly kind: 'outOfOrder' }
  /** UNKNOWN_PRODUCER_ID; the log start offset is -1 when the answer has none. */
  | { readonly kind: 'unknownProducer'; readonly logStartOffset: number }
  /** INVALID_PRODUCER_EPOCH. */
  | { readonly kind: 'staleEpoch' }
  /** MESSAGE_TOO_LARGE. */
  | { readonly kind: 'tooLarge' }
  /** Any other code: for good. */
  | { readonly kind: 'refused'; readonly mayBeWritten: boolean }

export type Verdict<Batch> =
  | { readonly kind: 'done' }
  /** To be sent again when {@link PartitionSequences.next} gives it. */
  | { readonly kind: 'retry' }
  /** `others`: batches that fail for the same reason. */
  | { readonly kind: 'fail'; readonly others: readonly Outstanding<Batch>[] }
  /** To be replaced by its halves: {@link PartitionSequences.replace}. */
  | { readonly kind: 'split' }
  /** It had expired: there is nobody to tell. */
  | { readonly kind: 'dropped' }

const NONE: readonly never[] = []

/** The outstanding batches of one partition. */
export class PartitionSequences<Batch> {
  /** Undefined: not idempotent. */
  readonly #shared: SharedIdentity | undefined
  readonly #maxInFlight: number
  readonly #outstanding: Outstanding<Batch>[] = []
  #identity: Identity | undefined
  #nextSequence: number
  #nextOrdinal = 0
  /** That of the latest batch acknowledged under this identity; -1: none, so the broker may know nothing of us. */
  #lastAcknowledged = -1
  #inFlight = 0
  /**
   * A batch that may have been written has expired, with so many outstanding ones before it, and none after it was
   * acknowledged (P10). Of several, the last.
   */
  #unresolvedAt: number | undefined
  /**
   * The sequence has a gap after so many outstanding batches. They are finished as they are, for they may be in the
   * log; then, with nothing in flight any more, all that follows starts again at 0 (P9, P18).
   */
  #gapAt: number | undefined
  /** The broker has a newer epoch: what may be in the log is not sent again (P7). */
  #isFenced = false

  /** `firstSequence` is for tests. */
  constructor(shared: SharedIdentity | undefined, maxInFlight: number, firstSequence = 0) {
    this.#shared = shared
    this.#maxInFlight = maxInFlight
    this.#nextSequence = firstSequence
  }

  /** In the order of their records. */
  get outstanding(): readonly Outstanding<Batch>[] {
    return this.#outstanding
  }

  get isEmpty(): boolean {
    return this.#outstanding.length === 0
  }

  /** A batch waits to be sent again. */
  get hasWaiting(): boolean {
    return this.#inFlight < this.#outstanding.length
  }

  /** What may be sent now: a batch again, a new one, or nothing. */
  next(): Outstanding<Batch> | 'new' | undefined {
    const shared = this.#shared
    if (shared !== undefined && this.#identity === undefined && !this.#adopt(shared)) return undefined
    const oldest = this.#outstanding[0]
    if (this.#gapAt !== undefined) return this.#gapAt > 0 && !oldest!.isInFlight ? oldest : undefined
    // P2: only the oldest, and nothing new.
    if (this.hasWaiting) return oldest!.isInFlight ? undefined : oldest
    if (shared === undefined) return this.#outstanding.length < this.#maxInFlight ? 'new' : undefined
    // P10
    if (this.#unresolvedAt !== undefined || this.#outstanding.some(({ isExpired }) => isExpired))
      return undefined
    if (this.#identity !== shared.current) {
      // P18: what is outstanding is finished under the old identity first.
      if (this.#outstanding.length > 0 || !this.#adopt(shared)) return undefined
    }
    // A broker without state of this producer takes any sequence: were two batches on their way, and the first
    // failed, the second would be taken first.
    const limit = this.#lastAcknowledged >= 0 ? this.#maxInFlight : 1
    // Counted from the oldest, with those after it that are settled: the broker recognises a batch by the last five.
    const span = oldest === undefined ? 0 : this.#nextOrdinal - oldest.ordinal
    return span < limit ? 'new' : undefined
  }

  /** A new batch is being sent; {@link next} has said that it may. */
  send(batch: Batch, recordCount: number): Outstanding<Batch> {
    const out = this.#entry(batch, recordCount, this.#nextOrdinal++)
    this.#stamp(out)
    out.isInFlight = true
    this.#inFlight++
    this.#outstanding.push(out)
    return out
  }

  /** What {@link next} gave is being sent again. */
  sendAgain(out: Outstanding<Batch>): void {
    out.isInFlight = true
    this.#inFlight++
  }

  /** What came of a request with this batch. */
  answer(out: Outstanding<Batch>, answer: Answer): Verdict<Batch> {
    out.isInFlight = false
    this.#inFlight--
    const verdict = this.#judge(out, answer)
    this.#restartIfIdle()
    return verdict
  }

  /** The caller was told that it failed: by time, or after the last retry. */
  expire(out: Outstanding<Batch>): void {
    if (out.isInFlight) {
      out.isExpired = true
      return
    }
    this.#giveUp(out)
    this.#restartIfIdle()
  }

  /** P9: the halves take the sequences of the whole. */
  replace(
    out: Outstanding<Batch>,
    halves: readonly { readonly batch: Batch; readonly recordCount: number }[],
  ): void {
    let sequence = out.baseSequence
    const entries = halves.map(({ batch, recordCount }) => {
      const half = this.#entry(batch, recordCount, out.ordinal)
      half.identity = out.identity
      half.wasResequenced = out.wasResequenced
      if (out.baseSequence >= 0) {
        half.baseSequence = sequence
        sequence = after(sequence, recordCount)
      }
      return half
    })
    const at = this.#outstanding.indexOf(out)
    this.#outstanding.splice(at, 1, ...entries)
    this.#shift(at, entries.length - 1)
  }

  /** The topic was made again (M4): what follows goes to another log, which knows nothing of us. */
  forgetLog(): void {
    if (this.#shared === undefined || this.#identity === undefined) return
    this.#gapAt = 0
    this.#restartIfIdle()
  }

  #judge(out: Outstanding<Batch>, answer: Answer): Verdict<Batch> {
    if (answer.kind === 'written') {
      // An acknowledged batch has all before it in the log (P10).
      const at = this.#outstanding.indexOf(out)
      if (this.#unresolvedAt !== undefined && at >= this.#unresolvedAt) this.#unresolvedAt = undefined
      this.#remove(out)
      if (out.identity === this.#identity) {
        this.#lastAcknowledged = Math.max(this.#lastAcknowledged, out.ordinal)
      }
      return out.isExpired ? { kind: 'dropped' } : { kind: 'done' }
    }
    if (answer.kind === 'retriable' || answer.kind === 'refused') out.mayBeWritten ||= answer.mayBeWritten
    if (out.isExpired) {
      this.#giveUp(out)
      return { kind: 'dropped' }
    }
    switch (answer.kind) {
      case 'retriable':
        if (this.#isFenced && out.mayBeWritten) return this.#fail(out)
        return { kind: 'retry' }
      case 'outOfOrder':
        if (this.#shared === undefined) return this.#fail(out)
        // P5: one that is not the next goes again unchanged. The next one: the broker has lost what was before.
        if (this.#isNext(out)) this.#gapAt = 0
        return { kind: 'retry' }
      case 'unknownProducer': {
        if (this.#shared === undefined) return this.#fail(out)
        // P6
        const isPlain = answer.logStartOffset === -1 || out.wasResequenced
        if (this.#isNext(out) && !isPlain) this.#gapAt = 0
        return { kind: 'retry' }
      }
      case 'staleEpoch': {
        if (this.#shared === undefined) return this.#fail(out)
        // P7: never again under another epoch, since it may be in the log; nor others of which that is true.
        this.#remove(out)
        const others = this.#outstanding.filter((other) => !other.isInFlight && other.mayBeWritten)
        for (const other of others) this.#remove(other)
        this.#isFenced = true
        this.#gapAt = 0
        return { kind: 'fail', others }
      }
      case 'tooLarge':
        // The broker looks at sizes first: earlier attempts were refused, too, answered or not.
        out.mayBeWritten = false
        return out.recordCount > 1 ? { kind: 'split' } : this.#fail(out)
      case 'refused':
        return this.#fail(out)
    }
  }

  #fail(out: Outstanding<Batch>): Verdict<Batch> {
    this.#giveUp(out)
    return { kind: 'fail', others: NONE }
  }

  /** P9, P10: a batch that is surely not in the log leaves a gap; of another one nobody knows yet. */
  #giveUp(out: Outstanding<Batch>): void {
    const at = this.#remove(out)
    if (this.#shared === undefined || out.identity === undefined) return
    if (out.mayBeWritten) this.#unresolvedAt = Math.max(this.#unresolvedAt ?? at, at)
    else this.#gapAt = Math.min(this.#gapAt ?? at, at)
  }

  #restartIfIdle(): void {
    // There is no later batch whose answer could tell.
    if (this.#unresolvedAt !== undefined && this.#outstanding.length === 0) this.#gapAt = 0
    if (this.#gapAt !== 0 || this.#inFlight > 0) return
    if (this.#identity !== undefined) this.#shared?.bump(this.#identity)
    this.#identity = undefined
    this.#gapAt = undefined
    this.#unresolvedAt = undefined
    this.#isFenced = false
    this.#lastAcknowledged = -1
    this.#nextSequence = 0
    for (const out of this.#outstanding) {
      out.identity = undefined
      out.baseSequence = -1
      out.mayBeWritten = false
      out.wasResequenced = true
    }
  }

  /** Everything before it is settled, and nothing after it: the broker expects it. */
  #isNext(out: Outstanding<Batch>): boolean {
    return this.#outstanding[0] === out && this.#lastAcknowledged <= out.ordinal
  }

  /** Takes on the producer's identity; what waits is numbered in order (P18). */
  #adopt(shared: SharedIdentity): boolean {
    if (shared.current === undefined) return false
    if (this.#identity !== undefined) this.#nextSequence = 0
    this.#identity = shared.current
    this.#lastAcknowledged = -1
    for (const out of this.#outstanding) this.#stamp(out)
    return true
  }

  #stamp(out: Outstanding<Batch>): void {
    if (this.#identity === undefined) return
    out.identity = this.#identity
    out.baseSequence = this.#nextSequence
    this.#nextSequence = after(this.#nextSequence, out.recordCount)
  }

  #entry(batch: Batch, recordCount: number, ordinal: number): Outstanding<Batch> {
    return {
      batch,
      recordCount,
      ordinal,
      identity: undefined,
      baseSequence: -1,
      isInFlight: false,
      mayBeWritten: false,
      isExpired: false,
      wasResequenced: false,
    }
  }

  /** Returns the place it had. */
  #remove(out: Outstanding<Batch>): number {
    const at = this.#outstanding.indexOf(out)
    this.#outstanding.splice(at, 1)
    this.#shift(at, -1)
    return at
  }

  /** At this place there are so many outstanding batches more: what lies behind it moves. */
  #shift(at: number, by: number): void {
    if (this.#gapAt !== undefined && at < this.#gapAt) this.#gapAt += by
    if (this.#unresolvedAt !== undefined && at < this.#unresolvedAt) this.#unresolvedAt += by
  }
}

function after(sequence: number, recordCount: number): number {
  return (sequence + recordCount) % SEQUENCE_COUNT
}
