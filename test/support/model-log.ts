// A partition's log as a broker keeps it, as far as producers matter: sequences are checked, duplicates recognised by
// the last five batches, and a producer of which nothing is known may begin anywhere.

const SEQUENCE_COUNT = 0x8000_0000

export interface LogBatch<Value> {
  readonly producerId: bigint
  readonly epoch: number
  /** -1: not idempotent. */
  readonly baseSequence: number
  readonly values: readonly Value[]
}

export type AppendResult = 'written' | 'duplicate' | 'outOfOrder' | 'staleEpoch' | 'tooLarge'

interface ProducerState {
  epoch: number
  readonly last: { readonly first: number; readonly next: number }[]
}

export class ModelLog<Value> {
  readonly values: Value[] = []
  readonly maxBatchRecords: number
  readonly #producers = new Map<bigint, ProducerState>()

  constructor(maxBatchRecords = Number.POSITIVE_INFINITY) {
    this.maxBatchRecords = maxBatchRecords
  }

  append({ producerId, epoch, baseSequence, values }: LogBatch<Value>): AppendResult {
    if (values.length > this.maxBatchRecords) return 'tooLarge'
    const next = (baseSequence + values.length) % SEQUENCE_COUNT
    if (baseSequence >= 0) {
      const known = this.#producers.get(producerId)
      if (known !== undefined) {
        if (epoch < known.epoch) return 'staleEpoch'
        if (epoch > known.epoch) {
          if (baseSequence !== 0) return 'outOfOrder'
          known.epoch = epoch
          known.last.length = 0
        } else {
          if (known.last.some((batch) => batch.first === baseSequence && batch.next === next))
            return 'duplicate'
          if (known.last.at(-1)!.next !== baseSequence) return 'outOfOrder'
        }
      }
      const state = known ?? { epoch, last: [] }
      this.#producers.set(producerId, state)
      state.last.push({ first: baseSequence, next })
      if (state.last.length > 5) state.last.shift()
    }
    this.values.push(...values)
    return 'written'
  }
}
