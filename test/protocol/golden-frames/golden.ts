// Golden frames decoded, for tests that know what is in them.

import { expect } from 'vitest'
import { Reader } from '../../../src/protocol/bytes/reader.ts'
import { decodeRequest, decodeRequestHeader, decodeResponse } from '../../../src/protocol/frame.ts'
import { readBatches } from '../../../src/protocol/records/batch.ts'
import { openBatch } from '../../../src/protocol/records/cursor.ts'
import type { Api, DecodedRequestOf, ResponseOf } from '../../../src/protocol/schema.ts'
import { type BrokerVersion, readFrames } from './frames.ts'

export interface Golden {
  /** Every request of an API and version that there is a frame of. */
  requests<A extends Api>(api: A, version: number): DecodedRequestOf<A>[]
  responses<A extends Api>(api: A, version: number): ResponseOf<A>[]
}

export const framesOf: Readonly<Record<BrokerVersion, Golden>> = {
  '4.4.0': goldenOf('4.4.0'),
  '3.9.1': goldenOf('3.9.1'),
  '2.8.2': goldenOf('2.8.2'),
}

/** Matches a uuid. */
export const anyId: unknown = expect.stringMatching(/^[A-Za-z0-9_-]{22}$/)

function goldenOf(broker: BrokerVersion): Golden {
  const frames = readFrames(broker)
  const bytesOf = (api: Api, version: number, direction: 'request' | 'response') => {
    const own = frames.filter((frame) => frame.api === api.name && frame.version === version)
    return own.filter((frame) => frame.direction === direction).map(({ bytes }) => bytes)
  }
  return {
    requests: (api, version) =>
      bytesOf(api, version, 'request').map((bytes) => {
        const reader = new Reader(bytes)
        decodeRequestHeader(reader, () => version >= api.flexibleFrom)
        return decodeRequest(api, version, reader)
      }),
    responses: (api, version) =>
      bytesOf(api, version, 'response').map((bytes) => decodeResponse(api, version, bytes)),
  }
}

/** A batch with its records, keys and values as text. */
export interface PlainBatch {
  readonly magic: number
  readonly compression: string
  readonly baseOffset: number
  readonly records: readonly PlainRecord[]
}

export interface PlainRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [name: string, value: string | null])[]
}

/** Batches of records, control batches left out. Checksums are checked. */
export function plainBatches(bytes: Buffer | null): PlainBatch[] {
  return [...readBatches(bytes ?? Buffer.alloc(0))]
    .filter(({ isControl }) => !isControl)
    .map((batch) => {
      const { magic, compression, baseOffset } = batch
      const records = [...openBatch(batch)].map(({ offset, timestamp, key, value, headers }) => ({
        offset,
        timestamp,
        key: text(key),
        value: text(value),
        headers: [...headers].map(([name, value]) => [name, text(value)] as const),
      }))
      return { magic, compression, baseOffset, records }
    })
}

function text(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString()
}
