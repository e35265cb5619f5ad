// Configs of topics, brokers and groups: describe, and change by name (KIP-339). A named broker answers for its own.

import { ConfigurationError } from '../../errors.ts'
import { DescribeConfigs, IncrementalAlterConfigs } from '../../protocol/api/index.ts'
import { brokerError } from '../../protocol/error-codes.ts'
import type { Destination } from '../cluster/types.ts'
import { type AdminContext, callDeadline, sendOptions } from './call.ts'
import { settleItems } from './items.ts'
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
  const call = callDeadline(context, options)
  const wanted = byItem(resources)
  return settleItems<readonly ConfigEntry[]>(context, {
    what: 'describing configs',
    items: [...wanted.keys()],
    ...call,
    async attempt(pending, outcomes) {
      for (const [to, items] of byDestination(pending, wanted)) {
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
            outcomes.fail(
              item,
              brokerError(result.errorCode, { api: 'DescribeConfigs' }, result.errorMessage),
            )
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
      }
    },
  })
}

export function incrementalAlterConfigs(
  context: AdminContext,
  changes: readonly AlterConfigs[],
  options: ValidateOnlyOptions = {},
): Promise<ReadonlyMap<string, undefined>> {
  const { cluster } = context
  const call = callDeadline(context, options)
  const wanted = byItem(changes)
  return settleItems<undefined>(context, {
    what: 'altering configs',
    items: [...wanted.keys()],
    ...call,
    async attempt(pending, outcomes) {
      for (const [to, items] of byDestination(pending, wanted)) {
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
          if (errorCode === 0) outcomes.succeed(item, undefined)
          else outcomes.fail(item, brokerError(errorCode, { api: 'IncrementalAlterConfigs' }, errorMessage))
        }
      }
    },
  })
}

function byItem<R extends ConfigResource>(resources: readonly R[]): Map<string, R> {
  for (const { type } of resources) {
    if (!Object.hasOwn(RESOURCE_TYPES, type)) {
      const known = Object.keys(RESOURCE_TYPES).join(', ')
      throw new ConfigurationError(`config resource type '${type}' is not known: one of ${known}`, 'type')
    }
  }
  return new Map(resources.map((resource) => [`${resource.type}:${resource.name}`, resource]))
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
