import { describe, expect, test } from 'vitest'
import { tables } from '../../../src/client/config/tables.ts'
import {
  adminOptions,
  consumerOptions,
  kafkaOptions,
  producerOptions,
} from '../../../src/client/config/validate.ts'
import { serde } from '../../../src/client/serde.ts'
import { topic } from '../../../src/client/topic.ts'
import { ConfigurationError } from '../../../src/errors.ts'
import type { Assignor } from '../../../src/group/assignors/assignor.ts'
import { range } from '../../../src/group/assignors/range.ts'

const kafka = kafkaOptions({ bootstrapServers: 'b:9092' })
const group = { groupId: 'g', topics: ['t'] }
const own: Assignor = { name: 'own', protocol: 'eager', assign: () => new Map() }

function refusalOf(call: () => unknown): ConfigurationError {
  try {
    call()
  } catch (error) {
    if (error instanceof ConfigurationError) return error
    throw error
  }
  throw new Error('was not refused')
}

describe('what is not given', () => {
  test('every option of the table is there, with its default', () => {
    expect(Object.keys(kafka)).toEqual(Object.keys(tables.kafka))
    expect(Object.keys(producerOptions(undefined, kafka))).toEqual(Object.keys(tables.producer))
    expect(Object.keys(consumerOptions(group, kafka))).toEqual(Object.keys(tables.consumer))
    expect(Object.keys(adminOptions({}, kafka))).toEqual(Object.keys(tables.admin))
    expect(producerOptions({}, kafka)).toMatchObject({ acks: -1, lingerMs: 0, requestTimeoutMs: 30_000 })
    expect(consumerOptions(group, kafka)).toMatchObject({ autoOffsetReset: 'latest', enableAutoCommit: true })
    expect(kafka).toMatchObject({ clientId: 'ottla', tls: undefined, requestTimeoutMs: 30_000 })
  })

  test('undefined is the same as not given', () => {
    expect(producerOptions({ lingerMs: undefined, acks: undefined }, kafka)).toEqual(
      producerOptions({}, kafka),
    )
  })

  test('bootstrapServers must be given', () => {
    const error = refusalOf(() => kafkaOptions({ clientId: 'x' }))
    expect(error).toMatchObject({ code: 'INVALID_CONFIG', option: 'bootstrapServers' })
    expect(error.message).toContain('must be given')
  })

  test('without a groupId auto-commit is off', () => {
    const options = consumerOptions({ assign: [{ topic: 't', partition: 0 }] }, kafka)
    expect(options.enableAutoCommit).toBe(false)
  })
})

test('what is given to Kafka is the default of its clients, and a client overrides it', () => {
  const patient = kafkaOptions({
    bootstrapServers: 'b:9092',
    requestTimeoutMs: 7_000,
    defaultApiTimeoutMs: 9_000,
  })
  expect(producerOptions({}, patient).requestTimeoutMs).toBe(7_000)
  expect(consumerOptions({ ...group, requestTimeoutMs: 5_000 }, patient)).toMatchObject({
    requestTimeoutMs: 5_000,
    defaultApiTimeoutMs: 9_000,
  })
  expect(adminOptions({}, patient).defaultApiTimeoutMs).toBe(9_000)
})

describe('an option that is not known', () => {
  test.each([
    ['lingerMS', "did you mean 'lingerMs'?"],
    ['lingerms', "did you mean 'lingerMs'?"],
    ['compresionType', "did you mean 'compressionType'?"],
    ['linger.ms', "it is called 'lingerMs' here"],
    ['max.in.flight.requests.per.connection', "it is called 'maxInFlightRequestsPerConnection' here"],
    ['bootstrapServers', "'bootstrapServers' is given to new Kafka(...)"],
    ['bootstrap.servers', "'bootstrapServers' is given to new Kafka(...)"],
    ['groupId', "'groupId' is given to kafka.consumer(...)"],
    ['group_id', "'groupId' is given to kafka.consumer(...)"],
    ['defaultApiTimeoutMs', 'is given to new Kafka(...) or kafka.consumer(...) or kafka.admin(...)'],
    ['autoOffsetRest', "did you mean 'autoOffsetReset', which is given to kafka.consumer(...)?"],
    ['transactionalId', 'not supported yet'],
    ['transactional.id', 'not supported yet'],
    ['sasl', 'not supported yet'],
    ['sasl.jaas.config', 'not supported yet'],
    ['ssl.truststore.location', "TLS is set up by 'tls'"],
    ['ssl', "TLS is set up by 'tls'"],
    ['brokers', "as 'bootstrapServers'"],
    ['metric.reporters', 'metrics are not configured by options'],
    ['config.providers', 'your own code'],
    ['key.serializer', "give 'key'"],
    ['wakeup', 'AbortSignal'],
    ['zzzzzzzz', 'docs/configuration.md lists all options'],
    ['constructor', 'docs/configuration.md lists all options'],
    ['toString', 'docs/configuration.md lists all options'],
  ])('%s is refused: %s', (name, hint) => {
    const error = refusalOf(() => producerOptions({ [name]: 1 }, kafka))
    expect(error).toMatchObject({ code: 'INVALID_CONFIG', option: name })
    expect(error.message).toContain(`Unknown option '${name}' of kafka.producer(...)`)
    expect(error.message).toContain(hint)
  })

  test('S5: __proto__ is a name like any other', () => {
    const error = refusalOf(() => producerOptions(JSON.parse('{"__proto__": 1}'), kafka))
    expect(error.option).toBe('__proto__')
  })

  test('is refused though it is undefined, and though it is inherited', () => {
    expect(refusalOf(() => producerOptions({ lingerMS: undefined }, kafka)).option).toBe('lingerMS')
    expect(refusalOf(() => producerOptions(Object.create({ lingerMS: 1 }), kafka)).option).toBe('lingerMS')
    expect(producerOptions(Object.create({ lingerMs: 1 }), kafka).lingerMs).toBe(1)
  })

  test('its value, which may be a secret, is not in the message', () => {
    const error = refusalOf(() => kafkaOptions({ bootstrapServers: 'b:9092', sasl: 'hunter2' }))
    expect(error.message).not.toContain('hunter2')
  })
})

describe('a value that is wrong', () => {
  test.each<[name: string, value: unknown, reason: string]>([
    ['lingerMs', '5', "must be a number (milliseconds), not '5'"],
    ['lingerMs', 5n, 'must be a number (milliseconds), not 5n (a bigint)'],
    ['lingerMs', null, 'not null'],
    ['lingerMs', -1, 'must be at least 0'],
    ['lingerMs', 0.5, 'must be a whole number'],
    ['lingerMs', Number.NaN, 'must be a whole number (milliseconds), not NaN'],
    ['maxBlockMs', Number.POSITIVE_INFINITY, 'not Infinity'],
    ['maxBlockMs', 2 ** 31, 'must be at most 2147483647'],
    ['requestTimeoutMs', 0, 'must be at least 1'],
    ['acks', 2, "must be 'all' (or -1), 1 or 0, not 2"],
    ['acks', '1', "not '1'"],
    ['compressionType', 'brotli', "must be one of 'none', 'gzip', 'snappy', 'lz4', 'zstd', not 'brotli'"],
    ['compressionGzipLevel', 0, 'must be a whole number from 1 to 9, or -1 for its own choice, not 0'],
    ['compressionGzipLevel', 10, 'from 1 to 9'],
    ['compressionLz4Level', 0, 'must be a whole number from 1 to 17, not 0'],
    ['compressionLz4Level', 18, 'not 18'],
    ['compressionLz4Level', 1.5, 'not 1.5'],
    ['compressionZstdLevel', 23, 'must be a whole number from -131072 to 22, not 23'],
    ['compressionZstdLevel', -131_073, 'not -131073'],
    ['compressionZstdLevel', '3', "not '3'"],
    ['compressionZstdLevel', Number.NaN, 'not NaN'],
    ['enableIdempotence', 'true', "must be true or false, not 'true'"],
    ['value', 'json', 'must be a serializer'],
    ['value', { deserialize() {} }, 'must be a serializer'],
    ['partitioner', {}, 'must be a function'],
    ['logger', { warn() {}, error() {} }, 'debug, info not found'],
    ['logger', null, 'must have the methods'],
  ])('%s %o: %s', (name, value, reason) => {
    const error = refusalOf(() => producerOptions({ [name]: value }, kafka))
    expect(error.option).toBe(name)
    expect(error.message).toContain(`Option '${name}' of kafka.producer(...)`)
    expect(error.message).toContain(reason)
  })

  test.each<[name: string, value: unknown, reason: string]>([
    ['topics', 'orders', 'must be an array'],
    ['topics', [], 'at least one topic'],
    ['topics', ['a', 'a'], 'names topic a twice'],
    ['topics', [topic('a'), 'a'], 'names topic a twice'],
    ['topics', ['a b'], 'letters, digits'],
    ['topics', [{ name: 'a' }], 'give a name or a topic(...)'],
    ['groupId', '', 'must not be empty'],
    ['partitionAssignmentStrategy', ['stickie'], "has 'stickie' in it; there are 'range', 'roundrobin'"],
    ['partitionAssignmentStrategy', ['CooperativeStickyAssignor'], "called 'cooperative-sticky' here"],
    ['partitionAssignmentStrategy', ['org.apache.kafka.clients.consumer.RangeAssignor'], "called 'range'"],
    ['partitionAssignmentStrategy', ['round-robin'], "called 'roundrobin' here"],
    ['partitionAssignmentStrategy', ['range', 'range'], "names the assignor 'range' twice"],
    ['partitionAssignmentStrategy', ['range', { ...own, name: 'range' }], "names the assignor 'range' twice"],
    ['partitionAssignmentStrategy', [], 'must be an array'],
    ['partitionAssignmentStrategy', [own.assign], 'has a function in it'],
    ['partitionAssignmentStrategy', [{ ...own, name: '' }], "whose name is ''"],
    ['partitionAssignmentStrategy', [{ ...own, assign: undefined }], 'assign must be a function'],
    ['partitionAssignmentStrategy', [{ ...own, protocol: 'both' }], "must be 'eager' or 'cooperative'"],
    ['partitionAssignmentStrategy', [{ ...own, userData: null }], 'userData must be a function'],
    ['groupInstanceId', '', 'must not be empty'],
    ['groupInstanceId', 'a b', 'has " " in it'],
    ['groupInstanceId', '..', "must not be '..'"],
    ['groupInstanceId', 'x'.repeat(250), 'at most 249 characters, not 250'],
    ['autoOffsetReset', 'newest', 'must be one of'],
    ['value', { serialize() {} }, 'must be a deserializer'],
    ['onPartitionsRevoked', true, 'must be a function'],
  ])('%s %o: %s', (name, value, reason) => {
    const error = refusalOf(() => consumerOptions({ ...group, [name]: value }, kafka))
    expect(error.option).toBe(name)
    expect(error.message).toContain(reason)
  })

  test.each<[entries: unknown, reason: string]>([
    ['t', 'must be an array'],
    [[], 'at least one partition'],
    [['t'], "has 't' in it"],
    [[{ topic: /t/, partition: 0 }], 'where a topic is expected'],
    [[{ topic: 't' }], 'has a undefined as a partition of t'],
    [[{ topic: 't', partition: -1 }], 'has -1 as a partition of t'],
    [[{ topic: 't', partition: 0, offset: 'newest' }], "give a number, 'earliest' or 'latest'"],
    [[{ topic: 't', partition: 0, ofset: 1 }], "not 'ofset'"],
    [
      [
        { topic: 't', partition: 0 },
        { topic: topic('t'), partition: 0 },
      ],
      'names t-0 twice',
    ],
  ])('assign %o: %s', (assign, reason) => {
    const error = refusalOf(() => consumerOptions({ assign }, kafka))
    expect(error.option).toBe('assign')
    expect(error.message).toContain(reason)
  })

  test.each([null, 'b:9092', ['b:9092'], 7])('%o in place of an object of options', (input) => {
    expect(refusalOf(() => kafkaOptions(input)).message).toContain(
      'new Kafka(...) takes an object of options',
    )
  })

  test('S4: what was given for tls is not shown', () => {
    const error = refusalOf(() => kafkaOptions({ bootstrapServers: 'b:9092', tls: '-----BEGIN KEY' }))
    expect(error.message).not.toContain('BEGIN')
  })
})

test('tls: true is TLS with the defaults of Node, an object is handed on, false is none', () => {
  const tlsOf = (tls: unknown) => kafkaOptions({ bootstrapServers: 'b:9092', tls }).tls
  const options = { ca: 'x' }
  expect(tlsOf(true)).toEqual({})
  expect(tlsOf(options)).toBe(options)
  expect(tlsOf(false)).toBeUndefined()
})

describe('P11: options that conflict', () => {
  test.each<[given: object, option: string, reason: string]>([
    [
      { deliveryTimeoutMs: 30_000, lingerMs: 1 },
      'deliveryTimeoutMs',
      'less than lingerMs (1) + requestTimeoutMs (30000)',
    ],
    [{ acks: 1 }, 'acks', 'enableIdempotence: false'],
    [{ acks: 0, enableIdempotence: true }, 'acks', "needs 'all'"],
    [{ retries: 0 }, 'retries', 'enableIdempotence: false'],
    [{ maxInFlightRequestsPerConnection: 6 }, 'maxInFlightRequestsPerConnection', 'at most 5'],
    [{ retryBackoffMs: 2_000 }, 'retryBackoffMs', 'more than retryBackoffMaxMs (1000)'],
  ])('producer %o', (given, option, reason) => {
    const error = refusalOf(() => producerOptions(given, kafka))
    expect(error.option).toBe(option)
    expect(error.message).toContain(reason)
  })

  test('without idempotence, acks, retries and requests in flight are free', () => {
    const given = { enableIdempotence: false, acks: 0, retries: 0, maxInFlightRequestsPerConnection: 50 }
    expect(producerOptions(given, kafka)).toMatchObject(given)
  })

  test.each<[given: object, option: string, reason: string]>([
    [{ ...group, heartbeatIntervalMs: 45_000 }, 'heartbeatIntervalMs', 'below sessionTimeoutMs (45000)'],
    [{ ...group, sessionTimeoutMs: 3_000 }, 'heartbeatIntervalMs', 'below sessionTimeoutMs (3000)'],
    [{ ...group, fetchMaxWaitMs: 30_000 }, 'fetchMaxWaitMs', 'below requestTimeoutMs (30000)'],
    [{ ...group, fetchMaxBytes: 2 ** 30 }, 'fetchMaxBytes', 'more than maxResponseSize (104857600)'],
    [{ ...group, maxPartitionFetchBytes: 2 ** 30 }, 'maxPartitionFetchBytes', 'more than maxResponseSize'],
    [{ ...group, assign: [{ topic: 't', partition: 0 }] }, 'assign', 'together with topics'],
    [{ groupId: 'g' }, 'topics', 'nothing to read'],
    [{ assign: [{ topic: 't', partition: 0 }], groupInstanceId: 'i' }, 'groupInstanceId', 'without topics'],
    [{ topics: ['t'] }, 'groupId', 'must be given with topics'],
    [{ assign: [{ topic: 't', partition: 0 }], enableAutoCommit: true }, 'enableAutoCommit', 'no groupId'],
  ])('consumer %o', (given, option, reason) => {
    const error = refusalOf(() => consumerOptions(given, kafka))
    expect(error.option).toBe(option)
    expect(error.message).toContain(reason)
  })

  test.each([
    [{ reconnectBackoffMs: 5_000 }, 'reconnectBackoffMs'],
    [{ socketConnectionSetupTimeoutMs: 60_000 }, 'socketConnectionSetupTimeoutMs'],
    [{ retryBackoffMaxMs: 10 }, 'retryBackoffMs'],
  ])('Kafka %o', (given, option) => {
    expect(refusalOf(() => kafkaOptions({ bootstrapServers: 'b:9092', ...given })).option).toBe(option)
  })
})

test('assignors are taken by name, or as they are given', () => {
  const given = { ...group, partitionAssignmentStrategy: [own, 'range'] }
  const [first, second, ...others] = consumerOptions(given, kafka).partitionAssignmentStrategy
  expect(first).toBe(own)
  expect(second).toBe(range)
  expect(others).toEqual([])
})

test('topics and serdes are taken as they are given', () => {
  const orders = topic('orders', { value: serde.json() })
  const options = consumerOptions(
    { groupId: 'g', topics: [orders, 'other', /^eu/], key: serde.string },
    kafka,
  )
  expect(options.topics).toEqual([orders, 'other', /^eu/])
  expect(options.topics?.[0]).toBe(orders)
  expect(options.key).toBe(serde.string)
  expect(options.value).toBe(serde.bytes)
})
