// What to say about an option that does not exist: where it is given, what it is called here, or why there is none.

import type { OptionTable } from './option.ts'
import {
  callTable,
  connectionTable,
  consumerTable,
  type OptionsKind,
  producerTable,
  sharedTable,
} from './tables.ts'

/** How each kind of options is given, for messages. */
export const CALLS: { readonly [Kind in OptionsKind]: string } = {
  kafka: 'new Kafka(...)',
  producer: 'kafka.producer(...)',
  consumer: 'kafka.consumer(...)',
  admin: 'kafka.admin(...)',
}

/** Why `name` is refused as an option of `kind`, and what to do, to be read after "Unknown option". */
export function hintFor(name: string, table: OptionTable): string {
  const camelCase = name.replaceAll(/[._-]+(.)/g, (_, letter: string) => letter.toUpperCase())
  if (camelCase !== name && Object.hasOwn(table, camelCase)) return `it is called '${camelCase}' here`
  const elsewhere = placesOf(camelCase)
  if (elsewhere.length > 0) return `'${camelCase}' is given to ${elsewhere.join(' or ')}`
  const refused = refusal(camelCase)
  if (refused !== undefined) return refused
  const nearest = nearestName(camelCase, Object.keys(table))
  if (nearest !== undefined) return `did you mean '${nearest}'?`
  const nearestElsewhere = nearestName(
    camelCase,
    ALL.flatMap(([, options]) => Object.keys(options)),
  )
  if (nearestElsewhere !== undefined) {
    return `did you mean '${nearestElsewhere}', which is given to ${placesOf(nearestElsewhere).join(' or ')}?`
  }
  return 'docs/configuration.md lists all options'
}

/** Fewest letters to insert, leave out or replace to make one of the other. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(replaced, previous[j]! + 1, row[j - 1]! + 1))
    }
    previous = row
  }
  return previous[b.length]!
}

const ALL: readonly (readonly [places: readonly OptionsKind[], options: OptionTable])[] = [
  [['kafka'], connectionTable],
  [['kafka', 'producer', 'consumer', 'admin'], sharedTable],
  [['kafka', 'consumer', 'admin'], callTable],
  [['producer'], producerTable],
  [['consumer'], consumerTable],
]

/** The nearest name that is near enough to be meant: a third of its letters may differ, cases count half. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let nearest: string | undefined
  let least = Number.POSITIVE_INFINITY
  for (const candidate of known) {
    const distance =
      (editDistance(name, candidate) + editDistance(name.toLowerCase(), candidate.toLowerCase())) / 2
    if (distance < least && distance <= candidate.length / 3) {
      nearest = candidate
      least = distance
    }
  }
  return nearest
}

function placesOf(name: string): readonly string[] {
  const places = ALL.flatMap(([kinds, options]) => (Object.hasOwn(options, name) ? kinds : []))
  return [...new Set(places)].map((kind) => CALLS[kind])
}

function refusal(name: string): string | undefined {
  if (Object.hasOwn(INSTEAD, name)) return INSTEAD[name]
  if (NOT_YET.has(name) || /^sasl[A-Z]/.test(name)) return 'it is not supported yet by this version of ottla'
  if (/^ssl([A-Z]|$)/.test(name)) return "TLS is set up by 'tls', with options of node:tls"
  if (/^metric/.test(name)) return 'metrics are not configured by options'
  return undefined
}

/** Options of Java's clients, and of ours, that later versions will take. */
const NOT_YET: ReadonlySet<string> = new Set([
  'sasl',
  'acknowledgementMode',
  'bootstrapControllers',
  'bootstrapResolveTimeoutMs',
  'clientDnsLookup',
  'enableMetricsPush',
  'excludeInternalTopics',
  'interceptors',
  'interceptorClasses',
  'metadataClusterCheckEnable',
  'metadataMaxIdleMs',
  'metadataRecoveryRebootstrapTriggerMs',
  'metadataRecoveryStrategy',
  'onDeserializationError',
  'partitionerAdaptivePartitioningEnable',
  'partitionerAvailabilityTimeoutMs',
  'partitionerIgnoreKeys',
  'partitionerRackAware',
  'receiveBufferBytes',
  'sendBufferBytes',
  'shareAcknowledgementMode',
  'shareAcquireMode',
  'transactionTimeoutMs',
  'transactionTwoPhaseCommitEnable',
  'transactionalId',
])

/** Options that never will be, under names from Java and from other clients for JavaScript. */
const INSTEAD: { readonly [name: string]: string } = {
  securityProtocol: "give 'tls: true' for SSL; SASL is not supported yet by this version of ottla",
  ssl: "TLS is set up by 'tls'",
  brokers: "addresses are given to new Kafka(...) as 'bootstrapServers'",
  metadataBrokerList: "addresses are given to new Kafka(...) as 'bootstrapServers'",
  keySerializer: "give 'key', a serde such as serde.string",
  keyDeserializer: "give 'key', a serde such as serde.string",
  valueSerializer: "give 'value', a serde such as serde.json<T>()",
  valueDeserializer: "give 'value', a serde such as serde.json<T>()",
  partitionerClass: "give 'partitioner', a function",
  createPartitioner: "give 'partitioner', a function",
  bufferMemoryAllocationStrategy: "memory is taken as it is needed, up to 'bufferMemory'",
  configProviders: 'values come from your own code: read them before you call ottla',
  automaticConfigProviders: 'values come from your own code: read them before you call ottla',
  securityProviders: "TLS is Node's own, set up by 'tls'",
  internalThrowOnFetchStableOffsetUnsupported: 'stable offsets are always asked for',
  wakeup: 'a wait is ended by an AbortSignal, a loop by consumer.stop()',
  fromBeginning: "give autoOffsetReset: 'earliest'",
  groupIds: "a consumer has one 'groupId'",
  subscribe: "give 'topics'",
  eachMessage: 'records are iterated: for await (const record of consumer)',
  eachBatch: 'batches are iterated: for await (const batch of consumer.batches())',
}
