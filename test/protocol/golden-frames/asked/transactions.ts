// A transaction's life in every version, and what operators ask of it.
import {
  AddOffsetsToTxn,
  AddPartitionsToTxn,
  DescribeProducers,
  DescribeTransactions,
  EndTxn,
  FindCoordinator,
  InitProducerId,
  ListTransactions,
  TxnOffsetCommit,
  WriteTxnMarkers,
} from '../../../../src/protocol/api/index.ts'
import type { TopicToAsk } from './groups.ts'
import type { Stage } from './stage.ts'

export async function askAboutTransactions(stage: Stage, topic: TopicToAsk): Promise<void> {
  const apis = [
    InitProducerId,
    AddPartitionsToTxn,
    AddOffsetsToTxn,
    TxnOffsetCommit,
    EndTxn,
    ListTransactions,
  ]
  for (const rank of stage.ranks(...apis, WriteTxnMarkers, DescribeProducers)) {
    await live(stage, topic, rank)
  }
}

/** Version 6 of InitProducerId (KIP-939), on a broker that was told to speak unstable versions. */
export async function askForTwoPhaseCommit({ ask, versions, prefix }: Stage): Promise<void> {
  const version = versions(InitProducerId).at(-1)
  const transactionalId = `${prefix}-2pc`
  for (let i = 0; i < 100; i++) {
    // NOT_COORDINATOR until the topic of transactions is there.
    await ask(FindCoordinator, 3, { key: transactionalId, keyType: 1 })
    const opened = await ask(InitProducerId, version, { transactionTimeoutMs: 60_000, transactionalId })
    if (opened?.errorCode === 0) break
  }
  const prepared = { enable2Pc: true, keepPreparedTxn: true }
  await ask(InitProducerId, version, { transactionTimeoutMs: -1, transactionalId, ...prepared })
}

async function live(stage: Stage, { topic, topicId }: TopicToAsk, rank: number): Promise<void> {
  const { ask, at, prefix } = stage
  const transactionalId = `${prefix}-tx-${rank}`
  const opening = at(InitProducerId, rank)!
  const request = { transactionTimeoutMs: 60_000 }
  await ask(InitProducerId, opening, { ...request, transactionalId: null })
  const opened = await ask(InitProducerId, opening, { ...request, transactionalId })
  // Version 6 is not enabled by default; then an older one opens the transaction.
  const answer =
    opened?.errorCode === 0
      ? opened
      : await ask(InitProducerId, at(InitProducerId, 5), { ...request, transactionalId })
  const producerId = BigInt(answer?.producerId ?? 0)
  const producerEpoch = answer?.producerEpoch ?? 0

  const adding = at(AddPartitionsToTxn, rank)!
  const topics = [{ name: topic, partitions: [0] }]
  await ask(
    AddPartitionsToTxn,
    adding,
    adding < 4
      ? {
          v3AndBelowTransactionalId: transactionalId,
          v3AndBelowProducerId: producerId,
          v3AndBelowProducerEpoch: producerEpoch,
          v3AndBelowTopics: [...topics, { name: topic, partitions: [1] }],
        }
      : { transactions: [{ transactionalId, producerId, producerEpoch, topics }] },
  )
  if (adding >= 4) {
    const verify = { transactionalId, producerId, producerEpoch, verifyOnly: true, topics }
    await ask(AddPartitionsToTxn, adding, { transactions: [verify, { ...verify, transactionalId: 'none' }] })
  }
  const groupId = `${transactionalId}-group`
  const producer = { transactionalId, producerId, producerEpoch }
  await ask(AddOffsetsToTxn, at(AddOffsetsToTxn, rank), { ...producer, groupId })
  const committing = at(TxnOffsetCommit, rank)!
  const offsets = [
    {
      ...(committing < 6 ? { name: topic } : { topicId }),
      partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: 'golden' }],
    },
  ]
  await ask(TxnOffsetCommit, committing, { ...producer, groupId, topics: offsets })
  if (committing >= 3) {
    const stranger = { generationIdOrMemberEpoch: 7, memberId: 'nobody', groupInstanceId: 'instance' }
    await ask(TxnOffsetCommit, committing, { ...producer, ...stranger, groupId, topics: offsets })
  }
  await askOperators(stage, topic, transactionalId, rank)
  const ending = at(EndTxn, rank)
  await ask(EndTxn, ending, { ...producer, producerEpoch: 77, committed: true })
  await ask(EndTxn, ending, { ...producer, committed: rank % 2 === 0 })
  const marker = { producerId, producerEpoch, coordinatorEpoch: 0, transactionResult: false }
  await ask(WriteTxnMarkers, at(WriteTxnMarkers, rank), {
    markers: [{ ...marker, topics: [{ name: topic, partitionIndexes: [2, 77] }] }],
  })
}

async function askOperators(
  { ask, at }: Stage,
  topic: string,
  transactionalId: string,
  rank: number,
): Promise<void> {
  await ask(DescribeTransactions, at(DescribeTransactions, rank), {
    transactionalIds: [transactionalId, 'none'],
  })
  const listing = at(ListTransactions, rank)!
  await ask(ListTransactions, listing, { stateFilters: ['Ongoing', 'No such state'], producerIdFilters: [] })
  await ask(ListTransactions, listing, {
    stateFilters: [],
    producerIdFilters: [1n],
    ...(listing >= 1 && { durationFilter: 1 }),
    ...(listing >= 2 && { transactionalIdPattern: '.*asked.*' }),
  })
  await ask(DescribeProducers, at(DescribeProducers, rank), {
    topics: [{ name: topic, partitionIndexes: [0, 77] }],
  })
}
