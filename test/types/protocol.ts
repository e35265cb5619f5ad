// Messages and their types: what must compile, and, marked, what must not. Checked by `npm run check:types`; never run.

import type { Buffer } from 'node:buffer'
import type { Fetch, JoinGroup, Metadata } from '../../src/protocol/api/index.ts'
import type { ConsumerOffsetsRecord } from '../../src/protocol/internal-topics/index.ts'
import {
  array,
  bytes,
  type Decoded,
  type DecodedRequestOf,
  defineApi,
  type Encodable,
  type EncodableResponseOf,
  int32,
  int64,
  producerId,
  type RequestOf,
  type ResponseOf,
  records,
  string,
  struct,
} from '../../src/protocol/schema.ts'
import { type Eq, is } from './support.ts'

const fields = {
  name: string,
  note: string.nullable(2),
  limit: int32.default(5),
  since: int64.from(1),
  old: string.until(3),
  ids: array(int32),
  items: array({ id: producerId, body: bytes }).nullable(),
  place: struct({ at: int32, epoch: int32.default(-1) }).tag(0),
  records,
}

// Decoded: every field is there, bytes are Buffers, int64 is a number but for producer ids.
is<
  Eq<
    Decoded<typeof fields>,
    {
      name: string
      note: string | null
      limit: number
      since: number
      old: string
      ids: number[]
      items: { id: bigint; body: Buffer }[] | null
      place: { at: number; epoch: number }
      records: Buffer | null
    }
  >
>()

// To encode: defaults, version ranges and tags make a field optional, and any Uint8Array will do for bytes.
const encodable = (value: Encodable<typeof fields>) => value
const least = { name: 'n', note: null, ids: [], items: null, records: null }
encodable(least)
encodable({ ...least, limit: undefined, since: 3, old: 'x' })
encodable({ ...least, ids: [1, 2] as const, items: [{ id: 1n, body: new Uint8Array(1) }], place: { at: 1 } })
encodable({ name: 'n', note: 'x', ids: [], items: [], records: new Uint8Array(1) })
// @ts-expect-error a field without a default is missing
encodable({ note: null, ids: [], items: null, records: null })
// @ts-expect-error null where it may not stand
encodable({ ...least, name: null })
// @ts-expect-error undefined for a field without a default
encodable({ ...least, name: undefined })
// @ts-expect-error an array of another type
encodable({ ...least, ids: ['1'] })
// @ts-expect-error a field missing inside an array
encodable({ ...least, items: [{ id: 1n }] })
// @ts-expect-error a producer id is a bigint
encodable({ ...least, items: [{ id: 1, body: new Uint8Array(1) }] })
// @ts-expect-error a field missing inside a structure
encodable({ ...least, place: {} })
// @ts-expect-error a field that does not exist
encodable({ ...least, nmae: 'n' })
// @ts-expect-error text is no bytes
encodable({ ...least, records: 'text' })

// A default has the field's type.
string.nullable().default(null)
// @ts-expect-error null is no default of a field that is never null
string.default(null)
// @ts-expect-error a number is no default of a string
string.default(1)

const Sample = defineApi({
  key: 99,
  name: 'Sample',
  versions: [0, 3],
  request: fields,
  response: { errorCode: int32 },
})
is<Eq<typeof Sample.name, 'Sample'>>()
is<Eq<RequestOf<typeof Sample>, Encodable<typeof fields>>>()
is<Eq<DecodedRequestOf<typeof Sample>, Decoded<typeof fields>>>()
is<Eq<ResponseOf<typeof Sample>, { errorCode: number }>>()
is<Eq<Parameters<ReturnType<typeof Sample.request.codec>['write']>[1], Encodable<typeof fields>>>()
is<Eq<ReturnType<ReturnType<typeof Sample.request.codec>['read']>, Decoded<typeof fields>>>()

// A record of an internal topic is told by its type.
declare const state: ConsumerOffsetsRecord
if (state.type === 'OffsetCommit') {
  is<Eq<typeof state.key, { group: string; topic: string; partition: number }>>()
  is<Eq<NonNullable<typeof state.value>['offset'], number>>()
}
// @ts-expect-error not every key names a topic
state.key.topic

// The same through real APIs.
const join: RequestOf<typeof JoinGroup> = {
  groupId: 'g',
  sessionTimeoutMs: 1,
  memberId: '',
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: new Uint8Array(0) }],
}
is<Eq<(typeof join)['groupInstanceId'], string | null | undefined>>()
declare const fetched: ResponseOf<typeof Fetch>
is<Eq<(typeof fetched)['responses'][number]['partitions'][number]['records'], Buffer | null>>()
is<Eq<(typeof fetched)['responses'][number]['partitions'][number]['currentLeader']['leaderId'], number>>()
const metadata: EncodableResponseOf<typeof Metadata> = { brokers: [], topics: [] }
// @ts-expect-error what is encoded is not to be changed
metadata.brokers.push({ nodeId: 1, host: 'h', port: 1 })
