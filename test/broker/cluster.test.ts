import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, inject, test } from 'vitest'
import { createCluster } from '../../src/client/cluster/cluster.ts'
import type { Cluster } from '../../src/client/cluster/types.ts'
import { ConnectionError } from '../../src/errors.ts'
import { CreateTopics, DeleteTopics, Metadata } from '../../src/protocol/api/index.ts'
import { ZERO_UUID } from '../../src/protocol/schema.ts'
import { clusterOptions, far } from '../support/scripted/settings.ts'

const servers = inject('bootstrapServers')
  .split(',')
  .map((address) => {
    const [host, port] = address.split(':')
    return { host: host!, port: Number(port) }
  })

const opened: Cluster[] = []
afterEach(async () => {
  for (const cluster of opened.splice(0)) await cluster.close()
})

function cluster(...[overrides]: Parameters<typeof clusterOptions>[1][]): Cluster {
  const made = createCluster(
    clusterOptions(servers, { retryBackoffMs: 20, retryBackoffMaxMs: 200, ...overrides }),
  )
  opened.push(made)
  return made
}

async function createTopic(made: Cluster, name: string, numPartitions: number): Promise<void> {
  const topic = { name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }
  const { response } = await made.send(
    CreateTopics,
    { topics: [topic], timeoutMs: 10_000 },
    { to: 'controller' },
  )
  expect(response.topics).toMatchObject([{ name, errorCode: 0 }])
}

describe('a real broker', () => {
  test('is connected to, and tells of the cluster', async () => {
    const { clusterId, controllerId, brokers } = await cluster().topics([], { deadline: far() })
    expect(clusterId).toMatch(/\S/)
    expect(brokers.has(controllerId)).toBe(true)
    for (const broker of brokers.values())
      expect(broker).toMatchObject({ host: expect.any(String), port: expect.any(Number) })
  })

  test('a topic that is created is seen by who waits for it; deleted and created again it has another id', async () => {
    const [made, waiting] = [cluster(), cluster()]
    const name = `cluster-${randomUUID()}`
    const seen = waiting.topics([name], { deadline: far() })
    await createTopic(made, name, 3)
    const topic = (await seen).topics.get(name)!
    expect(topic.partitions.map(({ partition }) => partition)).toEqual([0, 1, 2])
    expect((await seen).topicNames.get(topic.id!)).toBe(name)

    const { response } = await made.send(
      DeleteTopics,
      { topics: [{ name, topicId: ZERO_UUID }], timeoutMs: 10_000 },
      { to: 'controller' },
    )
    expect(response.responses).toMatchObject([{ errorCode: 0 }])
    await createTopic(made, name, 1)
    const again = await made.retry({ what: 'seeing the new topic', deadline: far() }, async () => {
      const { topics } = await waiting.refresh()
      const now = topics.get(name)!
      if (now.id === topic.id || now.errorCode !== 0)
        throw new ConnectionError('CONNECTION_FAILED', 'not yet')
      return now
    })
    expect(again.partitions).toHaveLength(1)
  })

  test('a topic that does not exist is UNKNOWN_TOPIC at the deadline, and is not created by asking', async () => {
    const made = cluster()
    const name = `cluster-${randomUUID()}`
    const asked = made.topics([name], { deadline: performance.now() + 300 })
    await expect(asked).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC', topic: name })
    const { topics } = await made.allTopics({ deadline: far() })
    expect(topics.has(name)).toBe(false)
  })

  test('coordinators of many groups and transactional ids are found', async () => {
    const made = cluster()
    const { brokers } = await made.topics([], { deadline: far() })
    const keys = Array.from({ length: 5 }, () => `cluster-${randomUUID()}`)
    const found = await Promise.all([
      ...keys.map((key) => made.coordinator('group', key, { deadline: far() })),
      made.coordinator('transaction', keys[0]!, { deadline: far() }),
    ])
    for (const nodeId of found) expect(brokers.has(nodeId)).toBe(true)
  })

  test('many requests on one connection are answered, each with its own', async () => {
    const made = cluster()
    const { controllerId } = await made.topics([], { deadline: far() })
    const names = Array.from({ length: 200 }, (_, index) => `no-such-topic-${index}`)
    const answers = await Promise.all(
      names.map((name) => {
        const body = { topics: [{ name }], allowAutoTopicCreation: false }
        return made.send(Metadata, body, { to: controllerId })
      }),
    )
    expect(answers.map(({ response }) => response.topics[0]!.name)).toEqual(names)
  })
})
