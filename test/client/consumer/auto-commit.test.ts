// Automatic commits beside those asked for, seen from a scripted broker.
import { expect, it } from 'vitest'
import { Kafka } from '../../../src/index.ts'
import { Fetch, OffsetCommit } from '../../../src/protocol/api/index.ts'
import type { Received } from '../../support/scripted/broker.ts'
import { ScriptedCluster } from '../../support/scripted/cluster.ts'
import { batch, numbers } from './support.ts'

it('O5: an automatic commit does not take back what was committed while it waited for its turn', async () => {
  const cluster = await ScriptedCluster.start()
  cluster.topics.set('t', { partitions: [{ leader: 1 }] })
  const broker = cluster.node(1)
  broker.on(Fetch, (request) => {
    const records = batch({ at: 0, values: numbers(0, 2) })
    const partition = {
      partitionIndex: 0,
      errorCode: 0,
      highWatermark: 3,
      abortedTransactions: null,
      records,
    }
    request.respond({ errorCode: 0, sessionId: 0, responses: [{ topic: 't', partitions: [partition] }] })
  })
  const accept = ({ body, respond }: Received<typeof OffsetCommit>) => {
    const topics = body.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: 0 })),
    }))
    respond({ topics })
  }
  try {
    const bootstrapServers = `127.0.0.1:${broker.port}`
    const kafka = new Kafka({ bootstrapServers })
    const consumer = kafka.consumer({ groupId: 'g', assign: [{ topic: 't', partition: 0, offset: 0 }] })
    let closing: Promise<void> | undefined
    for await (const { offset } of consumer) {
      if (offset < 1) continue
      const committing = consumer.commit()
      // Commits what is done, which record 1 is not: it is in hand.
      closing = consumer.close()
      const [asked] = await broker.until(OffsetCommit)
      broker.on(OffsetCommit, accept)
      accept(asked!)
      await committing
      break
    }
    await closing
    // Answers to all that was asked have come.
    await kafka.close()
    const offsets = broker.received(OffsetCommit).map(({ body }) => {
      return body.topics[0]?.partitions[0]?.committedOffset
    })
    expect(offsets).toEqual([2])
  } finally {
    await cluster.stop()
  }
})
