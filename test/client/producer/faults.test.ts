// The whole producer, over sockets, against scripted brokers that keep logs and do what brokers do when things go wrong.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { Kafka } from '../../../src/client/kafka.ts'
import { InitProducerId, Produce } from '../../../src/protocol/api/index.ts'
import type { BrokerErrorName } from '../../../src/protocol/error-codes.ts'
import { type AppendResult, ModelLog } from '../../support/model-log.ts'
import type { Received } from '../../support/scripted/broker.ts'
import { ScriptedCluster, topicId } from '../../support/scripted/cluster.ts'
import { answer, batchesIn, type Outcome, type ProducedBatch } from '../../support/scripted/produce.ts'

const PARTITIONS = 4
const ERRORS: { readonly [result in AppendResult]: BrokerErrorName | undefined } = {
  written: undefined,
  duplicate: 'DUPLICATE_SEQUENCE_NUMBER',
  outOfOrder: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
  staleEpoch: 'INVALID_PRODUCER_EPOCH',
  tooLarge: 'MESSAGE_TOO_LARGE',
}

let scripted: ScriptedCluster
let logs: ModelLog<string>[]
/** Node id by partition, and by how many changes. */
let leaders: { leader: number; epoch: number }[]
let random: () => number

beforeEach(async () => {
  scripted = await ScriptedCluster.start(2)
  logs = Array.from({ length: PARTITIONS }, () => new ModelLog<string>(200))
  leaders = Array.from({ length: PARTITIONS }, (_, i) => ({ leader: 1 + (i % 2), epoch: 0 }))
  tellLeaders()
  for (const [index, broker] of scripted.brokers.entries()) {
    broker.on(InitProducerId, ({ respond }) =>
      respond({ errorCode: 0, producerId: 1n, producerEpoch: 32_766 }),
    )
    broker.on(Produce, (request) => produce(index + 1, request))
  }
})

afterEach(() => scripted.stop())

function tellLeaders(): void {
  scripted.topics.set('orders', { id: topicId('O'), partitions: [...leaders] })
}

function append({ partition, batch, values }: ProducedBatch): Outcome {
  const { producerId, producerEpoch: epoch, baseSequence } = batch
  const log = logs[partition]!
  const offset = log.values.length
  const error = ERRORS[log.append({ producerId, epoch, baseSequence, values })]
  return error === undefined ? { baseOffset: offset } : { error }
}

let faultsLeft = 0

/** A third of the requests meet a fault. */
function produce(nodeId: number, request: Received<typeof Produce>): void {
  const chance = faultsLeft > 0 ? random() : 1
  if (chance < 0.3) faultsLeft--
  if (chance < 0.06) {
    request.from.socket.destroy()
    return
  }
  if (chance < 0.12) {
    for (const produced of batchesIn(request)) if (isLeader(nodeId, produced)) append(produced)
    request.from.socket.destroy()
    return
  }
  const moving = chance < 0.18 ? Math.floor(random() * PARTITIONS) : -1
  if (moving >= 0) {
    const { leader, epoch } = leaders[moving]!
    leaders[moving] = { leader: 3 - leader, epoch: epoch + 1 }
    tellLeaders()
  }
  answer(request, (produced) => {
    if (!isLeader(nodeId, produced)) {
      const { leader: leaderId, epoch: leaderEpoch } = leaders[produced.partition]!
      return {
        error: 'NOT_LEADER_OR_FOLLOWER',
        ...(random() < 0.5 && { currentLeader: { leaderId, leaderEpoch } }),
      }
    }
    if (chance < 0.24) return { error: 'NOT_ENOUGH_REPLICAS' }
    const outcome = append(produced)
    return chance < 0.3 && outcome.error === undefined
      ? { error: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND' }
      : outcome
  })
}

function isLeader(nodeId: number, { partition }: ProducedBatch): boolean {
  return leaders[partition]!.leader === nodeId
}

/** A small generator of its own, so that a run can be had again. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 0x1_0000_0000
  }
}

it.each([1, 2, 3])(
  'P1, P2: through losses, errors and moving leaders every record is written once, in order (seed %i)',
  async (seed) => {
    random = generator(seed)
    faultsLeft = 150
    await using kafka = new Kafka({
      bootstrapServers: `127.0.0.1:${scripted.node(1).port}`,
      retryBackoffMs: 1,
      retryBackoffMaxMs: 2,
      reconnectBackoffMs: 1,
      reconnectBackoffMaxMs: 2,
    })
    const producer = kafka.producer({ batchSize: 4_000, bufferMemory: 200_000, compressionType: 'lz4' })
    const values = Array.from({ length: 30_000 }, (_, i) => `${i % PARTITIONS}: ${i}`)
    let acknowledged = 0
    for (const [i, value] of values.entries()) {
      const record = { topic: 'orders', partition: i % PARTITIONS, value }
      const hasRoom = producer.enqueue(record, (error) => {
        expect(error).toBe(null)
        acknowledged++
      })
      if (!hasRoom) await producer.ready()
    }
    expect(await producer.flush()).toEqual({ failed: 0 })
    expect(acknowledged).toBe(values.length)
    expect(faultsLeft).toBeLessThan(100)
    for (const [partition, log] of logs.entries()) {
      expect(log.values).toEqual(values.filter((_, i) => i % PARTITIONS === partition))
    }
  },
)
