// The admin client on the real broker: each operation, and each item's own outcome (A2).

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { Kafka, type KafkaError, PartialFailureError, topic } from '../../src/index.ts'

let sequence = 0
const uniqueName = (what: string) => `${what}-${process.pid}-${Date.now().toString(36)}-${sequence++}`

let kafka: Kafka
beforeAll(() => {
  kafka = new Kafka({ bootstrapServers: inject('bootstrapServers'), clientId: 'admin-test' })
})
afterAll(() => kafka.close())

const failure = (promise: Promise<unknown>): Promise<KafkaError> =>
  promise.then(
    () => {
      throw new Error('it did not fail')
    },
    (error: KafkaError) => error,
  )

describe('topics', () => {
  it('are created with partitions and configs, described, grown and deleted', async () => {
    const admin = kafka.admin()
    const name = uniqueName('topics')
    const created = await admin.createTopics([
      { name, numPartitions: 2, replicationFactor: 1, configs: { 'retention.ms': '60000' } },
    ])
    expect(created.get(name)).toMatchObject({ name, numPartitions: 2, replicationFactor: 1 })

    const described = (await admin.describeTopics([topic(name)])).get(name)
    expect(described?.topicId).toBe(created.get(name)?.topicId)
    expect(described?.partitions.map(({ partition }) => partition)).toEqual([0, 1])
    expect(described?.partitions.every(({ leader, isr }) => isr.includes(leader))).toBe(true)

    await admin.createPartitions([{ topic: name, totalCount: 5 }])
    expect((await admin.describeTopics([name])).get(name)?.partitions).toHaveLength(5)
    expect((await admin.listTopics()).map((listed) => listed.name)).toContain(name)

    await admin.deleteTopics([name])
    expect((await failure(admin.describeTopics([name]))).code).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })

  it("are created with the broker's defaults, or with replicas given", async () => {
    const admin = kafka.admin()
    const [plain, placed] = [uniqueName('plain'), uniqueName('placed')]
    const { brokers } = await admin.describeCluster()
    const created = await admin.createTopics([
      { name: plain },
      { name: placed, replicasAssignments: [[brokers[0]!.id], [brokers[0]!.id]] },
    ])
    expect(created.get(plain)?.numPartitions).toBeGreaterThan(0)
    expect(created.get(placed)?.numPartitions).toBe(2)
  })

  it('A3: validateOnly creates nothing', async () => {
    const admin = kafka.admin()
    const name = uniqueName('never')
    await admin.createTopics([{ name }], { validateOnly: true })
    expect((await failure(admin.describeTopics([name]))).code).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })

  it("A2: one topic's failure does not hide the others' success", async () => {
    const admin = kafka.admin()
    const [there, fresh, crowded] = ['there', 'fresh', 'crowded'].map(uniqueName) as [string, string, string]
    await admin.createTopics([{ name: there }])
    const error = await failure(
      admin.createTopics([{ name: there }, { name: fresh }, { name: crowded, replicationFactor: 99 }]),
    )
    expect(error).toBeInstanceOf(PartialFailureError)
    const { results, errors } = error as PartialFailureError
    expect([...results.keys()]).toEqual([fresh])
    expect(errors.get(there)?.code).toBe('TOPIC_ALREADY_EXISTS')
    expect(errors.get(crowded)?.code).toBe('INVALID_REPLICATION_FACTOR')
    expect(error.message).toContain(there)
  })

  it('refuse a single item with its own error, which names it', async () => {
    const error = await failure(
      kafka.admin().createTopics([{ name: uniqueName('r'), replicationFactor: 99 }]),
    )
    expect(error.code).toBe('INVALID_REPLICATION_FACTOR')
  })
})

describe('configs', () => {
  it('A3: incrementalAlterConfigs changes what it names and nothing else', async () => {
    const admin = kafka.admin()
    const name = uniqueName('configs')
    await admin.createTopics([{ name, configs: { 'retention.ms': '60000', 'cleanup.policy': 'delete' } }])
    const resource = { type: 'topic', name } as const
    await admin.incrementalAlterConfigs([
      {
        ...resource,
        ops: [
          { op: 'set', name: 'max.message.bytes', value: '2000000' },
          { op: 'append', name: 'cleanup.policy', value: 'compact' },
        ],
      },
    ])
    const entries = new Map(
      (await admin.describeConfigs([resource])).get(`topic:${name}`)?.map((entry) => [entry.name, entry]),
    )
    expect(entries.get('retention.ms')?.value).toBe('60000')
    expect(entries.get('max.message.bytes')).toMatchObject({ value: '2000000', source: 'dynamicTopicConfig' })
    expect(entries.get('cleanup.policy')?.value).toBe('delete,compact')
    expect(entries.get('segment.bytes')?.isDefault).toBe(true)

    await admin.incrementalAlterConfigs([{ ...resource, ops: [{ op: 'delete', name: 'max.message.bytes' }] }])
    const again = (
      await admin.describeConfigs([resource], { includeSynonyms: true, includeDocumentation: true })
    )
      .get(`topic:${name}`)
      ?.find((entry) => entry.name === 'max.message.bytes')
    expect(again?.isDefault).toBe(true)
    expect(again?.synonyms.length).toBeGreaterThan(0)
    expect(again?.documentation).toBeTruthy()
  })

  it("asks a broker for that broker's own", async () => {
    const admin = kafka.admin()
    const id = String((await admin.describeCluster()).brokers[0]!.id)
    const entries = (await admin.describeConfigs([{ type: 'broker', name: id }])).get(`broker:${id}`)
    expect(entries?.find(({ name }) => name === 'node.id' || name === 'broker.id')?.value).toBe(id)
  })
})

it('A2: a topic that does not exist fails each call at once, by its name, and others unharmed', async () => {
  const admin = kafka.admin()
  const [there, missing] = [uniqueName('there'), uniqueName('missing')]
  await admin.createTopics([{ name: there, numPartitions: 1 }])
  const config = { type: 'topic', name: missing } as const
  const query = (topic: string) => ({ topic, partition: 0, offset: 'latest' }) as const
  const calls = [
    admin.describeTopics([missing]),
    admin.deleteTopics([missing]),
    admin.createPartitions([{ topic: missing, totalCount: 2 }]),
    admin.describeConfigs([config]),
    admin.incrementalAlterConfigs([{ ...config, ops: [{ op: 'delete', name: 'retention.ms' }] }]),
    admin.listOffsets([query(missing)]),
  ]
  for (const error of await Promise.all(calls.map(failure))) {
    expect(error).toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION', topic: missing })
    expect(error.message).toContain(`topic ${missing}`)
  }
  const { results, errors } = (await failure(
    admin.listOffsets([query(missing), query(there)]),
  )) as PartialFailureError
  expect([...results.keys()]).toEqual([`${there}-0`])
  expect([...errors.keys()]).toEqual([`${missing}-0`])
})

describe('offsets and groups', () => {
  it('lists offsets by place and by time, and what a group has committed', async () => {
    const admin = kafka.admin()
    const name = uniqueName('offsets')
    await admin.createTopics([{ name, numPartitions: 1 }])
    await using producer = kafka.producer()
    for (const timestamp of [1_000, 3_000, 2_000]) await producer.send({ topic: name, value: 'x', timestamp })

    const at = async (offset: 'earliest' | 'latest' | 'maxTimestamp' | { timestamp: number }) =>
      (await admin.listOffsets([{ topic: name, partition: 0, offset }])).get(`${name}-0`)
    expect(await at('earliest')).toMatchObject({ offset: 0 })
    expect(await at('latest')).toMatchObject({ offset: 3 })
    expect(await at('maxTimestamp')).toMatchObject({ offset: 1, timestamp: 3_000 })
    expect(await at({ timestamp: 1_500 })).toMatchObject({ offset: 1 })
    expect(await at({ timestamp: 9_000 })).toMatchObject({ offset: -1 })
    const error = await failure(admin.listOffsets([{ topic: name, partition: 7, offset: 'latest' }]))
    expect(error).toMatchObject({ code: 'UNKNOWN_PARTITION', topic: name, partition: 7 })

    const groupId = uniqueName('group')
    await using consumer = kafka.consumer({ groupId, topics: [name], autoOffsetReset: 'earliest' })
    for await (const record of consumer) {
      if (record.offset < 2) continue
      await consumer.commit()
      break
    }
    expect(await admin.listConsumerGroupOffsets(groupId)).toMatchObject([
      { topic: name, partition: 0, offset: 3 },
    ])

    const group = (await admin.describeGroups([groupId])).get(groupId)
    expect(group).toMatchObject({ state: 'Stable', protocolType: 'consumer', assignor: 'range' })
    expect(group?.members).toMatchObject([{ topics: [name], assignment: [{ topic: name, partition: 0 }] }])
    await consumer.close()
    expect((await admin.describeGroups([groupId])).get(groupId)?.state).toBe('Empty')
  })

  it('finds nothing committed by a group that never was', async () => {
    expect(await kafka.admin().listConsumerGroupOffsets(uniqueName('nobody'))).toEqual([])
  })
})

describe('the admin client', () => {
  it('describes the cluster', async () => {
    const cluster = await kafka.admin().describeCluster()
    expect(cluster.clusterId).toBeTruthy()
    expect(cluster.brokers.length).toBeGreaterThan(0)
  })

  it('refuses calls after close', async () => {
    const admin = kafka.admin()
    await admin.close()
    expect((await failure(admin.listTopics())).code).toBe('CLOSED')
  })

  it("rejects with the signal's reason", async () => {
    const reason = new Error('enough')
    const listing = kafka.admin().listTopics({ signal: AbortSignal.abort(reason) })
    await expect(listing).rejects.toBe(reason)
  })
})
