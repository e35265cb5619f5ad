// The inputs. Deterministic, so that every process makes the same.

import { Buffer } from 'node:buffer'
import type { Sample } from './contract.ts'

export const BASE_TIMESTAMP = 1_700_000_000_000

const PRINTABLE = 95

/** Keys of six bytes, values of printable text in which nothing repeats for long, timestamps that grow slowly. */
export function samples(count: number, valueBytes: number, headerCount = 0): readonly Sample[] {
  const noise = noiseText(valueBytes + 4096)
  return Array.from({ length: count }, (_, i) => {
    const keyText = `k${String(i % 100_000).padStart(5, '0')}`
    const start = (i * 31) % 4096
    const value = Buffer.from(noise.subarray(start, start + valueBytes))
    const headers = Array.from(
      { length: headerCount },
      (_, n) => [`header-${n}`, Buffer.from(`value-${i % 10}`)] as const,
    )
    return {
      key: Buffer.from(keyText),
      keyText,
      value,
      valueText: value.toString('latin1'),
      timestamp: BASE_TIMESTAMP + (i >> 4),
      headers,
    }
  })
}

/** Values as they are often met: JSON of a hundred bytes and some, most of it repeating. */
export function jsonSamples(count: number): readonly Sample[] {
  return Array.from({ length: count }, (_, i) => {
    const id = (Math.imul(i + 1, 2_654_435_761) >>> 8).toString(16).padStart(6, '0')
    const keyText = `c${i % 97}`
    const valueText = JSON.stringify({
      orderId: `o-${id}`,
      customer: keyText,
      amount: ((i * 37) % 10_000) / 100,
      currency: i % 3 === 0 ? 'USD' : 'EUR',
      placedAt: new Date(BASE_TIMESTAMP + i * 7919).toISOString(),
      items: i % 5,
    })
    const [key, value] = [Buffer.from(keyText), Buffer.from(valueText)]
    return { key, keyText, value, valueText, timestamp: BASE_TIMESTAMP + i, headers: [] }
  })
}

export function noiseText(length: number): Buffer {
  let state = 12_345
  return Buffer.from(
    Array.from({ length }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      return 32 + ((state >>> 8) % PRINTABLE)
    }),
  )
}

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}
