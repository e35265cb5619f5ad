// Record batches and their records, as they stand in a log or in a frame.

import {
  type BatchHeader,
  CorruptRecordError,
  isKafkaError,
  openBatch,
  type RecordBatch,
  type RecordHeaders,
  readBatches,
  type StoredRecord,
} from '../../protocol/index.ts'
import { type InternalTopic, internalRecord } from './internal-records.ts'
import { plainText, timeText } from './text.ts'
import { type Block, list, type Struct, scalar, struct, type Tree } from './tree.ts'

export interface RecordsOptions {
  /** Show long values whole. */
  readonly full: boolean
  /** What the records are, where the topic is Kafka's own. */
  readonly internal?: InternalTopic | undefined
  /** Is called for everything that cannot be read. */
  readonly problem: () => void
}

/** The bytes of a field of records: all batches in them. A fetch may have cut the last. */
export function recordsTree(bytes: Buffer, options: RecordsOptions): Block {
  return {
    kind: 'block',
    heading: `${bytes.length} bytes`,
    children: { [Symbol.iterator]: () => batchBlocks(bytes, options) },
    json: () => struct({ sizeBytes: scalar(bytes.length) }),
    childrenName: 'batches',
  }
}

function* batchBlocks(bytes: Buffer, options: RecordsOptions): Generator<Block, void> {
  let end = 0
  try {
    for (const batch of readBatches(bytes)) {
      yield batchBlock(batch, options)
      end = batch.end
    }
  } catch (error) {
    return yield problemBlock(reasonOf(error), options)
  }
  if (end < bytes.length) {
    const rest = scalar(bytes.length - end)
    yield {
      kind: 'block',
      heading: `${rest.text} bytes of a batch that was cut`,
      children: [],
      json: () => struct({ cut: rest }),
    }
  }
}

function batchBlock(batch: RecordBatch, options: RecordsOptions): Block {
  const crcProblem = checksumProblem(batch)
  if (crcProblem !== undefined) options.problem()
  const { heading, json } = describeBatch(batch, crcProblem === undefined, recordsIn(batch))
  return {
    kind: 'block',
    heading,
    children: { [Symbol.iterator]: () => recordBlocks(batch, options) },
    json,
    childrenName: 'records',
  }
}

/** What is wrong with a batch's checksum; undefined when it is right. */
export function checksumProblem(batch: RecordBatch): string | undefined {
  try {
    batch.checkCrc()
    return undefined
  } catch (error) {
    return reasonOf(error)
  }
}

/** The records of a batch, whether or not its checksum is right. */
export function* recordBlocks(batch: RecordBatch, options: RecordsOptions): Generator<Block, void> {
  try {
    for (const record of openBatch(batch, { checkCrcs: false })) yield recordBlock(batch, record, options)
  } catch (error) {
    yield problemBlock(reasonOf(error), options)
  }
}

function problemBlock(message: string, options: RecordsOptions): Block {
  options.problem()
  return {
    kind: 'block',
    heading: `! ${message}`,
    children: [],
    json: () => struct({ problem: scalar(message) }),
  }
}

/** Why a batch cannot be read, without where it is: that stands beside it. */
export function reasonOf(error: unknown): string {
  if (!isKafkaError(error)) throw error
  return error instanceof CorruptRecordError ? error.reason : error.message
}

const TIMESTAMP_TYPES = { true: 'LogAppendTime', false: 'CreateTime' } as const

/** How many records it holds: compressed message sets must be opened to tell. NaN when that cannot be told. */
export function recordsIn(batch: RecordBatch): number {
  if (batch.recordCount !== -1) return batch.recordCount
  let count = 0
  try {
    for (const cursor = openBatch(batch, { checkCrcs: false }); cursor.next(); ) count++
  } catch (error) {
    if (!isKafkaError(error)) throw error
    return Number.NaN
  }
  return count
}

/** A batch in a line, and for machines. */
function describeBatch(header: BatchHeader, isValid: boolean, records: number) {
  const facts = batchFacts(header, isValid, records)
  const heading = [
    `batch ${facts.offsets}`,
    `${facts.records} records`,
    `${header.sizeBytes} bytes`,
    facts.codec,
    facts.time,
    ...(facts.producer === '-' ? [] : [`producer ${facts.producer}`, `sequences ${facts.sequences}`]),
    ...(header.partitionLeaderEpoch === -1 ? [] : [`leader epoch ${header.partitionLeaderEpoch}`]),
    ...(facts.notes === '' ? [] : [facts.notes]),
    `CRC ${facts.crc}`,
  ].join(', ')
  return { heading, json: () => batchJson(header, isValid, records) }
}

/** What is told of a batch, as short texts. `isValid` is whether its checksum is right, undefined where it is not known. */
export function batchFacts(header: BatchHeader, isValid: boolean | undefined, records: number) {
  const { baseOffset, lastOffset, baseSequence, lastSequence, producerId, producerEpoch } = header
  return {
    offsets: range(baseOffset, lastOffset),
    records: Number.isNaN(records) ? '?' : String(records),
    codec: compressionOf(header),
    time: timeSpan(header),
    producer: producerId === -1n ? '-' : `${producerId}/${producerEpoch}`,
    sequences: producerId === -1n || baseSequence === -1 ? '-' : range(baseSequence, lastSequence),
    leaderEpoch: header.partitionLeaderEpoch === -1 ? '-' : String(header.partitionLeaderEpoch),
    crc: isValid === undefined ? '?' : isValid ? 'ok' : 'WRONG',
    notes: notesOf(header).join(', '),
  }
}

export function range(first: number, last: number): string {
  return first === last ? String(first) : `${first}–${last}`
}

function notesOf(header: BatchHeader): string[] {
  const deleteHorizon = orUndefined(() => header.deleteHorizonMs)
  return [
    ...(header.isTransactional ? ['transactional'] : []),
    ...(header.isControl ? ['control'] : []),
    ...(header.isLogAppendTime ? ['log append time'] : []),
    ...(deleteHorizon === undefined ? [] : [`tombstones may go after ${timeText(deleteHorizon)}`]),
    ...(header.magic === 2 ? [] : [`magic ${header.magic}`]),
  ]
}

/** The time of the first record, and how much later the latest is. */
function timeSpan(header: BatchHeader): string {
  const latest = orUndefined(() => header.maxTimestamp)
  const first = firstTime(header)
  if (latest === undefined || first === undefined) return 'no readable time'
  return latest > first ? `${timeText(first)} +${latest - first}ms` : timeText(latest)
}

/** Where the base timestamp is not a record's, the latest is all that is known. */
export function firstTime(header: BatchHeader): number | undefined {
  const isRecords = !header.isLogAppendTime && orUndefined(() => header.deleteHorizonMs) === undefined
  return orUndefined(() => (isRecords ? header.baseTimestamp : header.maxTimestamp))
}

function compressionOf(header: BatchHeader): string {
  return orUndefined(() => header.compression) ?? `codec ${header.attributes & 7}`
}

/** The parts of a header that cannot be are errors when they are asked for. */
export function orUndefined<T>(get: () => T): T | undefined {
  try {
    return get()
  } catch (error) {
    if (isKafkaError(error)) return undefined
    throw error
  }
}

/** The same for machines, under the names that Kafka's tool for log segments has. */
export function batchJson(header: BatchHeader, isValid: boolean | undefined, records: number): Struct {
  return struct({
    baseOffset: scalar(header.baseOffset),
    lastOffset: scalar(header.lastOffset),
    count: scalar(Number.isNaN(records) ? null : records),
    baseSequence: scalar(header.baseSequence),
    lastSequence: scalar(header.lastSequence),
    producerId: scalar(String(header.producerId)),
    producerEpoch: scalar(header.producerEpoch),
    partitionLeaderEpoch: scalar(header.partitionLeaderEpoch),
    isTransactional: scalar(header.isTransactional),
    isControl: scalar(header.isControl),
    deleteHorizonMs: scalar(orUndefined(() => header.deleteHorizonMs) ?? null),
    timestampType: scalar(TIMESTAMP_TYPES[`${header.isLogAppendTime}`]),
    baseTimestamp: scalar(orUndefined(() => header.baseTimestamp) ?? null),
    maxTimestamp: scalar(orUndefined(() => header.maxTimestamp) ?? null),
    sizeBytes: scalar(header.sizeBytes),
    magic: scalar(header.magic),
    compression: scalar(compressionOf(header)),
    crc: scalar(header.crc),
    isValid: scalar(isValid ?? null),
  })
}

function recordBlock(batch: RecordBatch, record: StoredRecord, options: RecordsOptions): Block {
  const { offset, timestamp, key, value, headers } = record
  const start = `${offset}  ${timeText(timestamp)}`
  // Malformed ones are an error of this batch, before anything is told of the record.
  const hasHeaders = headers.length > 0
  const special = batch.isControl
    ? controlRecord(key, value)
    : options.internal && internalRecord(options.internal, key, value, options.full)
  const json = () =>
    struct({
      offset: scalar(offset),
      timestamp: scalar(timestamp),
      key: bytesJson(key),
      value: bytesJson(value),
      headers: list([...headers].map(([name, value]) => list([scalar(name), bytesJson(value)]))),
      ...(special && { [batch.isControl ? 'control' : 'decoded']: special.json }),
    })
  if (special) {
    return { kind: 'block', heading: `${start}  ${special.heading}`, children: special.children, json }
  }
  const texts = [start, `key=${plainText(key, options.full)}`, `value=${plainText(value, options.full)}`]
  if (hasHeaders) texts.push(`headers=${headersText(headers, options.full)}`)
  return { kind: 'block', heading: texts.join('  '), children: [], json }
}

function headersText(headers: RecordHeaders, full: boolean): string {
  const texts = [...headers].map(
    ([name, value]) => `${plainText(Buffer.from(name), full)}: ${plainText(value, full)}`,
  )
  return `{ ${texts.join(', ')} }`
}

function bytesJson(bytes: Buffer | null): Tree {
  return bytes === null
    ? scalar(null)
    : { kind: 'scalar', text: '', json: JSON.stringify(bytes.toString('base64')) }
}

/** By the number in their key. */
const CONTROL_TYPES = [
  'ABORT',
  'COMMIT',
  'LEADER_CHANGE',
  'SNAPSHOT_HEADER',
  'SNAPSHOT_FOOTER',
  'KRAFT_VERSION',
  'KRAFT_VOTERS',
]

function controlRecord(key: Buffer | null, value: Buffer | null) {
  // Key: version int16, type int16. Value of a transaction's marker: version int16, coordinator epoch int32.
  if (key === null || key.length < 4) return undefined
  const typeId = key.readInt16BE(2)
  const type = CONTROL_TYPES[typeId] ?? 'UNKNOWN'
  const isMarker = typeId === 0 || typeId === 1
  const coordinatorEpoch = isMarker && value !== null && value.length >= 6 ? value.readInt32BE(2) : undefined
  const heading = `control ${type}${type === 'UNKNOWN' ? ` ${typeId}` : ''}`
  return {
    heading: coordinatorEpoch === undefined ? heading : `${heading}, coordinator epoch ${coordinatorEpoch}`,
    children: [],
    json: struct({
      type: scalar(type),
      typeId: scalar(typeId),
      coordinatorEpoch: coordinatorEpoch === undefined ? undefined : scalar(coordinatorEpoch),
    }),
  }
}
