// Configs of topics, brokers and groups: describe, and change by name (KIP-339). A named broker answers for its own.

import type { ErrorContext } from '../../errors.ts'
import { DescribeConfigs, IncrementalAlterConfigs } from '../../protocol/api/index.ts'
import { brokerError } from '../../protocol/error-codes.ts'
import type { Destination } from '../cluster/types.ts'
import { fieldsOf, flag, listOf, mapOf, oneOf, type Read, refuse, text, topicName } from './arguments.ts'
import { type AdminContext, sendOptions, startCall } from './call.ts'
import { askEach, settleItems } from './items.ts'
import type {
  AlterConfigOp,
  AlterConfigs,
  ConfigEntry,
  ConfigResource,
  ConfigResourceType,
  ConfigSource,
  DescribeConfigsOptions,
  ValidateOnlyOptions,
} from './types.ts'

const RESOURCE_TYPES: Readonly<Record<ConfigResourceType, number>> = {
  topic: 2,
  broker: 4,
  brokerLogger: 8,
  clientMetrics: 16,
  group: 32,
}

const OPERATIONS: Readonly<Record<AlterConfigOp['op'], number>> = {
  set: 0,
  delete: 1,
  append: 2,
  subtract: 3,
}

/** By the number on the wire. */
const SOURCES: readonly ConfigSource[] = [
  'unknown',
  'dynamicTopicConfig',
  'dynamicBrokerConfig',
  'dynamicDefaultBrokerConfig',
  'staticBrokerConfig',
  'defaultConfig',
  'dynamicBrokerLoggerConfig',
  'dynamicClientMetricsConfig',
  'dynamicGroupConfig',
]

export function describeConfigs(
  context: AdminContext,
  resources: readonly ConfigResource[],
  options: DescribeConfigsOptions = {},
): Promise<ReadonlyMap<string, readonly ConfigEntry[]>> {
  const { cluster } = context
  const call = startCall(context, 'describeConfigs', options, {
    includeSynonyms: flag,
    includeDocumentation: flag,
  })
  const asked = listOf(resources, 'describeConfigs: resources', readResource)
  const wanted = new Map(asked.map((resource) => [itemOf(resource), resource]))
  return settleItems<readonly ConfigEntry[]>(context, {
    what: 'describing configs',
    items: [...wanted.keys()],
    ...call,
    async attempt(pending, outcomes) {
      await askEach(byDestination(pending, wanted), outcomes, async (to, items) => {
        const { response } = await cluster.send(
          DescribeConfigs,
          (version) => ({
            resources: items.map((item) => ({ ...onTheWire(wanted.get(item)!), configurationKeys: null })),
            ...(version >= 1 && { includeSynonyms: options.includeSynonyms ?? false }),
            ...(version >= 3 && { includeDocumentation: options.includeDocumentation ?? false }),
          }),
          { to, ...sendOptions(call) },
        )
        for (const result of response.results) {
          const item = itemOnTheWire(result.resourceType, result.resourceName)
          if (result.errorCode !== 0) {
            const where = { api: 'DescribeConfigs', ...whereOf(wanted.get(item)) }
            outcomes.fail(item, brokerError(result.errorCode, where, result.errorMessage))
            continue
          }
          outcomes.succeed(
            item,
            result.configs.map((config): ConfigEntry => {
              const source = SOURCES[config.configSource] ?? 'unknown'
              return {
                name: config.name,
                value: config.value,
                source,
                isDefault: source === 'defaultConfig',
                isReadOnly: config.readOnly,
                isSensitive: config.isSensitive,
                synonyms: config.synonyms.map(({ name, value, source }) => {
                  return { name, value, source: SOURCES[source] ?? 'unknown' }
                }),
                documentation: config.documentation ?? undefined,
              }
            }),
          )
        }
      })
    },
  })
}

export function incrementalAlterConfigs(
  context: AdminContext,
  changes: readonly AlterConfigs[],
  options: ValidateOnlyOptions = {},
): Promise<ReadonlyMap<string, undefined>> {
  const { cluster } = context
  const call = startCall(context, 'incrementalAlterConfigs', options, { validateOnly: flag })
  const wanted = mapOf(changes, 'incrementalAlterConfigs: changes', readChange, itemOf)
  return settleItems<undefined>(context, {
    what: 'altering configs',
    items: [...wanted.keys()],
    ...call,
    async attempt(pending, outcomes) {
      await askEach(byDestination(pending, wanted), outcomes, async (to, items) => {
        const resources = items.map((item) => {
          const change = wanted.get(item)!
          const configs = change.ops.map((op) => {
            return {
              name: op.name,
              configOperation: OPERATIONS[op.op],
              value: op.op === 'delete' ? null : op.value,
            }
          })
          return { ...onTheWire(change), configs }
        })
        const body = { resources, validateOnly: options.validateOnly ?? false }
        const { response } = await cluster.send(IncrementalAlterConfigs, body, { to, ...sendOptions(call) })
        for (const { resourceType, resourceName, errorCode, errorMessage } of response.responses) {
          const item = itemOnTheWire(resourceType, resourceName)
          const where = { api: 'IncrementalAlterConfigs', ...whereOf(wanted.get(item)) }
          if (errorCode === 0) outcomes.succeed(item, undefined)
          else outcomes.fail(item, brokerError(errorCode, where, errorMessage))
        }
      })
    },
  })
}

const readResource: Read<ConfigResource> = (value, at) =>
  resourceIn(fieldsOf(value, at, ['type', 'name']), at)

const readChange: Read<AlterConfigs> = (value, at) => {
  const fields = fieldsOf(value, at, ['type', 'name', 'ops'])
  return { ...resourceIn(fields, at), ops: listOf(fields.ops, `${at}.ops`, readOp) }
}

function resourceIn(fields: { readonly [name: string]: unknown }, at: string): ConfigResource {
  const type = oneOf(Object.keys(RESOURCE_TYPES) as ConfigResourceType[])(fields.type, `${at}.type`)
  const name = (type === 'topic' ? topicName : text)(fields.name, `${at}.name`)
  const isBroker = type === 'broker' || type === 'brokerLogger'
  if (isBroker && !/^[0-9]{1,9}$/.test(name) && !(name === '' && type === 'broker')) {
    refuse(
      `${at}.name`,
      `a broker's node id as a string${type === 'broker' ? " ('': all brokers)" : ''}`,
      name,
    )
  }
  return { type, name }
}

const readOp: Read<AlterConfigOp> = (value, at) => {
  const fields = fieldsOf(value, at, ['op', 'name', 'value'])
  const op = oneOf(Object.keys(OPERATIONS) as AlterConfigOp['op'][])(fields.op, `${at}.op`)
  const name = text(fields.name, `${at}.name`)
  if (op !== 'delete') return { op, name, value: text(fields.value, `${at}.value`) }
  if (fields.value !== undefined) refuse(`${at}.value`, "left out, for op is 'delete'", fields.value)
  return { op, name }
}

function itemOf({ type, name }: ConfigResource): string {
  return `${type}:${name}`
}

/** What errors say of it. */
function whereOf(resource: ConfigResource | undefined): ErrorContext {
  if (resource?.type === 'topic') return { topic: resource.name }
  if (resource?.type === 'group') return { groupId: resource.name }
  const isBroker = resource?.type === 'broker' || resource?.type === 'brokerLogger'
  return isBroker && resource.name !== '' ? { broker: resource.name } : {}
}

function onTheWire({ type, name }: ConfigResource) {
  return { resourceType: RESOURCE_TYPES[type], resourceName: name }
}

function itemOnTheWire(resourceType: number, resourceName: string): string {
  const type = Object.entries(RESOURCE_TYPES).find(([, number]) => number === resourceType)?.[0]
  return `${type ?? resourceType}:${resourceName}`
}

/** A broker's own configs are known to itself alone. */
function byDestination(items: readonly string[], wanted: ReadonlyMap<string, ConfigResource>) {
  const destinations = new Map<Destination, string[]>()
  for (const item of items) {
    const { type, name } = wanted.get(item)!
    const to = (type === 'broker' || type === 'brokerLogger') && name !== '' ? Number(name) : 'any'
    const sameWay = destinations.get(to)
    if (sameWay === undefined) destinations.set(to, [item])
    else sameWay.push(item)
  }
  return destinations
}
