// Kafka's own message definitions, read from its jars.
import { join } from 'node:path'
import { brokerJars, clientsJar, defaultKafkaVersion } from '../brokers/jars.ts'
import { readZip } from '../zip.ts'

/** One definition, as Kafka's JSON has it. */
export interface KafkaMessage {
  readonly type: 'request' | 'response' | 'header' | 'data' | 'coordinator-key' | 'coordinator-value'
  readonly name: string
  /** Of a coordinator's record: the number of its type. */
  readonly apiKey?: number
  readonly listeners?: readonly string[]
  readonly validVersions: string
  /** Its last version may still change: brokers offer it only when they are told to. */
  readonly latestVersionUnstable?: boolean
  readonly flexibleVersions?: string
  readonly fields?: readonly KafkaField[]
  readonly commonStructs?: readonly KafkaStruct[]
}

export interface KafkaField {
  readonly name: string
  readonly type: string
  /** Left out where `taggedVersions` says the same. */
  readonly versions?: string
  readonly nullableVersions?: string
  readonly taggedVersions?: string
  readonly tag?: number
  readonly default?: string | number | boolean | null
  readonly ignorable?: boolean
  readonly entityType?: string
  /** `none` where it keeps its form in flexible versions. */
  readonly flexibleVersions?: string
  readonly fields?: readonly KafkaField[]
}

export interface KafkaStruct {
  readonly name: string
  readonly versions?: string
  readonly fields: readonly KafkaField[]
}

/** Every message definition of a version of the Java client, by its name (`FetchRequest`). */
export async function kafkaMessages(version?: string): Promise<Map<string, KafkaMessage>> {
  return messagesIn((await clientsJar(version)).jar)
}

/** Where the definitions of a coordinator's records are. */
export type CoordinatorJar = 'kafka-group-coordinator' | 'kafka-transaction-coordinator'

/** The keys and values of the records that a coordinator keeps, by their name (`OffsetCommitValue`). */
export async function coordinatorRecords(jar: CoordinatorJar): Promise<Map<string, KafkaMessage>> {
  const { folder } = await brokerJars()
  return messagesIn(join(folder, `${jar}-${defaultKafkaVersion}.jar`))
}

async function messagesIn(jar: string): Promise<Map<string, KafkaMessage>> {
  const files = await readZip(jar, (name) => /^common\/message\/\w+\.json$/.test(name))
  const messages = [...files.values()].map((file) => parseMessage(file.toString('utf8')))
  return new Map(messages.map((message) => [message.name, message]))
}

/** Kafka's JSON has comments of whole lines. */
export function parseMessage(text: string): KafkaMessage {
  return JSON.parse(text.replace(/^\s*\/\/.*$/gm, '')) as KafkaMessage
}
