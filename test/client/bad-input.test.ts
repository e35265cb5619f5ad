// Bad input through the public surface: what stands at the address is no Kafka broker, or one that fails. Each gives a
// typed error that names what and where, within a deadline, and the process can go on.
import { describe, expect, it } from 'vitest'
import { ConfigurationError, Kafka, type KafkaError, type KafkaOptions } from '../../src/index.ts'
import { Fetch, InitProducerId, ListOffsets, Produce } from '../../src/protocol/api/index.ts'
import { badServers, badSocket } from '../support/bad-servers.ts'
import { errorOf, failureOf, wholeMessage } from '../support/failure.ts'
import { take } from '../support/reading.ts'
import type { Received } from '../support/scripted/broker.ts'
import { ScriptedCluster } from '../support/scripted/cluster.ts'
import { batch } from './consumer/support.ts'

const silentLogger = { debug() {}, info() {}, warn() {}, error() {} }

/** Short deadlines; a test that one of them does not bound runs into its own. */
const TEST_TIMEOUT_MS = 20_000
const shortly = {
  requestTimeoutMs: 300,
  defaultApiTimeoutMs: 900,
  socketConnectionSetupTimeoutMs: 300,
  retryBackoffMs: 20,
  retryBackoffMaxMs: 50,
  reconnectBackoffMs: 20,
  reconnectBackoffMaxMs: 50,
  logger: silentLogger,
}

function kafkaAt(bootstrapServers: string | string[], options: Partial<KafkaOptions> = {}): Kafka {
  return new Kafka({ ...shortly, ...options, bootstrapServers })
}

/** One call of each kind of client: how each of them fails. */
async function failuresOf(kafka: Kafka): Promise<[call: string, error: KafkaError][]> {
  const producer = kafka.producer({ maxBlockMs: 900, deliveryTimeoutMs: 900 })
  const assigned = kafka.consumer({ assign: [{ topic: 't', partition: 0 }], fetchMaxWaitMs: 50 })
  const member = kafka.consumer({ groupId: 'g', topics: ['t'], fetchMaxWaitMs: 50 })
  const calls: [call: string, failed: Promise<KafkaError>][] = [
    ['connect', failureOf(kafka.connect())],
    ['admin', failureOf(kafka.admin().listTopics())],
    ['send', failureOf(producer.send({ topic: 't', value: 'x' }))],
    ['a loop over partitions', failureOf(assigned[Symbol.asyncIterator]().next())],
    ['a loop in a group', failureOf(member[Symbol.asyncIterator]().next())],
  ]
  return Promise.all(calls.map(async ([call, failed]) => [call, await failed] as [string, KafkaError]))
}

/** Another Kafka object in the same process does its work. */
async function expectToGoOn(): Promise<void> {
  const cluster = await ScriptedCluster.start()
  try {
    await using kafka = kafkaAt(addressesOf(cluster))
    await kafka.connect()
    expect((await kafka.admin().listTopics()).length).toBe(0)
  } finally {
    await cluster.stop()
  }
}

function addressesOf(cluster: ScriptedCluster): string[] {
  return cluster.bootstrapServers.map(({ host, port }) => `${host}:${port}`)
}

describe('at the only address', { timeout: TEST_TIMEOUT_MS }, () => {
  it.each(badServers)('C11: $name: each call fails in time with an error that says so', async (kind) => {
    await using server = await kind.start()
    {
      await using kafka = kafkaAt(server.address)
      for (const [call, error] of await failuresOf(kafka)) {
        // In the error's own words, not only in those of a cause that a log may leave out.
        expect(error.message, call).toContain(server.address)
        expect(error.message, call).toMatch(kind.says)
        expect({ call, code: error.code, name: error.name }).toEqual({ call, ...kind.error })
      }
    }
    await expectToGoOn()
  })

  it('C11: what no asking again can change is not asked again', async () => {
    let connections = 0
    await using server = await badSocket((socket) => {
      connections++
      socket.once('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))
    })
    await using kafka = kafkaAt(server.address, { defaultApiTimeoutMs: 60_000 })
    expect(await failureOf(kafka.connect())).toMatchObject({ code: 'PROTOCOL_ERROR', retriable: false })
    expect(connections).toBe(1)
  })

  it('C11: TLS to a port that speaks plain text fails in time and says so', async () => {
    await using server = await badSocket((socket) => socket.once('data', () => socket.end()))
    await using kafka = kafkaAt(server.address, { tls: true })
    const error = await failureOf(kafka.connect())
    expect(error.message).toContain(server.address)
    expect(error.message).toMatch(/TLS/)
  })
})

describe('at the first of several addresses', { timeout: TEST_TIMEOUT_MS }, () => {
  it.each(badServers)('$name: the good one after it is used', async ({ start }) => {
    await using bad = await start()
    const cluster = await ScriptedCluster.start()
    try {
      // The bad one alone would use up all of this time.
      await using kafka = kafkaAt([bad.address, ...addressesOf(cluster)], {
        requestTimeoutMs: 5_000,
        socketConnectionSetupTimeoutMs: 5_000,
        defaultApiTimeoutMs: 5_000,
      })
      await kafka.connect()
      expect((await kafka.admin().describeCluster()).clusterId).toBe('scripted')
    } finally {
      await cluster.stop()
    }
  })

  it('two bad addresses are both named, each with what it did', async () => {
    const [dead, , silent] = badServers
    await using one = await dead!.start()
    await using two = await silent!.start()
    await using kafka = kafkaAt([one.address, two.address])
    const { message } = await failureOf(kafka.connect())
    for (const address of [one.address, two.address]) expect(message).toContain(address)
    for (const { says } of [dead!, silent!]) expect(message).toMatch(says)
  })
})

describe('a cluster', { timeout: TEST_TIMEOUT_MS }, () => {
  it('whose metadata names brokers that cannot be reached: the error speaks of advertised.listeners', async () => {
    const cluster = await ScriptedCluster.start(2)
    try {
      cluster.named = [2]
      const { port } = cluster.node(2)
      await cluster.node(2).stop()
      cluster.endpoints = () => [{ nodeId: 2, host: '127.0.0.1', port, rack: null }]
      await using kafka = kafkaAt(`127.0.0.1:${cluster.node(1).port}`)
      const error = await failureOf(kafka.admin().describeCluster())
      expect(error.message).toContain(`127.0.0.1:${port}`)
      expect(error.message).toContain('advertised.listeners')
    } finally {
      await cluster.stop()
    }
  })

  const cut = (request: Received<typeof Produce> | Received<typeof Fetch>, answer: Buffer) => {
    request.from.socket.end(answer.subarray(0, answer.length - 5))
  }
  const absurd = (request: Received<typeof Produce> | Received<typeof Fetch>) => {
    request.from.socket.write(Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 0]))
  }

  it.each([
    ['closes in the middle of its answer', cut, /in the middle of an answer/],
    ['sends a frame of an absurd length', absurd, /announced a response of 2147483647 bytes/],
    ['is silent', () => {}, /did not answer Produce within 300 ms/],
  ])('that %s to Produce: the record fails in time, and the next goes through', async (_, act, says) => {
    const cluster = await oneTopic()
    try {
      const broker = cluster.node(1)
      broker.on(Produce, (request) => act(request, request.frame(written(0))))
      await using kafka = kafkaAt(addressesOf(cluster))
      await using producer = kafka.producer({ enableIdempotence: false, deliveryTimeoutMs: 900 })
      const error = await failureOf(producer.send({ topic: 't', partition: 0, value: 'x' }))
      expect(error).toMatchObject({
        code: 'DELIVERY_TIMEOUT',
        name: 'TimeoutError',
        topic: 't',
        partition: 0,
      })
      expect(wholeMessage(error)).toMatch(says)
      expect(wholeMessage(error)).toContain(`127.0.0.1:${broker.port}`)

      broker.on(Produce, (request) => request.respond(written(41)))
      expect(await producer.send({ topic: 't', partition: 0, value: 'y' })).toMatchObject({ offset: 41 })
    } finally {
      await cluster.stop()
    }
  })

  it.each([
    ['closes in the middle of its answer', cut],
    ['is silent', () => {}],
  ])('that %s to Fetch: the loop waits, and goes on when it answers', async (_, act) => {
    const cluster = await oneTopic()
    try {
      const broker = cluster.node(1)
      broker.on(Fetch, (request) => act(request, request.frame(fetched('cut'))))
      await using kafka = kafkaAt(addressesOf(cluster))
      await using consumer = kafka.consumer({
        assign: [{ topic: 't', partition: 0, offset: 5 }],
        fetchMaxWaitMs: 50,
      })
      const first = take(consumer, 1)
      // It asks again, and then the broker is well again.
      await broker.until(Fetch, 3)
      broker.on(Fetch, (request) => request.respond(fetched('whole')))
      const [record] = await first
      expect([record?.offset, String(record?.value)]).toEqual([5, 'whole'])
    } finally {
      await cluster.stop()
    }
  })

  it('that sends frames of an absurd length to Fetch again and again: the loop is told, and the next one goes on', async () => {
    const cluster = await oneTopic()
    try {
      const broker = cluster.node(1)
      broker.on(Fetch, (request) => absurd(request))
      await using kafka = kafkaAt(addressesOf(cluster))
      await using consumer = kafka.consumer({
        assign: [{ topic: 't', partition: 0, offset: 5 }],
        fetchMaxWaitMs: 50,
      })
      const error = await failureOf(take(consumer, 1))
      expect(error).toMatchObject({ code: 'PROTOCOL_ERROR' })
      expect(error.message).toContain(`127.0.0.1:${broker.port}`)
      expect(error.message).toContain('maxResponseSize')
      broker.on(Fetch, (request) => request.respond(fetched('whole')))
      const [record] = await take(consumer, 1)
      expect([record?.offset, String(record?.value)]).toEqual([5, 'whole'])
    } finally {
      await cluster.stop()
    }
  })
})

describe('options', () => {
  it.each([
    [{ bootstrapServer: 'b:9092' }, 'bootstrapServer', "'bootstrapServers'"],
    [{ bootstrapServers: 'b:9092', clientid: 'x' }, 'clientid', "'clientId'"],
    [{ bootstrapServers: 'b:9092', 'client.id': 'x' }, 'client.id', "'clientId'"],
    [{ bootstrapServers: 'b:9092', lingerMs: 5 }, 'lingerMs', 'kafka.producer(...)'],
  ])('new Kafka(%j) is refused, and the error has the right name', (options, option, hint) => {
    const error = errorOf(() => new Kafka(options as unknown as KafkaOptions))
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error).toMatchObject({ code: 'INVALID_CONFIG', option })
    expect(error.message).toContain(hint)
  })

  it('an unknown option of any client is refused at the call, without any connection', async () => {
    const kafka = kafkaAt('127.0.0.1:1')
    const wrong: [name: string, call: () => unknown, hint: string][] = [
      ['lingerMS', () => kafka.producer({ lingerMS: 5 } as object), "'lingerMs'"],
      ['linger.ms', () => kafka.producer({ 'linger.ms': 5 } as object), "'lingerMs'"],
      ['groupID', () => kafka.consumer({ groupID: 'g', topics: ['t'] } as object), "'groupId'"],
      ['timeoutMs', () => kafka.admin({ timeoutMs: 5 } as object), 'docs/configuration.md'],
    ]
    for (const [option, call, hint] of wrong) {
      const error = errorOf(call)
      expect(error).toMatchObject({ code: 'INVALID_CONFIG', option })
      expect(error.message).toContain(hint)
    }
    await kafka.close()
  })

  it.each(['', 'localhost', 'b:99999', 'http://b:9092', 'b:9092,,c:9092'])(
    'bootstrapServers %j is refused by name',
    (bootstrapServers) => {
      const error = errorOf(() => new Kafka({ bootstrapServers }))
      expect(error).toMatchObject({ code: 'INVALID_CONFIG', option: 'bootstrapServers' })
    },
  )
})

/** A cluster of one broker with the topic `t` of one partition. */
async function oneTopic(): Promise<ScriptedCluster> {
  const cluster = await ScriptedCluster.start()
  cluster.topics.set('t', { partitions: [{ leader: 1 }] })
  cluster
    .node(1)
    .on(InitProducerId, ({ respond }) => respond({ errorCode: 0, producerId: 7n, producerEpoch: 0 }))
  cluster.node(1).on(ListOffsets, ({ respond }) => {
    respond({
      topics: [{ name: 't', partitions: [{ partitionIndex: 0, errorCode: 0, timestamp: -1, offset: 0 }] }],
    })
  })
  return cluster
}

/** The topic has no id, so that it goes by name. */
function written(baseOffset: number) {
  return { responses: [{ name: 't', partitionResponses: [{ index: 0, errorCode: 0, baseOffset }] }] }
}

function fetched(value: string) {
  const records = batch({ at: 5, values: [value] })
  const partition = { partitionIndex: 0, errorCode: 0, highWatermark: 6, abortedTransactions: null, records }
  return { errorCode: 0, sessionId: 0, responses: [{ topic: 't', partitions: [partition] }] }
}
