// What the codecs are tried on.

import { randomBytes } from 'node:crypto'
import fc from 'fast-check'

/** Of every kind: text, noise, runs, short patterns, and noise with repetitions far apart. */
export const inputs: readonly (readonly [string, Buffer])[] = [
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from('x')],
  ['less than a match', Buffer.from('abcabcabcab')],
  ['a run', Buffer.alloc(300_000, 7)],
  ['noise', randomBytes(200_000)],
  [
    'text',
    Buffer.from(Array.from({ length: 20_000 }, (_, i) => `{"id":${i},"name":"n${i % 97}"}`).join('\n')),
  ],
  [
    'patterns',
    Buffer.concat(Array.from({ length: 700 }, (_, i) => Buffer.alloc(i, Buffer.from(`p${i % 7}`)))),
  ],
  ['far repetitions', Buffer.alloc(400_000, randomBytes(40_000))],
  ['one byte between repetitions', separated(randomBytes(131_072), 64, 'Z')],
  [
    'no repetition of few symbols',
    Buffer.from(Array.from({ length: 900 }, (_, i) => (i * i + Math.floor(i / 53) * i) % 53)),
  ],
  ['at a block end', Buffer.alloc(65_536, 'block ')],
  ['one beyond a block end', Buffer.alloc(65_537, 'block ')],
]

/** Some bytes, then pieces of them in another order with a separator after each. */
function separated(bytes: Buffer, pieceBytes: number, separator: string): Buffer {
  const pieces = [bytes]
  for (let i = 1; i < 1500; i++) {
    const at = (i * 7919) % (bytes.length - pieceBytes)
    pieces.push(bytes.subarray(at, at + pieceBytes), Buffer.from(separator))
  }
  return Buffer.concat(pieces)
}

const WORDS = 'order customer partition offset pending shipped Berlin Tokyo of the a and'.split(' ')

/** Ways to make `size` bytes, of different structure. `next(n)` is a whole number below `n`. */
const shapes: { readonly [name: string]: (size: number, next: (below: number) => number) => Buffer } = {
  noise: (size, next) => fill(size, () => Buffer.from([next(256), next(256), next(256)])),
  'few symbols': (size, next) => fill(size, () => Buffer.from([65 + Math.min(next(3), next(5))])),
  'skewed symbols': (size, next) =>
    fill(size, () => Buffer.from([Math.floor(2 ** (next(800) / 100)) & 0xff])),
  runs: (size, next) => fill(size, () => Buffer.alloc(1 + next(2000), next(4))),
  words: (size, next) => fill(size, () => Buffer.from(`${WORDS[next(WORDS.length)]} `)),
  JSON: (size, next) =>
    fill(size, (at) =>
      Buffer.from(
        `{"id":${at},"user":${next(1e6)},"state":"${WORDS[next(WORDS.length)]}","ok":${next(2) > 0}}\n`,
      ),
    ),
  numbers: (size, next) =>
    fill(size, (at) => {
      const row = Buffer.alloc(16)
      row.writeInt32BE(at)
      row.writeDoubleBE(next(1000) / 8, 8)
      return row
    }),
  'repeated pieces': (size, next) => {
    const pieces = Array.from({ length: 20 }, () => shapes['noise']!(3 + next(300), next))
    return fill(size, () => pieces[next(pieces.length)]!)
  },
  'far repetitions': (size, next) => Buffer.alloc(size, shapes['noise']!(1 + (size >> 1), next)),
}

/** Lines of JSON, the same every time. */
export function jsonRecords(size: number): Buffer {
  return shapes['JSON']!(size, randomBelow(1))
}

/** Bytes of some shape and size, or several after each other. */
export function shapedBytes(maxLength: number): fc.Arbitrary<Buffer> {
  const one = fc
    .tuple(fc.constantFrom(...Object.keys(shapes)), fc.nat(maxLength), fc.integer())
    .map(([shape, size, seed]) => shapes[shape]!(size, randomBelow(seed)))
  return fc.oneof(
    { weight: 3, arbitrary: one },
    { weight: 1, arbitrary: fc.array(one, { maxLength: 4 }).map((parts) => Buffer.concat(parts)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
  )
}

function fill(size: number, piece: (at: number) => Buffer): Buffer {
  const bytes = Buffer.alloc(size)
  for (let at = 0; at < size; ) at += piece(at).copy(bytes, at) || 1
  return bytes
}

function randomBelow(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return Math.floor(((state >>> 0) / 2 ** 32) * below)
  }
}
