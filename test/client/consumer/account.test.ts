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

class Member {
  readonly account: string[] = []
  readonly cluster: Cluster
  readonly consumer: Consumer<AnyRecord>
  #wake = () => {}

  constructor() {
    const tell = (level: string) => (message: string) => {
      this.account.push(level === 'info' ? message : `${level}: ${message}`)
      this.#wake()
    }
    const logger = { debug() {}, info: tell('info'), warn: tell('warn'), error: tell('error') }
    const { cluster, kafka: resolved } = kafka.client({ logger })
    const options = { groupId: 'g', topics: [TOPIC], autoOffsetReset: 'earliest', heartbeatIntervalMs: 10 }
    this.cluster = cluster
    this.consumer = createConsumer(cluster, consumerOptions(options as never, resolved), resolved)
  }

  /** The lines up to the one that begins so; they are told once. */
  async tells(start: string): Promise<string[]> {
    for (;;) {
      const end = this.account.findIndex((line) => line.startsWith(`group g: ${start}`))
      if (end >= 0) return this.account.splice(0, end + 1).map((line) => line.replace('group g: ', ''))
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
