// Programs that produce: what must compile, and, marked, what must not. Checked by `npm run check:types`; never run.

import type { Producer, SendReport } from '../../src/client/producer/types.ts'
import { type Bytes, serde } from '../../src/client/serde.ts'
import { topic } from '../../src/client/topic.ts'
import { type Enriched, type Eq, is, kafka, type Order, order, type Payment } from './support.ts'

const orders = topic('orders', { key: serde.string, value: serde.json<Order>() })
const enriched = topic('enriched', { key: serde.string, value: serde.json<Enriched>() })
const payments = topic('payments', { key: serde.string, value: serde.json<Payment>() })
const audit = topic('audit', { value: serde.string })
const deadLetters = topic('orders.dlq')

// A producer without serdes takes text and bytes, a topic brings its own types.
const plain = kafka.producer()
is<Eq<typeof plain, Producer<Bytes, Bytes>>>()
await plain.send({ topic: 'x', key: 'k', value: Buffer.alloc(1) })
await plain.send({ topic: enriched, key: 'k', value: { ...order, country: 'nl' } })
await plain.send({ topic: audit, key: 'x', value: 'done' })
await plain.send({
  topic: deadLetters,
  key: null,
  value: Buffer.alloc(1),
  headers: { err: 'x', trace: undefined },
})
await plain.send({
  topic: 'x',
  value: 'v',
  headers: [
    ['a', 'b'],
    ['a', null],
  ],
})
await plain.send({ topic: 'x', value: 'v', headers: new Map([['a', 'b']]) })
const metadata = await plain.send({ topic: 'x', value: null }, { signal: AbortSignal.timeout(1) })
is<Eq<typeof metadata.offset, number>>()
// @ts-expect-error wrong type for the topic: country is missing
await plain.send({ topic: enriched, key: 'k', value: order })
// @ts-expect-error wrong type
await plain.send({ topic: audit, key: 'x', value: 3 })
// @ts-expect-error a header's value is text or bytes
await plain.send({ topic: 'x', value: 'v', headers: { a: 1 } })
// @ts-expect-error a misspelt field
await plain.send({ topic: 'x', value: 'v', partion: 1 })

// A producer with serdes: they write topics given by name.
const typed = kafka.producer({ key: serde.string, value: serde.json<Order>() })
is<Eq<typeof typed, Producer<string, Order>>>()
await typed.send({ topic: 'x', key: 'k', value: { id: '1', amount: 2 } })
await typed.send({ topic: audit, value: 'text' })
await typed.send({ topic: 'x', key: 'k', value: null })
// @ts-expect-error undefined is not a tombstone
await typed.send({ topic: 'x', key: 'k', value: undefined })
// @ts-expect-error the value is missing
await typed.send({ topic: 'x', key: 'k' })
// @ts-expect-error a misspelt field of the value
await typed.send({ topic: 'x', key: 'k', value: { id: '1', amunt: 2 } })
// @ts-expect-error the key is text
await typed.send({ topic: 'x', key: 1, value: null })

// Many at once: by name, of one topic, of several, from a generator.
const report = await typed.sendMany([{ topic: 'x', key: 'k', value: order }])
is<Eq<typeof report, SendReport>>()
for (const { partition, offset } of report) partition + offset
report.at(0)?.offset
report.failed[0]?.error.code
await typed.sendMany([
  { topic: audit, value: 'text' },
  { topic: audit, value: null },
])
await typed.sendMany([
  { topic: orders, key: 'k', value: order },
  { topic: payments, key: 'k', value: { orderId: '1', cents: 1 } },
])
async function* records() {
  yield { topic: payments, key: 'k', value: { orderId: '1', cents: 1 } }
}
await typed.sendMany(records())
await typed.sendMany(
  [order].map((value) => ({ topic: orders, key: value.id, value })),
  { signal: AbortSignal.timeout(1) },
)
// @ts-expect-error an order is no payment
await typed.sendMany([
  { topic: orders, key: 'k', value: order },
  { topic: payments, key: 'k', value: order },
])
// @ts-expect-error wrong type
await typed.sendMany([{ topic: audit, value: 3 }])

// The fast path: the context comes back as it is.
const room: boolean = typed.enqueue({ topic: 'x', value: order })
if (!room) await typed.ready({ signal: AbortSignal.timeout(1) })
typed.enqueue(
  { topic: audit, value: 'x' },
  (error, { offset }, context) => {
    is<Eq<typeof context, number>>()
    is<Eq<typeof offset, number>>()
    error?.code
  },
  7,
)
typed.enqueue({ topic: 'x', value: order }, (error, _metadata, context) => {
  is<Eq<typeof context, undefined>>()
  error?.retriable
})

const flushed = await typed.flush({ reject: true })
is<Eq<typeof flushed.failed, number>>()
await typed.close({ timeoutMs: 1 })
await typed.closed
await using disposed = kafka.producer({ compressionType: 'zstd', acks: 'all', lingerMs: undefined })
await disposed.flush()

// Serdes of every kind.
const asyncSerde = serde.async<Order>({
  serializeAsync: async () => Buffer.alloc(0),
  deserializeAsync: async () => order,
})
const viaRegistry = kafka.producer({ value: asyncSerde })
is<Eq<typeof viaRegistry, Producer<Bytes, Order>>>()
const serializerOnly = kafka.producer({ value: { serialize: (value: Date) => value.toISOString() } })
is<Eq<typeof serializerOnly, Producer<Bytes, Date>>>()
const required = kafka.producer({ value: serde.required(serde.json<Order>()) })
is<Eq<typeof required, Producer<Bytes, Order>>>()

// Lies and misspellings do not compile.
// @ts-expect-error types are not written by hand: nothing would encode them
kafka.producer<string, Order>()
// @ts-expect-error unknown option
kafka.producer({ lingerMS: 5 })
// @ts-expect-error unknown option beside known ones
kafka.producer({ value: serde.json<Order>(), lingerMS: 5 })
// @ts-expect-error unknown codec
kafka.producer({ compressionType: 'brotli' })
// @ts-expect-error a deserializer does not write
kafka.producer({ value: { deserialize: () => 'x' } })
// @ts-expect-error given to new Kafka
kafka.producer({ bootstrapServers: 'b:9092' })
// @ts-expect-error a topic's serde converts both ways
topic('x', { value: { serialize: () => 'x' } })

// Functions over any producer of a kind.
async function announce(producer: Producer<Bytes, Order>): Promise<void> {
  await producer.send({ topic: 'x', value: order })
}
await announce(kafka.producer({ value: serde.json<Order>() }))
