// The files beside a log segment: where offsets and times are found in it, which transactions were aborted, and what
// the broker remembers of producers. What the indexes say of the log is compared with it, where it is beside them.

import { access } from 'node:fs/promises'
import {
  type ByteSource,
  isKafkaError,
  type ProducerSnapshotEntry,
  readOffsetIndex,
  readProducerSnapshot,
  readSegment,
  readTimeIndex,
  readTransactionIndex,
  type SegmentBatch,
} from '../../protocol/index.ts'
import { type Column, counted, headingLine, rowLine } from '../output.ts'
import { orUndefined } from './batches.ts'
import { fileInput } from './input.ts'
import type { Report } from './report.ts'
import { baseOffsetOf } from './segment.ts'
import { timeText } from './text.ts'
import { scalar, struct } from './tree.ts'

export type IndexKind = 'index' | 'timeindex' | 'txnindex' | 'snapshot'

export function decodeIndex(
  kind: IndexKind,
  source: ByteSource,
  path: string | undefined,
  report: Report,
): Promise<void> {
  switch (kind) {
    case 'index':
      return offsetIndex(source, path, report)
    case 'timeindex':
      return timeIndex(source, path, report)
    case 'txnindex':
      return transactionIndex(source, report)
    case 'snapshot':
      return producerSnapshot(source, report)
  }
}

async function offsetIndex(source: ByteSource, path: string | undefined, report: Report): Promise<void> {
  const baseOffset = await baseOffsetFor(path, report)
  await using log = await logBeside(path)
  await entries(report, readOffsetIndex(source, baseOffset), {
    type: 'index',
    columns: [
      { title: 'OFFSET', width: 12, right: true },
      { title: 'POSITION', width: 12, right: true },
    ],
    row: ({ offset, position }) => [offset, position],
    json: ({ offset, position }) => ({ offset: scalar(offset), position: scalar(position) }),
    async check({ offset, position }) {
      if (log === undefined) return undefined
      const batch = await log.find((batch) => batch.position >= position)
      if (batch?.position !== position) return `the log has no batch at position ${position}`
      const { lastOffset } = batch.header
      return lastOffset === offset
        ? undefined
        : `the log's batch at position ${position} ends with offset ${lastOffset}, not ${offset}`
    },
    unused: (count) => source.sizeBytes - count * 8,
  })
  await sayWhetherCompared(log, report)
}

async function timeIndex(source: ByteSource, path: string | undefined, report: Report): Promise<void> {
  const baseOffset = await baseOffsetFor(path, report)
  await using log = await logBeside(path)
  await entries(report, readTimeIndex(source, baseOffset), {
    type: 'timeindex',
    columns: [
      { title: 'TIME', width: 24 },
      { title: 'TIMESTAMP', width: 14, right: true },
      { title: 'OFFSET', width: 12, right: true },
    ],
    row: ({ timestamp, offset }) => [timeText(timestamp), timestamp, offset],
    json: ({ timestamp, offset }) => ({ timestamp: scalar(timestamp), offset: scalar(offset) }),
    async check({ timestamp, offset }) {
      if (log === undefined) return undefined
      const batch = await log.find(({ header }) => header.lastOffset >= offset)
      if (batch === undefined) return `the log has no batch with offset ${offset}`
      const latest = orUndefined(() => batch.header.maxTimestamp)
      return latest === timestamp
        ? undefined
        : `the latest time in the log's batch with offset ${offset} is ${latest}, not ${timestamp}`
    },
    unused: (count) => source.sizeBytes - count * 12,
  })
  await sayWhetherCompared(log, report)
}

function transactionIndex(source: ByteSource, report: Report): Promise<void> {
  return entries(report, readTransactionIndex(source), {
    type: 'aborted-transaction',
    columns: [
      { title: 'PRODUCER', width: 10, right: true },
      { title: 'FIRST OFFSET', width: 14, right: true },
      { title: 'LAST OFFSET', width: 14, right: true },
      { title: 'LAST STABLE OFFSET', right: true },
    ],
    row: (entry) => [String(entry.producerId), entry.firstOffset, entry.lastOffset, entry.lastStableOffset],
    json: (entry) => ({
      producerId: scalar(String(entry.producerId)),
      firstOffset: scalar(entry.firstOffset),
      lastOffset: scalar(entry.lastOffset),
      lastStableOffset: scalar(entry.lastStableOffset),
    }),
  })
}

const MOST_SNAPSHOT_BYTES = 64 * 1024 * 1024

async function producerSnapshot(source: ByteSource, report: Report): Promise<void> {
  if (source.sizeBytes > MOST_SNAPSHOT_BYTES) {
    throw new Error(
      `a snapshot of producers of ${source.sizeBytes} bytes: ${MOST_SNAPSHOT_BYTES} are the most`,
    )
  }
  const bytes = await source.read(0, source.sizeBytes)
  const read = async function* () {
    yield* readProducerSnapshot(bytes)
  }
  await entries<ProducerSnapshotEntry>(report, read(), {
    type: 'producer',
    columns: [
      { title: 'PRODUCER', width: 10, right: true },
      { title: 'EPOCH', right: true },
      { title: 'LAST SEQUENCE', right: true },
      { title: 'LAST OFFSET', width: 14, right: true },
      { title: 'LAST TIME', width: 24 },
      { title: 'COORDINATOR EPOCH', right: true },
      { title: 'OPEN TRANSACTION FROM', right: true },
    ],
    row: (entry) => [
      String(entry.producerId),
      entry.producerEpoch,
      orDash(entry.lastSequence),
      orDash(entry.lastOffset),
      timeText(entry.timestamp),
      orDash(entry.coordinatorEpoch),
      orDash(entry.currentTxnFirstOffset),
    ],
    json: (entry) => ({
      producerId: scalar(String(entry.producerId)),
      producerEpoch: scalar(entry.producerEpoch),
      lastSequence: scalar(entry.lastSequence),
      lastOffset: scalar(entry.lastOffset),
      offsetDelta: scalar(entry.offsetDelta),
      timestamp: scalar(entry.timestamp),
      coordinatorEpoch: scalar(entry.coordinatorEpoch),
      currentTxnFirstOffset: scalar(entry.currentTxnFirstOffset),
    }),
  })
}

function orDash(value: number): string | number {
  return value === -1 ? '-' : value
}

interface EntryKind<T> {
  readonly type: string
  readonly columns: readonly Column[]
  row(entry: T): readonly (string | number)[]
  json(entry: T): Parameters<typeof struct>[0]
  /** Tells what is wrong with an entry, compared with the log. */
  check?(entry: T): Promise<string | undefined>
  /** Bytes behind so many entries. */
  unused?(count: number): number
}

async function entries<T>(report: Report, all: AsyncIterable<T>, kind: EntryKind<T>): Promise<void> {
  await report.text(headingLine(kind.columns))
  let count = 0
  try {
    for await (const entry of all) {
      count++
      await report.text(rowLine(kind.columns, kind.row(entry)))
      await report.document(kind.type, struct(kind.json(entry)))
      const problem = await kind.check?.(entry)
      if (problem !== undefined) await report.problem(problem)
    }
  } catch (error) {
    if (!isKafkaError(error, 'PROTOCOL_ERROR')) throw error
    return report.problem(`${error.message}; reading ends here`)
  }
  const unused = kind.unused?.(count) ?? 0
  const rest = unused === 0 ? '' : `, ${counted(unused, 'byte')} behind the last one not read`
  await report.text(`${count} entr${count === 1 ? 'y' : 'ies'}${rest}`)
}

async function baseOffsetFor(path: string | undefined, report: Report): Promise<number> {
  const baseOffset = baseOffsetOf(path)
  if (baseOffset === undefined) {
    await report.text('no base offset in the name: offsets are told from 0 on')
  }
  return baseOffset ?? 0
}

interface LogBeside extends AsyncDisposable {
  /** The first batch, from the one found last on, of which this is so. */
  find(isIt: (batch: SegmentBatch) => boolean): Promise<SegmentBatch | undefined>
}

/** The segment that an index is of: the file of the same name beside it. */
async function logBeside(path: string | undefined): Promise<LogBeside | undefined> {
  const logPath = path?.replace(/\.(?:time)?index/, '.log')
  if (logPath === undefined || logPath === path || !(await exists(logPath))) return undefined
  const source = await fileInput(logPath).source()
  const batches = readSegment(source, { chunkBytes: 64 * 1024 })
  let current: SegmentBatch | undefined
  return {
    async find(isIt) {
      while (current === undefined || !isIt(current)) {
        const { done, value } = await batches.next()
        if (done) return undefined
        if (value.kind === 'batch') current = value
      }
      return current
    },
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

async function sayWhetherCompared(log: LogBeside | undefined, report: Report): Promise<void> {
  if (log === undefined) await report.text('not compared with its log, which is not beside it')
}
