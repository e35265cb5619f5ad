// How records get in: serialised, checked, and taken at once, or when a slow serde or a full buffer lets them, in the
// order of the calls (P1).

import { KafkaError } from '../../errors.ts'
import type { HeaderEntries } from '../../protocol/records/builder.ts'
import type { ResolvedProducerOptions } from '../config/types.ts'
import { unobserved } from '../network/wait.ts'
import type { Bytes } from '../serde.ts'
import { type Accumulator, asKafkaError, noRoomWithin } from './accumulator.ts'
import type { Listener } from './batch.ts'
import {
  type AnyRecord,
  checkRecord,
  headersIn,
  isAsync,
  type Serializers,
  serialize,
  serializeAsync,
  serializersOf,
  topicNameIn,
} from './record.ts'
import type { TopicQueue } from './topic-queue.ts'

/** How many records of an iterable may be with asynchronous serdes at a time. */
const MAX_IN_TURN = 256

export interface IntakeOptions {
  readonly accumulator: Accumulator
  readonly options: ResolvedProducerOptions
  /** Why no call is taken any more. */
  readonly ended: () => KafkaError | undefined
  /** Why nothing is taken any more, not even what was given before. */
  readonly stopped: () => KafkaError | undefined
  /** A record waits for room. */
  readonly onWaiting: () => void
}

export class Intake {
  /** Sends that are not taken yet: they wait for a serde or for room. Each resolves when its record is settled. */
  readonly entering = new Set<Promise<KafkaError | null>>()
  readonly #given: IntakeOptions
  readonly #accumulator: Accumulator
  readonly #options: ResolvedProducerOptions
  readonly #serializers: Serializers
  /** By topic, what the next record waits for so that it does not overtake one whose serde is slow. */
  readonly #turns = new Map<TopicQueue, Promise<unknown>>()
  /** Records whose serde is at work, or that wait for one before them. */
  #inTurn = 0

  constructor(given: IntakeOptions) {
    const { accumulator, options } = given
    this.#given = given
    this.#accumulator = accumulator
    this.#options = options
    this.#serializers = { key: options.key, value: options.value }
  }

  /** Takes a record, or throws, having taken nothing (hot). */
  takeNow(record: AnyRecord, listener: Listener | undefined, context: unknown): void {
    const { memory, topics } = this.#accumulator
    const topic = topics.get(record?.topic as string) ?? this.topicOf(record)
    if (memory.isFull) {
      throw new KafkaError(
        'BUFFER_FULL',
        `the buffer of ${memory.limitBytes} bytes (bufferMemory) is full: await ready() when enqueue returned false`,
        { retriable: true },
      )
    }
    const own = this.#serializers
    const serializers = typeof record.topic === 'string' ? own : serializersOf(record, own)
    const headers = headersIn(record)
    const key = serialize('key', record.key, serializers.key, topic, headers)
    const value = serialize('value', record.value, serializers.value, topic, headers)
    this.take(topic, key, value, headers, record, listener, context, performance.now())
  }

  /** So many records are with slow serdes, uncounted by `bufferMemory`, that no more are to be asked for (P13). */
  get isSerializing(): boolean {
    return this.#inTurn >= MAX_IN_TURN
  }

  /** Resolves when the serdes are done with what they have now. */
  async serialized(): Promise<void> {
    await Promise.all(this.#turns.values())
  }

  /** Has a record taken, now or when its turn comes; `refuse` hears why it was not. */
  submit(
    record: AnyRecord,
    listener: Listener,
    context: unknown,
    refuse: (error: unknown) => void,
    signal: AbortSignal | undefined,
  ): void {
    const since = performance.now()
    try {
      const ended = this.#given.ended()
      if (ended !== undefined) throw ended
      const topic = this.topicOf(record)
      const serializers = serializersOf(record, this.#serializers)
      const headers = headersIn(record)
      const turn = this.#turns.get(topic)
      if (turn === undefined && !isAsync(serializers)) {
        const key = serialize('key', record.key, serializers.key, topic, headers)
        const value = serialize('value', record.value, serializers.value, topic, headers)
        this.#takeOrWait(topic, key, value, headers, record, listener, context, since, refuse, signal)
        return
      }
      const parts = unobserved(
        Promise.all([
          serializeAsync('key', record.key, serializers.key, topic, headers),
          serializeAsync('value', record.value, serializers.value, topic, headers),
        ]),
      )
      const entry = this.#enter(listener, refuse)
      const entered = (async () => {
        await turn
        try {
          const [key, value] = await parts
          signal?.throwIfAborted()
          const stopped = this.#given.stopped()
          if (stopped !== undefined) throw stopped
          entry.taken()
          this.#takeOrWait(
            topic,
            key,
            value,
            headers,
            record,
            entry.listener,
            context,
            since,
            entry.refuse,
            signal,
          )
        } catch (error) {
          entry.refuse(error)
        }
      })()
      this.#turns.set(topic, entered)
      this.#inTurn++
      void entered.then(() => {
        this.#inTurn--
        if (this.#turns.get(topic) === entered) this.#turns.delete(topic)
      })
    } catch (error) {
      refuse(error)
    }
  }

  #takeOrWait(
    topic: TopicQueue,
    key: Bytes | null,
    value: Bytes | null,
    headers: HeaderEntries,
    record: AnyRecord,
    listener: Listener,
    context: unknown,
    since: number,
    refuse: (error: unknown) => void,
    signal: AbortSignal | undefined,
  ): void {
    const { memory } = this.#accumulator
    if (!memory.isFull) {
      this.take(topic, key, value, headers, record, listener, context, since)
      return
    }
    const { maxBlockMs, bufferMemory, maxRequestSize } = this.#options
    // What is wrong with it is said now.
    checkRecord(topic, key, value, headers, record.partition, record.timestamp ?? 0, maxRequestSize)
    const entry = this.#enter(listener, refuse)
    memory.whenRoom(
      () => {
        entry.taken()
        try {
          this.take(topic, key, value, headers, record, entry.listener, context, since)
        } catch (error) {
          entry.refuse(error)
        }
      },
      entry.refuse,
      { deadline: since + maxBlockMs, late: () => noRoomWithin(maxBlockMs, bufferMemory), signal },
    )
    // Open batches may leave now, whatever they linger for.
    this.#given.onWaiting()
  }

  /** A record that is not taken yet, for those who flush meanwhile. */
  #enter(listener: Listener, refuse: (error: unknown) => void) {
    let settle!: (error: KafkaError | null) => void
    const settled = new Promise<KafkaError | null>((resolve) => {
      settle = resolve
    })
    this.entering.add(settled)
    const taken = () => this.entering.delete(settled)
    return {
      taken,
      listener: ((error, metadata, context) => {
        settle(error)
        listener(error, metadata, context)
      }) satisfies Listener,
      refuse: (error: unknown) => {
        taken()
        settle(asKafkaError(error))
        refuse(error)
      },
    }
  }

  /** Takes a record whose parts are bytes (hot). Throws, having taken nothing, for what is wrong with it. */
  take(
    topic: TopicQueue,
    key: Bytes | null,
    value: Bytes | null,
    headers: HeaderEntries,
    record: AnyRecord,
    listener: Listener | undefined,
    context: unknown,
    since: number,
  ): void {
    const timestamp = record.timestamp ?? Date.now()
    const { partition } = record
    checkRecord(topic, key, value, headers, partition, timestamp, this.#options.maxRequestSize)
    this.#accumulator.take(topic, key, value, headers, partition, timestamp, listener, context, since, record)
  }

  /** The queue of the record's topic. Throws INVALID_ARGUMENT for a name that Kafka would refuse. */
  topicOf(record: AnyRecord): TopicQueue {
    const name = typeof record?.topic === 'string' ? (record.topic as string) : topicNameIn(record)
    return this.#accumulator.topics.get(name) ?? this.#accumulator.topic(topicNameIn(record))
  }
}
