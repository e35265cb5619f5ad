// What every command takes, and how wrong use is told: in one line, with exit code 2.

import { type ParseArgsConfig, parseArgs } from 'node:util'
import { ConfigurationError, Kafka, type KafkaOptions, type Logger, optionNames } from '../index.ts'

/** Wrong use of the command line. */
export class UsageError extends Error {}

type FlagDefinitions = NonNullable<ParseArgsConfig['options']>

const commonFlags = {
  bootstrap: { type: 'string', short: 'b' },
  config: { type: 'string', short: 'c', multiple: true },
  help: { type: 'boolean', short: 'h' },
} as const satisfies FlagDefinitions

export const commonHelp = `  -b, --bootstrap HOST:PORT[,…]  addresses of brokers; default $OTTLA_BOOTSTRAP, else localhost:9092
  -c, --config NAME=VALUE        any option of the client, as documented, connection and all: -c lingerMs=5, -c tls=true,
                                 -c clientId=billing (repeatable; VALUE is JSON, or else text as it stands)
  -h, --help                     this text`

/** Parses a command's words; `flags` are its own on top of the common ones. Words without a flag need `actions`. */
export function parse<const F extends FlagDefinitions>(
  words: readonly string[],
  flags: F,
  { actions = false } = {},
) {
  const parsed = parseStrictly(words, { ...flags, ...commonFlags })
  const stray = parsed.positionals.slice(actions ? 1 : 0)
  if (stray.length > 0) throw new UsageError(`'${stray.join(' ')}' was not expected`)
  return parsed
}

/** Of a command that connects to nothing: any number of words without a flag, and of the common flags --help alone. */
export function parseOffline<const F extends FlagDefinitions>(words: readonly string[], flags: F) {
  return parseStrictly(words, { ...flags, help: commonFlags.help })
}

function parseStrictly<const F extends FlagDefinitions>(words: readonly string[], options: F) {
  const args = [...words]
  checkFlags(args, options)
  return parseArgs({ args, options, allowPositionals: true, strict: true })
}

/** Before parseArgs does, whose words are many. */
function checkFlags(args: string[], options: FlagDefinitions): void {
  const { tokens } = parseArgs({ args, options, allowPositionals: true, strict: false, tokens: true })
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const { name, rawName, value, inlineValue } = token
    const type = Object.hasOwn(options, name) ? options[name]!.type : undefined
    if (type === undefined) throw new UsageError(`${rawName} is not known`)
    if (type === 'boolean' && value !== undefined) throw new UsageError(`${rawName} takes no value`)
    if (type === 'string' && (value === undefined || (!inlineValue && /^-./.test(value)))) {
      throw new UsageError(
        `${rawName} needs a value${value === undefined ? '' : `; is it --${name}=${value}?`}`,
      )
    }
  }
}

export function required(value: string | undefined, flag: string): string {
  if (value === undefined || value === '') throw new UsageError(`--${flag} is missing`)
  return value
}

/** Fractions are fine: one record in two seconds is a rate of 0.5. */
export function positiveNumber(value: string | undefined, flag: string): number | undefined {
  if (value === undefined) return undefined
  const number = Number(value)
  if (!(number > 0 && number < Number.POSITIVE_INFINITY)) {
    throw new UsageError(`--${flag} ${value}: not a number above zero`)
  }
  return number
}

export function positiveInteger(value: string | undefined, flag: string): number | undefined {
  if (value === undefined) return undefined
  const number = Number(value)
  if (!(Number.isSafeInteger(number) && number > 0)) {
    throw new UsageError(`--${flag} ${value}: not a whole number above zero`)
  }
  return number
}

/** `retention.ms=60000` as ['retention.ms', '60000']. */
export function pairOf(text: string): [name: string, value: string] {
  const at = text.indexOf('=')
  if (at < 1) throw new UsageError(`--config ${text}: not NAME=VALUE`)
  return [text.slice(0, at), text.slice(at + 1)]
}

/** `5` as a number, `true` as a boolean, `["range"]` as an array: JSON where it is, else text. The client validates. */
export function readValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

export type Options = { readonly [name: string]: unknown }

export interface ConfigPairs {
  /** For `new Kafka(...)`, which gives them to its clients where they are for those. */
  readonly kafka: Options
  /** For the client that the command makes; the texts as they are given. */
  readonly client: readonly (readonly [name: string, text: string])[]
}

/** Tells whose option each pair is. `byFlag` are those that the command has a flag for: there they are given. */
export function splitConfig(
  pairs: readonly string[] | undefined,
  byFlag: { readonly [option: string]: string },
): ConfigPairs {
  const flagOf: { readonly [option: string]: string } = { bootstrapServers: '--bootstrap', ...byFlag }
  const names = new Set(optionNames('kafka'))
  const split = (pairs ?? []).map(pairOf)
  for (const [name] of split) {
    if (Object.hasOwn(flagOf, name)) throw new UsageError(`--config ${name}: give it by ${flagOf[name]}`)
  }
  return {
    kafka: optionsOf(split.filter(([name]) => names.has(name))),
    client: split.filter(([name]) => !names.has(name)),
  }
}

export function optionsOf(pairs: ConfigPairs['client']): Options {
  return Object.fromEntries(pairs.map(([name, text]) => [name, readValue(text)]))
}

export function connectTo(bootstrap: string | undefined, config: Options, logger: Logger): Kafka {
  const fromEnvironment = process.env['OTTLA_BOOTSTRAP']
  const bootstrapServers = bootstrap ?? fromEnvironment ?? 'localhost:9092'
  try {
    return new Kafka({ clientId: 'ottla-cli', logger, ...config, bootstrapServers } satisfies KafkaOptions)
  } catch (error) {
    if (!(error instanceof ConfigurationError && error.option === 'bootstrapServers')) throw error
    const source = bootstrap === undefined ? 'OTTLA_BOOTSTRAP' : '--bootstrap'
    throw new UsageError(error.message.replace(/^Option '.*?' of new Kafka\(...\)/, source))
  }
}
