// The edge of a next generation membership against a scripted coordinator: connections, bodies by version, timers,
// handlers.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCluster } from '../../../src/client/cluster/cluster.ts'
import type { Cluster } from '../../../src/client/cluster/types.ts'
import { consumerOptions, kafkaOptions } from '../../../src/client/config/validate.ts'
import type { MembershipHandlers } from '../../../src/client/consumer/membership.ts'
import { createNextGenerationMembership } from '../../../src/client/consumer/next-generation/membership.ts'
import type { TopicPartition } from '../../../src/client/topic.ts'
import { ApiVersions, ConsumerGroupHeartbeat, Metadata } from '../../../src/protocol/api/index.ts'
import { errorByName } from '../../../src/protocol/error-codes.ts'
import { allVersions, type ScriptedBroker } from '../../support/scripted/broker.ts'
import { ScriptedCluster, topicId } from '../../support/scripted/cluster.ts'
import { clusterOptions } from '../../support/scripted/settings.ts'
import { nameCoordinator } from './scripted-group.ts'
import { type ScriptedNextGeneration, scriptNextGeneration } from './scripted-next-generation.ts'

let script: ScriptedCluster
let group: ScriptedNextGeneration
let broker: ScriptedBroker
let cluster: Cluster
const clusters: Cluster[] = []

beforeEach(async () => {
  script = await ScriptedCluster.start(2)
  broker = script.node(1)
  script.topics.set('orders', { id: topicId('B'), partitions: [{ leader: 1 }, { leader: 1 }, { leader: 1 }] })
  script.topics.set('payments', { id: topicId('C'), partitions: [{ leader: 1 }] })
  nameCoordinator(script.brokers, 1)
  group = scriptNextGeneration(script)
  cluster = newCluster()
})
afterEach(async () => {
  await Promise.all(clusters.splice(0).map((each) => each.close({ timeoutMs: 0 })))
  await script.stop()
})

function newCluster(): Cluster {
  const made = createCluster(clusterOptions(script.bootstrapServers))
  clusters.push(made)
  return made
}

/** What ApiVersions tells from now on. */
function offer(version: number | undefined): void {
  const { key } = ConsumerGroupHeartbeat
  const others = allVersions.filter(({ apiKey }) => apiKey !== key)
  const own = version === undefined ? [] : [{ apiKey: key, minVersion: 0, maxVersion: version }]
  for (const each of script.brokers) {
    each.on(ApiVersions, ({ respond }) => respond({ errorCode: 0, apiKeys: [...others, ...own] }))
  }
}

/** A member of group `g` that reads orders, and what its handlers were told. */
function newMember(
  options: Record<string, unknown> = {},
  handlers: Partial<MembershipHandlers> = {},
  sessionTimeoutMs = 45_000,
) {
  const told: string[] = []
  const warnings: string[] = []
  const waiting: (() => void)[] = []
  const tell = (what: string) => {
    told.push(what)
    for (const wake of waiting.splice(0)) wake()
  }
  const given = { groupId: 'g', topics: ['orders'], groupProtocol: 'consumer', retryBackoffMs: 1, ...options }
  const resolved = consumerOptions(given, kafkaOptions({ bootstrapServers: 'unused:1' }))
  const membership = createNextGenerationMembership(
    cluster,
    { ...resolved, sessionTimeoutMs },
    {
      onRevoke: async (partitions) => tell(`revoke ${named(partitions)}`),
      onLost: async (partitions) => tell(`lose ${named(partitions)}`),
      onAssigned: async (all, added) => tell(`take ${named(all)}, new ${named(added)}`),
      onSuspended: (isSuspended) => tell(isSuspended ? 'suspend' : 'resume'),
      onProblem: ({ code }) => tell(`problem ${code}`),
      onFatal: ({ code }) => tell(`fatal ${code}`),
      ...handlers,
    },
    {
      debug() {},
      info() {},
      warn: (message) => void warnings.push(message),
      error: (message) => void warnings.push(message),
    },
  )
  membership.subscribe(['orders'])
  const until = async (what: string) => {
    while (!told.includes(what)) await new Promise<void>((resolve) => waiting.push(resolve))
  }
  return { membership, told, warnings, until }
}

const named = (partitions: readonly TopicPartition[]) =>
  partitions
    .map(({ topic, partition }) => `${topic}-${partition}`)
    .sort()
    .join(' ') || 'nothing'
const heartbeats = () => broker.received(ConsumerGroupHeartbeat).map(({ body }) => body)
const full = () => heartbeats().filter(({ rebalanceTimeoutMs }) => rebalanceTimeoutMs > 0)
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/
const ALL = 'orders-0 orders-1 orders-2'

describe('what is sent', () => {
  it('N1: joins with all there is to say, then acknowledges, then ids and epoch alone', async () => {
    const { membership, told } = newMember({
      ...{ groupInstanceId: 'i1', clientRack: 'r1', groupRemoteAssignor: 'range', maxPollIntervalMs: 7_000 },
    })
    await membership.join({})
    expect(told).toEqual([`take ${ALL}, new ${ALL}`])
    await broker.when(
      () => heartbeats().filter(({ topicPartitions }) => topicPartitions !== null).length === 2,
    )
    await broker.until(ConsumerGroupHeartbeat, heartbeats().length + 1)
    const [join, acknowledgement] = heartbeats().filter(({ topicPartitions }) => topicPartitions !== null)
    const ids = heartbeats().at(-1)
    const own = { groupId: 'g', memberId: expect.stringMatching(UUID), instanceId: 'i1' }
    expect(join).toEqual({
      ...own,
      ...{ memberEpoch: 0, rackId: 'r1', rebalanceTimeoutMs: 7_000, serverAssignor: 'range' },
      ...{ subscribedTopicNames: ['orders'], subscribedTopicRegex: null, topicPartitions: [] },
    })
    const nothing = { rackId: null, rebalanceTimeoutMs: -1, serverAssignor: null }
    const unchanged = { ...nothing, subscribedTopicNames: null, subscribedTopicRegex: null }
    const { generation: memberEpoch, memberId } = membership.identity()!
    const owned = [{ topicId: topicId('B'), partitions: [0, 1, 2] }]
    expect(acknowledgement).toEqual({ ...own, memberId, memberEpoch, ...unchanged, topicPartitions: owned })
    expect(ids).toEqual({ ...own, memberId, memberEpoch, ...unchanged, topicPartitions: null })
    expect(membership.identity()).toMatchObject({ groupId: 'g', groupInstanceId: 'i1' })
  })

  it('patterns go to the broker, joined into one, beside the names', async () => {
    const { membership } = newMember({ topics: ['orders', { pattern: 'eu\\..*' }, { pattern: 'us|ca' }] })
    await membership.join({})
    expect(heartbeats()[0]).toMatchObject({
      subscribedTopicNames: ['orders'],
      subscribedTopicRegex: '(?:eu\\..*)|(?:us|ca)',
    })
  })

  it('a subscription that changes is told', async () => {
    const { membership, until } = newMember()
    await membership.join({})
    membership.subscribe(['orders', 'payments'])
    await until('take orders-0 orders-1 orders-2 payments-0, new payments-0')
    const changed = heartbeats().filter(({ subscribedTopicNames }) => subscribedTopicNames !== null)
    expect(changed).toHaveLength(2)
    expect(changed[1]).toMatchObject({ memberEpoch: 2, rebalanceTimeoutMs: -1 })
  })

  it('heartbeats and goodbyes go over a connection of their own, one after the other', async () => {
    const { membership } = newMember()
    await membership.join({})
    await broker.until(ConsumerGroupHeartbeat, 5)
    await membership.leave({ timeoutMs: 5_000 })
    const sent = broker.received(ConsumerGroupHeartbeat)
    expect(new Set(sent.map(({ from }) => from.index)).size).toBe(1)
    expect(
      broker.requests.filter(({ from }) => from === sent[0]!.from).map(({ api }) => api.name),
    ).not.toContain(Metadata.name)
    expect(sent.at(-1)?.body).toMatchObject({ memberEpoch: -1, topicPartitions: null })
    expect(group.coordinator.members.size).toBe(0)
    await broker.when(() => sent[0]!.from.socket.destroyed)
  })

  it.each([
    [{ groupInstanceId: 'i1' }, undefined, -2],
    [{ groupInstanceId: 'i1' }, true, -1],
    [{}, true, -1],
  ])('N4: %o with leaveGroup %o says goodbye with %d', async (options, leaveGroup, epoch) => {
    const { membership } = newMember(options)
    await membership.join({})
    await membership.leave({ timeoutMs: 5_000, leaveGroup })
    expect(heartbeats().at(-1)?.memberEpoch).toBe(epoch)
    expect(membership.state).toBe('left')
  })

  it('N4: a dynamic member that is to stay says nothing', async () => {
    const { membership } = newMember()
    await membership.join({})
    await membership.leave({ timeoutMs: 5_000, leaveGroup: false })
    expect(heartbeats().every(({ memberEpoch }) => memberEpoch >= 0)).toBe(true)
  })
})

describe('names of topics', () => {
  it('that the cluster does not know of yet are asked for by id', async () => {
    const { membership, told } = newMember()
    await membership.join({})
    const asked = script.asked.flatMap(({ body }) => body.topics ?? [])
    expect(asked).toContainEqual({ topicId: topicId('B'), name: null })
    expect(told).toEqual([`take ${ALL}, new ${ALL}`])
  })

  it('that it knows of are not', async () => {
    await cluster.topics(['orders'], { deadline: performance.now() + 10_000 })
    const { membership } = newMember()
    await membership.join({})
    expect(script.asked.flatMap(({ body }) => body.topics ?? []).map(({ name }) => name)).not.toContain(null)
  })

  it('N2: that no broker knows of are asked for again; the others are read meanwhile', async () => {
    const payments = script.topics.get('payments')!
    script.topics.set('payments', { ...payments, id: topicId('D') })
    const { membership, told, until } = newMember()
    membership.subscribe(['orders', 'payments'])
    await membership.join({})
    expect(told).toEqual([`take ${ALL}, new ${ALL}`])
    script.topics.set('payments', payments)
    await until('take orders-0 orders-1 orders-2 payments-0, new payments-0')
  })
})

describe('brokers that are older', () => {
  it('N5: without the protocol: a clear error, with what to do', async () => {
    offer(undefined)
    const { membership, told } = newMember()
    await expect(membership.join({})).rejects.toMatchObject({
      code: 'UNSUPPORTED_VERSION',
      fatal: true,
      message: expect.stringMatching(/ConsumerGroupHeartbeat.*Kafka 4\.0.*groupProtocol to 'classic'/),
    })
    expect(told).toEqual(['fatal UNSUPPORTED_VERSION'])
    expect(membership.state).toBe('failed')
  })

  it('N5: that have the API, but not the feature', async () => {
    group.errors.push('UNSUPPORTED_VERSION')
    await expect(newMember().membership.join({})).rejects.toMatchObject({
      code: 'UNSUPPORTED_VERSION',
      message: expect.stringMatching(/group\.version/),
    })
  })

  it('with version 0 of it are joined in the same way', async () => {
    offer(0)
    const { membership, told } = newMember()
    await membership.join({})
    expect(told).toEqual([`take ${ALL}, new ${ALL}`])
    const [join] = broker.received(ConsumerGroupHeartbeat)
    expect([join?.version, join?.body.memberId]).toEqual([0, expect.stringMatching(UUID)])
  })

  it('with version 0 match no patterns: a clear error', async () => {
    offer(0)
    const { membership } = newMember({ topics: [{ pattern: 'eu\\..*' }] })
    await expect(membership.join({})).rejects.toMatchObject({
      code: 'UNSUPPORTED_VERSION',
      message: expect.stringMatching(/patterns.*RegExp/),
    })
  })
})

describe('failures', () => {
  it('N3: TOPIC_AUTHORIZATION_FAILED is reported, and the membership goes on', async () => {
    const { membership, told, until } = newMember()
    await membership.join({})
    group.errors.push('TOPIC_AUTHORIZATION_FAILED', 'TOPIC_AUTHORIZATION_FAILED')
    await until('problem TOPIC_AUTHORIZATION_FAILED')
    const before = heartbeats().length
    await broker.until(ConsumerGroupHeartbeat, before + 3)
    expect(told.filter((what) => what.startsWith('problem'))).toHaveLength(1)
    expect(membership.state).toBe('stable')
  })

  it('N3: a fatal error rejects the join, is told, and ends every connection of the membership', async () => {
    group.errors.push('INVALID_REGULAR_EXPRESSION')
    const { membership, told } = newMember()
    const error = {
      code: 'INVALID_REGULAR_EXPRESSION',
      fatal: true,
      message: expect.stringMatching(/Because.*RE2/),
    }
    await expect(membership.join({})).rejects.toMatchObject(error)
    expect(told).toEqual(['fatal INVALID_REGULAR_EXPRESSION'])
    const [join] = broker.received(ConsumerGroupHeartbeat)
    await broker.when(() => join!.from.socket.destroyed)
    await membership.leave({ timeoutMs: 5_000 })
    expect(heartbeats()).toHaveLength(1)
  })

  it('N1: an answer that is lost: all there is to say once more, over another connection', async () => {
    const { membership } = newMember()
    await membership.join({})
    await broker.until(ConsumerGroupHeartbeat, 3)
    const { generation: memberEpoch } = membership.identity()!
    group.answersLost = 1
    await broker.when(() => full().length > 1)
    expect(full()[1]).toMatchObject({
      ...{ memberEpoch, subscribedTopicNames: ['orders'] },
      topicPartitions: [{ topicId: topicId('B'), partitions: [0, 1, 2] }],
    })
    expect(membership.state).toBe('stable')
  })

  it('N1: so does a join whose answer is lost, with nothing owned', async () => {
    group.answersLost = 2
    const { membership, told } = newMember()
    await membership.join({})
    expect(full().map(({ memberEpoch, topicPartitions }) => [memberEpoch, topicPartitions])).toEqual(
      Array(3).fill([0, []]),
    )
    expect(told).toEqual([`take ${ALL}, new ${ALL}`])
  })

  it('a coordinator that says nothing for the session timeout: nothing is handed out until one does', async () => {
    const { membership, told, until } = newMember({}, {}, 300)
    await membership.join({})
    const { generation: memberEpoch } = membership.identity()!
    broker.silent(ConsumerGroupHeartbeat)
    await until('suspend')
    nameCoordinator(script.brokers, 2)
    await until('resume')
    expect(script.node(2).received(ConsumerGroupHeartbeat)[0]?.body).toMatchObject({ memberEpoch })
    expect(told).toEqual([`take ${ALL}, new ${ALL}`, 'suspend', 'resume'])
  })

  it('N3: put out while partitions are given up: that is waited for no longer, and everything is lost', async () => {
    const aborted: string[] = []
    const onRevoke = (_: readonly TopicPartition[], signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => {
          aborted.push((signal.reason as Error).message)
          resolve()
        })
      })
    const { membership, told, until } = newMember({}, { onRevoke })
    await membership.join({})
    const other = newMember()
    await other.membership.join({})
    await broker.when(() => membership.state === 'rebalancing')
    group.coordinator.remove(membership.identity()!.memberId)
    await until(`lose ${ALL}`)
    expect(aborted).toEqual(['what was assigned is lost'])
    while (membership.state !== 'stable') await new Promise((resolve) => setImmediate(resolve))
    expect(told.filter((what) => what.startsWith('lose'))).toHaveLength(1)
  })

  it('a cluster that is closed under a member ends the membership at once, with nothing to retry', async () => {
    const { membership, told } = newMember()
    await membership.join({})
    await cluster.close({ timeoutMs: 0 })
    expect(membership.state).toBe('failed')
    expect(told.at(-1)).toBe('fatal CLOSED')
    const { length } = broker.requests
    await expect(membership.join({})).rejects.toMatchObject({ code: 'CLOSED' })
    await membership.leave({ timeoutMs: 5_000 })
    expect(broker.requests).toHaveLength(length)
  })

  it('a join that is aborted or too late rejects; the membership goes on', async () => {
    broker.silent(ConsumerGroupHeartbeat)
    const { membership, until } = newMember({}, {}, 300)
    const abort = new AbortController()
    const aborted = membership.join({ signal: abort.signal })
    await broker.until(ConsumerGroupHeartbeat)
    abort.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    await expect(membership.join({ deadline: performance.now() })).rejects.toMatchObject({ code: 'TIMEOUT' })
    group = scriptNextGeneration(script)
    await until(`take ${ALL}, new ${ALL}`)
  })

  it('a goodbye that gets no answer ends at its deadline, with all connections', async () => {
    const { membership } = newMember()
    await membership.join({})
    broker.silent(ConsumerGroupHeartbeat)
    await expect(membership.leave({ timeoutMs: 20 })).rejects.toMatchObject({ code: 'TIMEOUT' })
    const [join] = broker.received(ConsumerGroupHeartbeat)
    await broker.when(() => join!.from.socket.destroyed)
  })

  it('O3: a commit refused for its epoch asks for the newer one, with all there is to say', async () => {
    const { membership } = newMember()
    await membership.join({})
    while (full().length < 2) {
      // Not while a heartbeat is on its way that may bring it.
      membership.onCommitError(errorByName('STALE_MEMBER_EPOCH').code, membership.identity()!)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(full()[1]).toMatchObject({ memberEpoch: membership.identity()!.generation })
    expect(membership.state).toBe('stable')
  })
})
