// A program that uses Kafka and lets go of it: run by process-end.test.ts, which waits for it to end by itself. It never
// calls process.exit. Arguments: bootstrap servers, topic, which life.
import { isKafkaError, Kafka } from '../../src/index.ts'

const [bootstrapServers = '', topic = '', life = ''] = process.argv.slice(2)

const lives: Record<string, () => Promise<void>> = {
  /** The main job, each client closed by hand. */
  async closes() {
    const kafka = new Kafka({ bootstrapServers })
    const producer = kafka.producer()
    await producer.sendMany(['1', '2', '3'].map((value) => ({ topic, value })))
    await producer.close()
    const consumer = kafka.consumer({
      groupId: `${topic}-group`,
      topics: [topic],
      autoOffsetReset: 'earliest',
    })
    let count = 0
    for await (const _ of consumer) if (++count === 3) break
    await consumer.close()
    await kafka.close()
  },

  /** The clients are closed with their Kafka object. */
  async 'closes only Kafka'() {
    await using kafka = new Kafka({ bootstrapServers })
    await kafka.producer().send({ topic, value: '1' })
    const consumer = kafka.consumer({ groupId: `${topic}-group`, topics: [topic] })
    await consumer.join()
    await kafka.admin().listTopics()
  },

  /** The loop waits for a record that never comes; close() ends it. */
  async 'closes under a waiting loop'() {
    await using kafka = new Kafka({ bootstrapServers })
    const consumer = kafka.consumer({ groupId: `${topic}-group`, topics: [topic] })
    const loop = (async () => {
      for await (const _ of consumer) throw new Error('there is nothing to read')
    })()
    await consumer.join()
    await consumer.close()
    await loop
  },

  /** Nothing was awaited, so nothing was opened: there is not even something to close. */
  async 'never uses it'() {
    const kafka = new Kafka({ bootstrapServers })
    kafka.producer()
    kafka.consumer({ groupId: `${topic}-group`, topics: [topic] })
    kafka.admin()
  },

  /** Nobody is at the address. */
  async 'fails and closes'() {
    const logger = { debug() {}, info() {}, warn() {}, error() {} }
    const short = { requestTimeoutMs: 300, defaultApiTimeoutMs: 500, logger }
    await using kafka = new Kafka({ ...short, bootstrapServers: '127.0.0.1:1' })
    const consumer = kafka.consumer({ groupId: 'g', topics: [topic], fetchMaxWaitMs: 50 })
    const producer = kafka.producer({ maxBlockMs: 500 })
    const failed = async (call: () => Promise<unknown>) => {
      const error = await call().then(
        () => undefined,
        (reason: unknown) => reason,
      )
      if (!isKafkaError(error, 'TIMEOUT')) throw new Error(`not the error to expect: ${String(error)}`)
    }
    await Promise.all([
      failed(() => kafka.connect()),
      failed(() => producer.send({ topic, value: 'x' })),
      failed(() => consumer[Symbol.asyncIterator]().next()),
    ])
  },
}

await lives[life]!()
console.log('done')
