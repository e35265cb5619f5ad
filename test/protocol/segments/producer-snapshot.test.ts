import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { readProducerSnapshot } from '../../../src/protocol/segments/producer-snapshot.ts'

// As a broker of Kafka 4.4.0 wrote it when it was shut down: five idempotent producers, and a transactional one after
// its second transaction.
const WRITTEN = readFileSync(
  new URL('../../cli/golden/ledger-0/00000000000000000019.snapshot', import.meta.url),
)

it('tells what a broker remembered of its producers', () => {
  const idempotent = (id: number) => ({
    producerId: BigInt(id),
    producerEpoch: 0,
    lastSequence: 2,
    lastOffset: 3 * id + 2,
    offsetDelta: 2,
    timestamp: 1_700_000_000_002 + 10 * id,
    coordinatorEpoch: -1,
    currentTxnFirstOffset: -1,
  })
  const producers = readProducerSnapshot(WRITTEN)
  expect(producers.slice(0, 5)).toEqual([0, 1, 2, 3, 4].map(idempotent))
  expect(producers.slice(5)).toMatchObject([
    {
      producerId: 5n,
      producerEpoch: 2,
      lastSequence: -1,
      lastOffset: -1,
      coordinatorEpoch: 0,
      currentTxnFirstOffset: -1,
    },
  ])
})

it('is refused with a byte changed, cut, or of another version', () => {
  for (let at = 2; at < WRITTEN.length; at++) {
    const changed = Buffer.from(WRITTEN)
    changed[at]! ^= 0x10
    expect(() => readProducerSnapshot(changed)).toThrow()
  }
  for (let length = 0; length < WRITTEN.length; length++) {
    expect(() => readProducerSnapshot(WRITTEN.subarray(0, length))).toThrow()
  }
  const newer = Buffer.from(WRITTEN)
  newer[1] = 2
  expect(() => readProducerSnapshot(newer)).toThrow('ProducerSnapshot has versions 1 to 1, not 2')
})
