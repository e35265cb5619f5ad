// Frames of real clients and brokers (README.md): each decodes to its end and encodes back to the same bytes. Java and we
// write every message in one way only, so there is no exception to this. Values are asserted in golden-values.test.ts.
import { describe, expect, it } from 'vitest'
import { apis } from '../../../src/protocol/api/index.ts'
import { Reader } from '../../../src/protocol/bytes/reader.ts'
import {
  correlationIdOf,
  decodeRequest,
  decodeRequestHeader,
  decodeResponse,
  encodeRequest,
  encodeResponse,
} from '../../../src/protocol/frame.ts'
import type { Api } from '../../../src/protocol/schema.ts'
import { type BrokerVersion, brokerVersions, type GoldenFrame, readFrames } from './frames.ts'

const byName: ReadonlyMap<string, Api> = new Map(apis.map((api) => [api.name, api]))
const isFlexible = (apiKey: number, version: number) =>
  version >= apis.find(({ key }) => key === apiKey)!.flexibleFrom

/** The frame decoded and encoded again, in hexadecimal. */
function throughOurCodecs(api: Api, { version, direction, bytes }: GoldenFrame): string {
  let segments: readonly Uint8Array[]
  if (direction === 'request') {
    const reader = new Reader(bytes)
    const { correlationId, clientId } = decodeRequestHeader(reader, isFlexible)
    segments = encodeRequest(api, { version, correlationId, clientId }, decodeRequest(api, version, reader))
  } else {
    const response = decodeResponse(api, version, bytes)
    segments = encodeResponse(api, { version, correlationId: correlationIdOf(bytes) }, response)
  }
  return Buffer.concat(segments).toString('hex', 4)
}

/** What the frame's own header says of it, beside what is written next to it. */
function checkHeader(api: Api, frame: GoldenFrame): void {
  const { version, direction, correlationId, client, bytes } = frame
  if (direction === 'response') return expect(correlationIdOf(bytes)).toBe(correlationId)
  const header = { apiKey: api.key, apiVersion: version, correlationId, clientId: client }
  expect(decodeRequestHeader(new Reader(bytes), isFlexible)).toEqual(header)
}

describe.each(brokerVersions)('frames of Kafka %s', (broker) => {
  const frames = readFrames(broker)
  const names = [...new Set(frames.map(({ api }) => api))]

  it.each(names)('%s: each decodes, and encodes back to the same bytes', (name) => {
    const api = byName.get(name)!
    for (const frame of frames.filter((each) => each.api === name)) {
      const what = `v${frame.version} ${frame.direction} ${frame.correlationId} of ${frame.client}`
      checkHeader(api, frame)
      expect(`${what} ${throughOurCodecs(api, frame)}`).toBe(`${what} ${frame.bytes.toString('hex')}`)
    }
  })

  it('there are frames of as many APIs, versions and directions as there were', () => {
    expect(coverage(frames)).toEqual(covered[broker])
  })

  it('no two are the same', () => {
    const texts = frames.map(({ api, version, direction, bytes }) =>
      [api, version, direction, bytes.toString('hex', direction === 'request' ? 8 : 4)].join(),
    )
    expect(new Set(texts).size).toBe(texts.length)
  })
})

it('every API that we have, in every version, both ways, is among the frames of the newest broker', () => {
  const all = apis.map(({ name, versions: [first, last] }) =>
    first === last ? `${name} ${first}` : `${name} ${first}-${last}`,
  )
  expect(covered['4.4.0']).toEqual(all)
})

/** `Fetch 4-18`; where requests and responses differ, each by itself. */
function coverage(frames: readonly GoldenFrame[]): string[] {
  return apis.flatMap(({ name }) => {
    const own = frames.filter(({ api }) => api === name)
    if (own.length === 0) return []
    const [requests, responses] = (['request', 'response'] as const).map((direction) =>
      rangesOf(own.filter((frame) => frame.direction === direction).map(({ version }) => version)),
    )
    return requests === responses
      ? `${name} ${requests}`
      : `${name} requests ${requests}, responses ${responses}`
  })
}

/** `3-5`, `3`, or with gaps `3-5 7`. */
function rangesOf(versions: readonly number[]): string {
  const ranges: [first: number, last: number][] = []
  for (const version of [...new Set(versions)].sort((a, b) => a - b)) {
    const range = ranges.at(-1)
    if (range?.[1] === version - 1) range[1] = version
    else ranges.push([version, version])
  }
  return ranges.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(' ')
}
