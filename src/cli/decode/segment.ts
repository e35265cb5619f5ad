// A log segment: a line for each batch, and on request one for each record.

import { basename, dirname } from 'node:path'
import {
  type ByteSource,
  type RecordBatch,
  readSegment,
  type SegmentBatch,
  type SegmentDamage,
} from '../../protocol/index.ts'
import { type Column, counted, headingLine, rowLine } from '../output.ts'
import { batchFacts, batchJson, checksumProblem, reasonOf, recordBlocks, recordsIn } from './batches.ts'
import { type InternalTopic, internalTopicOf } from './internal-records.ts'
import type { DecodeOptions, Report } from './report.ts'
import { segmentTotals } from './totals.ts'
import { type Struct, scalar } from './tree.ts'

export interface SegmentOptions extends DecodeOptions {
  /** What the records are; undefined: the folder's name tells. */
  readonly internal: InternalTopic | undefined
}

/** The offset in a file's name; undefined when it is not named as the files of a log are. */
export function baseOffsetOf(path: string | undefined): number | undefined {
  const digits = /^(\d{20})[.-]/.exec(basename(path ?? ''))?.[1]
  return digits === undefined ? undefined : Number(digits)
}

export async function decodeSegment(
  source: ByteSource,
  path: string | undefined,
  options: SegmentOptions,
  report: Report,
): Promise<void> {
  const folder = path === undefined ? undefined : basename(dirname(path))
  const internal = options.internal ?? internalTopicOf(folder)
  const records = { full: options.full, internal, problem: () => report.count() }
  const columns = columnsFor(source.sizeBytes)
  // Records stand under the column of offsets.
  const indent = ' '.repeat(columns[0]!.width! + 2)
  await report.text(headingLine(columns))
  const totals = segmentTotals(baseOffsetOf(path))
  for await (const part of readSegment(source)) {
    const { position } = part
    if (part.kind === 'damage') {
      await report.problem(damageText(part, source.sizeBytes), { position })
      continue
    }
    const { batch, problem, isValid } = await checked(part)
    const count = batch === undefined ? part.header.recordCount : recordsIn(batch)
    const facts = batchFacts(part.header, isValid, count)
    await report.text(rowLine(columns, rowOf(position, part.header.sizeBytes, facts)))
    await report.document('batch', withPosition(position, batchJson(part.header, isValid, count)))
    if (problem !== undefined) await report.problem(problem, { position })
    const misplaced = totals.add(part.header, count)
    if (misplaced !== undefined) await report.problem(misplaced, { position })
    if (!options.records || batch === undefined) continue
    for (const record of recordBlocks(batch, records)) await report.block('record', record, indent)
  }
  await report.text(totals.text())
}

interface Checked {
  readonly batch?: RecordBatch
  readonly problem?: string | undefined
  /** Undefined when the batch is too large to be read. */
  readonly isValid?: boolean
}

async function checked(part: SegmentBatch): Promise<Checked> {
  try {
    const batch = await part.read()
    const problem = checksumProblem(batch)
    return { batch, problem, isValid: problem === undefined }
  } catch (error) {
    return { problem: `${reasonOf(error)}; its records and its checksum were not looked at` }
  }
}

export function damageText({ position, sizeBytes, reason }: SegmentDamage, fileBytes: number): string {
  const end = position + sizeBytes
  const then =
    end < fileBytes
      ? `reading goes on at position ${end}, ${counted(sizeBytes, 'byte')} further`
      : `reading ends here, ${counted(sizeBytes, 'byte')} before the end of the file`
  return `${reason}; ${then}`
}

/** As wide as positions in a file of this size are; other columns as wide as they usually are. */
function columnsFor(fileBytes: number): readonly Column[] {
  return [
    { title: 'POSITION', width: Math.max(8, String(fileBytes).length), right: true },
    { title: 'OFFSETS', width: 15 },
    { title: 'RECORDS', right: true },
    { title: 'BYTES', width: 8, right: true },
    { title: 'CODEC', width: 6 },
    { title: 'TIME', width: 31 },
    { title: 'PRODUCER', width: 8 },
    { title: 'SEQUENCES', width: 11 },
    { title: 'EPOCH', right: true },
    { title: 'CRC', width: 3 },
    { title: '' },
  ]
}

function rowOf(position: number, sizeBytes: number, facts: ReturnType<typeof batchFacts>): string[] {
  const { offsets, records, codec, time, producer, sequences, leaderEpoch, crc, notes } = facts
  const bytes = String(sizeBytes)
  return [
    String(position),
    offsets,
    records,
    bytes,
    codec,
    time,
    producer,
    sequences,
    leaderEpoch,
    crc,
    notes,
  ]
}

function withPosition(position: number, { entries }: Struct): Struct {
  return { kind: 'struct', entries: [['position', scalar(position)], ...entries] }
}
