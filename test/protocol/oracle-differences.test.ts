// The comparison behind oracle.java.test.ts is itself tried here: it must see whatever may be wrong in a definition.
import { describe, expect, it } from 'vitest'
import {
  array,
  brokerId,
  bytes,
  defineMessage,
  type Fields,
  int16,
  int32,
  int64,
  type MessageDefinition,
  records,
  string,
  struct,
  topicName,
} from '../../src/protocol/schema.ts'
import { differences } from '../support/oracle/differences.ts'
import { type KafkaMessage, parseMessage } from '../support/oracle/kafka-messages.ts'

const kafka = parseMessage(`
  // A comment, as Kafka's files have them.
  {
    "name": "SampleRequest", "type": "request", "apiKey": 99, "validVersions": "2-6", "flexibleVersions": "5+",
    "fields": [
      // Another.
      { "name": "Name", "type": "string", "versions": "0+", "entityType": "topicName", "about": "x" },
      { "name": "Limit", "type": "int32", "versions": "0+", "default": "0x10" },
      { "name": "Reason", "type": "string", "versions": "3+", "nullableVersions": "4+", "ignorable": true },
      { "name": "Old", "type": "bool", "versions": "0-1" },
      { "name": "Items", "type": "[]Item", "versions": "4+", "nullableVersions": "4+", "fields": [
        { "name": "Id", "type": "int32", "versions": "0+", "entityType": "brokerId", "mapKey": true },
        { "name": "Body", "type": "bytes", "versions": "4+", "nullableVersions": "4+", "default": "null" }
      ]},
      { "name": "Records", "type": "records", "versions": "0+", "nullableVersions": "0+" },
      { "name": "Place", "type": "Place", "versions": "5+", "taggedVersions": "5+", "tag": 1 }
    ],
    "commonStructs": [
      { "name": "Place", "versions": "5+", "fields": [
        { "name": "Offset", "type": "int64", "versions": "5+", "default": -1 }
      ]}
    ]
  }`)

const item = { id: brokerId, body: bytes.nullable().default(null) }
const place = { offset: int64.default(-1) }
const fields = {
  name: topicName,
  limit: int32.default(16),
  reason: string.from(3).nullable(4).ignorable(),
  items: array(item).nullable().from(4),
  records,
  place: struct(place).from(5).tag(1),
}
const right: MessageDefinition<Fields> = { name: 'SampleRequest', versions: [2, 6], flexibleFrom: 5, fields }

function found(wrong: Partial<MessageDefinition<Fields>>): string[] {
  return differences(defineMessage({ ...right, ...wrong }), kafka)
}

describe('the comparison with a definition of Kafka', () => {
  it('finds nothing wrong in a right definition', () => {
    expect(found({})).toEqual([])
  })

  it.each<[string, Partial<MessageDefinition<Fields>>, string]>([
    ['name', { name: 'Sample' }, "Sample: name: ours Sample, Kafka's SampleRequest"],
    ['first version', { versions: [0, 6] }, "SampleRequest: versions: ours 0-6, Kafka's 2-6"],
    ['last version', { versions: [2, 7] }, "SampleRequest: versions: ours 2-7, Kafka's 2-6"],
    ['flexible version', { flexibleFrom: 6 }, "SampleRequest: flexible versions: ours 6-6, Kafka's 5-6"],
  ])('finds a wrong %s', (_, wrong, difference) => {
    expect(found(wrong)).toContain(difference)
  })

  it.each<[string, Fields, string]>([
    ['type', { limit: int16.default(16) }, "limit: type: ours int16, Kafka's int32"],
    [
      'first version',
      { reason: string.from(4).nullable(4).ignorable() },
      "reason: versions: ours 4-6, Kafka's 3-6",
    ],
    ['last version', { limit: int32.default(16).until(4) }, "limit: versions: ours 2-4, Kafka's 2-6"],
    [
      'nullable version',
      { reason: string.from(3).nullable(3).ignorable() },
      "reason: nullable: ours 3-6, Kafka's 4-6",
    ],
    ['missing null', { items: array(item).from(4) }, "items: nullable: ours never, Kafka's 4-6"],
    ['null', { name: topicName.nullable() }, "name: nullable: ours 2-6, Kafka's never"],
    ['default', { limit: int32.default(15) }, "limit: default: ours 15, Kafka's 16"],
    ['missing default', { limit: int32 }, "limit: default: ours 0, Kafka's 16"],
    ['tag', { place: struct(place).from(5).tag(0) }, "place: tag: ours 0, Kafka's 1"],
    ['missing tag', { place: struct(place).from(5) }, "place: tag: ours none, Kafka's 1"],
    ['ignorable', { limit: int32.default(16).ignorable() }, "limit: ignorable: ours true, Kafka's false"],
    [
      'missing ignorable',
      { reason: string.from(3).nullable(4) },
      "reason: ignorable: ours false, Kafka's true",
    ],
    ['entity type', { name: string }, "name: entityType: ours none, Kafka's topicName"],
    [
      'entity type inside',
      {
        items: array({ ...item, id: int32 })
          .nullable()
          .from(4),
      },
      "items.id: entityType: ours none, Kafka's brokerId",
    ],
    [
      'default inside',
      {
        items: array({ ...item, body: bytes.nullable() })
          .nullable()
          .from(4),
      },
      "items.body: default: ours no bytes, Kafka's null",
    ],
    [
      'default inside a common structure',
      { place: struct({ offset: int64 }).from(5).tag(1) },
      "place.offset: default: ours 0, Kafka's -1",
    ],
    [
      'field inside that should not be there',
      {
        place: struct({ ...place, epoch: int32 })
          .from(5)
          .tag(1),
      },
      "place: fields: ours offset, epoch, Kafka's offset",
    ],
    [
      'element',
      { items: array(int32).nullable().from(4) },
      "items: type: ours array of int32, Kafka's array of struct",
    ],
  ])('finds a wrong %s of a field', (_, wrong, difference) => {
    expect(found({ fields: { ...fields, ...wrong } })).toContain(`SampleRequest.${difference}`)
  })

  it('finds fields in another order', () => {
    const { name, limit, ...rest } = fields
    expect(found({ fields: { limit, name, ...rest } })).toEqual([
      "SampleRequest: fields: ours limit, name, reason, items, records, place, Kafka's name, limit, reason, items, records, place",
    ])
  })

  it('finds a field that is missing', () => {
    const { limit: _, ...rest } = fields
    expect(found({ fields: rest })).toEqual([
      "SampleRequest: fields: ours name, reason, items, records, place, Kafka's name, limit, reason, items, records, place",
    ])
  })

  it('fails on an attribute in the JSON that it does not know', () => {
    const [name, ...rest] = kafka.fields!
    const newer = { ...kafka, fields: [{ ...name!, encrypted: true }, ...rest] }
    expect(() => differences(defineMessage(right), newer)).toThrow(
      'Name has an attribute this test knows not: encrypted',
    )
    expect(() => differences(defineMessage(right), { ...kafka, compressed: true } as KafkaMessage)).toThrow(
      'SampleRequest has an attribute this test knows not: compressed',
    )
    const [place] = kafka.commonStructs!
    const struct = { ...kafka, commonStructs: [{ ...place!, sealed: true }] }
    expect(() => differences(defineMessage(right), struct)).toThrow(
      'Place has an attribute this test knows not: sealed',
    )
  })

  it('fails on a field that is tagged in some of its versions only', () => {
    const [name, ...rest] = kafka.fields!
    const newer = { ...kafka, fields: [{ ...name!, taggedVersions: '5+', tag: 0 }, ...rest] }
    expect(() => differences(defineMessage(right), newer)).toThrow('Name is tagged in 5-Infinity only')
  })
})
