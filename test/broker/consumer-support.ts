// What the consumer's tests on a real broker are told with: a cluster, topics and records of a test's own, and consumers
// that are closed with it. Records are written by Produce requests, so that nothing but the consumer is under test.

import { createAdmin } from '../../src/client/admin/admin.ts'
import type { Admin } from '../../src/client/admin/types.ts'
import { createCluster } from '../../src/client/cluster/cluster.ts'
import type { Cluster } from '../../src/client/cluster/types.ts'
import type { ConsumerOptions } from '../../src/client/config/types.ts'
import { consumerOptions, kafkaOptions } from '../../src/client/config/validate.ts'
import { createConsumer } from '../../src/client/consumer/consumer.ts'
import type { AnyRecord, Consumer, ConsumerSource, RecordOf } from '../../src/client/consumer/types.ts'
import type { AnyDeserializer, BytesSerde, DeserializerOutput } from '../../src/client/serde.ts'
import { Produce } from '../../src/protocol/api/index.ts'
import { brokerError } from '../../src/protocol/error-codes.ts'
import { BatchBuilder, NO_HEADERS } from '../../src/protocol/records/builder.ts'

let sequence = 0

export class Stage implements AsyncDisposable {
  readonly cluster: Cluster
  readonly admin: Admin
  readonly #kafkaOptions: ReturnType<typeof kafkaOptions>
  readonly #watching = new Map<string, Record<string, unknown>[]>()
  readonly #consumers: { close(): Promise<void> }[] = []

  constructor(bootstrapServers: string, metadataMaxAgeMs = 300_000) {
    this.#kafkaOptions = kafkaOptions({
      bootstrapServers,
      clientId: 'consumer-test',
      metadataMaxAgeMs,
      logger: quiet,
    })
    const cluster = createCluster(this.#kafkaOptions)
    // A view on the cluster that watches what is sent.
    const send: Cluster['send'] = (api, body, options) => {
      const watched = this.#watching.get(api.name)
      if (watched === undefined) return cluster.send(api, body, options)
      const spied = (version: number) => {
        const request = typeof body === 'function' ? body(version) : body
        watched.push(request as Record<string, unknown>)
        return request
      }
      return cluster.send(api, spied, options)
    }
    this.cluster = new Proxy(cluster, {
      get(target, name) {
        if (name === 'send') return send
        const value = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    this.admin = createAdmin({ cluster: this.cluster, defaultApiTimeoutMs: 30_000, logger: quiet })
  }

  /** Keeps the requests of one API, as they are sent, until stopped. */
  watch(api: string): { readonly requests: readonly Record<string, unknown>[]; stop(): void } {
    const requests: Record<string, unknown>[] = []
    this.#watching.set(api, requests)
    return { requests, stop: () => this.#watching.delete(api) }
  }

  name(what: string): string {
    return `${what}-${process.pid}-${Date.now().toString(36)}-${sequence++}`
  }

  /** A new topic of so many partitions. */
  async topic(numPartitions = 1, configs: Record<string, string> = {}): Promise<string> {
    const name = this.name('consumed')
    await this.admin.createTopics([{ name, numPartitions, replicationFactor: 1, configs }])
    return name
  }

  /** Appends a batch with these values to a partition; returns the offset of the first. */
  async produce(topic: string, partition: number, values: readonly string[]): Promise<number> {
    const deadline = performance.now() + 20_000
    const builder = new BatchBuilder({ maxBytes: 1 << 24 })
    for (const value of values) builder.tryAppend(`key-${value}`, value, NO_HEADERS, Date.now())
    const records = builder.seal().bytes
    return this.cluster.retry({ what: 'producing', deadline }, async () => {
      const metadata = await this.cluster.topics([topic], { deadline })
      const { id, partitions } = metadata.topics.get(topic)!
      const { response } = await this.cluster.send(
        Produce,
        {
          acks: -1,
          timeoutMs: 10_000,
          topicData: [{ name: topic, topicId: id, partitionData: [{ index: partition, records }] }],
        },
        { to: partitions[partition]!.leader },
      )
      const { errorCode, baseOffset } = response.responses[0]!.partitionResponses[0]!
      if (errorCode !== 0) {
        await this.cluster.refresh()
        throw brokerError(errorCode, { api: 'Produce', topic, partition })
      }
      return baseOffset
    })
  }

  /** Resolves when the group has committed these offsets, by partition of the topic. */
  async committed(groupId: string, topic: string, expected: Record<number, number>): Promise<void> {
    const deadline = performance.now() + 30_000
    for (;;) {
      const offsets = await this.committedNow(groupId, topic)
      if (Object.entries(expected).every(([partition, offset]) => offsets[Number(partition)] === offset))
        return
      if (performance.now() > deadline) throw new Error(`Committed is ${JSON.stringify(offsets)}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  async committedNow(groupId: string, topic: string): Promise<Record<number, number>> {
    const all = await this.admin.listConsumerGroupOffsets(groupId)
    return Object.fromEntries(
      all.filter((each) => each.topic === topic).map((each) => [each.partition, each.offset]),
    )
  }

  consumer<
    const Source extends ConsumerSource = string,
    KeyDeserializer extends AnyDeserializer = BytesSerde,
    ValueDeserializer extends AnyDeserializer = BytesSerde,
  >(
    options: ConsumerOptions<Source, KeyDeserializer, ValueDeserializer>,
  ): Consumer<RecordOf<Source, DeserializerOutput<KeyDeserializer>, DeserializerOutput<ValueDeserializer>>> {
    const resolved = consumerOptions({ logger: quiet, ...options }, this.#kafkaOptions)
    const consumer = createConsumer(this.cluster, resolved, this.#kafkaOptions)
    this.#consumers.push(consumer)
    return consumer as unknown as ReturnType<typeof this.consumer<Source, KeyDeserializer, ValueDeserializer>>
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#consumers.map((consumer) => consumer.close()))
    await this.cluster.close({ timeoutMs: 1_000 })
  }
}

/** Resolves when the condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`In vain: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** The text of the next `count` records, in a loop of its own that is left normally: all of them are done. */
export async function read(consumer: Consumer<AnyRecord>, count: number): Promise<string[]> {
  const values: string[] = []
  if (count === 0) return values
  for await (const record of consumer) {
    values.push(String(record.value))
    if (values.length === count) consumer.stop()
  }
  return values
}

/** Values `from` to `to`, inclusive, as text. */
export function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => String(from + index))
}

const show = process.env['OTTLA_TEST_LOG'] === undefined ? () => {} : console.log
const quiet = { debug: show, info: show, warn: show, error: show }
