// npm run demo [-- --bootstrap host:port] [--log]
// The main job on the broker named, or else on a real one it starts itself. Exits non-zero when a record was lost,
// skipped or out of order.

import { parseArgs } from 'node:util'
import { startBrokers } from '../test/support/brokers/start.ts'
import { verdict } from './ledger.ts'
import { tellStory } from './story.ts'
import { createView } from './view.ts'

const usage = `Usage: npm run demo [-- --bootstrap HOST:PORT] [--log]

A producer and three groups of consumers on a real broker: members come, go and crash, groups stop and resume. About
a minute. Exit code 0: every record was processed, in order; 1: not so, or something failed; 130: Ctrl-C.

  -b, --bootstrap HOST:PORT  a broker that runs; default: that of $OTTLA_TEST_BOOTSTRAP, else one is started, in a
                             container or with a JDK and Maven
      --log                  each member's own account of every rebalance
  -h, --help                 this text`

const EXIT_INTERRUPTED = 130

const values = readFlags()
// From the start on: a Ctrl-C while the broker starts must end it, too. npm passes on what the terminal also sent, so
// that each may come twice.
const interrupted = new AbortController()
const isInterrupted = new Promise<undefined>((resolve) => {
  interrupted.signal.addEventListener('abort', () => resolve(undefined))
})
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => interrupted.abort(new Error('interrupted')))
}

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
  const { lines, ...end } = verdict(violations)
  for (const [who, text] of lines) view.say(who, text)
  exitCode = end.exitCode
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

function readFlags() {
  try {
    const { values } = parseArgs({
      options: {
        bootstrap: { type: 'string', short: 'b' },
        log: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (!values.help) return values
    console.log(usage)
    process.exit(0)
  } catch (error) {
    console.error(`${(error as Error).message.split('\n')[0]}\n\n${usage}`)
    process.exit(2)
  }
}
