// Writes golden/: the files of two partitions as a broker left them when it was shut down, and frames as they went over
// the wire. To be run by hand, with a JDK and Maven there: `node test/cli/make-golden.ts`.

import { once } from 'node:events'
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Kafka } from '../../src/index.ts'
import {
  type Api,
  ApiVersions,
  decodeResponse,
  encodeAssignment,
  encodeRequest,
  encodeStickyUserData,
  encodeSubscription,
  Fetch,
  JoinGroup,
  Metadata,
  type RequestOf,
  type ResponseOf,
  SyncGroup,
} from '../../src/protocol/index.ts'
import { JavaProducer } from '../support/java-records.ts'
import { startBrokerWithFolder } from './broker-with-folder.ts'

const TOPIC = 'ledger'
const START = 1_700_000_000_000
const golden = fileURLToPath(new URL('./golden/', import.meta.url))

await using broker = await startBrokerWithFolder({ 'offsets.topic.num.partitions': '1' })
const { bootstrapServers, dataFolder } = broker
await produce()
await commit()
const frames = await exchange()
await broker.node.stop()
keep()

/** A batch of each codec, then an aborted and a committed transaction. */
async function produce(): Promise<void> {
  await using kafka = new Kafka({ bootstrapServers })
  await kafka
    .admin()
    .createTopics([{ name: TOPIC, numPartitions: 1, configs: { 'index.interval.bytes': '0' } }])
  for (const [i, compressionType] of (['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const).entries()) {
    await using producer = kafka.producer({ compressionType })
    await producer.sendMany([
      { topic: TOPIC, timestamp: START + 10 * i, key: 'k-0', value: `${compressionType} 0` },
      {
        topic: TOPIC,
        timestamp: START + 10 * i + 1,
        key: null,
        value: Buffer.from([0, 255, i]),
        headers: { trace: `t-${i}`, none: null },
      },
      { topic: TOPIC, timestamp: START + 10 * i + 2, key: 'k-2', value: null },
    ])
  }
  const settings = { 'transactional.id': 'ledger-writer' }
  await using java = await JavaProducer.start(bootstrapServers, TOPIC, settings)
  for (const [i, end] of (['abort', 'commit'] as const).entries()) {
    await java.command('begin')
    java.send({ key: 'transaction', value: end, timestamp: START + 100 * (i + 1) })
    await java.command('flush')
    await java.command(end)
  }
}

/** A group with a commit of its own: `__consumer_offsets` has something to tell. */
async function commit(): Promise<void> {
  await using kafka = new Kafka({ bootstrapServers, clientId: 'golden' })
  const consumer = kafka.consumer({ groupId: 'readers', topics: [TOPIC], autoOffsetReset: 'earliest' })
  for await (const { offset } of consumer) if (offset === 14) break
  await consumer.close()
}

/** One member joins a group, is assigned a partition, and reads; each frame as it was sent, with its length. */
async function exchange() {
  const socket = connect(broker.node.port, broker.node.host)
  const kept: { api: string; version: number; request: string; response: string }[] = []
  let correlationId = 0
  const ask = async <A extends Api>(
    api: A,
    version: number,
    request: RequestOf<A>,
  ): Promise<ResponseOf<A>> => {
    const header = { version, correlationId: ++correlationId, clientId: 'golden' }
    const sent = Buffer.concat(encodeRequest(api, header, request))
    socket.write(sent)
    let received = Buffer.alloc(0)
    while (received.length < 4 || received.length < 4 + received.readInt32BE(0)) {
      const [chunk] = (await once(socket, 'data')) as [Buffer]
      received = Buffer.concat([received, chunk])
    }
    kept.push({ api: api.name, version, request: sent.toString('hex'), response: received.toString('hex') })
    return decodeResponse(api, version, received.subarray(4))
  }
  await ask(ApiVersions, 3, { clientSoftwareName: 'ottla', clientSoftwareVersion: '0.1.0' })
  await ask(Metadata, 12, {
    topics: [{ name: TOPIC }, { name: 'no-such-topic' }],
    allowAutoTopicCreation: false,
  })
  const previousAssignment = [{ topic: TOPIC, partitions: [0] }]
  const metadata = encodeSubscription(
    {
      topics: [TOPIC],
      userData: encodeStickyUserData({ previousAssignment, generation: 7 }),
      ownedPartitions: [],
    },
    1,
  )
  const group = { groupId: 'auditors', sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 60_000 }
  const join = { ...group, protocolType: 'consumer', protocols: [{ name: 'sticky', metadata }] }
  const { memberId } = await ask(JoinGroup, 6, { ...join, memberId: '' })
  const { generationId } = await ask(JoinGroup, 6, { ...join, memberId })
  const assignment = encodeAssignment({ assignedPartitions: previousAssignment }, 1)
  await ask(SyncGroup, 5, {
    groupId: group.groupId,
    generationId,
    memberId,
    protocolType: 'consumer',
    protocolName: 'sticky',
    assignments: [{ memberId, assignment }],
  })
  const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 300 }
  const topics = [{ topic: TOPIC, partitions: [partition] }]
  await ask(Fetch, 12, { maxWaitMs: 0, minBytes: 0, maxBytes: 300, topics })
  socket.destroy()
  return kept
}

function keep(): void {
  rmSync(golden, { recursive: true, force: true })
  mkdirSync(golden)
  writeFileSync(join(golden, 'frames.json'), `${JSON.stringify(frames, undefined, 2)}\n`)
  for (const partition of [`${TOPIC}-0`, '__consumer_offsets-0']) {
    cpSync(join(dataFolder, partition), join(golden, partition), { recursive: true })
    for (const file of readdirSync(join(golden, partition))) {
      // What is left has a segment's name.
      if (!/^\d{20}\./.test(file)) rmSync(join(golden, partition, file))
    }
  }
}
