// Questions about the cluster: what it speaks, its topics, configs, disks, placement, features, telemetry.
import {
  AddRaftVoter,
  AlterConfigs,
  AlterPartitionReassignments,
  AlterReplicaLogDirs,
  ApiVersions,
  CreatePartitions,
  CreateTopics,
  DeleteTopics,
  DescribeCluster,
  DescribeConfigs,
  DescribeLogDirs,
  DescribeQuorum,
  DescribeTopicPartitions,
  ElectLeaders,
  FindCoordinator,
  GetTelemetrySubscriptions,
  IncrementalAlterConfigs,
  ListConfigResources,
  ListPartitionReassignments,
  Metadata,
  PushTelemetry,
  RemoveRaftVoter,
  UnregisterBroker,
  UnregisterController,
  UpdateFeatures,
} from '../../../../src/protocol/api/index.ts'
import { ZERO_UUID } from '../../../../src/protocol/schema.ts'
import type { Stage } from './stage.ts'

export const unknownUuid = 'dW5rbm93biB0b3BpYyBpZA'

export async function askAboutCluster(stage: Stage): Promise<void> {
  await askVersions(stage)
  await askTopics(stage)
  await askConfigs(stage)
  await askPlacement(stage)
  await askController(stage)
  await askTelemetry(stage)
}

async function askVersions({ ask, versions }: Stage): Promise<void> {
  // Also those that the broker does not know: it answers in version 0 then.
  for (const version of [0, 1, 2, 3, 4, 5]) {
    const software = { clientSoftwareName: 'golden-frames', clientSoftwareVersion: '1.0' }
    await ask(ApiVersions, version, version < 3 ? {} : software)
    if (version >= 3) await ask(ApiVersions, version, { ...software, clientSoftwareName: '' })
  }
  await ask(ApiVersions, versions(ApiVersions).at(-1), {
    clientSoftwareName: 'golden-frames',
    clientSoftwareVersion: '1.0',
    ...(versions(ApiVersions).at(-1) === 5 ? { clusterId: 'another cluster', nodeId: 7 } : {}),
  })
  for (const version of versions(DescribeCluster)) {
    await ask(DescribeCluster, version, { includeClusterAuthorizedOperations: version === 0 })
    if (version > 0)
      await ask(DescribeCluster, version, { includeClusterAuthorizedOperations: true, endpointType: 2 })
  }
  for (const version of versions(FindCoordinator)) {
    for (const keyType of version === 0 ? [0] : [0, 1, 2]) {
      const key = keyType === 2 ? 'group:dW5rbm93biB0b3BpYyBpZA:0' : 'a group'
      await ask(FindCoordinator, version, {
        keyType,
        ...(version < 4 ? { key } : { coordinatorKeys: keyType === 0 ? [key, 'another'] : [key] }),
      })
    }
  }
}

async function askTopics(stage: Stage): Promise<void> {
  const { ask, ranks, at, versions, prefix } = stage
  for (const rank of ranks(CreateTopics, CreatePartitions, DeleteTopics, Metadata)) {
    const name = `${prefix}-topic-${rank}`
    await ask(CreateTopics, at(CreateTopics, rank), {
      topics: [
        {
          name,
          numPartitions: 1,
          replicationFactor: 1,
          assignments: [],
          configs: [{ name: 'segment.ms', value: '3600000' }],
        },
        { name: '', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
      ],
      timeoutMs: 10_000,
    })
    await ask(CreatePartitions, at(CreatePartitions, rank), {
      topics: [
        { name, count: 2, assignments: [{ brokerIds: [1] }] },
        { name: 'nowhere', count: 3, assignments: null },
      ],
      timeoutMs: 10_000,
      validateOnly: false,
    })
    await askMetadata(stage, at(Metadata, rank), name)
    const deleting = at(DeleteTopics, rank)
    await ask(DeleteTopics, deleting, {
      ...(deleting! < 6
        ? { topicNames: [name, 'nowhere'] }
        : {
            topics: [
              { name, topicId: ZERO_UUID },
              { name: null, topicId: unknownUuid },
            ],
          }),
      timeoutMs: 10_000,
    })
  }
  for (const version of versions(DescribeTopicPartitions)) {
    const topics = [{ name: `${prefix}-records` }, { name: 'nowhere' }]
    await ask(DescribeTopicPartitions, version, { topics, responsePartitionLimit: 2 })
    const cursor = { topicName: `${prefix}-records`, partitionIndex: 2 }
    await ask(DescribeTopicPartitions, version, { topics: [topics[0]!], cursor })
  }
}

async function askMetadata({ ask }: Stage, version: number | undefined, name: string): Promise<void> {
  if (version === undefined) return
  const told = await ask(Metadata, version, {
    topics: [{ name }],
    ...(version >= 4 && { allowAutoTopicCreation: false }),
    ...(version >= 8 && { includeTopicAuthorizedOperations: true }),
    ...(version >= 8 && version <= 10 && { includeClusterAuthorizedOperations: true }),
  })
  await ask(Metadata, version, { topics: version === 0 ? [] : null })
  if (version >= 1) await ask(Metadata, version, { topics: [] })
  if (version < 12) return await void ask(Metadata, version, { topics: [{ name: 'not a topic' }] })
  const topicId = told?.topics[0]?.topicId ?? unknownUuid
  await ask(Metadata, version, { topics: [topicId, unknownUuid].map((topicId) => ({ topicId, name: null })) })
}

async function askConfigs({ ask, ranks, at, versions, prefix }: Stage): Promise<void> {
  const [topic, broker] = [2, 4]
  const resourceName = `${prefix}-records`
  for (const rank of ranks(DescribeConfigs, AlterConfigs, IncrementalAlterConfigs)) {
    await ask(AlterConfigs, at(AlterConfigs, rank), {
      resources: [
        { resourceType: topic, resourceName, configs: [{ name: 'retention.ms', value: '3600000' }] },
        { resourceType: topic, resourceName: 'nowhere', configs: [{ name: 'retention.ms', value: null }] },
      ],
      validateOnly: rank > 0,
    })
    await ask(IncrementalAlterConfigs, at(IncrementalAlterConfigs, rank), {
      resources: [
        {
          resourceType: topic,
          resourceName,
          configs: [
            { name: 'retention.ms', configOperation: 0, value: '7200000' },
            { name: 'segment.ms', configOperation: 1, value: null },
          ],
        },
      ],
      validateOnly: false,
    })
    const version = at(DescribeConfigs, rank)
    await ask(DescribeConfigs, version, {
      resources: [
        { resourceType: topic, resourceName, configurationKeys: ['retention.ms', 'segment.ms'] },
        {
          resourceType: broker,
          resourceName: '1',
          configurationKeys: ['num.io.threads', 'password.encoder.secret'],
        },
        { resourceType: topic, resourceName: 'nowhere', configurationKeys: null },
      ],
      includeSynonyms: true,
      ...(version! >= 3 && { includeDocumentation: true }),
    })
    await ask(DescribeConfigs, version, {
      resources: [{ resourceType: topic, resourceName, configurationKeys: ['cleanup.policy'] }],
    })
  }
  for (const version of versions(ListConfigResources)) {
    await ask(ListConfigResources, version, version === 0 ? {} : { resourceTypes: [topic, 16] })
  }
}

async function askPlacement({ ask, ranks, at, versions, prefix }: Stage): Promise<void> {
  const name = `${prefix}-records`
  for (const rank of ranks(DescribeLogDirs, AlterReplicaLogDirs, ElectLeaders, AlterPartitionReassignments)) {
    const dirs = await ask(DescribeLogDirs, at(DescribeLogDirs, rank), {
      topics: [{ topic: name, partitions: [0] }],
    })
    const path = dirs?.results.at(-1)?.logDir ?? '/nowhere'
    await ask(AlterReplicaLogDirs, at(AlterReplicaLogDirs, rank), {
      dirs: [{ path, topics: [{ name, partitions: [2, 77] }] }],
    })
    const election = at(ElectLeaders, rank)
    await ask(ElectLeaders, election, {
      ...(election! >= 1 && { electionType: 0 }),
      topicPartitions: [{ topic: name, partitions: [0, 77] }],
    })
    await ask(AlterPartitionReassignments, at(AlterPartitionReassignments, rank), {
      topics: [
        {
          name,
          partitions: [
            { partitionIndex: 0, replicas: [1] },
            { partitionIndex: 1, replicas: null },
          ],
        },
      ],
    })
  }
  for (const version of versions(ListPartitionReassignments)) {
    await ask(ListPartitionReassignments, version, { topics: [{ name, partitionIndexes: [0] }] })
    await ask(ListPartitionReassignments, version, {})
  }
}

async function askController({ ask, versions }: Stage): Promise<void> {
  for (const version of versions(DescribeQuorum)) {
    await ask(DescribeQuorum, version, {
      topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }],
    })
    await ask(DescribeQuorum, version, {
      topics: [{ topicName: 'other', partitions: [{ partitionIndex: 0 }] }],
    })
  }
  for (const version of versions(UpdateFeatures)) {
    const update = { feature: 'no.such.feature', maxVersionLevel: 1 }
    await ask(UpdateFeatures, version, {
      featureUpdates: [update],
      ...(version > 0 && { validateOnly: true }),
    })
    if (version > 0) {
      const downgrade = { feature: 'metadata.version', maxVersionLevel: 1, upgradeType: 2 }
      await ask(UpdateFeatures, version, { featureUpdates: [downgrade], validateOnly: true })
      // What it is already.
      const same = { feature: 'transaction.version', maxVersionLevel: 2 }
      await ask(UpdateFeatures, version, { featureUpdates: [same], validateOnly: true })
    }
  }
  for (const version of versions(AddRaftVoter)) {
    const listeners = [{ name: 'CONTROLLER', host: 'localhost', port: 9 }]
    const voter = { timeoutMs: 1000, voterId: 9, voterDirectoryId: unknownUuid, listeners }
    await ask(AddRaftVoter, version, { clusterId: 'another', ...voter })
    await ask(AddRaftVoter, version, { clusterId: null, ...voter })
  }
  for (const version of versions(RemoveRaftVoter)) {
    await ask(RemoveRaftVoter, version, { clusterId: null, voterId: 9, voterDirectoryId: unknownUuid })
  }
  for (const version of versions(UnregisterBroker)) await ask(UnregisterBroker, version, { brokerId: 77 })
  for (const version of versions(UnregisterController))
    await ask(UnregisterController, version, { controllerId: 77 })
}

async function askTelemetry({ ask, versions }: Stage): Promise<void> {
  for (const version of versions(GetTelemetrySubscriptions)) {
    const told = await ask(GetTelemetrySubscriptions, version, { clientInstanceId: ZERO_UUID })
    if (told === undefined) return
    const { clientInstanceId, subscriptionId } = told
    const push = { clientInstanceId, compressionType: 0, metrics: Buffer.alloc(0) }
    await ask(PushTelemetry, version, { ...push, subscriptionId, terminating: true })
    await ask(PushTelemetry, version, { ...push, subscriptionId: 1, terminating: false })
  }
}
