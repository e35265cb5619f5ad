// Brokers in containers, through testcontainers, from the image apache/kafka of the version asked for.
import { randomUUID } from 'node:crypto'
import {
  type BrokerRequest,
  type Brokers,
  type NodeAddress,
  type NodeProcess,
  NotAvailable,
  startNodes,
} from './brokers.ts'
import { type Engine, pullImage, reachEngine, removeContainers, runLabel } from './engine.ts'
import { tellGuard } from './guard.ts'
import { lastLines } from './process.ts'
import { freePort } from './ready.ts'
import { clusterId, nodeSettings } from './settings.ts'
import { isBefore } from './version.ts'

const clientPort = 9092
const controllerPort = 9093
const internalPort = 9094
const firstImage = '3.7.0'

/** Starts one or three nodes. Rejects with NotAvailable when no engine answers or the image can't be had. */
export async function startFromContainers(request: BrokerRequest): Promise<Brokers> {
  if (isBefore(request.version, firstImage)) {
    throw new NotAvailable(`there is no image apache/kafka:${request.version}; the first is ${firstImage}`)
  }
  if (request.classpath !== undefined) throw new NotAvailable('plug-ins are given to brokers from jars only')
  const image = `apache/kafka:${request.version}`
  const engine = await findEngine(image)

  const run = randomUUID()
  // Told before anything is made there: testcontainers' own reaper may be switched off.
  tellGuard({ watch: 'containers', label: run })
  const removeAll = async () => {
    await removeContainers(run)
    tellGuard({ forget: 'containers', label: run })
  }
  try {
    const network = request.nodes === 1 ? undefined : await makeNetwork(engine, run)
    const nodes: { address: NodeAddress; process: NodeProcess }[] = []
    for (let id = 1; id <= request.nodes; id += 1) {
      // A fixed port, known before the start, because the broker must be told where clients find it.
      const port = request.port === undefined ? await freePort() : request.port + id - 1
      const address = { id, host: engine.info.containerRuntime.host, port }
      nodes.push({ address, process: containerNode({ engine, request, address, image, run, network }) })
    }
    return await startNodes('container', request.version, nodes, removeAll)
  } catch (error) {
    await removeAll()
    throw error
  }
}

async function findEngine(image: string): Promise<Engine> {
  try {
    const engine = await reachEngine()
    await pullImage(engine, image)
    return engine
  } catch (error) {
    throw new NotAvailable((error as Error).message)
  }
}

/** A network in which the nodes find each other by name. */
async function makeNetwork(engine: Engine, run: string): Promise<string> {
  const name = `ottla-${run}`
  await engine.network.create({ Name: name, Driver: 'bridge', Labels: { [runLabel]: run } })
  return name
}

interface ContainerPlan {
  engine: Engine
  request: BrokerRequest
  address: NodeAddress
  image: string
  run: string
  network: string | undefined
}

/** The container is made at the first start and kept when its process ends, so that its data is. */
function containerNode(plan: ContainerPlan): NodeProcess {
  const { engine, address, image, run, network } = plan
  let id: string | undefined
  const container = () => (id === undefined ? undefined : engine.container.getById(id))
  const isRunning = async () => (await container()?.inspect())?.State.Running === true

  const create = async () => {
    const { GenericContainer } = await import('testcontainers')
    let definition = new GenericContainer(image)
      .withLabels({ [runLabel]: run })
      .withEnvironment(environment(plan))
      .withExposedPorts({ container: clientPort, host: address.port })
      .withWaitStrategy(noWait)
    if (network !== undefined) {
      definition = definition.withNetworkMode(network).withNetworkAliases(alias(address.id))
    }
    const started = await definition.start()
    id = started.getId()
  }

  return {
    isRunning,
    async start() {
      if (id === undefined) return create()
      if (await isRunning()) throw new Error('The broker is running already')
      await container()?.start()
    },
    async signal(signal) {
      if (await isRunning()) await container()?.kill({ signal })
    },
    async ended() {
      if (await isRunning()) await container()?.wait()
    },
    async log() {
      const output = await container()?.logs({ stdout: true, stderr: true, tail: 20 })
      return lastLines(plainText(output ?? Buffer.alloc(0)))
    },
  }
}

/** The image turns KAFKA_NODE_ID into node.id. */
function environment({ request, address, network }: ContainerPlan): Record<string, string> {
  const ids = Array.from({ length: request.nodes }, (_, index) => index + 1)
  const hostOf = (id: number) => (network === undefined ? 'localhost' : alias(id))
  const advertised = request.advertise(address)
  const settings = nodeSettings({
    node: address,
    nodes: request.nodes,
    listen: {
      client: `0.0.0.0:${clientPort}`,
      internal: `0.0.0.0:${internalPort}`,
    },
    quorum: {
      controller: `0.0.0.0:${controllerPort}`,
      voters: ids.map((id) => `${id}@${hostOf(id)}:${controllerPort}`).join(','),
    },
    advertised: {
      client: `${advertised.host}:${advertised.port}`,
      internal: `${hostOf(address.id)}:${internalPort}`,
    },
    dataFolder: '/tmp/kafka-logs',
  })
  const variables = Object.entries({ ...settings, ...request.configs(address, settings) }).map(
    ([name, value]) => [
      `KAFKA_${name.replaceAll('_', '__').replaceAll('-', '___').replaceAll('.', '_').toUpperCase()}`,
      value,
    ],
  )
  const heap = request.nodes === 1 ? '-Xmx512m' : '-Xmx320m'
  return {
    ...Object.fromEntries(variables),
    CLUSTER_ID: clusterId,
    KAFKA_HEAP_OPTS: `${heap} -XX:+UseSerialGC -XX:TieredStopAtLevel=1`,
  }
}

function alias(id: number): string {
  return `kafka-${id}`
}

/** Readiness is awaited by asking Kafka itself, the same for every origin. */
const noWait = {
  waitUntilReady: async () => {},
  withStartupTimeout: () => noWait,
  isStartupTimeoutSet: () => false,
  getStartupTimeout: () => 0,
}

/** The engine's log without the eight bytes that it puts before each piece of output. */
function plainText(output: Buffer): string {
  const pieces: Buffer[] = []
  let offset = 0
  while (offset + 8 <= output.length) {
    const size = output.readUInt32BE(offset + 4)
    pieces.push(output.subarray(offset + 8, offset + 8 + size))
    offset += 8 + size
  }
  return Buffer.concat(pieces).toString()
}
