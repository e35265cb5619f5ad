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

// From the start on: a Ctrl-C while the broker starts must end it, too. npm passes on what the terminal also sent, so
// that each may come twice.
const interrupted = new AbortController()
const isInterrupted = new Promise<undefined>((resolve) => {
  interrupted.signal.addEventListener('abort', () => resolve(undefined))
})
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => interrupted.abort(new Error('interrupted')))
}

const EXIT_INTERRUPTED = 130

const view = createView(process.stdout)
let broker: Awaited<ReturnType<typeof startBrokers>> | undefined
let exitCode = 1
try {
  if (values.bootstrap === undefined) {
    view.say('conductor', 'starting a broker…')
    broker = await Promise.race([startBrokers({ nodes: 1 }), isInterrupted])
    interrupted.signal.throwIfAborted()
  }
  const bootstrapServers = values.bootstrap ?? broker!.bootstrapServers
  const violations = await tellStory({ bootstrapServers, log: values.log, view, signal: interrupted.signal })
  for (const violation of violations) view.say('VIOLATION', violation)
  if (violations.length === 0) {
    view.say(
      'conductor',
      'every record processed by every group, none skipped, key order held in each partition',
    )
    exitCode = 0
  }
} catch (error) {
  if (interrupted.signal.aborted) {
    view.say('conductor', 'interrupted')
    exitCode = EXIT_INTERRUPTED
  } else view.say('conductor', `failed: ${error instanceof Error ? error.message : String(error)}`)
} finally {
  await broker?.stop()
}
// What an interrupted start has begun, its guard ends.
process.exit(exitCode)
