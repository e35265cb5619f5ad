// What every command takes, and how wrong use is told: in one line, with exit code 2.

import { type ParseArgsConfig, parseArgs } from 'node:util'
import { Kafka, type KafkaOptions, type Logger } from '../index.ts'

/** Wrong use of the command line. */
export class UsageError extends Error {}

type FlagDefinitions = NonNullable<ParseArgsConfig['options']>

const commonFlags = {
  bootstrap: { type: 'string', short: 'b' },
  config: { type: 'string', short: 'c', multiple: true },
  help: { type: 'boolean', short: 'h' },
} as const satisfies FlagDefinitions

export const commonHelp = `  -b, --bootstrap HOST:PORT[,…]  addresses of brokers; default $OTTLA_BOOTSTRAP, else localhost:9092
  -c, --config NAME=VALUE        any option of the client, as documented: -c lingerMs=5 (repeatable)
  -h, --help                     this text`

/** Parses a command's words; `flags` are its own on top of the common ones. */
export function parse<const F extends FlagDefinitions>(words: readonly string[], flags: F) {
  try {
    return parseArgs({
      args: [...words],
      options: { ...flags, ...commonFlags },
      allowPositionals: true,
      strict: true,
    })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

export function required(value: string | undefined, flag: string): string {
  if (value === undefined || value === '') throw new UsageError(`--${flag} is missing`)
  return value
}

export function positiveNumber(value: string | undefined, flag: string): number | undefined {
  if (value === undefined) return undefined
  const number = Number(value)
  if (!(number > 0)) throw new UsageError(`--${flag} ${value}: not a number above zero`)
  return number
}

/** `lingerMs=5` as { lingerMs: 5 }: numbers and booleans by their look, the rest text. The client validates them. */
export function configOf(pairs: readonly string[] | undefined): { readonly [name: string]: unknown } {
  const config: { [name: string]: unknown } = {}
  for (const pair of pairs ?? []) {
    const at = pair.indexOf('=')
    if (at < 1) throw new UsageError(`--config ${pair}: not NAME=VALUE`)
    config[pair.slice(0, at)] = parsedValue(pair.slice(at + 1))
  }
  return config
}

function parsedValue(text: string): unknown {
  if (text === 'true') return true
  if (text === 'false') return false
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text
}

export function connectTo(bootstrap: string | undefined, logger?: Logger): Kafka {
  const options: KafkaOptions = {
    bootstrapServers: bootstrap ?? process.env['OTTLA_BOOTSTRAP'] ?? 'localhost:9092',
    clientId: 'ottla-cli',
    ...(logger && { logger }),
  }
  return new Kafka(options)
}
