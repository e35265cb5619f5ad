import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { FetchedRecord } from '../../../src/client/consumer/record.ts'
import { type Serde, serde } from '../../../src/client/serde.ts'
import { BatchBuilder } from '../../../src/protocol/records/builder.ts'
import { batch, fetched, readablePartition } from './support.ts'

interface Content {
  readonly key?: string | null
  readonly value?: string | null
  readonly headers?: readonly (readonly [string, string | null])[]
}

function records(
  contents: readonly Content[],
  serdes: { key?: Serde<unknown>; value?: Serde<unknown> } = {},
) {
  const builder = new BatchBuilder({ maxBytes: 1 << 20 })
  for (const { key = null, value = null, headers = [] } of contents) {
    builder.tryAppend(key, value, headers, 1_700_000_000_000)
  }
  const partition = readablePartition({ topic: 'orders', partition: 2, ...serdes })
  fetched(partition, Buffer.from(builder.seal({ partitionLeaderEpoch: 7 }).bytes))
  return partition.take(500)!.records
}

function record(content: Content, serdes?: Parameters<typeof records>[1]): FetchedRecord {
  return records([content], serdes)[0]!
}

describe('a record', () => {
  it('says where it stands, when and by whom it was written', () => {
    const { topic, partition, offset, timestamp, leaderEpoch } = record({})
    expect({ topic, partition, offset, timestamp, leaderEpoch }).toEqual({
      ...{ topic: 'orders', partition: 2, offset: 0, timestamp: 1_700_000_000_000, leaderEpoch: 7 },
    })
  })

  it('has no leader epoch where the broker gave none', () => {
    const partition = readablePartition()
    fetched(partition, batch({ at: 0, values: ['0'], partitionLeaderEpoch: -1 }))
    expect(partition.take(1)!.records[0]!.leaderEpoch).toBeNull()
  })

  it('decodes key and value when they are first looked at, once, with topic, part and headers at hand', () => {
    const seen: string[] = []
    const counting = (name: string): Serde<unknown> => ({
      serialize: () => '',
      deserialize(bytes, { topic, part, headers }) {
        seen.push(`${name} ${topic} ${part} ${headers.text('h')}`)
        return { of: bytes.toString() }
      },
    })
    const read = record(
      { key: 'k', value: 'v', headers: [['h', '1']] },
      { key: counting('a'), value: counting('b') },
    )
    expect(seen).toEqual([])
    expect(read.value).toEqual({ of: 'v' })
    expect(read.value).toBe(read.value)
    expect(read.key).toEqual({ of: 'k' })
    expect(seen).toEqual(['b orders value 1', 'a orders key 1'])
  })

  it('has null for a null key and a tombstone, without asking the serde', () => {
    const { key, value, rawKey, rawValue } = record({}, { key: serde.json(), value: serde.json() })
    expect([key, value, rawKey, rawValue]).toEqual([null, null, null, null])
  })

  it('tells of what cannot be decoded, with its place, and still has the bytes', () => {
    const broken = record({ value: 'no json' }, { value: serde.json() })
    const failed = { code: 'DESERIALIZATION_FAILED', topic: 'orders', partition: 2, offset: 0, part: 'value' }
    expect(() => broken.value).toThrow(expect.objectContaining(failed))
    expect(broken.rawValue?.toString()).toBe('no json')
  })

  it('has its headers in order, duplicates and nulls included', () => {
    const { headers } = record({
      headers: [
        ['a', '1'],
        ['__proto__', null],
        ['a', '2'],
      ],
    })
    expect([...headers].map(([name, bytes]) => [name, bytes?.toString()])).toEqual([
      ['a', '1'],
      ['__proto__', undefined],
      ['a', '2'],
    ])
    expect(headers.text('a')).toBe('2')
    expect(record({}).headers.length).toBe(0)
  })

  it('owns its bytes once it is detached, and reads the same', () => {
    const [first, second] = records([
      { key: 'k0', value: 'v0' },
      { key: 'k1', value: 'v1', headers: [['h', 'x']] },
    ])
    const before = second!.rawValue!
    expect(second!.detach()).toBe(second)
    expect(second!.rawValue!.buffer).not.toBe(before.buffer)
    expect(second!.rawValue!.buffer.byteLength).toBeLessThan(20)
    before.fill(0)
    expect([second!.key, second!.value, second!.headers.text('h')]).toEqual(['k1', 'v1', 'x'])
    expect(second!.detach().value).toBe('v1')
    expect(first!.value).toBe('v0')
  })

  it('owns also what was decoded before it was detached, where that was a view', () => {
    const read = record({ value: 'v' }, { value: serde.bytes })
    const before = read.value as Buffer
    read.detach()
    before.fill(0)
    expect(String(read.value)).toBe('v')
  })

  it('is a plain object for spreading and cloning', () => {
    const object = record(
      { key: 'k', value: '{"a":1}', headers: [['h', 'x']] },
      { value: serde.json() },
    ).toObject()
    expect(structuredClone({ ...object })).toMatchObject({
      ...{ topic: 'orders', partition: 2, offset: 0, timestamp: 1_700_000_000_000, leaderEpoch: 7 },
      ...{ key: 'k', value: { a: 1 } },
    })
  })

  it('is readable in JSON and in logs, also when it cannot be decoded', () => {
    const read = record({ key: 'k', value: 'text', headers: [['h', 'x']] }, { value: serde.bytes })
    expect(JSON.parse(JSON.stringify(read))).toEqual({
      ...{ topic: 'orders', partition: 2, offset: 0, timestamp: 1_700_000_000_000 },
      ...{ key: 'k', value: 'text', headers: [['h', 'x']] },
    })
    expect(inspect(read)).toMatch(/^ConsumerRecord \{.*value: 'text'/s)
    expect(inspect(record({ value: 'no json' }, { value: serde.json() }))).toMatch(/cannot be deserialized/)
  })
})
