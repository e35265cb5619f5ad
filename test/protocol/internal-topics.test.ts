import { describe, expect, it } from 'vitest'
import { ProtocolError } from '../../src/errors.ts'
import {
  readConsumerOffsetsRecord,
  readTransactionStateRecord,
} from '../../src/protocol/internal-topics/index.ts'
import { ZERO_UUID } from '../../src/protocol/schema.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

const commitKey = hex('0001 0001 67 0001 74 00000002')
const commitValue = hex('0003 0000000000000007 00000005 0000 00000190b0000000')

describe('a record of __consumer_offsets', () => {
  it('is what the first two bytes of its key say, in the version that the first two of its value say', () => {
    expect(readConsumerOffsetsRecord(commitKey, commitValue)).toEqual({
      type: 'OffsetCommit',
      key: { group: 'g', topic: 't', partition: 2 },
      value: {
        offset: 7,
        leaderEpoch: 5,
        metadata: '',
        commitTimestamp: 0x190b0000000,
        expireTimestamp: -1,
        topicId: ZERO_UUID,
      },
    })
    expect(readConsumerOffsetsRecord(hex('0003 0001 67'), hex('0000 00000009 00'))).toEqual({
      type: 'ConsumerGroupMetadata',
      key: { groupId: 'g' },
      value: { epoch: 9, metadataHash: 0n },
    })
  })

  it('without a value says that its key is no more', () => {
    expect(readConsumerOffsetsRecord(commitKey, null)).toEqual({
      type: 'OffsetCommit',
      key: { group: 'g', topic: 't', partition: 2 },
      value: null,
    })
  })

  it('that a newer Kafka wrote is undefined: another type, or a later version of its value', () => {
    expect(readConsumerOffsetsRecord(hex('0063 0001 67'), hex('0000'))).toBeUndefined()
    expect(readConsumerOffsetsRecord(commitKey, hex('0005 0102'))).toBeUndefined()
  })

  it('is refused when malformed: cut short, too long, or of a type or version below 0', () => {
    for (let end = 0; end < commitKey.length; end++) {
      expect(() => readConsumerOffsetsRecord(commitKey.subarray(0, end), null)).toThrow(ProtocolError)
    }
    for (let end = 0; end < commitValue.length; end++) {
      expect(() => readConsumerOffsetsRecord(commitKey, commitValue.subarray(0, end))).toThrow(ProtocolError)
    }
    const long = Buffer.concat([commitValue, Buffer.alloc(1)])
    expect(() => readConsumerOffsetsRecord(commitKey, long)).toThrow('1 bytes too many')
    expect(() => readConsumerOffsetsRecord(hex('ffff'), null)).toThrow('there is no record type -1')
    expect(() => readConsumerOffsetsRecord(commitKey, hex('ffff'))).toThrow('OffsetCommitValue has versions')
  })
})

describe('a record of __transaction_state', () => {
  it('is read in its flexible version, with what is tagged', () => {
    // Tags 0 and 2 are there; 1 and 3 are at their defaults.
    const value = hex(
      `0001 0000000000000011 0003 0000ea60 01 02 02 74 02 00000000 00 ${'00'.repeat(8)}
      ffffffffffffffff 02 00 08 0000000000000010 02 02 0002`.replaceAll('\n', ''),
    )
    expect(readTransactionStateRecord(hex('0000 0001 78'), value)).toEqual({
      type: 'TransactionLog',
      key: { transactionalId: 'x' },
      value: {
        producerId: 17n,
        previousProducerId: 16n,
        nextProducerId: -1n,
        producerEpoch: 3,
        nextProducerEpoch: -1,
        transactionTimeoutMs: 60_000,
        transactionStatus: 1,
        transactionPartitions: [{ topic: 't', partitionIds: [0] }],
        transactionLastUpdateTimestampMs: 0,
        transactionStartTimestampMs: -1,
        clientTransactionVersion: 2,
      },
    })
  })
})
