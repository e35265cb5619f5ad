// ottla consume: a group's member that prints one line a record, until Ctrl-C.

import type { ConsumerOptions } from '../index.ts'
import {
  commonHelp,
  connectTo,
  optionsOf,
  parse,
  positiveInteger,
  required,
  splitConfig,
} from './arguments.ts'
import { endOnSignals } from './ending.ts'
import { line, notes } from './output.ts'

export const consumeHelp = `Usage: ottla consume --topic NAME --group ID [--from-beginning] [--log] [--count N]

Prints topic, partition, offset, key and value of each record, separated by tabs. Ctrl-C commits and leaves the group.

  -t, --topic NAME               repeatable
  -g, --group ID
      --from-beginning           where the group has committed nothing yet, start with the oldest record
      --log                      tells joins, rebalances and commits on standard error
      --count N                  ends after N records
${commonHelp}`

export async function consume(words: readonly string[]): Promise<void> {
  const { values } = parse(words, {
    topic: { type: 'string', short: 't', multiple: true },
    group: { type: 'string', short: 'g' },
    'from-beginning': { type: 'boolean' },
    log: { type: 'boolean' },
    count: { type: 'string' },
  })
  if (values.help) return void process.stdout.write(`${consumeHelp}\n`)
  const topics = values.topic ?? []
  required(topics[0], 'topic')
  const groupId = required(values.group, 'group')
  const count = positiveInteger(values.count, 'count') ?? Number.POSITIVE_INFINITY
  const fromBeginning = values['from-beginning'] === true
  const config = splitConfig(values.config, {
    groupId: '--group',
    topics: '--topic',
    ...(fromBeginning && { autoOffsetReset: '--from-beginning' }),
  })

  await using kafka = connectTo(values.bootstrap, config.kafka, notes({ info: values.log }))
  const options: ConsumerOptions = {
    ...(fromBeginning && { autoOffsetReset: 'earliest' }),
    ...optionsOf(config.client),
    groupId,
    topics,
  }
  await using consumer = kafka.consumer(options)
  const { asked } = endOnSignals('the group did not answer in time, so that the last records may come again')
  let seen = 0
  for await (const { topic, partition, offset, key, value } of consumer.records({ signal: asked })) {
    line(topic, partition, offset, key, value)
    // stop() and not break: the record in hand is done, and is committed.
    if (++seen >= count) consumer.stop()
  }
}
