// What consumers say of a group's life at `info` and above: one voice, one line a fact, in order.
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Cluster } from '../../../src/client/cluster/types.ts'
import { consumerOptions } from '../../../src/client/config/validate.ts'
import { createConsumer } from '../../../src/client/consumer/consumer.ts'
import type { AnyRecord, Consumer } from '../../../src/client/consumer/types.ts'
import { type ScriptedGroup, scriptGroup } from './scripted-group.ts'
import { ScriptedLog, TOPIC } from './scripted-log.ts'
import { batch, numbers } from './support.ts'

let kafka: ScriptedLog
let group: ScriptedGroup
beforeEach(async () => {
  kafka = await ScriptedLog.start(2)
  group = scriptGroup(kafka.broker)
  for (const partition of kafka.partitions) {
    partition.append(batch({ at: 0, values: numbers(0, 1), partitionLeaderEpoch: 3 }), 0, 2)
  }
})
afterEach(() => kafka[Symbol.asyncDispose]())

/** Without the group's name, which is in each. */
function plain(line: string): string {
  return line.replace(/^((?:warn|error): )?group g: /, '$1')
}

class Member {
  readonly account: string[] = []
  readonly cluster: Cluster
  readonly consumer: Consumer<AnyRecord>
  #wake = () => {}

  constructor(more: Record<string, unknown> = {}) {
    const tell = (level: string) => (message: string) => {
      this.account.push(level === 'info' ? message : `${level}: ${message}`)
      this.#wake()
    }
    const logger = { debug() {}, info: tell('info'), warn: tell('warn'), error: tell('error') }
    const { cluster, kafka: resolved } = kafka.client({ logger })
    const common = { groupId: 'g', topics: [TOPIC], autoOffsetReset: 'earliest', heartbeatIntervalMs: 10 }
    const options = { ...common, ...more }
    this.cluster = cluster
    this.consumer = createConsumer(cluster, consumerOptions(options as never, resolved), resolved)
  }

  /** The lines up to the one that begins so; they are told once. */
  async tells(start: string): Promise<string[]> {
    for (;;) {
      const end = this.account.findIndex((line) => plain(line).startsWith(start))
      if (end >= 0) return this.account.splice(0, end + 1).map(plain)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

it('tells a join, the join of another, its leaving, and the crash of a third', async () => {
  const first = new Member()
  let count = 0
  for await (const _ of first.consumer) if (++count === 4) first.consumer.stop()
  expect(await first.tells('reads')).toEqual([
    'joining, for t',
    'joined as member m1 in generation 1, assignor range; selected leader',
    'found 1 members and the topics t',
    'range gives m1 t 0, 1',
    'assigned t 0, 1 in generation 1; heartbeat every 10 ms',
    'reads t 0 from 0, 1 from 0, as the reset says',
  ])

  const second = new Member()
  await second.consumer.join()
  expect(await first.tells('reads')).toEqual([
    'stopped and joining again, because the group rebalances',
    'committed t 0 at 2, 1 at 2 before giving up',
    'gave up t 0, 1',
    'joined as member m1 in generation 2, assignor range; selected leader',
    'found 2 members and the topics t',
    'range gives m1 t 0',
    'range gives m2 t 1',
    'assigned t 0 in generation 2; heartbeat every 10 ms',
    'reads t 0 from 2, as the committed offset says',
  ])
  expect(await second.tells('reads')).toEqual([
    'joining, for t',
    'joined as member m2 in generation 2, assignor range',
    'assigned t 1 in generation 2; heartbeat every 10 ms',
    'reads t 1 from 2, as the committed offset says',
  ])

  await second.consumer.close()
  expect(await second.tells('left')).toEqual(['gave up t 1', 'left as member m2: the consumer was closed'])
  const takesAll = (generation: number) => [
    'stopped and joining again, because the group rebalances',
    'gave up t 0',
    `joined as member m1 in generation ${generation}, assignor range; selected leader`,
    'found 1 members and the topics t',
    'range gives m1 t 0, 1',
    `assigned t 0, 1 in generation ${generation}; heartbeat every 10 ms`,
    'reads t 0 from 2, 1 from 2, as the committed offset says',
  ]
  expect(await first.tells('reads')).toEqual(takesAll(3))

  const third = new Member()
  await third.consumer.join()
  await third.tells('reads')
  await first.tells('reads')
  await third.cluster.close({ timeoutMs: 0 })
  await third.consumer.closed
  // Its session is over.
  group.coordinator.remove('m3')
  expect(await first.tells('reads')).toEqual(takesAll(5))

  await first.consumer.close()
  expect(await first.tells('left')).toEqual(['gave up t 0, 1', 'left as member m1: the consumer was closed'])
  expect([first, second, third].flatMap(({ account }) => account)).toEqual([])
})

it('tells what a cooperative rebalance keeps, takes and gives up, and says idle once', async () => {
  const cooperative = { partitionAssignmentStrategy: ['cooperative-sticky'] }
  const first = new Member(cooperative)
  await first.consumer.join()
  await first.tells('reads')
  const second = new Member(cooperative)
  await second.consumer.join()
  expect(await second.tells('reads')).toEqual([
    'joining, for t',
    'joined as member m2 in generation 2, assignor cooperative-sticky',
    'assigned nothing in generation 2; heartbeat every 10 ms',
    'idle, for it was given no partitions; standing by',
    'joining again, because the group rebalances',
    'joined as member m2 in generation 3, assignor cooperative-sticky',
    'assigned t 1 in generation 3; heartbeat every 10 ms',
    'reads t 1 from 0, as the committed offset says',
  ])
  expect(await first.tells('assigned t 0 in generation 3')).toEqual([
    'joining again, because the group rebalances; goes on with t 0, 1 meanwhile',
    'joined as member m1 in generation 2, assignor cooperative-sticky; selected leader',
    'found 2 members and the topics t',
    'cooperative-sticky gives m1 t 0',
    'cooperative-sticky gives m2 nothing',
    'assigned t 0 in generation 2 (all of it kept; to be given up t 1); heartbeat every 10 ms',
    'gave up t 1',
    'joining again, because it has given up partitions that others are to get; goes on with t 0 meanwhile',
    'joined as member m1 in generation 3, assignor cooperative-sticky; selected leader',
    'found 2 members and the topics t',
    'cooperative-sticky gives m1 t 0',
    'cooperative-sticky gives m2 t 1',
    'assigned t 0 in generation 3 (all of it kept); heartbeat every 10 ms',
  ])
  // Of what is idle from here on, one line is enough.
  const third = new Member(cooperative)
  await third.consumer.join()
  await third.tells('idle')
  for (let generation = 5; generation < 7; generation++) {
    group.coordinator.demandRebalance()
    await third.tells(`assigned nothing in generation ${generation}`)
  }
  await third.consumer.close()
  expect((await third.tells('left')).filter((line) => line.startsWith('idle'))).toEqual([])
})

it('tells what a static member leaves behind, and that one was fenced', async () => {
  const as = { groupInstanceId: 'one', sessionTimeoutMs: 20_000 }
  const first = new Member(as)
  await first.consumer.join()
  await first.tells('reads')
  await first.consumer.close()
  expect(await first.tells('ends')).toEqual([
    'gave up t 0, 1',
    'ends as instance one without leaving: the consumer was closed. The group keeps its partitions for it, for sessionTimeoutMs (20000 ms)',
  ])
  const second = new Member(as)
  await second.consumer.join()
  expect(await second.tells('reads')).toEqual([
    'joining, for t',
    'joined as member m2 in generation 1, assignor range; selected leader',
    'found 1 members and the topics t',
    'assigned t 0, 1 in generation 1; heartbeat every 10 ms',
    'reads t 0 from 0, 1 from 0, as the committed offset says',
  ])
  const third = new Member(as)
  await third.consumer.join()
  expect((await second.tells('error: the consumer has ended')).at(-1)).toMatch(
    /^error: the consumer has ended: group g: another consumer has joined with groupInstanceId 'one'.*\(FENCED\)$/,
  )
  await third.consumer.close({ leaveGroup: true })
  expect((await third.tells('left')).at(-1)).toBe('left as member m3: the consumer was closed')
})

it('tells a loss once', async () => {
  const member = new Member()
  await member.consumer.join()
  await member.tells('reads')
  group.coordinator.remove('m1')
  const [lost, ...others] = await member.tells('reads')
  expect(lost).toMatch(/^warn: lost t 0, 1, because the coordinator has given up this member.*comes again$/)
  expect(others.filter((line) => /lost|gave up/.test(line))).toEqual([])
  await member.consumer.close()
})
