// ottla consume: a group's member that prints one line a record, until Ctrl-C.

import type { ConsumerOptions, Logger } from '../index.ts'
import { commonHelp, configOf, connectTo, parse, positiveNumber, required } from './arguments.ts'
import { endOfRun, line, note } from './output.ts'

export const consumeHelp = `Usage: ottla consume --topic NAME --group ID [--from-beginning] [--log] [--count N]

Prints topic, partition, offset, key and value of each record, separated by tabs. Ctrl-C commits and leaves the group.

  -t, --topic NAME               repeatable
  -g, --group ID
      --from-beginning           where the group has committed nothing yet, start with the oldest record
      --log                      tells joins, rebalances and commits on standard error
      --count N                  ends after N records
${commonHelp}`

const accounts: Logger = {
  debug() {},
  info: (message) => note(message),
  warn: (message) => note(`warning: ${message}`),
  error: (message) => note(`error: ${message}`),
}

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
  const count = positiveNumber(values.count, 'count') ?? Number.POSITIVE_INFINITY
  const signal = endOfRun()

  await using kafka = connectTo(values.bootstrap, values.log ? accounts : undefined)
  const options: ConsumerOptions = {
    ...(values['from-beginning'] && { autoOffsetReset: 'earliest' }),
    ...configOf(values.config),
    groupId,
    topics,
  }
  await using consumer = kafka.consumer(options)
  let seen = 0
  for await (const { topic, partition, offset, key, value } of consumer.records({ signal })) {
    line(topic, partition, offset, key, value)
    // stop() and not break: the record in hand is done, and is committed.
    if (++seen >= count) consumer.stop()
  }
}
