// Brokers as Java processes of this machine, from jars that Maven brings: for a machine without containers.
import type { ChildProcess } from 'node:child_process'
import { mkdir, open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type BrokerRequest,
  type Brokers,
  type NodeAddress,
  type NodeProcess,
  NotAvailable,
  startNodes,
} from './brokers.ts'
import { makeGuardedFolder, removeGuardedFolder, spawnGuarded } from './guard.ts'
import { brokerJars } from './jars.ts'
import { javaCommand } from './java.ts'
import { ended, lastLines, runOrThrow } from './process.ts'
import { freePort, isFree } from './ready.ts'
import { clusterId, nodeSettings, propertiesFile } from './settings.ts'

const host = '127.0.0.1'

/** Starts one or three nodes; the jars are downloaded the first time. Rejects without a JDK 17 or Maven. */
export async function startFromJars(request: BrokerRequest): Promise<Brokers> {
  // Room for older brokers: one without KRaft (2.8 and older) needs a ZooKeeper from the same jars first.
  const { java, classpath } = await findJars(request.version)
  const folder = await makeGuardedFolder('ottla-kafka-')
  try {
    const plans = await planNodes(request)
    const nodes = await Promise.all(
      plans.map(async (plan) => {
        const process = await prepareNode(plan, { request, plans, java, classpath, folder })
        return { address: plan.address, process }
      }),
    )
    return await startNodes('jars', request.version, nodes, () => removeGuardedFolder(folder))
  } catch (error) {
    await removeGuardedFolder(folder)
    throw error
  }
}

async function findJars(version: string): Promise<{ java: string; classpath: string }> {
  try {
    const java = await javaCommand()
    const { classpath } = await brokerJars(version)
    return { java, classpath }
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

/** Writes the node's settings and formats its storage. */
async function prepareNode(plan: NodePlan, surroundings: Surroundings): Promise<NodeProcess> {
  const { request, plans, java, classpath, folder } = surroundings
  const { address, internalPort, controllerPort } = plan
  const home = join(folder, `node-${address.id}`)
  await mkdir(home)
  const voters = plans.map((each) => `${each.address.id}@${host}:${each.controllerPort}`).join(',')
  const advertised = request.advertise(address)
  const settings = nodeSettings({
    node: address,
    nodes: request.nodes,
    listen: {
      client: `${host}:${address.port}`,
      internal: `${host}:${internalPort}`,
      controller: `${host}:${controllerPort}`,
    },
    advertised: { client: `${advertised.host}:${advertised.port}`, internal: `${host}:${internalPort}` },
    voters: request.nodes === 1 ? undefined : voters,
    dataFolder: join(home, 'data'),
  })
  const propertiesPath = join(home, 'server.properties')
  await writeFile(propertiesPath, propertiesFile({ ...settings, ...request.configs(address) }))

  const jvm = [...jvmOptions(request.nodes), '-cp', classpath]
  const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', propertiesPath]
  if (request.nodes === 1) format.push('--standalone')
  await runOrThrow(java, [...jvm, ...format], { cwd: home })
  return javaNode(java, [...jvm, 'kafka.Kafka', propertiesPath], { home, port: address.port })
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

function javaNode(java: string, args: string[], { home, port }: { home: string; port: number }): NodeProcess {
  const logPath = join(home, 'broker.log')
  let child: ChildProcess | undefined
  const isRunning = () => child !== undefined && child.exitCode === null && child.signalCode === null
  return {
    async isRunning() {
      return isRunning()
    },
    async start() {
      if (isRunning()) throw new Error('The broker is running already')
      // Otherwise whatever has the port would be taken for the broker.
      if (!(await isFree(port))) throw new Error(`Port ${port} is taken: the broker can't listen there`)
      const log = await open(logPath, 'a')
      child = spawnGuarded(java, args, { cwd: home, stdio: ['ignore', log.fd, log.fd] })
      await log.close()
      // A test that is over must be able to end: the broker is the guard's then.
      child.unref()
    },
    async signal(signal) {
      if (isRunning()) child?.kill(signal)
    },
    async ended() {
      if (child !== undefined) await ended(child)
    },
    async log() {
      return lastLines(await readFile(logPath, 'utf8').catch(() => ''))
    },
  }
}
