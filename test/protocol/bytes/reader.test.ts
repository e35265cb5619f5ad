import { describe, expect, it } from 'vitest'
import { ProtocolError } from '../../../src/errors.ts'
import { Reader } from '../../../src/protocol/bytes/reader.ts'

function reader(...bytes: number[]): Reader {
  return new Reader(Buffer.from(bytes))
}

describe('Reader', () => {
  it.each<[string, number, (reader: Reader) => unknown]>([
    ['int8', 1, (r) => r.int8()],
    ['boolean', 1, (r) => r.boolean()],
    ['int16', 2, (r) => r.int16()],
    ['uint16', 2, (r) => r.uint16()],
    ['int32', 4, (r) => r.int32()],
    ['uint32', 4, (r) => r.uint32()],
    ['int64', 8, (r) => r.int64()],
    ['bigint64', 8, (r) => r.bigint64()],
    ['float64', 8, (r) => r.float64()],
    ['uuid', 16, (r) => r.uuid()],
    ['view', 5, (r) => r.view(5)],
    ['text', 5, (r) => r.text(5)],
  ])('%s needs %i bytes and says where they were missing', (_, size, read) => {
    expect(() => read(new Reader(Buffer.alloc(size + 2), 3))).toThrow(
      new ProtocolError(`${size} bytes needed at byte 3, but ${size - 1} are left`),
    )
    const whole = new Reader(Buffer.alloc(size))
    read(whole)
    expect(whole.remaining).toBe(0)
  })

  it('refuses an int64 that a number cannot hold exactly', () => {
    expect(reader(0, 0x1f, 255, 255, 255, 255, 255, 255).int64()).toBe(Number.MAX_SAFE_INTEGER)
    expect(() => reader(0, 0x20, 0, 0, 0, 0, 0, 0).int64()).toThrow('int64 at byte 0 is beyond')
    expect(() => reader(0x80, 0, 0, 0, 0, 0, 0, 0).int64()).toThrow(ProtocolError)
  })

  describe('unsignedVarint', () => {
    it('reads up to 32 bits', () => {
      expect(reader(0xff, 0xff, 0xff, 0xff, 0x0f).unsignedVarint()).toBe(0xffff_ffff)
    })

    it.each([
      ['of more than 32 bits', [0xff, 0xff, 0xff, 0xff, 0x1f]],
      ['of six bytes', [0x80, 0x80, 0x80, 0x80, 0x80, 0x00]],
      ['without an end', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ])('refuses one %s', (_, bytes) => {
      expect(() => reader(...bytes).unsignedVarint()).toThrow('varint at byte 0 is longer than 32 bits')
    })

    it('refuses one that is cut off', () => {
      expect(() => reader(0x80).unsignedVarint()).toThrow(ProtocolError)
    })
  })

  describe('length', () => {
    it('reads null as -1, in both forms', () => {
      expect(reader(0xff, 0xff).length(false, 16)).toBe(-1)
      expect(reader(0xff, 0xff, 0xff, 0xff).length(false, 32)).toBe(-1)
      expect(reader(0).length(true, 16)).toBe(-1)
    })

    it.each([
      ['int16', [0x80, 0x00], false, 16],
      ['int32', [0x80, 0, 0, 0], false, 32],
      ['int32', [0xff, 0xff, 0xff, 0xfe], false, 32],
    ] as const)('refuses a negative %s', (_, bytes, compact, width) => {
      expect(() => reader(...bytes).length(compact, width)).toThrow(/negative length/)
    })

    it.each([
      ['int16', [0x7f, 0xff, 1, 2], false, 16],
      ['int32', [0x7f, 0xff, 0xff, 0xff, 1, 2], false, 32],
      ['compact', [0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2], true, 32],
      ['just too long', [4, 1, 2], true, 32],
    ] as const)('refuses one beyond what is left: %s', (_, bytes, compact, width) => {
      expect(() => reader(...bytes).length(compact, width)).toThrow(/but 2 bytes are left/)
    })
  })

  describe('taggedFields', () => {
    it('skips what is not known, and hands each known field its own bytes', () => {
      // Two fields: tag 0 with the bytes 1 2, tag 9 with the byte 3; one more byte follows.
      const source = reader(2, 0, 2, 1, 2, 9, 1, 3, 77)
      const seen: [number, number][] = []
      source.taggedFields((tag, inner) => {
        seen.push([tag, inner.remaining])
        return false
      })
      expect(seen).toEqual([
        [0, 2],
        [9, 1],
      ])
      expect(source.int8()).toBe(77)
    })

    it('refuses a count beyond what is left', () => {
      expect(() => reader(0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0).taggedFields()).toThrow(
        '4294967295 tagged fields before byte 5, but 2 bytes are left',
      )
    })

    it('refuses a field longer than what is left', () => {
      expect(() => reader(1, 0, 5, 1, 2).taggedFields()).toThrow('5 bytes needed at byte 3, but 2 are left')
    })

    it('refuses a known field with bytes left over', () => {
      const read = () =>
        reader(1, 0, 2, 1, 2).taggedFields((_, inner) => {
          inner.int8()
          return true
        })
      expect(read).toThrow('tagged field 0 at byte 3 is longer than its content')
    })

    it('refuses a known field that reads beyond its own bytes into the next', () => {
      const read = () =>
        reader(1, 0, 2, 1, 2, 3, 4, 5).taggedFields((_, inner) => {
          inner.int32()
          return true
        })
      expect(read).toThrow(ProtocolError)
    })
  })

  it('gives views, not copies', () => {
    const buffer = Buffer.from([1, 2, 3])
    const view = new Reader(buffer).view(2)
    buffer[0] = 9
    expect(view).toEqual(Buffer.from([9, 2]))
  })

  it('says how many bytes are too many', () => {
    const source = reader(1, 2, 3)
    source.int8()
    expect(() => source.expectEnd()).toThrow('2 bytes too many after byte 1')
  })
})
