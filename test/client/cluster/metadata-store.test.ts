import { describe, expect, test } from 'vitest'
import { type MetadataAnswer, MetadataStore } from '../../../src/client/cluster/metadata-store.ts'
import { ProtocolError } from '../../../src/errors.ts'
import { topicId } from '../../support/scripted/cluster.ts'

interface Topic {
  id?: string
  errorCode?: number
  /** Leader and epoch by partition. */
  leaders?: readonly (readonly [leader: number, epoch: number])[]
}

const ZERO = 'AAAAAAAAAAAAAAAAAAAAAA'

function answer(
  topics: { readonly [name: string]: Topic },
  { clusterId = 'c', brokers = [1, 2] }: { clusterId?: string | null; brokers?: number[] } = {},
): MetadataAnswer {
  return {
    throttleTimeMs: 0,
    brokers: brokers.map((nodeId) => ({ nodeId, host: `b${nodeId}`, port: 9092, rack: null })),
    clusterId,
    controllerId: 1,
    topics: Object.entries(topics).map(([name, { id = ZERO, errorCode = 0, leaders = [[1, 0]] }]) => ({
      errorCode,
      name,
      topicId: id,
      isInternal: false,
      topicAuthorizedOperations: 0,
      partitions: leaders.map(([leaderId, leaderEpoch], partitionIndex) => ({
        errorCode: 0,
        partitionIndex,
        leaderId,
        leaderEpoch,
        replicaNodes: [],
        isrNodes: [],
        offlineReplicas: [],
      })),
    })),
    clusterAuthorizedOperations: 0,
    errorCode: 0,
  }
}

const all = () => true

function store(): MetadataStore {
  return new MetadataStore((error) => {
    throw error
  })
}

const leaderOf = (store: MetadataStore, topic = 't', partition = 0) => {
  const { leader, leaderEpoch } = store.snapshot.topics.get(topic)!.partitions[partition]!
  return [leader, leaderEpoch]
}

describe('MetadataStore', () => {
  test('an answer becomes a snapshot; the one before stays as it was', () => {
    const metadata = store()
    const before = metadata.snapshot
    metadata.take(
      answer({
        t: {
          id: topicId('T'),
          leaders: [
            [1, 4],
            [2, 5],
          ],
        },
      }),
      all,
    )
    expect(before.brokers.size).toBe(0)
    const { snapshot } = metadata
    expect(snapshot).toMatchObject({ clusterId: 'c', controllerId: 1 })
    expect(snapshot.topicNames.get(topicId('T'))).toBe('t')
    expect(snapshot.topics.get('t')!.partitions.map(({ partition, leader }) => [partition, leader])).toEqual([
      [0, 1],
      [1, 2],
    ])
    metadata.take(answer({ t: {} }), all)
    expect(snapshot.topics.get('t')!.partitions).toHaveLength(2)
  })

  test('M2: a leader epoch lower than the one known is stale, partition by partition', () => {
    const metadata = store()
    metadata.take(
      answer({
        t: {
          leaders: [
            [1, 5],
            [1, 5],
          ],
        },
      }),
      all,
    )
    metadata.take(
      answer({
        t: {
          leaders: [
            [2, 4],
            [2, 6],
          ],
        },
      }),
      all,
    )
    expect([leaderOf(metadata, 't', 0), leaderOf(metadata, 't', 1)]).toEqual([
      [1, 5],
      [2, 6],
    ])
  })

  test('M2: the same epoch, or none, is taken', () => {
    const metadata = store()
    metadata.take(answer({ t: { leaders: [[1, 5]] } }), all)
    metadata.take(answer({ t: { leaders: [[-1, 5]] } }), all)
    expect(leaderOf(metadata)).toEqual([-1, 5])
    metadata.take(answer({ t: { leaders: [[2, -1]] } }), all)
    expect(leaderOf(metadata)).toEqual([2, -1])
  })

  test('M2, M4: unless the topic id changed, for then it is another topic', () => {
    const metadata = store()
    metadata.take(answer({ t: { id: topicId('A'), leaders: [[1, 5]] } }), all)
    metadata.take(answer({ t: { id: topicId('B'), leaders: [[2, 0]] } }), all)
    expect(leaderOf(metadata)).toEqual([2, 0])
    expect([...metadata.snapshot.topicNames]).toEqual([[topicId('B'), 't']])
  })

  test('M2: an epoch is remembered while answers say that there is no such topic', () => {
    const metadata = store()
    metadata.take(answer({ t: { id: topicId('A'), leaders: [[1, 5]] } }), all)
    metadata.take(answer({ t: { errorCode: 3, leaders: [] } }), all)
    expect(metadata.snapshot.topics.get('t')).toMatchObject({ errorCode: 3, partitions: [] })
    metadata.take(answer({ t: { id: topicId('A'), leaders: [[2, 4]] } }), all)
    expect(leaderOf(metadata)).toEqual([1, 5])
  })

  test('nothing that was known of topics holds for another cluster', () => {
    const metadata = store()
    metadata.take(answer({ t: { leaders: [[1, 5]] }, u: {} }), all)
    metadata.take(answer({ t: { leaders: [[2, 1]] } }, { clusterId: 'other' }), all)
    expect(leaderOf(metadata)).toEqual([2, 1])
    expect(metadata.snapshot.topics.has('u')).toBe(false)
  })

  test('M5: brokers are replaced, topics that were not asked for stay', () => {
    const metadata = store()
    metadata.take(answer({ t: {}, u: {} }, { brokers: [1, 2] }), all)
    metadata.take(answer({ t: {} }, { brokers: [2, 3] }), all)
    expect([...metadata.snapshot.brokers.keys()]).toEqual([2, 3])
    expect([...metadata.snapshot.topics.keys()].sort()).toEqual(['t', 'u'])
  })

  test('topics that are not kept are in what is returned, not in the snapshot', () => {
    const metadata = store()
    const returned = metadata.take(answer({ t: {}, u: { id: topicId('U') } }), (name) => name === 't')
    expect([...returned.topics.keys()]).toEqual(['t', 'u'])
    expect(returned.topicNames.get(topicId('U'))).toBe('u')
    expect([...metadata.snapshot.topics.keys()]).toEqual(['t'])
    expect(metadata.hasKnown('u')).toBe(false)
  })

  test('partitions are in order and without holes', () => {
    const metadata = store()
    const given = answer({
      t: {
        leaders: [
          [1, 0],
          [2, 0],
          [3, 0],
        ],
      },
    })
    const { partitions } = given.topics[0]!
    given.topics[0]!.partitions = [partitions[2]!, partitions[0]!]
    metadata.take(given, all)
    const taken = metadata.snapshot.topics.get('t')!.partitions
    expect(taken.map(({ partition, leader, errorCode }) => [partition, leader, errorCode])).toEqual([
      [0, 1, 0],
      [1, -1, 5],
      [2, 3, 0],
    ])
  })

  test.each([0x7fff_ffff, -1])('S5: partition %i does not make us fill memory', (partitionIndex) => {
    const given = answer({ t: {} })
    given.topics[0]!.partitions[0]!.partitionIndex = partitionIndex
    expect(() => store().take(given, all)).toThrow(ProtocolError)
  })

  test('S5: a topic named __proto__ is a topic', () => {
    const metadata = store()
    metadata.take(answer({ ['__proto__']: { leaders: [[2, 1]] } }), all)
    expect(leaderOf(metadata, '__proto__')).toEqual([2, 1])
  })

  test('M6: a leader learnt from an error is used at once, with its endpoint, only when its epoch is newer', () => {
    const metadata = store()
    metadata.take(answer({ t: { leaders: [[1, 5]] } }), all)
    const before = metadata.snapshot
    const endpoints = [{ id: 9, host: 'b9', port: 1, rack: null }]
    expect(metadata.learnLeader('t', 0, { id: 2, epoch: 5 }, endpoints)).toBe(false)
    expect(metadata.learnLeader('t', 0, { id: -1, epoch: 7 }, endpoints)).toBe(false)
    expect(metadata.learnLeader('t', 7, { id: 2, epoch: 7 }, endpoints)).toBe(false)
    expect(metadata.learnLeader('u', 0, { id: 2, epoch: 7 }, endpoints)).toBe(false)
    expect(metadata.snapshot).toBe(before)
    expect(metadata.learnLeader('t', 0, { id: 9, epoch: 6 }, endpoints)).toBe(true)
    expect(leaderOf(metadata)).toEqual([9, 6])
    expect(metadata.snapshot.brokers.get(9)).toEqual(endpoints[0])
    expect(before.brokers.has(9)).toBe(false)
    // And an answer that has not heard of it does not take it back (M2).
    metadata.take(answer({ t: { leaders: [[1, 5]] } }), all)
    expect(leaderOf(metadata)).toEqual([9, 6])
  })

  test('a broker that another answer names is added, never changed', () => {
    const metadata = store()
    metadata.take(answer({}), all)
    metadata.learnBroker({ id: 7, host: 'b7', port: 1, rack: null })
    metadata.learnBroker({ id: 1, host: 'elsewhere', port: 1, rack: null })
    expect(metadata.snapshot.brokers.get(7)!.host).toBe('b7')
    expect(metadata.snapshot.brokers.get(1)!.host).toBe('b1')
  })

  test('listeners are told of each snapshot until they stop, and one that throws does not keep it from the others', () => {
    const errors: unknown[] = []
    const metadata = new MetadataStore((error) => errors.push(error))
    const seen: number[] = []
    metadata.onChange(() => {
      throw new Error('bad listener')
    })
    const stop = metadata.onChange(({ brokers }) => seen.push(brokers.size))
    metadata.take(answer({}), all)
    metadata.take(answer({}, { brokers: [1] }), all)
    stop()
    metadata.take(answer({}), all)
    expect(seen).toEqual([2, 1])
    expect(errors).toHaveLength(3)
  })
})
