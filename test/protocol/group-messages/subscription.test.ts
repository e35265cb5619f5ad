import { describe, expect, it } from 'vitest'
import { ProtocolError } from '../../../src/errors.ts'
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from '../../../src/protocol/group-messages/subscription.ts'

const subscription = {
  topics: ['a', 'b'],
  userData: Buffer.from([1, 2]),
  ownedPartitions: [{ topic: 'a', partitions: [0, 3] }],
  generationId: 5,
  rackId: 'r1',
}
const assignment = { assignedPartitions: [{ topic: 'a', partitions: [0, 3] }], userData: null }

describe('a subscription', () => {
  it.each([
    [0, { ...subscription, ownedPartitions: [], generationId: -1, rackId: null }],
    [1, { ...subscription, generationId: -1, rackId: null }],
    [2, { ...subscription, rackId: null }],
    [3, subscription],
  ])('G11: of version %i is written and read with what that version has', (version, known) => {
    const bytes = encodeSubscription(subscription, version)
    expect(bytes.readInt16BE(0)).toBe(version)
    expect(decodeSubscription(bytes)).toEqual(known)
  })

  it('needs its topics only', () => {
    expect(decodeSubscription(encodeSubscription({ topics: ['a'] }, 3))).toEqual({
      topics: ['a'],
      userData: null,
      ownedPartitions: [],
      generationId: -1,
      rackId: null,
    })
  })

  it('G11: of an unknown higher version is read as the highest known, whatever follows', () => {
    const bytes = Buffer.concat([encodeSubscription(subscription, 3), Buffer.from([9, 9, 9])])
    bytes.writeInt16BE(4, 0)
    expect(decodeSubscription(bytes)).toEqual(subscription)
  })

  it('is refused when malformed', () => {
    const bytes = encodeSubscription(subscription, 3)
    for (let end = 0; end < bytes.length; end++) {
      expect(() => decodeSubscription(bytes.subarray(0, end))).toThrow(ProtocolError)
    }
    expect(() => decodeSubscription(Buffer.concat([bytes, Buffer.alloc(1)]))).toThrow('1 bytes too many')
    bytes.writeInt16BE(-1, 0)
    expect(() => decodeSubscription(bytes)).toThrow('ConsumerProtocolSubscription has no version -1')
  })

  it('is not written in a version that does not exist', () => {
    expect(() => encodeSubscription(subscription, 4)).toThrow('has versions 0 to 3, not 4')
  })
})

describe('an assignment', () => {
  it.each([0, 1, 2, 3])('G11: of version %i is written and read', (version) => {
    const bytes = encodeAssignment(assignment, version)
    expect(bytes.toString('hex')).toBe(
      `000${version} 00000001 000161 00000002 00000000 00000003 ffffffff`.replaceAll(' ', ''),
    )
    expect(decodeAssignment(bytes)).toEqual(assignment)
  })

  it('G11: of an unknown higher version is read as the highest known', () => {
    const bytes = encodeAssignment(assignment, 3)
    bytes.writeInt16BE(32767, 0)
    expect(decodeAssignment(bytes)).toEqual(assignment)
  })

  it('is read from any view of bytes', () => {
    const bytes = encodeAssignment(assignment, 1)
    const larger = new Uint8Array(bytes.length + 10)
    larger.set(bytes, 5)
    expect(decodeAssignment(larger.subarray(5, 5 + bytes.length))).toEqual(assignment)
  })

  it('is refused when malformed', () => {
    expect(() => decodeAssignment(new Uint8Array(0))).toThrow(ProtocolError)
    expect(() => decodeAssignment(Buffer.from('00017fffffff', 'hex'))).toThrow(ProtocolError)
  })
})
