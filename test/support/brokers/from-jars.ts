// Brokers as Java processes of this machine, from jars that Maven brings: for a machine without containers.
import { mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import {
  type BrokerRequest,
  type Brokers,
  type NodeAddress,
  type NodeProcess,
  NotAvailable,
  startNodes,
} from './brokers.ts'
import { makeGuardedFolder, removeGuardedFolder } from './guard.ts'
import { brokerJars } from './jars.ts'
import { javaCommand } from './java.ts'
import { javaNode } from './java-node.ts'
import { runOrThrow } from './process.ts'
import { freePort } from './ready.ts'
import { clusterId, type NodeSettings, nodeSettings, propertiesFile } from './settings.ts'
import { isBefore } from './version.ts'
import { startZooKeeper, type ZooKeeper } from './zookeeper.ts'

const host = '127.0.0.1'
/** The first version whose nodes are set up as controllers in the way we do it (KIP-853); older ones take a ZooKeeper. */
const firstWithoutZooKeeper = '3.9.0'

/** Starts one or three nodes; the jars are downloaded the first time. Rejects without a JDK 17 or Maven. */
export async function startFromJars(request: BrokerRequest): Promise<Brokers> {
  const { java, classpath } = await findJars(request)
  const folder = await makeGuardedFolder('ottla-kafka-')
  let zooKeeper: ZooKeeper | undefined
  const removeAll = async () => {
    await zooKeeper?.stop()
    await removeGuardedFolder(folder)
  }
  try {
    if (isBefore(request.version, firstWithoutZooKeeper)) {
      zooKeeper = await startZooKeeper({ java, classpath, host, home: join(folder, 'zookeeper') })
    }
    const plans = await planNodes(request)
    const nodes = await Promise.all(
      plans.map(async (plan) => {
        const process = await prepareNode(plan, { request, plans, zooKeeper, java, classpath, folder })
        return { address: plan.address, process }
      }),
    )
    return await startNodes('jars', request.version, nodes, removeAll)
  } catch (error) {
    await removeAll()
    throw error
  }
}

async function findJars({
  version,
  classpath: plugins,
}: BrokerRequest): Promise<{ java: string; classpath: string }> {
  try {
    const java = await javaCommand()
    const jars = await brokerJars(version)
    return { java, classpath: [jars.classpath, ...(plugins === undefined ? [] : [plugins])].join(delimiter) }
  } catch (error) {
    throw new NotAvailable((error as Error).message)
  }
}

interface NodePlan {
  address: NodeAddress
  internalPort: number
  controllerPort: number
}

interface Surroundings {
  request: BrokerRequest
  plans: NodePlan[]
  zooKeeper: ZooKeeper | undefined
  java: string
  classpath: string
  folder: string
}

async function planNodes({ nodes, port }: BrokerRequest): Promise<NodePlan[]> {
  const plans: NodePlan[] = []
  for (let id = 1; id <= nodes; id += 1) {
    plans.push({
      address: { id, host, port: port === undefined ? await freePort() : port + id - 1 },
      internalPort: await freePort(),
      controllerPort: await freePort(),
    })
  }
  return plans
}

/** Writes the node's settings and, where it is its own controller, formats its storage. */
async function prepareNode(plan: NodePlan, surroundings: Surroundings): Promise<NodeProcess> {
  const { request, zooKeeper, java, classpath, folder } = surroundings
  const { address, internalPort } = plan
  const home = join(folder, `node-${address.id}`)
  await mkdir(home)
  const advertised = request.advertise(address)
  const settings = nodeSettings({
    node: address,
    nodes: request.nodes,
    quorum: quorumOf(plan, surroundings),
    listen: { client: `${host}:${address.port}`, internal: `${host}:${internalPort}` },
    advertised: { client: `${advertised.host}:${advertised.port}`, internal: `${host}:${internalPort}` },
    dataFolder: join(home, 'data'),
  })
  const propertiesPath = join(home, 'server.properties')
  await writeFile(propertiesPath, propertiesFile({ ...settings, ...request.configs(address, settings) }))

  const jvm = [...jvmOptions(request.nodes), '-cp', classpath]
  const node = javaNode(java, [...jvm, 'kafka.Kafka', propertiesPath], { home, port: address.port })
  if (zooKeeper !== undefined) return afterItsFormerLife(node, () => zooKeeper.forgotten(address.id))
  const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', propertiesPath]
  if (request.nodes === 1) format.push('--standalone')
  await runOrThrow(java, [...jvm, ...format], { cwd: home })
  return node
}

function quorumOf(plan: NodePlan, { request, plans, zooKeeper }: Surroundings): NodeSettings['quorum'] {
  if (zooKeeper !== undefined) return { zooKeeper: zooKeeper.address }
  const voters = plans.map((each) => `${each.address.id}@${host}:${each.controllerPort}`).join(',')
  return {
    controller: `${host}:${plan.controllerPort}`,
    voters: request.nodes === 1 ? undefined : voters,
  }
}

/** A broker that was killed is refused by ZooKeeper until the session of its former life is over. */
function afterItsFormerLife(node: NodeProcess, forgotten: () => Promise<void>): NodeProcess {
  return {
    ...node,
    async start() {
      await forgotten()
      await node.start()
    },
  }
}

function jvmOptions(nodes: 1 | 3): string[] {
  return [
    nodes === 1 ? '-Xmx512m' : '-Xmx320m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    '-Dorg.slf4j.simpleLogger.showDateTime=true',
    '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS',
  ]
}
