// The hash by which Kafka's clients place keys: murmur2 with Kafka's seed, equal to `Utils.murmur2` of the Java client.

const SEED = 0x9747b28c
const M = 0x5bd1e995
const R = 24

/** Clears the sign bit, as the Java client does before it takes a remainder: not the absolute value. */
export function toPositive(hash: number): number {
  return hash & 0x7fff_ffff
}

/** The hash of `bytes[0, length)`, as a signed 32-bit number. */
export function murmur2(bytes: Uint8Array, length = bytes.length): number {
  let h = SEED ^ length
  const words = length & ~3
  for (let at = 0; at < words; at += 4) {
    let k = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    k = Math.imul(k, M)
    k = Math.imul(k ^ (k >>> R), M)
    h = Math.imul(h, M) ^ k
  }
  const rest = length - words
  if (rest > 0) {
    if (rest === 3) h ^= bytes[words + 2]! << 16
    if (rest >= 2) h ^= bytes[words + 1]! << 8
    h = Math.imul(h ^ bytes[words]!, M)
  }
  h = Math.imul(h ^ (h >>> 13), M)
  return h ^ (h >>> 15)
}
