// xxHash, 64 bits, seed 0: the checksum of zstd frames. Source: https://github.com/Cyan4973/xxHash, doc/xxhash_spec.md
//
// In halves of 32 bits: on the Node versions that this is for, BigInt would make an object of every product.

const PRIME_1 = [0x85ebca87, 0x9e3779b1] as const
const PRIME_2 = [0x27d4eb4f, 0xc2b2ae3d] as const
const PRIME_3 = [0x9e3779f9, 0x165667b1] as const
const PRIME_4 = [0xc2b2ae63, 0x85ebca77] as const
const PRIME_5 = [0x165667c5, 0x27d4eb2f] as const

const STRIPE_BYTES = 32

/** The low half of the hash of `bytes[start, end)`, unsigned: what a frame holds of it. */
export function xxhash64Low(bytes: Uint8Array, start = 0, end = bytes.length): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = end - start
  let at = start
  if (length >= STRIPE_BYTES) {
    const lanes = newLanes()
    for (const last = end - STRIPE_BYTES; at <= last; at += STRIPE_BYTES) {
      for (let lane = 0; lane < 8; lane += 2) {
        load(lanes[lane]!, lanes[lane + 1]!)
        addRound(view.getInt32(at + lane * 4, true), view.getInt32(at + lane * 4 + 4, true))
        lanes[lane] = low
        lanes[lane + 1] = high
      }
    }
    joinLanes(lanes)
  } else load(...PRIME_5)
  add(length, 0)
  return finish(bytes, view, at, end)
}

/** The register that the functions below work on. */
let low = 0
let high = 0

function newLanes(): Int32Array {
  const lanes = new Int32Array(8)
  const set = (lane: number): void => {
    lanes[lane * 2] = low
    lanes[lane * 2 + 1] = high
  }
  load(...PRIME_1)
  add(...PRIME_2)
  set(0)
  load(...PRIME_2)
  set(1)
  // Two's complement.
  load(~PRIME_1[0], ~PRIME_1[1])
  add(1, 0)
  set(3)
  return lanes
}

function joinLanes(lanes: Int32Array): void {
  let sumLow = 0
  let sumHigh = 0
  for (const [lane, bits] of [1, 7, 12, 18].entries()) {
    load(lanes[lane * 2]!, lanes[lane * 2 + 1]!)
    rotate(bits)
    add(sumLow, sumHigh)
    sumLow = low
    sumHigh = high
  }
  for (let lane = 0; lane < 8; lane += 2) {
    load(0, 0)
    addRound(lanes[lane]!, lanes[lane + 1]!)
    load(sumLow ^ low, sumHigh ^ high)
    multiply(...PRIME_1)
    add(...PRIME_4)
    sumLow = low
    sumHigh = high
  }
}

function finish(bytes: Uint8Array, view: DataView, start: number, end: number): number {
  let at = start
  for (; at + 8 <= end; at += 8) {
    const hashLow = low
    const hashHigh = high
    load(0, 0)
    addRound(view.getInt32(at, true), view.getInt32(at + 4, true))
    load(hashLow ^ low, hashHigh ^ high)
    rotate(27)
    multiply(...PRIME_1)
    add(...PRIME_4)
  }
  for (; at + 4 <= end; at += 4) {
    const hashLow = low
    const hashHigh = high
    load(view.getInt32(at, true), 0)
    multiply(...PRIME_1)
    load(hashLow ^ low, hashHigh ^ high)
    rotate(23)
    multiply(...PRIME_2)
    add(...PRIME_3)
  }
  for (; at < end; at++) {
    const hashLow = low
    const hashHigh = high
    load(bytes[at]!, 0)
    multiply(...PRIME_5)
    load(hashLow ^ low, hashHigh ^ high)
    rotate(11)
    multiply(...PRIME_1)
  }
  load(low ^ (high >>> 1), high)
  multiply(...PRIME_2)
  load(low ^ ((low >>> 29) | (high << 3)), high ^ (high >>> 29))
  multiply(...PRIME_3)
  return (low ^ high) >>> 0
}

/** One round of a lane, which is in the register, with its input. */
function addRound(inputLow: number, inputHigh: number): void {
  const laneLow = low
  const laneHigh = high
  load(inputLow, inputHigh)
  multiply(...PRIME_2)
  add(laneLow, laneHigh)
  rotate(31)
  multiply(...PRIME_1)
}

function load(valueLow: number, valueHigh: number): void {
  low = valueLow | 0
  high = valueHigh | 0
}

function add(valueLow: number, valueHigh: number): void {
  const sum = (low >>> 0) + (valueLow >>> 0)
  low = sum | 0
  high = (high + valueHigh + (sum > 0xffff_ffff ? 1 : 0)) | 0
}

function multiply(valueLow: number, valueHigh: number): void {
  const product = Math.imul(low, valueLow)
  // The product in floating point is wrong by less than 2^11, which the high half does not see once it is rounded.
  const above = ((low >>> 0) * (valueLow >>> 0) - (product >>> 0)) / 2 ** 32
  high = (Math.imul(low, valueHigh) + Math.imul(high, valueLow) + Math.round(above)) | 0
  low = product
}

/** To the left; `bits` below 32. */
function rotate(bits: number): void {
  const before = low
  low = (low << bits) | (high >>> (32 - bits))
  high = (high << bits) | (before >>> (32 - bits))
}
