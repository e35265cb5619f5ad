// Readers of the options whose values are more than a number, a flag or a word.

import type { ConnectionOptions } from 'node:tls'
import type { ManualAssignment, TopicInput, TopicPattern } from '../consumer/types.ts'
import { type Logger, missingLoggerMethods, safeLogger } from '../logger.ts'
import type { AnyDeserializer, AnySerializer } from '../serde.ts'
import {
  isDeserializer,
  isSerializer,
  isTopic,
  type TopicName,
  topicNameOf,
  topicNameProblem,
} from '../topic.ts'
import type { Read, Refuse } from './option.ts'
import { readText, show } from './option.ts'

/** `true`: TLS with Node's defaults; an object: `node:tls` options; `false`: plain text, read as undefined. */
export const readTls: Read<ConnectionOptions | undefined> = (value, refuse) => {
  if (value === false) return undefined
  if (value === true) return {}
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as ConnectionOptions
  return refuse(`must be true, false or options of node:tls (ca, cert, key), not a ${typeof value}`)
}

export const readLogger: Read<Logger> = (value, refuse) => {
  const missing = missingLoggerMethods(value)
  if (missing.length === 0) return safeLogger(value as Logger)
  return refuse(`must have the methods debug, info, warn and error; ${missing.join(', ')} not found`)
}

export const readSerializer: Read<AnySerializer> = (value, refuse) =>
  isSerializer(value)
    ? value
    : refuse(`must be a serializer, such as serde.string or an object with serialize, not ${show(value)}`)

export const readDeserializer: Read<AnyDeserializer> = (value, refuse) =>
  isDeserializer(value)
    ? value
    : refuse(`must be a deserializer, such as serde.string or an object with deserialize, not ${show(value)}`)

/** The wire's number for each way to say `acks`. */
export const readAcks: Read<-1 | 0 | 1> = (value, refuse) => {
  if (value === 'all' || value === -1) return -1
  if (value === 0 || value === 1) return value
  return refuse(`must be 'all' (or -1), 1 or 0, not ${show(value)}`)
}

export const readTopics: Read<readonly TopicInput[]> = (value, refuse) => {
  if (!Array.isArray(value))
    return refuse(`must be an array of names, topic(...)s, RegExps and patterns, not ${show(value)}`)
  if (value.length === 0) return refuse('must name at least one topic')
  const names: string[] = []
  const topics = value.map((entry: unknown) => {
    if (entry instanceof RegExp) return entry
    if (typeof entry === 'object' && entry !== null && 'pattern' in entry) return readPattern(entry, refuse)
    const topic = readTopic(entry, refuse)
    names.push(topicNameOf(topic))
    return topic
  })
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  return twice === undefined ? topics : refuse(`names topic ${twice} twice`)
}

function readPattern(entry: { readonly pattern: unknown }, refuse: Refuse): TopicPattern {
  const unknown = Object.keys(entry).find((name) => name !== 'pattern')
  if (unknown !== undefined) return refuse(`takes { pattern }, not '${unknown}' beside it`)
  const { pattern } = entry
  if (typeof pattern === 'string' && pattern.trim() !== '') return { pattern }
  return refuse(`has ${show(pattern)} as a pattern: give text in RE2 syntax, or a RegExp`)
}

export const readAssign: Read<readonly ManualAssignment[]> = (value, refuse) => {
  if (!Array.isArray(value))
    return refuse(`must be an array of { topic, partition, offset? }, not ${show(value)}`)
  if (value.length === 0) return refuse('must name at least one partition')
  const seen = new Set<string>()
  return value.map((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null) {
      return refuse(`must be an array of { topic, partition, offset? }, and has ${show(entry)} in it`)
    }
    const unknown = Object.keys(entry).find((name) => !['topic', 'partition', 'offset'].includes(name))
    if (unknown !== undefined) return refuse(`takes { topic, partition, offset? }, not '${unknown}'`)
    const { topic: given, partition, offset } = entry as Record<string, unknown>
    const topic = readTopic(given, refuse)
    const name = topicNameOf(topic)
    if (!isWholeNumber(partition)) return refuse(`has ${show(partition)} as a partition of ${name}`)
    if (offset !== undefined && offset !== 'earliest' && offset !== 'latest' && !isWholeNumber(offset)) {
      return refuse(
        `has ${show(offset)} as offset of ${name}-${partition}: give a number, 'earliest' or 'latest'`,
      )
    }
    if (seen.has(`${name}-${partition}`)) return refuse(`names ${name}-${partition} twice`)
    seen.add(`${name}-${partition}`)
    return offset === undefined ? { topic, partition } : { topic, partition, offset }
  })
}

/** What Kafka would refuse as an instance id, it refuses as a topic's name, too. */
export const readInstanceId: Read<string> = (value, refuse) => {
  const id = readText(value, refuse)
  if (id === '.' || id === '..') return refuse(`must not be '${id}'`)
  if (id.length > 249) return refuse(`must have at most 249 characters, not ${id.length}`)
  const wrong = /[^a-zA-Z0-9._-]/.exec(id)
  if (wrong === null) return id
  return refuse(`has ${JSON.stringify(wrong[0])} in it: letters, digits, '.', '_' and '-' are allowed`)
}

function readTopic(entry: unknown, refuse: Refuse): TopicName {
  if (!isTopic(entry) && typeof entry !== 'string') {
    return refuse(`has ${show(entry)} where a topic is expected: give a name or a topic(...)`)
  }
  const problem = topicNameProblem(topicNameOf(entry))
  return problem === undefined ? entry : refuse(`has a topic that Kafka would refuse: ${problem}`)
}

function isWholeNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
