// The classic membership on the real broker, without the consumer around it: who owns what as members come and go.

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { createAdmin } from '../../src/client/admin/admin.ts'
import type { Admin } from '../../src/client/admin/types.ts'
import { createCluster } from '../../src/client/cluster/cluster.ts'
import type { Cluster } from '../../src/client/cluster/types.ts'
import { consumerOptions, kafkaOptions } from '../../src/client/config/validate.ts'
import { createClassicMembership } from '../../src/client/consumer/classic/membership.ts'
import type { Membership } from '../../src/client/consumer/membership.ts'
import type { TopicPartition } from '../../src/client/topic.ts'
import { range } from '../../src/group/assignors/range.ts'
import { member as groupMember } from '../support/groups.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
let bootstrap: ReturnType<typeof kafkaOptions>
let cluster: Cluster
let admin: Admin
let sequence = 0

beforeAll(() => {
  bootstrap = kafkaOptions({ bootstrapServers: inject('bootstrapServers'), logger: silent })
  cluster = createCluster(bootstrap)
  admin = createAdmin({ cluster, defaultApiTimeoutMs: 30_000, logger: silent })
})
afterAll(() => cluster.close({ timeoutMs: 1_000 }))

const nameOf = ({ topic, partition }: TopicPartition) => `${topic} ${partition}`
const uniqueName = (what: string) => `${what}-${process.pid}-${Date.now().toString(36)}-${sequence++}`

/** A member with a client of its own, as another process would have. */
class Member {
  readonly membership: Membership
  readonly owned = new Set<string>()
  readonly account: string[] = []
  /** The generation in which each partition was taken. */
  readonly taken: string[] = []
  readonly #cluster: Cluster
  readonly #onChange: () => void
  #beforeRevocation = async () => {}

  constructor(
    groupId: string,
    onChange: () => void,
    more: Record<string, unknown> & { metadataMaxAgeMs?: number } = {},
  ) {
    const { metadataMaxAgeMs = bootstrap.metadataMaxAgeMs, ...options } = more
    const tell = (message: string) => void this.account.push(message)
    const all = { groupId, topics: ['-'], heartbeatIntervalMs: 50, ...options }
    this.#cluster = createCluster({ ...bootstrap, metadataMaxAgeMs })
    this.#onChange = onChange
    this.membership = createClassicMembership(
      this.#cluster,
      consumerOptions(all, bootstrap),
      {
        onRevoke: async (partitions) => {
          await this.#beforeRevocation()
          this.#drop(partitions)
        },
        onLost: async (partitions) => this.#drop(partitions),
        onAssigned: async (all) => {
          for (const partition of all) {
            this.owned.add(nameOf(partition))
            this.taken.push(`${this.membership.identity()!.generation}: ${nameOf(partition)}`)
          }
          onChange()
        },
        onSuspended() {},
        onProblem() {},
        onFatal(error) {
          // Who dies closes its connections.
          if (error.code !== 'CLOSED') throw error
        },
      },
      { debug() {}, info: tell, warn: tell, error: tell },
    )
  }

  #drop(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.owned.delete(nameOf(partition))
    this.#onChange()
  }

  /** The next revocation does not end before the function is called that this resolves to when it has begun. */
  holdRevocation(): Promise<() => void> {
    return new Promise((begun) => {
      this.#beforeRevocation = () => new Promise((release) => begun(release))
    })
  }

  /** Leaves as a consumer that is closed. */
  async leave(): Promise<void> {
    await this.membership.leave({ timeoutMs: 10_000 })
    this.owned.clear()
    await this.#cluster.close({ timeoutMs: 1_000 })
  }

  /** Without a word. */
  async die(): Promise<void> {
    this.owned.clear()
    await this.#cluster.close({ timeoutMs: 0 })
    await this.membership.leave({ timeoutMs: 1 }).catch(() => {})
  }
}

class Group implements AsyncDisposable {
  readonly id = uniqueName('group')
  readonly members: Member[] = []
  readonly all: Member[] = []
  #watchers: (() => void)[] = []

  readonly #changed = () => {
    for (const watcher of this.#watchers.splice(0)) watcher()
  }

  start(topics: readonly string[], options?: Record<string, unknown>): Member {
    const member = new Member(this.id, this.#changed, options)
    this.members.push(member)
    this.all.push(member)
    member.membership.subscribe(topics)
    member.membership.join({}).then(this.#changed)
    return member
  }

  async end(member: Member, how: 'leave' | 'die'): Promise<void> {
    this.members.splice(this.members.indexOf(member), 1)
    await member[how]()
  }

  /** Resolves when so many partitions are owned by each, in some order, in one generation, and all is stable. */
  async shares(...counts: number[]): Promise<void> {
    const isSo = () => {
      const sizes = this.members.map(({ owned }) => owned.size).sort((a, b) => b - a)
      const generations = new Set(this.members.map(({ membership }) => membership.identity()?.generation))
      const areStable = this.members.every(({ membership }) => membership.state === 'stable')
      return String(sizes) === String(counts) && generations.size === 1 && areStable
    }
    while (!isSo()) {
      const changed = new Promise<void>((resolve) => this.#watchers.push(resolve))
      await Promise.race([changed, new Promise((resolve) => setTimeout(resolve, 20))])
    }
  }

  /** Invariant 7: at most one owner of a partition in a generation. */
  expectSingleOwners(): void {
    const taken = this.all.flatMap((member) => member.taken)
    expect(new Set(taken).size).toBe(taken.length)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.members.splice(0).map((member) => member.leave()))
  }
}

async function newTopic(numPartitions: number): Promise<string> {
  const name = uniqueName('membership')
  await admin.createTopics([{ name, numPartitions, replicationFactor: 1 }])
  return name
}

describe('a group on three partitions', () => {
  it('1 → 2 → 3 → 4 members share 3, 2 and 1, 1 each, and one is idle; who leaves makes room', async () => {
    const topic = await newTopic(3)
    await using group = new Group()
    group.start([topic])
    await group.shares(3)
    group.start([topic])
    await group.shares(2, 1)
    group.start([topic])
    await group.shares(1, 1, 1)
    group.start([topic])
    await group.shares(1, 1, 1, 0)
    const idle = group.members.find(({ owned }) => owned.size === 0)!
    expect(idle.membership.state).toBe('stable')
    expect(idle.account.filter((line) => line.includes('idle'))).toHaveLength(1)
    const busy = group.members.find((member) => member !== idle)!
    await group.end(busy, 'leave')
    await group.shares(1, 1, 1)
    group.expectSingleOwners()
    const generations = group.members.map(({ membership }) => membership.identity()!.generation)
    expect(new Set(generations).size).toBe(1)
    expect(generations[0]).toBeGreaterThanOrEqual(5)
  })

  it('gives the partitions as the range assignor does, to the members as they are named', async () => {
    const topic = await newTopic(5)
    await using group = new Group()
    group.start([topic])
    group.start([topic])
    await group.shares(3, 2)
    const ids = group.members.map(({ membership }) => membership.identity()!.memberId)
    const members = ids.map((id) => groupMember(id, [topic]))
    const expected = range.assign({ members, partitionCounts: new Map([[topic, 5]]) })
    for (const { membership, owned } of group.members) {
      const { memberId } = membership.identity()!
      expect([...owned].sort()).toEqual(expected.get(memberId)!.map(nameOf).sort())
    }
  })

  it('who ends without a word loses its partitions when its session is over', async () => {
    const topic = await newTopic(3)
    await using group = new Group()
    group.start([topic])
    const second = group.start([topic], { sessionTimeoutMs: 6_000 })
    await group.shares(2, 1)
    await group.end(second, 'die')
    await group.shares(3)
    group.expectSingleOwners()
  })

  it('G10: everyone rejoins when its topics change, the leader when partitions are added', async () => {
    const [one, two] = [await newTopic(2), await newTopic(1)]
    await using group = new Group()
    const first = group.start([one], { metadataMaxAgeMs: 100 })
    await group.shares(2)
    group.start([one])
    await group.shares(1, 1)
    first.membership.subscribe([one, two])
    await group.shares(2, 1)
    expect([...first.owned]).toContain(`${two} 0`)
    await admin.createPartitions([{ topic: one, totalCount: 4 }])
    await group.shares(3, 2)
    group.expectSingleOwners()
  })

  it('G3: the leader finds partitions of topics that only another member reads', async () => {
    const [one, two] = [await newTopic(1), await newTopic(2)]
    await using group = new Group()
    group.start([one])
    await group.shares(1)
    const second = group.start([two])
    await group.shares(2, 1)
    expect([...second.owned].sort()).toEqual([`${two} 0`, `${two} 1`])
  })

  it('G9: leaving while the join is outstanding does not hold up the others', async () => {
    const topic = await newTopic(1)
    await using group = new Group()
    const first = group.start([topic])
    await group.shares(1)
    const generation = first.membership.identity()!.generation
    const isAsked = first.holdRevocation()
    const visitor = new Member(group.id, () => {})
    visitor.membership.subscribe([topic])
    const joining = visitor.membership.join({})
    joining.catch(() => {})
    const release = await isAsked
    expect(visitor.membership.state).toBe('joining')
    await visitor.leave()
    await expect(joining).rejects.toMatchObject({ code: 'CLOSED' })
    release()
    await group.shares(1)
    expect(first.membership.identity()?.generation).toBe(generation + 1)
  })

  it('the info account of the leader tells the whole rebalance', async () => {
    const topic = await newTopic(3)
    await using group = new Group()
    const { account, membership } = group.start([topic])
    await group.shares(3)
    const { memberId } = membership.identity()!
    expect(account.map((line) => line.replaceAll(memberId, 'M').replaceAll(topic, 'T'))).toEqual([
      'joining, for T',
      'joined as member M in generation 1, assignor range; selected leader',
      'found 1 members and the topics T',
      'range gives M T 0, 1, 2',
      'assigned T 0, 1, 2 in generation 1; heartbeat every 50 ms',
    ])
  })
})
