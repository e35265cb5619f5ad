// Gaps, unknown fates and the window of five, case by case. sequences.model.test.ts has all
// interleavings against a model of the broker; these are the ones that are easily got wrong.

import { describe, expect, it } from 'vitest'
import {
  type Outstanding,
  PartitionSequences,
  SharedIdentity,
} from '../../../src/client/producer/sequences.ts'
import { ModelLog } from '../../support/model-log.ts'

const WRITTEN = { kind: 'written' } as const
const REFUSED = { kind: 'refused', mayBeWritten: false } as const
const MAYBE_WRITTEN = { kind: 'retriable', mayBeWritten: true } as const
const NOT_WRITTEN = { kind: 'retriable', mayBeWritten: false } as const

/** A partition whose broker has acknowledged the batch 'known', and its log. */
function established() {
  const shared = new SharedIdentity()
  shared.current = { producerId: 1n, epoch: 0 }
  const sequences = new PartitionSequences<string>(shared, 5)
  const log = new ModelLog<string>()
  const send = (batch: string, recordCount = 1) => {
    expect(sequences.next()).toBe('new')
    return sequences.send(batch, recordCount)
  }
  const sendAgain = () => {
    const out = sequences.next() as Outstanding<string>
    sequences.sendAgain(out)
    return out
  }
  const append = ({ batch, identity, baseSequence, recordCount }: Outstanding<string>) =>
    log.append({ ...identity!, baseSequence, values: Array.from({ length: recordCount }, () => batch) })
  const known = send('known')
  append(known)
  sequences.answer(known, WRITTEN)
  return { shared, sequences, log, send, sendAgain, append }
}

describe('a gap', () => {
  it('P9: behind a batch that may be written leaves that batch as it is, and numbers anew what follows', () => {
    const { sequences, log, send, sendAgain, append } = established()
    const [first, second, third] = [send('first'), send('second'), send('third')]
    // NOT_ENOUGH_REPLICAS_AFTER_APPEND; then INVALID_RECORD.
    append(first)
    expect(sequences.answer(first, MAYBE_WRITTEN)).toEqual({ kind: 'retry' })
    expect(sequences.answer(second, REFUSED)).toMatchObject({ kind: 'fail' })
    expect(append(third)).toBe('outOfOrder')
    expect(sequences.answer(third, { kind: 'outOfOrder' })).toEqual({ kind: 'retry' })

    expect(sendAgain()).toMatchObject({ batch: 'first', identity: { epoch: 0 }, baseSequence: 1 })
    expect(sequences.next()).toBe(undefined)
    expect(append(first)).toBe('duplicate')
    sequences.answer(first, WRITTEN)
    expect(sendAgain()).toMatchObject({ batch: 'third', identity: { epoch: 1 }, baseSequence: 0 })
    append(third)
    expect(log.values).toEqual(['known', 'first', 'third'])
  })

  it('P9: stays behind both halves of a batch that is split before it', () => {
    const { sequences, send, sendAgain } = established()
    const [large, refused] = [send('large', 2), send('refused')]
    sequences.answer(large, NOT_WRITTEN)
    sequences.answer(refused, REFUSED)
    expect(sequences.answer(sendAgain(), { kind: 'tooLarge' })).toEqual({ kind: 'split' })
    sequences.replace(large, [
      { batch: 'left', recordCount: 1 },
      { batch: 'right', recordCount: 1 },
    ])
    expect(sendAgain()).toMatchObject({ batch: 'left', identity: { epoch: 0 }, baseSequence: 1 })
    sequences.answer(sequences.outstanding[0]!, WRITTEN)
    expect(sendAgain()).toMatchObject({ batch: 'right', identity: { epoch: 0 }, baseSequence: 2 })
    sequences.answer(sequences.outstanding[0]!, WRITTEN)
    expect(send('later')).toMatchObject({ identity: { epoch: 1 }, baseSequence: 0 })
  })
})

describe('the five batches that a broker remembers', () => {
  it('P2: are counted from the oldest that is not settled, with those after it that are', () => {
    const { sequences, log, send, sendAgain, append } = established()
    const [oldest, second, third] = [send('oldest'), send('second'), send('third')]
    append(oldest)
    sequences.answer(oldest, MAYBE_WRITTEN)
    for (const out of [second, third]) {
      append(out)
      sequences.answer(out, WRITTEN)
    }
    sendAgain()
    for (const batch of ['fourth', 'fifth']) {
      const out = send(batch)
      append(out)
      sequences.answer(out, WRITTEN)
    }
    // A sixth would make the broker forget the oldest, and take it for out of order.
    expect(sequences.next()).toBe(undefined)
    expect(append(oldest)).toBe('duplicate')
    sequences.answer(oldest, WRITTEN)
    expect(log.values).toEqual(['known', 'oldest', 'second', 'third', 'fourth', 'fifth'])
    expect(sequences.next()).toBe('new')
  })

  it('P5: out of order, but later ones are acknowledged: it is not the next, and goes again unchanged', () => {
    const { sequences, send, sendAgain } = established()
    const [oldest, later] = [send('oldest'), send('later')]
    sequences.answer(oldest, MAYBE_WRITTEN)
    sequences.answer(later, WRITTEN)
    sequences.answer(sendAgain(), { kind: 'outOfOrder' })
    expect(sequences.next()).toMatchObject({ batch: 'oldest', identity: { epoch: 0 }, baseSequence: 1 })
  })
})

describe('an expired batch', () => {
  it('P10: under way, lets nothing new out until its answer', () => {
    const { sequences, send } = established()
    const out = send('expired')
    sequences.expire(out)
    expect(sequences.next()).toBe(undefined)
    expect(sequences.answer(out, WRITTEN)).toEqual({ kind: 'dropped' })
    expect(send('next')).toMatchObject({ identity: { epoch: 0 }, baseSequence: 2 })
  })

  it('P10: that may be written is not resolved by the acknowledgement of one before it', () => {
    const { sequences, send } = established()
    const [earlier, unknown] = [send('earlier'), send('unknown')]
    sequences.answer(unknown, MAYBE_WRITTEN)
    sequences.expire(unknown)
    sequences.answer(earlier, WRITTEN)
    expect(send('next')).toMatchObject({ identity: { epoch: 1 }, baseSequence: 0 })
  })

  it('P10: that may be written is resolved by the acknowledgement of one after it', () => {
    const { sequences, send } = established()
    const [unknown, later] = [send('unknown'), send('later')]
    sequences.answer(unknown, MAYBE_WRITTEN)
    sequences.expire(unknown)
    expect(sequences.next()).toBe(undefined)
    sequences.answer(later, WRITTEN)
    expect(send('next')).toMatchObject({ identity: { epoch: 0 }, baseSequence: 3 })
  })
})

describe('a newer epoch at the broker', () => {
  it('P7: what may be written fails and is not sent again; what is surely not is numbered anew', () => {
    const { sequences, send, sendAgain } = established()
    const [stale, lost, unwritten] = [send('stale'), send('lost'), send('unwritten')]
    expect(sequences.answer(stale, { kind: 'staleEpoch' })).toMatchObject({ kind: 'fail' })
    expect(sequences.answer(lost, MAYBE_WRITTEN)).toMatchObject({ kind: 'fail' })
    expect(sequences.answer(unwritten, NOT_WRITTEN)).toEqual({ kind: 'retry' })
    expect(sendAgain()).toMatchObject({ batch: 'unwritten', identity: { epoch: 1 }, baseSequence: 0 })
  })
})
