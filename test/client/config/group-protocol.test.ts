// Which options go with which group protocol.
import { describe, expect, test } from 'vitest'
import { consumerOptions, kafkaOptions } from '../../../src/client/config/validate.ts'

const kafka = kafkaOptions({ bootstrapServers: 'b:9092' })
const read = (options: Record<string, unknown>) =>
  consumerOptions({ groupId: 'g', topics: ['t'], ...options }, kafka)
const next = (options: Record<string, unknown>) => read({ groupProtocol: 'consumer', ...options })

describe('groupProtocol', () => {
  test("is classic, as Java's, unless told", () => {
    expect(read({})).toMatchObject({ groupProtocol: 'classic', groupRemoteAssignor: undefined })
    expect(next({ groupRemoteAssignor: 'range' })).toMatchObject({
      ...{ groupProtocol: 'consumer', groupRemoteAssignor: 'range' },
    })
    expect(() => read({ groupProtocol: 'streams' })).toThrow(/'groupProtocol'.*'classic'.*'consumer'/)
  })

  test.each([
    ['sessionTimeoutMs', 10_000, /group\.consumer\.session\.timeout\.ms/],
    ['heartbeatIntervalMs', 1_000, /group\.consumer\.heartbeat\.interval\.ms/],
    ['partitionAssignmentStrategy', ['range'], /groupRemoteAssignor/],
  ])('%s does not go with the consumer protocol, and what does is named', (name, value, instead) => {
    expect(() => next({ [name]: value })).toThrow(
      expect.objectContaining({
        code: 'INVALID_CONFIG',
        option: name,
        message: expect.stringMatching(instead),
      }),
    )
    expect(() => read({ [name]: value })).not.toThrow()
    expect(() => next({ [name]: undefined })).not.toThrow()
  })

  test('groupRemoteAssignor does not go with the classic one', () => {
    expect(() => read({ groupRemoteAssignor: 'range' })).toThrow(
      expect.objectContaining({
        option: 'groupRemoteAssignor',
        message: expect.stringMatching(/partitionAssignmentStrategy/),
      }),
    )
  })

  test('static members and racks go with both', () => {
    const both = { groupInstanceId: 'i', clientRack: 'r', maxPollIntervalMs: 1_000 }
    expect(read(both)).toMatchObject(both)
    expect(next(both)).toMatchObject(both)
  })
})

describe('patterns that the broker matches', () => {
  test('go with the consumer protocol alone; a RegExp goes with both', () => {
    const topics = ['t', /^eu\./, { pattern: 'us\\..*' }]
    expect(next({ topics }).topics).toEqual(topics)
    expect(read({ topics: ['t', /^eu\./] }).topics).toHaveLength(2)
    expect(() => read({ topics })).toThrow(/'topics'.*groupProtocol 'consumer'.*RegExp/)
  })

  test.each([
    [{ pattern: '' }, /"" as a pattern|'' as a pattern/],
    [{ pattern: /x/ }, /as a pattern/],
    [{ pattern: 7 }, /7 as a pattern/],
    [{ pattern: 'x', flags: 'i' }, /'flags'/],
  ])('%o is refused', (entry, reason) => {
    expect(() => next({ topics: [entry] })).toThrow(reason)
  })
})
