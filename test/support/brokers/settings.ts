// The settings of a test broker: small, quick to start, and willing to take the short timeouts tests use.
import type { NodeAddress } from './brokers.ts'

/** The same for every cluster of tests: its data is always new. */
export const clusterId = '5L6g3nShT-eMCtK--X86sw'

export interface NodeSettings {
  node: NodeAddress
  nodes: 1 | 3
  quorum: KRaftQuorum | ZooKeeperQuorum
  /** Where the node listens for clients and for other brokers: `host:port`. */
  listen: { client: string; internal: string }
  /** Where clients and other brokers are told to find it: `host:port`. */
  advertised: { client: string; internal: string }
  dataFolder: string
}

/** The nodes are controllers, too. */
export interface KRaftQuorum {
  /** Where this node listens as a controller: `host:port`. */
  controller: string
  /** The controllers: `id@host:port` of each; or undefined: one node that votes alone (`--standalone`). */
  voters: string | undefined
}

/** Brokers before KRaft elect their controller in a ZooKeeper. */
export interface ZooKeeperQuorum {
  /** `host:port`. */
  zooKeeper: string
}

/** A node's server.properties as a record. */
export function nodeSettings(settings: NodeSettings): Record<string, string> {
  const { node, nodes, quorum, listen, advertised, dataFolder } = settings
  return {
    ...quorumSettings(node, quorum),
    listeners: [
      `CLIENT://${listen.client}`,
      `INTERNAL://${listen.internal}`,
      ...controllerListener(quorum),
    ].join(),
    'advertised.listeners': `CLIENT://${advertised.client},INTERNAL://${advertised.internal}`,
    'listener.security.protocol.map': 'CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'INTERNAL',
    'log.dirs': dataFolder,

    'offsets.topic.num.partitions': '6',
    'transaction.state.log.num.partitions': '6',
    'share.coordinator.state.topic.num.partitions': '3',
    'offsets.topic.replication.factor': String(nodes),
    'transaction.state.log.replication.factor': String(nodes),
    'share.coordinator.state.topic.replication.factor': String(nodes),
    'transaction.state.log.min.isr': nodes === 3 ? '2' : '1',
    'share.coordinator.state.topic.min.isr': nodes === 3 ? '2' : '1',

    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '100',
    'group.consumer.min.session.timeout.ms': '100',
    'group.consumer.min.heartbeat.interval.ms': '50',

    // The default of 128 MB is most of the heap.
    'log.cleaner.dedupe.buffer.size': '8388608',
    ...(nodes === 3 ? ofThreeNodes(node) : {}),
  }
}

function quorumSettings(node: NodeAddress, quorum: NodeSettings['quorum']): Record<string, string> {
  if ('zooKeeper' in quorum) {
    return {
      'broker.id': String(node.id),
      'zookeeper.connect': quorum.zooKeeper,
      'zookeeper.session.timeout.ms': '3000',
    }
  }
  return {
    'process.roles': 'broker,controller',
    'node.id': String(node.id),
    'controller.listener.names': 'CONTROLLER',
    ...(quorum.voters === undefined
      ? { 'controller.quorum.bootstrap.servers': quorum.controller }
      : { 'controller.quorum.voters': quorum.voters }),
  }
}

function controllerListener(quorum: NodeSettings['quorum']): string[] {
  return 'zooKeeper' in quorum ? [] : [`CONTROLLER://${quorum.controller}`]
}

/** A killed node's partitions have new leaders within seconds, and a replica can be the nearest one. */
function ofThreeNodes(node: NodeAddress): Record<string, string> {
  return {
    'default.replication.factor': '3',
    'min.insync.replicas': '2',
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    'broker.rack': `rack-${node.id}`,
    'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector',
  }
}

export function propertiesFile(settings: Record<string, string>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value.replaceAll('\\', '\\\\')}\n`)
    .join('')
}
