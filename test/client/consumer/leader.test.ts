// The group's leader on a cluster whose snapshot is replaced at moments that no broker can be made to choose.
import { expect, it } from 'vitest'
import type { Cluster, ClusterMetadata } from '../../../src/client/cluster/types.ts'
import { Leader } from '../../../src/client/consumer/classic/leader.ts'
import { range } from '../../../src/group/assignors/range.ts'
import { encodeSubscription } from '../../../src/protocol/group-messages/subscription.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

function snapshot(partitionCount: number): ClusterMetadata {
  const partitions = Array.from({ length: partitionCount }, (_, partition) => ({ partition, replicas: [] }))
  return {
    brokers: new Map(),
    topics: new Map([['orders', { name: 'orders', id: undefined, errorCode: 0, partitions }]]),
  } as unknown as ClusterMetadata
}

it('G10: a snapshot that was replaced just before the leader listened is compared, too', async () => {
  let metadata = snapshot(1)
  const cluster = {
    get metadata() {
      return metadata
    },
    send: async () => ({
      response: {
        brokers: [],
        topics: [
          {
            name: 'orders',
            errorCode: 0,
            topicId: undefined,
            partitions: [{ partitionIndex: 0, replicaNodes: [] }],
          },
        ],
      },
    }),
    topics: async () => metadata,
    onMetadata() {
      metadata = snapshot(2)
      return () => {}
    },
  } as unknown as Cluster
  const reasons: string[] = []
  const leader = new Leader({
    ...{ cluster, groupId: 'g', assignors: [range], logger: silent },
    onChange: (reason) => void reasons.push(reason),
  })
  const topics = { topics: ['orders'], userData: null, ownedPartitions: [], rackId: null }
  const members = [{ memberId: 'm1', groupInstanceId: null, metadata: encodeSubscription(topics, 3) }]
  const { signal } = new AbortController()
  await leader.assign({ assignor: 'range', members, skipAssignment: false }, { timeoutMs: 1_000, signal })
  leader.stop()
  expect(reasons).toEqual(['topic orders has 2 partitions, where 1 were assigned'])
})
