// The bytes that members of a classic consumer group send each other through the coordinator: what each subscribes
// to and owns, and what the leader gives it. A version number goes before each; rule G11 says how versions mix.

import { Buffer } from 'node:buffer'
import { ProtocolError } from '../../errors.ts'
import { Reader } from '../bytes/reader.ts'
import { Writer } from '../bytes/writer.ts'
import { readWhole } from '../codec.ts'
import {
  array,
  bytes,
  type Decoded,
  defineMessage,
  type Encodable,
  type Fields,
  int32,
  type Message,
  string,
  topicName,
} from '../schema.ts'

const topicPartitions = { topic: topicName, partitions: array(int32) }

/** A member's metadata in JoinGroup. */
export const ConsumerProtocolSubscription = defineMessage({
  name: 'ConsumerProtocolSubscription',
  versions: [0, 3],
  fields: {
    topics: array(string),
    // An assignor's own: the sticky assignor keeps there what a member owned.
    userData: bytes.nullable().default(null),
    // What a member goes on owning while a cooperative assignor moves the rest (KIP-429).
    ownedPartitions: array(topicPartitions).from(1).ignorable(),
    // The generation in which it owned them: an older claim yields to a newer (KIP-792).
    generationId: int32.from(2).default(-1).ignorable(),
    // For assigning a partition near its replicas (KIP-881).
    rackId: string.nullable().from(3).default(null).ignorable(),
  },
})

/** A member's assignment in SyncGroup. */
export const ConsumerProtocolAssignment = defineMessage({
  name: 'ConsumerProtocolAssignment',
  versions: [0, 3],
  fields: {
    assignedPartitions: array(topicPartitions),
    userData: bytes.nullable().default(null),
  },
})

export type Subscription = Decoded<(typeof ConsumerProtocolSubscription)['fields']>
export type EncodableSubscription = Encodable<(typeof ConsumerProtocolSubscription)['fields']>
export type Assignment = Decoded<(typeof ConsumerProtocolAssignment)['fields']>
export type EncodableAssignment = Encodable<(typeof ConsumerProtocolAssignment)['fields']>

/** Versions 0 to 3; what a version lacks is left out. */
export function encodeSubscription(subscription: EncodableSubscription, version: number): Buffer {
  return encodeVersioned(ConsumerProtocolSubscription, subscription, version)
}

/** G11: an unknown higher version is read as the highest known. Throws a ProtocolError on malformed bytes. */
export function decodeSubscription(bytes: Uint8Array): Subscription {
  return decodeVersioned(ConsumerProtocolSubscription, bytes)
}

/** Versions 0 to 3, which do not differ. */
export function encodeAssignment(assignment: EncodableAssignment, version: number): Buffer {
  return encodeVersioned(ConsumerProtocolAssignment, assignment, version)
}

/** G11: an unknown higher version is read as the highest known. Throws a ProtocolError on malformed bytes. */
export function decodeAssignment(bytes: Uint8Array): Assignment {
  return decodeVersioned(ConsumerProtocolAssignment, bytes)
}

function encodeVersioned<F extends Fields>(
  message: Message<F>,
  value: Encodable<F>,
  version: number,
): Buffer {
  const codec = message.codec(version)
  const writer = new Writer()
  writer.int16(version)
  codec.write(writer, value)
  return writer.toBuffer()
}

function decodeVersioned<F extends Fields>(message: Message<F>, bytes: Uint8Array): Decoded<F> {
  const reader = new Reader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  const version = reader.int16()
  const highest = message.versions[1]
  if (version < 0) throw new ProtocolError(`${message.name} has no version ${version}`)
  // What a later version added stands behind what we know.
  return version > highest ? message.codec(highest).read(reader) : readWhole(message, version, reader)
}
