// One real broker for the whole test run: started before the first test that needs one, stopped after the last.
import type { TestProject } from 'vitest/node'
import { describeBrokers, startBrokers } from './brokers/start.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The shared broker, `host:port[,host:port]`. Use topics and groups of a test's own name on it. */
    bootstrapServers: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const brokers = await startBrokers()
  console.log(`Broker: ${describeBrokers(brokers)}\n`)
  project.provide('bootstrapServers', brokers.bootstrapServers)
  return () => brokers.stop()
}
