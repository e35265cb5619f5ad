// What `sendMany` resolves to: offsets in typed arrays, objects only when asked for.

import { BatchError, type KafkaError } from '../../errors.ts'
import type { FailedRecord, RecordMetadata, SendReport } from './types.ts'

const NOT_SETTLED = -2
const FAILED = -1

/** Gathers the outcome of each record by its index. */
export class ReportBuilder {
  #places: Int32Array = new Int32Array(64)
  #offsets: Float64Array = new Float64Array(64)
  #timestamps: Float64Array = new Float64Array(64)
  /** Topic and partition by place. */
  readonly #table: { readonly topic: string; readonly partition: number }[] = []
  readonly #placeOf = new Map<string, Map<number, number>>()
  readonly #failed: FailedRecord[] = []
  #length = 0
  #pending = 0
  #isComplete = false
  #resolve: ((report: SendReport) => void) | undefined

  /** The index of the next record. */
  begin(): number {
    const index = this.#length++
    this.#pending++
    if (index >= this.#places.length) this.#grow()
    this.#places[index] = NOT_SETTLED
    return index
  }

  /** A listener for records, with their index as context. */
  readonly settle = (error: KafkaError | null, metadata: RecordMetadata, index: number): void => {
    if (error !== null) this.#failed.push({ index, error })
    this.#places[index] = error === null ? this.#place(metadata) : FAILED
    this.#offsets[index] = metadata.offset
    this.#timestamps[index] = metadata.timestamp
    this.#pending--
    this.#finishIfDone()
  }

  /** A record that was not taken. */
  refuse(index: number, error: KafkaError): void {
    this.#failed.push({ index, error })
    this.#places[index] = FAILED
    this.#pending--
    this.#finishIfDone()
  }

  /** No more records come: resolves when all are settled. Rejects with BatchError when any failed. */
  complete(): Promise<SendReport> {
    this.#isComplete = true
    return new Promise<SendReport>((resolve) => {
      this.#resolve = resolve
      this.#finishIfDone()
    }).then((report) => {
      if (report.failed.length === 0) return report
      throw new BatchError(report)
    })
  }

  #finishIfDone(): void {
    if (!this.#isComplete || this.#pending > 0) return
    this.#failed.sort((a, b) => a.index - b.index)
    this.#resolve?.(
      new OffsetsReport(
        this.#length,
        this.#failed,
        this.#table,
        this.#places,
        this.#offsets,
        this.#timestamps,
      ),
    )
  }

  #place({ topic, partition }: RecordMetadata): number {
    let ofTopic = this.#placeOf.get(topic)
    if (ofTopic === undefined) {
      ofTopic = new Map()
      this.#placeOf.set(topic, ofTopic)
    }
    let place = ofTopic.get(partition)
    if (place === undefined) {
      place = this.#table.push({ topic, partition }) - 1
      ofTopic.set(partition, place)
    }
    return place
  }

  #grow(): void {
    const length = this.#places.length * 2
    const places = new Int32Array(length)
    const offsets = new Float64Array(length)
    const timestamps = new Float64Array(length)
    places.set(this.#places)
    offsets.set(this.#offsets)
    timestamps.set(this.#timestamps)
    this.#places = places
    this.#offsets = offsets
    this.#timestamps = timestamps
  }
}

class OffsetsReport implements SendReport {
  readonly length: number
  readonly failed: readonly FailedRecord[]
  readonly #table: readonly { readonly topic: string; readonly partition: number }[]
  readonly #places: Int32Array
  readonly #offsets: Float64Array
  readonly #timestamps: Float64Array

  constructor(
    length: number,
    failed: readonly FailedRecord[],
    table: readonly { readonly topic: string; readonly partition: number }[],
    places: Int32Array,
    offsets: Float64Array,
    timestamps: Float64Array,
  ) {
    this.length = length
    this.failed = failed
    this.#table = table
    this.#places = places
    this.#offsets = offsets
    this.#timestamps = timestamps
  }

  at(index: number): RecordMetadata | undefined {
    if (!(index >= 0 && index < this.length)) return undefined
    const place = this.#table[this.#places[index]!]
    if (place === undefined) return undefined
    return { ...place, offset: this.#offsets[index]!, timestamp: this.#timestamps[index]! }
  }

  *[Symbol.iterator](): Generator<RecordMetadata> {
    for (let index = 0; index < this.length; index++) {
      const metadata = this.at(index)
      if (metadata !== undefined) yield metadata
    }
  }
}
