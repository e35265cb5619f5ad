import { readFileSync } from 'node:fs'
import { afterEach, expect, test, vi } from 'vitest'
import { assembleModule, moduleSource } from '../../scripts/crc32c-module.ts'
import { loadFolding } from '../../src/protocol/crc32c/fold.ts'
import { CAPACITY, INPUT_START, MODULE } from '../../src/protocol/crc32c/module.ts'
import { crc32c, crc32cByTables } from '../../src/protocol/crc32c.ts'

// Bytes without a pattern that eight-byte or sixteen-byte steps could hide behind.
const bytes = new Uint8Array(3 * CAPACITY + 1000).map((_, i) => Math.imul(i + 1, 2654435761) >>> 11)

/** registers[n]: the register after the first n bytes, bit by bit as the polynomial says. */
function bitwiseRegisters(input: Uint8Array, upTo: number): Int32Array {
  const registers = new Int32Array(upTo + 1)
  let register = -1
  registers[0] = register
  for (let at = 0; at < upTo; at++) {
    register ^= input[at]!
    for (let bit = 0; bit < 8; bit++) register = (register >>> 1) ^ (register & 1 ? 0x82f63b78 : 0)
    registers[at + 1] = register
  }
  return registers
}

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

test('CRC32C of the check strings of the RFCs', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa)
  expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43)
  expect(crc32c(Buffer.from(Array.from({ length: 32 }, (_, i) => i)))).toBe(0x46dd794e)
  expect(crc32c(Buffer.alloc(0))).toBe(0)
})

test('every length from 0 to 20000 equals a reference that goes bit by bit, folded and by tables', () => {
  const registers = bitwiseRegisters(bytes, 20_000)
  const different: number[] = []
  for (let length = 0; length <= 20_000; length++) {
    const expected = ~registers[length]! >>> 0
    if (crc32c(bytes, 0, length) !== expected) different.push(length)
    if (length % 7 === 0 && crc32cByTables(bytes, 0, length) !== expected) different.push(length)
  }
  expect(different).toEqual([])
})

test('lengths about and beyond what is folded at once, at any alignment, equal the tables', () => {
  for (const length of [CAPACITY - 1, CAPACITY, CAPACITY + 1, CAPACITY + 4, 2 * CAPACITY + 3, 3 * CAPACITY]) {
    for (const start of [0, 1, 13]) {
      expect(crc32c(bytes, start, start + length)).toBe(crc32cByTables(bytes, start, start + length))
    }
  }
})

test('the module takes what is before into account, and gives the same whatever was summed last', () => {
  const { memory, update } = loadFolding()!
  for (const length of [4, 15, 16, 447, 448, 8191, 8192, CAPACITY, 100]) {
    for (const split of [0, 1, 77]) {
      memory.set(bytes.subarray(split, split + length), INPUT_START)
      const before = ~crc32cByTables(bytes, 0, split)
      expect(~update(INPUT_START + length, before) >>> 0).toBe(crc32cByTables(bytes, 0, split + length))
    }
  }
})

test('a view into a larger buffer is summed within its bounds, and is not changed', () => {
  const view = Buffer.from(bytes.buffer, 1234, 9999)
  const before = Buffer.from(view)
  expect(crc32c(view, 11, 9000)).toBe(crc32cByTables(bytes, 1234 + 11, 1234 + 9000))
  expect(view.equals(before)).toBe(true)
})

test('the module in the tree is what its source gives', () => {
  expect(readFileSync(new URL('../../src/protocol/crc32c/module.ts', import.meta.url), 'utf8')).toBe(
    moduleSource(),
  )
  expect(Buffer.from(MODULE, 'base64').equals(assembleModule())).toBe(true)
  expect(loadFolding()).toBeDefined()
})

test.each([
  ['WebAssembly is missing', undefined],
  ['its SIMD is missing', { validate: () => false }],
])('where %s, tables serve', async (_, replacement) => {
  vi.stubGlobal('WebAssembly', replacement)
  vi.resetModules()
  const { loadFolding: loadAgain } = await import('../../src/protocol/crc32c/fold.ts')
  const { crc32c: again } = await import('../../src/protocol/crc32c.ts')
  expect(loadAgain()).toBeUndefined()
  expect(again(bytes, 0, 70_000)).toBe(crc32cByTables(bytes, 0, 70_000))
})
