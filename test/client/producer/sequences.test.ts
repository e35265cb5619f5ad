// What answers mean, one rule at a time. sequences.model.test.ts has the interleavings.

import { beforeEach, describe, expect, it } from 'vitest'
import {
  type Answer,
  type Outstanding,
  PartitionSequences,
  SharedIdentity,
} from '../../../src/client/producer/sequences.ts'

const written: Answer = { kind: 'written' }
const retriable: Answer = { kind: 'retriable', mayBeWritten: false }
const lost: Answer = { kind: 'retriable', mayBeWritten: true }
const outOfOrder: Answer = { kind: 'outOfOrder' }
const refused: Answer = { kind: 'refused', mayBeWritten: false }

let identity: SharedIdentity
beforeEach(() => {
  identity = new SharedIdentity()
  identity.current = { producerId: 7n, epoch: 3 }
})

const newPartition = (firstSequence = 0) => new PartitionSequences<string>(identity, 5, firstSequence)

function send(sequences: PartitionSequences<string>, batch: string, recordCount = 10): Outstanding<string> {
  expect(sequences.next()).toBe('new')
  return sequences.send(batch, recordCount)
}

function sendAgain(sequences: PartitionSequences<string>): Outstanding<string> {
  const out = sequences.next()
  if (out === undefined || out === 'new') throw new Error(`there is ${out ?? 'nothing'} to be sent again`)
  sequences.sendAgain(out)
  return out
}

/** A partition of which the broker has acknowledged ten records. */
function knownPartition(): PartitionSequences<string> {
  const sequences = newPartition()
  sequences.answer(send(sequences, 'first'), written)
  return sequences
}

const stamps = (sequences: PartitionSequences<string>) =>
  sequences.outstanding.map((out) => [out.batch, out.identity?.epoch, out.baseSequence])

describe('sequences', () => {
  it('P1: follow each other, with up to five batches in flight', () => {
    const sequences = knownPartition()
    for (const batch of ['a', 'b', 'c', 'd', 'e']) send(sequences, batch)
    expect(sequences.outstanding.map(({ baseSequence }) => baseSequence)).toEqual([10, 20, 30, 40, 50])
    expect(sequences.next()).toBe(undefined)
    expect(sequences.answer(sequences.outstanding[0]!, written)).toEqual({ kind: 'done' })
    expect(sequences.next()).toBe('new')
  })

  it('P1: until the broker knows the producer, one batch is in flight', () => {
    const sequences = newPartition()
    const first = send(sequences, 'a')
    expect(sequences.next()).toBe(undefined)
    sequences.answer(first, written)
    send(sequences, 'b')
    expect(sequences.next()).toBe('new')
  })

  it('P8: go from 2^31-1 to 0', () => {
    const sequences = newPartition(0x7fff_fffa)
    sequences.answer(send(sequences, 'a'), written)
    expect(send(sequences, 'b').baseSequence).toBe(4)
  })

  it('wait for a producer id', () => {
    identity.current = undefined
    const sequences = newPartition()
    expect(sequences.next()).toBe(undefined)
    identity.current = { producerId: 1n, epoch: 0 }
    expect(send(sequences, 'a')).toMatchObject({ identity: { producerId: 1n, epoch: 0 }, baseSequence: 0 })
  })
})

describe('a batch that has to be sent again', () => {
  it('P2: goes unchanged, before all new ones, the oldest alone', () => {
    const sequences = knownPartition()
    const [a, b, c] = ['a', 'b', 'c'].map((batch) => send(sequences, batch))
    expect(sequences.answer(a!, retriable)).toEqual({ kind: 'retry' })
    expect(sequences.next()).toBe(a)
    sequences.answer(b!, outOfOrder)
    expect(sequences.answer(c!, outOfOrder)).toEqual({ kind: 'retry' })
    expect(sendAgain(sequences)).toBe(a)
    expect(sequences.next()).toBe(undefined)
    sequences.answer(a!, written)
    expect(sendAgain(sequences)).toBe(b)
    sequences.answer(b!, written)
    expect(sendAgain(sequences)).toBe(c)
    expect(stamps(sequences)).toEqual([['c', 3, 30]])
    expect(sequences.next()).toBe('new')
  })

  it('P5: out of order and not the next: requeued, and nothing is bumped', () => {
    const sequences = knownPartition()
    const [a, b] = [send(sequences, 'a'), send(sequences, 'b')]
    expect(sequences.answer(b, outOfOrder)).toEqual({ kind: 'retry' })
    sequences.answer(a, written)
    expect(stamps(sequences)).toEqual([['b', 3, 20]])
    expect(identity.current?.epoch).toBe(3)
  })

  it('P5, P18: out of order and the next: the epoch is bumped, all begins at 0 when nothing is in flight', () => {
    const sequences = knownPartition()
    const [a, b] = [send(sequences, 'a'), send(sequences, 'b')]
    sequences.answer(a, outOfOrder)
    expect(sequences.next()).toBe(undefined)
    expect(identity.current?.epoch).toBe(3)
    sequences.answer(b, outOfOrder)
    expect(identity.current).toEqual({ producerId: 7n, epoch: 4 })
    expect(sendAgain(sequences)).toBe(a)
    expect(stamps(sequences)).toEqual([
      ['a', 4, 0],
      ['b', 4, 10],
    ])
  })

  it('P6: unknown producer: plain retry without a log start or after a bump, else the epoch is bumped', () => {
    const plain = knownPartition()
    plain.answer(send(plain, 'a'), { kind: 'unknownProducer', logStartOffset: -1 })
    expect(stamps(plain)).toEqual([['a', 3, 10]])

    const sequences = knownPartition()
    sequences.answer(send(sequences, 'a'), { kind: 'unknownProducer', logStartOffset: 500 })
    sendAgain(sequences)
    expect(stamps(sequences)).toEqual([['a', 4, 0]])
    sequences.answer(sequences.outstanding[0]!, { kind: 'unknownProducer', logStartOffset: 500 })
    expect(identity.current?.epoch).toBe(4)
    expect(stamps(sequences)).toEqual([['a', 4, 0]])
  })

  it('P9: too large: its halves take its place and its sequences', () => {
    const sequences = knownPartition()
    const [a, b] = [send(sequences, 'a', 9), send(sequences, 'b')]
    expect(sequences.answer(a, { kind: 'tooLarge' })).toEqual({ kind: 'split' })
    sequences.answer(b, outOfOrder)
    sequences.replace(a, [
      { batch: 'a1', recordCount: 5 },
      { batch: 'a2', recordCount: 4 },
    ])
    expect(stamps(sequences)).toEqual([
      ['a1', 3, 10],
      ['a2', 3, 15],
      ['b', 3, 19],
    ])
    expect(sendAgain(sequences).batch).toBe('a1')
  })
})

describe('a batch that fails', () => {
  it('P9: leaves a gap: bump, and what follows is numbered anew', () => {
    const sequences = knownPartition()
    const [a, b] = [send(sequences, 'a'), send(sequences, 'b')]
    expect(sequences.answer(a, refused)).toEqual({ kind: 'fail', others: [] })
    sequences.answer(b, outOfOrder)
    sendAgain(sequences)
    expect(stamps(sequences)).toEqual([['b', 4, 0]])
  })

  it('P9: one record that is too large fails like any other', () => {
    const sequences = knownPartition()
    expect(sequences.answer(send(sequences, 'a', 1), { kind: 'tooLarge' })).toEqual({
      kind: 'fail',
      others: [],
    })
    expect(identity.current?.epoch).toBe(4)
  })

  it('P7: by a stale epoch: so do those that may be written; the epoch is bumped for what follows', () => {
    const sequences = knownPartition()
    const [a, b, c] = ['a', 'b', 'c'].map((batch) => send(sequences, batch))
    sequences.answer(b!, lost)
    sequences.answer(c!, retriable)
    expect(sequences.answer(a!, { kind: 'staleEpoch' })).toEqual({ kind: 'fail', others: [b] })
    sendAgain(sequences)
    expect(stamps(sequences)).toEqual([['c', 4, 0]])
  })

  it('P18: after the last epoch a new producer id is needed', () => {
    identity.current = { producerId: 7n, epoch: 32_767 }
    const sequences = knownPartition()
    const a = send(sequences, 'a')
    sequences.answer(send(sequences, 'b'), retriable)
    sequences.answer(a, refused)
    expect(identity.current).toBe(undefined)
    expect(sequences.next()).toBe(undefined)
    identity.current = { producerId: 8n, epoch: 0 }
    expect(sendAgain(sequences)).toMatchObject({ batch: 'b', identity: { producerId: 8n }, baseSequence: 0 })
  })

  it('P18: another partition finishes under the old epoch, sends nothing new, then starts at 0', () => {
    const other = knownPartition()
    const [a, b] = [send(other, 'a'), send(other, 'b')]
    const failing = knownPartition()
    failing.answer(send(failing, 'x'), refused)
    expect(identity.current?.epoch).toBe(4)

    expect(other.next()).toBe(undefined)
    other.answer(a, retriable)
    sendAgain(other)
    expect(stamps(other)).toEqual([
      ['a', 3, 10],
      ['b', 3, 20],
    ])
    other.answer(a, written)
    other.answer(b, written)
    expect(send(other, 'c')).toMatchObject({ identity: { epoch: 4 }, baseSequence: 0 })
    expect(identity.current?.epoch).toBe(4)
  })

  it('without idempotence has no sequence, and nothing is bumped', () => {
    const sequences = new PartitionSequences<string>(undefined, 5)
    const [a, b] = [send(sequences, 'a'), send(sequences, 'b')]
    expect(a).toMatchObject({ identity: undefined, baseSequence: -1 })
    sequences.answer(a, lost)
    expect(sendAgain(sequences)).toBe(a)
    sequences.answer(a, refused)
    sequences.answer(b, written)
    expect(sequences.next()).toBe('new')
    expect(sequences.isEmpty).toBe(true)
  })
})

describe('a batch that expires', () => {
  it('P10: surely not written: a gap', () => {
    const sequences = knownPartition()
    const a = send(sequences, 'a')
    sequences.answer(a, retriable)
    sequences.expire(a)
    expect(identity.current?.epoch).toBe(4)
  })

  it('P10: maybe written: nothing new goes out until a later batch tells', () => {
    const sequences = knownPartition()
    const [a, b] = [send(sequences, 'a'), send(sequences, 'b')]
    sequences.answer(a, lost)
    sequences.answer(b, lost)
    sequences.expire(a)
    expect(sendAgain(sequences)).toBe(b)
    expect(sequences.next()).toBe(undefined)
    sequences.answer(b, written)
    expect(identity.current?.epoch).toBe(3)
    expect(send(sequences, 'c').baseSequence).toBe(30)
  })

  it('P10: maybe written, and the later one is out of order: it was not', () => {
    const sequences = knownPartition()
    const [a, b] = [send(sequences, 'a'), send(sequences, 'b')]
    sequences.answer(a, lost)
    sequences.answer(b, lost)
    sequences.expire(a)
    sequences.answer(sendAgain(sequences), outOfOrder)
    sendAgain(sequences)
    expect(stamps(sequences)).toEqual([['b', 4, 0]])
  })

  it('P10: maybe written, and there is no later one: the epoch is bumped', () => {
    const sequences = knownPartition()
    const a = send(sequences, 'a')
    sequences.answer(a, lost)
    sequences.expire(a)
    expect(identity.current?.epoch).toBe(4)
    expect(send(sequences, 'b').baseSequence).toBe(0)
  })

  it('P5: in flight: a late answer still counts as its acknowledgement', () => {
    const sequences = knownPartition()
    const a = send(sequences, 'a')
    sequences.expire(a)
    expect(sequences.outstanding).toEqual([a])
    expect(sequences.answer(a, written)).toEqual({ kind: 'dropped' })
    expect(send(sequences, 'b')).toMatchObject({ identity: { epoch: 3 }, baseSequence: 20 })
  })

  it('in flight, and never answered: is not sent again', () => {
    const sequences = knownPartition()
    const a = send(sequences, 'a')
    sequences.expire(a)
    expect(sequences.answer(a, lost)).toEqual({ kind: 'dropped' })
    expect(sequences.isEmpty).toBe(true)
    expect(identity.current?.epoch).toBe(4)
  })
})

it('M4: a topic made again is begun anew', () => {
  const sequences = knownPartition()
  sequences.forgetLog()
  expect(send(sequences, 'a')).toMatchObject({ identity: { epoch: 4 }, baseSequence: 0 })
  expect(sequences.next()).toBe(undefined)
})
