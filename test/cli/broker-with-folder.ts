// A broker of one's own whose data folder can be looked into.

import type { BrokerNode } from '../support/brokers/brokers.ts'
import { startFromJars } from '../support/brokers/from-jars.ts'
import { makeGuardedFolder, removeGuardedFolder } from '../support/brokers/guard.ts'
import { defaultKafkaVersion } from '../support/brokers/jars.ts'

export interface BrokerWithFolder extends AsyncDisposable {
  readonly bootstrapServers: string
  readonly node: BrokerNode
  /** Holds the folders of partitions. It stays when the node is stopped. */
  readonly dataFolder: string
}

/** From jars: a container's folder is not to be seen. */
export async function startBrokerWithFolder(configs: Record<string, string> = {}): Promise<BrokerWithFolder> {
  const dataFolder = await makeGuardedFolder('ottla-data-')
  const brokers = await startFromJars({
    nodes: 1,
    version: defaultKafkaVersion,
    configs: () => ({ 'log.dirs': dataFolder, ...configs }),
    advertise: (node) => node,
    port: undefined,
    classpath: undefined,
  })
  return {
    bootstrapServers: brokers.bootstrapServers,
    node: brokers.nodes[0]!,
    dataFolder,
    async [Symbol.asyncDispose]() {
      await brokers.stop()
      await removeGuardedFolder(dataFolder)
    },
  }
}
