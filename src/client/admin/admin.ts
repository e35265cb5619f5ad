// The admin client: the operations of its sibling files, bound to one cluster.

import { KafkaError } from '../../errors.ts'
import { Metadata } from '../../protocol/api/index.ts'
import { type AdminContext, startCall } from './call.ts'
import { describeConfigs, incrementalAlterConfigs } from './configs.ts'
import { describeGroups } from './groups.ts'
import { listConsumerGroupOffsets, listOffsets } from './offsets.ts'
import { createPartitions, createTopics, deleteTopics, describeTopics, listTopics } from './topics.ts'
import type { Admin, AdminCallOptions, ClusterDescription } from './types.ts'

/** The cluster's connections are the Kafka object's: closing an admin only ends its use. */
export function createAdmin(context: AdminContext): Admin {
  let isClosed = false

  const open = <Arguments extends unknown[], Result>(
    operation: (context: AdminContext, ...rest: Arguments) => Promise<Result>,
  ) => {
    return async (...rest: Arguments): Promise<Result> => {
      if (isClosed)
        throw new KafkaError('CLOSED', 'this admin client is closed: make a new one with kafka.admin()')
      return operation(context, ...rest)
    }
  }

  const close = async () => {
    isClosed = true
  }

  return {
    createTopics: open(createTopics),
    deleteTopics: open(deleteTopics),
    createPartitions: open(createPartitions),
    describeTopics: open(describeTopics),
    listTopics: open(listTopics),
    describeCluster: open(describeCluster),
    describeConfigs: open(describeConfigs),
    incrementalAlterConfigs: open(incrementalAlterConfigs),
    listOffsets: open(listOffsets),
    describeGroups: open(describeGroups),
    listConsumerGroupOffsets: open(listConsumerGroupOffsets),
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function describeCluster(
  context: AdminContext,
  options: AdminCallOptions = {},
): Promise<ClusterDescription> {
  const { deadline, signal } = startCall(context, 'describeCluster', options)
  const sending = signal === undefined ? {} : { signal }
  return context.cluster.retry({ what: 'describing the cluster', deadline, ...sending }, async () => {
    const { response } = await context.cluster.send(Metadata, { topics: [] }, { to: 'any', ...sending })
    const { clusterId, controllerId, brokers } = response
    return {
      clusterId,
      controller: controllerId,
      brokers: brokers.map(({ nodeId, host, port, rack }) => ({ id: nodeId, host, port, rack })),
    }
  })
}
