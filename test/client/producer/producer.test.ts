// The producer against scripted brokers: what it sends when, and what it makes of answers.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ProducerOptions } from '../../../src/client/config/types.ts'
import { Kafka } from '../../../src/client/kafka.ts'
import { serde } from '../../../src/client/serde.ts'
import { topic } from '../../../src/client/topic.ts'
import { ApiVersions, InitProducerId, Metadata, Produce } from '../../../src/protocol/api/index.ts'
import { errorByName } from '../../../src/protocol/error-codes.ts'
import { errorOf, failureOf } from '../../support/failure.ts'
import { allVersions, type Received } from '../../support/scripted/broker.ts'
import { ScriptedCluster, topicId } from '../../support/scripted/cluster.ts'
import { answer, batchesIn, valuesIn } from '../../support/scripted/produce.ts'

let scripted: ScriptedCluster
let kafka: Kafka
const logged: [level: string, message: string][] = []
const logger = {
  debug() {},
  info() {},
  warn: (message: string) => logged.push(['warn', message]),
  error: (message: string) => logged.push(['error', message]),
}

beforeEach(async () => {
  logged.length = 0
  scripted = await ScriptedCluster.start(2)
  scripted.topics.set('orders', {
    id: topicId('O'),
    partitions: [{ leader: 1 }, { leader: 1 }, { leader: 2 }],
  })
  let ids = 40n
  for (const broker of scripted.brokers) {
    broker.on(InitProducerId, ({ respond }) => {
      ids++
      respond({ errorCode: 0, producerId: ids, producerEpoch: 0 })
    })
    broker.on(Produce, (request) => answer(request))
  }
  kafka = new Kafka({
    bootstrapServers: `127.0.0.1:${scripted.node(1).port}`,
    retryBackoffMs: 1,
    retryBackoffMaxMs: 2,
    reconnectBackoffMs: 1,
    reconnectBackoffMaxMs: 2,
    logger,
  })
})

afterEach(async () => {
  vi.useRealTimers()
  await kafka.close({ timeoutMs: 0 })
  await scripted.stop()
})

const producerOf = (options: ProducerOptions = {}) => kafka.producer(options)
const to = (partition: number, value: string) => ({ topic: 'orders', partition, value })

/** Answers the first requests of node 1 in this way, in turn, the others well. */
function script(...handlers: ((request: Received<typeof Produce>) => void)[]): void {
  scripted.node(1).on(Produce, (request) => (handlers.shift() ?? answer)(request))
}

describe('what goes out', () => {
  it.each([
    ['gzip', { compressionGzipLevel: 1 }, { compressionGzipLevel: 9 }],
    ['lz4', {}, { compressionLz4Level: 12 }],
    ['zstd', { compressionZstdLevel: -50 }, { compressionZstdLevel: 19 }],
  ] as const)('%s at its level', async (compressionType, fast, thorough) => {
    const value = Array.from({ length: 3000 }, (_, i) => `${(i * i) % 997} of ${(i * 7919) % 101}`).join(', ')
    const sizes: number[] = []
    for (const options of [fast, thorough]) {
      await using producer = producerOf({ compressionType, ...options })
      await producer.send(to(0, value))
      const [sent] = batchesIn(scripted.node(1).received(Produce).at(-1)!)
      expect(sent!.values).toEqual([value])
      sizes.push(sent!.batch.end - sent!.batch.start)
    }
    expect(sizes[1]).toBeLessThan(sizes[0]!)
  })

  it('records of one turn leave in one request a leader, a batch a partition', async () => {
    await using producer = producerOf()
    await Promise.all([
      producer.send(to(0, 'warm')),
      producer.send(to(1, 'warm')),
      producer.send(to(2, 'warm')),
    ])
    const before = scripted.node(1).received(Produce).length
    await Promise.all([
      producer.send(to(0, 'a')),
      producer.send(to(1, 'b')),
      producer.send(to(0, 'c')),
      producer.send(to(2, 'd')),
    ])
    const requests = scripted.node(1).received(Produce).slice(before)
    expect(requests).toHaveLength(1)
    expect(batchesIn(requests[0]!).map(({ partition, values }) => [partition, values])).toEqual([
      [0, ['a', 'c']],
      [1, ['b']],
    ])
    expect(valuesIn(scripted.node(2).received(Produce)).at(-1)).toEqual(['d'])
  })

  it('gathers while the leader has no free slot, one more batch for each answer', async () => {
    await using producer = producerOf({ enableIdempotence: false, maxInFlightRequestsPerConnection: 1 })
    const held: Received<typeof Produce>[] = []
    scripted.node(1).on(Produce, (request) => held.push(request))
    const first = producer.send(to(0, 'first'))
    await scripted.node(1).until(Produce, 1)
    const others = ['b', 'c', 'd'].map((value) => producer.send(to(0, value)))
    answer(held[0]!)
    await first
    await scripted.node(1).until(Produce, 2)
    answer(held[1]!, () => ({ baseOffset: 1 }))
    expect((await Promise.all(others)).map(({ offset }) => offset)).toEqual([1, 2, 3])
    expect(valuesIn(held)).toEqual([['first'], ['b', 'c', 'd']])
  })

  it('P1: stamps batches with producer id, epoch and sequence', async () => {
    await using producer = producerOf()
    for (const value of ['a', 'b']) await producer.send(to(0, value))
    const stamps = scripted
      .node(1)
      .received(Produce)
      .flatMap(batchesIn)
      .map(({ batch }) => [batch.producerId, batch.producerEpoch, batch.baseSequence])
    expect(stamps).toEqual([
      [41n, 0, 0],
      [41n, 0, 1],
    ])
  })

  it('C5: topics go by id, and by name, at most in version 12, where the id is not known', async () => {
    await using producer = producerOf()
    await producer.send(to(0, 'a'))
    scripted.topics.set('nameless', { partitions: [{ leader: 1 }] })
    await producer.send({ topic: 'nameless', value: 'b' })
    const requests = scripted.node(1).received(Produce)
    expect(requests.map(({ version }) => version)).toEqual([13, 12])
    expect(requests.flatMap(batchesIn).map((batch) => batch.topic)).toEqual([topicId('O'), 'nameless'])
  })

  it('requests stay below maxRequestSize', async () => {
    await using producer = producerOf({ maxRequestSize: 10_000, batchSize: 6_000 })
    const value = 'x'.repeat(5_000)
    await Promise.all([0, 1].map((partition) => producer.send(to(partition, value))))
    expect(scripted.node(1).received(Produce)).toHaveLength(2)
  })

  it('P12: acks 0 resolves without an answer, with offset -1', async () => {
    scripted.node(1).silent(Produce)
    await using producer = producerOf({ acks: 0, enableIdempotence: false })
    expect(await producer.send(to(0, 'a'))).toMatchObject({ partition: 0, offset: -1 })
    const [request] = await scripted.node(1).until(Produce, 1)
    expect(request!.body.acks).toBe(0)
    expect(scripted.node(1).received(InitProducerId)).toEqual([])
  })

  it('lingers when told to, and not longer when a batch is full', async () => {
    await using producer = producerOf({ lingerMs: 20_000, batchSize: 1_000 })
    const full = producer.send(to(0, 'x'.repeat(800)))
    const lingering = producer.send(to(0, 'y'.repeat(800)))
    await full
    expect(valuesIn(scripted.node(1).received(Produce))).toEqual([['x'.repeat(800)]])
    await producer.flush()
    await lingering
  })
})

describe('answers', () => {
  it('P3: a retriable error is retried, in order', async () => {
    script((request) => answer(request, () => ({ error: 'NOT_ENOUGH_REPLICAS' })))
    await using producer = producerOf()
    await Promise.all(['a', 'b'].map((value) => producer.send(to(0, value))))
    expect(valuesIn(scripted.node(1).received(Produce))).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ])
  })

  it('P2: a lost connection is retried unchanged', async () => {
    script((request) => request.from.socket.destroy())
    await using producer = producerOf()
    await producer.send(to(0, 'a'))
    const [first, second] = scripted.node(1).received(Produce).flatMap(batchesIn)
    expect(second!.batch.buffer.equals(first!.batch.buffer)).toBe(true)
  })

  it('M6: an answer that names the new leader is believed at once', async () => {
    script((request) =>
      answer(
        request,
        () => ({ error: 'NOT_LEADER_OR_FOLLOWER', currentLeader: { leaderId: 2, leaderEpoch: 9 } }),
        { nodeEndpoints: [] },
      ),
    )
    await using producer = producerOf()
    const asked = scripted.asked.length
    await producer.send(to(0, 'a'))
    expect(valuesIn(scripted.node(2).received(Produce))).toEqual([['a']])
    expect(scripted.asked.length).toBeLessThanOrEqual(asked + 1)
  })

  it('P3: one that does not name it has the metadata refreshed', async () => {
    script((request) => {
      scripted.topics.set('orders', { id: topicId('O'), partitions: [{ leader: 2, epoch: 1 }] })
      answer(request, () => ({ error: 'NOT_LEADER_OR_FOLLOWER' }))
    })
    await using producer = producerOf()
    await producer.send(to(0, 'a'))
    expect(valuesIn(scripted.node(2).received(Produce))).toEqual([['a']])
  })

  it('P4: a duplicate is success, its offset unknown', async () => {
    script((request) => answer(request, () => ({ error: 'DUPLICATE_SEQUENCE_NUMBER' })))
    await using producer = producerOf()
    expect(await producer.send(to(0, 'a'))).toMatchObject({ offset: -1 })
  })

  it('P9: a batch that is too large is halved', async () => {
    const offsets = [0, 2]
    scripted
      .node(1)
      .on(Produce, (request) =>
        answer(request, ({ values }) =>
          values.length > 2 ? { error: 'MESSAGE_TOO_LARGE' } : { baseOffset: offsets.shift()! },
        ),
      )
    await using producer = producerOf()
    const sent = await Promise.all(['a', 'b', 'c'].map((value) => producer.send(to(0, value))))
    expect(sent.map(({ offset }) => offset)).toEqual([0, 1, 2])
    const batches = scripted.node(1).received(Produce).flatMap(batchesIn)
    expect(batches.map(({ batch, values }) => [batch.baseSequence, values])).toEqual([
      [0, ['a', 'b', 'c']],
      [0, ['a', 'b']],
      [2, ['c']],
    ])
  })

  it('P9, KIP-467: named records fail with their reason, the rest because of them', async () => {
    script((request) =>
      answer(request, () => ({
        error: 'INVALID_RECORD',
        errorMessage: 'one is bad',
        recordErrors: [{ batchIndex: 1, batchIndexErrorMessage: 'no key in a compacted topic' }],
      })),
    )
    await using producer = producerOf()
    const [a, b] = await Promise.all(['a', 'b'].map((value) => failureOf(producer.send(to(0, value)))))
    expect(b).toMatchObject({ code: 'INVALID_RECORD', topic: 'orders', partition: 0 })
    expect(b!.message).toContain('no key in a compacted topic')
    expect(a).toMatchObject({ code: 'INVALID_RECORD', cause: { code: 'INVALID_RECORD' } })
    expect(a!.message).toContain('not written because')

    // P18: what follows begins anew.
    await producer.send(to(0, 'c'))
    const { batch } = scripted.node(1).received(Produce).flatMap(batchesIn).at(-1)!
    expect([batch.producerEpoch, batch.baseSequence]).toEqual([1, 0])
  })

  it('a partition that is left out of the answer is tried again', async () => {
    script((request) => request.respond({ responses: [] }))
    await using producer = producerOf()
    expect(await producer.send(to(0, 'a'))).toMatchObject({ offset: 0 })
  })

  it('is told of by an older broker without leaders, ids and log start', async () => {
    for (const broker of scripted.brokers) {
      const apiKeys = allVersions.map((range) => (range.apiKey === 0 ? { ...range, maxVersion: 3 } : range))
      broker.on(ApiVersions, ({ respond }) => respond({ errorCode: 0, apiKeys }))
    }
    script((request) => answer(request, () => ({ error: 'NOT_LEADER_OR_FOLLOWER' })))
    await using producer = producerOf()
    expect(await producer.send(to(0, 'a'))).toMatchObject({ offset: 0 })
  })

  it('P3: an authorisation that the producer needs is missing: fatal, and every call says so', async () => {
    scripted
      .node(1)
      .on(InitProducerId, ({ respond }) =>
        respond({ errorCode: errorByName('CLUSTER_AUTHORIZATION_FAILED').code, producerEpoch: -1 }),
      )
    scripted
      .node(2)
      .on(InitProducerId, ({ respond }) =>
        respond({ errorCode: errorByName('CLUSTER_AUTHORIZATION_FAILED').code, producerEpoch: -1 }),
      )
    const producer = producerOf()
    const error = await failureOf(producer.send(to(0, 'a')))
    expect(error).toMatchObject({ code: 'CLUSTER_AUTHORIZATION_FAILED', fatal: true })
    expect(await failureOf(producer.closed)).toBe(error)
    expect(await failureOf(producer.send(to(0, 'b')))).toBe(error)
    expect(errorOf(() => producer.enqueue(to(0, 'c')))).toBe(error)
    expect(await failureOf(producer.ready())).toBe(error)
    expect(await producer.flush()).toEqual({ failed: 0 })
    await producer.close()
  })

  it('retries are bounded by their number', async () => {
    scripted.node(1).on(Produce, (request) => answer(request, () => ({ error: 'REQUEST_TIMED_OUT' })))
    await using producer = producerOf({ retries: 2 })
    expect(await failureOf(producer.send(to(0, 'a')))).toMatchObject({ code: 'REQUEST_TIMED_OUT' })
    expect(scripted.node(1).received(Produce)).toHaveLength(3)
  })
})

describe('time', () => {
  it('P10: what is not delivered in time fails, says why, and is not sent again', async () => {
    scripted.node(1).on(Produce, (request) => answer(request, () => ({ error: 'NOT_ENOUGH_REPLICAS' })))
    await using producer = producerOf({ deliveryTimeoutMs: 150, requestTimeoutMs: 100 })
    const error = await failureOf(producer.send(to(0, 'a')))
    expect(error).toMatchObject({ code: 'DELIVERY_TIMEOUT', topic: 'orders', partition: 0 })
    expect(error.message).toContain('NOT_ENOUGH_REPLICAS')
    const { length } = scripted.node(1).received(Produce)
    scripted.node(1).on(Produce, (request) => answer(request))
    await producer.send(to(0, 'b'))
    expect(valuesIn(scripted.node(1).received(Produce).slice(length))).toEqual([['b']])
  })

  it('P10, P13: what expires in flight keeps its memory until its request is over', async () => {
    const held: Received<typeof Produce>[] = []
    const started = performance.now()
    // So late that the record expires before the request does.
    scripted.node(1).on(Produce, (request) => {
      if (performance.now() - started > 100) held.push(request)
      else answer(request, () => ({ error: 'NOT_ENOUGH_REPLICAS' }))
    })
    await using producer = producerOf({ deliveryTimeoutMs: 150, requestTimeoutMs: 100, bufferMemory: 500 })
    const error = await failureOf(producer.send(to(0, 'x'.repeat(500))))
    expect(error).toMatchObject({ code: 'DELIVERY_TIMEOUT' })
    expect(error.message).toContain('may have been written')
    expect(held).toHaveLength(1)
    expect(errorOf(() => producer.enqueue(to(0, 'b'))).code).toBe('BUFFER_FULL')
    // P5: the late answer is an acknowledgement: no bump.
    scripted.node(1).on(Produce, (request) => answer(request))
    answer(held[0]!)
    await producer.ready()
    await producer.send(to(0, 'c'))
    const { batch } = scripted.node(1).received(Produce).flatMap(batchesIn).at(-1)!
    expect([batch.producerEpoch, batch.baseSequence]).toEqual([0, 1])
  })

  it('a partition without a leader gets its records when it has one', async () => {
    scripted.topics.set('orders', { id: topicId('O'), partitions: [{ leader: -1 }] })
    await using producer = producerOf()
    const sent = producer.send(to(0, 'a'))
    await scripted.node(1).when(() => scripted.asked.length >= 3)
    scripted.topics.set('orders', { id: topicId('O'), partitions: [{ leader: 2, epoch: 1 }] })
    expect(await sent).toMatchObject({ partition: 0 })
  })

  it('P13: send waits for room, in order, at most maxBlockMs', async () => {
    const held: Received<typeof Produce>[] = []
    scripted.node(1).on(Produce, (request) => held.push(request))
    await using producer = producerOf({ bufferMemory: 300, batchSize: 100, maxBlockMs: 200 })
    const first = producer.send(to(0, 'x'.repeat(300)))
    await scripted.node(1).until(Produce, 1)
    const [second, third] = ['b', 'c'].map((value) => producer.send(to(0, value)))
    expect(errorOf(() => producer.enqueue(to(0, 'd'))).code).toBe('BUFFER_FULL')
    const late = failureOf(second!)
    const alsoLate = failureOf(third!)
    expect(await late).toMatchObject({ code: 'TIMEOUT' })
    expect((await alsoLate).message).toContain('bufferMemory')
    const [fourth, fifth] = ['e', 'f'].map((value) => producer.send(to(0, value)))
    scripted.node(1).on(Produce, (request) => answer(request, () => ({ baseOffset: held.push(request) })))
    answer(held[0]!)
    await first
    await Promise.all([fourth, fifth])
    expect(valuesIn(held).flat()).toEqual(['x'.repeat(300), 'e', 'f'])
  })

  it('M3: records of an unknown topic wait, keep their order, and fail together after maxBlockMs', async () => {
    await using producer = producerOf({ maxBlockMs: 150 })
    const bytes = Buffer.from('a')
    const errors: unknown[] = []
    producer.enqueue({ topic: 'later', value: bytes }, (error) => errors.push(error))
    // Taken is taken: what the caller does with its bytes afterwards is its own matter.
    bytes.write('z')
    const sent = producer.send({ topic: 'later', value: 'b' })
    await scripted.node(1).when(() => scripted.asked.length >= 2)
    scripted.topics.set('later', { id: topicId('L'), partitions: [{ leader: 1 }] })
    expect(await sent).toMatchObject({ offset: 1 })
    expect(errors).toEqual([null])
    expect(valuesIn(scripted.node(1).received(Produce))).toEqual([['a', 'b']])

    const never = ['c', 'd'].map((value) => failureOf(producer.send({ topic: 'never', value })))
    for (const error of await Promise.all(never)) {
      expect(error).toMatchObject({ code: 'UNKNOWN_TOPIC', topic: 'never' })
    }
  })
})

describe('bad input is refused at the call', () => {
  const typed = topic('orders', { key: serde.required(serde.string), value: serde.string })
  it.each([
    ['no record', null, 'INVALID_ARGUMENT'],
    ['no topic', { value: 'x' }, 'INVALID_ARGUMENT'],
    ['a name that Kafka refuses', { topic: 'a b', value: 'x' }, 'INVALID_ARGUMENT'],
    ['an undefined value', { topic: 'orders', value: undefined }, 'INVALID_ARGUMENT'],
    ['a value that is no text', { topic: 'orders', value: 5 }, 'SERIALIZATION_FAILED'],
    ['a key that the topic requires', { topic: typed, value: 'x' }, 'SERIALIZATION_FAILED'],
    ['a partition that is no number', { topic: 'orders', value: 'x', partition: '1' }, 'INVALID_ARGUMENT'],
    ['a negative timestamp', { topic: 'orders', value: 'x', timestamp: -1 }, 'INVALID_ARGUMENT'],
    [
      'a timestamp that is no number',
      { topic: 'orders', value: 'x', timestamp: new Date() },
      'INVALID_ARGUMENT',
    ],
    ['a header that is a number', { topic: 'orders', value: 'x', headers: { a: 1 } }, 'INVALID_ARGUMENT'],
    ['a record that is too large', { topic: 'orders', value: 'x'.repeat(2_000_000) }, 'RECORD_TOO_LARGE'],
  ] as const)('%s', async (_, record, code) => {
    await using producer = producerOf()
    await producer.send(to(0, 'so that the topic is known'))
    expect(errorOf(() => producer.enqueue(record as never)).code).toBe(code)
    expect((await failureOf(producer.send(record as never))).code).toBe(code)
    const error = await failureOf(producer.sendMany([record as never]))
    expect(error).toMatchObject({ code: 'BATCH_FAILED', cause: { code } })
    expect(scripted.node(1).received(Produce)).toHaveLength(1)
  })

  it('says which limit a record exceeds, and by how much', async () => {
    await using producer = producerOf({ maxRequestSize: 1000 })
    const error = await failureOf(producer.send({ topic: 'orders', value: 'x'.repeat(1000) }))
    expect(error.message).toMatch(/takes 1\d\d\d bytes, more than maxRequestSize \(1000\)/)
  })

  it('enqueue has no time for asynchronous serdes', async () => {
    const slow = serde.async<string>({
      serializeAsync: async (v) => v,
      deserializeAsync: async (b) => String(b),
    })
    await using producer = producerOf()
    const error = errorOf(() => producer.enqueue({ topic: topic('orders', { value: slow }), value: 'x' }))
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(error.message).toContain('use send')
  })
})

describe('callbacks', () => {
  it('P17: one that throws is logged and changes nothing', async () => {
    await using producer = producerOf()
    producer.enqueue(to(0, 'a'), () => {
      throw new Error('no')
    })
    const next = producer.send(to(0, 'b'))
    expect(await next).toMatchObject({ offset: 1 })
    expect(logged).toEqual([['error', 'a delivery callback threw']])
  })

  it('without one a failure goes to the log', async () => {
    script((request) => answer(request, () => ({ error: 'TOPIC_AUTHORIZATION_FAILED' })))
    await using producer = producerOf()
    producer.enqueue(to(0, 'a'))
    expect(await producer.flush()).toEqual({ failed: 1 })
    expect(logged).toEqual([['error', 'records were not written, and no callback was given']])
  })

  it('may enqueue more', async () => {
    await using producer = producerOf()
    const seen: string[] = []
    await new Promise<void>((resolve) => {
      producer.enqueue(
        to(0, 'a'),
        (_, __, context) => {
          seen.push(context)
          producer.enqueue(to(0, 'b'), () => resolve())
        },
        'context',
      )
    })
    expect(seen).toEqual(['context'])
    expect(valuesIn(scripted.node(1).received(Produce))).toEqual([['a'], ['b']])
  })
})

describe('signals', () => {
  const reason = new Error('enough')

  it('aborted before: nothing is taken', async () => {
    await using producer = producerOf()
    const signal = AbortSignal.abort(reason)
    await expect(producer.send(to(0, 'a'), { signal })).rejects.toBe(reason)
    await expect(producer.sendMany([to(0, 'a')], { signal })).rejects.toBe(reason)
    await expect(producer.flush({ signal })).rejects.toBe(reason)
    expect(scripted.node(1).received(Produce)).toEqual([])
  })

  it('aborted afterwards: the wait ends, the record goes on', async () => {
    const held: Received<typeof Produce>[] = []
    scripted.node(1).on(Produce, (request) => held.push(request))
    await using producer = producerOf()
    const abort = new AbortController()
    const { signal } = abort
    const sent = producer.send(to(0, 'a'), { signal })
    const many = producer.sendMany([to(0, 'b')], { signal })
    const flushed = producer.flush({ signal })
    await scripted.node(1).until(Produce, 1)
    abort.abort(reason)
    for (const promise of [sent, many, flushed]) await expect(promise).rejects.toBe(reason)
    const settled = producer.flush()
    answer(held[0]!)
    expect(await settled).toEqual({ failed: 0 })
  })

  it('aborted while it waits for room: it is not taken', async () => {
    const held: Received<typeof Produce>[] = []
    scripted.node(1).on(Produce, (request) => held.push(request))
    await using producer = producerOf({ bufferMemory: 300 })
    const first = producer.send(to(0, 'x'.repeat(300)))
    await scripted.node(1).until(Produce, 1)
    const abort = new AbortController()
    const second = producer.send(to(0, 'b'), { signal: abort.signal })
    const ready = producer.ready({ signal: abort.signal })
    abort.abort(reason)
    await expect(second).rejects.toBe(reason)
    await expect(ready).rejects.toBe(reason)
    answer(held[0]!)
    await first
    await producer.flush()
    expect(held).toHaveLength(1)
  })
})

describe('the end', () => {
  it('P16: flush tells how many failed, or rejects with the first cause', async () => {
    scripted.node(1).on(Produce, (request) => answer(request, () => ({ error: 'INVALID_RECORD' })))
    await using producer = producerOf()
    producer.enqueue(to(0, 'a'), () => {})
    producer.enqueue(to(2, 'b'), () => {})
    expect(await producer.flush()).toEqual({ failed: 1 })
    producer.enqueue(to(0, 'a'), () => {})
    expect(await failureOf(producer.flush({ reject: true }))).toMatchObject({ code: 'INVALID_RECORD' })
  })

  it('P16: close rejects what is not sent in time; nothing is left', async () => {
    scripted.node(1).silent(Produce)
    const producer = producerOf()
    await producer.send(to(2, 'a'))
    const sent = failureOf(producer.send(to(0, 'b')))
    const unknown = failureOf(producer.send({ topic: 'unknown', value: 'c' }))
    await producer.close({ timeoutMs: 20 })
    expect(await sent).toMatchObject({ code: 'CLOSED' })
    expect(await unknown).toMatchObject({ code: 'CLOSED' })
    await producer.closed
    expect(await failureOf(producer.sendMany([to(0, 'd')]))).toMatchObject({ code: 'CLOSED' })
  })

  it('P16: closing the Kafka object settles everything', async () => {
    const producer = producerOf()
    const sent = producer.send(to(0, 'a'))
    await kafka.close()
    expect(await sent).toMatchObject({ partition: 0 })
    expect(errorOf(() => producer.enqueue(to(0, 'b'))).code).toBe('CLOSED')
  })

  it('nothing touches the network before the first record', async () => {
    const producer = producerOf()
    await producer.flush()
    await producer.ready()
    await producer.close()
    expect(scripted.brokers.flatMap(({ connections }) => connections)).toEqual([])
    expect(scripted.node(1).received(Metadata)).toEqual([])
  })
})
