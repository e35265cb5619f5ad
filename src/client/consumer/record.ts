// Records as they are handed out: small objects that know where their parts lie in the response's bytes. Key, value and
// headers are decoded when first looked at, once.
//
// Hot: one is made for each record. No closure, no view and no BigInt is made until it is asked for.

import { Buffer } from 'node:buffer'
import { inspect } from 'node:util'
import type { KafkaError } from '../../errors.ts'
import type { RecordBatch } from '../../protocol/records/batch.ts'
import type { RecordCursor } from '../../protocol/records/cursor.ts'
import { decodeHeaders, EMPTY_HEADERS, RecordHeaders } from '../../protocol/records/headers.ts'
import { type Deserializer, deserializePart, isAsyncDeserializer, type RecordPart, serde } from '../serde.ts'
import type { Partition } from './partition.ts'
import type { ConsumerRecord, RecordObject } from './types.ts'

/** What the records of one batch share. */
export class RecordSource {
  readonly partition: Partition
  /** The assignment epoch they are handed out under (O7). */
  readonly epoch: number
  readonly leaderEpoch: number
  readonly batch: RecordBatch
  readonly bytes: Buffer

  constructor(partition: Partition, cursor: RecordCursor) {
    this.partition = partition
    this.epoch = partition.epoch
    this.leaderEpoch = cursor.batch.partitionLeaderEpoch
    this.batch = cursor.batch
    this.bytes = cursor.bytes
  }
}

/** Stands for a part that was not decoded yet. */
const UNREAD = Symbol('unread')

/** Stands for a part whose asynchronous deserializer failed. */
class Undecodable {
  readonly error: unknown
  constructor(error: unknown) {
    this.error = error
  }
}

export class FetchedRecord implements ConsumerRecord<unknown, unknown> {
  readonly offset: number
  readonly timestamp: number
  #source: RecordSource | DetachedSource
  #keyStart: number
  readonly #keyLength: number
  #valueStart: number
  readonly #valueLength: number
  #headersStart: number
  readonly #headerCount: number
  #end: number
  #key: unknown = UNREAD
  #value: unknown = UNREAD
  #headers: RecordHeaders | undefined

  constructor(source: RecordSource, cursor: RecordCursor) {
    this.offset = cursor.offset
    this.timestamp = cursor.timestamp
    this.#source = source
    this.#keyStart = cursor.keyStart
    this.#keyLength = cursor.keyLength
    this.#valueStart = cursor.valueStart
    this.#valueLength = cursor.valueLength
    this.#headersStart = cursor.headersStart
    this.#headerCount = cursor.headerCount
    this.#end = cursor.end
  }

  get topic(): string {
    return this.#source.partition.topic
  }

  get partition(): number {
    return this.#source.partition.partition
  }

  get leaderEpoch(): number | null {
    return this.#source.leaderEpoch < 0 ? null : this.#source.leaderEpoch
  }

  get key(): unknown {
    if (this.#key === UNREAD) this.#key = this.#decode('key')
    else if (this.#key instanceof Undecodable) throw this.#key.error
    return this.#key
  }

  get value(): unknown {
    if (this.#value === UNREAD) this.#value = this.#decode('value')
    else if (this.#value instanceof Undecodable) throw this.#value.error
    return this.#value
  }

  get rawKey(): Buffer | null {
    return this.#keyLength < 0
      ? null
      : this.#source.bytes.subarray(this.#keyStart, this.#keyStart + this.#keyLength)
  }

  get rawValue(): Buffer | null {
    return this.#valueLength < 0
      ? null
      : this.#source.bytes.subarray(this.#valueStart, this.#valueStart + this.#valueLength)
  }

  get headers(): RecordHeaders {
    if (this.#headerCount === 0) return EMPTY_HEADERS
    this.#headers ??= new RecordHeaders(() => this.#decodeHeaders())
    return this.#headers
  }

  detach(): this {
    const source = this.#source
    if (source.batch === undefined) return this
    // In every format the key comes first and the headers last.
    const shift = this.#keyStart
    const bytes = Buffer.allocUnsafeSlow(this.#end - shift)
    source.bytes.copy(bytes, 0, shift, this.#end)
    this.#source = {
      partition: source.partition,
      epoch: source.epoch,
      leaderEpoch: source.leaderEpoch,
      batch: undefined,
      bytes,
    }
    this.#keyStart = 0
    this.#valueStart -= shift
    this.#headersStart -= shift
    this.#end -= shift
    const headers = this.#headerCount === 0 ? [] : this.#decodeHeaders(source.batch)
    this.#headers = new RecordHeaders(() => headers)
    // What was decoded may be a view on the response. Asynchronously decoded parts cannot be decoded again here.
    const { deserializers } = source.partition
    if (!isAsyncDeserializer(deserializers.key)) this.#key = UNREAD
    if (!isAsyncDeserializer(deserializers.value)) this.#value = UNREAD
    return this
  }

  toObject(): RecordObject<unknown, unknown> {
    const { topic, partition, offset, timestamp, leaderEpoch, key, value } = this
    return { topic, partition, offset, timestamp, leaderEpoch, key, value, headers: [...this.headers] }
  }

  toJSON(): unknown {
    return {
      topic: this.topic,
      partition: this.partition,
      offset: this.offset,
      timestamp: this.timestamp,
      key: this.#readable('key'),
      value: this.#readable('value'),
      headers: this.headers.entries.map(([name, bytes]) => [name, bytes?.toString() ?? null]),
    }
  }

  [inspect.custom](_depth: number, options: object, show: typeof inspect): string {
    return `ConsumerRecord ${show(this.toJSON(), options)}`
  }

  /** Where it comes from, for the consumer it was handed out by. */
  static sourceOf(record: FetchedRecord): RecordSource | DetachedSource {
    return record.#source
  }

  /** Puts in place what was decoded asynchronously, before it is handed out. */
  static setDecoded(
    record: FetchedRecord,
    part: RecordPart,
    result: { readonly decoded: unknown } | { readonly error: unknown },
  ): void {
    const decoded = 'error' in result ? new Undecodable(result.error) : result.decoded
    if (part === 'key') record.#key = decoded
    else record.#value = decoded
  }

  #decode(part: RecordPart): unknown {
    const { partition } = this.#source
    const bytes = part === 'key' ? this.rawKey : this.rawValue
    const deserializer = partition.deserializers[part] as Deserializer<unknown>
    if (deserializer === serde.bytes) return bytes
    const context = { topic: partition.topic, part, headers: this.headers }
    return deserializePart(deserializer, bytes, context, this)
  }

  #decodeHeaders(batch: RecordBatch | undefined = this.#source.batch): ReturnType<typeof decodeHeaders> {
    return decodeHeaders(batch!, this.#source.bytes, this.#headersStart, this.#end, this.#headerCount)
  }

  /** For logs: bytes as text, and what cannot be decoded as the reason. */
  #readable(part: RecordPart): unknown {
    try {
      const decoded = part === 'key' ? this.key : this.value
      return decoded instanceof Uint8Array ? Buffer.from(decoded).toString('utf8') : decoded
    } catch (error) {
      return `<${(error as KafkaError).message}>`
    }
  }
}

/** The source of a record that owns its bytes. */
interface DetachedSource extends Omit<RecordSource, 'batch'> {
  readonly batch: undefined
}
