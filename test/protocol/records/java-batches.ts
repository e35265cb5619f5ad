// Kafka's own batch classes, driven over a pipe: `RecordBatches.java` writes the batches we describe and tells what it
// reads in ours. Both sides describe a batch in the same lines.

import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { CompressionType } from '../../../src/protocol/compression/index.ts'
import { type RecordBatch, readBatches } from '../../../src/protocol/records/batch.ts'
import { readControlBatch } from '../../../src/protocol/records/control.ts'
import { openBatch } from '../../../src/protocol/records/cursor.ts'
import { javaProgram, spawnJava } from '../../support/brokers/java.ts'

export interface RecordModel {
  readonly offset: number
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly (readonly [string, Buffer | null])[]
}

export interface BatchModel {
  readonly magic: 0 | 1 | 2
  readonly compression: CompressionType
  readonly baseOffset: number
  readonly records: readonly RecordModel[]
  /** Undefined for the time of creation. */
  readonly logAppendTime?: number
  readonly producerId?: bigint
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly transactional?: boolean
  readonly partitionLeaderEpoch?: number
  readonly deleteHorizonMs?: number
  /** Where it is not the last record's. */
  readonly lastOffset?: number
}

export interface JavaBatches {
  write(batch: BatchModel): Promise<Buffer>
  marker(type: 'COMMIT' | 'ABORT', ...numbers: (number | bigint)[]): Promise<Buffer>
  empty(...fields: (number | bigint | boolean)[]): Promise<Buffer>
  /** What Java reads there, as {@link describe} tells it. Ends with an `error` line when it refuses. */
  read(bytes: Uint8Array): Promise<string[]>
  close(): Promise<void>
}

export async function startJavaBatches(): Promise<JavaBatches> {
  const source = fileURLToPath(new URL('../../interop/java/RecordBatches.java', import.meta.url))
  const program = await spawnJava(await javaProgram(source), [])
  const lines = createInterface({ input: program.stdout! })[Symbol.asyncIterator]()
  const errors: Buffer[] = []
  program.stderr!.on('data', (chunk: Buffer) => errors.push(chunk))
  const nextLine = async (): Promise<string> => {
    const line = await lines.next()
    if (line.done) throw new Error(`RecordBatches.java has ended: ${Buffer.concat(errors)}`)
    return line.value
  }
  const ask = async (...fields: unknown[]): Promise<Buffer> => {
    program.stdin!.write(`${fields.join('\t')}\n`)
    return parseBytes(await nextLine())
  }
  return {
    write(batch) {
      const fields = [
        ...[batch.magic, batch.compression, batch.baseOffset],
        ...[batch.logAppendTime !== undefined, batch.logAppendTime ?? -1],
        ...[batch.producerId ?? -1, batch.producerEpoch ?? -1, batch.baseSequence ?? -1],
        ...[batch.transactional ?? false, batch.partitionLeaderEpoch ?? -1],
        ...[batch.deleteHorizonMs ?? -1, batch.lastOffset ?? -1],
      ]
      program.stdin!.write(`batch\t${fields.join('\t')}\n`)
      for (const record of batch.records) program.stdin!.write(`${recordLine(record)}\n`)
      return ask('write')
    },
    marker: (type, ...numbers) => ask('marker', type, ...numbers),
    empty: (...fields) => ask('empty', ...fields),
    async read(bytes) {
      program.stdin!.write(`read\t${formatBytes(bytes)}\n`)
      const answer: string[] = []
      for (let line = await nextLine(); line !== 'end'; line = await nextLine()) answer.push(line)
      return answer
    },
    async close() {
      program.stdin!.end()
      if (program.exitCode === null) await once(program, 'exit')
    },
  }
}

/** What we read there, in the lines of `RecordBatches.java`. */
export function describe(bytes: Buffer): string[] {
  return [...readBatches(bytes)].flatMap((batch) => {
    const records = [...openBatch(batch)].map((record) =>
      recordLine({ ...record, key: record.key, value: record.value, headers: record.headers.entries }),
    )
    // Java opens a compressed message to tell its first offset.
    const baseOffset = batch.magic === 2 ? batch.baseOffset : Number(records[0]!.split('\t')[1])
    return [batchLine(batch, baseOffset), ...records, ...controlLines(batch)]
  })
}

function batchLine(batch: RecordBatch, baseOffset: number): string {
  return [
    'batch',
    ...[batch.magic, batch.compression, baseOffset, batch.isLogAppendTime, batch.maxTimestamp],
    ...[batch.producerId, batch.producerEpoch, batch.baseSequence, batch.isTransactional],
    ...[batch.partitionLeaderEpoch, batch.deleteHorizonMs ?? -1],
    ...[batch.lastOffset, batch.lastSequence, batch.isControl],
  ].join('\t')
}

function controlLines(batch: RecordBatch): string[] {
  const control = batch.isControl ? readControlBatch(batch) : undefined
  return control === undefined ? [] : [`control\t${control.type.toUpperCase()}\t${control.coordinatorEpoch}`]
}

function recordLine(record: RecordModel): string {
  const headers = record.headers.flatMap(([name, value]) => [
    formatBytes(Buffer.from(name)),
    formatBytes(value),
  ])
  const fields = [
    record.offset,
    record.timestamp,
    formatBytes(record.key),
    formatBytes(record.value),
    ...headers,
  ]
  return `record\t${fields.join('\t')}`
}

function formatBytes(bytes: Uint8Array | null): string {
  return bytes === null ? '-' : `=${Buffer.from(bytes).toString('base64')}`
}

function parseBytes(text: string): Buffer {
  return Buffer.from(text.slice(1), 'base64')
}
