// A Java consumer and ours in one group (classic protocol, range): whoever leads, whoever leaves, and each resumes
// where the other committed.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { Kafka } from '../../src/index.ts'
import { type GroupMember, JavaMember, WatchedGroup } from '../support/group-members.ts'
import { uniqueName } from '../support/names.ts'

const PARTITIONS = 4

let kafka: Kafka
beforeAll(() => {
  kafka = new Kafka({ bootstrapServers: inject('bootstrapServers'), clientId: 'shared-group' })
})
afterAll(() => kafka.close())

async function newTopic() {
  const name = uniqueName('shared')
  await kafka.admin().createTopics([{ name, numPartitions: PARTITIONS }])
  return name
}

/** Writes `count` records, the same number to each partition, and returns their values. */
async function produce(topic: string, count: number, prefix: string): Promise<string[]> {
  await using producer = kafka.producer()
  const values = Array.from({ length: count }, (_, i) => `${prefix}-${i}`)
  await producer.sendMany(values.map((value, i) => ({ topic, partition: i % PARTITIONS, value })))
  return values
}

function join(group: WatchedGroup, who: string, options: { groupId: string; topic: string; limit?: number }) {
  return who === 'ours' ? group.ours(kafka, options) : group.java(inject('bootstrapServers'), options)
}

const valuesOf = (...members: GroupMember[]) =>
  members.flatMap(({ processed }) => processed.map(({ value }) => value))

describe.each([
  ['ours', 'Java'],
  ['Java', 'ours'],
])('a group that %s leads and %s joins', (first, second) => {
  it('splits four partitions two and two, each record to one of them, and goes on when the leader leaves', async () => {
    const options = { groupId: uniqueName('group'), topic: await newTopic() }
    await using group = new WatchedGroup()
    const leader = await join(group, first, options)
    await group.untilShared([leader, 4])
    const alone = await produce(options.topic, 40, 'alone')
    await group.untilProcessed(alone.length)

    const follower = await join(group, second, options)
    await group.untilShared([leader, 2], [follower, 2])
    // Range gives neighbouring partitions to a member.
    expect([leader, follower].map(({ partitions }) => partitions.join())).toEqual(
      expect.arrayContaining(['0,1', '2,3']),
    )
    const java = [leader, follower].find((member) => member instanceof JavaMember)!
    expect(java.led).toEqual(first === 'Java' ? expect.arrayContaining([1, 2]) : [])

    const together = await produce(options.topic, 200, 'together')
    await group.untilProcessed(alone.length + together.length)
    expect(follower.processed).toHaveLength(100)
    expect(valuesOf(leader, follower).sort()).toEqual([...alone, ...together].sort())

    await leader.close()
    await group.untilShared([follower, 4])
    const left = await produce(options.topic, 40, 'left')
    await group.untilProcessed(alone.length + together.length + left.length)
    // Not one record twice: the one who stayed went on from what the other had committed.
    expect(valuesOf(leader, follower).sort()).toEqual([...alone, ...together, ...left].sort())
    for (const { partition, offset } of follower.processed.slice(-left.length)) {
      expect(offset).toBeGreaterThanOrEqual(60)
      expect(follower.partitions).toContain(partition)
    }
  })

  it('goes on when the follower leaves', async () => {
    const options = { groupId: uniqueName('group'), topic: await newTopic() }
    await using group = new WatchedGroup()
    const leader = await join(group, first, options)
    await group.untilShared([leader, 4])
    const follower = await join(group, second, options)
    await group.untilShared([leader, 2], [follower, 2])
    const together = await produce(options.topic, 80, 'together')
    await group.untilProcessed(together.length)
    await follower.close()
    await group.untilShared([leader, 4])
    const left = await produce(options.topic, 40, 'left')
    await group.untilProcessed(together.length + left.length)
    expect(valuesOf(leader, follower).sort()).toEqual([...together, ...left].sort())
  })
})

describe('committed offsets', () => {
  it.each([
    ['ours', 'Java'],
    ['Java', 'ours'],
  ])('of %s are where %s resumes', async (first, second) => {
    const options = { groupId: uniqueName('group'), topic: await newTopic() }
    const values = await produce(options.topic, 120, 'v')
    await using group = new WatchedGroup()
    const before = await join(group, first, { ...options, limit: 47 })
    await group.untilProcessed(47)
    await before.close()

    const committed = await kafka.admin().listConsumerGroupOffsets(options.groupId)
    for (const { partition, offset } of committed) {
      const done = before.processed.filter((record) => record.partition === partition)
      expect(offset).toBe(done.at(-1) === undefined ? 0 : done.at(-1)!.offset + 1)
    }
    if (before instanceof JavaMember) {
      const byJava = committed.map(({ partition, offset }) => [partition, offset] as const)
      expect(new Map(byJava)).toEqual(before.committed)
    }

    const after = await join(group, second, options)
    await group.untilProcessed(values.length)
    expect(after.processed).toHaveLength(values.length - 47)
    expect(valuesOf(before, after).sort()).toEqual([...values].sort())
  })

  it("keep their metadata, and are Java's again after ours", async () => {
    const options = { groupId: uniqueName('group'), topic: await newTopic() }
    await produce(options.topic, 40, 'v')
    await using group = new WatchedGroup()
    const first = await group.java(inject('bootstrapServers'), options)
    await group.untilProcessed(40)
    await first.close()

    const partitions = [0, 1, 2, 3].map((partition) => ({ topic: options.topic, partition }))
    const consumer = kafka.consumer({
      groupId: options.groupId,
      topics: [options.topic],
      enableAutoCommit: false,
    })
    await consumer.join()
    for (const committed of await consumer.committed(partitions)) {
      expect(committed).toMatchObject({ offset: 10, metadata: 'from Java', leaderEpoch: 0 })
    }
    await consumer.commit([{ ...partitions[2]!, offset: 4, metadata: 'from us' }])
    await consumer.close()

    const second = await group.java(inject('bootstrapServers'), options)
    await group.untilProcessed(46)
    expect(second.processed.map(({ partition, offset }) => [partition, offset])).toEqual(
      [4, 5, 6, 7, 8, 9].map((offset) => [2, offset]),
    )
  })
})
