// The admin client against scripted brokers: bad input is refused before anything is sent, and no item's failure is
// another's (A2).

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Admin, Kafka, type PartialFailureError, topic } from '../../../src/index.ts'
import { ApiVersions, DescribeConfigs, ListOffsets } from '../../../src/protocol/api/index.ts'
import { failureOf } from '../../support/failure.ts'
import { allVersions, type Received } from '../../support/scripted/broker.ts'
import { ScriptedCluster } from '../../support/scripted/cluster.ts'

let scripted: ScriptedCluster
let kafka: Kafka
let admin: Admin

beforeEach(async () => {
  scripted = await ScriptedCluster.start(2)
  scripted.topics.set('orders', { partitions: [{ leader: 1 }, { leader: 2 }] })
  kafka = new Kafka({
    bootstrapServers: `127.0.0.1:${scripted.node(1).port}`,
    retryBackoffMs: 1,
    retryBackoffMaxMs: 2,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  })
  admin = kafka.admin()
})

afterEach(async () => {
  await kafka.close({ timeoutMs: 0 })
  await scripted.stop()
})

describe('bad input is refused at the call, with the call, the place and what is expected there', () => {
  const refused: [call: keyof Admin, given: unknown[], says: string][] = [
    ['createTopics', ['x'], "createTopics: topics must be an array, not 'x'"],
    ['createTopics', [], 'createTopics: topics must be an array: it is missing'],
    ['createTopics', [['x']], 'topics[0] must be an object { name, numPartitions, '],
    ['createTopics', [[{ numPartitions: 1 }]], 'topics[0].name must be a topic'],
    ['createTopics', [[{ name: 'a' }, { name: 'a/b' }]], 'topics[1].name: Topic name "a/b" has "/" in it'],
    [
      'createTopics',
      [[{ name: 'a', numPartition: 3 }]],
      "has no 'numPartition': did you mean 'numPartitions'?",
    ],
    ['createTopics', [[{ name: 'a', colour: 3 }]], "has no 'colour': it takes name, numPartitions, "],
    [
      'createTopics',
      [[{ name: 'a', numPartitions: Number.NaN }]],
      'numPartitions must be a whole number from 1',
    ],
    ['createTopics', [[{ name: 'a', numPartitions: -1 }]], 'from 1 to 2147483647, not -1'],
    ['createTopics', [[{ name: 'a', numPartitions: 1.5 }]], 'not 1.5'],
    ['createTopics', [[{ name: 'a', numPartitions: '3' }]], "not '3'"],
    ['createTopics', [[{ name: 'a', replicationFactor: 40_000 }]], 'from 1 to 32767, not 40000'],
    [
      'createTopics',
      [[{ name: 'a', replicasAssignments: [1] }]],
      'replicasAssignments[0] must be an array, not 1',
    ],
    ['createTopics', [[{ name: 'a', numPartitions: 1, replicasAssignments: [[1]] }]], 'must be given alone'],
    [
      'createTopics',
      [[{ name: 'a', configs: { 'retention.ms': 6 } }]],
      "configs['retention.ms'] must be a string",
    ],
    ['createTopics', [[{ name: 'a', configs: 'x' }]], 'configs must be an object of strings by config name'],
    ['createTopics', [[{ name: 'a' }, { name: 'a' }]], 'topics names a twice'],
    [
      'createTopics',
      [[{ name: 'a' }], { validateOnly: 'yes' }],
      "options.validateOnly must be true or false, not 'yes'",
    ],
    ['deleteTopics', [[null]], "topics[0] must be a topic's name or a topic(...), not null"],
    ['deleteTopics', ['orders'], "deleteTopics: topics must be an array, not 'orders'"],
    ['createPartitions', [[{ topic: 'a' }]], 'topics[0].totalCount must be a whole number'],
    [
      'createPartitions',
      [[{ topic: 'a', count: 3 }]],
      "has no 'count': it takes topic, totalCount, newAssignments",
    ],
    ['describeTopics', [['']], "topics[0]: A topic's name must not be empty"],
    ['listTopics', [{ timeoutMS: 5 }], "listTopics: options has no 'timeoutMS': did you mean 'timeoutMs'?"],
    ['listTopics', [null], 'options must be an object'],
    ['describeCluster', [{ timeoutMs: Number.NaN }], 'options.timeoutMs must be a whole number from 0'],
    ['describeCluster', [{ signal: 5 }], 'options.signal must be an AbortSignal, not 5'],
    [
      'describeConfigs',
      [[{ type: 'topics', name: 'a' }]],
      "resources[0].type must be one of 'topic', 'broker'",
    ],
    ['describeConfigs', [[{ type: 'broker', name: 1 }]], 'resources[0].name must be a string, not 1'],
    ['describeConfigs', [[{ type: 'broker', name: 'b1' }]], "resources[0].name must be a broker's node id"],
    ['incrementalAlterConfigs', [[{ type: 'topic', name: 'a' }]], 'changes[0].ops must be an array'],
    [
      'incrementalAlterConfigs',
      [[{ type: 'topic', name: 'a', ops: [{ op: 'set', name: 'retention.ms', value: 5 }] }]],
      'changes[0].ops[0].value must be a string, not 5',
    ],
    [
      'incrementalAlterConfigs',
      [[{ type: 'topic', name: 'a', ops: [{ op: 'remove', name: 'retention.ms' }] }]],
      "changes[0].ops[0].op must be one of 'set', 'delete', 'append', 'subtract', not 'remove'",
    ],
    [
      'listOffsets',
      [[{ topic: 'a', partition: -1, offset: 'latest' }]],
      'queries[0].partition must be a whole',
    ],
    [
      'listOffsets',
      [[{ topic: 'a', partition: 0, offset: 'newest' }]],
      "offset must be 'earliest', 'latest'",
    ],
    [
      'listOffsets',
      [[{ topic: 'a', partition: 0, offset: { timestamp: new Date(0) } }]],
      'offset.timestamp must be',
    ],
    [
      'listOffsets',
      [['earliest', 'latest'].map((offset) => ({ topic: 'a', partition: 0, offset }))],
      'queries names a-0 twice',
    ],
    [
      'listOffsets',
      [[], { isolationLevel: 'committed' }],
      "must be one of 'read_uncommitted', 'read_committed'",
    ],
    ['describeGroups', [[3]], 'groupIds[0] must be a string, not 3'],
    ['listConsumerGroupOffsets', [], 'groupId must be a string: it is missing'],
  ]
  it.each(refused)('%s(%j)', async (call, given, says) => {
    const error = await failureOf((admin[call] as (...given: unknown[]) => Promise<unknown>)(...given))
    expect(error.code).toBe('INVALID_ARGUMENT')
    expect(error.message).toMatch(new RegExp(`^${String(call)}: `))
    expect(error.message).toContain(says)
    expect(scripted.node(1).requests).toEqual([])
  })

  it('nothing asked for is nothing done: an empty map without a request', async () => {
    const calls = [
      admin.createTopics([]),
      admin.deleteTopics([]),
      admin.createPartitions([]),
      admin.describeTopics([]),
      admin.describeConfigs([]),
      admin.incrementalAlterConfigs([]),
      admin.listOffsets([]),
      admin.describeGroups([]),
    ]
    for (const result of await Promise.all(calls)) expect(result).toEqual(new Map())
    expect(scripted.node(1).requests).toEqual([])
  })

  it('takes a topic(...) wherever a name is', async () => {
    expect((await admin.describeTopics([topic('orders')])).get('orders')?.partitions).toHaveLength(2)
  })
})

describe('A2', () => {
  const at = (partition: number, topic = 'orders') => ({ topic, partition, offset: 'latest' }) as const
  const answerOffsets = (request: Received<typeof ListOffsets>) =>
    request.respond({
      topics: request.body.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: 0, offset: 7 })),
      })),
    })

  it('a topic that is not there fails alone and at once, although the client has known it', async () => {
    for (const broker of scripted.brokers) broker.on(ListOffsets, answerOffsets)
    scripted.topics.set('gone', { partitions: [{ leader: 1 }] })
    expect((await admin.listOffsets([at(0, 'gone')])).size).toBe(1)
    scripted.topics.delete('gone')
    const asked = scripted.asked.length
    const error = (await failureOf(admin.listOffsets([at(0, 'gone'), at(1)]))) as PartialFailureError
    expect([...error.results.keys()]).toEqual(['orders-1'])
    expect(error.errors.get('gone-0')).toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION', topic: 'gone' })
    expect(scripted.asked.length).toBe(asked + 1)
  })

  it('a leader that is asked for first and answers nothing keeps no other from being asked', async () => {
    scripted.node(1).silent(ListOffsets)
    scripted.node(2).on(ListOffsets, answerOffsets)
    const error = (await failureOf(
      admin.listOffsets([at(0), at(1)], { timeoutMs: 200 }),
    )) as PartialFailureError
    expect([...error.results.keys()]).toEqual(['orders-1'])
    expect(error.errors.get('orders-0')).toMatchObject({ code: 'TIMEOUT' })
    expect(error.errors.get('orders-0')?.message).toContain('listing offsets orders-0, orders-1 timed out')
  })

  it('what one broker refuses for good is the failure of its items alone', async () => {
    const apiKeys = allVersions.map((range) =>
      range.apiKey === ListOffsets.key ? { ...range, maxVersion: 6 } : range,
    )
    scripted.node(1).on(ApiVersions, ({ respond }) => respond({ errorCode: 0, apiKeys }))
    scripted.node(2).on(ListOffsets, answerOffsets)
    const error = (await failureOf(
      admin.listOffsets([{ ...at(0), offset: 'maxTimestamp' }, at(1)]),
    )) as PartialFailureError
    expect([...error.results.keys()]).toEqual(['orders-1'])
    expect(error.errors.get('orders-0')?.code).toBe('UNSUPPORTED_VERSION')
  })

  it('errors of configs and groups name what they are about', async () => {
    scripted.node(1).on(DescribeConfigs, ({ body, respond }) =>
      respond({
        results: body.resources.map(({ resourceType, resourceName }) => ({
          ...{ errorCode: 29, errorMessage: null, resourceType, resourceName, configs: [] },
        })),
      }),
    )
    const forbidden = (resource: { type: 'topic' | 'broker' | 'group'; name: string }) =>
      failureOf(admin.describeConfigs([resource]))
    expect(await forbidden({ type: 'topic', name: 'orders' })).toMatchObject({ topic: 'orders' })
    expect((await forbidden({ type: 'topic', name: 'orders' })).message).toContain('topic orders')
    expect((await forbidden({ type: 'broker', name: '1' })).message).toContain('broker 1')
    expect(await forbidden({ type: 'group', name: 'g' })).toMatchObject({ groupId: 'g' })
  })
})
