// Compiled, not run: the published types hold under strict settings without skipLibCheck.
import { type ConsumerRecord, Kafka, serde, topic } from 'ottla'
import type { Assignor } from 'ottla/assignors'
import type { ApiVersions, ResponseOf } from 'ottla/protocol'
import { type Holdings, simulateGroup } from 'ottla/testing'

interface Order {
  id: string
}

const orders = topic('orders', { key: serde.string, value: serde.json<Order>() })
const kafka = new Kafka({ bootstrapServers: 'localhost:9092' })
const consumer = kafka.consumer({ groupId: 'g', topics: [orders] })

export async function ids(): Promise<string[]> {
  const seen: string[] = []
  for await (const record of consumer) if (record.value !== null) seen.push(record.value.id)
  return seen
}

export function size(record: ConsumerRecord): number {
  return record.rawValue?.length ?? 0
}

export const versions = (response: ResponseOf<typeof ApiVersions>): number => response.apiKeys.length

export const idle: Assignor = { name: 'idle', protocol: 'eager', assign: () => new Map() }

export const shared = (): Holdings =>
  simulateGroup({ assignor: [idle, 'range'], topics: { orders: 3 } }).assignment
