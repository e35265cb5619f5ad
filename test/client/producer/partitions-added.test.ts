// A topic that is given more partitions while it is written to.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Kafka } from '../../../src/client/kafka.ts'
import { partitionOfKey } from '../../../src/client/producer/partitioner.ts'
import { InitProducerId, Metadata, Produce } from '../../../src/protocol/api/index.ts'
import { errorOf, failureOf } from '../../support/failure.ts'
import { ScriptedCluster, topicId } from '../../support/scripted/cluster.ts'
import { answer, valuesIn } from '../../support/scripted/produce.ts'

let scripted: ScriptedCluster
let kafka: Kafka

const withPartitions = (count: number) =>
  scripted.topics.set('orders', {
    id: topicId('O'),
    partitions: Array.from({ length: count }, () => ({ leader: 1 })),
  })

beforeEach(async () => {
  scripted = await ScriptedCluster.start(1)
  withPartitions(1)
  scripted
    .node(1)
    .on(InitProducerId, ({ respond }) => respond({ errorCode: 0, producerId: 1n, producerEpoch: 0 }))
    .on(Produce, (request) => answer(request))
  kafka = new Kafka({ bootstrapServers: `127.0.0.1:${scripted.node(1).port}`, retryBackoffMs: 1 })
})

afterEach(async () => {
  await kafka.close({ timeoutMs: 0 })
  await scripted.stop()
})

describe('a record that names a partition which is not known', () => {
  const named = (value: string) => ({ topic: 'orders', partition: 3, value })
  const valuesWritten = () => valuesIn(scripted.node(1).received(Produce)).flat()

  it('waits until it is there, in order, and holds up no other', async () => {
    const producer = kafka.producer()
    await producer.send({ topic: 'orders', value: 'first' })
    const asked = scripted.asked.length
    const added = Promise.all([producer.send(named('a')), producer.send(named('b'))])
    // Not the first answer has it: brokers learn of new partitions one after the other.
    await scripted.node(1).until(Metadata, asked + 2)
    await producer.send({ topic: 'orders', partition: 0, value: 'not held up' })
    withPartitions(4)
    expect(await added).toMatchObject([{ partition: 3 }, { partition: 3 }])
    expect(valuesWritten()).toEqual(['first', 'not held up', 'a', 'b'])
  })

  it('waits as well when it was given before anything was known of the topic', async () => {
    const producer = kafka.producer()
    const sent = producer.send(named('early'))
    await scripted.node(1).until(Metadata, 3)
    withPartitions(4)
    expect(await sent).toMatchObject({ partition: 3 })
  })

  it('is UNKNOWN_PARTITION after maxBlockMs, and the metadata is not asked for any more', async () => {
    const producer = kafka.producer({ maxBlockMs: 50 })
    await producer.send({ topic: 'orders', value: 'first' })
    const error = await failureOf(producer.send(named('never')))
    expect(error).toMatchObject({ code: 'UNKNOWN_PARTITION', topic: 'orders', partition: 3 })
    expect(error.message).toContain('it has 1, from 0 to 0, and had no more within 50 ms (maxBlockMs)')
    // What was on its way is answered before this.
    await kafka.admin().describeTopics(['orders'])
    const asked = scripted.asked.length
    expect(asked).toBeGreaterThan(2)
    await producer.send({ topic: 'orders', value: 'goes on' })
    await producer.close()
    expect(scripted.asked).toHaveLength(asked)
  })

  it('P16: is waited for by flush, counted in the buffer, and fails when the producer is closed', async () => {
    const producer = kafka.producer({ bufferMemory: 100 })
    await producer.send({ topic: 'orders', value: 'first' })
    const failed = failureOf(producer.send(named('x'.repeat(200))))
    expect(errorOf(() => producer.enqueue({ topic: 'orders', value: 'x' })).code).toBe('BUFFER_FULL')
    const flushed = producer.flush()
    await producer.close({ timeoutMs: 20 })
    expect((await failed).code).toBe('CLOSED')
    expect(await flushed).toEqual({ failed: 1 })
  })

  it('is told to the callback of enqueue', async () => {
    const producer = kafka.producer({ maxBlockMs: 20 })
    await producer.send({ topic: 'orders', value: 'first' })
    const error = await new Promise((resolve) => producer.enqueue(named('x'), resolve))
    expect(error).toMatchObject({ code: 'UNKNOWN_PARTITION', partition: 3 })
  })

  it.each([-1, 1.5, Number.NaN, 2 ** 31, '1'])(
    'is refused at once when it is none: %s',
    async (partition) => {
      const producer = kafka.producer({ bufferMemory: 10 })
      const record = { topic: 'orders', value: 'x', partition } as never
      // Whether there is room or not.
      const first = failureOf(producer.send({ topic: 'unheard', value: 'takes the buffer' }))
      expect((await failureOf(producer.send(record))).code).toBe('INVALID_ARGUMENT')
      await producer.close({ timeoutMs: 0 })
      expect((await first).code).toBe('CLOSED')
    },
  )
})

it('P14: keys spread over all partitions as soon as they are known', async () => {
  const producer = kafka.producer()
  const keys = Array.from({ length: 20 }, (_, i) => `key-${i}`)
  const send = async () => {
    const report = await producer.sendMany(keys.map((key) => ({ topic: 'orders', key, value: 'v' })))
    return [...report].map(({ partition }) => partition)
  }
  expect(await send()).toEqual(keys.map(() => 0))
  withPartitions(4)
  await producer.send({ topic: 'orders', partition: 3, value: 'has the metadata refreshed' })
  expect(await send()).toEqual(keys.map((key) => partitionOfKey(key, 4)))
})
