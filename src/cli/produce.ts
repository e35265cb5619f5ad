// ottla produce: records made at a steady rate, or read from standard input, one a line.

import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import type { ProducerOptions } from '../index.ts'
import { commonHelp, configOf, connectTo, parse, positiveNumber, required } from './arguments.ts'
import { endOfRun, line, note } from './output.ts'

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
  const count = positiveNumber(values.count, 'count') ?? Number.POSITIVE_INFINITY
  const signal = endOfRun()

  await using kafka = connectTo(values.bootstrap)
  await using producer = kafka.producer(configOf(values.config) as ProducerOptions)
  const records = rate === undefined ? fromInput(values.separator, signal) : atRate(rate, signal)
  let sent = 0
  let firstFailure: unknown
  for await (const { key, value } of records) {
    if (signal.aborted || firstFailure !== undefined) break
    // Not awaited: the rate is the caller's, not the broker's latency. Memory is bounded by bufferMemory.
    producer.send({ topic, key, value }).then(
      ({ partition, offset }) => line(topic, partition, offset, key, value),
      (error: unknown) => {
        firstFailure ??= error
      },
    )
    if (++sent >= count) break
  }
  await producer.flush()
  if (firstFailure !== undefined) throw firstFailure
  note(`${sent} records sent`)
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
