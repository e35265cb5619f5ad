// `npm run broker [-- --nodes 3 --version 4.3.1 --port 9092 --config name=value]`: starts a real Kafka, prints its
// address on a line by itself, and stops it on Ctrl-C.
import { parseArgs } from 'node:util'
import { describeBrokers, type StartBrokersOptions, startBrokers } from '../test/support/brokers/start.ts'

const usage = `npm run broker [-- options]
  --nodes 1|3            default 1
  --version x.y.z        default 4.4.0; before 3.9.0 with a ZooKeeper, from jars only
  --port n               of the first node, the others have the next ones; default: free ones
  --config name=value    a broker setting; may be given several times`

// From the start on: a Ctrl-C while the broker starts must end it, too. npm passes on what the terminal also sent,
// so that each may come twice.
const interrupted = new Promise<void>((resolve) => {
  process.on('SIGINT', () => resolve())
  process.on('SIGTERM', () => resolve())
})

const options = readOptions()
console.error('Starting Kafka...')
const starting = startBrokers({ ...options, own: true })
const brokers = await Promise.race([starting, interrupted]).catch((error: Error) => {
  console.error(error.message)
  process.exit(1)
})
// While it still starts there is nothing to stop in order: the guard ends what this process has begun.
if (!brokers) process.exit(0)

console.error(`${describeBrokers(brokers)}. Ctrl-C stops it.`)
console.log(brokers.bootstrapServers)
const keepAlive = setInterval(() => {}, 60_000)
await interrupted
await brokers.stop()
clearInterval(keepAlive)
console.error('Stopped.')
process.exit(0)

function readOptions(): StartBrokersOptions {
  try {
    const { values } = parseArgs({
      options: {
        nodes: { type: 'string', default: '1' },
        version: { type: 'string' },
        port: { type: 'string' },
        config: { type: 'string', multiple: true, default: [] },
        help: { type: 'boolean' },
      },
    })
    if (values.help) {
      console.log(usage)
      process.exit(0)
    }
    if (values.nodes !== '1' && values.nodes !== '3') throw new Error(`--nodes ${values.nodes}: it is 1 or 3`)
    const port = values.port === undefined ? undefined : Number(values.port)
    if (port !== undefined && !(Number.isInteger(port) && port > 0 && port <= 65_533)) {
      throw new Error(`--port ${values.port}: it is a number from 1 to 65533`)
    }
    return {
      nodes: values.nodes === '3' ? 3 : 1,
      configs: Object.fromEntries(values.config.map(readConfig)),
      ...(values.version === undefined ? {} : { version: values.version }),
      ...(port === undefined ? {} : { port }),
    }
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`)
    process.exit(2)
  }
}

function readConfig(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw new Error(`--config ${text}: it is name=value`)
  return [text.slice(0, at), text.slice(at + 1)]
}
