// Record batches, encoded and decoded. What a client encodes is decoded by ottla, its checksum checked, and must be the
// samples; what it decodes is ottla's batch, which Kafka's own classes read in test/interop.

import type { Buffer } from 'node:buffer'
import { BatchBuilder } from '../../../src/protocol/records/builder.ts'
import type { DecodeInput, EncodeInput, Sample } from '../contract.ts'
import { digestOfRecords, digestOfSamples } from '../digest.ts'
import { plainRecords } from '../drivers/ottla.ts'
import { ask, type Goal, type Row } from '../row.ts'
import { samples } from '../samples.ts'

const COUNTS = [1, 100, 10_000]
const SIZES: readonly (readonly [name: string, bytes: number])[] = [
  ['10 B', 10],
  ['100 B', 100],
  ['1 KiB', 1024],
  ['100 KiB', 102_400],
]
/** Larger batches are left out: no broker takes them. */
const MAX_BATCH_BYTES = 64 * 1024 * 1024

const shapes = COUNTS.flatMap((count) =>
  SIZES.filter(([, bytes]) => count * bytes <= MAX_BATCH_BYTES).map(([name, bytes]) => ({
    name: `${count.toLocaleString('en')} × ${name}`,
    count,
    bytes,
  })),
)

export const rows: readonly Row[] = [
  ...shapes.map(({ name, count, bytes }) =>
    encoding(`encode ${name}`, count, () => samples(count, bytes), 'bytes', goalOf(count, bytes, 150)),
  ),
  encoding('encode 100 × 100 B, two headers', 100, () => samples(100, 100, 2), 'bytes'),
  encoding('encode 100 × 100 B, given as text', 100, () => samples(100, 100), 'text'),
  encoding('encode 10,000 × 100 B, given as text', 10_000, () => samples(10_000, 100), 'text'),

  ...shapes.map(({ name, count, bytes }) =>
    decoding(`walk ${name}`, { count, bytes, look: 'walk', goal: goalOf(count, bytes, 20) }),
  ),
  ...shapes.map(({ name, count, bytes }) =>
    decoding(`decode ${name}, every key and value viewed`, { count, bytes, look: 'views' }),
  ),
  decoding('decode 100 × 100 B, two headers, every key and value viewed', {
    count: 100,
    bytes: 100,
    headers: 2,
    look: 'views',
  }),
  ...[100, 10_000].flatMap((count) => {
    const name = `decode ${count.toLocaleString('en')} × 100 B`
    return [
      decoding(`${name}, every key and value as text`, { count, bytes: 100, look: 'text' }),
      decoding(`${name}, every key and value viewed, ottla checks the checksum`, {
        count,
        bytes: 100,
        look: 'views',
        checked: true,
      }),
    ]
  }),
]

function goalOf(count: number, bytes: number, atMostNs: number): Goal {
  return count > 1 && bytes === 100 ? { atMostNs } : {}
}

function encoding(
  name: string,
  count: number,
  make: () => readonly Sample[],
  given: EncodeInput['given'],
  goal: Goal = {},
): Row {
  return {
    name,
    unit: { name: 'ns/record', perRun: count },
    goal,
    prepare({ encodeBatch }) {
      const records = make()
      const job = ask(encodeBatch, { samples: records, given }, (batch) =>
        digestOfRecords(plainRecords(batch)),
      )
      return typeof job === 'string' ? job : { job, expected: digestOfSamples(records) }
    },
  }
}

interface Decoding {
  readonly count: number
  readonly bytes: number
  readonly headers?: number
  readonly look: DecodeInput['look']
  readonly checked?: boolean
  readonly goal?: Goal
}

function decoding(name: string, of: Decoding): Row {
  const { count, bytes, headers = 0, look, checked = false, goal = {} } = of
  return {
    name,
    unit: { name: 'ns/record', perRun: count },
    goal,
    prepare({ decodeBatch }) {
      const records = samples(count, bytes, headers)
      const job = ask(decodeBatch, { batch: batchOf(records), look, checked }, digestOfRecords)
      return typeof job === 'string' ? job : { job, expected: digestOfSamples(records) }
    },
  }
}

export function batchOf(records: readonly Sample[]): Buffer {
  const builder = new BatchBuilder({ maxBytes: Number.POSITIVE_INFINITY })
  for (const { key, value, headers, timestamp } of records) builder.tryAppend(key, value, headers, timestamp)
  return builder.seal().bytes
}
