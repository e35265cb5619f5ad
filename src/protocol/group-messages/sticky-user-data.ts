// What the sticky assignor keeps in a subscription's user data: the partitions a member owned, so that it may get them
// again. No version goes before it: version 1 has a generation behind what version 0 has.

import { Buffer } from 'node:buffer'
import { Reader } from '../bytes/reader.ts'
import { Writer } from '../bytes/writer.ts'
import { array, type Decoded, defineMessage, type Encodable, int32, topicName } from '../schema.ts'

export const StickyAssignorUserData = defineMessage({
  name: 'StickyAssignorUserData',
  versions: [0, 1],
  fields: {
    previousAssignment: array({ topic: topicName, partitions: array(int32) }),
    // In which it owned them: an older claim yields to a newer. -1: before the first.
    generation: int32.from(1).default(-1).ignorable(),
  },
})

export type StickyUserData = Decoded<(typeof StickyAssignorUserData)['fields']>
export type EncodableStickyUserData = Encodable<(typeof StickyAssignorUserData)['fields']>

/** In version 1, as Java's assignor does; one that knows only version 0 reads what that has. */
export function encodeStickyUserData(userData: EncodableStickyUserData): Buffer {
  const writer = new Writer()
  StickyAssignorUserData.codec(1).write(writer, userData)
  return writer.toBuffer()
}

/** Either version; what a later one may have added is not looked at. Throws a ProtocolError on malformed bytes. */
export function decodeStickyUserData(bytes: Uint8Array): StickyUserData {
  const reader = new Reader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  const versionZero = StickyAssignorUserData.codec(0).read(reader)
  return reader.remaining < 4 ? versionZero : { ...versionZero, generation: reader.int32() }
}
