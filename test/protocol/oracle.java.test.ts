// Compares every definition of ours with Kafka's own, of the kafka-clients jar and those of the coordinators.
import { describe, expect, it } from 'vitest'
import { apis, InitProducerId } from '../../src/protocol/api/index.ts'
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
} from '../../src/protocol/group-messages/subscription.ts'
import {
  consumerOffsetsRecords,
  type RecordType,
  transactionStateRecords,
} from '../../src/protocol/internal-topics/index.ts'
import { everyMessage } from '../support/messages.ts'
import { differences } from '../support/oracle/differences.ts'
import { coordinatorRecords, type KafkaMessage, kafkaMessages } from '../support/oracle/kafka-messages.ts'
import { mutants } from '../support/oracle/mutants.ts'

const messages = await kafkaMessages()
const groupRecords = await coordinatorRecords('kafka-group-coordinator')
const transactionRecords = await coordinatorRecords('kafka-transaction-coordinator')
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

/** Messages of the jar that are no requests or responses and not ours, and why. */
const dataLeftOut: Readonly<Record<string, string>> = {
  AbortedTxn: "an entry of a segment's index of aborted transactions",
  ControlRecordTypeSchema:
    'the key of a control record: records/control.ts reads it, tried with Java in records/',
  EndTxnMarker: 'the value of a control record: as its key',
  DefaultPrincipalData: 'between brokers: for whom a request is forwarded',
  KRaftVersionRecord: "in the controllers' log",
  LeaderChangeMessage: "in the controllers' log",
  SnapshotFooterRecord: "in the controllers' log",
  SnapshotHeaderRecord: "in the controllers' log",
  VotersRecord: "in the controllers' log",
}

describe.each(apis)('$name', (api) => {
  it.each([api.request, api.response])('$name is as Kafka defines it', (message) => {
    const theirs = messages.get(message.name)
    expect(theirs, `${message.name} is not in the jar`).toBeDefined()
    expect(theirs!.apiKey).toBe(api.key)
    expect(differences(message, theirs!)).toEqual([])
  })
})

// Both are written by hand (src/protocol/frame.ts); interop/messages.test.ts tries them with Java, which says for each
// API and version which of their versions goes before it.
describe('the headers', () => {
  it('of requests and responses have the fields and versions that we write', () => {
    expect(wireOf(messages.get('RequestHeader')!)).toEqual({
      validVersions: '1-2',
      flexibleVersions: '2+',
      fields: [
        { name: 'RequestApiKey', type: 'int16', versions: '0+' },
        { name: 'RequestApiVersion', type: 'int16', versions: '0+' },
        { name: 'CorrelationId', type: 'int32', versions: '0+' },
        {
          name: 'ClientId',
          type: 'string',
          versions: '1+',
          nullableVersions: '1+',
          flexibleVersions: 'none',
        },
      ],
    })
    expect(wireOf(messages.get('ResponseHeader')!)).toEqual({
      validVersions: '0-1',
      flexibleVersions: '1+',
      fields: [{ name: 'CorrelationId', type: 'int32', versions: '0+' }],
    })
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
    theirs: groupRecords,
  },
  {
    topic: '__transaction_state',
    types: transactionStateRecords as readonly RecordType[],
    theirs: transactionRecords,
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

describe('the oracle', () => {
  it.each(everyMessage.filter(({ name }) => theirsOf(name) !== undefined))(
    'sees whatever might be wrong in $name',
    (message) => {
      const theirs = theirsOf(message.name)!
      const unseen: string[] = []
      for (const { what, message: wrong } of mutants(message)) {
        if (differences(wrong, theirs).length === 0) unseen.push(what)
      }
      expect(unseen).toEqual([])
    },
  )
})

describe('the registry', () => {
  it('has every API that a broker listens for, but those left out for a reason', () => {
    expect(missingIn(requests).sort()).toEqual(Object.keys(leftOut).sort())
    for (const reason of Object.values(leftOut)) expect(reason).toMatch(/^between brokers: ./)
  })

  it('would be found to lack an API that is new', () => {
    const fetch = messages.get('FetchRequest')!
    expect(missingIn([...requests, { ...fetch, name: 'TeleportRequest', apiKey: 4242 }])).toContain(
      'Teleport',
    )
  })

  it('has no API that brokers do not listen for', () => {
    for (const { name, request } of apis) {
      expect(messages.get(request.name)?.listeners, name).toContain('broker')
      expect(messages.get(`${name}Response`)?.type).toBe('response')
    }
  })

  it('has the versions that may still change, as Java has: only brokers that are told to offer them', () => {
    const unstable = requests.filter(({ latestVersionUnstable }) => latestVersionUnstable === true)
    // KIP-939: two-phase commit.
    expect(unstable.map(({ name }) => name)).toEqual(['InitProducerIdRequest'])
    expect(InitProducerId.versions[1]).toBe(6)
  })

  it('has every message that travels inside others or lies in logs, but those left out for a reason', () => {
    const inside = [...messages.values()].filter(({ type }) => type === 'data').map(({ name }) => name)
    const ours = [ConsumerProtocolSubscription, ConsumerProtocolAssignment].map(({ name }) => name)
    expect(inside.sort()).toEqual([...ours, ...Object.keys(dataLeftOut)].sort())
  })

  it('is sorted by key, each key and name once', () => {
    const keys = apis.map(({ key }) => key)
    expect(keys).toEqual([...new Set(keys)].sort((a, b) => a - b))
    expect(new Set(apis.map(({ name }) => name)).size).toBe(apis.length)
  })
})

function missingIn(requests: readonly KafkaMessage[]): string[] {
  return requests
    .filter(({ apiKey, listeners }) => listeners?.includes('broker') && !ourKeys.has(apiKey!))
    .map(({ name }) => name.replace(/Request$/, ''))
}

function theirsOf(name: string): KafkaMessage | undefined {
  return messages.get(name) ?? groupRecords.get(name) ?? transactionRecords.get(name)
}

/** Without words, and what is not of the wire. */
function wireOf({ validVersions, flexibleVersions, fields }: KafkaMessage): object {
  const bare = fields!.map((field) =>
    Object.fromEntries(Object.entries(field).filter(([attribute]) => attribute !== 'about')),
  )
  return { validVersions, flexibleVersions, fields: bare }
}
