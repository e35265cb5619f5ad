// The records by which a real coordinator keeps its state, read as any other record and understood.

import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import type { Destination } from '../../src/client/cluster/types.ts'
import {
  AddPartitionsToTxn,
  ConsumerGroupHeartbeat,
  EndTxn,
  InitProducerId,
} from '../../src/protocol/api/index.ts'
import { brokerError } from '../../src/protocol/error-codes.ts'
import {
  readConsumerOffsetsRecord,
  readTransactionStateRecord,
} from '../../src/protocol/internal-topics/index.ts'
import type { Api, RequestOf, ResponseOf } from '../../src/protocol/schema.ts'
import { numbers, read, Stage } from './consumer-support.ts'

let stage: Stage
beforeAll(() => {
  stage = new Stage(inject('bootstrapServers'))
})
afterAll(() => stage[Symbol.asyncDispose]())

it('__consumer_offsets tells of a classic group: what it committed, and its members', async () => {
  const topic = await stage.topic()
  await stage.produce(topic, 0, numbers(0, 2))
  const group = stage.name('classic')
  const consumer = stage.consumer({ groupId: group, topics: [topic], autoOffsetReset: 'earliest' })
  await read(consumer, 3)
  await consumer.close()
  expect(await stage.committedNow(group, topic)).toEqual({ 0: 3 })

  const commit = await find('__consumer_offsets', (key, value) => {
    const record = readConsumerOffsetsRecord(key, value)
    return record?.type === 'OffsetCommit' && record.key.group === group && record.value?.offset === 3
      ? record
      : undefined
  })
  expect(commit).toMatchObject({ key: { group, topic, partition: 0 }, value: { metadata: '' } })
  const state = await find('__consumer_offsets', (key, value) => {
    const record = readConsumerOffsetsRecord(key, value)
    if (record?.type !== 'GroupMetadata' || record.key.group !== group) return undefined
    return record.value?.members.length === 1 ? record : undefined
  })
  expect(state.value).toMatchObject({ protocolType: 'consumer', protocol: 'range' })
  expect(state.value?.members[0]).toMatchObject({ clientId: 'consumer-test', groupInstanceId: null })
})

it('__consumer_offsets tells of a group whose coordinator assigns, and of a member that is gone', async () => {
  const topic = await stage.topic()
  const groupId = stage.name('assigned')
  const memberId = randomUUID()
  const to = { coordinator: 'group', key: groupId } as const
  await ask(
    ConsumerGroupHeartbeat,
    {
      groupId,
      memberId,
      memberEpoch: 0,
      rackId: 'r1',
      rebalanceTimeoutMs: 30_000,
      subscribedTopicNames: [topic],
      topicPartitions: [],
    },
    to,
  )
  await ask(ConsumerGroupHeartbeat, { groupId, memberId, memberEpoch: -1 }, to)

  const ofMember = async (isThere: boolean) =>
    find('__consumer_offsets', (key, value) => {
      const record = readConsumerOffsetsRecord(key, value)
      if (record?.type !== 'ConsumerGroupMemberMetadata' || record.key.groupId !== groupId) return undefined
      return (record.value !== null) === isThere ? record : undefined
    })
  expect(await ofMember(true)).toMatchObject({
    key: { groupId, memberId },
    value: {
      rackId: 'r1',
      subscribedTopicNames: [topic],
      rebalanceTimeoutMs: 30_000,
      classicMemberMetadata: null,
    },
  })
  expect(await ofMember(false)).toMatchObject({ key: { groupId, memberId }, value: null })
})

it("__transaction_state tells of a transaction's states", async () => {
  const topic = await stage.topic()
  const transactionalId = stage.name('transactional')
  const to = { coordinator: 'transaction', key: transactionalId } as const
  const { producerId, producerEpoch } = await ask(
    InitProducerId,
    { transactionalId, transactionTimeoutMs: 30_000 },
    to,
  )
  const partitions = [{ name: topic, partitions: [0] }]
  const added = await ask(
    AddPartitionsToTxn,
    {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: partitions,
    },
    to,
    3,
  )
  expect(added.resultsByTopicV3AndBelow).toEqual([
    { name: topic, resultsByPartition: [{ partitionIndex: 0, partitionErrorCode: 0 }] },
  ])
  await ask(EndTxn, { transactionalId, producerId, producerEpoch, committed: false }, to, 4)

  const ofStatus = async (status: number) =>
    find('__transaction_state', (key, value) => {
      const record = readTransactionStateRecord(key, value)
      if (record?.key.transactionalId !== transactionalId) return undefined
      return record.value?.transactionStatus === status ? record : undefined
    })
  const [empty, ongoing, completeAbort] = [0, 1, 5]
  expect((await ofStatus(empty)).value).toMatchObject({ producerId, transactionPartitions: null })
  expect((await ofStatus(ongoing)).value).toMatchObject({
    producerEpoch,
    transactionTimeoutMs: 30_000,
    transactionPartitions: [{ topic, partitionIds: [0] }],
  })
  expect((await ofStatus(completeAbort)).value).toMatchObject({ producerId })
})

/** The first record, in any partition, that `pick` has something of. */
async function find<T>(
  topic: string,
  pick: (key: Uint8Array, value: Uint8Array | null) => T | undefined,
): Promise<T> {
  const { topics } = await stage.cluster.topics([topic], { deadline: performance.now() + 20_000 })
  const assign = topics.get(topic)!.partitions.map(({ partition }) => ({ topic, partition, offset: 0 }))
  const consumer = stage.consumer({ assign })
  let picked: T | undefined
  for await (const { key, value } of consumer) {
    picked = pick(key!, value)
    if (picked !== undefined) break
  }
  await consumer.close()
  return picked!
}

/** The answer without an error; a coordinator that is new, or busy, is asked again. */
function ask<A extends Api>(
  api: A,
  request: RequestOf<A>,
  to: Destination,
  maxVersion?: number,
): Promise<ResponseOf<A>> {
  const options = { to, ...(maxVersion === undefined ? {} : { maxVersion }) }
  const deadline = performance.now() + 30_000
  return stage.cluster.retry({ what: api.name, deadline }, async () => {
    const { response } = await stage.cluster.send(api, request, options)
    const { errorCode } = response as { errorCode?: number }
    if (errorCode) throw brokerError(errorCode, { api: api.name })
    return response
  })
}
