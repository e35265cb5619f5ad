// A scripted cluster with one topic, whose partitions hold what a test puts there and which answers as the test says:
// for faults that a real broker does not commit on demand.

import { createCluster } from '../../../src/client/cluster/cluster.ts'
import type { Cluster } from '../../../src/client/cluster/types.ts'
import type { ConsumerOptions } from '../../../src/client/config/types.ts'
import { consumerOptions, kafkaOptions } from '../../../src/client/config/validate.ts'
import { createConsumer } from '../../../src/client/consumer/consumer.ts'
import type { AnyRecord, Consumer } from '../../../src/client/consumer/types.ts'
import {
  Fetch,
  ListOffsets,
  OffsetCommit,
  OffsetFetch,
  OffsetForLeaderEpoch,
} from '../../../src/protocol/api/index.ts'
import { type BrokerErrorName, errorByName } from '../../../src/protocol/error-codes.ts'
import type { DecodedRequestOf, EncodableResponseOf } from '../../../src/protocol/schema.ts'
import type { Received, ScriptedBroker } from '../../support/scripted/broker.ts'
import { ScriptedCluster, topicId } from '../../support/scripted/cluster.ts'

export const TOPIC = 't'
const SESSION_ID = 77

type FetchAnswer = EncodableResponseOf<typeof Fetch>['responses'][number]['partitions'][number]
type AskedPartition = DecodedRequestOf<typeof Fetch>['topics'][number]['partitions'][number]

/** What a partition holds, by offset of its first record: whole batches. */
export class ScriptedPartition {
  batches: { readonly at: number; readonly bytes: Buffer }[] = []
  leader = 1
  leaderEpoch = 3
  start = 0
  end = 0
  committed: { offset: number; leaderEpoch: number; metadata: string } | undefined
  /** Answers of the next fetches of this partition, in place of what it holds. */
  readonly next: ((asked: AskedPartition, nodeId: number) => Partial<FetchAnswer> | undefined)[] = []

  append(bytes: Buffer, at: number, count: number): void {
    this.batches.push({ at, bytes })
    this.end = at + count
  }
}

/** Fails the next fetch of the partition with this error. */
export function failing(name: BrokerErrorName, more: Partial<FetchAnswer> = {}): () => Partial<FetchAnswer> {
  return () => ({ errorCode: errorByName(name).code, records: null, ...more })
}

export class ScriptedLog implements AsyncDisposable {
  readonly partitions: ScriptedPartition[]
  /** Undefined: of a broker that is too old to have ids. */
  topicId: string | undefined = topicId('B')
  /** Fetches without news are held until the test answers them. */
  park = false
  readonly parked: (() => void)[] = []
  /** Fetch requests as they came, to whichever broker. */
  readonly fetches: {
    readonly nodeId: number
    readonly version: number
    readonly body: DecodedRequestOf<typeof Fetch>
  }[] = []
  readonly #cluster: ScriptedCluster
  readonly #closing: (() => Promise<unknown>)[] = []
  /** What a session was told to want, by broker and partition. */
  readonly #wanted = new Map<number, Map<number, AskedPartition>>()

  private constructor(cluster: ScriptedCluster, partitionCount: number) {
    this.#cluster = cluster
    this.partitions = Array.from({ length: partitionCount }, () => new ScriptedPartition())
    const log = this
    cluster.topics.set(TOPIC, {
      get id() {
        return log.topicId!
      },
      get partitions() {
        return log.partitions.map(({ leader, leaderEpoch: epoch }) => ({ leader, epoch }))
      },
    })
    cluster.brokers.forEach((broker, index) => {
      this.#answer(broker, index + 1)
    })
  }

  static async start(partitionCount = 1, brokerCount = 1): Promise<ScriptedLog> {
    return new ScriptedLog(await ScriptedCluster.start(brokerCount), partitionCount)
  }

  /** The first broker, which coordinates, and leads unless a partition says otherwise. */
  get broker(): ScriptedBroker {
    return this.#cluster.node(1)
  }

  client(options: Record<string, unknown> = {}): {
    cluster: Cluster
    kafka: ReturnType<typeof kafkaOptions>
  } {
    const silent = { debug() {}, info() {}, warn() {}, error() {} }
    const kafka = kafkaOptions({
      bootstrapServers: `127.0.0.1:${this.broker.port}`,
      ...{
        logger: silent,
        retryBackoffMs: 1,
        retryBackoffMaxMs: 5,
        reconnectBackoffMs: 1,
        reconnectBackoffMaxMs: 5,
      },
      ...options,
    })
    const cluster = createCluster(kafka)
    this.#closing.push(() => cluster.close({ timeoutMs: 0 }))
    return { cluster, kafka }
  }

  consumer(options: ConsumerOptions<never>, kafkaOptions: Record<string, unknown> = {}): Consumer<AnyRecord> {
    const { cluster, kafka } = this.client(kafkaOptions)
    const consumer = createConsumer(cluster, consumerOptions(options, kafka), kafka)
    // What a listener throws is told to whoever closes first.
    this.#closing.unshift(() => consumer.close({ timeoutMs: 100 }).catch(() => {}))
    return consumer
  }

  /** Manual assignment of all partitions from this offset on. */
  assign(offset?: number | 'earliest' | 'latest'): never[] {
    return this.partitions.map((_, partition) => ({ topic: TOPIC, partition, offset })) as never[]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closing) await close()
    await this.#cluster.stop()
  }

  #answer(broker: ScriptedBroker, nodeId: number): void {
    broker
      .on(ListOffsets, ({ body, respond }) => {
        respond({
          topics: body.topics.map(({ name, partitions }) => ({
            name,
            partitions: partitions.map(({ partitionIndex, timestamp }) => {
              const { start, end, leaderEpoch } = this.partitions[partitionIndex]!
              const offset = timestamp === -1 ? end : start
              return { partitionIndex, errorCode: 0, timestamp: -1, offset, leaderEpoch }
            }),
          })),
        })
      })
      .on(OffsetForLeaderEpoch, ({ body, respond }) => {
        respond({
          topics: body.topics.map(({ topic, partitions }) => ({
            topic,
            partitions: partitions.map(({ partition, leaderEpoch }) => {
              return { errorCode: 0, partition, leaderEpoch, endOffset: this.partitions[partition]!.end }
            }),
          })),
        })
      })
      .on(OffsetFetch, ({ body, respond }) => respond(this.committed(body)))
      .on(OffsetCommit, (request) => this.commit(request))
      .on(Fetch, (request) => this.#fetch(request, nodeId))
  }

  committed(
    body: DecodedRequestOf<typeof OffsetFetch>,
    errorCode = 0,
  ): EncodableResponseOf<typeof OffsetFetch> {
    return {
      groups: body.groups.map(({ groupId, topics }) => ({
        groupId,
        errorCode: 0,
        topics: (topics ?? []).map(({ name, topicId, partitionIndexes }) => ({
          ...{ name, topicId },
          partitions: partitionIndexes.map((partitionIndex) => {
            const {
              offset = -1,
              leaderEpoch = -1,
              metadata = '',
            } = this.partitions[partitionIndex]!.committed ?? {}
            const committed = { committedOffset: offset, committedLeaderEpoch: leaderEpoch }
            return { partitionIndex, ...committed, metadata, errorCode }
          }),
        })),
      })),
    }
  }

  /** Answers a commit: takes it, but for partitions with an error. */
  commit(
    { body, respond }: Received<typeof OffsetCommit>,
    errors: Record<number, BrokerErrorName> = {},
  ): void {
    respond({
      topics: body.topics.map(({ name, topicId, partitions }) => ({
        ...{ name, topicId },
        partitions: partitions.map(
          ({ partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata }) => {
            const error = errors[partitionIndex]
            if (error === undefined) {
              this.partitions[partitionIndex]!.committed = {
                offset: committedOffset,
                leaderEpoch: committedLeaderEpoch,
                metadata: committedMetadata ?? '',
              }
            }
            return { partitionIndex, errorCode: error === undefined ? 0 : errorByName(error).code }
          },
        ),
      })),
    })
  }

  #fetch({ body, version, respond }: Received<typeof Fetch>, nodeId: number): void {
    this.fetches.push({ nodeId, body, version })
    if (body.sessionEpoch === -1) return respond({ sessionId: 0, responses: [] })
    const isFull = body.sessionEpoch === 0
    const wanted = isFull ? new Map<number, AskedPartition>() : (this.#wanted.get(nodeId) ?? new Map())
    for (const { partitions } of body.forgottenTopicsData) for (const each of partitions) wanted.delete(each)
    for (const { partitions } of body.topics) for (const each of partitions) wanted.set(each.partition, each)
    this.#wanted.set(nodeId, wanted)
    const answer = () => {
      const partitions = [...wanted.values()].flatMap((asked) => this.#partition(asked, nodeId, isFull))
      respond({
        sessionId: SESSION_ID + nodeId,
        responses:
          partitions.length === 0
            ? []
            : [{ topic: TOPIC, ...(this.topicId && { topicId: this.topicId }), partitions }],
        ...(version >= 16 && {
          nodeEndpoints: this.#cluster.endpoints(),
        }),
      })
    }
    const hasNews = [...wanted.values()].some(({ partition, fetchOffset }) => {
      const { batches, end, next } = this.partitions[partition]!
      return next.length > 0 || (fetchOffset < end && batches.length > 0)
    })
    // As a broker does: news at once, otherwise after a while, or when the test says so.
    if (hasNews) answer()
    else if (this.park) this.parked.push(answer)
    else setTimeout(answer, Math.min(5, body.maxWaitMs))
  }

  #partition(asked: AskedPartition, nodeId: number, isFull: boolean): FetchAnswer[] {
    const partition = this.partitions[asked.partition]!
    const { end, start, leaderEpoch } = partition
    const watermarks = { highWatermark: end, lastStableOffset: end, logStartOffset: start }
    const base = { partitionIndex: asked.partition, errorCode: 0, ...watermarks, abortedTransactions: null }
    const scripted = partition.next.shift()?.(asked, nodeId)
    if (scripted !== undefined) return [{ ...base, records: Buffer.alloc(0), ...scripted }]
    const epoch = asked.currentLeaderEpoch
    if (epoch >= 0 && epoch < leaderEpoch) {
      return [{ ...base, errorCode: errorByName('FENCED_LEADER_EPOCH').code, records: null }]
    }
    if (asked.fetchOffset > end || asked.fetchOffset < start) {
      return [{ ...base, errorCode: errorByName('OFFSET_OUT_OF_RANGE').code, records: null }]
    }
    const records = Buffer.concat(
      partition.batches
        .filter(({ at }, i, all) => (all[i + 1]?.at ?? end) > asked.fetchOffset || at >= asked.fetchOffset)
        .map(({ bytes }) => bytes),
    )
    return records.length === 0 && !isFull ? [] : [{ ...base, records }]
  }
}
