// The first exchange on every connection: which APIs and versions this broker speaks (C4, KIP-511, KIP-1242).

import type { Buffer } from 'node:buffer'
import { UnsupportedVersionError } from '../../errors.ts'
import { ApiVersions } from '../../protocol/api/index.ts'
import { brokerError, errorByName } from '../../protocol/error-codes.ts'
import { decodeResponse } from '../../protocol/frame.ts'
import type { Api, RequestOf, ResponseOf, VersionRange } from '../../protocol/schema.ts'

/** Whom the connection is meant for, so that a broker which is another one can say so. */
export interface ConnectionIdentity {
  readonly clusterId: string | null
  /** -1: not known (a bootstrap address). */
  readonly nodeId: number
}

/** What brokers show as the client's software (KIP-511). */
export const SOFTWARE = { name: 'ottla', version: '0.1.0' }

const UNSUPPORTED_VERSION = errorByName('UNSUPPORTED_VERSION').code
/** A version 0 answer is read when a broker did not know the version it was asked in. */
const FALLBACK_VERSION = 0
/** Byte at which the error code stands in every version: after the correlation id. */
const ERROR_CODE_AT = 4

interface Asking {
  readonly broker: string
  readonly request: (
    api: typeof ApiVersions,
    version: number,
    body: RequestOf<typeof ApiVersions>,
    decode: (frame: Buffer) => object,
  ) => Promise<object | undefined>
}

/** The ranges by API key. Rejects with the broker's error, and with what `request` rejects with. */
export async function askApiVersions(
  { clusterId, nodeId }: ConnectionIdentity,
  { broker, request }: Asking,
): Promise<ReadonlyMap<number, VersionRange>> {
  const body = {
    clientSoftwareName: SOFTWARE.name,
    clientSoftwareVersion: SOFTWARE.version,
    // A node id says nothing without its cluster's.
    ...(clusterId !== null && { clusterId, nodeId }),
  }
  let version = ApiVersions.versions[1]
  for (;;) {
    const asked = version
    const decode = (frame: Buffer) =>
      decodeResponse(ApiVersions, isFallback(frame) ? FALLBACK_VERSION : asked, frame)
    const response = (await request(ApiVersions, asked, body, decode)) as ResponseOf<typeof ApiVersions>
    if (response.errorCode === 0) {
      return new Map(
        response.apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, [minVersion, maxVersion]]),
      )
    }
    version = versionToRetry(response)
    if (response.errorCode !== UNSUPPORTED_VERSION || version >= asked || version < 0) {
      // A new connection, to whom the address leads by then, may do better.
      throw brokerError(response.errorCode, { broker, api: ApiVersions.name, retriable: true })
    }
  }
}

/** The highest version that both sides know, at most `maxVersion` (C5). Throws UnsupportedVersionError. */
export function commonVersion(
  api: Api,
  ranges: ReadonlyMap<number, VersionRange>,
  { broker, maxVersion }: { readonly broker: string; readonly maxVersion: number | undefined },
): number {
  const [min, max] = api.versions
  const cap = Math.min(max, maxVersion ?? max)
  const theirs = ranges.get(api.key)
  const context = { broker, api: api.name }
  if (theirs === undefined) throw new UnsupportedVersionError(`${broker} does not know ${api.name}`, context)
  const version = Math.min(cap, theirs[1])
  if (version >= Math.max(min, theirs[0])) return version
  const ours = cap < max ? `${min} to ${cap} (of ${max}) for this call` : `${min} to ${max}`
  const message = `no version of ${api.name} in common: ours are ${ours}, those of ${broker} are ${theirs[0]} to ${theirs[1]}`
  throw new UnsupportedVersionError(message, context)
}

function isFallback(frame: Buffer): boolean {
  return frame.length >= ERROR_CODE_AT + 2 && frame.readInt16BE(ERROR_CODE_AT) === UNSUPPORTED_VERSION
}

/** The version that the broker names, or 0 when it names none (before 2.4). */
function versionToRetry(response: ResponseOf<typeof ApiVersions>): number {
  const named = response.apiKeys.find(({ apiKey }) => apiKey === ApiVersions.key)
  return named === undefined ? 0 : named.maxVersion
}
