// Kafka's own message definitions, read from the kafka-clients jar.
import { clientsJar } from '../brokers/jars.ts'
import { readZip } from '../zip.ts'

/** One definition, as Kafka's JSON has it. */
export interface KafkaMessage {
  readonly type: 'request' | 'response' | 'header' | 'data'
  readonly name: string
  readonly apiKey?: number
  readonly listeners?: readonly string[]
  readonly validVersions: string
  readonly flexibleVersions?: string
  readonly fields?: readonly KafkaField[]
  readonly commonStructs?: readonly KafkaStruct[]
}

export interface KafkaField {
  readonly name: string
  readonly type: string
  readonly versions: string
  readonly nullableVersions?: string
  readonly taggedVersions?: string
  readonly tag?: number
  readonly default?: string | number | boolean
  readonly ignorable?: boolean
  readonly entityType?: string
  readonly fields?: readonly KafkaField[]
}

export interface KafkaStruct {
  readonly name: string
  readonly fields: readonly KafkaField[]
}

/** Every message definition of a version of the Java client, by its name (`FetchRequest`). */
export async function kafkaMessages(version?: string): Promise<Map<string, KafkaMessage>> {
  const { jar } = await clientsJar(version)
  const files = await readZip(jar, (name) => /^common\/message\/\w+\.json$/.test(name))
  const messages = [...files.values()].map((file) => parseMessage(file.toString('utf8')))
  return new Map(messages.map((message) => [message.name, message]))
}

/** Kafka's JSON has comments of whole lines. */
export function parseMessage(text: string): KafkaMessage {
  return JSON.parse(text.replace(/^\s*\/\/.*$/gm, '')) as KafkaMessage
}
