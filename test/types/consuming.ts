// Programs that consume: what must compile, and, marked, what must not. Checked by `npm run check:types`; never run.

import type { Consumer, ConsumerRecord, HasValue, RecordsOf } from '../../src/client/consumer/types.ts'
import type { RecordHeaders } from '../../src/client/headers.ts'
import { serde } from '../../src/client/serde.ts'
import { topic } from '../../src/client/topic.ts'
import { type Eq, is, kafka, type Order, order, type Payment } from './support.ts'

const orders = topic('orders', { key: serde.string, value: serde.json<Order>() })
const payments = topic('payments', { key: serde.string, value: serde.json<Payment>() })

// One topic: its types.
const consumer = kafka.consumer({ groupId: 'g', topics: [orders], enableAutoCommit: false })
is<Eq<typeof consumer, Consumer<ConsumerRecord<string, Order, 'orders'>>>>()
is<Eq<RecordsOf<typeof orders>, ConsumerRecord<string, Order, 'orders'>>>()
for await (const record of consumer) {
  is<Eq<typeof record.value, Order | null>>()
  is<Eq<typeof record.rawValue, Buffer | null>>()
  const headers: RecordHeaders = record.headers
  headers.text('trace')?.length
  await consumer.commit(record)
  await consumer.commit([{ topic: orders, partition: record.partition, offset: record.offset + 1 }])
  consumer.pause([record])
  consumer.seek(record, record.offset)
  const kept = record.detach()
  is<Eq<typeof kept.value, Order | null>>()
  const { value } = { ...record.toObject() }
  is<Eq<typeof value, Order | null>>()
}
for await (const batch of consumer.batches({ signal: AbortSignal.timeout(1) })) {
  for (const record of batch) is<Eq<typeof record.value, Order | null>>()
  if (batch.signal.aborted) continue
  await batch.commit(batch.at(0))
  await batch.commit()
  await consumer.commit(batch)
}

// A union of topics is narrowed by the topic.
const both = kafka.consumer({ groupId: 'g', topics: [orders, payments] })
for await (const record of both) {
  if (record.topic === 'payments') is<Eq<typeof record.value, Payment | null>>()
  else is<Eq<typeof record.value, Order | null>>()
}
for await (const batch of both.batches()) {
  if (batch.topic === 'payments') for (const record of batch) is<Eq<typeof record.value, Payment | null>>()
}
for await (const record of both.records({ signal: AbortSignal.timeout(1) })) {
  // @ts-expect-error which of the two is not known yet
  record.value?.cents
}

// Names, RegExps and topics together.
const mixed = kafka.consumer({ groupId: 'g', topics: [orders, 'other', /^eu\./], key: serde.string })
for await (const record of mixed) {
  is<Eq<typeof record.key, string | null>>()
  const value: Buffer | Order | null = record.value
  value?.toString()
}
// A pattern for the broker to match.
const matched = kafka.consumer({
  ...{ groupId: 'g', groupProtocol: 'consumer' },
  topics: [{ pattern: 'eu\\..*' }],
  value: serde.json<Order>(),
})
is<Eq<typeof matched, Consumer<ConsumerRecord<Buffer, Order>>>>()
const plain = kafka.consumer({ groupId: 'g', topics: ['t'] })
is<Eq<typeof plain, Consumer<ConsumerRecord<Buffer, Buffer>>>>()
const typed = kafka.consumer({ groupId: 'g', topics: ['t', /x/], value: serde.json<Order>() })
is<Eq<typeof typed, Consumer<ConsumerRecord<Buffer, Order>>>>()
const withoutTopics = kafka.consumer({ groupId: 'g', value: serde.json<Order>() })
for await (const record of withoutTopics) is<Eq<typeof record.value, Order | null>>()

// Partitions assigned by hand carry the types of their topics.
const assigned = kafka.consumer({ assign: [{ topic: orders, partition: 0, offset: 'earliest' }] })
is<Eq<typeof assigned, Consumer<ConsumerRecord<string, Order, 'orders'>>>>()
const assignedByName = kafka.consumer({
  assign: [{ topic: 't', partition: 0, offset: 12 }],
  key: serde.string,
})
is<Eq<typeof assignedByName, Consumer<ConsumerRecord<string, Buffer>>>>()
const assignedBoth = kafka.consumer({
  assign: [
    { topic: orders, partition: 0 },
    { topic: payments, partition: 1 },
  ],
})
for await (const record of assignedBoth) {
  if (record.topic === 'payments') is<Eq<typeof record.value, Payment | null>>()
}
// @ts-expect-error partitions are of named topics
kafka.consumer({ assign: [{ topic: /x/, partition: 0 }] })
// @ts-expect-error an offset is a number, 'earliest' or 'latest'
kafka.consumer({ assign: [{ topic: 't', partition: 0, offset: 'newest' }] })

// Serdes of every kind: an asynchronous one never gives a promise, a required one never null.
const asyncSerde = serde.async<Order>({
  serializeAsync: async () => Buffer.alloc(0),
  deserializeAsync: async () => order,
})
const viaRegistry = kafka.consumer({ groupId: 'g', topics: ['t'], value: asyncSerde })
is<Eq<typeof viaRegistry, Consumer<ConsumerRecord<Buffer, Order>>>>()
const deserializerOnly = kafka.consumer({
  groupId: 'g',
  topics: ['t'],
  value: { deserialize: () => new Date() },
})
is<Eq<typeof deserializerOnly, Consumer<ConsumerRecord<Buffer, Date>>>>()
const anything = kafka.consumer({ groupId: 'g', topics: ['t'], value: serde.json() })
is<Eq<typeof anything, Consumer<ConsumerRecord<Buffer, unknown>>>>()

const strict = topic('strict', { key: serde.required(serde.string), value: serde.required(asyncSerde) })
for await (const record of kafka.consumer({ groupId: 'g', topics: [strict, orders] })) {
  if (record.topic === 'strict') {
    is<Eq<typeof record.value, Order>>()
    is<Eq<typeof record.key, string>>()
  } else is<Eq<typeof record.value, Order | null>>()
}
const required = kafka.consumer({ groupId: 'g', topics: ['t'], value: serde.required(serde.json<Order>()) })
is<Eq<typeof required, Consumer<ConsumerRecord<Buffer, Order> & HasValue<Order>>>>()
for await (const record of required) record.value.amount
for await (const batch of required.batches()) for (const record of batch) record.value.amount

// Listeners name the consumer through their argument.
const seeking = kafka.consumer({
  groupId: 'g',
  topics: [orders],
  onPartitionsRevoked: (_partitions, control) => control.commit(),
  onPartitionsAssigned: (partitions, control) => {
    for (const partition of partitions) control.seek(partition, 0)
  },
})
is<Eq<typeof seeking, Consumer<ConsumerRecord<string, Order, 'orders'>>>>()

// What else it answers.
await consumer.join({ signal: AbortSignal.timeout(1) })
const position = consumer.position({ topic: orders, partition: 0 })
is<Eq<typeof position, number | undefined>>()
const committed = (await consumer.committed([{ topic: 'orders', partition: 0 }]))[0]
committed?.offset?.toFixed()
consumer.lag()[0]?.records?.toFixed()
consumer.groupMetadata().generationId
consumer.stop()
await consumer.close({ timeoutMs: 1 })
await using disposed = kafka.consumer({ groupId: 'g', topics: ['t'] })
disposed.subscription()

// Lies and misspellings do not compile.
// @ts-expect-error types are not written by hand: nothing would decode them
kafka.consumer<string, Order>({ groupId: 'g', topics: ['t'] })
// @ts-expect-error unknown option
kafka.consumer({ groupId: 'g', topics: [orders], enableAutocommit: false })
// @ts-expect-error unknown value
kafka.consumer({ groupId: 'g', topics: [orders], autoOffsetReset: 'newest' })
// @ts-expect-error a serializer does not read
kafka.consumer({ groupId: 'g', topics: ['t'], value: { serialize: () => 'x' } })
// @ts-expect-error a topic is no number
kafka.consumer({ groupId: 'g', topics: [1] })

// Functions and classes over any consumer.
function anyConsumer(given: Consumer<ConsumerRecord<unknown, unknown>>): void {
  given.stop()
}
anyConsumer(consumer)
anyConsumer(both)
anyConsumer(plain)
anyConsumer(required)
class Repository<R extends ConsumerRecord<string, unknown>> {
  readonly consumer: Consumer<R>
  constructor(of: Consumer<R>) {
    this.consumer = of
  }
  async run(): Promise<void> {
    for await (const record of this.consumer) {
      const key: string | null = record.key
      key?.length
    }
  }
}
new Repository(consumer)
// @ts-expect-error its keys are bytes
new Repository(plain)
