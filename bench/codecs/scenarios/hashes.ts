// CRC32C, the checksum of batches, and murmur2, by which keys are placed.

import { Buffer } from 'node:buffer'
import { murmur2 } from '../../../src/client/producer/murmur2.ts'
import { digestOfNumbers } from '../digest.ts'
import { ask, type Goal, type Row } from '../row.ts'
import { noiseText, range } from '../samples.ts'

const POLYNOMIAL = 0x82f63b78
const KEYS = 1000

export const rows: readonly Row[] = [
  checksum('64 B', 64, 64),
  checksum('1 KiB', 1024, 16),
  checksum('64 KiB', 65_536, 2, { atLeastGBps: 8 }),
  hashing(
    '6 B keys',
    range(KEYS).map((i) => `k${String(i).padStart(5, '0')}`),
  ),
  hashing(
    '36 B keys',
    range(KEYS).map((i) => `3f1c2d4e-5a6b-4c7d-8e9f-${String(i * 7919).padStart(12, '0')}`),
  ),
].flat()

function checksum(name: string, bytes: number, inputs: number, goal: Goal = {}): readonly Row[] {
  return [
    {
      name: `CRC32C of ${name}`,
      unit: { name: 'ns/call', perRun: inputs },
      bytesPerUnit: bytes,
      goal,
      prepare({ crc32c }) {
        const noise = noiseText(bytes + inputs)
        const given = range(inputs).map((i) => noise.subarray(i, i + bytes))
        const job = ask(crc32c, given, digestOfNumbers)
        return typeof job === 'string' ? job : { job, expected: digestOfNumbers(given.map(bitByBit)) }
      },
    },
  ]
}

function hashing(name: string, texts: readonly string[]): readonly Row[] {
  const unit = { name: 'ns/key', perRun: texts.length }
  const keys = texts.map((text) => Buffer.from(text))
  return [
    {
      name: `murmur2 of ${name}`,
      unit,
      prepare(driver) {
        const job = ask(driver.murmur2, keys, digestOfNumbers)
        return typeof job === 'string'
          ? job
          : { job, expected: digestOfNumbers(keys.map((key) => murmur2(key))) }
      },
    },
    {
      name: `murmur2 of ${name} that are text`,
      unit,
      prepare({ murmur2OfText }) {
        const job = ask(murmur2OfText, texts, digestOfNumbers)
        return typeof job === 'string'
          ? job
          : { job, expected: digestOfNumbers(keys.map((key) => murmur2(key) & 0x7fff_ffff)) }
      },
    },
  ]
}

/** CRC32C by its definition. */
function bitByBit(bytes: Uint8Array): number {
  let register = -1
  for (const byte of bytes) {
    register ^= byte
    for (let bit = 0; bit < 8; bit++) register = (register >>> 1) ^ (register & 1 ? POLYNOMIAL : 0)
  }
  return ~register >>> 0
}
