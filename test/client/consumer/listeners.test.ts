// When listeners are called, as Java calls its own, and what they may do.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AnyRecord, Consumer, ConsumerControl } from '../../../src/client/consumer/types.ts'
import { errorByName } from '../../../src/protocol/error-codes.ts'
import { keeping } from '../../group/classic/keeping-assignor.ts'
import { RebalancingConsumers } from './rebalancing-consumers.ts'
import { TOPIC } from './scripted-log.ts'

let stage: RebalancingConsumers
beforeEach(async () => {
  stage = await RebalancingConsumers.start(2)
})
afterEach(() => stage[Symbol.asyncDispose]())

const cooperative = { partitionAssignmentStrategy: [keeping] }
const at = (partition: number) => ({ topic: TOPIC, partition })

async function read(consumer: Consumer<AnyRecord>, count: number): Promise<string[]> {
  const values: string[] = []
  for await (const { partition, value } of consumer) {
    values.push(`${partition}:${value}`)
    if (values.length === count) consumer.stop()
  }
  return values
}

describe('eager listeners', () => {
  it('are told of everything at every rebalance, given up first, then assigned', async () => {
    const a = stage.consumer('a')
    await a.join()
    const b = stage.consumer('b')
    await b.join()
    await stage.tells(4)
    await b.close()
    await stage.tells(7)
    await a.close()
    expect(stage.told.filter((line) => line.startsWith('a'))).toEqual([
      'a assigned 0 1',
      'a revoked 0 1',
      'a assigned 0',
      'a revoked 0',
      'a assigned 0 1',
      'a revoked 0 1',
    ])
    expect(stage.told.filter((line) => line.startsWith('b'))).toEqual(['b assigned 1', 'b revoked 1'])
  })

  it('of a member without partitions are told of nothing, but are told', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => stage.consumer(name))
    await a!.join()
    await b!.join()
    await c!.join()
    stage.told.length = 0
    stage.group.coordinator.demandRebalance()
    await stage.tells(6)
    expect(stage.told.filter((line) => line.startsWith('c'))).toEqual(['c revoked', 'c assigned'])
    // What is not owned is not revoked on close.
    await c!.close()
    expect(stage.told.filter((line) => line === 'c revoked')).toHaveLength(1)
  })
})

describe('cooperative listeners', () => {
  it('are told of what moves: assigned at every rebalance, revoked only of what is taken', async () => {
    const a = stage.consumer('a', cooperative)
    await a.join()
    const b = stage.consumer('b', cooperative)
    await b.join()
    await stage.tells(6)
    expect(stage.told.filter((line) => line.startsWith('a'))).toEqual([
      'a assigned 0 1',
      'a revoked 1',
      'a assigned',
      'a assigned',
    ])
    expect(stage.told.filter((line) => line.startsWith('b'))).toEqual(['b assigned', 'b assigned 1'])
    await b.close()
    await stage.tells(8)
    expect(stage.told.slice(-2)).toEqual(['b revoked 1', 'a assigned 1'])
    await a.close()
    expect(stage.told.at(-1)).toBe('a revoked 0 1')
  })
})

describe.each([
  ['eager', {}],
  ['cooperative', cooperative],
])('%s listeners', (_, protocol) => {
  it('are told of a loss where there was no chance to commit', async () => {
    const a = stage.consumer('a', protocol)
    await a.join()
    stage.group.coordinator.remove('m1')
    await stage.tells(3)
    expect(stage.told).toEqual(['a assigned 0 1', 'a lost 0 1', 'a assigned 0 1'])
  })

  it('that do not ask for losses are told of a revocation instead', async () => {
    const a = stage.consumer('a', { ...protocol, onPartitionsLost: undefined })
    await a.join()
    stage.group.coordinator.remove('m1')
    await stage.tells(3)
    expect(stage.told).toEqual(['a assigned 0 1', 'a revoked 0 1', 'a assigned 0 1'])
  })

  it('may seek, pause and commit: before the first record of what they are told of', async () => {
    stage.fill(0, 0, 9)
    stage.fill(1, 0, 9)
    const committed: (number | null)[] = []
    const a = stage.consumer('a', {
      ...protocol,
      onPartitionsAssigned: async (partitions, consumer: ConsumerControl) => {
        await Promise.resolve()
        for (const each of partitions) {
          if (each.partition === 0) consumer.seek(each, 8)
          else consumer.pause([each])
        }
        await consumer.commit([{ ...at(1), offset: 4 }])
        committed.push(...(await consumer.committed([at(1)])).map(({ offset }) => offset))
      },
      onPartitionsRevoked: async (partitions, consumer: ConsumerControl) => {
        await consumer.commit(partitions.map((each) => ({ ...each, offset: 7 })))
      },
    })
    expect(await read(a, 2)).toEqual(['0:8', '0:9'])
    expect(committed).toEqual([4])
    expect(stage.log.fetches.flatMap(({ body }) => body.topics[0]?.partitions ?? [])).toEqual(
      expect.not.arrayContaining([expect.objectContaining({ partition: 1 })]),
    )
    await a.close()
    expect(stage.log.partitions.map(({ committed }) => committed?.offset)).toEqual([7, 7])
  })

  it('G14: that throw when the consumer closes have it closed, and reach the caller of close()', async () => {
    const fail = () => {
      throw new Error('could not flush')
    }
    const a = stage.consumer('a', { ...protocol, onPartitionsRevoked: fail })
    await a.join()
    await expect(a.close()).rejects.toThrow('could not flush')
    await expect(a.closed).resolves.toBeUndefined()
    expect(stage.group.coordinator.members.size).toBe(0)
  })

  it('G14: that throw in a rebalance end the loop, and the group goes on', async () => {
    let isBad = true
    const a = stage.consumer('a', {
      ...protocol,
      onPartitionsRevoked: () => {
        if (isBad) throw new Error('could not flush')
      },
    })
    const ended = expect(read(a, 1)).rejects.toThrow('could not flush')
    await a.join()
    const b = stage.consumer('b', protocol)
    await b.join()
    await ended
    isBad = false
    while (a.assignment().length + b.assignment().length < 2) await stage.tells(stage.told.length + 1)
    expect(a.assignment()).toEqual([at(0)])
  })
})

describe('G5: what a cooperative consumer keeps', () => {
  it('is read on while the group shares anew, and its commits count', async () => {
    stage.fill(0, 0, 1)
    const a = stage.consumer('a', { ...cooperative, enableAutoCommit: false })
    expect(await read(a, 2)).toEqual(['0:0', '0:1'])
    stage.group.holdJoins = true
    stage.group.coordinator.demandRebalance()
    await stage.log.broker.when(() => stage.group.coordinator.everyoneHasJoined)
    // Between the rebalance's start and its end.
    stage.fill(0, 2, 3)
    const iterator = a[Symbol.asyncIterator]()
    expect((await iterator.next()).value?.offset).toBe(2)
    await a.commit()
    expect(stage.log.partitions[0]!.committed?.offset).toBe(3)
    expect((await iterator.next()).value?.offset).toBe(3)
    stage.group.completeJoin()
    await stage.tells(2)
    expect(stage.told).toEqual(['a assigned 0 1', 'a assigned'])
    expect(a.assignment()).toHaveLength(2)
    await iterator.return?.()
  })

  it.each(['ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS'] as const)(
    'O3: is committed when the group has agreed, where the coordinator answers %s meanwhile',
    async (name) => {
      stage.fill(0, 0, 1)
      const a = stage.consumer('a', { ...cooperative, enableAutoCommit: false })
      await read(a, 2)
      stage.group.holdJoins = true
      stage.group.coordinator.demandRebalance()
      await stage.log.broker.when(() => stage.group.coordinator.everyoneHasJoined)
      let refusals = 0
      const commitError = stage.commitError.bind(stage)
      stage.commitError = (...identity) => {
        if (a.groupMetadata().generationId === 2) return commitError(...identity)
        refusals++
        return name
      }
      const committing = a.commit()
      await stage.log.broker.when(() => refusals >= 2)
      stage.group.completeJoin()
      await committing
      expect(stage.log.partitions[0]!.committed?.offset).toBe(2)
      expect(stage.told).not.toContain('a lost 0 1')
    },
  )

  it('O3: commitAsync is told so, and may be tried again', async () => {
    stage.fill(0, 0, 1)
    const a = stage.consumer('a', { ...cooperative, enableAutoCommit: false })
    await read(a, 2)
    stage.commitError = () => 'REBALANCE_IN_PROGRESS'
    await expect(a.commitAsync()).rejects.toMatchObject({ code: 'REBALANCE_IN_PROGRESS', retriable: true })
  })

  it('G4: is lost with all else when the group has given the member up meanwhile; its commits are refused', async () => {
    stage.fill(0, 0, 1)
    const a = stage.consumer('a', { ...cooperative, enableAutoCommit: false })
    await read(a, 2)
    stage.group.heartbeatErrors.push(errorByName('UNKNOWN_MEMBER_ID').code)
    await stage.tells(2)
    expect(stage.told).toEqual(['a assigned 0 1', 'a lost 0 1'])
    await expect(a.commit([{ ...at(0), offset: 1 }])).rejects.toMatchObject({ code: 'COMMIT_FAILED' })
  })
})
