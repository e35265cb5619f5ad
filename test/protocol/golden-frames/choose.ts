// Which of the recorded frames are kept: for each API, version and direction the few smallest that show the most.
import { apiByKey } from '../../../src/protocol/api/index.ts'
import { Reader } from '../../../src/protocol/bytes/reader.ts'
import { decodeRequest, decodeRequestHeader, decodeResponse } from '../../../src/protocol/frame.ts'
import { readBatches } from '../../../src/protocol/records/batch.ts'
import { openBatch } from '../../../src/protocol/records/cursor.ts'
import type { Api } from '../../../src/protocol/schema.ts'
import { messageClasses } from './asker.ts'
import type { Direction, GoldenFrame } from './frames.ts'
import type { Exchange } from './recorder.ts'

export interface Limits {
  /** Frames of one API, version and direction. */
  readonly frames: number
  /** The same for the APIs that carry records, for the sake of the codecs. */
  readonly framesWithRecords: number
  /** Once there is a frame of its kind, a larger one is not taken. */
  readonly sizeBytes: number
}

interface Candidate {
  readonly frame: GoldenFrame
  /** By one of Java's clients, not by its bare message classes nor by us: the rather to be kept. */
  readonly isOfJavaClient: boolean
  /** What it shows: which fields are empty, null or have a value, which errors and codecs occur. */
  readonly features: ReadonlySet<string>
}

/** Only APIs and versions that we have; older ones than Kafka 4 knows are passed over. */
export function chooseFrames(exchanges: readonly Exchange[], limits: Limits): GoldenFrame[] {
  const kinds = new Map<string, Candidate[]>()
  for (const candidate of candidates(exchanges)) {
    const { api, version, direction } = candidate.frame
    const kind = `${api} ${version} ${direction}`
    kinds.set(kind, [...(kinds.get(kind) ?? []), candidate])
  }
  return [...kinds.values()].flatMap((all) => choose(all, limits))
}

/** A greedy cover: again and again the frame with the most new features for its size, real clients' first. */
function choose(all: readonly Candidate[], limits: Limits): GoldenFrame[] {
  const shown = new Set<string>()
  const chosen: GoldenFrame[] = []
  const count = withRecords.has(all[0]!.frame.api) ? limits.framesWithRecords : limits.frames
  while (chosen.length < count) {
    let best: Candidate | undefined
    let bestWorth = 0
    for (const candidate of all) {
      const { bytes } = candidate.frame
      if (chosen.length > 0 && bytes.length > limits.sizeBytes) continue
      const fresh = [...candidate.features].filter((feature) => !shown.has(feature)).length
      const worth = (fresh * (candidate.isOfJavaClient ? 3 : 1)) / (100 + bytes.length)
      if (worth > bestWorth) [best, bestWorth] = [candidate, worth]
    }
    if (best === undefined) break
    chosen.push(best.frame)
    for (const feature of best.features) shown.add(feature)
  }
  return chosen
}

const withRecords: ReadonlySet<string> = new Set(['Produce', 'Fetch', 'ShareFetch'])

function* candidates(exchanges: readonly Exchange[]): Generator<Candidate> {
  for (const exchange of exchanges) {
    const api = apiByKey(exchange.apiKey)
    if (api === undefined) throw new Error(`API ${exchange.apiKey} is none of ours`)
    const { version, request, response } = exchange
    if (inRange(api, version)) yield candidate(api, version, 'request', exchange, request)
    if (response === undefined) continue
    const answered = isUnknownVersion(api, response) ? 0 : version
    if (inRange(api, answered)) yield candidate(api, answered, 'response', exchange, response)
  }
}

function inRange(api: Api, version: number): boolean {
  return api.versions[0] <= version && version <= api.versions[1]
}

/** A broker that does not know this version of ApiVersions answers UNSUPPORTED_VERSION (35) in version 0 (KIP-511). */
function isUnknownVersion(api: Api, response: Buffer): boolean {
  return api.name === 'ApiVersions' && response.readInt16BE(4) === 35
}

function candidate(
  api: Api,
  version: number,
  direction: Direction,
  { correlationId, clientId }: Exchange,
  bytes: Buffer,
): Candidate {
  const frame: GoldenFrame = { api: api.name, version, direction, correlationId, client: clientId, bytes }
  const isOurs = clientId.startsWith('ottla')
  const isOfJavaClient = !isOurs && clientId !== messageClasses
  const features = new Set(isOurs ? ['of ottla'] : isOfJavaClient ? ['of a Java client'] : [])
  try {
    collect('', decode(api, frame), { features, isOurs })
  } catch (error) {
    // A frame that we cannot read is one to keep: the test will show it.
    features.add(`unreadable: ${error}`)
  }
  return { frame, isOfJavaClient, features }
}

function decode(api: Api, { version, direction, bytes }: GoldenFrame): unknown {
  if (direction === 'response') return decodeResponse(api, version, bytes)
  const reader = new Reader(bytes)
  decodeRequestHeader(reader, () => version >= api.flexibleFrom)
  return decodeRequest(api, version, reader)
}

/** Where features are collected, and whose frame it is: a record of ours does not stand for one of Java's. */
interface Collection {
  readonly features: Set<string>
  readonly isOurs: boolean
}

function collect(path: string, value: unknown, collection: Collection): void {
  const { features } = collection
  if (value === null || value === '' || typeof value === 'boolean') features.add(`${path} ${value}`)
  else if (typeof value === 'number' || typeof value === 'bigint') {
    const isCode = /code|type|acks|isolation/i.test(path)
    features.add(`${path} ${isCode ? value : value > 0 ? 'positive' : value < 0 ? 'negative' : 0}`)
  } else if (Buffer.isBuffer(value)) collectBytes(path, value, collection)
  else if (Array.isArray(value)) {
    features.add(`${path} ${Math.min(value.length, 2)} elements`)
    for (const element of value) collect(`${path}[]`, element, collection)
  } else if (typeof value === 'object') {
    for (const [name, own] of Object.entries(value)) collect(`${path}.${name}`, own, collection)
  } else features.add(path)
}

function collectBytes(path: string, bytes: Buffer, { features, isOurs }: Collection): void {
  features.add(`${path} ${bytes.length === 0 ? 'empty' : 'bytes'}`)
  if (!/records$/i.test(path)) return
  const whose = isOurs ? 'ours' : "Java's"
  for (const batch of readBatches(bytes)) {
    const { magic, compression, isControl, isTransactional, recordCount } = batch
    const kind = isControl ? 'control' : isTransactional ? 'transactional' : 'plain'
    features.add(`${whose} magic ${magic} ${compression} ${kind} ${recordCount > 1 ? 'several' : ''}`)
    if (isControl) continue
    for (const { key, value, headers } of openBatch(batch, { checkCrcs: false })) {
      features.add(`${whose} ${key && 'key'} ${value && 'value'} ${headers.length > 0 ? 'headers' : ''}`)
    }
  }
}
