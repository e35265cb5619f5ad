import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProtocolError } from '../../src/errors.ts'
import {
  ApiVersions,
  apiByKey,
  apis,
  Heartbeat,
  Metadata,
  Produce,
  SyncGroup,
} from '../../src/protocol/api/index.ts'
import { Reader } from '../../src/protocol/bytes/reader.ts'
import {
  correlationIdOf,
  decodeRequest,
  decodeRequestHeader,
  decodeResponse,
  encodeRequest,
  encodeResponse,
} from '../../src/protocol/frame.ts'
import type { Api } from '../../src/protocol/schema.ts'
import { arbitraryValue } from '../support/message-values.ts'
import { same, versionsOf } from '../support/messages.ts'

const isFlexible = (apiKey: number, version: number) => version >= (apiByKey(apiKey)?.flexibleFrom ?? 0)

/** The frame without its length, which is checked. */
function content(segments: readonly Uint8Array[]): Buffer {
  const frame = Buffer.concat(segments)
  expect(frame.readInt32BE(0)).toBe(frame.length - 4)
  return frame.subarray(4)
}

const heartbeat = { groupId: 'g', generationId: 1, memberId: 'm' }

describe('a request frame', () => {
  it('has header version 1 before the flexible versions', () => {
    const frame = content(
      encodeRequest(Heartbeat, { version: 3, correlationId: 7, clientId: 'me' }, heartbeat),
    )
    expect(frame.toString('hex')).toBe(
      '000c000300000007' + '00026d65' + '000167' + '00000001' + '00016d' + 'ffff',
    )
  })

  it('has header version 2, with tagged fields after the client id, from there on', () => {
    const frame = content(
      encodeRequest(Heartbeat, { version: 4, correlationId: 7, clientId: 'me' }, heartbeat),
    )
    expect(frame.toString('hex')).toBe(
      '000c000400000007' + '00026d6500' + '0267' + '00000001' + '026d' + '0000',
    )
  })

  it('may have no client id', () => {
    const frame = content(
      encodeRequest(Heartbeat, { version: 4, correlationId: 7, clientId: null }, heartbeat),
    )
    expect(frame.toString('hex', 0, 11)).toBe('000c000400000007' + 'ffff' + '00')
    expect(decodeRequestHeader(new Reader(frame), isFlexible).clientId).toBeNull()
  })

  it('does not copy record batches', () => {
    const records = new Uint8Array(4096)
    const segments = encodeRequest(
      Produce,
      { version: 9, correlationId: 1, clientId: 'c' },
      { acks: -1, timeoutMs: 1, topicData: [{ name: 't', partitionData: [{ index: 0, records }] }] },
    )
    expect(segments).toContain(records)
    expect(Buffer.concat(segments).readInt32BE(0)).toBe(Buffer.concat(segments).length - 4)
  })

  it('is read back by the other side, every API and version', () => {
    for (const api of apis) {
      for (const of of versionsOf(api.request)) {
        fc.assert(
          fc.property(
            arbitraryValue(of),
            fc.integer({ min: 0, max: 0x7fff_ffff }),
            fc.option(fc.string()),
            (value, correlationId, clientId) => {
              const { version } = of
              const frame = content(encodeRequest(api, { version, correlationId, clientId }, value))
              const reader = new Reader(frame)
              const header = { apiKey: api.key, apiVersion: version, correlationId, clientId }
              same('header', decodeRequestHeader(reader, isFlexible), header)
              same('request', decodeRequest(api, version, reader), value)
            },
          ),
          { numRuns: 3 },
        )
      }
    }
  })

  it('is refused when bytes follow the body', () => {
    const frame = content(
      encodeRequest(Heartbeat, { version: 3, correlationId: 7, clientId: 'me' }, heartbeat),
    )
    const reader = new Reader(Buffer.concat([frame, Buffer.alloc(3)]))
    decodeRequestHeader(reader, isFlexible)
    expect(() => decodeRequest(Heartbeat, 3, reader)).toThrow('3 bytes too many')
  })
})

describe('a response frame', () => {
  it('has header version 0 before the flexible versions, then version 1 with tagged fields', () => {
    const answer = { errorCode: 27 }
    expect(content(encodeResponse(Heartbeat, { version: 0, correlationId: 7 }, answer)).toString('hex')).toBe(
      '00000007' + '001b',
    )
    expect(content(encodeResponse(Heartbeat, { version: 4, correlationId: 7 }, answer)).toString('hex')).toBe(
      '0000000700' + '00000000' + '001b' + '00',
    )
  })

  it('of ApiVersions has header version 0 always: its reader does not know yet what the broker speaks', () => {
    const frame = content(
      encodeResponse(ApiVersions, { version: 3, correlationId: 7 }, { errorCode: 0, apiKeys: [] }),
    )
    expect(frame.toString('hex')).toBe('00000007' + '0000' + '01' + '00000000' + '00')
    expect(decodeResponse(ApiVersions, 3, frame)).toMatchObject({ errorCode: 0, apiKeys: [] })
  })

  it('is read back by the other side, every API and version', () => {
    for (const api of apis) {
      for (const of of versionsOf(api.response)) {
        fc.assert(
          fc.property(arbitraryValue(of), fc.integer(), (value, correlationId) => {
            const segments = encodeResponse(api as Api, { version: of.version, correlationId }, value)
            const frame = content(segments)
            expect(correlationIdOf(frame)).toBe(correlationId)
            same('response', decodeResponse(api, of.version, frame), value)
          }),
          { numRuns: 3 },
        )
      }
    }
  })

  it('gives bytes as views on the frame', () => {
    const answer = { errorCode: 0, assignment: Buffer.from([1, 2, 3]) }
    const frame = content(encodeResponse(SyncGroup, { version: 0, correlationId: 7 }, answer))
    const { assignment } = decodeResponse(SyncGroup, 0, frame)
    expect(assignment).toEqual(Buffer.from([1, 2, 3]))
    expect(assignment.buffer).toBe(frame.buffer)
  })

  it('may carry tagged fields in its header that we do not know', () => {
    const frame = Buffer.from('00000007' + '010502abcd' + '00000000' + '001b' + '00', 'hex')
    expect(decodeResponse(Heartbeat, 4, frame)).toMatchObject({ errorCode: 27 })
  })

  it('is refused, by name and version, when it is cut off or too long', () => {
    const frame = content(
      encodeResponse(Metadata, { version: 5, correlationId: 1 }, { brokers: [], topics: [] }),
    )
    expect(() => decodeResponse(Metadata, 5, frame.subarray(0, -1))).toThrow(/^MetadataResponse v5: /)
    expect(() => decodeResponse(Metadata, 5, Buffer.concat([frame, Buffer.alloc(1)]))).toThrow(
      '1 bytes too many',
    )
    expect(() => correlationIdOf(Buffer.alloc(3))).toThrow('a response of 3 bytes has no correlation id')
    expect(() => decodeResponse(Metadata, 5, Buffer.alloc(2))).toThrow(ProtocolError)
  })
})
