// What records, checksums and codecs cost: `node bench/records.ts [part of a name]`. Best of several rounds, since the
// machine is shared; run it alone for figures to quote.

import { Buffer } from 'node:buffer'
import { COMPRESSION_TYPES, compressionCodecs } from '../src/protocol/compression/index.ts'
import { crc32c, crc32cByTables } from '../src/protocol/crc32c.ts'
import { batchAt } from '../src/protocol/records/batch.ts'
import { BatchBuilder, type HeaderEntries, NO_HEADERS } from '../src/protocol/records/builder.ts'
import { openBatch } from '../src/protocol/records/cursor.ts'

const ROUNDS = 7
const ROUND_MS = 60
const NOW = 1_700_000_000_000
const only = process.argv[2] ?? ''

/** Nanoseconds of one call of `run`, best of the rounds. */
function bestOf(run: () => void): number {
  const time = (calls: number): number => {
    const start = process.hrtime.bigint()
    for (let i = 0; i < calls; i++) run()
    return Number(process.hrtime.bigint() - start)
  }
  let calls = 1
  for (let took = time(calls); took < ROUND_MS * 0.7e6; took = time(calls)) {
    calls = Math.ceil(calls * Math.min(10, (ROUND_MS * 1e6) / took))
  }
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) best = Math.min(best, time(calls) / calls)
  return best
}

function report(name: string, unit: string, value: () => number): void {
  if (name.includes(only)) console.log(`${name.padEnd(62)} ${value().toFixed(2).padStart(10)} ${unit}`)
}

let sink = 0

/** Keeps a result from being optimised away. */
function use(result: number): void {
  sink += result
}

// ---- encoding: a batch is filled, sealed with its checksum, and its buffer used again

const shapes: readonly (readonly [string, string | null, string | Uint8Array, HeaderEntries])[] = [
  ['10 B bytes', 'k12345', Buffer.alloc(10, 'v'), NO_HEADERS],
  ['100 B bytes', 'k12345', Buffer.alloc(100, 'v'), NO_HEADERS],
  ['100 B bytes, no key', null, Buffer.alloc(100, 'v'), NO_HEADERS],
  ['100 B text', 'k12345', 'v'.repeat(100), NO_HEADERS],
  ['100 B text, not Latin', 'k12345', 'ж'.repeat(50), NO_HEADERS],
  [
    '100 B bytes, 2 headers',
    'k12345',
    Buffer.alloc(100, 'v'),
    [
      ['trace', 'abcdef'],
      ['tenant', Buffer.from('x')],
    ],
  ],
  ['1 KiB bytes', 'k12345', Buffer.alloc(1024, 'v'), NO_HEADERS],
  ['1 KiB text', 'k12345', 'v'.repeat(1024), NO_HEADERS],
  ['100 KiB bytes', 'k12345', Buffer.alloc(102_400, 'v'), NO_HEADERS],
]

function fill(shape: (typeof shapes)[number], maxBytes: number, buffer?: Buffer): BatchBuilder {
  const [, key, value, headers] = shape
  const builder = new BatchBuilder({ maxBytes, ...(buffer === undefined ? {} : { buffer }) })
  let timestamp = NOW
  while (builder.tryAppend(key, value, headers, timestamp)) timestamp += builder.recordCount & 1
  return builder
}

for (const shape of shapes) {
  for (const kib of [16, 64, 256]) {
    report(`encode and seal ${shape[0]}, ${kib} KiB batches`, 'ns/record', () => {
      let { buffer } = fill(shape, kib * 1024)
      const { recordCount } = fill(shape, kib * 1024, buffer)
      return (
        bestOf(() => {
          const builder = fill(shape, kib * 1024, buffer)
          sink += builder.seal().end
          buffer = builder.buffer
        }) / recordCount
      )
    })
  }
}
report('encode and seal one record of 100 B', 'ns/record', () => {
  const { buffer } = fill(shapes[1]!, 2048)
  return bestOf(() => {
    const builder = new BatchBuilder({ maxBytes: 2048, buffer })
    builder.tryAppend('k12345', shapes[1]![2], NO_HEADERS, NOW)
    sink += builder.seal().end
  })
})

// ---- walking

for (const shape of shapes) {
  const sealed = fill(shape, 65_536).seal()
  const batch = batchAt(sealed.bytes)!
  const walk = (name: string, run: () => void) =>
    report(`walk ${shape[0]}, ${name}`, 'ns/record', () => bestOf(run) / sealed.recordCount)
  const unchecked = { checkCrcs: false }
  walk('positions only', () => {
    const cursor = openBatch(batch, unchecked)
    while (cursor.next()) sink += cursor.valueLength
  })
  walk('positions only, checksum', () => {
    const cursor = openBatch(batch)
    while (cursor.next()) sink += cursor.valueLength
  })
  walk('objects', () => {
    for (const record of openBatch(batch, unchecked)) sink += record.offset
  })
  walk('objects, a view of each value', () => {
    for (const record of openBatch(batch, unchecked)) sink += record.value!.length
  })
}
for (const count of [1, 10, 100]) {
  const builder = new BatchBuilder({ maxBytes: 1_000_000 })
  for (let i = 0; i < count; i++) builder.tryAppend('k12345', shapes[1]![2], NO_HEADERS, NOW)
  const { bytes } = builder.seal()
  report(`open and walk a batch of ${count}, checksum`, 'ns/batch', () =>
    bestOf(() => {
      const cursor = openBatch(batchAt(bytes)!)
      while (cursor.next()) sink += cursor.valueLength
    }),
  )
}

// ---- checksums

const noise = Buffer.from(Array.from({ length: 262_144 }, (_, i) => Math.imul(i + 1, 2654435761) >>> 13))
for (const size of [64, 256, 512, 1024, 4096, 16_384, 65_536, 262_144]) {
  report(`crc32c of ${size} B`, 'GB/s', () => size / bestOf(() => use(crc32c(noise, 0, size))))
}
report(
  'crc32c of 65536 B, tables only',
  'GB/s',
  () => 65_536 / bestOf(() => use(crc32cByTables(noise, 0, 65_536))),
)

// ---- codecs, on records as they are often met

const lines = Array.from(
  { length: 900 },
  (_, i) =>
    `{"orderId":"o-${Math.imul(i + 1, 2654435761) >>> 8}","customer":"c${i % 97}","amount":${i * 37}}`,
)
const json = Buffer.from(lines.join('\n')).subarray(0, 65_536)
for (const type of COMPRESSION_TYPES) {
  const codec = type === 'none' ? undefined : compressionCodecs[type]
  if (codec === undefined) continue
  const compressed = codec.compress(json)
  const ratio = (json.length / compressed.length).toFixed(2)
  report(
    `${type} compress 64 KiB of JSON (${ratio} to 1)`,
    'MB/s',
    () => (json.length / bestOf(() => use(codec.compress(json).length))) * 1000,
  )
  report(
    `${type} decompress it`,
    'MB/s',
    () => (json.length / bestOf(() => use(codec.decompress(compressed, { maxBytes: 1e6 }).length))) * 1000,
  )
}
if (sink === 0) console.log('nothing was run')
