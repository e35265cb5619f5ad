// npm run demo [-- --bootstrap host:port] [--log]
// The main job on the broker named, or else on a real one it starts itself. Exits non-zero when a record was lost,
// skipped or out of order.

import { parseArgs } from 'node:util'
import { startBrokers } from '../test/support/brokers/start.ts'
import { tellStory } from './story.ts'
import { createView } from './view.ts'

const { values } = parseArgs({
  options: {
    bootstrap: { type: 'string' },
    log: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) {
  console.log(`Usage: npm run demo [-- --bootstrap host:port] [--log]
  --bootstrap  a broker that runs; default: one is started (container engine, or JDK with Maven)
  --log        each member's own account of every rebalance`)
  process.exit(0)
}

const interrupted = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => interrupted.abort(new Error('interrupted')))
}

const view = createView(process.stdout)
let broker: Awaited<ReturnType<typeof startBrokers>> | undefined
try {
  if (values.bootstrap === undefined) {
    view.say('conductor', 'starting a broker…')
    broker = await startBrokers({ nodes: 1 })
  }
  const bootstrapServers = values.bootstrap ?? broker!.bootstrapServers
  const violations = await tellStory({ bootstrapServers, log: values.log, view, signal: interrupted.signal })
  for (const violation of violations) view.say('VIOLATION', violation)
  if (violations.length > 0) process.exitCode = 1
  else
    view.say(
      'conductor',
      'every record processed by every group, none skipped, key order held in each partition',
    )
} catch (error) {
  view.say('conductor', `failed: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
} finally {
  await broker?.stop()
}
