// The next generation group protocol (KIP-848) on the real broker: who owns what as members come and go, and what the
// application sees of it.

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { numbers, Stage, until } from './consumer-support.ts'
import { Group, nameOf } from './next-generation-support.ts'

let stage: Stage
beforeAll(() => {
  stage = new Stage(inject('bootstrapServers'))
})
afterAll(() => stage[Symbol.asyncDispose]())

const startGroup = (sessionTimeoutMs?: number) =>
  Group.start(stage, inject('bootstrapServers'), sessionTimeoutMs)

describe('members of a group', () => {
  it('1 → 2 → 3 → 4 share three partitions, one is idle; each record is processed once', async () => {
    const topic = await stage.topic(3)
    await using group = await startGroup()
    group.join([topic])
    await group.shares(3)
    group.join([topic])
    await group.shares(2, 1)
    group.join([topic])
    await group.shares(1, 1, 1)
    const idle = group.join([topic])
    await until(() => idle.account.some((line) => line.includes('idle')))
    await group.shares(1, 1, 1, 0)
    for (const partition of [0, 1, 2])
      await stage.produce(topic, partition, numbers(partition * 10, partition * 10 + 9))
    await until(() => group.members.flatMap(({ processed }) => processed).length >= 30)
    const processed = group.members.flatMap((member) => member.processed)
    expect(processed.map(Number).sort((a, b) => a - b)).toEqual(numbers(0, 29).map(Number))
    for (const { told } of group.members) expect(told.filter((line) => line.startsWith('lost'))).toEqual([])
  })

  it('who leaves makes room, and whoever gets its partitions resumes where it was', async () => {
    const topic = await stage.topic(2)
    await using group = await startGroup()
    const first = group.join([topic])
    await group.shares(2)
    for (const partition of [0, 1])
      await stage.produce(topic, partition, numbers(partition * 10, partition * 10 + 9))
    await until(() => first.processed.length === 20)
    const second = group.join([topic])
    await group.shares(1, 1)
    await group.end(first)
    await group.shares(2)
    for (const partition of [0, 1])
      await stage.produce(topic, partition, numbers(20 + partition, 20 + partition))
    await until(() => second.processed.length >= 2)
    expect(second.processed.sort()).toEqual(['20', '21'])
  })

  it('who ends without a word loses its partitions when its session is over', async () => {
    const topic = await stage.topic(3)
    await using group = await startGroup(2_000)
    group.join([topic])
    const second = group.join([topic])
    await group.shares(2, 1)
    await group.end(second, 'die')
    await group.shares(3)
  })

  it('N2: records of partitions that stay keep arriving while others are given up', async () => {
    const topic = await stage.topic(4)
    await using group = await startGroup()
    const first = group.join([topic])
    await group.shares(4)
    let release = () => {}
    const gate = new Promise<void>((resolve) => (release = resolve))
    first.beforeRevocation = () => gate
    const second = group.join([topic])
    await until(() => first.told.some((line) => line.startsWith('revoked')))
    const given = first.told
      .find((line) => line.startsWith('revoked'))!
      .slice('revoked '.length)
      .split(',')
    const kept = ['0', '1', '2', '3'].filter((partition) => !given.includes(partition))
    expect(kept).toHaveLength(2)
    for (const partition of kept) await stage.produce(topic, Number(partition), numbers(0, 49))
    await until(() => first.processed.length === 100)
    expect(second.owned.size).toBe(0)
    release()
    await group.shares(2, 2)
    expect(first.processed).toHaveLength(100)
  })

  it('O3: commits while the epochs change go through, of whatever is still held', async () => {
    const topic = await stage.topic(4)
    for (const partition of [0, 1, 2, 3]) await stage.produce(topic, partition, numbers(0, 9))
    await using group = await startGroup()
    const first = group.join([topic], { enableAutoCommit: false })
    await until(() => first.processed.length === 40)
    const { epoch } = first
    const second = group.join([topic], { enableAutoCommit: false })
    let commits = 0
    for (let offset = 1; second.owned.size < 2; offset = (offset % 10) + 1) {
      const positions = first.partitions.map((partition) => ({ topic, partition, offset }))
      // What was given up meanwhile is told apart.
      await first.consumer.commit(positions).catch((error) => {
        expect(['COMMIT_FAILED', 'PARTIAL_FAILURE']).toContain(error.code)
      })
      commits++
    }
    expect(commits).toBeGreaterThan(1)
    await until(() => first.epoch > epoch)
    await first.consumer.commit(first.partitions.map((partition) => ({ topic, partition, offset: 10 })))
    const committed = await stage.committedNow(group.id, topic)
    for (const partition of first.partitions) expect(committed[partition]).toBe(10)
  })

  it('come and go while records are written: each record is processed once, and nobody is stuck', async () => {
    const topic = await stage.topic(6)
    await using group = await startGroup()
    const gone: string[] = []
    let isOver = false
    const writing = (async () => {
      let written = 0
      while (!isOver) {
        await stage.produce(topic, (written / 10) % 6, numbers(written, written + 9))
        written += 10
      }
      return written
    })()
    for (const step of [1, 1, -1, 1, 1, -1, -1, 1, 1, 1, -1, -1, 1, -1, 1]) {
      if (step > 0) group.join([topic])
      else {
        const [oldest] = group.members
        await group.end(oldest!)
        gone.push(...oldest!.processed)
      }
      const even = Array.from(group.members, (_, i) =>
        Math.floor((6 + group.members.length - 1 - i) / group.members.length),
      )
      await group.shares(...even)
    }
    isOver = true
    const written = await writing
    const processed = () => [...gone, ...group.members.flatMap((member) => member.processed)]
    await until(() => processed().length >= written)
    expect(
      processed()
        .map(Number)
        .sort((a, b) => a - b),
    ).toEqual(numbers(0, written - 1).map(Number))
  })

  it('partitions that are added are shared, too', async () => {
    const topic = await stage.topic(1)
    await using group = await startGroup()
    group.join([topic])
    group.join([topic])
    await group.shares(1, 0)
    await stage.admin.createPartitions([{ topic, totalCount: 4 }])
    await group.shares(2, 2)
  })

  it('the info account tells joins, what is given up and what is assigned', async () => {
    const topic = await stage.topic(2)
    await using group = await startGroup()
    const first = group.join([topic])
    await group.shares(2)
    const id = first.memberId
    group.join([topic])
    await group.shares(1, 1)
    await until(() => first.account.at(-1)!.includes('of them new nothing'))
    const given = first.told.find((line) => line.startsWith('revoked'))!.slice('revoked '.length)
    const account = first.account.map((line) =>
      line
        .replaceAll(id, 'M')
        .replaceAll(topic, 'T')
        .replace(/epoch \d+/, 'epoch N'),
    )
    expect(account).toEqual([
      'joining, for T',
      'joined as member M in epoch N; the coordinator assigns',
      'assigned T 0, 1 in epoch N; heartbeat every 50 ms',
      'reads T 0 from 0, 1 from 0, as the reset says',
      `giving up T ${given}, for the coordinator wants it so in epoch N; the rest goes on`,
      `gave up T ${given}`,
      `assigned T ${1 - Number(given)} in epoch N, of them new nothing; heartbeat every 50 ms`,
    ])
  })
})

describe('a member that the coordinator has given up', () => {
  it('N3: UNKNOWN_MEMBER_ID: its partitions are lost, and it joins again with the same id', async () => {
    const topic = await stage.topic(2)
    await using group = await startGroup()
    const member = group.join([topic])
    await group.shares(2)
    const { memberId } = member
    expect(await group.heartbeat({ memberId, memberEpoch: -1 })).toBe('NONE')
    await until(() => member.told.includes('lost 0,1'))
    await group.shares(2)
    expect(member.memberId).toBe(memberId)
    expect(member.told).toEqual(['assigned 0,1', 'lost 0,1', 'assigned 0,1'])
  })

  it('N3: FENCED_MEMBER_EPOCH: the same', async () => {
    const topic = await stage.topic(2)
    await using group = await startGroup()
    const member = group.join([topic])
    await group.shares(2)
    const release = await member.holdHeartbeat()
    const { memberId } = member
    // Somebody joins under its id, from the beginning.
    const join = { memberEpoch: 0, rebalanceTimeoutMs: 10_000, topicPartitions: [] }
    expect(await group.heartbeat({ memberId, memberEpoch: -1 })).toBe('NONE')
    expect(await group.heartbeat({ memberId, subscribedTopicNames: [], ...join })).toBe('NONE')
    release()
    await until(() => member.told.includes('lost 0,1'))
    await group.shares(2)
    expect(member.error).toBeUndefined()
    expect(member.told).toEqual(['assigned 0,1', 'lost 0,1', expect.stringMatching(/^assigned/)])
  })

  it('N4: without progress for maxPollIntervalMs it leaves, and joins again when the loop goes on', async () => {
    const topic = await stage.topic(2)
    await stage.produce(topic, 0, numbers(0, 0))
    await using group = await startGroup()
    const id = stage.name('slow')
    const lost: string[] = []
    let goOn = () => {}
    const hanging = new Promise<void>((resolve) => (goOn = resolve))
    const slow = stage.consumer({
      ...{
        groupId: group.id,
        topics: [topic],
        groupProtocol: 'consumer',
        autoOffsetReset: 'earliest',
        clientRack: id,
      },
      maxPollIntervalMs: 500,
      onPartitionsLost: (partitions) => void lost.push(...partitions.map(nameOf)),
    })
    let bodies = 0
    const loop = (async () => {
      for await (const _ of slow) if (bodies++ === 0) await hanging
    })()
    await until(() => bodies === 1)
    const other = group.join([topic])
    await group.shares(2)
    expect(lost.sort()).toEqual([`${topic} 0`, `${topic} 1`])
    await until(() => other.processed.length === 1)
    goOn()
    await until(() => slow.assignment().length === 1)
    await slow.close()
    await loop
  })
})

describe("the broker's part", () => {
  it.each(['uniform', 'range'])(
    'assigns by the assignor %s when that is asked for',
    async (groupRemoteAssignor) => {
      const topics = [await stage.topic(2), await stage.topic(2)]
      await using group = await startGroup()
      const one = group.join(topics, { groupRemoteAssignor })
      const two = group.join(topics, { groupRemoteAssignor })
      await group.shares(2, 2)
      expect((await group.describe()).assignorName).toBe(groupRemoteAssignor)
      if (groupRemoteAssignor === 'uniform') return
      // The same number of each topic to each member.
      for (const { owned } of [one, two]) {
        expect(new Set([...owned].map((partition) => partition.split(' ')[1])).size).toBe(1)
      }
    },
  )

  it('N3: an assignor that it does not have is a fatal error that names what it has', async () => {
    const topic = await stage.topic(1)
    await using group = await startGroup()
    const member = group.join([topic], { groupRemoteAssignor: 'sticky' })
    await until(() => member.error !== undefined)
    expect(member.error).toMatchObject({
      code: 'UNSUPPORTED_ASSIGNOR',
      fatal: true,
      message: expect.stringMatching(/uniform, range.*groupRemoteAssignor/),
    })
    const other = stage.consumer({
      ...{ groupId: group.id, topics: [topic], groupProtocol: 'consumer', groupRemoteAssignor: 'sticky' },
    })
    await expect(other.join()).rejects.toMatchObject({ code: 'UNSUPPORTED_ASSIGNOR' })
  })

  it('matches a pattern against whole names', async () => {
    const prefix = stage.name('matched')
    const names = [`${prefix}.a`, `${prefix}.b`, `x${prefix}.c`]
    await stage.admin.createTopics(names.map((name) => ({ name, numPartitions: 1 })))
    for (const name of names) await stage.produce(name, 0, [name])
    await using group = await startGroup()
    const member = group.join([{ pattern: `${prefix}\\.[a-z]` }])
    await until(() => member.processed.length === 2)
    expect(member.processed.sort()).toEqual(names.slice(0, 2))
    expect([...member.owned].sort()).toEqual([`${prefix}.a 0`, `${prefix}.b 0`])
  })

  it('matches several patterns beside names and a RegExp', async () => {
    const prefix = stage.name('matched')
    const names = ['a', 'b', 'c', 'd', 'e'].map((letter) => `${prefix}.${letter}`)
    await stage.admin.createTopics(names.map((name) => ({ name, numPartitions: 1 })))
    await using group = await startGroup()
    const patterns = [{ pattern: `${prefix}\\.a` }, { pattern: `${prefix}\\.b` }]
    const member = group.join([...patterns, `${prefix}.c`, new RegExp(`^${prefix}\\.d$`)])
    await until(() => member.owned.size === 4)
    expect([...member.owned].sort()).toEqual(names.slice(0, 4).map((name) => `${name} 0`))
  })

  it('N3: a pattern that it cannot read is a fatal error that says why', async () => {
    await using group = await startGroup()
    const member = group.join([{ pattern: '(?=ahead).*' }])
    await until(() => member.error !== undefined)
    expect(member.error).toMatchObject({
      code: 'INVALID_REGULAR_EXPRESSION',
      fatal: true,
      message: expect.stringMatching(/RE2 syntax/),
    })
  })
})

describe('a group that changes its protocol online', () => {
  const classic = { groupProtocol: 'classic', heartbeatIntervalMs: 50 }

  it('from classic to consumer, member by member, and every record is processed once', async () => {
    const topic = await stage.topic(2)
    await using group = await startGroup()
    const old = group.join([topic], classic)
    await group.shares(2)
    for (const partition of [0, 1])
      await stage.produce(topic, partition, numbers(partition * 10, partition * 10 + 9))
    await until(() => old.processed.length === 20)
    const next = group.join([topic])
    await group.shares(1, 1)
    await group.end(old)
    await group.shares(2)
    for (const partition of [0, 1])
      await stage.produce(topic, partition, numbers(20 + partition, 20 + partition))
    await until(() => next.processed.length >= 2)
    expect(next.processed.sort()).toEqual(['20', '21'])
  })

  it('and back', async () => {
    const topic = await stage.topic(2)
    await using group = await startGroup()
    const next = group.join([topic])
    await group.shares(2)
    const old = group.join([topic], classic)
    await group.shares(1, 1)
    await group.end(next)
    await group.shares(2)
    expect(old.error).toBeUndefined()
  })
})
