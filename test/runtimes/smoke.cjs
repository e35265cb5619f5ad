// The CommonJS build: the same names, from the same places.
const assert = require('node:assert').strict
const { isKafkaError, Kafka, topic } = require('ottla')
const { range } = require('ottla/assignors')
const { apis } = require('ottla/protocol')

assert.ok(apis.length > 0)
assert.equal(range.name, 'range')
assert.equal(topic('t').name, 't')
assert.throws(
  () => new Kafka({ bootstrapServers: 'localhost:9092', 'linger.ms': 1 }),
  (error) => isKafkaError(error, 'INVALID_CONFIG'),
)
console.log('ok', process.version)
