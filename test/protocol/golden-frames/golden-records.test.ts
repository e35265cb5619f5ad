// Records in golden frames: what the producers of the recording wrote (java/Clients.java), asserted by hand.
import { describe, expect, it } from 'vitest'
import {
  DescribeProducers,
  DescribeTransactions,
  EndTxn,
  Fetch,
  InitProducerId,
  Produce,
  TxnOffsetCommit,
} from '../../../src/protocol/api/index.ts'
import { errorByName } from '../../../src/protocol/error-codes.ts'
import { type RecordBatch, readBatches } from '../../../src/protocol/records/batch.ts'
import { readControlBatch } from '../../../src/protocol/records/control.ts'
import { type BrokerVersion, brokerVersions } from './frames.ts'
import { framesOf, type PlainBatch, plainBatches } from './golden.ts'

// When the programs say that their records are of.
const start = 1_700_000_000_000

/** The newest versions of Produce and Fetch that brokers and clients of a version speak. */
const newest: Readonly<Record<BrokerVersion, { produce: number; fetch: number }>> = {
  '4.4.0': { produce: 13, fetch: 18 },
  '3.9.1': { produce: 11, fetch: 17 },
  '2.8.2': { produce: 9, fetch: 12 },
}

function versionsUpTo(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

/** Of every Produce request, or of every Fetch response, of a broker. */
function recordBytes(broker: BrokerVersion, direction: 'produced' | 'fetched'): (Buffer | null)[] {
  const frames = framesOf[broker]
  if (direction === 'produced') {
    return versionsUpTo(3, newest[broker].produce)
      .flatMap((version) => frames.requests(Produce, version))
      .flatMap(({ topicData }) => topicData.flatMap(({ partitionData }) => partitionData))
      .map(({ records }) => records)
  }
  return versionsUpTo(4, newest[broker].fetch)
    .flatMap((version) => frames.responses(Fetch, version))
    .flatMap(({ responses }) => responses.flatMap(({ partitions }) => partitions))
    .map(({ records }) => records)
}

/** Those whose checksum is right: one of the questions asked on purpose is not. */
function intact(bytes: Buffer | null): RecordBatch[] {
  return [...readBatches(bytes ?? Buffer.alloc(0))].filter((batch) => {
    try {
      batch.checkCrc()
      return true
    } catch {
      return false
    }
  })
}

function intactBatches(bytes: Buffer | null): PlainBatch[] {
  return intact(bytes).flatMap((batch) => plainBatches(batch.buffer.subarray(batch.start, batch.end)))
}

describe.each(brokerVersions)('records of Kafka %s', (broker) => {
  const { produce, fetch } = newest[broker]

  it(`Produce ${produce}: a record of a Java producer, with its headers`, () => {
    const batches = framesOf[broker]
      .requests(Produce, produce)
      .flatMap(({ topicData }) => topicData.flatMap(({ partitionData }) => partitionData))
      .flatMap(({ records }) => intactBatches(records))
    expect(batches.flatMap(({ records }) => records)).toContainEqual({
      offset: 0,
      timestamp: start,
      key: 'key',
      value: 'value',
      headers: [
        ['header', 'of the record'],
        ['null', null],
      ],
    })
  })

  it.each(['produced', 'fetched'] as const)('batches of every codec, as they were %s', (direction) => {
    const batches = recordBytes(broker, direction).flatMap(intactBatches)
    for (const compression of ['gzip', 'snappy', 'lz4', 'zstd']) {
      expect(batches).toContainEqual(batchOf(compression))
    }
  })

  it(`Fetch ${fetch}: the end of the log, an error, and nothing new`, () => {
    const partitions = framesOf[broker]
      .responses(Fetch, fetch)
      .flatMap(({ responses }) => responses.flatMap(({ partitions }) => partitions))
    expect(partitions).toContainEqual(
      expect.objectContaining({
        errorCode: errorByName('OFFSET_OUT_OF_RANGE').code,
        highWatermark: -1,
        lastStableOffset: -1,
        logStartOffset: -1,
        abortedTransactions: null,
        records: Buffer.alloc(0),
      }),
    )
    expect(partitions.some(({ errorCode, highWatermark }) => errorCode === 0 && highWatermark > 0)).toBe(true)
  })

  it('Fetch: an aborted transaction, by the offset of its first record, and the markers that end transactions', () => {
    const partitions = versionsUpTo(4, fetch)
      .flatMap((version) => framesOf[broker].responses(Fetch, version))
      .flatMap(({ responses }) => responses.flatMap(({ partitions }) => partitions))
      .map((partition) => ({ ...partition, batches: intact(partition.records) }))
    const transactions = partitions.flatMap(({ abortedTransactions, batches }) =>
      (abortedTransactions ?? []).map(({ producerId, firstOffset }) =>
        batches
          .filter((batch) => batch.producerId === producerId && batch.baseOffset === firstOffset)
          .map(({ isTransactional, isControl }) => ({ isTransactional, isControl })),
      ),
    )
    expect(transactions).toContainEqual([{ isTransactional: true, isControl: false }])
    const markers = partitions
      .flatMap(({ batches }) => batches.filter(({ isControl }) => isControl))
      .map((batch) => readControlBatch(batch)!)
    expect(new Set(markers.map(({ type }) => type))).toEqual(new Set(['abort', 'commit']))
    expect(new Set(markers.map(({ coordinatorEpoch }) => coordinatorEpoch))).toEqual(new Set([0]))
  })
})

/** What Clients.java writes with each codec. */
function batchOf(compression: string): PlainBatch {
  return {
    magic: 2,
    compression,
    baseOffset: 0,
    records: [0, 1, 2].map((n) => ({
      offset: n,
      timestamp: start + n,
      key: `k${n}`,
      value: `${`${compression} `.repeat(10)}${n}`,
      headers: [],
    })),
  }
}

describe('message sets that Kafka 2.8.2 wrote', () => {
  const batches = [4, 12]
    .flatMap((version) => framesOf['2.8.2'].responses(Fetch, version))
    .flatMap(({ responses }) => responses)
    .filter(({ topic }) => topic.startsWith('magic-'))
    .flatMap(({ partitions }) => partitions.flatMap(({ records }) => plainBatches(records)))

  it.each([0, 1])('magic %i: a message by itself', (magic) => {
    expect(batches).toContainEqual({
      magic,
      compression: 'none',
      baseOffset: 0,
      // Magic 0 has no timestamps.
      records: [{ offset: 0, timestamp: magic === 0 ? -1 : start + 3, key: 'acks', value: '0', headers: [] }],
    })
  })

  // In magic 0 the checksum in an lz4 frame's header is wrong on purpose (KAFKA-3160).
  it.each(['gzip', 'snappy', 'lz4'])(
    'messages inside one that is compressed with %s, in both formats',
    (compression) => {
      for (const magic of [0, 1]) {
        const { records } = batchOf(compression)
        expect(batches).toContainEqual({
          magic,
          compression,
          // Of a compressed message the offset is that of the last one in it.
          baseOffset: 2,
          records: magic === 1 ? records : records.map((record) => ({ ...record, timestamp: -1 })),
        })
      }
    },
  )
})

describe('transactions', () => {
  it('Produce 9 to 13: a transaction names itself in the request and marks its batches', () => {
    for (const [broker, { produce }] of Object.entries(newest)) {
      const requests = framesOf[broker as BrokerVersion].requests(Produce, produce)
      const transactional = requests.filter(({ transactionalId }) => transactionalId !== null)
      expect(transactional.length).toBeGreaterThan(0)
      for (const { transactionalId, acks, topicData } of transactional) {
        expect([transactionalId!.startsWith('java-'), acks]).toEqual([true, -1])
        const batches = topicData.flatMap(({ partitionData }) =>
          partitionData.flatMap(({ records }) => [...readBatches(records!)]),
        )
        expect(batches.map(({ isTransactional, producerId }) => [isTransactional, producerId >= 0n])).toEqual(
          batches.map(() => [true, true]),
        )
      }
    }
  })

  it('EndTxn 5 raises the epoch, also that of a producer that was fenced', () => {
    const requests = framesOf['4.4.0'].requests(EndTxn, 5)
    expect(requests.map(({ transactionalId }) => transactionalId)).toContain('java-4.4.0-group-tx')
    const answers = framesOf['4.4.0'].responses(EndTxn, 5)
    expect(answers).toContainEqual({ throttleTimeMs: 0, errorCode: 0, producerId: 7n, producerEpoch: 1 })
    expect(answers).toContainEqual({
      throttleTimeMs: 0,
      errorCode: errorByName('PRODUCER_FENCED').code,
      producerId: -1n,
      producerEpoch: -1,
    })
  })

  it('InitProducerId 6: two-phase commit', () => {
    expect(framesOf['4.4.0'].requests(InitProducerId, 6)).toContainEqual({
      transactionalId: 'asked-2pc',
      transactionTimeoutMs: -1,
      producerId: -1n,
      producerEpoch: -1,
      enable2Pc: true,
      keepPreparedTxn: true,
    })
  })

  it('TxnOffsetCommit 3 to Kafka 2.8.2: the offset of a transaction', () => {
    expect(framesOf['2.8.2'].requests(TxnOffsetCommit, 3)).toContainEqual({
      transactionalId: 'java-4.4.0-group-tx',
      groupId: 'java-4.4.0-group-transactional',
      producerId: expect.any(BigInt),
      producerEpoch: 0,
      generationIdOrMemberEpoch: -1,
      memberId: '',
      groupInstanceId: null,
      topics: [
        {
          name: 'java-4.4.0-records',
          topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
          partitions: [
            {
              partitionIndex: 0,
              committedOffset: 1,
              committedLeaderEpoch: -1,
              committedMetadata: 'in a transaction',
            },
          ],
        },
      ],
    })
  })

  it('DescribeTransactions and DescribeProducers', () => {
    for (const broker of ['4.4.0', '3.9.1'] as const) {
      const states = framesOf[broker]
        .responses(DescribeTransactions, 0)
        .flatMap(({ transactionStates }) => transactionStates)
      expect(states).toContainEqual(
        expect.objectContaining({
          errorCode: 0,
          transactionalId: 'java-4.4.0-group-tx',
          transactionState: 'CompleteAbort',
          transactionTimeoutMs: 60_000,
          topics: [],
        }),
      )
      expect(states).toContainEqual(
        expect.objectContaining({
          errorCode: errorByName('TRANSACTIONAL_ID_NOT_FOUND').code,
          transactionalId: 'none',
        }),
      )
    }
    const producers = framesOf['4.4.0']
      .responses(DescribeProducers, 0)
      .flatMap(({ topics }) => topics)
      .filter(({ name }) => name === 'java-4.4.0-records')
      .flatMap(({ partitions }) => partitions.flatMap(({ activeProducers }) => activeProducers))
    expect(producers).toContainEqual({
      producerId: 0n,
      producerEpoch: 0,
      lastSequence: 0,
      lastTimestamp: start,
      coordinatorEpoch: -1,
      currentTxnStartOffset: -1,
    })
  })
})
