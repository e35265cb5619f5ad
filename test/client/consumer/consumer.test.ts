// The consumer against a scripted broker: what it does when things go wrong that a real one does not do on demand.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { consumerOptions } from '../../../src/client/config/validate.ts'
import { createConsumer } from '../../../src/client/consumer/consumer.ts'
import type { AnyRecord, Consumer } from '../../../src/client/consumer/types.ts'
import {
  Fetch,
  FindCoordinator,
  JoinGroup,
  ListOffsets,
  Metadata,
  OffsetCommit,
  OffsetFetch,
  OffsetForLeaderEpoch,
} from '../../../src/protocol/api/index.ts'
import { errorByName } from '../../../src/protocol/error-codes.ts'
import { topicId } from '../../support/scripted/cluster.ts'
import { scriptGroup } from './scripted-group.ts'
import { failing, ScriptedLog, TOPIC } from './scripted-log.ts'
import { batch, numbers } from './support.ts'

let kafka: ScriptedLog
beforeEach(async () => {
  kafka = await ScriptedLog.start(2, 2)
})
afterEach(() => kafka[Symbol.asyncDispose]())

/** Puts the values `from` to `to` into a partition, at offsets of the same numbers. */
function fill(partition: number, from: number, to: number, leaderEpoch = 3): void {
  const bytes = batch({ at: from, values: numbers(from, to), partitionLeaderEpoch: leaderEpoch })
  kafka.partitions[partition]!.append(bytes, from, to - from + 1)
}

async function read(consumer: Consumer<AnyRecord>, count: number): Promise<string[]> {
  const values: string[] = []
  for await (const { partition, value } of consumer) {
    values.push(`${partition}:${value}`)
    if (values.length === count) consumer.stop()
  }
  return values
}

/** Time enough for more requests, if they were sent. */
async function someTime(): Promise<void> {
  const { cluster } = kafka.client()
  for (let i = 0; i < 20; i++) await cluster.refresh()
}

const at = (partition: number) => ({ topic: TOPIC, partition })
const earliest = { autoOffsetReset: 'earliest' } as const

describe('F3: an error of a partition', () => {
  it.each([
    'NOT_LEADER_OR_FOLLOWER',
    'UNKNOWN_TOPIC_OR_PARTITION',
    'KAFKA_STORAGE_ERROR',
    'UNKNOWN_TOPIC_ID',
  ] as const)('%s refreshes metadata and fetches again; the other partitions are used', async (error) => {
    fill(0, 0, 1)
    fill(1, 0, 1)
    kafka.partitions[0]!.next.push(failing(error))
    const consumer = kafka.consumer({ assign: kafka.assign(0) })
    expect(await read(consumer, 4)).toEqual(['1:0', '1:1', '0:0', '0:1'])
    expect(kafka.broker.received(Metadata).length).toBeGreaterThan(1)
  })

  it.each(['UNKNOWN_LEADER_EPOCH', 'UNKNOWN_SERVER_ERROR', 'NOT_CONTROLLER'] as const)(
    '%s is tried again, also when no rule names it',
    async (error) => {
      fill(0, 0, 1)
      kafka.partitions[0]!.next.push(failing(error), failing(error))
      const consumer = kafka.consumer({ assign: kafka.assign(0) })
      expect(await read(consumer, 2)).toEqual(['0:0', '0:1'])
    },
  )

  it('TOPIC_AUTHORIZATION_FAILED is told to the loop once, and read when it is allowed; the others go on', async () => {
    fill(0, 0, 1)
    kafka.partitions[0]!.next.push(...Array.from({ length: 3 }, () => failing('TOPIC_AUTHORIZATION_FAILED')))
    const consumer = kafka.consumer({ assign: kafka.assign(0) })
    const refused = { code: 'TOPIC_AUTHORIZATION_FAILED', topic: TOPIC, partition: 0 }
    await expect(read(consumer, 1)).rejects.toMatchObject(refused)
    fill(1, 0, 0)
    expect((await read(consumer, 3)).sort()).toEqual(['0:0', '0:1', '1:0'])
    // Refused again after it was read: that is news.
    kafka.partitions[0]!.next.push(failing('TOPIC_AUTHORIZATION_FAILED'))
    await expect(read(consumer, 1)).rejects.toMatchObject(refused)
  })

  it('F8: a corrupt batch stops its partition, others go on, and a seek goes past it', async () => {
    fill(0, 0, 1)
    fill(0, 2, 3)
    fill(0, 4, 5)
    fill(1, 0, 1)
    kafka.partitions[0]!.batches[1]!.bytes[70]! ^= 1
    const consumer = kafka.consumer({ assign: kafka.assign(0) })
    const values: string[] = []
    const reading = (async () => {
      for await (const { partition, value } of consumer) values.push(`${partition}:${value}`)
    })()
    await expect(reading).rejects.toMatchObject({
      code: 'CORRUPT_RECORD',
      topic: TOPIC,
      partition: 0,
      offset: 2,
    })
    expect(values).toEqual(expect.arrayContaining(['0:0', '0:1']))
    fill(1, 2, 2)
    while (!values.includes('1:2')) values.push(...(await read(consumer, 1)))
    expect(values.filter((value) => value.startsWith('0'))).toEqual(['0:0', '0:1'])
    consumer.seek(at(0), 4)
    expect(await read(consumer, 2)).toEqual(['0:4', '0:5'])
  })

  it('M6: that names the new leader and its address is followed at once (KIP-951)', async () => {
    fill(0, 0, 1)
    const moved = kafka.partitions[0]!
    const consumer = kafka.consumer({ assign: kafka.assign(0) })
    expect(await read(consumer, 2)).toHaveLength(2)
    const asked = kafka.broker.received(Metadata).length
    fill(0, 2, 2, 4)
    moved.leader = 2
    moved.leaderEpoch = 4
    moved.next.push(failing('NOT_LEADER_OR_FOLLOWER', { currentLeader: { leaderId: 2, leaderEpoch: 4 } }))
    expect(await read(consumer, 1)).toEqual(['0:2'])
    expect(kafka.fetches.at(-1)?.nodeId === 2 || kafka.fetches.some(({ nodeId }) => nodeId === 2)).toBe(true)
    expect(kafka.broker.received(Metadata).length).toBe(asked)
  })
})

describe('F1: a position of an older leader', () => {
  it('is validated before it is used, and used when the log reaches it', async () => {
    fill(0, 0, 5)
    kafka.partitions[0]!.committed = { offset: 4, leaderEpoch: 2, metadata: '' }
    kafka.partitions[1]!.committed = { offset: 0, leaderEpoch: 3, metadata: '' }
    const consumer = kafka.consumer({ groupId: 'g', assign: kafka.assign() })
    expect(await read(consumer, 2)).toEqual(['0:4', '0:5'])
    const asked = kafka.broker.received(OffsetForLeaderEpoch).map(({ body }) => body.topics)
    expect(asked).toEqual([
      [{ topic: TOPIC, partitions: [{ partition: 0, currentLeaderEpoch: 3, leaderEpoch: 2 }] }],
    ])
  })

  it('goes back to where the log was truncated, where a policy allows it', async () => {
    fill(0, 0, 5)
    kafka.partitions[0]!.committed = { offset: 9, leaderEpoch: 2, metadata: '' }
    kafka.broker.on(OffsetForLeaderEpoch, ({ respond }) =>
      respond({
        topics: [
          { topic: TOPIC, partitions: [{ errorCode: 0, partition: 0, leaderEpoch: 2, endOffset: 3 }] },
        ],
      }),
    )
    const consumer = kafka.consumer({ groupId: 'g', assign: kafka.assign(), ...earliest })
    expect(await read(consumer, 3)).toEqual(['0:3', '0:4', '0:5'])
  })

  it("is told, where the policy is 'none', with the offset at which the log was truncated", async () => {
    kafka.partitions[0]!.committed = { offset: 9, leaderEpoch: 2, metadata: '' }
    kafka.partitions[1]!.committed = { offset: 0, leaderEpoch: -1, metadata: '' }
    kafka.partitions[0]!.end = 3
    const consumer = kafka.consumer({ groupId: 'g', assign: kafka.assign(), autoOffsetReset: 'none' })
    await expect(read(consumer, 1)).rejects.toMatchObject({ code: 'LOG_TRUNCATED', partition: 0, offset: 3 })
  })

  it('is reset by the policy when the broker knows no such epoch', async () => {
    fill(0, 0, 5)
    kafka.partitions[0]!.committed = { offset: 4, leaderEpoch: 2, metadata: '' }
    kafka.broker.on(OffsetForLeaderEpoch, ({ respond }) =>
      respond({
        topics: [
          { topic: TOPIC, partitions: [{ errorCode: 0, partition: 0, leaderEpoch: -1, endOffset: -1 }] },
        ],
      }),
    )
    const consumer = kafka.consumer({ groupId: 'g', assign: kafka.assign(), ...earliest })
    expect((await read(consumer, 1))[0]).toBe('0:0')
  })

  it('is validated again when a new leader takes over, before anything more is fetched', async () => {
    fill(0, 0, 1)
    const consumer = kafka.consumer({ assign: kafka.assign(0) })
    await read(consumer, 2)
    kafka.partitions[0]!.leaderEpoch = 4
    fill(0, 2, 2, 4)
    expect(await read(consumer, 1)).toEqual(['0:2'])
    expect(kafka.broker.received(OffsetForLeaderEpoch).map(({ body }) => body.topics[0]?.partitions)).toEqual(
      [[{ partition: 0, currentLeaderEpoch: 4, leaderEpoch: 3 }]],
    )
  })
})

describe('F2: a position that is out of range', () => {
  it('asks for the ends again, and not in a circle, when the log does not have what was reset to', async () => {
    kafka.partitions[0]!.next.push(...Array.from({ length: 5 }, () => failing('OFFSET_OUT_OF_RANGE')))
    fill(0, 0, 1)
    const consumer = kafka.consumer({ assign: kafka.assign(0), ...earliest })
    expect(await read(consumer, 1)).toEqual(['0:0'])
    expect(kafka.broker.received(ListOffsets)).toHaveLength(5)
  })

  it('is reset at once the first time, and after a pause when that did not help', async () => {
    kafka.partitions[0]!.next.push(...Array.from({ length: 5 }, () => failing('OFFSET_OUT_OF_RANGE')))
    const slow = { retryBackoffMs: 60_000, retryBackoffMaxMs: 60_000 }
    const consumer = kafka.consumer({ assign: kafka.assign(0), ...earliest, ...slow })
    const reading = read(consumer, 1)
    await kafka.broker.when(() => kafka.partitions[0]!.next.length === 3)
    await someTime()
    expect(kafka.broker.received(ListOffsets)).toHaveLength(1)
    expect(kafka.partitions[0]!.next).toHaveLength(3)
    consumer.stop()
    await reading
  })

  it('F9: goes from a follower back to its leader first, and is not reset', async () => {
    fill(0, 0, 1)
    const partition = kafka.partitions[0]!
    const nodes: number[] = []
    const here = (answer: object | undefined) => (_: unknown, nodeId: number) => {
      nodes.push(nodeId)
      return answer
    }
    partition.next.push(
      here({ preferredReadReplica: 2 }),
      here({ errorCode: errorByName('OFFSET_OUT_OF_RANGE').code, records: null }),
      here(undefined),
    )
    const consumer = kafka.consumer({ assign: kafka.assign(0), clientRack: 'near' })
    expect(await read(consumer, 2)).toEqual(['0:0', '0:1'])
    expect(nodes).toEqual([1, 2, 1])
    expect(kafka.broker.received(ListOffsets)).toHaveLength(0)
    expect(kafka.fetches[0]?.body.rackId).toBe('near')
  })

  it('M4: a topic that was made anew is read by the policy, not from the old position', async () => {
    fill(0, 0, 5)
    const consumer = kafka.consumer({ assign: kafka.assign(0), ...earliest }, { metadataMaxAgeMs: 50 })
    expect(await read(consumer, 6)).toHaveLength(6)
    kafka.topicId = topicId('C')
    kafka.partitions[0]!.batches = []
    fill(0, 0, 0)
    expect(await read(consumer, 1)).toEqual(['0:0'])
  })
})

describe('F5: an answer that comes too late', () => {
  it('of a fetch is dropped when a seek came first', async () => {
    kafka.park = true
    const consumer = kafka.consumer({ assign: kafka.assign(0) })
    const first = read(consumer, 1)
    await kafka.broker.until(Fetch)
    fill(0, 0, 5)
    consumer.seek(at(0), 3)
    for (const answer of kafka.parked.splice(0)) answer()
    expect(await first).toEqual(['0:3'])
  })

  it('of a lookup of the committed offset is dropped when a seek came first', async () => {
    fill(0, 0, 5)
    kafka.partitions[0]!.committed = { offset: 5, leaderEpoch: 3, metadata: '' }
    const held: (() => void)[] = []
    kafka.broker.on(OffsetFetch, ({ body, respond }) => held.push(() => respond(kafka.committed(body))))
    const consumer = kafka.consumer({ groupId: 'g', assign: kafka.assign() })
    const first = read(consumer, 1)
    await kafka.broker.until(OffsetFetch)
    consumer.seek(at(0), 2)
    held[0]!()
    expect(await first).toEqual(['0:2'])
  })
})

describe('F4: a fetch without an answer', () => {
  it('is followed by one that closes the session and names all partitions again', async () => {
    fill(0, 0, 1)
    fill(1, 0, 1)
    const consumer = kafka.consumer({ assign: kafka.assign(0) })
    await read(consumer, 4)
    kafka.park = true
    const parked = kafka.fetches.length
    await kafka.broker.when(() => kafka.fetches.length > parked)
    const before = kafka.fetches.at(-1)!.body
    expect(before.sessionId).not.toBe(0)
    const count = kafka.fetches.length
    for (const { from } of kafka.broker.received(Fetch)) from.socket.destroy()
    await kafka.broker.when(() => kafka.fetches.length > count)
    const after = kafka.fetches[count]!.body
    expect(after).toMatchObject({ sessionId: before.sessionId, sessionEpoch: 0 })
    expect(after.topics[0]?.partitions.map(({ partition }) => partition).sort()).toEqual([0, 1])
  })
})

describe('C5: where topic ids are not known', () => {
  it('fetches and commits go without them, in the versions that can', async () => {
    kafka.topicId = undefined
    fill(0, 0, 1)
    const consumer = kafka.consumer({ groupId: 'g', assign: kafka.assign(0), enableAutoCommit: false })
    await read(consumer, 2)
    await consumer.commit()
    await consumer.committed([at(0)])
    expect(kafka.fetches[0]?.version).toBe(12)
    expect(kafka.broker.received(OffsetCommit)[0]?.version).toBe(9)
    expect(kafka.broker.received(OffsetFetch)[0]?.version).toBe(9)
  })
})

describe('commits', () => {
  it('O3: find the coordinator again, and retry what may pass', async () => {
    fill(0, 0, 1)
    const consumer = kafka.consumer({ groupId: 'g', assign: kafka.assign(0), enableAutoCommit: false })
    await read(consumer, 2)
    const errors = ['NOT_COORDINATOR', 'COORDINATOR_LOAD_IN_PROGRESS', 'UNKNOWN_TOPIC_OR_PARTITION'] as const
    let attempt = 0
    kafka.broker.on(OffsetCommit, (request) => {
      const error = errors[attempt++]
      kafka.commit(request, error === undefined ? {} : { 0: error, 1: error })
    })
    await consumer.commit()
    expect(attempt).toBe(4)
    expect(kafka.broker.received(FindCoordinator)).toHaveLength(2)
    expect(kafka.partitions[0]!.committed?.offset).toBe(2)
  })

  it('O3: fail by partition; the others are committed, and only what may pass is asked again', async () => {
    fill(0, 0, 1)
    fill(1, 0, 1)
    const consumer = kafka.consumer({ groupId: 'g', assign: kafka.assign(0), enableAutoCommit: false })
    await read(consumer, 4)
    kafka.broker.on(OffsetCommit, (request) => kafka.commit(request, { 1: 'OFFSET_METADATA_TOO_LARGE' }))
    const error = await consumer.commit().then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(error).toMatchObject({ code: 'PARTIAL_FAILURE' })
    const { errors } = error as { errors: ReadonlyMap<string, unknown> }
    expect([...errors.keys()]).toEqual(['t-1'])
    expect(kafka.partitions.map(({ committed }) => committed?.offset)).toEqual([2, undefined])
  })

  it.each([
    ['ILLEGAL_GENERATION', 'COMMIT_FAILED', false],
    ['UNKNOWN_MEMBER_ID', 'COMMIT_FAILED', false],
    ['FENCED_INSTANCE_ID', 'FENCED', false],
    ['REBALANCE_IN_PROGRESS', 'REBALANCE_IN_PROGRESS', true],
    ['GROUP_AUTHORIZATION_FAILED', 'GROUP_AUTHORIZATION_FAILED', false],
  ] as const)('O3: %s is the caller’s: %s', async (name, code, retriable) => {
    fill(0, 0, 1)
    const consumer = kafka.consumer({ groupId: 'g', assign: kafka.assign(0), enableAutoCommit: false })
    await read(consumer, 1)
    kafka.broker.on(OffsetCommit, (request) => kafka.commit(request, { 0: name, 1: name }))
    await expect(consumer.commit()).rejects.toMatchObject({ code, retriable, groupId: 'g' })
    expect(kafka.broker.received(OffsetCommit)).toHaveLength(1)
  })

  it('O5: are sent one after the other, so that an older one cannot come last', async () => {
    fill(0, 0, 9)
    const consumer = kafka.consumer({ groupId: 'g', assign: kafka.assign(0), enableAutoCommit: false })
    await read(consumer, 1)
    const held: (() => void)[] = []
    kafka.broker.on(OffsetCommit, (request) => held.push(() => kafka.commit(request)))
    const commits = [1, 2, 3].map((offset) => consumer.commit([{ ...at(0), offset }]))
    for (let count = 1; count <= 3; count++) {
      await kafka.broker.until(OffsetCommit, count)
      expect(kafka.broker.received(OffsetCommit)).toHaveLength(count)
      held[count - 1]!()
      await commits[count - 1]
      expect(kafka.partitions[0]!.committed?.offset).toBe(count)
    }
  })

  it('O6: a failing automatic commit is no error of the loop, and comes again', async () => {
    fill(0, 0, 9)
    let refused = 0
    kafka.broker.on(OffsetCommit, (request) => {
      if (refused++ < 2)
        kafka.commit(request, { 0: 'COORDINATOR_LOAD_IN_PROGRESS', 1: 'COORDINATOR_LOAD_IN_PROGRESS' })
      else kafka.commit(request)
    })
    const consumer = kafka.consumer({ groupId: 'g', assign: kafka.assign(0), autoCommitIntervalMs: 5 })
    await read(consumer, 3)
    await kafka.broker.when(() => kafka.partitions[0]!.committed?.offset === 3)
  })

  it('O2: what the group has already is not committed again', async () => {
    kafka.partitions[0]!.committed = { offset: 4, leaderEpoch: 3, metadata: '' }
    kafka.partitions[1]!.committed = { offset: 0, leaderEpoch: 3, metadata: '' }
    kafka.partitions[0]!.end = 4
    const consumer = kafka.consumer({ groupId: 'g', assign: kafka.assign(), autoCommitIntervalMs: 1 })
    const reading = read(consumer, 1)
    await kafka.broker.until(Fetch, 3)
    await someTime()
    consumer.stop()
    await reading
    await consumer.close()
    expect(kafka.broker.received(OffsetCommit)).toHaveLength(0)
  })

  it('O7: refuse records of before a seek, and send nothing of them', async () => {
    fill(0, 0, 9)
    const consumer = kafka.consumer({ groupId: 'g', assign: kafka.assign(0), enableAutoCommit: false })
    for await (const record of consumer) {
      consumer.seek(at(0), 5)
      await expect(consumer.commit(record)).rejects.toMatchObject({
        code: 'COMMIT_FAILED',
        partition: 0,
        groupId: 'g',
      })
      break
    }
    expect(kafka.broker.received(OffsetCommit)).toHaveLength(0)
  })

  it('O7: refuse what is malformed, before anything is sent', async () => {
    const consumer = kafka.consumer({ groupId: 'g', assign: kafka.assign(0), enableAutoCommit: false })
    for (const wrong of [
      [{ ...at(0), offset: -1 }],
      [{ ...at(0), offset: 1.5 }],
      [{ ...at(-1), offset: 1 }],
      [{ topic: '', partition: 0, offset: 1 }],
      { topic: TOPIC, partition: 0, offset: 3 },
    ]) {
      await expect(consumer.commit(wrong as never)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    }
    expect(kafka.broker.received(OffsetCommit)).toHaveLength(0)
  })
})

describe('what ends a consumer', () => {
  it('is told to its loop, to every later one, and by closed; close() still ends well', async () => {
    kafka.broker.on(JoinGroup, ({ respond }) =>
      respond({
        errorCode: errorByName('GROUP_AUTHORIZATION_FAILED').code,
        ...{ generationId: -1, protocolName: null, leader: '', memberId: '', members: [] },
      }),
    )
    const consumer = kafka.consumer({ groupId: 'g', topics: [TOPIC] } as never)
    const refused = { code: 'GROUP_AUTHORIZATION_FAILED', groupId: 'g' }
    await expect(read(consumer, 1)).rejects.toMatchObject(refused)
    await expect(consumer.closed).rejects.toMatchObject(refused)
    await expect(read(consumer, 1)).rejects.toMatchObject(refused)
    await expect(consumer.join()).rejects.toMatchObject(refused)
    await expect(consumer.commit()).rejects.toMatchObject(refused)
    await consumer.close()
  })
})

it('G2: commits never go over the connection on which a join may wait', async () => {
  scriptGroup(kafka.broker)
  fill(0, 0, 3)
  const options = { groupId: 'g', topics: [TOPIC], ...earliest, autoCommitIntervalMs: 1 }
  const consumer = kafka.consumer(options as never)
  for await (const record of consumer) {
    await consumer.commit(record)
    if (record.offset === 3) break
  }
  await consumer.close()
  const [join] = kafka.broker.received(JoinGroup)
  const commits = kafka.broker.received(OffsetCommit)
  expect(commits.length).toBeGreaterThanOrEqual(4)
  expect(commits.filter(({ from }) => from === join!.from)).toEqual([])
})

describe('G6: a listener that never ends', () => {
  const never = () => new Promise<void>(() => {})
  const impatient = { maxPollIntervalMs: 100, sessionTimeoutMs: 100, heartbeatIntervalMs: 10 }

  it('when it is told of a loss: the group is joined again', async () => {
    const group = scriptGroup(kafka.broker)
    fill(0, 0, 3)
    const listeners = { onPartitionsLost: never }
    const options = { groupId: 'g', topics: [TOPIC], ...earliest, ...impatient, ...listeners }
    const consumer = kafka.consumer(options as never)
    expect(await read(consumer, 1)).toEqual(['0:0'])
    group.coordinator.remove('m1')
    for await (const _ of consumer) if (consumer.groupMetadata().memberId === 'm2') break
    await consumer.close()
  })

  it('when it is told of an assignment: the partitions are lost, and it is told so', async () => {
    scriptGroup(kafka.broker)
    const told: string[] = []
    const listeners = {
      onPartitionsAssigned() {
        told.push('assigned')
        return told.length === 1 ? never() : undefined
      },
      onPartitionsLost: () => void told.push('lost'),
    }
    fill(0, 0, 0)
    const options = { groupId: 'g', topics: [TOPIC], ...earliest, ...impatient, ...listeners }
    const consumer = kafka.consumer(options as never)
    expect(await read(consumer, 1)).toEqual(['0:0'])
    expect(told).toEqual(['assigned', 'lost', 'assigned'])
    await consumer.close()
  })
})

describe('a fatal error while partitions are owned', () => {
  it('G8: has them lost: the listener hears of it, and what ended the consumer is told by closed', async () => {
    const group = scriptGroup(kafka.broker)
    fill(0, 0, 1)
    const lost: string[] = []
    const consumer = kafka.consumer({
      ...{ groupId: 'g', topics: [TOPIC], ...earliest, heartbeatIntervalMs: 10 },
      onPartitionsLost: (partitions: readonly { partition: number }[]) => {
        lost.push(partitions.map(({ partition }) => partition).join(' '))
      },
    } as never)
    const refused = { code: 'GROUP_AUTHORIZATION_FAILED', fatal: true }
    const reading = (async () => {
      for await (const _ of consumer)
        group.heartbeatErrors.push(errorByName('GROUP_AUTHORIZATION_FAILED').code)
    })()
    await expect(reading).rejects.toMatchObject(refused)
    await expect(consumer.closed).rejects.toMatchObject(refused)
    await consumer.close()
    expect(lost).toEqual(['0 1'])
    expect(consumer.assignment()).toEqual([])
  })
})

describe('a cluster that is closed under its consumer', () => {
  const account = () => {
    const loud: string[] = []
    const tell = (message: string) => void loud.push(message)
    return { loud, logger: { debug() {}, info() {}, warn: tell, error: tell } }
  }

  it('ends it at once and quietly: its loop ends, closed resolves, the listener hears of the loss', async () => {
    scriptGroup(kafka.broker)
    fill(0, 0, 1)
    const { loud, logger } = account()
    const lost: string[] = []
    const { cluster, kafka: resolved } = kafka.client({ logger })
    const onPartitionsLost = (partitions: readonly { partition: number }[]) => {
      lost.push(partitions.map(({ partition }) => partition).join(' '))
    }
    const options = { groupId: 'g', topics: [TOPIC], ...earliest, onPartitionsLost, logger }
    const consumer = createConsumer(cluster, consumerOptions(options as never, resolved), resolved)
    const values: unknown[] = []
    for await (const { value } of consumer) {
      values.push(value)
      if (values.length === 2) void cluster.close({ timeoutMs: 0 })
    }
    await consumer.closed
    await consumer.close()
    expect(lost).toEqual(['0 1'])
    expect(loud).toEqual([])
    await expect(consumer.join()).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('ends one that assigns itself, too', async () => {
    const { loud, logger } = account()
    const { cluster, kafka: resolved } = kafka.client({ logger })
    const options = { assign: kafka.assign(0), logger }
    const consumer = createConsumer(cluster, consumerOptions(options as never, resolved), resolved)
    const reading = read(consumer, 1)
    await kafka.broker.until(Fetch)
    await cluster.close({ timeoutMs: 0 })
    expect(await reading).toEqual([])
    await consumer.closed
    expect(loud).toEqual([])
  })
})

describe('O4: the committed offset', () => {
  it('is asked for as stable, again while a transaction may move it, and again where the coordinator has moved', async () => {
    fill(0, 0, 5)
    kafka.partitions[0]!.committed = { offset: 4, leaderEpoch: 3, metadata: '' }
    const answers = ['UNSTABLE_OFFSET_COMMIT', 'NOT_COORDINATOR', 'COORDINATOR_LOAD_IN_PROGRESS'] as const
    let attempt = 0
    kafka.broker.on(OffsetFetch, ({ body, respond }) => {
      expect(body.requireStable).toBe(true)
      const error = answers[attempt++]
      respond(kafka.committed(body, error === undefined ? 0 : errorByName(error).code))
    })
    const consumer = kafka.consumer({ groupId: 'g', assign: kafka.assign(), ...earliest })
    expect((await read(consumer, 1))[0]).toBe('0:4')
  })

  it('that may not be read is an error, never none', async () => {
    fill(0, 0, 5)
    kafka.broker.on(OffsetFetch, ({ body, respond }) =>
      respond(kafka.committed(body, errorByName('GROUP_AUTHORIZATION_FAILED').code)),
    )
    const consumer = kafka.consumer({ groupId: 'g', assign: kafka.assign(), ...earliest })
    await expect(read(consumer, 1)).rejects.toMatchObject({ code: 'GROUP_AUTHORIZATION_FAILED' })
    await expect(consumer.committed([at(0)])).rejects.toMatchObject({ code: 'GROUP_AUTHORIZATION_FAILED' })
    expect(kafka.broker.received(ListOffsets)).toHaveLength(0)
  })
})

describe('F10: what is fetched ahead', () => {
  it.each([
    ['the budget and one fetch', { prefetchMemory: 60_000, most: 8 }],
    [
      'two fetches and one more of a partition, beside what it has in hand',
      { prefetchMemory: 10_000_000, most: 8 },
    ],
  ])(
    'is bounded: a loop that does not go on has no more asked for than %s',
    async (_, { prefetchMemory, most }) => {
      const value = 'x'.repeat(10_000)
      const partition = kafka.partitions[0]!
      for (let at = 0; at < 100; at++) partition.append(batch({ at, values: [value] }), at, 1)
      // As a broker limits an answer: whole batches, at least one.
      let served = 0
      const limited = ({
        fetchOffset,
        partitionMaxBytes,
      }: {
        fetchOffset: number
        partitionMaxBytes: number
      }) => {
        const count = Math.max(1, Math.floor(partitionMaxBytes / 10_100))
        const batches = partition.batches.slice(fetchOffset, fetchOffset + count)
        served += batches.length
        partition.next.push(limited)
        return { records: Buffer.concat(batches.map(({ bytes }) => bytes)) }
      }
      partition.next.push(limited)
      const consumer = kafka.consumer({
        assign: [{ topic: TOPIC, partition: 0, offset: 0 }] as never[],
        ...{ prefetchMemory, maxPartitionFetchBytes: 20_200 },
      })
      const iterator = consumer[Symbol.asyncIterator]()
      await iterator.next()
      await someTime()
      const asked = kafka.fetches.length
      await someTime()
      expect(kafka.fetches.length).toBe(asked)
      expect(served).toBeLessThanOrEqual(most)
      for (let i = 1; i < 50; i++) expect((await iterator.next()).value?.offset).toBe(i)
      for (const { body } of kafka.fetches) expect(body.maxBytes).toBeLessThanOrEqual(prefetchMemory)
      partition.next.length = 0
      await iterator.return?.()
    },
  )

  it('leaves out a partition that has enough; the others wait on the broker ever longer while it is not used up', async () => {
    const partition = kafka.partitions[0]!
    for (let at = 0; at < 10; at++) partition.append(batch({ at, values: ['x'.repeat(10_000)] }), at, 1)
    const limits = { maxPartitionFetchBytes: 1_000, maxPollRecords: 2 }
    const consumer = kafka.consumer({ assign: kafka.assign(0), ...limits })
    const iterator = consumer[Symbol.asyncIterator]()
    await iterator.next()
    const waits = () => kafka.fetches.map(({ body }) => body.maxWaitMs)
    // One or two fetches go out before there is something to leave out.
    const short = () => waits().filter((waitMs) => waitMs < 500)
    await kafka.broker.when(() => short().length >= 7)
    expect(waits()[0]).toBe(500)
    expect(short().slice(0, 7)).toEqual([5, 10, 20, 40, 80, 160, 320])
    await iterator.return?.()
  })
})
