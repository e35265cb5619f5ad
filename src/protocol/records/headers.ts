// The headers of a record that was read: ordered, duplicates and nulls kept, decoded when first asked for.

import type { Buffer } from 'node:buffer'
import type { RecordBatch } from './batch.ts'
import { readVarint, varintEnd } from './varint.ts'

export type HeaderEntry = readonly [name: string, value: Buffer | null]

export class RecordHeaders implements Iterable<HeaderEntry> {
  readonly #entries: () => readonly HeaderEntry[]
  #decoded: readonly HeaderEntry[] | undefined

  constructor(entries: () => readonly HeaderEntry[]) {
    this.#entries = entries
  }

  /** All headers in their order. Values are views. */
  get entries(): readonly HeaderEntry[] {
    this.#decoded ??= this.#entries()
    return this.#decoded
  }

  get length(): number {
    return this.entries.length
  }

  /** The value of the last header of that name (as Java's `lastHeader`); undefined when there is none. */
  get(name: string): Buffer | null | undefined {
    return this.entries.findLast((entry) => entry[0] === name)?.[1]
  }

  /** The same as text; undefined when there is none or it is null. */
  text(name: string): string | undefined {
    return this.get(name)?.toString()
  }

  /** By name, values as text; of duplicates the last. A header named `__proto__` is a property like any other (S5). */
  toObject(): { [name: string]: string | null } {
    return Object.fromEntries(this.entries.map(([name, value]) => [name, value?.toString() ?? null]))
  }

  [Symbol.iterator](): IterableIterator<HeaderEntry> {
    return this.entries[Symbol.iterator]() as IterableIterator<HeaderEntry>
  }
}

export const EMPTY_HEADERS = new RecordHeaders(() => [])

/**
 * Decodes `count` headers that must fill `bytes[start, end)`.
 *
 * @throws CorruptRecordError when they do not.
 */
export function decodeHeaders(
  batch: RecordBatch,
  bytes: Buffer,
  start: number,
  end: number,
  count: number,
): readonly HeaderEntry[] {
  const entries: HeaderEntry[] = []
  let at = start
  const takeLength = (least: number): number => {
    const length = at < end ? readVarint(bytes, at) : Number.NaN
    if (!(length >= least && varintEnd + length <= end)) throw batch.corrupt('a header exceeds its record')
    at = varintEnd
    return length
  }
  for (let i = 0; i < count; i++) {
    const nameLength = takeLength(0)
    const name = bytes.toString('utf8', at, at + nameLength)
    at += nameLength
    const valueLength = takeLength(-1)
    entries.push([name, valueLength === -1 ? null : bytes.subarray(at, at + valueLength)])
    if (valueLength > 0) at += valueLength
  }
  if (at !== end) throw batch.corrupt('a record is longer than its headers end')
  return entries
}
