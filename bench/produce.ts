// What a producer does: `node bench/produce.ts --bootstrap host:port [--messages 1000000] [--size 100] [--partitions 3]
// [--acks all] [--compression none] [--keyed] [--runs 3]`. Prints messages a second and CPU microseconds a message.
// A first run warms up and does not count.

import { parseArgs } from 'node:util'
import { Kafka } from '../src/index.ts'

const { values: given } = parseArgs({
  options: {
    bootstrap: { type: 'string', default: '127.0.0.1:9092' },
    messages: { type: 'string', default: '1000000' },
    size: { type: 'string', default: '100' },
    partitions: { type: 'string', default: '3' },
    acks: { type: 'string', default: 'all' },
    compression: { type: 'string', default: 'none' },
    keyed: { type: 'boolean', default: false },
    runs: { type: 'string', default: '3' },
  },
})

const messages = Number(given.messages)
const acks = given.acks === 'all' ? 'all' : given.acks === '1' ? 1 : 0
const compressionType = given.compression as 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
const kafka = new Kafka({ bootstrapServers: given.bootstrap, clientId: 'bench' })
const admin = kafka.admin()
const topic = `bench-produce-${Date.now()}`
await admin.createTopics([{ name: topic, numPartitions: Number(given.partitions), replicationFactor: 1 }])
const producer = kafka.producer({ acks, compressionType, enableIdempotence: acks === 'all' })
// Not all the same byte, or codecs have nothing to do.
const value = Buffer.from(Array.from({ length: Number(given.size) }, (_, i) => 32 + ((i * 7919) % 95)))
const keys = given.keyed ? Array.from({ length: 1024 }, (_, i) => `key-${i}`) : undefined

async function run(count: number): Promise<void> {
  let failed = 0
  const callback = (error: Error | null) => {
    if (error !== null) failed++
  }
  const cpu = process.cpuUsage()
  const started = performance.now()
  for (let i = 0; i < count; i++) {
    const record = keys === undefined ? { topic, value } : { topic, key: keys[i & 1023]!, value }
    if (!producer.enqueue(record, callback)) await producer.ready()
  }
  await producer.flush()
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const perMessage = (microseconds: number) => (microseconds / count).toFixed(3)
  console.log(
    `${count} messages in ${seconds.toFixed(2)} s: ${Math.round(count / seconds)} messages/s, ` +
      `CPU ${perMessage(user + system)} µs/message (user ${perMessage(user)}, system ${perMessage(system)})` +
      `${failed > 0 ? `, ${failed} FAILED` : ''}`,
  )
}

console.log(
  `${given.size}-byte values, ${given.partitions} partitions, acks ${given.acks}, ${given.compression}`,
)
console.log('warming up:')
await run(Math.min(messages, 200_000))
console.log('measured:')
for (let i = 0; i < Number(given.runs); i++) await run(messages)
await producer.close()
await admin.deleteTopics([topic])
await kafka.close()
