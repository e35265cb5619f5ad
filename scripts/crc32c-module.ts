// Assembles the WebAssembly module of src/protocol/crc32c.ts: it folds a long buffer to a few hundred bytes whose CRC32C
// is the same, and takes those, or a short buffer, through tables, sixteen bytes a turn. `node scripts/crc32c-module.ts`
// writes src/protocol/crc32c/module.ts; a test checks that what is there is what this gives.
//
// If Castagnoli's polynomial divides x^(8k) + x^(8j) + x^(8i) + 1, then a byte at position p can be cleared when it is
// XORed into p + (k-j), p + (k-i) and p + k: the remainder stays the same. As every shift is a number of whole bytes
// and more than a turn of the loop, sixteen bytes are treated at once, with loads, XORs and one store:
//
//     y[p] = m[p] ^ y[p-s1] ^ y[p-s2] ^ y[p-s3]           (y before the start is zero)
//
// runs in place up to some R, k bytes or a little more before the end. What the bytes before R still owe to those
// after it is added at the end: m[q] ^= y[q-s] for each shift s and q in [R, R+s). Then m[R, end) stands for all.
//
// The shifts are the smallest of their kind, found by search. The first fold has few terms and leaves 5 KB, the second
// has more, and leaves 270 bytes to the tables.
//
// Table k holds the register after a byte and k zero bytes. The caller fills them in, for it needs half of them itself.

import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const FOLD_LARGE = { shifts: [767, 2524, 5275], blocksPerTurn: 4 }
const FOLD_SMALL = { shifts: [123, 145, 178, 195, 266], blocksPerTurn: 4 }
/** From this many bytes on the large fold comes first, the small one at all (measured). */
const LARGE_FROM = 8192
const SMALL_FROM = 448

const BLOCK = 16
/** Zero bytes before the input, as far back as the first fold looks. */
const INPUT = 5312
const PAGE = 65_536
const CAPACITY = 256 * 1024
const TABLES = INPUT + CAPACITY
const TABLE_COUNT = 16
const TABLE_BYTES = 256 * 4

/** Constants the caller needs beside the bytes. */
export const layout = { inputStart: INPUT, capacity: CAPACITY, tablesStart: TABLES }

/**
 * The whole module. It exports `memory` and `update(end, register) -> register`, the register after the bytes from
 * INPUT to the position `end`, which are at least four.
 */
export function assembleModule(): Uint8Array {
  const pages = Math.ceil((TABLES + TABLE_COUNT * TABLE_BYTES) / PAGE)
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // "\0asm", version 1
    ...section(1, [1, 0x60, 2, I32, I32, 1, I32]), // types: one, (i32, i32) -> i32
    ...section(3, [1, 0]), // functions: one, of type 0
    ...section(5, [1, 1, ...unsigned(pages), ...unsigned(pages)]), // memories: one, of fixed size
    ...section(7, [2, ...name('memory'), 2, 0, ...name('update'), 0, 0]), // exports
    ...section(10, [1, ...sized([...locals, ...updateFunction(), END])]), // code
  ])
}

// The parameters and the local variables of the one function.
const end = 0 // parameter: where the input ends
const register = 1 // parameter: the register before it
const base = 2 // k bytes before the next block, so that every load has a positive offset
const limit = 3 // the last base from which a whole turn can be made
const at = 4 // what is before it has been dealt with
const word = 5
const saved = 6
const I32 = 0x7f
const V128 = 0x7b
const locals = [2, 4, I32, 1, V128]
const END = 0x0b

function updateFunction(): number[] {
  return [
    ...i32Const(INPUT),
    ...set(at),
    // A register of zero before bytes that have had it XORed in is the same as the register.
    ...[...get(at), ...get(at), ...load32(0), ...get(register), XOR, ...store32(0)],
    ...[...i32Const(0), ...set(register)],
    ...ifLongerThan(LARGE_FROM, [
      ...fold(FOLD_LARGE),
      // The second fold looks back, too, and must find zeros.
      ...get(at),
      ...i32Const(FOLD_SMALL.shifts.at(-1)!),
      ...[SUB],
      ...i32Const(0),
      ...i32Const(FOLD_SMALL.shifts.at(-1)!),
      ...[0xfc, 0x0b, 0], // memory.fill
    ]),
    ...ifLongerThan(SMALL_FROM, fold(FOLD_SMALL)),
    ...tables(),
    ...get(register),
  ]
}

/** Does `body` where [INPUT, end) is of that many bytes at least. */
function ifLongerThan(bytes: number, body: number[]): number[] {
  return [...get(end), ...i32Const(INPUT + bytes), 0x4f, 0x04, 0x40, ...body, END] // i32.ge_u, if
}

/** Takes [at, end) through the tables. */
function tables(): number[] {
  const wordsPerTurn = BLOCK / 4
  // Of the bytes of a turn the first is followed by the most zeros.
  const lookups = (index: number): number[] =>
    [0, 1, 2, 3].flatMap((byte) => [
      ...get(word),
      // The byte times four.
      ...(byte === 0 ? [...i32Const(2), SHL] : [...i32Const(8 * byte - 2), SHR]),
      ...[...i32Const(0x3fc), AND],
      ...load32(TABLES + (TABLE_COUNT - 1 - 4 * index - byte) * TABLE_BYTES),
      ...(index + byte === 0 ? [] : [XOR]),
    ])
  return [
    ...whileTrue(
      [...get(at), ...i32Const(BLOCK), ADD, ...get(end), 0x4d], // i32.le_u
      [
        ...Array.from({ length: wordsPerTurn }, (_, index) => [
          ...[...get(at), ...load32(4 * index)],
          ...(index === 0 ? [...get(register), XOR] : []),
          ...set(word),
          ...lookups(index),
        ]).flat(),
        ...set(register),
        ...increase(at, BLOCK),
      ],
    ),
    ...whileTrue(
      [...get(at), ...get(end), 0x49], // i32.lt_u
      [
        ...[...get(register), ...i32Const(8), SHR],
        ...[...get(register), ...get(at), ...load8(0), XOR],
        ...[...i32Const(0xff), AND, ...i32Const(2), SHL, ...load32(TABLES), XOR],
        ...set(register),
        ...increase(at, 1),
      ],
    ),
  ]
}

/** Folds [at, end) and moves `at` to where what remains starts. */
function fold({ shifts, blocksPerTurn }: { shifts: number[]; blocksPerTurn: number }): number[] {
  const k = shifts.at(-1)!
  const turn = blocksPerTurn * BLOCK
  const block = (offset: number): number[] => [
    ...get(base),
    ...get(base),
    ...load(k + offset),
    ...shifts.flatMap((shift) => [...get(base), ...load(k - shift + offset), ...xor]),
    ...store(k + offset),
  ]
  return [
    ...get(at),
    ...i32Const(k),
    ...[SUB],
    ...set(base),
    ...get(end),
    ...i32Const(2 * k + turn),
    ...[SUB],
    ...set(limit),
    ...whileTrue(
      [...get(base), ...get(limit), 0x4c], // i32.le_s
      [
        ...Array.from({ length: blocksPerTurn }, (_, index) => block(index * BLOCK)).flat(),
        ...increase(base, turn),
      ],
    ),
    ...shifts.flatMap((shift) => carry(k, shift)),
    ...get(base),
    ...i32Const(k),
    ...[ADD],
    ...set(at),
  ]
}

/**
 * Adds the last `shift` bytes before R to the first ones from it on, from the last block back. The earliest block
 * also touches a few bytes before R; they are put back, for the next shift reads them.
 */
function carry(k: number, shift: number): number[] {
  const blocks = Math.ceil(shift / BLOCK)
  return [
    ...get(base),
    ...load(k - BLOCK),
    ...set(saved),
    // `at` goes from R - 16 down; base + k is R.
    ...get(base),
    ...i32Const(k - BLOCK),
    ...[ADD],
    ...set(at),
    ...whileTrue(
      [...get(at), ...get(base), ...i32Const(k - blocks * BLOCK), ADD, 0x4e], // i32.ge_s
      [
        ...get(at),
        ...get(at),
        ...load(0),
        ...get(at),
        ...load(shift),
        ...xor,
        ...store(shift),
        ...increase(at, -BLOCK),
      ],
    ),
    ...get(base),
    ...get(saved),
    ...store(k - BLOCK),
  ]
}

// ---- instructions

// i32's.
const ADD = 0x6a
const SUB = 0x6b
const AND = 0x71
const XOR = 0x73
const SHL = 0x74
const SHR = 0x76

function whileTrue(condition: number[], body: number[]): number[] {
  // block, loop, condition, i32.eqz, br_if 1 (out), body, br 0 (again), end, end
  return [0x02, 0x40, 0x03, 0x40, ...condition, 0x45, 0x0d, 1, ...body, 0x0c, 0, END, END]
}

function increase(local: number, by: number): number[] {
  return [...get(local), ...i32Const(by), ADD, ...set(local)]
}

function get(local: number): number[] {
  return [0x20, local]
}

function set(local: number): number[] {
  return [0x21, local]
}

function i32Const(value: number): number[] {
  return [0x41, ...signed(value)]
}

/** v128.load and v128.store, at any alignment. */
function load(offset: number): number[] {
  return [0xfd, 0x00, 0, ...unsigned(offset)]
}

function store(offset: number): number[] {
  return [0xfd, 0x0b, 0, ...unsigned(offset)]
}

const xor = [0xfd, 0x51]

/** i32.load, i32.load8_u and i32.store, at any alignment. */
function load32(offset: number): number[] {
  return [0x28, 0, ...unsigned(offset)]
}

function load8(offset: number): number[] {
  return [0x2d, 0, ...unsigned(offset)]
}

function store32(offset: number): number[] {
  return [0x36, 0, ...unsigned(offset)]
}

// ---- encoding

function section(id: number, content: number[]): number[] {
  return [id, ...sized(content)]
}

function sized(content: number[]): number[] {
  return [...unsigned(content.length), ...content]
}

function name(text: string): number[] {
  return sized([...Buffer.from(text)])
}

function unsigned(value: number): number[] {
  const low = value & 0x7f
  return value > 0x7f ? [low | 0x80, ...unsigned(value >>> 7)] : [low]
}

function signed(value: number): number[] {
  const low = value & 0x7f
  const rest = value >> 7
  const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)
  return done ? [low] : [low | 0x80, ...signed(rest)]
}

/** What src/protocol/crc32c/module.ts must hold. */
export function moduleSource(): string {
  const bytes = assembleModule()
  const lines = Buffer.from(bytes)
    .toString('base64')
    .match(/.{1,100}/g)!
  return `// Made by scripts/crc32c-module.ts, where it is explained: run that, do not edit this.

/** Where the bytes to sum start in the module's memory; all before it stays zero. */
export const INPUT_START = ${layout.inputStart}

/** How many bytes can be summed at once. */
export const CAPACITY = ${layout.capacity}

/** Where the sixteen tables stand, of 256 words each. */
export const TABLES_START = ${layout.tablesStart}

/** ${bytes.length} bytes of WebAssembly, in base64. */
export const MODULE = [
${lines.map((line) => `  '${line}',`).join('\n')}
].join('')
`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('../src/protocol/crc32c/module.ts', import.meta.url), moduleSource())
}
