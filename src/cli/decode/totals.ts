// What all batches of a segment come to.

import type { BatchHeader } from '../../protocol/index.ts'
import { counted } from '../output.ts'
import { firstTime, orUndefined, range } from './batches.ts'
import { timeText } from './text.ts'

export interface SegmentTotals {
  batches: number
  /** NaN when that cannot be told of a batch. */
  records: number
  baseOffset: number | undefined
  firstOffset: number | undefined
  lastOffset: number | undefined
  firstTime: number
  lastTime: number
  /** Counts a batch; tells what is wrong with its place. */
  add(header: BatchHeader, records: number): string | undefined
  text(): string
}

export function segmentTotals(baseOffset: number | undefined): SegmentTotals {
  const totals: SegmentTotals = {
    batches: 0,
    records: 0,
    baseOffset,
    firstOffset: undefined,
    lastOffset: undefined,
    firstTime: Number.POSITIVE_INFINITY,
    lastTime: -1,
    add(header, records) {
      const misplaced = misplacement(header.baseOffset, totals.lastOffset, baseOffset)
      totals.batches++
      totals.records += records
      totals.firstOffset ??= header.baseOffset
      totals.lastOffset = header.lastOffset
      const [first, latest] = [firstTime(header), orUndefined(() => header.maxTimestamp)]
      if (first !== undefined && first >= 0) totals.firstTime = Math.min(totals.firstTime, first)
      if (latest !== undefined) totals.lastTime = Math.max(totals.lastTime, latest)
      return misplaced
    },
    text() {
      if (totals.batches === 0) return 'no batches'
      const records = Number.isNaN(totals.records) ? '' : `, ${counted(totals.records, 'record')}`
      const offsets = `offsets ${range(totals.firstOffset!, totals.lastOffset!)}`
      const times =
        totals.lastTime < 0 ? '' : `, ${timeText(totals.firstTime)} to ${timeText(totals.lastTime)}`
      const batches = `${totals.batches} batch${totals.batches === 1 ? '' : 'es'}`
      return `${batches}${records}, ${offsets}${times}`
    },
  }
  return totals
}

function misplacement(
  offset: number,
  lastOffset: number | undefined,
  baseOffset: number | undefined,
): string | undefined {
  if (lastOffset !== undefined) {
    return offset > lastOffset
      ? undefined
      : `its offset ${offset} is not above ${lastOffset}, the last before it`
  }
  return offset >= (baseOffset ?? 0)
    ? undefined
    : `its offset ${offset} is below ${baseOffset}, that of the file's name`
}
