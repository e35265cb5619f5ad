import { describe, expect, test } from 'vitest'
import { headersOf, normalizeHeaders } from '../../src/client/headers.ts'

describe('headers to send', () => {
  test('a plain object is a shorthand; undefined is left out, null is kept', () => {
    const bytes = Buffer.from('b')
    expect(normalizeHeaders({ a: 'x', b: bytes, c: null, d: undefined })).toEqual([
      ['a', 'x'],
      ['b', bytes],
      ['c', null],
    ])
  })

  test('pairs keep order and duplicates: an array, a Map, a generator, headers that were read', () => {
    const pairs = [
      ['a', '1'],
      ['b', null],
      ['a', '2'],
    ] as const
    expect(normalizeHeaders(pairs)).toEqual(pairs)
    expect(normalizeHeaders(new Map([['a', '1']]))).toEqual([['a', '1']])
    expect(
      normalizeHeaders(
        (function* () {
          yield* pairs
        })(),
      ),
    ).toEqual(pairs)
    expect(normalizeHeaders(headersOf(pairs))).toEqual([
      ['a', Buffer.from('1')],
      ['b', null],
      ['a', Buffer.from('2')],
    ])
  })

  test('none is none', () => {
    expect(normalizeHeaders(undefined)).toEqual([])
    expect(normalizeHeaders({})).toEqual([])
  })

  test('S5: prototype keys are names like any other, and inherited ones are not there', () => {
    expect(normalizeHeaders(JSON.parse('{"__proto__": "x", "constructor": "y"}'))).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ])
    expect(normalizeHeaders(Object.create({ a: 'x' }))).toEqual([])
  })

  test.each<[input: unknown, reason: string]>([
    ['a: b', 'not a string'],
    [{ secret: 4711 }, "Header 'secret' is a number"],
    [{ a: { b: 'c' } }, "Header 'a' is a Object"],
    [{ a: new ArrayBuffer(1) }, "Header 'a' is a ArrayBuffer"],
    [[['a']], 'a pair [name, value]'],
    [['ab'], 'a pair [name, value]'],
    [[[1, 'b']], 'name is a string'],
  ])('%o is refused, and no value is shown: %s', (input, reason) => {
    expect(() => normalizeHeaders(input as never)).toThrow(reason)
    expect(() => normalizeHeaders(input as never)).not.toThrow('4711')
  })
})

describe('headers as a serde sees them', () => {
  const headers = headersOf([
    ['a', '1'],
    ['n', null],
    ['a', new Uint8Array([0x32])],
    ['__proto__', 'p'],
  ])

  test('the last of a name is the one, as lastHeader of Java', () => {
    expect(headers.get('a')).toEqual(Buffer.from('2'))
    expect(headers.text('a')).toBe('2')
    expect([headers.get('n'), headers.text('n')]).toEqual([null, undefined])
    expect([headers.get('x'), headers.text('x')]).toEqual([undefined, undefined])
    expect(headers.length).toBe(4)
  })

  test('S5: __proto__ is data in toObject', () => {
    const object = headers.toObject()
    expect(Object.keys(object)).toEqual(['a', 'n', '__proto__'])
    expect(Object.getOwnPropertyDescriptor(object, '__proto__')?.value).toBe('p')
  })
})
