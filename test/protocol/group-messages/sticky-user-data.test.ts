import { describe, expect, it } from 'vitest'
import { ProtocolError } from '../../../src/errors.ts'
import {
  decodeStickyUserData,
  encodeStickyUserData,
} from '../../../src/protocol/group-messages/sticky-user-data.ts'

const previousAssignment = [{ topic: 'a', partitions: [0, 3] }]
const versionZero = '00000001 0001 61 00000002 00000000 00000003'
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

describe("a sticky member's user data", () => {
  it('is written in version 1: what was owned, and the generation', () => {
    const bytes = encodeStickyUserData({ previousAssignment, generation: 5 })
    expect(bytes).toEqual(hex(`${versionZero} 00000005`))
    expect(decodeStickyUserData(bytes)).toEqual({ previousAssignment, generation: 5 })
    expect(decodeStickyUserData(encodeStickyUserData({ previousAssignment }))).toEqual({
      previousAssignment,
      generation: -1,
    })
  })

  it('is read in version 0, which has no generation', () => {
    expect(decodeStickyUserData(hex(versionZero))).toEqual({ previousAssignment, generation: -1 })
  })

  it('G11: is read whatever a later version has put behind', () => {
    expect(decodeStickyUserData(hex(`${versionZero} 00000005 0909`))).toEqual({
      previousAssignment,
      generation: 5,
    })
  })

  it('is refused when cut short', () => {
    const bytes = hex(versionZero)
    for (let end = 0; end < bytes.length; end++) {
      expect(() => decodeStickyUserData(bytes.subarray(0, end))).toThrow(ProtocolError)
    }
  })
})
