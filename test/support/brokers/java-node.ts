// A server of Kafka's as a Java process of this machine: a broker, or the ZooKeeper of older ones.
import type { ChildProcess } from 'node:child_process'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { NodeProcess } from './brokers.ts'
import { spawnGuarded } from './guard.ts'
import { ended, lastLines } from './process.ts'
import { isFree } from './ready.ts'

/** A server that runs in the folder `home` and listens on `port`; it is not started yet. */
export function javaNode(
  java: string,
  args: string[],
  { home, port }: { home: string; port: number },
): NodeProcess {
  const logPath = join(home, 'output.log')
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
