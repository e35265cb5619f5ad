// Every message that we define, in every version, and how tests write, read and compare them.
import { inspect, isDeepStrictEqual } from 'node:util'
import { apis } from '../../src/protocol/api/index.ts'
import { Reader } from '../../src/protocol/bytes/reader.ts'
import { Writer } from '../../src/protocol/bytes/writer.ts'
import { StickyAssignorUserData } from '../../src/protocol/group-messages/sticky-user-data.ts'
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
} from '../../src/protocol/group-messages/subscription.ts'
import {
  consumerOffsetsRecords,
  type RecordType,
  transactionStateRecords,
} from '../../src/protocol/internal-topics/index.ts'
import type { FieldSpec, Fields, Message } from '../../src/protocol/schema.ts'

export interface MessageVersion {
  readonly message: Message
  readonly version: number
}

/** A message and the class that Kafka generates for it; without a package, it is of the APIs' messages. */
export interface JavaMessage {
  readonly message: Message
  readonly javaClass: string
}

export const apiMessages: readonly JavaMessage[] = apis.flatMap(({ request, response }) =>
  [request, response].map((message) => ({ message, javaClass: `${message.name}Data` })),
)

/** What members of a classic group tell each other. */
export const groupMessages: readonly JavaMessage[] = [
  untyped(ConsumerProtocolSubscription),
  untyped(ConsumerProtocolAssignment),
].map((message) => ({ message, javaClass: message.name }))

/** Keys and values of the records by which coordinators keep their state. */
export const recordMessages: readonly JavaMessage[] = [
  ...ofCoordinator('group', consumerOffsetsRecords),
  ...ofCoordinator('transaction', transactionStateRecords),
]

/** All of them. The sticky assignor's user data has no class in Java: the assignor writes it by hand. */
export const everyMessage: readonly Message[] = [
  ...[...apiMessages, ...groupMessages, ...recordMessages].map(({ message }) => message),
  untyped(StickyAssignorUserData),
]

export const everyVersion: readonly MessageVersion[] = everyMessage.flatMap(versionsOf)

/** The message in each of its versions. */
export function versionsOf(message: Message): MessageVersion[] {
  const [first, last] = message.versions
  return Array.from({ length: last - first + 1 }, (_, i) => ({ message, version: first + i }))
}

export function isFlexible({ message, version }: MessageVersion): boolean {
  return version >= message.flexibleFrom
}

export function isPresent(spec: FieldSpec, version: number): boolean {
  return spec.fromVersion <= version && version <= spec.untilVersion
}

export function encode({ message, version }: MessageVersion, value: unknown): Buffer {
  const writer = new Writer()
  message.codec(version).write(writer, value as never)
  return writer.toBuffer()
}

/** Reads a whole message: nothing may follow it. */
export function decode({ message, version }: MessageVersion, bytes: Buffer): unknown {
  const reader = new Reader(bytes)
  const value = message.codec(version).read(reader)
  reader.expectEnd()
  return value
}

/** A plain comparison for properties: a matcher's picture of every step of shrinking would take minutes. */
export function same(what: string, actual: unknown, expected: unknown): void {
  if (isDeepStrictEqual(actual, expected)) return
  const print = (value: unknown) => inspect(value, { depth: 10, breakLength: Number.POSITIVE_INFINITY })
  throw new Error(`${what}: ${print(actual)}, expected ${print(expected)}`)
}

function ofCoordinator(coordinator: string, types: readonly RecordType[]): JavaMessage[] {
  return types
    .flatMap(({ key, value }) => [key, value])
    .map((message) => ({
      message,
      javaClass: `org.apache.kafka.coordinator.${coordinator}.generated.${message.name}`,
    }))
}

/** Without its static types, as a message among others. */
function untyped<F extends Fields>(message: Message<F>): Message {
  return message as unknown as Message
}
