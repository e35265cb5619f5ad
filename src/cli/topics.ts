// ottla topics create|describe|delete|list

import {
  connectTo,
  optionsOf,
  parse,
  positiveInteger,
  required,
  splitConfig,
  UsageError,
} from './arguments.ts'
import { counted, note, notes, table } from './output.ts'

export const topicsHelp = `Usage: ottla topics create --topic NAME [--partitions N] [--replication-factor N] [--config NAME=VALUE …]
       ottla topics describe --topic NAME
       ottla topics delete --topic NAME
       ottla topics list

  -t, --topic NAME               repeatable
      --partitions N             default: the broker's num.partitions
      --replication-factor N     default: the broker's default.replication.factor
  -b, --bootstrap HOST:PORT[,…]  addresses of brokers; default $OTTLA_BOOTSTRAP, else localhost:9092
  -c, --config NAME=VALUE        a config of the new topic, -c retention.ms=60000, or an option of the client, as
                                 documented: -c tls=true (repeatable)
  -h, --help                     this text`

const ACTIONS: ReadonlySet<string> = new Set(['create', 'describe', 'delete', 'list'])

export async function topics(words: readonly string[]): Promise<void> {
  const { values, positionals } = parse(
    words,
    {
      topic: { type: 'string', short: 't', multiple: true },
      partitions: { type: 'string' },
      'replication-factor': { type: 'string' },
    },
    { actions: true },
  )
  if (values.help) return void process.stdout.write(`${topicsHelp}\n`)
  const action = positionals[0]
  const names = values.topic ?? []
  if (action === undefined || !ACTIONS.has(action)) {
    const problem = action === undefined ? 'an action is missing' : `'${action}' is not known`
    throw new UsageError(`${problem}: ${[...ACTIONS].join(', ')}`)
  }
  if (action === 'list' && names.length > 0) throw new UsageError('--topic is not for list')
  if (action !== 'list') required(names[0], 'topic')
  const numPartitions = positiveInteger(values.partitions, 'partitions')
  const replicationFactor = positiveInteger(values['replication-factor'], 'replication-factor')
  if (action !== 'create' && (numPartitions ?? replicationFactor) !== undefined) {
    throw new UsageError('--partitions and --replication-factor are for create')
  }
  const config = splitConfig(values.config, {})

  await using kafka = connectTo(values.bootstrap, config.kafka, notes())
  const admin = kafka.admin(action === 'create' ? {} : optionsOf(config.client))
  switch (action) {
    case 'create': {
      const created = await admin.createTopics(
        names.map((name) => ({
          name,
          ...(numPartitions !== undefined && { numPartitions }),
          ...(replicationFactor !== undefined && { replicationFactor }),
          configs: Object.fromEntries(config.client),
        })),
      )
      for (const { name, numPartitions } of created.values())
        note(`created ${name} with ${counted(numPartitions, 'partition')}`)
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
