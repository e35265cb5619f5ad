// Kafka's consumer-groups tool sees a group of ours as any other: members, assignor, committed offsets and lag.
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { Kafka } from '../../src/index.ts'
import { runKafkaTool } from '../support/brokers/java.ts'
import { WatchedGroup } from '../support/group-members.ts'
import { uniqueName } from '../support/names.ts'

let kafka: Kafka
beforeAll(() => {
  kafka = new Kafka({ bootstrapServers: inject('bootstrapServers'), clientId: 'group-tools' })
})
afterAll(() => kafka.close())

/** The rows that the tool shows, by the names of its columns, and what it says beside them. */
async function describeGroup(groupId: string, ...view: string[]) {
  const { stdout, stderr, exitCode } = await runKafkaTool(
    'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
    ['--bootstrap-server', inject('bootstrapServers'), '--describe', '--group', groupId, ...view],
  )
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
  const lines = stdout.split('\n').filter((line) => line.trim() !== '')
  const header = lines.findIndex((line) => line.startsWith('GROUP'))
  // "COORDINATOR (ID)" is one column of two words, in the header and in the rows.
  const cells = (line: string) =>
    line
      .replace(/\s+\((ID|\d+)\)/, '($1)')
      .trim()
      .split(/\s+/)
  const names = cells(lines[header]!)
  const rows = lines.slice(header + 1).map((line) => {
    return Object.fromEntries(cells(line).map((cell, i) => [names[i]!, cell]))
  })
  return { rows, notes: stderr }
}

it("Kafka's consumer-groups tool describes a group of ours", async () => {
  const topic = uniqueName('tooled')
  const groupId = uniqueName('tooled-group')
  await kafka.admin().createTopics([{ name: topic, numPartitions: 3 }])
  await using producer = kafka.producer()
  for (const partition of [0, 1, 2]) {
    await producer.sendMany(Array.from({ length: 5 }, (_, i) => ({ topic, partition, value: `v${i}` })))
  }

  await using group = new WatchedGroup()
  const one = await group.ours(kafka, { groupId, topic })
  const two = await group.ours(kafka, { groupId, topic })
  const [more, fewer] = [2, 1]
  await group.changes.until(
    () =>
      [one, two]
        .map(({ partitions }) => partitions.length)
        .sort()
        .join() === `${fewer},${more}`,
    () => `two members to share three partitions; ${group}`,
  )
  await group.untilProcessed(15)

  const { rows: state } = await describeGroup(groupId, '--state')
  expect(state).toMatchObject([
    { GROUP: groupId, 'ASSIGNMENT-STRATEGY': 'range', STATE: 'Stable', '#MEMBERS': '2' },
  ])

  const { rows: members } = await describeGroup(groupId, '--members', '--verbose')
  expect(members).toHaveLength(2)
  expect(members.map((row) => row['#PARTITIONS']).sort()).toEqual(['1', '2'])
  for (const member of members) {
    expect(member).toMatchObject({ GROUP: groupId, 'CLIENT-ID': 'group-tools' })
    expect(member['CONSUMER-ID']).toMatch(/^group-tools-/)
  }
  const owned = [one, two].map(({ partitions }) => `${topic}:${partitions.join(',')}`)
  const shown = members.map((row) => row['CURRENT-ASSIGNMENT'])
  expect(shown.sort()).toEqual(owned.sort())

  // What is processed is committed when they leave; what comes afterwards is lag.
  await one.close()
  await two.close()
  await producer.sendMany([1, 2, 3].map((i) => ({ topic, partition: 1, value: `later ${i}` })))
  const { rows: offsets, notes } = await describeGroup(groupId)
  expect(notes).toContain(`Consumer group '${groupId}' has no active members`)
  expect(
    offsets
      .map((row) => [
        row['TOPIC'],
        row['PARTITION'],
        row['CURRENT-OFFSET'],
        row['LOG-END-OFFSET'],
        row['LAG'],
      ])
      .sort(),
  ).toEqual([
    [topic, '0', '5', '5', '0'],
    [topic, '1', '5', '8', '3'],
    [topic, '2', '5', '5', '0'],
  ])
})

it("Kafka's consumer-groups tool shows committed offsets and lag while our member is at work", async () => {
  const topic = uniqueName('tooled')
  const groupId = uniqueName('tooled-group')
  await kafka.admin().createTopics([{ name: topic, numPartitions: 1 }])
  await using producer = kafka.producer()
  await producer.sendMany(Array.from({ length: 10 }, (_, i) => ({ topic, value: `v${i}` })))
  await using consumer = kafka.consumer({
    groupId,
    topics: [topic],
    autoOffsetReset: 'earliest',
    enableAutoCommit: false,
  })
  for await (const record of consumer) {
    if (record.offset < 6) continue
    await consumer.commit(record)
    const { rows } = await describeGroup(groupId)
    expect(rows).toMatchObject([
      {
        GROUP: groupId,
        TOPIC: topic,
        PARTITION: '0',
        'CURRENT-OFFSET': '7',
        'LOG-END-OFFSET': '10',
        LAG: '3',
        'CLIENT-ID': 'group-tools',
      },
    ])
    break
  }
})
