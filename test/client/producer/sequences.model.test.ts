// Random interleavings of sends, answers, losses, leader changes and epoch bumps against a model of the broker's log.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Answer,
  type Outstanding,
  PartitionSequences,
  SharedIdentity,
} from '../../../src/client/producer/sequences.ts'
import { type LogBatch, ModelLog } from '../../support/model-log.ts'

type Batch = readonly number[]

interface Request {
  readonly out: Outstanding<Batch>
  /** As it was written: what a broker reads may no longer be what the machine has now. */
  readonly written: LogBatch<number>
}

/** One partition with its log, and the requests on their way to it. */
class Model {
  readonly log: ModelLog<number>
  readonly sequences: PartitionSequences<Batch>
  readonly acknowledged: number[] = []
  readonly failed: number[] = []
  readonly #identity: SharedIdentity
  #queue: Batch[]
  #requests: Request[] = []
  /** Requests of a lost connection that the broker has yet to read. */
  #late: Request[] = []

  constructor(
    identity: SharedIdentity,
    batches: readonly Batch[],
    maxBatchRecords: number,
    firstSequence: number,
  ) {
    this.#identity = identity
    this.#queue = [...batches]
    this.log = new ModelLog(maxBatchRecords)
    this.sequences = new PartitionSequences(identity, 5, firstSequence)
  }

  get isFinished(): boolean {
    return this.#queue.length === 0 && this.sequences.isEmpty
  }

  get inFlight(): number {
    return this.#requests.length
  }

  send(): void {
    if (this.#identity.current === undefined)
      this.#identity.current = { producerId: this.#newId(), epoch: 32_766 }
    const step = this.sequences.next()
    if (step === undefined) return
    let out: Outstanding<Batch>
    if (step === 'new') {
      const batch = this.#queue.shift()
      if (batch === undefined) return
      out = this.sequences.send(batch, batch.length)
    } else {
      out = step
      this.sequences.sendAgain(out)
    }
    const { identity, baseSequence, batch } = out
    this.#requests.push({
      out,
      written: { producerId: identity!.producerId, epoch: identity!.epoch, baseSequence, values: batch },
    })
  }

  /** The broker reads the oldest request and answers. */
  answer(refuse?: Answer): void {
    const request = this.#requests.shift()
    if (request === undefined) return
    this.#take(request.out, refuse ?? this.#read(request))
  }

  /** The broker appends the oldest request, if it can, and answers that it may be tried again (P3). */
  answerTooLate(): void {
    const request = this.#requests.shift()
    if (request === undefined) return
    const result = this.#read(request)
    const isAppended = result.kind === 'written'
    this.#take(request.out, isAppended ? { kind: 'retriable', mayBeWritten: true } : result)
  }

  /** The connection is lost: of the requests on it so many were read, the others may be read later. */
  disconnect(read: number, areLate: boolean): void {
    const requests = this.#requests
    this.#requests = []
    for (const request of requests.slice(0, read)) this.log.append(request.written)
    if (areLate) this.#late.push(...requests.slice(read))
    for (const { out } of requests) this.#take(out, { kind: 'retriable', mayBeWritten: true })
  }

  /** The broker gets to a request of a connection that is gone. */
  readLate(): void {
    const request = this.#late.shift()
    if (request !== undefined) this.log.append(request.written)
  }

  /** The callers of the oldest batches are told that time is up. */
  expire(): void {
    const out = this.sequences.outstanding.find(({ isExpired }) => !isExpired)
    if (out === undefined) return
    this.failed.push(...out.batch)
    this.sequences.expire(out)
  }

  #read({ written }: Request): Answer {
    const result = this.log.append(written)
    return result === 'duplicate' ? { kind: 'written' } : { kind: result }
  }

  #take(out: Outstanding<Batch>, answer: Answer): void {
    const verdict = this.sequences.answer(out, answer)
    if (verdict.kind === 'done') this.acknowledged.push(...out.batch)
    if (verdict.kind === 'fail') for (const { batch } of [out, ...verdict.others]) this.failed.push(...batch)
    if (verdict.kind === 'split') {
      const middle = Math.ceil(out.batch.length / 2)
      const halves = [out.batch.slice(0, middle), out.batch.slice(middle)]
      this.sequences.replace(
        out,
        halves.map((batch) => ({ batch, recordCount: batch.length })),
      )
    }
  }

  #newId(): bigint {
    nextId++
    return nextId
  }
}

let nextId = 0n

function batchesOf(sizes: readonly number[]): Batch[] {
  let value = 0
  return sizes.map((size) => Array.from({ length: size }, () => value++))
}

type Step = (model: Model) => void

const retriableSteps = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Step>((model) => model.send()) },
  { weight: 4, arbitrary: fc.constant<Step>((model) => model.answer()) },
  {
    weight: 2,
    arbitrary: fc.constant<Step>((model) => model.answer({ kind: 'retriable', mayBeWritten: false })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(5), fc.boolean()).map(
      ([read, areLate]): Step =>
        (model) =>
          model.disconnect(read, areLate),
    ),
  },
  { weight: 2, arbitrary: fc.constant<Step>((model) => model.answerTooLate()) },
  { weight: 1, arbitrary: fc.constant<Step>((model) => model.readLate()) },
)

const refusal: Answer = { kind: 'refused', mayBeWritten: false }

const failureSteps = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Step>((model) => model.send()) },
  { weight: 4, arbitrary: fc.constant<Step>((model) => model.answer()) },
  {
    weight: 2,
    arbitrary: fc.constant<Step>((model) => model.answer({ kind: 'retriable', mayBeWritten: false })),
  },
  { weight: 2, arbitrary: fc.constant<Step>((model) => model.answerTooLate()) },
  { weight: 1, arbitrary: fc.constant<Step>((model) => model.answer(refusal)) },
  { weight: 1, arbitrary: fc.constant<Step>((model) => model.expire()) },
  {
    weight: 1,
    arbitrary: fc.nat(5).map(
      (read): Step =>
        (model) =>
          model.disconnect(read, false),
    ),
  },
)

const sizes = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 25, size: 'max' })
const firstSequence = fc.constantFrom(0, 5, 0x7fff_fff0, 0x7fff_ffff)

/** After the last fault everything settles: the broker only answers. */
function finish(model: Model): void {
  for (let round = 0; !model.isFinished; round++) {
    expect(round).toBeLessThan(1000)
    model.send()
    if (round % 3 === 0 || model.inFlight >= 5) model.answer()
  }
}

describe('PartitionSequences and a model of the broker', () => {
  it('P1, P2: whatever retriable failures there are, the log gets every record exactly once, in order', () => {
    fc.assert(
      fc.property(
        sizes,
        fc.array(retriableSteps, { maxLength: 120, size: 'max' }),
        fc.constantFrom(3, 8),
        firstSequence,
        (given, steps, maxBatchRecords, first) => {
          const batches = batchesOf(given)
          const model = new Model(new SharedIdentity(), batches, maxBatchRecords, first)
          for (const step of steps) step(model)
          finish(model)
          expect(model.log.values).toEqual(batches.flat())
          expect([...model.acknowledged].sort((a, b) => a - b)).toEqual(batches.flat())
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('P18: nor do epoch bumps of another partition change that', () => {
    fc.assert(
      fc.property(
        sizes,
        sizes,
        fc.array(fc.tuple(fc.boolean(), retriableSteps, failureSteps), { maxLength: 200, size: 'max' }),
        (given, othersGiven, steps) => {
          const identity = new SharedIdentity()
          const batches = batchesOf(given)
          const model = new Model(identity, batches, 8, 0)
          const other = new Model(identity, batchesOf(othersGiven), 8, 0)
          for (const [isOther, step, failure] of steps) {
            if (isOther) failure(other)
            else step(model)
          }
          finish(model)
          finish(other)
          expect(model.log.values).toEqual(batches.flat())
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('P9, P10: with refusals and expiries too, nothing acknowledged is lost, nothing is twice, nothing out of order', () => {
    fc.assert(
      fc.property(
        sizes,
        fc.array(failureSteps, { maxLength: 150, size: 'max' }),
        firstSequence,
        (given, steps, first) => {
          const batches = batchesOf(given)
          const model = new Model(new SharedIdentity(), batches, 8, first)
          for (const step of steps) step(model)
          finish(model)
          const { values } = model.log
          expect(values).toEqual([...new Set(values)].sort((a, b) => a - b))
          const inLog = new Set(values)
          expect(model.acknowledged.filter((value) => !inLog.has(value))).toEqual([])
          const told = [...model.acknowledged, ...model.failed].sort((a, b) => a - b)
          expect(told).toEqual(batches.flat())
        },
      ),
      { numRuns: 3000 },
    )
  })
})
