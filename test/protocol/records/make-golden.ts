// Writes golden.json: batches as Kafka's own classes made them, and what those read in them. To be run by hand, with a
// JDK and Maven there: `node test/protocol/records/make-golden.ts`.

import { writeFileSync } from 'node:fs'
import { COMPRESSION_TYPES } from '../../../src/protocol/compression/index.ts'
import { type BatchModel, type RecordModel, startJavaBatches } from './java-batches.ts'

const NOW = 1_700_000_000_000
const java = await startJavaBatches()
const golden: { name: string; bytes: string; lines: string[] }[] = []
async function add(name: string, bytes: Buffer): Promise<void> {
  const lines = await java.read(bytes)
  if (lines.some((line) => line.startsWith('error'))) throw new Error(`${name}: ${lines.join('\n')}`)
  golden.push({ name, bytes: bytes.toString('base64'), lines })
}

function records(magic: BatchModel['magic'], offsets: readonly number[]): RecordModel[] {
  return offsets.map((offset, i) => ({
    offset,
    timestamp: magic === 0 ? -1 : NOW + ((i * 37) % 100) - 20,
    key: i % 3 === 0 ? null : Buffer.from(`schlüssel-${i % 4}`),
    value: i % 5 === 4 ? null : Buffer.from('value '.repeat(i * 3)),
    headers:
      magic !== 2 || i % 2 === 0
        ? []
        : [
            ['trace', Buffer.from([0, 0xff])],
            ['trace', null],
            ['', Buffer.alloc(0)],
          ],
  }))
}

for (const magic of [0, 1, 2] as const) {
  for (const compression of COMPRESSION_TYPES) {
    if (magic !== 2 && compression === 'zstd') continue
    const batch = {
      magic,
      compression,
      baseOffset: 1000,
      records: records(magic, [1000, 1001, 1002, 1007, 1030]),
    }
    await add(`magic ${magic}, ${compression}`, await java.write(batch))
    if (magic > 0) {
      await add(
        `magic ${magic}, ${compression}, log append time`,
        await java.write({ ...batch, logAppendTime: NOW }),
      )
    }
  }
}
const transactional: BatchModel = {
  magic: 2,
  compression: 'none',
  baseOffset: 2 ** 40,
  records: records(2, [2 ** 40, 2 ** 40 + 1, 2 ** 40 + 5]),
  producerId: 123_456_789_012_345_678n,
  producerEpoch: 32_767,
  baseSequence: 2 ** 31 - 2,
  transactional: true,
  partitionLeaderEpoch: 17,
}
await add('transactional', await java.write(transactional))
await add(
  'delete horizon and lost last records',
  await java.write({ ...transactional, deleteHorizonMs: NOW + 5000, lastOffset: 2 ** 40 + 9 }),
)
await add('commit marker', await java.marker('COMMIT', 5, 3, 41, NOW, 77))
await add('abort marker', await java.marker('ABORT', 5, 3, 41, NOW, 78))
await add('empty', await java.empty(1000, 1099, 42, 3, 17, 9, NOW, true, false))

await add(
  'several',
  Buffer.concat([
    await java.write(transactional),
    await java.write({ magic: 1, compression: 'gzip', baseOffset: 5, records: records(1, [5, 6]) }),
    await java.marker('COMMIT', 5, 3, 41, NOW, 77),
  ]),
)
await java.close()
writeFileSync(new URL('golden.json', import.meta.url), `${JSON.stringify(golden, null, 2)}\n`)
