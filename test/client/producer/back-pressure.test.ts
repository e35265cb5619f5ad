// What bounds a producer's callers (P13), and what its partitioner is told, against scripted brokers.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Kafka } from '../../../src/client/kafka.ts'
import { BufferMemory } from '../../../src/client/producer/memory.ts'
import type { PartitionerInput } from '../../../src/client/producer/types.ts'
import { serde } from '../../../src/client/serde.ts'
import { topic } from '../../../src/client/topic.ts'
import { InitProducerId, Produce } from '../../../src/protocol/api/index.ts'
import type { Received } from '../../support/scripted/broker.ts'
import { ScriptedCluster, topicId } from '../../support/scripted/cluster.ts'
import { answer, batchesIn } from '../../support/scripted/produce.ts'

let scripted: ScriptedCluster
let kafka: Kafka

beforeEach(async () => {
  scripted = await ScriptedCluster.start(1)
  scripted.topics.set('orders', {
    id: topicId('O'),
    partitions: [{ leader: 1 }, { leader: 1 }, { leader: 1 }],
  })
  scripted
    .node(1)
    .on(InitProducerId, ({ respond }) => respond({ errorCode: 0, producerId: 1n, producerEpoch: 0 }))
    .on(Produce, (request) => answer(request))
  kafka = new Kafka({ bootstrapServers: `127.0.0.1:${scripted.node(1).port}` })
})

afterEach(async () => {
  await kafka.close({ timeoutMs: 0 })
  await scripted.stop()
})

describe('ready', () => {
  it('P13: several loops that heed enqueue and ready are never told BUFFER_FULL', async () => {
    const producer = kafka.producer({ bufferMemory: 5_000, batchSize: 1_000 })
    await producer.send({ topic: 'orders', value: 'the topic is known now' })
    const loop = async (partition: number) => {
      const record = { topic: 'orders', partition, value: 'x'.repeat(100) }
      await producer.ready()
      for (let i = 0; i < 500; i++) if (!producer.enqueue(record)) await producer.ready()
    }
    await Promise.all([loop(0), loop(1), loop(2)])
    expect(await producer.flush()).toEqual({ failed: 0 })
  })

  it('lets those that wait in one by one, in order, and all of them while there is room', async () => {
    const memory = new BufferMemory(10)
    memory.take(10)
    const seen: string[] = []
    const waiting = ['first', 'second', 'third'].map(async (name) => {
      await memory.ready(undefined)
      seen.push(name)
      // The second fills it again.
      if (name === 'second') memory.take(5)
    })
    memory.release(5)
    await Promise.all(waiting.slice(0, 2))
    expect(seen).toEqual(['first', 'second'])
    memory.release(5)
    await waiting[2]
    expect(seen).toEqual(['first', 'second', 'third'])
  })
})

describe('sendMany', () => {
  it('P13: does not run ahead of asynchronous serdes, and keeps the order', async () => {
    const producer = kafka.producer({ bufferMemory: 5_000, batchSize: 1_000 })
    let serializing = 0
    let most = 0
    const slow = serde.async<number>({
      serializeAsync: async (value) => {
        most = Math.max(most, ++serializing)
        for (let turn = 0; turn <= value % 3; turn++) await new Promise(setImmediate)
        serializing--
        return String(value)
      },
      deserializeAsync: (bytes) => Number(String(bytes)),
    })
    const numbers: number[] = []
    const typed = topic('orders', { value: slow })
    function* records() {
      for (let value = 0; value < 3_000; value++) {
        numbers.push(value)
        yield { topic: typed, partition: 0, value }
      }
    }
    expect(await producer.sendMany(records())).toMatchObject({ length: 3_000, failed: [] })
    expect(most).toBeGreaterThan(100)
    expect(most).toBeLessThanOrEqual(256)
    expect(numbers).toHaveLength(3_000)
    expect(scripted.node(1).requests.flatMap(valuesOf)).toEqual(numbers.map(String))
  })
})

describe("a user's partitioner", () => {
  it('is told key and value as given and as written, also of records that waited for their topic', async () => {
    const inputs: PartitionerInput[] = []
    const producer = kafka.producer({
      key: serde.string,
      value: serde.json<{ id: number }>(),
      partitioner: (input) => inputs.push(input) + 1 - inputs.length,
    })
    for (const id of [1, 2]) await producer.send({ topic: 'orders', key: `k${id}`, value: { id } })
    expect(inputs).toEqual(
      [1, 2].map((id) => ({
        topic: 'orders',
        key: `k${id}`,
        keyBytes: Buffer.from(`k${id}`),
        value: { id },
        valueBytes: Buffer.from(`{"id":${id}}`),
        partitionCount: 3,
        partitions: [0, 1, 2].map((partition) => ({ partition, leader: 1 })),
      })),
    )
  })
})

function valuesOf(request: Received): string[] {
  if (request.api !== Produce) return []
  return batchesIn(request as unknown as Received<typeof Produce>).flatMap(({ values }) => values)
}
