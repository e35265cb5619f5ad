// A partition's folder: its segments in a table. Only the headers of batches are read: checksums are not looked at.

import { readdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { isKafkaError, readSegment } from '../../protocol/index.ts'
import { counted, tableLines } from '../output.ts'
import { recordsIn } from './batches.ts'
import { fileInput } from './input.ts'
import type { Report } from './report.ts'
import { damageText } from './segment.ts'
import { timeText } from './text.ts'
import { type SegmentTotals, segmentTotals } from './totals.ts'
import { scalar, struct } from './tree.ts'

interface Segment {
  readonly file: string
  readonly sizeBytes: number
  readonly totals: SegmentTotals
  readonly problems: readonly { readonly position: number; readonly message: string }[]
}

export async function decodeFolder(path: string, report: Report): Promise<void> {
  const segments: Segment[] = []
  for (const file of await segmentFiles(path)) segments.push(await segmentIn(path, file))
  const name = basename(resolve(path))
  const sum = (part: (segment: Segment) => number) =>
    segments.reduce((total, segment) => total + part(segment), 0)
  const records = sum(({ totals }) => totals.records)
  await report.text(
    [
      `${name}: ${counted(segments.length, 'segment')}`,
      ...(Number.isNaN(records) ? [] : [counted(records, 'record')]),
      counted(
        sum(({ sizeBytes }) => sizeBytes),
        'byte',
      ),
    ].join(', '),
  )
  for (const line of tableLines(COLUMNS, segments.map(rowOf))) await report.text(line)
  for (const segment of segments) {
    await report.document('segment', documentOf(segment))
    for (const { position, message } of segment.problems) {
      await report.problem(message, { file: segment.file, position })
    }
  }
}

async function segmentFiles(path: string): Promise<string[]> {
  const found = await readdir(path, { withFileTypes: true })
  const files = found.map(({ name }) => name).filter((name) => /^\d{20}\.log$/.test(name))
  if (files.length > 0) return files.sort()
  const folders = found
    .filter((entry) => entry.isDirectory() && /-\d+$/.test(entry.name))
    .map(({ name }) => name)
  const hint =
    folders.length === 0
      ? ''
      : `; it holds folders of partitions: give one of them, as ${join(path, folders.sort()[0]!)}`
  throw new Error(`there are no log segments in it (files as 00000000000000000000.log)${hint}`)
}

/** Sizes of the files tell of most batches where they are: little is read at once. */
const CHUNK_BYTES = 64 * 1024

async function segmentIn(folder: string, file: string): Promise<Segment> {
  await using source = await fileInput(join(folder, file)).source()
  const totals = segmentTotals(Number(file.slice(0, 20)))
  const problems: { position: number; message: string }[] = []
  for await (const part of readSegment(source, { chunkBytes: CHUNK_BYTES })) {
    const { position } = part
    if (part.kind === 'damage') {
      problems.push({ position, message: damageText(part, source.sizeBytes) })
      continue
    }
    const { header } = part
    const records =
      header.recordCount === -1 ? await part.read().then(recordsIn, notReadable) : header.recordCount
    const misplaced = totals.add(header, records)
    if (misplaced !== undefined) problems.push({ position, message: misplaced })
  }
  return { file, sizeBytes: source.sizeBytes, totals, problems }
}

function notReadable(error: unknown): number {
  if (isKafkaError(error, 'CORRUPT_RECORD')) return Number.NaN
  throw error
}

const COLUMNS = [
  { title: 'BASE OFFSET', right: true },
  { title: 'LAST OFFSET', right: true },
  { title: 'RECORDS', right: true },
  { title: 'BATCHES', right: true },
  { title: 'BYTES', right: true },
  { title: 'FIRST TIME' },
  { title: 'LAST TIME' },
  { title: '' },
]

function rowOf({ file, sizeBytes, totals, problems }: Segment): (string | number)[] {
  const { records, batches, lastOffset, firstTime, lastTime } = totals
  const isTimed = lastTime >= 0
  return [
    Number(file.slice(0, 20)),
    lastOffset ?? '-',
    Number.isNaN(records) ? '?' : records,
    batches,
    sizeBytes,
    isTimed ? timeText(firstTime) : '-',
    isTimed ? timeText(lastTime) : '-',
    problems.length > 0 ? 'damaged' : '',
  ]
}

function documentOf({ file, sizeBytes, totals, problems }: Segment) {
  const { records, batches, lastOffset, firstTime, lastTime } = totals
  const isTimed = lastTime >= 0
  return struct({
    file: scalar(file),
    baseOffset: scalar(Number(file.slice(0, 20))),
    lastOffset: scalar(lastOffset ?? null),
    records: scalar(Number.isNaN(records) ? null : records),
    batches: scalar(batches),
    sizeBytes: scalar(sizeBytes),
    firstTimestamp: scalar(isTimed ? firstTime : null),
    lastTimestamp: scalar(isTimed ? lastTime : null),
    isDamaged: scalar(problems.length > 0),
  })
}
