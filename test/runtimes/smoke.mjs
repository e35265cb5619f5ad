// Run on every supported Node against the packed package: the main job, and the process ends by itself.
import { strict as assert } from 'node:assert'
import { isKafkaError, Kafka, serde, topic } from 'ottla'
import { range } from 'ottla/assignors'
import { apis, compressionCodecs } from 'ottla/protocol'
import { expectBalanced, simulateGroup } from 'ottla/testing'

assert.ok(apis.length > 0)
assert.equal(range.name, 'range')
expectBalanced(simulateGroup({ assignor: range, topics: { t: 3 } }).join(['a', 'b']))
assert.throws(
  () => new Kafka({ bootstrapServers: 'localhost:9092', cliendId: 'x' }),
  (error) => isKafkaError(error, 'INVALID_CONFIG') && error.message.includes('clientId'),
)

// zstd, which Node has since 22.15: before, ours takes its place. What libzstd wrote is read, with its checksum, and
// what is written comes back.
const { zstd } = compressionCodecs
const text = `${'offset,partition,leader;'.repeat(40)}the end`
const written = Buffer.from(
  'KLUv/WTHAj0BAPhvZmZzZXQscGFydGl0aW9uLGxlYWRlcjt0aGUgZW5kAQCU3mqOAfE4GEo=',
  'base64',
)
assert.equal(String(zstd.decompress(written, { maxBytes: 10_000 })), text)
const compressed = zstd.compress(Buffer.from(text), 5)
assert.ok(compressed.length < 80)
assert.equal(String(zstd.decompress(compressed, { maxBytes: 10_000 })), text)
assert.throws(() => zstd.decompress(written, { maxBytes: 100 }))
assert.throws(() => zstd.decompress(written.subarray(0, -1), { maxBytes: 10_000 }))
const skippable = Buffer.from('502a4d180100000000', 'hex')
assert.equal(
  String(zstd.decompress(Buffer.concat([skippable, written, written]), { maxBytes: 10_000 })),
  text + text,
)

const events = topic(process.argv[2], { key: serde.string, value: serde.json() })
const kafka = new Kafka({ bootstrapServers: process.argv[3], clientId: 'smoke' })
await kafka.admin().createTopics([{ name: events, numPartitions: 1, replicationFactor: 1 }])
const producer = kafka.producer()
for (let i = 0; i < 10; i++) await producer.send({ topic: events, key: `k${i}`, value: { i } })
await producer.close()
const consumer = kafka.consumer({
  groupId: `${events.name}-group`,
  topics: [events],
  autoOffsetReset: 'earliest',
})
const seen = []
for await (const record of consumer) {
  seen.push(record.value.i)
  if (seen.length === 10) consumer.stop()
}
await consumer.close()
await kafka.admin().deleteTopics([events])
await kafka.close()
assert.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
console.log('ok', process.version)
