// Classic rebalances on the real broker: what cooperative consumers keep, static members, several assignors.

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { ConsumerOptions } from '../../src/client/config/types.ts'
import type { AnyRecord, Consumer } from '../../src/client/consumer/types.ts'
import type { TopicPartition } from '../../src/client/topic.ts'
import type { Assignor } from '../../src/group/assignors/assignor.ts'
import { range } from '../../src/group/assignors/range.ts'
import { DescribeGroups } from '../../src/protocol/api/index.ts'
import { numbers, read, Stage, until } from './consumer-support.ts'

let stage: Stage
beforeAll(() => {
  stage = new Stage(inject('bootstrapServers'))
})
afterAll(() => stage[Symbol.asyncDispose]())

type Options = Omit<ConsumerOptions<string>, 'groupId' | 'topics' | 'assign'>

/** A consumer with a running loop, and what became of both. */
class Member {
  readonly consumer: Consumer<AnyRecord>
  /** `assigned 0 1`, `revoked 1`. */
  readonly told: string[] = []
  readonly account: string[] = []
  /** `0:12`: partition and offset. */
  readonly read: string[] = []
  readonly ended: Promise<unknown>

  constructor(groupId: string, topics: readonly string[], options: Options = {}) {
    const { onPartitionsAssigned, onPartitionsRevoked, onPartitionsLost, ...more } = options
    const tell =
      (what: string, then: Options['onPartitionsAssigned']): NonNullable<Options['onPartitionsAssigned']> =>
      async (partitions, consumer) => {
        this.told.push([what, ...partitions.map(({ partition }) => partition).sort()].join(' '))
        await then?.(partitions, consumer)
      }
    const say = (message: string) => void this.account.push(message)
    this.consumer = stage.consumer({
      ...{ groupId, topics, heartbeatIntervalMs: 50, autoOffsetReset: 'earliest' },
      logger: { debug() {}, info: say, warn: say, error: say },
      ...more,
      onPartitionsAssigned: tell('assigned', onPartitionsAssigned),
      onPartitionsRevoked: tell('revoked', onPartitionsRevoked),
      onPartitionsLost: tell('lost', onPartitionsLost),
    })
    this.ended = this.#loop().catch((error: unknown) => error)
  }

  get owned(): number[] {
    return this.consumer
      .assignment()
      .map(({ partition }) => partition)
      .sort()
  }

  get generation(): number {
    return this.consumer.groupMetadata().generationId
  }

  says(what: string): boolean {
    return this.account.some((line) => line.includes(what))
  }

  async #loop(): Promise<void> {
    for await (const { partition, offset } of this.consumer) this.read.push(`${partition}:${offset}`)
  }
}

/** Each holds so many, in some order, in one generation. */
function share(members: readonly Member[], ...counts: number[]): Promise<void> {
  return until(() => {
    const sizes = members.map(({ owned }) => owned.length).sort((a, b) => b - a)
    return String(sizes) === String(counts) && new Set(members.map(({ generation }) => generation)).size === 1
  })
}

async function produceEach(
  topic: string,
  partitions: readonly number[],
  values: readonly string[],
): Promise<void> {
  for (const partition of partitions) await stage.produce(topic, partition, values)
}

const cooperative: Options = { partitionAssignmentStrategy: ['cooperative-sticky'] }
/** On the way there: eager still, and able to. */
const upgrading: Options = { partitionAssignmentStrategy: ['range', 'cooperative-sticky'] }

describe('a cooperative group', () => {
  it('moves only what it must; what stays is read on between the start of the rebalance and its end', async () => {
    const topic = await stage.topic(4)
    const groupId = stage.name('g')
    let release = () => {}
    const isHeld = new Promise<void>((resolve) => {
      release = resolve
    })
    let holds = false
    // Eager in the same group: it holds up the rebalance as long as its listener takes.
    const slow = new Member(groupId, [topic], {
      ...upgrading,
      onPartitionsRevoked: async () => {
        if (holds) await isHeld
      },
    })
    const a = new Member(groupId, [topic], cooperative)
    await share([slow, a], 2, 2)
    const kept = a.owned
    await produceEach(topic, kept, ['0'])
    await until(() => a.read.length === 2)
    holds = true
    a.told.length = 0
    const { generation } = a
    const b = new Member(groupId, [topic], cooperative)
    await until(() => a.says(`goes on with ${topic} ${kept.join(', ')} meanwhile`))
    await produceEach(topic, kept, ['1'])
    await until(() => a.read.length === 4)
    await a.consumer.commit()
    expect(a.generation).toBe(generation)
    release()
    await share([slow, a, b], 2, 1, 1)
    const moved = kept.filter((partition) => !a.owned.includes(partition))
    expect(a.told.filter((line) => line !== 'assigned')).toEqual(
      moved.map((partition) => `revoked ${partition}`),
    )
    expect(a.read.sort()).toEqual(kept.flatMap((partition) => [`${partition}:0`, `${partition}:1`]))
    await Promise.all([slow, a, b].map(({ consumer }) => consumer.close()))
  })

  it('reads everything once while members come and go, commits what it gives up, and has no two owners', async () => {
    const topic = await stage.topic(6)
    const groupId = stage.name('g')
    const owners = new Map<number, Member>()
    const all: Member[] = []
    const start = () => {
      const owned = (partitions: readonly TopicPartition[]) => {
        for (const { partition } of partitions) {
          expect(owners.has(partition)).toBe(false)
          owners.set(partition, member)
        }
      }
      const given = (partitions: readonly TopicPartition[]) => {
        for (const { partition } of partitions) owners.delete(partition)
      }
      const member: Member = new Member(groupId, [topic], {
        ...cooperative,
        onPartitionsAssigned: owned,
        onPartitionsRevoked: given,
      })
      all.push(member)
      return member
    }
    const everything = Array.from({ length: 6 }, (_, partition) => partition)
    const a = start()
    await share([a], 6)
    await produceEach(topic, everything, numbers(0, 9))
    const b = start()
    await share([a, b], 3, 3)
    await produceEach(topic, everything, numbers(10, 19))
    const c = start()
    await share([a, b, c], 2, 2, 2)
    await b.consumer.close()
    await produceEach(topic, everything, numbers(20, 29))
    await share([a, c], 3, 3)
    const count = () => all.reduce((sum, { read }) => sum + read.length, 0)
    await until(() => count() >= 180)
    await Promise.all(all.map(({ consumer }) => consumer.close()))
    const records = all.flatMap(({ read }) => read)
    expect(new Set(records).size).toBe(180)
    expect(records).toHaveLength(180)
    expect(await stage.committedNow(groupId, topic)).toEqual(
      Object.fromEntries(everything.map((p) => [p, 30])),
    )
    expect(all.flatMap(({ told }) => told).filter((line) => line.startsWith('lost'))).toEqual([])
  })

  it('is come to from an eager one by two rolling restarts', async () => {
    const topic = await stage.topic(4)
    const groupId = stage.name('g')
    const eager: Options = { partitionAssignmentStrategy: ['range'] }
    let members = [new Member(groupId, [topic], eager), new Member(groupId, [topic], eager)]
    const read: string[] = []
    let produced = 0
    const restartAll = async (options: Options) => {
      for (const member of members) {
        await share(members, 2, 2)
        await produceEach(topic, [0, 1, 2, 3], [String(produced++)])
        await member.consumer.close()
        read.push(...member.read)
        members = [...members.filter((each) => each !== member), new Member(groupId, [topic], options)]
      }
      await share(members, 2, 2)
    }
    await restartAll(upgrading)
    expect(members.map((member) => member.says('assignor range'))).toEqual([true, true])
    await restartAll(cooperative)
    expect(members.map((member) => member.says('assignor cooperative-sticky'))).toEqual([true, true])
    const [first] = members
    first!.told.length = 0
    const third = new Member(groupId, [topic], cooperative)
    await share([...members, third], 2, 1, 1)
    expect(first!.told.join()).not.toMatch(/revoked \d \d/)
    await until(
      () => read.length + [...members, third].flatMap((member) => member.read).length >= 4 * produced,
    )
    await Promise.all([...members, third].map(({ consumer }) => consumer.close()))
    for (const member of [...members, third]) read.push(...member.read)
    expect(read.sort()).toEqual(
      [0, 1, 2, 3].flatMap((partition) => numbers(0, produced - 1).map((at) => `${partition}:${at}`)),
    )
  })
})

describe('static members', () => {
  const as = (groupInstanceId: string): Options => ({ groupInstanceId, sessionTimeoutMs: 30_000 })

  it.each<[string, Options]>([
    ['eager', {}],
    ['cooperative', cooperative],
  ])(
    '%s: a restart within the session moves nothing, whoever leads; leaving is a choice',
    async (_, protocol) => {
      const topic = await stage.topic(4)
      const groupId = stage.name('g')
      const start = (id: string) => new Member(groupId, [topic], { ...protocol, ...as(id) })
      let [one, two] = [start('one'), start('two')]
      await share([one, two], 2, 2)
      const { generation } = one
      const [ofOne, ofTwo] = [one.owned, two.owned]
      await two.consumer.close()
      two = start('two')
      await until(() => two.owned.length === 2)
      await one.consumer.close()
      one = start('one')
      await until(() => one.owned.length === 2)
      await produceEach(topic, [0, 1, 2, 3], ['0'])
      await until(() => one.read.length + two.read.length === 4)
      expect([one.generation, two.generation]).toEqual([generation, generation])
      expect([one.owned, two.owned]).toEqual([ofOne, ofTwo])
      expect(two.told).toEqual([`assigned ${ofTwo.join(' ')}`])
      await two.consumer.close({ leaveGroup: true })
      await until(() => one.owned.length === 4)
      expect(one.generation).toBeGreaterThan(generation)
      await one.consumer.close({ leaveGroup: true })
      const { response } = await stage.cluster.send(
        DescribeGroups,
        { groups: [groupId] },
        { to: { coordinator: 'group', key: groupId } },
      )
      expect(response.groups[0]).toMatchObject({ groupState: 'Empty', members: [] })
    },
  )

  it('that come back with another topic are not left without it', async () => {
    const [topic, other] = [await stage.topic(2), await stage.topic(1)]
    const groupId = stage.name('g')
    const one = new Member(groupId, [topic], as('one'))
    const two = new Member(groupId, [topic], as('two'))
    await share([one, two], 1, 1)
    await two.consumer.close()
    const back = new Member(groupId, [topic, other], as('two'))
    await until(() => back.consumer.assignment().some((each) => each.topic === other))
    expect(back.says("is nobody's")).toBe(true)
    await Promise.all([one, back].map(({ consumer }) => consumer.close({ leaveGroup: true })))
  })

  it('of which two claim one instance id: the older is fenced, and its loop ends with what to change', async () => {
    const topic = await stage.topic(2)
    const groupId = stage.name('g')
    const older = new Member(groupId, [topic], as('one'))
    await until(() => older.owned.length === 2)
    const newer = new Member(groupId, [topic], as('one'))
    const message = expect.stringMatching(/groupInstanceId 'one'.*fenced.*instance id of its own/)
    expect(await older.ended).toMatchObject({ code: 'FENCED', fatal: true, groupId, message })
    await expect(older.consumer.closed).rejects.toMatchObject({ code: 'FENCED' })
    expect(older.told.at(-1)).toBe('lost 0 1')
    await produceEach(topic, [0, 1], ['0'])
    await until(() => newer.read.length === 2)
    await newer.consumer.close({ leaveGroup: true })
  })
})

describe('several assignors', () => {
  const mine: Assignor = {
    name: 'mine',
    protocol: 'eager',
    userData: ({ topics }) => Buffer.from(topics.join()),
    assign(input) {
      for (const { topics, userData } of input.members) expect(String(userData)).toBe(topics.join())
      return range.assign(input)
    },
  }

  it('are voted on by the members, among those that all list; an own one is as good as another', async () => {
    const topic = await stage.topic(2)
    const groupId = stage.name('g')
    const a = new Member(groupId, [topic], { partitionAssignmentStrategy: ['roundrobin', mine, 'range'] })
    const b = new Member(groupId, [topic], { partitionAssignmentStrategy: [mine, 'sticky', 'range'] })
    await share([a, b], 1, 1)
    // Of `mine` and `range`, which they share, both prefer `mine`.
    expect(a.says('assignor mine') && b.says('assignor mine')).toBe(true)
    await Promise.all([a, b].map(({ consumer }) => consumer.close()))
  })

  it('of which none is shared end the one who comes last, and the group goes on', async () => {
    const topic = await stage.topic(1)
    const groupId = stage.name('g')
    const a = new Member(groupId, [topic], { partitionAssignmentStrategy: ['range'] })
    await until(() => a.owned.length === 1)
    const b = new Member(groupId, [topic], { partitionAssignmentStrategy: ['roundrobin'] })
    const message = expect.stringContaining('partitionAssignmentStrategy')
    expect(await b.ended).toMatchObject({ code: 'INCONSISTENT_GROUP_PROTOCOL', fatal: true, message })
    await stage.produce(topic, 0, ['0'])
    await until(() => a.read.length === 1)
    await a.consumer.close()
  })

  it('a leader whose own assignor fails leaves, and another leads', async () => {
    const topic = await stage.topic(1)
    const groupId = stage.name('g')
    const broken: Assignor = {
      ...mine,
      assign() {
        throw new Error('no idea')
      },
    }
    const a = new Member(groupId, [topic], { partitionAssignmentStrategy: [broken] })
    expect(await a.ended).toMatchObject({ fatal: true, message: expect.stringContaining('no idea') })
    const b = new Member(groupId, [topic], { partitionAssignmentStrategy: [mine] })
    await until(() => b.owned.length === 1)
    await b.consumer.close()
  })
})

describe('commitAsync', () => {
  it('commits without being waited for, in order, and what is given up waits for it', async () => {
    const topic = await stage.topic(1)
    await stage.produce(topic, 0, numbers(0, 99))
    const groupId = stage.name('g')
    const commits = stage.watch('OffsetCommit')
    const options = {
      groupId,
      topics: [topic],
      enableAutoCommit: false,
      autoOffsetReset: 'earliest',
    } as const
    const consumer = stage.consumer(options)
    for await (const record of consumer) {
      void consumer.commitAsync(record)
      if (record.offset === 99) consumer.stop()
    }
    await consumer.close()
    commits.stop()
    expect(await stage.committedNow(groupId, topic)).toEqual({ 0: 100 })
    const offsets = commits.requests.map((request) => {
      const { topics } = request as { topics: { partitions: { committedOffset: number }[] }[] }
      return topics[0]!.partitions[0]!.committedOffset
    })
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b))
    expect(offsets.length).toBeLessThan(100)
    const next = stage.consumer(options)
    await stage.produce(topic, 0, ['100'])
    expect(await read(next, 1)).toEqual(['100'])
    await next.close()
  })
})
