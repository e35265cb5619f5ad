// Reads a `.snapshot` file: what a broker remembers of a partition's producers as of the offset in the file's name.
// Source: ProducerStateManager of org.apache.kafka.storage.internals.log.

import { Buffer } from 'node:buffer'
import { ProtocolError } from '../../errors.ts'
import { Reader } from '../bytes/reader.ts'
import { crc32c } from '../crc32c.ts'
import { array, type Decoded, defineMessage, int16, int32, int64, producerId, uint32 } from '../schema.ts'

const ProducerSnapshot = defineMessage({
  name: 'ProducerSnapshot',
  versions: [1, 1],
  fields: {
    crc: uint32,
    producers: array({
      producerId,
      producerEpoch: int16,
      // Of its last batch; -1 where only a marker is known.
      lastSequence: int32,
      lastOffset: int64,
      // How many offsets that batch spans, less one.
      offsetDelta: int32,
      timestamp: int64,
      // Of the coordinator that wrote its last marker; -1: none.
      coordinatorEpoch: int32,
      // -1: no transaction is open.
      currentTxnFirstOffset: int64,
    }),
  },
})

export type ProducerSnapshotEntry = Decoded<(typeof ProducerSnapshot)['fields']>['producers'][number]

/** The checksum is of what follows it. */
const CHECKED_FROM = 6

/** @throws ProtocolError when its version is unknown, its checksum wrong, or its bytes are malformed. */
export function readProducerSnapshot(bytes: Uint8Array): ProducerSnapshotEntry[] {
  const reader = new Reader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  const { crc, producers } = ProducerSnapshot.codec(reader.int16()).read(reader)
  reader.expectEnd()
  const actual = crc32c(bytes, CHECKED_FROM)
  if (actual !== crc) {
    throw new ProtocolError(`its checksum is 0x${actual.toString(16)} but should be 0x${crc.toString(16)}`)
  }
  return producers
}
