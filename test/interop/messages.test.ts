// Random messages of every API, version and direction, and of coordinators' records: what we encode, Kafka's generated Java classes decode to the
// same values and encode to the same bytes.
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { apis } from '../../src/protocol/api/index.ts'
import { Reader } from '../../src/protocol/bytes/reader.ts'
import { zeroOf } from '../../src/protocol/codec.ts'
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
} from '../../src/protocol/group-messages/subscription.ts'
import { consumerOffsetsRecords, transactionStateRecords } from '../../src/protocol/internal-topics/index.ts'
import type { Fields, FieldType, Message } from '../../src/protocol/schema.ts'
import { type MessageEcho, startMessageEcho } from '../support/message-echo.ts'
import { arbitraryValue } from '../support/message-values.ts'
import { encode, isPresent, same, versionsOf } from '../support/messages.ts'

const NUM_RUNS = 50

let java: MessageEcho
beforeAll(async () => {
  java = await startMessageEcho()
})
afterAll(() => java?.stop())

const ofApis: { message: Message; javaClass: string }[] = apis.flatMap(({ request, response }) =>
  [request, response].map((message) => ({ message, javaClass: `${message.name}Data` })),
)
const inside: { message: Message; javaClass: string }[] = [
  ConsumerProtocolSubscription as unknown as Message,
  ConsumerProtocolAssignment as unknown as Message,
].map((message) => ({ message, javaClass: message.name }))
const ofCoordinators: { message: Message; javaClass: string }[] = [
  ...consumerOffsetsRecords.map((type) => ({ type, coordinator: 'group' })),
  ...transactionStateRecords.map((type) => ({ type, coordinator: 'transaction' })),
].flatMap(({ type: { key, value }, coordinator }) =>
  ([key, value] as Message[]).map((message) => ({
    message,
    javaClass: `org.apache.kafka.coordinator.${coordinator}.generated.${message.name}`,
  })),
)

describe('random messages are understood by Java', () => {
  it.each([...ofApis, ...inside, ...ofCoordinators])(
    '$message.name, every version',
    async ({ message, javaClass }) => {
      for (const { version } of versionsOf(message)) {
        await fc.assert(
          fc.asyncProperty(arbitraryValue({ message, version }), async (value) => {
            const bytes = encode({ message, version }, value)
            const echo = await java.echo(javaClass, version, bytes)
            same("Java's values", echo.json, asJava(message.fields, value, version))
            same("Java's bytes", echo.bytes.toString('hex'), bytes.toString('hex'))
            same('read back', message.codec(version).read(new Reader(echo.bytes)), value)
          }),
          { numRuns: NUM_RUNS, interruptAfterTimeLimit: 2000 },
        )
      }
    },
  )

  it('says what Java found wrong', async () => {
    const heartbeat = encode(
      { message: ofApis.find(({ message }) => message.name === 'HeartbeatRequest')!.message, version: 0 },
      { groupId: 'g', generationId: 1, memberId: 'm' },
    )
    await expect(java.echo('HeartbeatRequestData', 0, heartbeat.subarray(0, 5))).rejects.toThrow('Exception')
    await expect(java.echo('HeartbeatRequestData', 0, Buffer.concat([heartbeat, heartbeat]))).rejects.toThrow(
      'bytes were left unread',
    )
  })
})

/** A value as Java's JSON has it: only the fields of this version, tagged ones only when they are written. */
function asJava(fields: Fields, value: Record<string, unknown>, version: number): unknown {
  const json: Record<string, unknown> = {}
  for (const [name, { spec }] of Object.entries(fields)) {
    const own = value[name]
    if (!isPresent(spec, version)) continue
    if (spec.tagNumber !== undefined && isDeepStrictEqual(own, zeroOf(spec))) continue
    if (spec.type.kind === 'records' && own !== null) {
      json[`${name}SizeInBytes`] = String((own as Buffer).length)
    } else {
      json[name] = own === null ? null : typeAsJava(spec.type, own, version)
    }
  }
  return json
}

function typeAsJava(type: FieldType, value: unknown, version: number): unknown {
  switch (type.kind) {
    case 'array':
      return (value as unknown[]).map((element) => typeAsJava(type.element, element, version))
    case 'struct':
      return asJava(type.fields, value as Record<string, unknown>, version)
    case 'bytes':
      return (value as Buffer).toString('base64')
    case 'boolean':
      return value
    case 'float64': {
      const bits = Buffer.alloc(8)
      bits.writeDoubleBE(value as number)
      return String(bits.readBigInt64BE())
    }
    default:
      return String(value)
  }
}
