// Attacks on the decoders of frames, of the messages inside them, and of the records of Kafka's own topics. Runs in a
// process of its own (support/hostile/attack.ts).
import { ApiVersions, apis, Heartbeat } from '../../../src/protocol/api/index.ts'
import { Reader } from '../../../src/protocol/bytes/reader.ts'
import {
  decodeRequest,
  decodeRequestHeader,
  decodeResponse,
  encodeRequest,
  encodeResponse,
} from '../../../src/protocol/frame.ts'
import {
  decodeStickyUserData,
  StickyAssignorUserData,
} from '../../../src/protocol/group-messages/sticky-user-data.ts'
import { decodeAssignment, decodeSubscription } from '../../../src/protocol/group-messages/subscription.ts'
import {
  consumerOffsetsRecords,
  type RecordType,
  readConsumerOffsetsRecord,
  readTransactionStateRecord,
  transactionStateRecords,
} from '../../../src/protocol/internal-topics/index.ts'
import type { Api, Message } from '../../../src/protocol/schema.ts'
import { type Attempt, attack } from '../../support/hostile/attack.ts'
import {
  absurdIntegers,
  absurdVarints,
  flippedBits,
  mutated,
  randomOf,
} from '../../support/hostile/mutate.ts'
import { type ExampleName, exampleValue } from '../../support/message-values.ts'
import { encode, groupMessages, isFlexible, type MessageVersion, versionsOf } from '../../support/messages.ts'
import { isTooLarge } from './size.ts'

/** Random frames, of all targets in turn. */
const RANDOM_FRAMES = 1_000_000

/** The most arrays that are one in another, in any message. */
const ARRAYS_DEEP = 4

/** Something that decodes, and bytes that it should. */
interface Target {
  readonly name: string
  readonly of: MessageVersion
  readonly sample: (example: ExampleName) => Buffer
  readonly decode: (bytes: Buffer) => unknown
  /** Where to begin: the headers of all APIs are the same, so they are attacked in a few. */
  readonly start?: number
  /** It reads what it knows and lets the rest be: to cut that off is no error. */
  readonly isLenient?: true
}

const WITH_HEADERS: ReadonlySet<Api> = new Set([ApiVersions, Heartbeat])
const apiByKey = new Map(apis.map((api) => [api.key, api]))

function* apiTargets(): Generator<Target> {
  for (const api of apis) {
    for (const of of versionsOf(api.request)) yield requestTarget(api, of)
    for (const of of versionsOf(api.response)) yield responseTarget(api, of)
  }
}

function requestTarget(api: Api, of: MessageVersion): Target {
  const header = { version: of.version, correlationId: 7, clientId: 'me' }
  return {
    name: `${of.message.name} v${of.version}`,
    of,
    sample: (example) => contentOf(encodeRequest(api, header, exampleValue(of, example))),
    decode: decodeAnyRequest,
    ...(WITH_HEADERS.has(api) ? {} : { start: 12 }),
  }
}

/** As a broker does: the header tells what follows. */
function decodeAnyRequest(bytes: Buffer): unknown {
  const reader = new Reader(bytes)
  const header = decodeRequestHeader(
    reader,
    (key, version) => version >= (apiByKey.get(key)?.flexibleFrom ?? 0),
  )
  const api = apiByKey.get(header.apiKey)
  return api === undefined ? header : decodeRequest(api, header.apiVersion, reader)
}

function responseTarget(api: Api, of: MessageVersion): Target {
  const header = { version: of.version, correlationId: 7 }
  return {
    name: `${of.message.name} v${of.version}`,
    of,
    sample: (example) => contentOf(encodeResponse(api, header, exampleValue(of, example))),
    decode: (bytes) => decodeResponse(api, of.version, bytes),
    ...(WITH_HEADERS.has(api) ? {} : { start: 4 }),
  }
}

/** A frame without its length. */
function contentOf(segments: readonly Uint8Array[]): Buffer {
  return Buffer.concat(segments).subarray(4)
}

function* groupTargets(): Generator<Target> {
  const decoders = [decodeSubscription, decodeAssignment]
  for (const [i, { message }] of groupMessages.entries()) {
    for (const of of versionsOf(message)) {
      yield {
        name: `${message.name} v${of.version}`,
        of,
        sample: (example) => versioned(of.version, encode(of, exampleValue(of, example))),
        decode: decoders[i]!,
      }
    }
  }
  for (const of of versionsOf(StickyAssignorUserData as unknown as Message)) {
    yield {
      name: `sticky user data v${of.version}`,
      of,
      sample: (example) => encode(of, exampleValue(of, example)),
      decode: decodeStickyUserData,
      isLenient: true,
    }
  }
}

/** Keys and values in one: the key's length before it, in a byte. */
function* recordTargets(): Generator<Target> {
  const topics = [
    { types: consumerOffsetsRecords as readonly RecordType[], read: readConsumerOffsetsRecord },
    { types: transactionStateRecords as readonly RecordType[], read: readTransactionStateRecord },
  ]
  for (const { types, read } of topics) {
    for (const { id, key, value } of types) {
      for (const of of versionsOf(value)) {
        yield {
          name: `${value.name} v${of.version}`,
          of,
          sample(example) {
            const keyOf = { message: key, version: 0 }
            // A longer key than a byte can tell does not come from this example.
            const keyBytes = versioned(id, encode(keyOf, exampleValue(keyOf, 'everything')))
            const valueBytes = versioned(of.version, encode(of, exampleValue(of, example)))
            return Buffer.concat([Buffer.from([keyBytes.length]), keyBytes, valueBytes])
          },
          decode(bytes) {
            const end = 1 + (bytes[0] ?? 0)
            return read(bytes.subarray(1, end), bytes.subarray(end))
          },
        }
      }
    }
  }
}

function versioned(version: number, bytes: Buffer): Buffer {
  const start = Buffer.alloc(2)
  start.writeInt16BE(version)
  return Buffer.concat([start, bytes])
}

const targets = [...apiTargets(), ...groupTargets(), ...recordTargets()]

function* truncations(): Generator<Attempt> {
  for (const { name, sample, decode, start = 0, isLenient } of targets) {
    for (const example of ['everything', 'nothing'] as const) {
      const bytes = sample(example)
      for (let end = start; end < bytes.length; end++) {
        yield { what: `${name} cut at ${end}`, bytes: bytes.subarray(0, end), decode, mustFail: !isLenient }
      }
    }
  }
}

function* flips(): Generator<Attempt> {
  for (const { name, sample, decode, start } of targets) {
    for (const bytes of flippedBits(sample('least'), start)) yield { what: name, bytes, decode }
  }
}

/** Lengths are varints in flexible versions only. */
function* absurdNumbers(): Generator<Attempt> {
  for (const { name, of, sample, decode, start } of targets) {
    for (const bytes of absurdIntegers(sample('least'), start)) yield { what: name, bytes, decode }
    if (!isFlexible(of)) continue
    for (const bytes of absurdVarints(sample('least'), start)) yield { what: name, bytes, decode }
  }
}

/** Long frames of one byte over and over: counts that can be, of the smallest elements. */
function* filled(): Generator<Attempt> {
  for (const { name, sample, decode } of targets) {
    for (const byte of [0, 1, 2, 3, 0x1f, 0x7f, 0x80, 0xff]) {
      for (const length of [0, 40, 2000]) {
        const bytes = Buffer.concat([sample('nothing').subarray(0, 13), Buffer.alloc(length, byte)])
        yield { what: name, bytes, decode }
      }
    }
  }
}

/** In the place of a message's last byte, its number of tagged fields, which is none. */
function* manyTags(): Generator<Attempt> {
  for (const { name, of, sample, decode } of targets) {
    if (!isFlexible(of)) continue
    const bytes = sample('nothing')
    for (const [what, tags] of TAGS) {
      yield { what: `${name} with ${what}`, bytes: Buffer.concat([bytes.subarray(0, -1), tags]), decode }
    }
  }
}

const TAGS: readonly (readonly [what: string, bytes: Buffer])[] = [
  [
    '1000 unknown ones',
    Buffer.concat([varint(1000), ...fromTo(0, 1000, (i) => tag(100 + i, Buffer.alloc(i % 5)))]),
  ],
  [
    '20,000 empty ones',
    Buffer.concat([varint(20_000), ...fromTo(0, 20_000, () => tag(127, Buffer.alloc(0)))]),
  ],
  [
    'fewer than it says',
    Buffer.concat([varint(1001), ...fromTo(0, 1000, (i) => tag(100 + i, Buffer.alloc(2)))]),
  ],
  ['the largest number', Buffer.concat([varint(1), tag(0xffff_ffff, Buffer.from([1]))])],
  ['one without an end', Buffer.concat([varint(1), varint(99), varint(0xffff_ffff)])],
  // Known or not: empty, one byte of any kind, and the same again and again.
  ...fromTo(0, 5, (number): [string, Buffer] => [
    `number ${number}, empty`,
    Buffer.concat([varint(1), tag(number, Buffer.alloc(0))]),
  ]),
  ...fromTo(0, 5, (number): [string, Buffer] => [
    `number ${number} 500 times`,
    Buffer.concat([varint(500), ...fromTo(0, 500, (i) => tag(number, Buffer.alloc(1 + (i % 9), i)))]),
  ]),
]

function tag(number: number, content: Buffer): Buffer {
  return Buffer.concat([varint(number), varint(content.length), content])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  return Buffer.from([...bytes, rest])
}

function fromTo<T>(start: number, end: number, make: (i: number) => T): T[] {
  return Array.from({ length: end - start }, (_, i) => make(start + i))
}

function* randomFrames(seed: number): Generator<Attempt> {
  const samples = targets.map(({ sample }) =>
    (['everything', 'most', 'least', 'nothing'] as const).map(sample),
  )
  for (let index = 0; index < RANDOM_FRAMES; index++) {
    const random = randomOf(seed, index)
    const { name, decode } = targets[index % targets.length]!
    const own = samples[index % targets.length]!
    const other = samples[random(samples.length)]!
    yield { what: name, bytes: mutated(own[random(4)]!, other[random(4)]!, random), decode }
  }
}

await attack(
  (seed) => ({
    truncations: truncations(),
    'changed bits': flips(),
    'absurd numbers': absurdNumbers(),
    'one byte over and over': filled(),
    'tagged fields': manyTags(),
    'random frames': randomFrames(seed),
  }),
  // Bytes and records are views. An array's places, of eight bytes, are made before its elements are read: at most one
  // for each byte that is left, in each of the arrays that are one in another; and those that were read to their end.
  { isTooLarge, allocated: (bytes) => 8 * bytes.length * (ARRAYS_DEEP + 1) },
)
