// What a broker supply hands out, wherever the brokers come from, and what each origin has to provide for it.
import { within } from './process.ts'
import { type Address, awaitReady } from './ready.ts'

/** env: the user's own; container: a container engine through testcontainers; jars: Java processes. */
export type Origin = 'env' | 'container' | 'jars'

export interface Brokers extends AsyncDisposable {
  /** `host:port`, comma-separated. */
  bootstrapServers: string
  origin: Origin
  /** Kafka's version; undefined when the brokers are the user's own. */
  version: string | undefined
  /** Empty when the brokers are the user's own, which are not ours to stop. */
  nodes: BrokerNode[]
  /** Ends every node at once and removes their data. Brokers of the user's own are left alone. */
  stop(): Promise<void>
}

export interface BrokerNode extends Address {
  id: number
  /** Ends it without a goodbye and resolves when the process is gone. Default SIGKILL. */
  kill(signal?: 'SIGKILL' | 'SIGTERM' | 'SIGABRT'): Promise<void>
  /** Shuts it down in order (its leaders move away first), and kills it if that takes more than 30 s. */
  stop(): Promise<void>
  /** Starts it again with its data, on the same port, and resolves when it serves and is registered. */
  start(): Promise<void>
  /** Freezes the process: its connections stay open and nothing answers. */
  pause(): Promise<void>
  resume(): Promise<void>
}

export interface BrokerRequest {
  nodes: 1 | 3
  version: string
  /** Broker settings on top of ours, which it is shown, the same for every node or different for each. */
  configs: (node: NodeAddress, ours: Readonly<Record<string, string>>) => Record<string, string>
  /** Folders and jars of the broker's plug-ins, as for `java -cp`; only from jars. */
  classpath: string | undefined
  /** Where clients are told to find a node: a proxy in front of it, for example. */
  advertise: (node: NodeAddress) => Address
  /** The port of the first node; the others have the next ones. Free ones when undefined. */
  port: number | undefined
}

export interface NodeAddress extends Address {
  id: number
}

/** A node as its origin runs it. */
export interface NodeProcess {
  /** Starts it; does not wait until it serves. */
  start(): Promise<void>
  isRunning(): Promise<boolean>
  /** Sends a signal to it; does nothing when it does not run. */
  signal(signal: NodeJS.Signals): Promise<void>
  /** Resolves when it runs no longer, at once when it does not. */
  ended(): Promise<void>
  /** The last lines it wrote. */
  log(): Promise<string>
}

/** This origin is not to be had on this machine: the next one may be. */
export class NotAvailable extends Error {
  override name = 'NotAvailable'
}

const killDeadlineMs = 15_000
const shutdownDeadlineMs = 30_000
const startDeadlineMs = 90_000

/** Starts all nodes, resolves when each of them sees all of them, and leaves nothing behind when that fails. */
export async function startNodes(
  origin: Origin,
  version: string,
  nodes: { address: NodeAddress; process: NodeProcess }[],
  removeAll: () => Promise<void>,
): Promise<Brokers> {
  const brokerIds = nodes.map(({ address }) => address.id)
  let stopping: Promise<void> | undefined
  const stop = () => {
    stopping ??= endAll().finally(removeAll)
    return stopping
  }
  const endAll = async () => {
    await Promise.all(nodes.map(({ process }) => end(process, 'SIGKILL')))
  }
  try {
    await Promise.all(
      nodes.map(async ({ address, process }) => {
        await process.start()
        await awaitNode(address, process, brokerIds)
      }),
    )
  } catch (error) {
    await stop()
    throw error
  }
  return {
    bootstrapServers: nodes.map(({ address }) => `${address.host}:${address.port}`).join(','),
    origin,
    version,
    nodes: nodes.map(({ address, process }) => nodeOf(address, process)),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** For people: which broker this is. */
export function describeBrokers(brokers: Brokers): string {
  const { origin, version, nodes, bootstrapServers } = brokers
  if (origin === 'env') return `your own broker (OTTLA_TEST_BOOTSTRAP) at ${bootstrapServers}`
  const how = origin === 'container' ? 'in a container' : 'from Maven jars'
  const count = nodes.length === 1 ? '' : `, ${nodes.length} nodes`
  return `Apache Kafka ${version} ${how}${count} at ${bootstrapServers}`
}

function nodeOf(address: NodeAddress, process: NodeProcess): BrokerNode {
  return {
    ...address,
    kill: (signal = 'SIGKILL') => end(process, signal),
    stop: () => end(process, 'SIGTERM', shutdownDeadlineMs).catch(() => end(process, 'SIGKILL')),
    start: async () => {
      await process.start()
      await awaitNode(address, process, [address.id])
    },
    pause: () => process.signal('SIGSTOP'),
    resume: () => process.signal('SIGCONT'),
  }
}

async function end(process: NodeProcess, signal: NodeJS.Signals, deadlineMs = killDeadlineMs): Promise<void> {
  await process.signal(signal)
  await within(
    deadlineMs,
    process.ended(),
    () => `The broker did not end within ${deadlineMs} ms of ${signal}`,
  )
}

async function awaitNode(address: NodeAddress, process: NodeProcess, brokerIds: number[]): Promise<void> {
  const isRunning = () => process.isRunning()
  const options = { brokerIds, deadlineMs: startDeadlineMs, isRunning }
  await awaitReady(address, options).catch(async (error: Error) => {
    throw new Error(`${error.message}. Its last lines:\n${(await process.log()) || '(none)'}`)
  })
}
