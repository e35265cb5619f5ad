// Compares every definition of ours with Kafka's own, of the kafka-clients jar and those of the coordinators.
import { describe, expect, it } from 'vitest'
import { apis } from '../../src/protocol/api/index.ts'
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
} from '../../src/protocol/group-messages/subscription.ts'
import {
  consumerOffsetsRecords,
  type RecordType,
  transactionStateRecords,
} from '../../src/protocol/internal-topics/index.ts'
import { differences } from '../support/oracle/differences.ts'
import { coordinatorRecords, kafkaMessages } from '../support/oracle/kafka-messages.ts'

const messages = await kafkaMessages()
const requests = [...messages.values()].filter(({ type }) => type === 'request')
const ourKeys = new Set(apis.map(({ key }) => key))

/** APIs a broker listens for that are not in the registry, and why. */
const leftOut: Readonly<Record<string, string>> = {
  DeleteShareGroupState: 'between brokers: how a group coordinator keeps the state of a share group',
  InitializeShareGroupState: 'between brokers: how a group coordinator keeps the state of a share group',
  ReadShareGroupState: 'between brokers: how a group coordinator keeps the state of a share group',
  ReadShareGroupStateSummary: 'between brokers: how a group coordinator keeps the state of a share group',
  WriteShareGroupState: 'between brokers: how a group coordinator keeps the state of a share group',
}

describe.each(apis)('$name', (api) => {
  it.each([api.request, api.response])('$name is as Kafka defines it', (message) => {
    const theirs = messages.get(message.name)
    expect(theirs, `${message.name} is not in the jar`).toBeDefined()
    expect(theirs!.apiKey).toBe(api.key)
    expect(differences(message, theirs!)).toEqual([])
  })
})

describe('messages inside others', () => {
  it.each([ConsumerProtocolSubscription, ConsumerProtocolAssignment])(
    '$name is as Kafka defines it',
    (message) => {
      expect(differences(message, messages.get(message.name)!)).toEqual([])
    },
  )
})

describe.each([
  {
    topic: '__consumer_offsets',
    types: consumerOffsetsRecords as readonly RecordType[],
    theirs: await coordinatorRecords('kafka-group-coordinator'),
  },
  {
    topic: '__transaction_state',
    types: transactionStateRecords as readonly RecordType[],
    theirs: await coordinatorRecords('kafka-transaction-coordinator'),
  },
])('records of $topic', ({ types, theirs }) => {
  it.each(types)('$name is as Kafka defines it', ({ id, key, value }) => {
    for (const message of [key, value]) {
      expect(theirs.get(message.name)?.apiKey).toBe(id)
      expect(differences(message, theirs.get(message.name)!)).toEqual([])
    }
  })

  it('has every type that the coordinator has', () => {
    const names = types.flatMap(({ key, value }) => [key.name, value.name])
    expect(names.sort()).toEqual([...theirs.keys()].sort())
  })
})

describe('the registry', () => {
  it('has every API that a broker listens for, but those left out for a reason', () => {
    const missing = requests
      .filter(({ apiKey, listeners }) => listeners?.includes('broker') && !ourKeys.has(apiKey!))
      .map(({ name }) => name.replace(/Request$/, ''))
    expect(missing.sort()).toEqual(Object.keys(leftOut).sort())
  })

  it('is sorted by key, each key and name once', () => {
    const keys = apis.map(({ key }) => key)
    expect(keys).toEqual([...new Set(keys)].sort((a, b) => a - b))
    expect(new Set(apis.map(({ name }) => name)).size).toBe(apis.length)
  })
})
