// Damage to bytes: all of a kind, or at random.

/** Each with one bit changed, from byte `start` on. The same buffer is given again and again. */
export function* flippedBits(bytes: Buffer, start = 0): Generator<Buffer> {
  const damaged = Buffer.from(bytes)
  for (let bit = start * 8; bit < bytes.length * 8; bit++) {
    damaged[bit >> 3]! ^= 1 << (bit & 7)
    yield damaged
    damaged[bit >> 3]! ^= 1 << (bit & 7)
  }
}

const hex = (numbers: readonly string[]) => numbers.map((number) => Buffer.from(number, 'hex'))

/** Lengths and counts that cannot be, or hardly. */
const ABSURD_INTEGERS = hex([...['7fff', '8000', '7fffffff', '80000000', 'ffffffff', 'fffffffe', '00ffffff']])
/** 2^31-1, 2^32-1, 2^21; two with more bits than an int32 and an int64 have, and one without an end. */
const ABSURD_VARINTS = hex([
  ...['ffffffff07', 'ffffffff0f', '80808001', 'ffffffff1f'],
  ...['ffffffffffffffffffff01', '80808080808080808080808080'],
])

/** Each with such a number over what stands at one of the bytes, from byte `start` on. */
export function* absurdIntegers(bytes: Buffer, start = 0): Generator<Buffer> {
  for (const absurd of ABSURD_INTEGERS) {
    for (let at = start; at + absurd.length <= bytes.length; at++) {
      yield splice(bytes, at, absurd.length, absurd)
    }
  }
}

/** Each with such a number in the place of one of the bytes, from byte `start` on. */
export function* absurdVarints(bytes: Buffer, start = 0): Generator<Buffer> {
  for (const absurd of ABSURD_VARINTS) {
    for (let at = start; at < bytes.length; at++) yield splice(bytes, at, 1, absurd)
  }
}

/** The same numbers of a seed and an index, always. */
export function randomOf(seed: number, index: number): (below: number) => number {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) | 0
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** Changed in one of many ways, at times in several. `other` lends its end. */
export function mutated(bytes: Buffer, other: Buffer, random: (below: number) => number): Buffer {
  let changed: Buffer = bytes
  for (let times = random(4) === 0 ? 3 : 1; times > 0; times--) {
    changed = MUTATIONS[random(MUTATIONS.length)]!(changed, other, random)
  }
  return changed
}

type Mutation = (bytes: Buffer, other: Buffer, random: (below: number) => number) => Buffer

const MUTATIONS: readonly Mutation[] = [
  (bytes, _, random) => {
    const changed = Buffer.from(bytes)
    for (let times = random(3); times >= 0; times--) {
      if (bytes.length > 0) changed[random(bytes.length)]! ^= 1 << random(8)
    }
    return changed
  },
  (bytes, _, random) => {
    const changed = Buffer.from(bytes)
    for (let times = random(4); times >= 0; times--) {
      if (bytes.length > 0) changed[random(bytes.length)] = random(256)
    }
    return changed
  },
  (bytes, _, random) => {
    const absurd = ABSURD_INTEGERS[random(ABSURD_INTEGERS.length)]!
    return splice(bytes, random(bytes.length + 1), absurd.length, absurd)
  },
  (bytes, _, random) =>
    splice(bytes, random(bytes.length + 1), 1, ABSURD_VARINTS[random(ABSURD_VARINTS.length)]!),
  (bytes, _, random) => bytes.subarray(0, random(bytes.length + 1)),
  (bytes, _, random) => splice(bytes, random(bytes.length + 1), 0, randomBytes(1 + random(8), random)),
  (bytes, _, random) => splice(bytes, random(bytes.length + 1), 1 + random(8), Buffer.alloc(0)),
  (bytes, other, random) =>
    Buffer.concat([bytes.subarray(0, random(bytes.length + 1)), other.subarray(random(other.length + 1))]),
  // What was a value becomes a count, and the other way round.
  (bytes, _, random) =>
    splice(bytes, random(bytes.length + 1), 0, bytes.subarray(0, random(bytes.length + 1))),
  (bytes, _, random) => {
    const kept = random(bytes.length + 1)
    return Buffer.concat([bytes.subarray(0, kept), randomBytes(random(64), random)])
  },
]

function randomBytes(length: number, random: (below: number) => number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  // Small numbers are what counts and lengths are made of: half of all bytes.
  for (let i = 0; i < length; i++) bytes[i] = random(2) === 0 ? random(256) : random(4)
  return bytes
}

function splice(bytes: Buffer, at: number, without: number, insert: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + without)])
}
