// xxHash, 64 bits, seed 0: the checksum of zstd frames. Source: https://github.com/Cyan4973/xxHash, doc/xxhash_spec.md
//
// In halves of 32 bits: on the Node versions that this is for, BigInt makes an object of every product.

/** A 64-bit number in halves, either of which may be negative. */
interface Halves {
  readonly low: number
  readonly high: number
}

const ZERO: Halves = { low: 0, high: 0 }
const PRIME_1: Halves = { low: 0x85ebca87, high: 0x9e3779b1 }
const PRIME_2: Halves = { low: 0x27d4eb4f, high: 0xc2b2ae3d }
const PRIME_3: Halves = { low: 0x9e3779f9, high: 0x165667b1 }
const PRIME_4: Halves = { low: 0xc2b2ae63, high: 0x85ebca77 }
const PRIME_5: Halves = { low: 0x165667c5, high: 0x27d4eb2f }

const STRIPE_BYTES = 32
/** Of a stripe each lane takes eight bytes. Where they begin, and by how much they are rotated in the end. */
const LANES: readonly (readonly [start: Halves, bits: number])[] = [
  [sum(PRIME_1, PRIME_2), 1],
  [PRIME_2, 7],
  [ZERO, 12],
  [sum({ low: ~PRIME_1.low, high: ~PRIME_1.high }, { low: 1, high: 0 }), 18],
]

/** The low half of the hash of `bytes[start, end)`, unsigned: what a frame holds of it. */
export function xxhash64Low(bytes: Uint8Array, start = 0, end = bytes.length): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const stripesEnd = end - ((end - start) % STRIPE_BYTES)
  let hash = PRIME_5
  if (stripesEnd > start) {
    const lanes = LANES.map(([lane], i) => rounds(lane, view, start + i * 8, stripesEnd))
    hash = lanes.map((lane, i) => rotate(lane, LANES[i]![1])).reduce(sum)
    for (const lane of lanes) {
      hash = sum(product(xor(hash, round(ZERO, lane.low, lane.high)), PRIME_1), PRIME_4)
    }
  }
  hash = sum(hash, { low: end - start, high: 0 })
  let at = stripesEnd
  for (; at + 8 <= end; at += 8) {
    const mixed = xor(hash, round(ZERO, view.getInt32(at, true), view.getInt32(at + 4, true)))
    hash = sum(product(rotate(mixed, 27), PRIME_1), PRIME_4)
  }
  for (; at + 4 <= end; at += 4) {
    const mixed = xor(hash, product({ low: view.getInt32(at, true), high: 0 }, PRIME_1))
    hash = sum(product(rotate(mixed, 23), PRIME_2), PRIME_3)
  }
  for (; at < end; at++) {
    hash = product(rotate(xor(hash, product({ low: bytes[at]!, high: 0 }, PRIME_5)), 11), PRIME_1)
  }
  hash = product({ low: hash.low ^ (hash.high >>> 1), high: hash.high }, PRIME_2)
  const { low, high } = hash
  hash = product({ low: low ^ ((low >>> 29) | (high << 3)), high: high ^ (high >>> 29) }, PRIME_3)
  return (hash.low ^ hash.high) >>> 0
}

/** All rounds of a lane. Hot: the same as `round`, without objects. */
function rounds(lane: Halves, view: DataView, start: number, end: number): Halves {
  let { low, high } = lane
  for (let at = start; at < end; at += STRIPE_BYTES) {
    const input = view.getInt32(at, true)
    const added = Math.imul(input, PRIME_2.low)
    const sumLow = (low >>> 0) + (added >>> 0)
    const carry = sumLow > 0xffff_ffff ? 1 : 0
    const sumHigh = (high + highOfProduct(input, view.getInt32(at + 4, true), PRIME_2, added) + carry) | 0
    const rotated = (sumLow << 31) | (sumHigh >>> 1)
    low = Math.imul(rotated, PRIME_1.low)
    high = highOfProduct(rotated, (sumHigh << 31) | ((sumLow | 0) >>> 1), PRIME_1, low)
  }
  return { low, high }
}

function round(lane: Halves, low: number, high: number): Halves {
  return product(rotate(sum(lane, product({ low, high }, PRIME_2)), 31), PRIME_1)
}

function sum(a: Halves, b: Halves): Halves {
  const low = (a.low >>> 0) + (b.low >>> 0)
  return { low: low | 0, high: (a.high + b.high + (low > 0xffff_ffff ? 1 : 0)) | 0 }
}

function product({ low, high }: Halves, by: Halves): Halves {
  const productLow = Math.imul(low, by.low)
  return { low: productLow, high: highOfProduct(low, high, by, productLow) }
}

/** The high half of a product whose low half is known. */
function highOfProduct(low: number, high: number, by: Halves, productLow: number): number {
  // In floating point it is wrong by less than 2^12, of which the high half sees nothing once it is rounded.
  const above = ((low >>> 0) * (by.low >>> 0) - (productLow >>> 0)) * 2 ** -32
  return (Math.imul(low, by.high) + Math.imul(high, by.low) + Math.round(above)) | 0
}

function xor(a: Halves, b: Halves): Halves {
  return { low: a.low ^ b.low, high: a.high ^ b.high }
}

/** To the left; `bits` is from 1 to 31. */
function rotate({ low, high }: Halves, bits: number): Halves {
  return { low: (low << bits) | (high >>> (32 - bits)), high: (high << bits) | (low >>> (32 - bits)) }
}
