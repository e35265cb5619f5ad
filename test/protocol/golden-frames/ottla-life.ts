// A life of our own clients, for a recording: written, read in a group, administered.
import { isKafkaError, Kafka } from '../../../src/index.ts'

/** Topics and groups begin with `prefix`. Resolves when all is closed; the broker may refuse what it does not know. */
export async function liveOttla(bootstrapServers: string, prefix: string): Promise<void> {
  await using kafka = new Kafka({ bootstrapServers, clientId: 'ottla' })
  const admin = kafka.admin()
  const topic = `${prefix}-records`
  await admin.createTopics([{ name: topic, numPartitions: 3, replicationFactor: 1 }])
  await refused(admin.createTopics([{ name: topic }]))
  for (const compressionType of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    await using producer = kafka.producer({ compressionType })
    const headers = { 'content-type': 'text/plain' }
    await producer.send({
      topic,
      key: 'key',
      value: compressionType.repeat(20),
      headers,
      timestamp: 1_700_000_000_000,
    })
    await producer.send({ topic, key: 'deleted', value: null, timestamp: 1_700_000_000_001 })
  }
  await readInGroup(kafka, topic, `${prefix}-group`)

  await admin.createPartitions([{ topic, totalCount: 4 }])
  await admin.listTopics()
  await admin.describeTopics([topic])
  await admin.describeCluster()
  await admin.describeConfigs([{ type: 'topic', name: topic }])
  await admin.incrementalAlterConfigs([
    { type: 'topic', name: topic, ops: [{ op: 'set', name: 'retention.ms', value: '3600000' }] },
  ])
  await admin.listOffsets([{ topic, partition: 0, offset: 'latest' }])
  await admin.describeGroups([`${prefix}-group`])
  await admin.listConsumerGroupOffsets(`${prefix}-group`)
  await admin.deleteTopics([topic])
  await refused(admin.deleteTopics([topic]))
}

async function readInGroup(kafka: Kafka, topic: string, groupId: string): Promise<void> {
  const consumer = kafka.consumer({ groupId, topics: [topic], autoOffsetReset: 'earliest' })
  let count = 0
  for await (const _ of consumer) if (++count === 10) break
  await consumer.close()
}

async function refused(call: Promise<unknown>): Promise<void> {
  await call.catch((error: unknown) => {
    if (!isKafkaError(error)) throw error
  })
}
