// The form in which every message of Kafka's protocol is defined once: fields as data, in the order of the wire,
// each saying in which versions it exists. Static types are inferred from it; codecs are compiled from it, a version
// at a time, on first use (`codec.ts`).

import { compileCodec, type MessageCodec } from './codec.ts'
import type { Decoded, Encodable, Fields, VersionRange } from './field.ts'

// One import gives an API's file all it is written with.
export * from './field.ts'

/** A message by itself: a request, a response, or bytes that travel inside another message. */
export interface Message<F extends Fields = Fields> {
  readonly name: string
  readonly versions: VersionRange
  /** First version with compact lengths and tagged fields (KIP-482); Infinity: none. */
  readonly flexibleFrom: number
  readonly fields: F
  /** The codec of one version, compiled once. Throws a ProtocolError for a version outside the range. */
  codec(version: number): MessageCodec<Decoded<F>, Encodable<F>>
}

export interface MessageDefinition<F extends Fields> {
  readonly name: string
  readonly versions: VersionRange
  readonly flexibleFrom?: number
  readonly fields: F
}

export function defineMessage<const F extends Fields>(definition: MessageDefinition<F>): Message<F> {
  const { name, versions, fields } = definition
  const flexibleFrom = definition.flexibleFrom ?? Number.POSITIVE_INFINITY
  const codecs: (MessageCodec<Decoded<F>, Encodable<F>> | undefined)[] = []
  return {
    name,
    versions,
    flexibleFrom,
    fields,
    codec(version) {
      codecs[version] ??= compileCodec({ name, versions, flexibleFrom, fields }, version)
      return codecs[version]
    },
  }
}

/** One API: its key, its versions, and its two messages. */
export interface Api<Name extends string = string, Req extends Fields = Fields, Res extends Fields = Fields> {
  readonly key: number
  readonly name: Name
  readonly versions: VersionRange
  readonly flexibleFrom: number
  readonly request: Message<Req>
  readonly response: Message<Res>
}

export interface ApiDefinition<Name extends string, Req extends Fields, Res extends Fields> {
  readonly key: number
  readonly name: Name
  readonly versions: VersionRange
  readonly flexibleFrom?: number
  readonly request: Req
  readonly response: Res
}

/** Defines an API; `api/index.ts` is the registry of all. */
export function defineApi<const Name extends string, const Req extends Fields, const Res extends Fields>(
  definition: ApiDefinition<Name, Req, Res>,
): Api<Name, Req, Res> {
  const { key, name, versions } = definition
  const flexibleFrom = definition.flexibleFrom ?? Number.POSITIVE_INFINITY
  return {
    key,
    name,
    versions,
    flexibleFrom,
    request: defineMessage({ name: `${name}Request`, versions, flexibleFrom, fields: definition.request }),
    response: defineMessage({ name: `${name}Response`, versions, flexibleFrom, fields: definition.response }),
  }
}

/** The value a caller gives for an API's request. */
export type RequestOf<A extends Api> = Encodable<A['request']['fields']>
/** The value an API's response decodes to. */
export type ResponseOf<A extends Api> = Decoded<A['response']['fields']>
/** What a broker's side decodes, and answers. */
export type DecodedRequestOf<A extends Api> = Decoded<A['request']['fields']>
export type EncodableResponseOf<A extends Api> = Encodable<A['response']['fields']>
