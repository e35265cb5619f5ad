// ottla topics create|describe|delete|list

import { configOf, connectTo, parse, positiveNumber, required, UsageError } from './arguments.ts'
import { note, table } from './output.ts'

export const topicsHelp = `Usage: ottla topics create --topic NAME [--partitions N] [--replication-factor N] [--config NAME=VALUE …]
       ottla topics describe --topic NAME
       ottla topics delete --topic NAME
       ottla topics list

  -t, --topic NAME               repeatable
      --partitions N             default: the broker's num.partitions
      --replication-factor N     default: the broker's default.replication.factor
  -b, --bootstrap HOST:PORT[,…]  addresses of brokers; default $OTTLA_BOOTSTRAP, else localhost:9092
  -c, --config NAME=VALUE        a config of the new topic: -c retention.ms=60000 (repeatable)
  -h, --help                     this text`

const ACTIONS: ReadonlySet<string> = new Set(['create', 'describe', 'delete', 'list'])

export async function topics(words: readonly string[]): Promise<void> {
  const { values, positionals } = parse(words, {
    topic: { type: 'string', short: 't', multiple: true },
    partitions: { type: 'string' },
    'replication-factor': { type: 'string' },
  })
  if (values.help) return void process.stdout.write(`${topicsHelp}\n`)
  const [action, ...rest] = positionals
  if (rest.length > 0) throw new UsageError(`'${rest.join(' ')}' was not expected`)
  const names = values.topic ?? []
  if (action === undefined || !ACTIONS.has(action)) {
    const problem = action === undefined ? 'an action is missing' : `'${action}' is not known`
    throw new UsageError(`${problem}: ${[...ACTIONS].join(', ')}`)
  }
  if (action !== 'list') required(names[0], 'topic')

  await using kafka = connectTo(values.bootstrap)
  const admin = kafka.admin()
  switch (action) {
    case 'create': {
      const numPartitions = positiveNumber(values.partitions, 'partitions')
      const replicationFactor = positiveNumber(values['replication-factor'], 'replication-factor')
      const configs = Object.fromEntries(
        Object.entries(configOf(values.config)).map(([k, v]) => [k, String(v)]),
      )
      const created = await admin.createTopics(
        names.map((name) => ({
          name,
          ...(numPartitions !== undefined && { numPartitions }),
          ...(replicationFactor !== undefined && { replicationFactor }),
          configs,
        })),
      )
      for (const { name, numPartitions } of created.values())
        note(`created ${name} with ${numPartitions} partitions`)
      return
    }
    case 'describe': {
      const described = await admin.describeTopics(names)
      const rows = [...described.values()].flatMap(({ name, partitions }) =>
        partitions.map(({ partition, leader, leaderEpoch, replicas, isr }) => {
          return [name, partition, leader, leaderEpoch, replicas.join(','), isr.join(',')]
        }),
      )
      return table([['TOPIC', 'PARTITION', 'LEADER', 'EPOCH', 'REPLICAS', 'ISR'], ...rows])
    }
    case 'delete':
      await admin.deleteTopics(names)
      return note(`deleted ${names.join(', ')}`)
    case 'list':
      return table((await admin.listTopics()).map(({ name }) => [name]))
  }
}
