// The ZooKeeper that brokers older than KRaft need: one server, from the jars of the broker itself.
import { mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { NodeProcess } from './brokers.ts'
import { javaNode } from './java-node.ts'
import { within } from './process.ts'
import { freePort } from './ready.ts'
import { propertiesFile } from './settings.ts'

export interface ZooKeeper {
  /** `host:port`, for `zookeeper.connect`. */
  address: string
  /** Resolves when it knows of no broker of this id: a new one may register then. */
  forgotten(brokerId: number): Promise<void>
  stop(): Promise<void>
}

export interface ZooKeeperOptions {
  java: string
  classpath: string
  host: string
  /** The folder it is to live in, which is not there yet. */
  home: string
}

const deadlineMs = 30_000

/** Starts it and resolves when it answers. */
export async function startZooKeeper({ java, classpath, host, home }: ZooKeeperOptions): Promise<ZooKeeper> {
  const port = await freePort()
  const propertiesPath = join(home, 'zookeeper.properties')
  await mkdir(home)
  await writeFile(propertiesPath, propertiesFile(settings(host, port, join(home, 'data'))))
  const process = javaNode(java, [...jvmOptions, '-cp', classpath, mainClass, propertiesPath], { home, port })
  const stop = async () => {
    await process.signal('SIGKILL')
    await within(
      deadlineMs,
      process.ended(),
      () => `ZooKeeper did not end within ${deadlineMs} ms of SIGKILL`,
    )
  }
  await process.start()
  try {
    await awaitDump(process, { host, port }, () => true)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    address: `${host}:${port}`,
    forgotten: (id) => awaitDump(process, { host, port }, (dump) => !registeredBrokers(dump).includes(id)),
    stop,
  }
}

const mainClass = 'org.apache.zookeeper.server.quorum.QuorumPeerMain'

const jvmOptions = [
  '-Xmx128m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  // log4j, which it would tell its state to, is not among the jars.
  '-Dzookeeper.jmx.log4j.disable=true',
]

function settings(host: string, port: number, dataFolder: string): Record<string, string> {
  return {
    dataDir: dataFolder,
    clientPort: String(port),
    clientPortAddress: host,
    // Sessions of 1 to 10 s: twice this to twenty times this.
    tickTime: '500',
    maxClientCnxns: '0',
    'admin.enableServer': 'false',
    '4lw.commands.whitelist': 'dump',
  }
}

/** Asks until the answer is what is awaited. */
async function awaitDump(
  process: NodeProcess,
  address: { host: string; port: number },
  isAwaited: (dump: string) => boolean,
): Promise<void> {
  const until = Date.now() + deadlineMs
  let last = 'no answer yet'
  while (Date.now() < until) {
    try {
      last = await dump(address)
      if (isAwaited(last)) return
    } catch (error) {
      last = (error as Error).message
    }
    if (!(await process.isRunning()))
      throw new Error(`ZooKeeper ended. Its last lines:\n${await process.log()}`)
    await delay(100)
  }
  throw new Error(`ZooKeeper did not say what was awaited within ${deadlineMs} ms. Its last answer:\n${last}`)
}

/** What its command `dump` answers: the sessions, and the nodes of the tree that are theirs. */
function dump({ host, port }: { host: string; port: number }): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, host, () => socket.write('dump'))
    socket.setTimeout(2000, () => socket.destroy(new Error('no answer within 2000 ms')))
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text
    })
    socket.once('error', reject)
    socket.once('close', () =>
      answer.includes('SessionTracker') ? resolve(answer) : reject(new Error(`it answered "${answer}"`)),
    )
  })
}

function registeredBrokers(dump: string): number[] {
  return Array.from(dump.matchAll(/\/brokers\/ids\/(\d+)/g), (match) => Number(match[1]))
}
