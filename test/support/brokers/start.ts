// Real brokers for tests, benchmarks, the demo and by hand: the user's own, else a container engine, else Maven jars.
import {
  type BrokerRequest,
  type Brokers,
  describeBrokers,
  type NodeAddress,
  NotAvailable,
} from './brokers.ts'
import { startFromContainers } from './from-containers.ts'
import { startFromJars } from './from-jars.ts'
import { defaultKafkaVersion } from './jars.ts'
import { forcedOrigin } from './origin.ts'
import { type Address, awaitReady } from './ready.ts'

export type { BrokerNode, Brokers } from './brokers.ts'
export { describeBrokers }

export interface StartBrokersOptions {
  /** Default 1. */
  nodes?: 1 | 3
  /** Kafka's version, from 2.1.0 on. Default: what OTTLA_TEST_VERSION says, else 4.4.0. */
  version?: string
  /** Broker settings on top of ours, as in server.properties; a function when they depend on the node or on ours. */
  configs?: Record<string, string> | BrokerRequest['configs']
  /** Folders and jars of plug-ins that the settings name, as for `java -cp`. The brokers come from jars then. */
  classpath?: string
  /** Where clients are told to find a node, when that is not where it listens (a proxy). */
  advertise?: (node: NodeAddress) => Address
  /** The port of the first node, the others have the next ones. Default: free ones. */
  port?: number
  /** Brokers of our own, to kill and restart: never the user's. So is any with another option given. */
  own?: boolean
}

/**
 * Starts one or three brokers, or takes the user's own, and resolves when they serve.
 * `OTTLA_TEST_BROKER` forces an origin (env, container, jars); none refuses.
 */
export async function startBrokers(options: StartBrokersOptions = {}): Promise<Brokers> {
  const { nodes = 1, version = defaultVersion(), configs = {}, classpath, advertise, port } = options
  const request: BrokerRequest = {
    nodes,
    version,
    configs: typeof configs === 'function' ? configs : () => configs,
    classpath,
    advertise: advertise ?? ((node) => node),
    port,
  }
  const { own, nodes: _, ...particular } = options
  const needsOwn = own === true || nodes > 1 || Object.keys(particular).length > 0
  const forced = forcedOrigin()
  if (forced === 'none') {
    throw new Error('OTTLA_TEST_BROKER=none: a broker was asked for although none is to be started')
  }
  if (forced === 'env' || (forced === undefined && !needsOwn && process.env['OTTLA_TEST_BOOTSTRAP'])) {
    return usersOwn(needsOwn)
  }
  if (forced !== undefined) return starters[forced](request)

  const reasons: Record<string, string> = {}
  // Processes of this machine start faster than three containers, and die as brokers do when they are killed.
  const order = nodes === 1 ? (['container', 'jars'] as const) : (['jars', 'container'] as const)
  for (const origin of order) {
    try {
      return await starters[origin](request)
    } catch (error) {
      // A broker that is to be had but does not start is a fault to see, not a reason to try the next.
      if (!(error instanceof NotAvailable)) throw error
      reasons[origin] = error.message
    }
  }
  throw new Error(
    `No Kafka broker could be had. Give one in one of three ways:
  1. your own: OTTLA_TEST_BOOTSTRAP=host:port (not for what needs three nodes or settings of its own)
  2. a container engine, Docker or Podman: ${reasons['container']}
  3. a JDK 17 or newer, and Maven: ${reasons['jars']}
OTTLA_TEST_BROKER=env|container|jars forces one; with OTTLA_TEST_BROKER=none only the tests that need no broker run.`,
  )
}

function defaultVersion(): string {
  return process.env['OTTLA_TEST_VERSION'] || defaultKafkaVersion
}

const starters = { container: startFromContainers, jars: startFromJars }

async function usersOwn(needsOwn: boolean): Promise<Brokers> {
  const bootstrapServers = process.env['OTTLA_TEST_BOOTSTRAP']
  if (!bootstrapServers)
    throw new Error('OTTLA_TEST_BROKER=env needs OTTLA_TEST_BOOTSTRAP=host:port[,host:port]')
  if (needsOwn) {
    throw new Error(
      'OTTLA_TEST_BROKER=env: brokers with settings, a version or nodes of their own were asked for, and those of OTTLA_TEST_BOOTSTRAP are not ours to set up or kill',
    )
  }
  const addresses = bootstrapServers.split(',').map(parseAddress)
  try {
    await Promise.any(addresses.map((address) => awaitReady(address, { brokerIds: [], deadlineMs: 10_000 })))
  } catch (error) {
    const reasons = (error as AggregateError).errors.map((each: Error) => each.message)
    throw new Error(`OTTLA_TEST_BOOTSTRAP=${bootstrapServers}: no broker answers. ${reasons.join('. ')}`)
  }
  const stop = async () => {}
  return {
    bootstrapServers,
    origin: 'env',
    version: undefined,
    nodes: [],
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function parseAddress(text: string): Address {
  const [, host, port] = /^\s*\[?(.+?)\]?:(\d+)\s*$/.exec(text) ?? []
  if (host === undefined) throw new Error(`OTTLA_TEST_BOOTSTRAP: "${text}" is not host:port`)
  return { host, port: Number(port) }
}
