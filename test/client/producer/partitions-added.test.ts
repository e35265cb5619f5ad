// A topic that is given more partitions while it is written to.

import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Kafka } from '../../../src/client/kafka.ts'
import { partitionOfKey } from '../../../src/client/producer/partitioner.ts'
import { InitProducerId, Produce } from '../../../src/protocol/api/index.ts'
import { failureOf } from '../../support/failure.ts'
import { ScriptedCluster, topicId } from '../../support/scripted/cluster.ts'
import { answer } from '../../support/scripted/produce.ts'

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

it('a partition that is not known is refused, looked for, and used once it is there', async () => {
  const producer = kafka.producer()
  await producer.send({ topic: 'orders', value: 'first' })
  withPartitions(4)
  const added = { topic: 'orders', partition: 3, value: 'named' }
  expect(await failureOf(producer.send(added))).toMatchObject({
    code: 'UNKNOWN_PARTITION',
    topic: 'orders',
    partition: 3,
  })
  await vi.waitFor(async () => expect(await producer.send(added)).toMatchObject({ partition: 3 }))
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
  await failureOf(producer.send({ topic: 'orders', partition: 3, value: 'has the metadata refreshed' }))
  await vi.waitFor(async () => expect(await send()).toEqual(keys.map((key) => partitionOfKey(key, 4))))
})
