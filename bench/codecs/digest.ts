// Results in a form that can be compared between processes.

import { createHash } from 'node:crypto'
import type { PlainPartition, PlainRecord, Sample } from './contract.ts'

export function digestOfRecords(records: readonly PlainRecord[]): string {
  const hash = createHash('sha256')
  for (const { offset, timestamp, key, value, headers } of records) {
    hash.update(`${offset} ${timestamp} ${key} ${value} ${JSON.stringify(headers)}\n`)
  }
  return `${records.length} records ${hash.digest('base64url')}`
}

export function digestOfSamples(samples: readonly Sample[]): string {
  return digestOfRecords(
    samples.map(({ keyText, valueText, timestamp, headers }, offset) => ({
      offset,
      timestamp,
      key: keyText,
      value: valueText,
      headers: headers.map(([name, value]) => [name, value.toString('latin1')]),
    })),
  )
}

export function digestOfPartitions(partitions: readonly PlainPartition[]): string {
  const hash = createHash('sha256')
  for (const { topic, partition, numbers } of partitions) hash.update(`${topic} ${partition} ${numbers}\n`)
  return `${partitions.length} partitions ${hash.digest('base64url')}`
}

export function digestOfBytes(bytes: Uint8Array): string {
  return `${bytes.length} bytes ${createHash('sha256').update(bytes).digest('base64url')}`
}

export function digestOfNumbers(numbers: readonly number[]): string {
  return `${numbers.length} numbers ${createHash('sha256').update(numbers.join()).digest('base64url')}`
}
