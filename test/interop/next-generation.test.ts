// A Java consumer and ours in one group of the next generation protocol: they share, whoever leaves, and each resumes
// where the other committed. Kafka's tools see our member as any other.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { Kafka } from '../../src/index.ts'
import { runKafkaTool } from '../support/brokers/java.ts'
import { type GroupMember, JavaMember, WatchedGroup } from '../support/group-members.ts'
import { uniqueName } from '../support/names.ts'

const PARTITIONS = 4

let kafka: Kafka
beforeAll(() => {
  kafka = new Kafka({ bootstrapServers: inject('bootstrapServers'), clientId: 'next-generation' })
})
afterAll(() => kafka.close())

async function newTopic() {
  const name = uniqueName('next')
  await kafka.admin().createTopics([{ name, numPartitions: PARTITIONS }])
  return name
}

/** A group whose members give a sign of life often. */
async function newGroup() {
  const name = uniqueName('next-group')
  const ops = [{ op: 'set', name: 'consumer.heartbeat.interval.ms', value: '200' } as const]
  await kafka.admin().incrementalAlterConfigs([{ type: 'group', name, ops }])
  return name
}

/** Writes `count` records, the same number to each partition, and returns their values. */
async function produce(topic: string, count: number, prefix: string): Promise<string[]> {
  await using producer = kafka.producer()
  const values = Array.from({ length: count }, (_, i) => `${prefix}-${i}`)
  await producer.sendMany(values.map((value, i) => ({ topic, partition: i % PARTITIONS, value })))
  return values
}

interface Options {
  groupId: string
  topic: string
  limit?: number
  groupProtocol?: 'classic' | 'consumer'
}

function join(group: WatchedGroup, who: string, options: Options): Promise<GroupMember> {
  const all = { groupProtocol: 'consumer', ...options } as const
  return who === 'ours' ? group.ours(kafka, all) : group.java(inject('bootstrapServers'), all)
}

const valuesOf = (...members: GroupMember[]) =>
  members.flatMap(({ processed }) => processed.map(({ value }) => value))

describe.each([
  ['ours', 'Java'],
  ['Java', 'ours'],
])('a group that %s begins and %s joins', (first, second) => {
  it('splits four partitions two and two, each record to one of them, and goes on when the first leaves', async () => {
    const options = { groupId: await newGroup(), topic: await newTopic() }
    await using group = new WatchedGroup()
    const one = await join(group, first, options)
    await group.untilShared([one, 4])
    const alone = await produce(options.topic, 40, 'alone')
    await group.untilProcessed(alone.length)

    const two = await join(group, second, options)
    await group.untilShared([one, 2], [two, 2])
    const together = await produce(options.topic, 200, 'together')
    await group.untilProcessed(alone.length + together.length)
    expect(two.processed).toHaveLength(100)
    expect(valuesOf(one, two).sort()).toEqual([...alone, ...together].sort())

    await one.close()
    await group.untilShared([two, 4])
    const left = await produce(options.topic, 40, 'left')
    await group.untilProcessed(alone.length + together.length + left.length)
    // Not one record twice: the one who stayed went on from what the other had committed.
    expect(valuesOf(one, two).sort()).toEqual([...alone, ...together, ...left].sort())
  })

  it('resumes where the other has committed', async () => {
    const options = { groupId: await newGroup(), topic: await newTopic() }
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

  it('goes on while its protocol changes, one member after the other', async () => {
    const options = { groupId: await newGroup(), topic: await newTopic() }
    await using group = new WatchedGroup()
    const old = await join(group, first, { ...options, groupProtocol: 'classic' })
    await group.untilShared([old, 4])
    const alone = await produce(options.topic, 40, 'alone')
    await group.untilProcessed(alone.length)
    const next = await join(group, second, options)
    await group.untilShared([old, 2], [next, 2])
    const together = await produce(options.topic, 80, 'together')
    await group.untilProcessed(alone.length + together.length)
    await old.close()
    await group.untilShared([next, 4])
    const left = await produce(options.topic, 40, 'left')
    await group.untilProcessed(alone.length + together.length + left.length)
    expect(valuesOf(old, next).sort()).toEqual([...alone, ...together, ...left].sort())
  })
})

it("Kafka's consumer-groups tool shows our member with its epoch, its assignment and what it has committed", async () => {
  const [topic, groupId] = [await newTopic(), await newGroup()]
  await using group = new WatchedGroup()
  const ours = await join(group, 'ours', { groupId, topic })
  await produce(topic, 20, 'v')
  await group.untilProcessed(20)
  await group.untilShared([ours, 4])
  const describeGroup = async (...view: string[]) => {
    const args = ['--bootstrap-server', inject('bootstrapServers'), '--describe', '--group', groupId, ...view]
    const tool = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand'
    const { stdout, stderr, exitCode } = await runKafkaTool(tool, args)
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
    return stdout
  }
  expect(await describeGroup('--state')).toMatch(/uniform +Stable +1/)
  const members = await describeGroup('--members', '--verbose')
  expect(members).toMatch(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/)
  expect(members).toContain('next-generation')
  expect(members).toContain(`${topic}:0,1,2,3`)
  await ours.close()
  const offsets = await describeGroup()
  for (const partition of [0, 1, 2, 3]) {
    expect(offsets).toMatch(new RegExp(`${topic} +${partition} +5 +5 +0`))
  }
})
