// The CommonJS build: the same names, from the same places.
const assert = require('node:assert').strict
const { isKafkaError, Kafka, topic } = require('ottla')
const { range } = require('ottla/assignors')
const { apis, compressionCodecs } = require('ottla/protocol')
const { expectBalanced, simulateGroup } = require('ottla/testing')

assert.ok(apis.length > 0)
assert.equal(range.name, 'range')
expectBalanced(simulateGroup({ assignor: range, topics: { t: 3 } }).join(['a', 'b']))
assert.equal(topic('t').name, 't')
assert.throws(
  () => new Kafka({ bootstrapServers: 'localhost:9092', 'linger.ms': 1 }),
  (error) => isKafkaError(error, 'INVALID_CONFIG'),
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

console.log('ok', process.version)
