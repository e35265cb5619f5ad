// ottla produce: records made at a steady rate, or read from standard input, one a line.

import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import {
  commonHelp,
  connectTo,
  optionsOf,
  parse,
  positiveInteger,
  positiveNumber,
  required,
  splitConfig,
} from './arguments.ts'
import { endOnSignals } from './ending.ts'
import { counted, line, note, notes } from './output.ts'

export const produceHelp = `Usage: ottla produce --topic NAME [--rate N] [--count N]

Without --rate, records are read from standard input, one a line: the value, or with --separator key and value.
Prints topic, partition, offset, key and value of each record once the broker has it.

  -t, --topic NAME
      --rate N                   makes N records a second, with ten keys in turn, the key and the time in the value
      --count N                  ends after N records
      --separator TEXT           in a line of input: what stands between key and value
${commonHelp}`

/** How many different keys --rate makes. */
const KEYS = 10
/** With so many records on their way, the next ones wait: a file may be longer than memory. */
const MAX_UNDELIVERED = 10_000

interface Line {
  readonly key: string | null
  readonly value: string
}

export async function produce(words: readonly string[]): Promise<void> {
  const { values } = parse(words, {
    topic: { type: 'string', short: 't' },
    rate: { type: 'string' },
    count: { type: 'string' },
    separator: { type: 'string' },
  })
  if (values.help) return void process.stdout.write(`${produceHelp}\n`)
  const topic = required(values.topic, 'topic')
  const rate = positiveNumber(values.rate, 'rate')
  const count = positiveInteger(values.count, 'count') ?? Number.POSITIVE_INFINITY
  const config = splitConfig(values.config, {})

  await using kafka = connectTo(values.bootstrap, config.kafka, notes())
  const producer = kafka.producer(optionsOf(config.client))
  const { asked, overdue } = endOnSignals('not all records were delivered')
  const failed = new AbortController()
  const ending = AbortSignal.any([asked, failed.signal])
  let sent = 0
  let delivered = 0
  const records = rate === undefined ? fromInput(values.separator, ending) : atRate(rate, ending)
  // Rejects when the time to end in order is over: what is still on its way is told below.
  const settled = () => producer.flush({ signal: overdue }).catch(() => {})
  for await (const { key, value } of records) {
    if (ending.aborted) break
    sent++
    // Not awaited: the rate is the caller's, not the broker's latency.
    producer.send({ topic, key, value }).then(
      ({ partition, offset }) => {
        delivered++
        line(topic, partition, offset, key, value)
      },
      (error: unknown) => failed.abort(error),
    )
    if (sent >= count) break
    if (sent - delivered >= MAX_UNDELIVERED) await settled()
  }
  await settled()
  // Time for callbacks of what flush has just seen settle.
  await null
  if (failed.signal.aborted) {
    note(`${delivered} of ${counted(sent, 'record')} sent`)
    throw failed.signal.reason
  }
  if (delivered < sent) {
    await kafka.close({ timeoutMs: 0 })
    throw new Error(
      `interrupted: of ${counted(sent, 'record')}, ${sent - delivered} not delivered as far as we were told`,
    )
  }
  note(`${counted(sent, 'record')} sent`)
}

async function* atRate(rate: number, signal: AbortSignal): AsyncGenerator<Line> {
  const start = performance.now()
  for (let i = 0; ; i++) {
    const waitMs = start + (i * 1000) / rate - performance.now()
    if (waitMs > 0) await delay(waitMs, undefined, { signal }).catch(() => {})
    if (signal.aborted) return
    const key = `key-${i % KEYS}`
    yield { key, value: `${key} ${new Date().toISOString()}` }
  }
}

async function* fromInput(separator: string | undefined, signal: AbortSignal): AsyncGenerator<Line> {
  const lines = createInterface({ input: process.stdin, signal })
  for await (const text of lines) {
    const at = separator === undefined ? -1 : text.indexOf(separator)
    if (separator === undefined || at < 0) yield { key: null, value: text }
    else yield { key: text.slice(0, at), value: text.slice(at + separator.length) }
  }
}
