// Frames of real clients and brokers (README.md): each decodes to its end and encodes back to the same bytes. Java and we
// write every message in one way only, so there is no exception to this. Values are asserted in golden-values.test.ts.
import { describe, expect, it } from 'vitest'
import { apiByKey, apis } from '../../../src/protocol/api/index.ts'
import { Reader } from '../../../src/protocol/bytes/reader.ts'
import {
  correlationIdOf,
  decodeRequest,
  decodeRequestHeader,
  decodeResponse,
  encodeRequest,
  encodeResponse,
} from '../../../src/protocol/frame.ts'
import type { Api } from '../../../src/protocol/schema.ts'
import { type BrokerVersion, brokerVersions, type GoldenFrame, readFrames } from './frames.ts'

const byName: ReadonlyMap<string, Api> = new Map(apis.map((api) => [api.name, api]))
const isFlexible = (apiKey: number, version: number) => version >= apiByKey(apiKey)!.flexibleFrom

/** The frame decoded and encoded again, in hexadecimal. */
function throughOurCodecs(api: Api, { version, direction, bytes }: GoldenFrame): string {
  let segments: readonly Uint8Array[]
  if (direction === 'request') {
    const reader = new Reader(bytes)
    const { correlationId, clientId } = decodeRequestHeader(reader, isFlexible)
    segments = encodeRequest(api, { version, correlationId, clientId }, decodeRequest(api, version, reader))
  } else {
    const response = decodeResponse(api, version, bytes)
    segments = encodeResponse(api, { version, correlationId: correlationIdOf(bytes) }, response)
  }
  return Buffer.concat(segments).toString('hex', 4)
}

/** What the frame's own header says of it, beside what is written next to it. */
function checkHeader(api: Api, frame: GoldenFrame): void {
  const { version, direction, correlationId, client, bytes } = frame
  if (direction === 'response') return expect(correlationIdOf(bytes)).toBe(correlationId)
  const header = { apiKey: api.key, apiVersion: version, correlationId, clientId: client }
  expect(decodeRequestHeader(new Reader(bytes), isFlexible)).toEqual(header)
}

describe.each(brokerVersions)('frames of Kafka %s', (broker) => {
  const frames = readFrames(broker)
  const names = [...new Set(frames.map(({ api }) => api))]

  it.each(names)('%s: each decodes, and encodes back to the same bytes', (name) => {
    const api = byName.get(name)!
    for (const frame of frames.filter((each) => each.api === name)) {
      const what = `v${frame.version} ${frame.direction} ${frame.correlationId} of ${frame.client}`
      checkHeader(api, frame)
      expect(`${what} ${throughOurCodecs(api, frame)}`).toBe(`${what} ${frame.bytes.toString('hex')}`)
    }
  })

  it('there are frames of as many APIs, versions and directions as there were', () => {
    expect(coverage(frames)).toEqual(covered[broker])
  })

  it('no two are the same', () => {
    const texts = frames.map(({ api, version, direction, bytes }) =>
      [api, version, direction, bytes.toString('hex', direction === 'request' ? 8 : 4)].join(),
    )
    expect(new Set(texts).size).toBe(texts.length)
  })
})

it('every API that we have, in every version, both ways, is among the frames of the newest broker', () => {
  const all = apis.map(({ name, versions: [first, last] }) =>
    first === last ? `${name} ${first}` : `${name} ${first}-${last}`,
  )
  expect(covered['4.4.0']).toEqual(all)
})

/** `Fetch 4-18`; where requests and responses differ, each by itself. */
function coverage(frames: readonly GoldenFrame[]): string[] {
  return apis.flatMap(({ name }) => {
    const own = frames.filter(({ api }) => api === name)
    if (own.length === 0) return []
    const [requests, responses] = (['request', 'response'] as const).map((direction) =>
      rangesOf(own.filter((frame) => frame.direction === direction).map(({ version }) => version)),
    )
    return requests === responses
      ? `${name} ${requests}`
      : `${name} requests ${requests}, responses ${responses}`
  })
}

/** `3-5`, `3`, or with gaps `3-5 7`. */
function rangesOf(versions: readonly number[]): string {
  const ranges: [first: number, last: number][] = []
  for (const version of [...new Set(versions)].sort((a, b) => a - b)) {
    const range = ranges.at(-1)
    if (range?.[1] === version - 1) range[1] = version
    else ranges.push([version, version])
  }
  return ranges.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(' ')
}

// What there are frames of; the newest broker's are of everything that we have.
const covered: Readonly<Record<BrokerVersion, readonly string[]>> = {
  '4.4.0': [
    'Produce 3-13',
    'Fetch 4-18',
    'ListOffsets 1-11',
    'Metadata 0-13',
    'OffsetCommit 2-10',
    'OffsetFetch 1-10',
    'FindCoordinator 0-6',
    'JoinGroup 0-9',
    'Heartbeat 0-4',
    'LeaveGroup 0-5',
    'SyncGroup 0-5',
    'DescribeGroups 0-6',
    'ListGroups 0-5',
    'SaslHandshake 0-1',
    'ApiVersions 0-5',
    'CreateTopics 2-7',
    'DeleteTopics 1-6',
    'DeleteRecords 0-2',
    'InitProducerId 0-6',
    'OffsetForLeaderEpoch 2-4',
    'AddPartitionsToTxn 0-5',
    'AddOffsetsToTxn 0-4',
    'EndTxn 0-5',
    'WriteTxnMarkers 1-2',
    'TxnOffsetCommit 0-6',
    'DescribeAcls 1-3',
    'CreateAcls 1-3',
    'DeleteAcls 1-3',
    'DescribeConfigs 1-4',
    'AlterConfigs 0-2',
    'AlterReplicaLogDirs 1-2',
    'DescribeLogDirs 1-5',
    'SaslAuthenticate 0-2',
    'CreatePartitions 0-3',
    'CreateDelegationToken 1-3',
    'RenewDelegationToken 1-2',
    'ExpireDelegationToken 1-2',
    'DescribeDelegationToken 1-3',
    'DeleteGroups 0-3',
    'ElectLeaders 0-2',
    'IncrementalAlterConfigs 0-1',
    'AlterPartitionReassignments 0-1',
    'ListPartitionReassignments 0',
    'OffsetDelete 0',
    'DescribeClientQuotas 0-1',
    'AlterClientQuotas 0-1',
    'DescribeUserScramCredentials 0',
    'AlterUserScramCredentials 0',
    'DescribeQuorum 0-2',
    'UpdateFeatures 0-2',
    'DescribeCluster 0-2',
    'DescribeProducers 0',
    'UnregisterBroker 0',
    'DescribeTransactions 0',
    'ListTransactions 0-2',
    'ConsumerGroupHeartbeat 0-1',
    'ConsumerGroupDescribe 0-1',
    'GetTelemetrySubscriptions 0',
    'PushTelemetry 0',
    'ListConfigResources 0-1',
    'DescribeTopicPartitions 0',
    'ShareGroupHeartbeat 1',
    'ShareGroupDescribe 1',
    'ShareFetch 1-2',
    'ShareAcknowledge 1-2',
    'AddRaftVoter 0-1',
    'RemoveRaftVoter 0',
    'StreamsGroupHeartbeat 0-1',
    'StreamsGroupDescribe 0-1',
    'DescribeShareGroupOffsets 0-1',
    'AlterShareGroupOffsets 0',
    'DeleteShareGroupOffsets 0',
    'StreamsGroupTopologyDescriptionUpdate 0',
    'UnregisterController 0',
  ],
  '3.9.1': [
    'Produce 3-11',
    'Fetch 4-17',
    'ListOffsets 1-9',
    'Metadata 0-12',
    'OffsetCommit 2-9',
    'OffsetFetch 1-9',
    'FindCoordinator 0-6',
    'JoinGroup 0-9',
    'Heartbeat 0-4',
    'LeaveGroup 0-5',
    'SyncGroup 0-5',
    'DescribeGroups 0-5',
    'ListGroups 0-5',
    'SaslHandshake 0-1',
    'ApiVersions requests 0-5, responses 0-4',
    'CreateTopics 2-7',
    'DeleteTopics 1-6',
    'DeleteRecords 0-2',
    'InitProducerId 0-5',
    'OffsetForLeaderEpoch 2-4',
    'AddPartitionsToTxn 0-5',
    'AddOffsetsToTxn 0-4',
    'EndTxn 0-4',
    'WriteTxnMarkers 1',
    'TxnOffsetCommit 0-4',
    'DescribeAcls 1-3',
    'CreateAcls 1-3',
    'DeleteAcls 1-3',
    'DescribeConfigs 1-4',
    'AlterConfigs 0-2',
    'AlterReplicaLogDirs 1-2',
    'DescribeLogDirs 1-4',
    'SaslAuthenticate 0-2',
    'CreatePartitions 0-3',
    'CreateDelegationToken 1-3',
    'RenewDelegationToken 1-2',
    'ExpireDelegationToken 1-2',
    'DescribeDelegationToken 1-3',
    'DeleteGroups 0-2',
    'ElectLeaders 0-2',
    'IncrementalAlterConfigs 0-1',
    'AlterPartitionReassignments 0',
    'ListPartitionReassignments 0',
    'OffsetDelete 0',
    'DescribeClientQuotas 0-1',
    'AlterClientQuotas 0-1',
    'DescribeUserScramCredentials 0',
    'AlterUserScramCredentials 0',
    'DescribeQuorum 0-2',
    'UpdateFeatures 0-1',
    'DescribeCluster 0-1',
    'DescribeProducers 0',
    'UnregisterBroker 0',
    'DescribeTransactions 0',
    'ListTransactions 0-1',
    'ConsumerGroupHeartbeat 0',
    'ConsumerGroupDescribe 0',
    'GetTelemetrySubscriptions 0',
    'PushTelemetry 0',
    'ListConfigResources 0',
    'DescribeTopicPartitions 0',
    'AddRaftVoter 0',
    'RemoveRaftVoter 0',
  ],
  '2.8.2': [
    'Produce 3-9',
    'Fetch 4-12',
    'ListOffsets 1-6',
    'Metadata 0-11',
    'OffsetCommit 2-8',
    'OffsetFetch 1-7',
    'FindCoordinator 0-3',
    'JoinGroup 0-7',
    'Heartbeat 0-4',
    'LeaveGroup 0-4',
    'SyncGroup 0-5',
    'DescribeGroups 0-5',
    'ListGroups 0-4',
    'SaslHandshake 0-1',
    'ApiVersions requests 0-5, responses 0-3',
    'CreateTopics 2-7',
    'DeleteTopics 1-6',
    'DeleteRecords 0-2',
    'InitProducerId 0-4',
    'OffsetForLeaderEpoch 2-4',
    'AddPartitionsToTxn 0-3',
    'AddOffsetsToTxn 0-3',
    'EndTxn 0-3',
    'WriteTxnMarkers 1',
    'TxnOffsetCommit 0-3',
    'DescribeAcls 1-2',
    'CreateAcls 1-2',
    'DeleteAcls 1-2',
    'DescribeConfigs 1-4',
    'AlterConfigs 0-2',
    'AlterReplicaLogDirs 1-2',
    'DescribeLogDirs 1-2',
    'SaslAuthenticate 0-2',
    'CreatePartitions 0-3',
    'CreateDelegationToken 1-2',
    'RenewDelegationToken 1-2',
    'ExpireDelegationToken 1-2',
    'DescribeDelegationToken 1-2',
    'DeleteGroups 0-2',
    'ElectLeaders 0-2',
    'IncrementalAlterConfigs 0-1',
    'AlterPartitionReassignments 0',
    'ListPartitionReassignments 0',
    'OffsetDelete 0',
    'DescribeClientQuotas 0-1',
    'AlterClientQuotas 0-1',
    'DescribeUserScramCredentials 0',
    'AlterUserScramCredentials 0',
    'UpdateFeatures 0',
    'DescribeCluster 0',
    'DescribeProducers 0',
  ],
}
