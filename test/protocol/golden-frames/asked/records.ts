// Questions about records: written and read in every version, looked up, deleted.
import {
  CreateTopics,
  DeleteRecords,
  Fetch,
  ListOffsets,
  OffsetForLeaderEpoch,
  Produce,
} from '../../../../src/protocol/api/index.ts'
import { unknownUuid } from './cluster.ts'
import type { Stage } from './stage.ts'

export interface RecordsToAsk {
  readonly topic: string
  readonly topicId: string
  /** A batch as a Java producer wrote it. */
  readonly batch: Buffer
}

export async function askAboutRecords(stage: Stage, records: RecordsToAsk): Promise<void> {
  await askProduce(stage, records)
  await askFetch(stage, records)
  await askOffsets(stage, records)
}

/**
 * Message sets of magic 0 and 1, which brokers before 3.0 write where the topic says so, whatever they are given; one
 * batch a partition.
 */
export async function askAboutMessageSets(
  { ask, versions }: Stage,
  batches: readonly Buffer[],
): Promise<void> {
  for (const [magic, format] of ['0.9.0', '0.10.0'].entries()) {
    const topic = `magic-${magic}`
    const configs = [{ name: 'message.format.version', value: format }]
    await ask(CreateTopics, versions(CreateTopics).at(-1), {
      topics: [
        { name: topic, numPartitions: batches.length, replicationFactor: 1, assignments: [], configs },
      ],
      timeoutMs: 10_000,
    })
    const partitionData = batches.map((records, index) => ({ index, records }))
    const request = { acks: -1, timeoutMs: 10_000, topicData: [{ name: topic, partitionData }] }
    await ask(Produce, versions(Produce).at(-1), request)
    for (const version of [versions(Fetch)[0], versions(Fetch).at(-1)]) {
      for (const partition of batches.keys()) {
        const partitions = [{ partition, fetchOffset: 0, partitionMaxBytes: 1000 }]
        const limits = { replicaId: -1, maxWaitMs: 100, minBytes: 0 }
        await ask(Fetch, version, { ...limits, topics: [{ topic, partitions }] })
      }
    }
  }
}

async function askProduce({ ask, versions }: Stage, { topic, topicId, batch }: RecordsToAsk): Promise<void> {
  for (const version of versions(Produce)) {
    const to = (name: string, id: string) => (version < 13 ? { name } : { topicId: id })
    const data = (index: number) => ({ index, records: batch })
    await ask(Produce, version, {
      acks: -1,
      timeoutMs: 10_000,
      topicData: [{ ...to(topic, topicId), partitionData: [data(0)] }],
    })
    await ask(Produce, version, {
      acks: 1,
      timeoutMs: 10_000,
      topicData: [
        { ...to(topic, topicId), partitionData: [data(1)] },
        { ...to('nowhere', unknownUuid), partitionData: [data(0)] },
      ],
    })
    // A checksum that is wrong.
    const broken = Buffer.from(batch)
    broken.writeUInt8(broken.at(-1)! ^ 1, broken.length - 1)
    await ask(Produce, version, {
      acks: -1,
      timeoutMs: 10_000,
      topicData: [{ ...to(topic, topicId), partitionData: [{ index: 0, records: broken }] }],
    })
  }
}

async function askFetch({ ask, versions }: Stage, { topic, topicId }: RecordsToAsk): Promise<void> {
  for (const version of versions(Fetch)) {
    const from = (name: string, id: string) => (version < 13 ? { topic: name } : { topicId: id })
    const limits = {
      maxWaitMs: 100,
      minBytes: 0,
      maxBytes: 10_000,
      ...(version > 14 ? {} : { replicaId: -1 }),
    }
    const at = (partition: number, fetchOffset: number) => ({
      partition,
      fetchOffset,
      partitionMaxBytes: 300,
    })
    await ask(Fetch, version, { ...limits, topics: [{ ...from(topic, topicId), partitions: [at(0, 0)] }] })
    await ask(Fetch, version, {
      ...limits,
      isolationLevel: 1,
      topics: [
        { ...from(topic, topicId), partitions: [at(1, 0), at(2, 1_000_000), at(77, 0)] },
        { ...from('nowhere', unknownUuid), partitions: [at(0, 0)] },
      ],
      ...(version >= 11 && { rackId: 'rack-a' }),
    })
    if (version < 7) continue
    // A session, and what it leaves out.
    const opened = await ask(Fetch, version, {
      ...limits,
      sessionEpoch: 0,
      topics: [{ ...from(topic, topicId), partitions: [at(0, 1), at(2, 1)] }],
    })
    const sessionId = opened?.sessionId ?? 0
    await ask(Fetch, version, { ...limits, sessionId, sessionEpoch: 1, topics: [] })
    const forgotten = { ...from(topic, topicId), partitions: [2] }
    await ask(Fetch, version, {
      ...limits,
      sessionId,
      sessionEpoch: 2,
      topics: [],
      forgottenTopicsData: [forgotten],
    })
    await ask(Fetch, version, { ...limits, sessionId: 12_345, sessionEpoch: 9, topics: [] })
    if (version < 12) continue
    // Behind a leader epoch that never was: the answer says where it diverges.
    const lost = { ...at(0, 3), lastFetchedEpoch: 0, currentLeaderEpoch: 0 }
    await ask(Fetch, version, { ...limits, topics: [{ ...from(topic, topicId), partitions: [lost] }] })
  }
}

async function askOffsets({ ask, ranks, at }: Stage, { topic }: RecordsToAsk): Promise<void> {
  for (const rank of ranks(ListOffsets, OffsetForLeaderEpoch, DeleteRecords)) {
    const version = at(ListOffsets, rank)!
    const timestamps = [
      -1,
      -2,
      1_700_000_000_000,
      ...(version >= 7 ? [-3] : []),
      ...(version >= 8 ? [-4] : []),
    ]
    for (const timestamp of timestamps) {
      const partitions = [{ partitionIndex: 0, timestamp }]
      await ask(ListOffsets, version, { replicaId: -1, topics: [{ name: topic, partitions }] })
    }
    await ask(ListOffsets, version, {
      replicaId: -1,
      ...(version >= 2 && { isolationLevel: 1 }),
      topics: [{ name: topic, partitions: [{ partitionIndex: 77, timestamp: -1 }] }],
      ...(version >= 10 && { timeoutMs: 1000 }),
    })
    await ask(OffsetForLeaderEpoch, at(OffsetForLeaderEpoch, rank), {
      ...(at(OffsetForLeaderEpoch, rank)! >= 3 && { replicaId: -1 }),
      topics: [
        {
          topic,
          partitions: [
            { partition: 0, leaderEpoch: 0 },
            { partition: 77, leaderEpoch: 5 },
          ],
        },
      ],
    })
    await ask(DeleteRecords, at(DeleteRecords, rank), {
      topics: [
        {
          name: topic,
          partitions: [
            { partitionIndex: 1, offset: 1 },
            { partitionIndex: 0, offset: 1_000_000 },
          ],
        },
      ],
      timeoutMs: 10_000,
    })
  }
}
