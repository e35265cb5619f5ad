// From what a user gave to what a client works with: every option checked, every default filled in.

import { ConfigurationError } from '../../errors.ts'
import { checkConsumer, checkKafka, checkProducer, checkShared, type Given } from './conflicts.ts'
import { CALLS, hintFor } from './hints.ts'
import { type OptionTable, readOption, show } from './option.ts'
import { type OptionsKind, tables } from './tables.ts'
import type {
  ResolvedAdminOptions,
  ResolvedConsumerOptions,
  ResolvedKafkaOptions,
  ResolvedProducerOptions,
} from './types.ts'

/**
 * Options of `new Kafka(...)`.
 *
 * @throws ConfigurationError that names the option and says what to do.
 */
export function kafkaOptions(input: unknown): ResolvedKafkaOptions {
  const options = resolve('kafka', givenOptions('kafka', input), {}) as unknown as ResolvedKafkaOptions
  checkKafka(options)
  return options
}

/** Options of `kafka.producer(...)`; what was given to `Kafka` is their default. Throws as {@link kafkaOptions}. */
export function producerOptions(input: unknown, kafka: ResolvedKafkaOptions): ResolvedProducerOptions {
  const given = givenOptions('producer', input)
  const options = resolve('producer', given, kafka) as unknown as ResolvedProducerOptions
  checkProducer(options)
  return options
}

/** Options of `kafka.consumer(...)`; what was given to `Kafka` is their default. Throws as {@link kafkaOptions}. */
export function consumerOptions(input: unknown, kafka: ResolvedKafkaOptions): ResolvedConsumerOptions {
  const given = givenOptions('consumer', input)
  const options = resolve('consumer', given, kafka) as unknown as ResolvedConsumerOptions
  checkConsumer(options, given, kafka)
  return options.groupId === undefined ? { ...options, enableAutoCommit: false } : options
}

/** Options of `kafka.admin(...)`; what was given to `Kafka` is their default. Throws as {@link kafkaOptions}. */
export function adminOptions(input: unknown, kafka: ResolvedKafkaOptions): ResolvedAdminOptions {
  const options = resolve('admin', givenOptions('admin', input), kafka) as unknown as ResolvedAdminOptions
  checkShared('admin', options)
  return options
}

/** What was given, inherited properties included: what would be ignored must be refused. `undefined` is not given. */
function givenOptions(kind: OptionsKind, input: unknown): Given {
  if (input === undefined && kind !== 'kafka') return {}
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new ConfigurationError(`${CALLS[kind]} takes an object of options, not ${show(input)}`)
  }
  const table: OptionTable = tables[kind]
  const given: Record<string, unknown> = Object.create(null)
  for (const name in input) {
    const value = (input as Given)[name]
    if (!Object.hasOwn(table, name)) {
      throw new ConfigurationError(
        `Unknown option '${name}' of ${CALLS[kind]}: ${hintFor(name, table)}`,
        name,
      )
    }
    if (value !== undefined) given[name] = value
  }
  return given
}

function resolve(kind: OptionsKind, given: Given, defaults: object): Given {
  const table: OptionTable = tables[kind]
  const resolved: Record<string, unknown> = {}
  for (const [name, line] of Object.entries(table)) {
    const inherited = given[name] === undefined && Object.hasOwn(defaults, name)
    resolved[name] = inherited ? (defaults as Given)[name] : readOption(name, line, given[name], CALLS[kind])
  }
  return resolved
}
