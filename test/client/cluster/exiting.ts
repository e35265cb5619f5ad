// A process of its own, for process.test.ts: does one thing with a cluster, says how it went, and must end by itself.
import { createCluster } from '../../../src/client/cluster/cluster.ts'
import { isKafkaError } from '../../../src/errors.ts'
import { clusterOptions } from '../../support/scripted/settings.ts'

const [what, port] = process.argv.slice(2)
const endpoint = { host: '127.0.0.1', port: Number(port) }
const cluster = createCluster(clusterOptions([endpoint], { connectionsMaxIdleMs: 3_600_000 }))
const say = (word: unknown) => process.stdout.write(`${word}\n`)
const deadline = performance.now() + 200

switch (what) {
  case 'closed': {
    await cluster.topics(['orders'], { deadline: Number.POSITIVE_INFINITY })
    const lane = cluster.openLane('fetch')
    await cluster.coordinator('group', 'g', { deadline: Number.POSITIVE_INFINITY })
    await lane.close()
    await cluster.close()
    // Standard output may be one itself.
    say(`left: ${process.getActiveResourcesInfo().filter((name) => /timer|timeout|tcp|dns|tls/i.test(name))}`)
    break
  }
  case 'waiting':
    // Nothing listens there: between attempts only the call itself keeps the process alive.
    await cluster
      .topics(['orders'], { deadline })
      .catch((error) => say(isKafkaError(error) ? error.code : error))
    break
  case 'unobserved':
    void cluster.topics(['orders'], { deadline })
    void cluster.send((await import('../../../src/protocol/api/index.ts')).Heartbeat, {} as never, { to: 1 })
    break
}
say('end of the script')
