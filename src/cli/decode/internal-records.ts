// The records by which coordinators keep their state, as trees.

import {
  consumerOffsetsRecords,
  isKafkaError,
  type Message,
  type RecordType,
  readConsumerOffsetsRecord,
  readTransactionStateRecord,
  transactionStateRecords,
} from '../../protocol/index.ts'
import { groupMessageOpener } from './group-messages.ts'
import { messageTree, type Values } from './message.ts'
import { type Block, scalar, struct, type Tree } from './tree.ts'

export type InternalTopic = 'consumer-offsets' | 'transaction-state'

/** By the topic's name, or that of a partition's folder; undefined for other topics. */
export function internalTopicOf(name: unknown): InternalTopic | undefined {
  if (typeof name !== 'string') return undefined
  if (/^__consumer_offsets(?:-\d+)?$/.test(name)) return 'consumer-offsets'
  return /^__transaction_state(?:-\d+)?$/.test(name) ? 'transaction-state' : undefined
}

const TOPICS = {
  'consumer-offsets': { types: consumerOffsetsRecords, read: readConsumerOffsetsRecord },
  'transaction-state': { types: transactionStateRecords, read: readTransactionStateRecord },
} as const

/** What a record says. Undefined where it is none of the topic's that is known: then key and value are only bytes. */
export function internalRecord(
  topic: InternalTopic,
  key: Buffer | null,
  value: Buffer | null,
  full: boolean,
): (Pick<Block, 'heading' | 'children'> & { readonly json: Tree }) | undefined {
  const { types, read } = TOPICS[topic]
  if (key === null) return undefined
  try {
    const record = read(key, value)
    const type = (types as readonly RecordType[]).find(({ name }) => name === record?.type)
    if (record === undefined || type === undefined) return undefined
    const tree = (message: Message, version: number, values: Values | null) =>
      values === null
        ? scalar(null)
        : messageTree(message.fields, values, {
            version,
            full,
            open: groupMessageOpener(message.name, full),
          })
    const parts = {
      key: tree(type.key, 0, record.key),
      value: tree(type.value, value === null ? 0 : value.readInt16BE(0), record.value),
    }
    return {
      heading: value === null ? `${type.name}, no more` : type.name,
      children: [struct(value === null ? { key: parts.key } : parts)],
      json: struct({ type: scalar(type.name), ...parts }),
    }
  } catch (error) {
    if (isKafkaError(error, 'PROTOCOL_ERROR')) return undefined
    throw error
  }
}
