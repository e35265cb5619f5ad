import { describe, expect, it } from 'vitest'
import { ProtocolError } from '../../src/errors.ts'
import { Reader } from '../../src/protocol/bytes/reader.ts'
import { Writer } from '../../src/protocol/bytes/writer.ts'
import {
  array,
  bigint64,
  boolean,
  bytes,
  defineMessage,
  type Field,
  type Fields,
  float64,
  int8,
  int16,
  int32,
  int64,
  type Message,
  records,
  string,
  struct,
  uint16,
  uint32,
  uuid,
} from '../../src/protocol/schema.ts'

const ID = 'bKz1e6YwQx2sN3l0mVfG4g'

function message<const F extends Fields>(fields: F): Message<F> {
  return defineMessage({ name: 'Sample', versions: [0, 9], flexibleFrom: 5, fields })
}

function encode(sample: Message, version: number, value: unknown): Buffer {
  const writer = new Writer()
  sample.codec(version).write(writer, value as never)
  return writer.toBuffer()
}

function decode(sample: Message, version: number, buffer: Buffer): unknown {
  const reader = new Reader(buffer)
  const value = sample.codec(version).read(reader)
  reader.expectEnd()
  return value
}

function decodeHex(sample: Message, version: number, hex: string): unknown {
  return decode(sample, version, Buffer.from(hex.replaceAll(' ', ''), 'hex'))
}

describe('the versions of a message', () => {
  it('are compiled once each', () => {
    const sample = message({ a: int8 })
    expect(sample.codec(3)).toBe(sample.codec(3))
    expect(sample.codec(3)).not.toBe(sample.codec(4))
  })

  it.each([-1, 10, 1.5, Number.NaN])('end where its range ends: %s is refused', (version) => {
    expect(() => message({ a: int8 }).codec(version)).toThrow(
      new ProtocolError(`Sample has versions 0 to 9, not ${version}`),
    )
  })
})

describe('bytes on the wire', () => {
  const sample = message({ name: string, ids: array(int16), note: string.nullable(), blob: bytes, id: uuid })
  const value = { name: 'ab', ids: [1, -1], note: null, blob: Buffer.from([7]), id: ID }

  it('have fixed lengths before the flexible versions', () => {
    const hex = `0002 6162 00000002 0001 ffff ffff 00000001 07 ${idHex}`
    expect(encode(sample, 4, value).toString('hex')).toBe(hex.replaceAll(' ', ''))
    expect(decodeHex(sample, 4, hex)).toEqual(value)
  })

  it('have compact lengths and tagged fields from there on (KIP-482)', () => {
    const hex = `03 6162 03 0001 ffff 00 02 07 ${idHex} 00`
    expect(encode(sample, 5, value).toString('hex')).toBe(hex.replaceAll(' ', ''))
    expect(decodeHex(sample, 5, hex)).toEqual(value)
  })

  it('have a byte before a structure that may be null', () => {
    const sample = message({ cursor: struct({ at: int8 }).nullable() })
    expect(encode(sample, 0, { cursor: null })).toEqual(Buffer.from([255]))
    expect(encode(sample, 0, { cursor: { at: 3 } })).toEqual(Buffer.from([1, 3]))
    expect(decode(sample, 0, Buffer.from([255]))).toEqual({ cursor: null })
    expect(decode(sample, 0, Buffer.from([1, 3]))).toEqual({ cursor: { at: 3 } })
  })

  it('have a byte before a tagged structure that may be null, and it is 0 for null', () => {
    const fields = { cursor: struct({ at: int8 }).nullable().tag(0) }
    const sample = defineMessage({ name: 'Sample', versions: [0, 0], flexibleFrom: 0, fields })
    expect(encode(sample, 0, { cursor: null })).toEqual(Buffer.from([1, 0, 1, 0]))
    expect(encode(sample, 0, { cursor: { at: 3 } })).toEqual(Buffer.from([1, 0, 3, 1, 3, 0]))
    expect(decode(sample, 0, Buffer.from([1, 0, 1, 0]))).toEqual({ cursor: null })
    expect(decode(sample, 0, Buffer.from([1, 0, 3, 1, 3, 0]))).toEqual({ cursor: { at: 3 } })
    expect(decode(sample, 0, Buffer.from([0]))).toEqual({ cursor: { at: 0 } })
  })

  const idHex = Buffer.from(ID, 'base64url').toString('hex')
})

describe('a value that does not fit', () => {
  it.each<[string, Field, unknown, string]>([
    ['int8', int8, 128, '128, not an int8'],
    ['int8', int8, -129, '-129, not an int8'],
    ['int8', int8, 1.5, '1.5, not an int8'],
    ['int8', int8, '1', 'a string, not an int8'],
    ['int8', int8, 1n, '1, not an int8'],
    ['int16', int16, 0x8000, '32768, not an int16'],
    ['uint16', uint16, -1, '-1, not a uint16'],
    ['uint16', uint16, 0x1_0000, '65536, not a uint16'],
    ['int32', int32, 0x8000_0000, '2147483648, not an int32'],
    ['int32', int32, Number.NaN, 'NaN, not an int32'],
    ['int32', int32, null, 'null, not an int32'],
    ['uint32', uint32, 0x1_0000_0000, '4294967296, not a uint32'],
    ['int64', int64, 2 ** 53, '9007199254740992, not an int64 that a number holds exactly'],
    ['bigint64', bigint64, 1, '1, not a bigint of 64 bits'],
    ['bigint64', bigint64, 2n ** 63n, '9223372036854775808, not a bigint of 64 bits'],
    ['float64', float64, '1', 'a string, not a number'],
    ['boolean', boolean, 1, '1, not a boolean'],
    ['string', string, null, 'null, not a string'],
    ['string', string, 7, '7, not a string'],
    ['string', string, 'é'.repeat(16384), '32768, not a string of at most 32767 bytes'],
    ['string or null', string.nullable(), {}, 'an object, not a string or null'],
    ['bytes', bytes, 'text', 'a string, not bytes'],
    ['bytes', bytes, null, 'null, not bytes'],
    ['records', records, [1], 'an array, not bytes or null'],
    ['uuid', uuid, 'too-short', 'a string, not a uuid of 22 base64url characters'],
    ['uuid', uuid, 'AAAAAAAAAAAAAAAAAAAAAB', 'a string, not a uuid of 22 base64url characters'],
    ['array', array(int8), { length: 1 }, 'an object, not an array'],
    ['array', array(int8), null, 'null, not an array'],
    ['array or null', array(int8).nullable(), 3, '3, not an array or null'],
    ['struct', struct({ a: int8 }), null, 'null, not an object'],
  ])('%s: is refused with message, version and path', (_, field, value, problem) => {
    for (const version of [2, 7]) {
      const sample = message({ outer: array({ inner: field }) })
      expect(() => encode(sample, version, { outer: [{ inner: value }] })).toThrow(
        new ProtocolError(`Sample v${version}: outer[0].inner is ${problem}`),
      )
    }
  })

  it('is named by the path through arrays and structures', () => {
    const sample = message({ topics: array({ at: struct({ offsets: array(int64) }) }) })
    expect(() => encode(sample, 1, { topics: [{ at: { offsets: [1, 0.5] } }] })).toThrow(
      'Sample v1: topics[0].at.offsets[1] is 0.5',
    )
  })

  it('is not shown when it is text or bytes, which may be secret', () => {
    expect(() => encode(message({ a: int8 }), 0, { a: 'hunter2' })).toThrow(/^(?!.*hunter2)/)
  })

  it.each([undefined, null, 3, 'x'])('is not a message at all: %s', (value) => {
    expect(() => encode(message({ a: int8 }), 0, value)).toThrow(
      /^Sample v0: the message is .*, not an object$/,
    )
  })
})

describe('a field that was left out', () => {
  it('is an error when it has no default', () => {
    const sample = message({ topics: array({ name: string }) })
    expect(() => encode(sample, 0, {})).toThrow('Sample v0: topics is missing, not a value')
    expect(() => encode(sample, 0, { topics: [{}] })).toThrow(
      'Sample v0: topics[0].name is missing, not a value',
    )
  })

  it('takes its default, or its zero when it is not in every version', () => {
    const sample = message({
      limit: int32.default(7),
      note: string.nullable().default(null),
      since: int8.from(1),
      ids: array(int8).until(8),
      flag: boolean.from(1),
    })
    expect(decode(sample, 3, encode(sample, 3, {}))).toEqual({
      limit: 7,
      note: null,
      since: 0,
      ids: [],
      flag: false,
    })
  })
})

describe('a field that the version lacks', () => {
  const sample = message({
    early: int8.until(2),
    late: string.nullable().from(5).default(null),
    between: array({ id: int8 }).from(3).until(4),
    ignored: int8.from(5).default(-1).ignorable(),
  })

  it.each([
    [3, { early: 1 }, 'early has a value, but exists only up to version 2'],
    [4, { late: 'x' }, 'late has a value, but exists only from version 5 on'],
    [5, { between: [{ id: 1 }] }, 'between has a value, but exists only in versions 3 to 4'],
  ])('in version %i, with a value that would be lost: %o', (version, value, problem) => {
    expect(() => encode(sample, version, value)).toThrow(new ProtocolError(`Sample v${version}: ${problem}`))
  })

  it('may be given at its default', () => {
    expect(encode(sample, 1, { early: 3, late: null, between: [] })).toEqual(Buffer.from([3]))
  })

  it('may be given when it is ignorable, and is dropped', () => {
    expect(encode(sample, 1, { early: 3, ignored: 9 })).toEqual(Buffer.from([3]))
  })

  it('is decoded at its default', () => {
    expect(decode(sample, 1, Buffer.from([3]))).toEqual({ early: 3, late: null, between: [], ignored: -1 })
  })

  it('may be a structure, compared field by field', () => {
    const sample = message({ leader: struct({ id: int32.default(-1), epoch: int32.default(-1) }).from(5) })
    expect(encode(sample, 1, { leader: { id: -1 } })).toEqual(Buffer.alloc(0))
    expect(() => encode(sample, 1, { leader: { id: 4 } })).toThrow('leader has a value')
  })
})

describe('null', () => {
  it('is refused in a version where it may not stand, written or read', () => {
    const sample = message({ a: string.nullable(3), b: array(int8).nullable(3), c: bytes.nullable(3) })
    expect(() => encode(sample, 2, { a: null, b: [], c: Buffer.alloc(0) })).toThrow('a is null, not a string')
    expect(() => decodeHex(sample, 2, 'ffff 00000000 00000000')).toThrow('Sample v2: a is null')
    expect(() => decodeHex(sample, 2, '0000 ffffffff 00000000')).toThrow('Sample v2: b is null')
    expect(() => decodeHex(sample, 2, '0000 00000000 ffffffff')).toThrow('Sample v2: c is null')
    expect(decodeHex(sample, 3, 'ffff ffffffff ffffffff')).toEqual({ a: null, b: null, c: null })
  })
})

describe('tagged fields (KIP-482)', () => {
  const sample = message({
    second: int16.from(5).tag(1),
    plain: int8,
    first: string.nullable().from(5).default(null).tag(0),
    leader: struct({ id: int32.default(-1) })
      .from(5)
      .tag(2),
  })
  const none = { second: 0, plain: 1, first: null, leader: { id: -1 } }

  it('stand behind the others, in the order of their tags', () => {
    const value = { second: 5, plain: 1, first: 'x', leader: { id: 2 } }
    const hex = '01 03 00 02 0278 01 02 0005 02 05 00000002 00'
    expect(encode(sample, 5, value).toString('hex')).toBe(hex.replaceAll(' ', ''))
    expect(decodeHex(sample, 5, hex)).toEqual(value)
  })

  it.each([{ plain: 1 }, none, { ...none, leader: {} }])('are left out at their default: %o', (value) => {
    expect(encode(sample, 5, value)).toEqual(Buffer.from([1, 0]))
  })

  it('take their default when they are absent', () => {
    expect(decodeHex(sample, 5, '01 00')).toEqual(none)
  })

  it('are checked like others', () => {
    expect(() => encode(sample, 5, { ...none, leader: 3 })).toThrow('Sample v5: leader is 3, not an object')
    expect(() => encode(sample, 5, { ...none, second: 70000 })).toThrow(
      'Sample v5: second is 70000, not an int16',
    )
  })

  it('that are unknown are skipped', () => {
    expect(decodeHex(sample, 5, '01 02 01 02 0005 63 03 010203')).toEqual({ ...none, second: 5 })
  })

  it('longer or shorter than their type are refused', () => {
    expect(() => decodeHex(sample, 5, '01 01 01 03 000500')).toThrow(/longer than its content/)
    expect(() => decodeHex(sample, 5, '01 01 01 01 00')).toThrow(ProtocolError)
  })

  it('carry large bytes too', () => {
    const sample = message({ blob: bytes.from(5).tag(0) })
    const value = { blob: Buffer.alloc(5000, 1) }
    expect(decode(sample, 5, encode(sample, 5, value))).toEqual(value)
  })
})

describe('an absurd count', () => {
  const sample = message({ items: array({ id: int8 }), text: string })

  it.each([
    [0, '7fffffff 00 00', 'Sample v0: length 2147483647 before byte 4, but 2 bytes are left'],
    [0, '00000000 7fff', 'Sample v0: length 32767 before byte 6, but 0 bytes are left'],
    [5, 'ffffffff07 00 00', 'Sample v5: length 2147483646 before byte 5, but 2 bytes are left'],
    [5, '01 ffffffff0f', 'Sample v5: length 4294967294 before byte 6, but 0 bytes are left'],
    [5, '02 00 ffffffff0f 01', 'Sample v5: 4294967295 tagged fields before byte 7, but 1 bytes are left'],
    [5, '01 01 01 00 ffffffff0f', 'Sample v5: 4294967295 bytes needed at byte 9, but 0 are left'],
  ])('in version %i is refused before anything is read: %s', (version, hex, problem) => {
    expect(() => decodeHex(sample, version, hex)).toThrow(new ProtocolError(problem))
  })
})

describe('a string', () => {
  it('longer than 32767 bytes is refused also where its length could say more, as by Java', () => {
    const sample = message({ text: string.nullable() })
    const of = (length: number) =>
      Buffer.concat([Buffer.from([0x80, 0x80, 0x02]), Buffer.alloc(length, 'x'), Buffer.alloc(1)])
    expect(decode(sample, 5, of(32767))).toEqual({ text: 'x'.repeat(32767) })
    const longer = of(32768)
    longer[0]! += 1
    expect(() => decode(sample, 5, longer)).toThrow(
      'Sample v5: text is a string of 32768 bytes: 32767 is the most',
    )
  })
})

describe('decoded values', () => {
  it('share nothing: to change one changes no other', () => {
    const sample = message({
      a: array({
        leader: struct({ id: int32.default(-1), ids: array(int8) })
          .from(5)
          .tag(0),
      }),
      list: array(int8).from(5).tag(0),
    })
    const read = () =>
      decodeHex(sample, 5, '03 00 00 00') as {
        a: { leader: { id: number; ids: number[] } }[]
        list: number[]
      }
    const first = read()
    first.a[0]!.leader.id = 5
    first.a[0]!.leader.ids.push(1)
    first.list.push(1)
    expect(first.a[1]).toEqual({ leader: { id: -1, ids: [] } })
    expect(read()).toEqual({
      a: [{ leader: { id: -1, ids: [] } }, { leader: { id: -1, ids: [] } }],
      list: [],
    })
  })

  it('have their fields in the order of the definition, whatever the version', () => {
    const sample = message({ a: int8.from(3), b: int8, c: int8.from(5).tag(0), d: int8.until(4) })
    for (const version of [0, 3, 5]) {
      expect(Object.keys(decode(sample, version, encode(sample, version, { b: 1 })) as object)).toEqual([
        'a',
        'b',
        'c',
        'd',
      ])
    }
  })
})
