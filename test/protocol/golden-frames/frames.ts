// The files of golden frames: their form, reading and writing. README.md says what they are.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { apis } from '../../../src/protocol/api/index.ts'

export const brokerVersions = ['4.4.0', '3.9.1', '2.8.2'] as const
export type BrokerVersion = (typeof brokerVersions)[number]

export type Direction = 'request' | 'response'

/** One request or response as it went over the wire, without its length. */
export interface GoldenFrame {
  readonly api: string
  /** The version of the body; an answer to an ApiVersions request that the broker does not know is version 0. */
  readonly version: number
  readonly direction: Direction
  readonly correlationId: number
  /** The client id of the request: which client it was, and which of its parts. */
  readonly client: string
  readonly bytes: Buffer
}

type Row = readonly [
  api: string,
  version: number,
  direction: Direction,
  id: number,
  client: string,
  base64: string,
]

interface File {
  readonly broker: string
  readonly columns: readonly string[]
  readonly frames: readonly Row[]
}

const columns = ['api', 'version', 'direction', 'correlation id', 'client', 'frame in base64']

export function readFrames(broker: BrokerVersion): GoldenFrame[] {
  const { frames } = JSON.parse(readFileSync(pathOf(broker), 'utf8')) as File
  return frames.map(([api, version, direction, correlationId, client, base64]) => {
    return { api, version, direction, correlationId, client, bytes: Buffer.from(base64, 'base64') }
  })
}

/** In the order of API key, version and direction; one frame a line. */
export function writeFrames(broker: BrokerVersion, frames: readonly GoldenFrame[]): void {
  const key = new Map(apis.map((api) => [api.name as string, api.key]))
  const rows = [...frames]
    .sort(
      (a, b) =>
        key.get(a.api)! - key.get(b.api)! ||
        a.version - b.version ||
        a.direction.localeCompare(b.direction) ||
        a.bytes.length - b.bytes.length,
    )
    .map((frame): Row => {
      const { api, version, direction, correlationId, client, bytes } = frame
      return [api, version, direction, correlationId, client, bytes.toString('base64')]
    })
  const lines = rows.map((row) => `    ${JSON.stringify(row)}`).join(',\n')
  const head = `  "broker": "Apache Kafka ${broker}",\n  "columns": ${JSON.stringify(columns)},`
  writeFileSync(pathOf(broker), `{\n${head}\n  "frames": [\n${lines}\n  ]\n}\n`)
}

function pathOf(broker: BrokerVersion): string {
  return fileURLToPath(new URL(`./frames-${broker}.json`, import.meta.url))
}
