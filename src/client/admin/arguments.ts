// What admin calls are given, checked before anything is sent. A wrong shape is INVALID_ARGUMENT: the message names the
// call, the place in what it was given, and what is expected there.

import { KafkaError } from '../../errors.ts'
import { nearestName } from '../config/hints.ts'
import { show } from '../config/option.ts'
import { isTopic, topicNameProblem } from '../topic.ts'

/** Reads the value at a place (`createTopics: topics[0].name`), or throws. */
export type Read<T> = (value: unknown, at: string) => T

type Fields = { readonly [name: string]: unknown }

const MAX_INT32 = 2_147_483_647

export function refuse(at: string, expected: string, value: unknown): never {
  const given = value === undefined ? 'it is missing' : `not ${Number.isNaN(value) ? 'NaN' : show(value)}`
  throw new KafkaError(
    'INVALID_ARGUMENT',
    `${at} must be ${expected}${value === undefined ? ':' : ','} ${given}`,
  )
}

/** The fields of an object that has no others. */
export function fieldsOf(value: unknown, at: string, known: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    refuse(at, `an object { ${known.join(', ')} }`, value)
  }
  for (const name in value) {
    if (known.includes(name)) continue
    const nearest = nearestName(name, known)
    const hint = nearest === undefined ? `it takes ${known.join(', ')}` : `did you mean '${nearest}'?`
    throw new KafkaError('INVALID_ARGUMENT', `${at} has no '${name}': ${hint}`)
  }
  return value as Fields
}

export function listOf<T>(value: unknown, at: string, read: Read<T>): T[] {
  if (!Array.isArray(value)) return refuse(at, 'an array', value)
  return Array.from(value, (each: unknown, index) => read(each, `${at}[${index}]`))
}

/** As {@link listOf}, by a name that only one of them may have. */
export function mapOf<T>(
  value: unknown,
  at: string,
  read: Read<T>,
  nameOf: (item: T) => string,
): ReadonlyMap<string, T> {
  const byName = new Map<string, T>()
  for (const item of listOf(value, at, read)) {
    const name = nameOf(item)
    if (byName.has(name)) {
      throw new KafkaError('INVALID_ARGUMENT', `${at} names ${name} twice: results are told by name`)
    }
    byName.set(name, item)
  }
  return byName
}

export function optional<T>(read: Read<T>): Read<T | undefined> {
  return (value, at) => (value === undefined ? undefined : read(value, at))
}

export function wholeNumber(min: number, max = MAX_INT32): Read<number> {
  return (value, at) => {
    if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) {
      return value as number
    }
    return refuse(at, `a whole number from ${min} to ${max}`, value)
  }
}

export function oneOf<const Choice extends string>(choices: readonly Choice[]): Read<Choice> {
  return (value, at) => {
    const chosen = choices.find((choice) => choice === value)
    return chosen ?? refuse(at, `one of ${choices.map((choice) => `'${choice}'`).join(', ')}`, value)
  }
}

export const text: Read<string> = (value, at) =>
  typeof value === 'string' ? value : refuse(at, 'a string', value)

export const flag: Read<boolean> = (value, at) =>
  typeof value === 'boolean' ? value : refuse(at, 'true or false', value)

/** Of a name or a `topic(...)`. */
export const topicName: Read<string> = (value, at) => {
  const name = isTopic(value) ? value.name : value
  if (typeof name !== 'string') return refuse(at, "a topic's name or a topic(...)", value)
  const problem = topicNameProblem(name)
  if (problem !== undefined) throw new KafkaError('INVALID_ARGUMENT', `${at}: ${problem}`)
  return name
}

/** For each partition the node ids of its replicas. */
export const replicas: Read<readonly (readonly number[])[]> = (value, at) =>
  listOf(value, at, (nodeIds, at) => listOf(nodeIds, at, wholeNumber(0)))

/** A call's options: what every call takes, and its own. */
export function checkOptions(
  call: string,
  options: unknown,
  own: { readonly [name: string]: Read<unknown> },
): void {
  const at = `${call}: options`
  const readers: { readonly [name: string]: Read<unknown> } = { timeoutMs: wholeNumber(0), signal, ...own }
  const fields = fieldsOf(options, at, Object.keys(readers))
  for (const [name, read] of Object.entries(readers)) optional(read)(fields[name], `${at}.${name}`)
}

const signal: Read<unknown> = (value, at) =>
  typeof value === 'object' && value !== null && 'aborted' in value
    ? value
    : refuse(at, 'an AbortSignal', value)
