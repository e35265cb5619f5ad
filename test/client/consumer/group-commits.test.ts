// What members of a group commit, and what they never do.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AnyRecord, Consumer } from '../../../src/client/consumer/types.ts'
import { isKafkaError } from '../../../src/errors.ts'
import { OffsetCommit } from '../../../src/protocol/api/index.ts'
import { errorByName } from '../../../src/protocol/error-codes.ts'
import { RebalancingConsumers } from './rebalancing-consumers.ts'
import { TOPIC } from './scripted-log.ts'

let stage: RebalancingConsumers
beforeEach(async () => {
  stage = await RebalancingConsumers.start(2)
  for (const partition of [0, 1]) stage.fill(partition, 0, 9)
})
afterEach(() => stage[Symbol.asyncDispose]())

const commits = () => stage.log.broker.received(OffsetCommit)
const committed = () => stage.log.partitions.map((partition) => partition.committed?.offset)

async function readUntilBreak(consumer: Consumer<AnyRecord>, count: number): Promise<void> {
  let read = 0
  for await (const _ of consumer) if (++read === count) break
}

const PROTOCOLS = [['range'], ['cooperative-sticky']] as const

describe.each(PROTOCOLS)('%s', (assignor) => {
  const options = { partitionAssignmentStrategy: [assignor] }

  it('O6: without enableAutoCommit nothing is committed unasked: not on a reset, break, throw, revocation, loss or close', async () => {
    const byHand = { ...options, enableAutoCommit: false, autoCommitIntervalMs: 1 }
    const a = stage.consumer('a', byHand)
    await readUntilBreak(a, 3)
    const failing = (async () => {
      for await (const _ of a) throw new Error('out')
    })()
    await expect(failing).rejects.toThrow('out')
    const b = stage.consumer('b', byHand)
    await b.join()
    await readUntilBreak(b, 1)
    stage.group.heartbeatErrors.push(errorByName('UNKNOWN_MEMBER_ID').code)
    while (!stage.told.some((line) => line.includes('lost'))) await stage.tells(stage.told.length + 1)
    await Promise.all([a.close(), b.close()])
    expect(commits()).toEqual([])
  })

  it('O6: with it, what is done is committed when it is given up and on close, and what is in hand is not', async () => {
    const a = stage.consumer('a', options)
    const offsets = new Map<number, number>()
    for await (const { partition, offset } of a) {
      offsets.set(partition, offset)
      if (partition === 1 && offset === 4) break
    }
    // The record in hand is not done.
    const done = [0, 1].map((partition) => (partition === 1 ? 4 : (offsets.get(0) ?? -1) + 1))
    const b = stage.consumer('b', options)
    await b.join()
    while (a.assignment().length + b.assignment().length !== 2 || b.assignment().length !== 1) {
      await stage.tells(stage.told.length + 1)
    }
    const [given] = b.assignment()
    expect(committed()[given!.partition]).toBe(done[given!.partition])
    await a.close()
    expect(committed()).toEqual(done)
  })

  it('of an explicit commit what is not owned is left out and reported, what is owned is committed', async () => {
    const a = stage.consumer('a', { ...options, enableAutoCommit: false })
    const b = stage.consumer('b', { ...options, enableAutoCommit: false })
    await a.join()
    await b.join()
    while (a.assignment().length !== 1 || b.assignment().length !== 1)
      await stage.tells(stage.told.length + 1)
    const [{ partition } = { partition: -1 }] = a.assignment()
    const both = [0, 1].map((each) => ({ topic: TOPIC, partition: each, offset: 5, metadata: 'm' }))
    const error = await a.commit(both).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'PARTIAL_FAILURE' })
    const { errors, results } = error as {
      errors: ReadonlyMap<string, unknown>
      results: ReadonlyMap<string, unknown>
    }
    expect([...results.keys()]).toEqual([`${TOPIC}-${partition}`])
    const [[name, reason] = []] = errors
    expect(name).toBe(`${TOPIC}-${1 - partition}`)
    expect(isKafkaError(reason, 'COMMIT_FAILED')).toBe(true)
    expect(stage.log.partitions.map(({ committed }) => committed?.metadata)).toEqual(
      partition === 0 ? ['m', undefined] : [undefined, 'm'],
    )
    // Nobody was asked for what is not owned.
    expect(commits().flatMap(({ body }) => body.topics.flatMap(({ partitions }) => partitions))).toHaveLength(
      1,
    )
  })
})
