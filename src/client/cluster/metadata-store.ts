// The newest metadata: snapshots that are replaced, never edited, and the rules by which an answer becomes one.

import { ProtocolError } from '../../errors.ts'
import type { Metadata } from '../../protocol/api/index.ts'
import { errorByName } from '../../protocol/error-codes.ts'
import { type ResponseOf, ZERO_UUID } from '../../protocol/schema.ts'
import type { Broker, ClusterMetadata, PartitionMetadata, TopicMetadata } from './types.ts'

export type MetadataAnswer = ResponseOf<typeof Metadata>
type TopicAnswer = MetadataAnswer['topics'][number]

const LEADER_NOT_AVAILABLE = errorByName('LEADER_NOT_AVAILABLE').code

const EMPTY: ClusterMetadata = {
  clusterId: null,
  controllerId: -1,
  brokers: new Map(),
  topics: new Map(),
  topicNames: new Map(),
}

export class MetadataStore {
  #snapshot = EMPTY
  /** The last good entry of each topic, also while answers say that there is none: its epochs still count (M2). */
  readonly #lastGood = new Map<string, TopicMetadata>()
  readonly #listeners = new Set<(metadata: ClusterMetadata) => void>()
  readonly #onListenerError: (error: unknown) => void

  constructor(onListenerError: (error: unknown) => void) {
    this.#onListenerError = onListenerError
  }

  get snapshot(): ClusterMetadata {
    return this.#snapshot
  }

  /** Has this topic ever been there? */
  hasKnown(topic: string): boolean {
    return this.#lastGood.has(topic)
  }

  onChange(listener: (metadata: ClusterMetadata) => void): () => void {
    // A listener that is given twice is two listeners.
    const entry = (metadata: ClusterMetadata) => listener(metadata)
    this.#listeners.add(entry)
    return () => this.#listeners.delete(entry)
  }

  /**
   * Takes an answer: brokers are replaced (M5), and so are the topics in it; of the others those that `keep` names
   * stay. Returns what the answer says of all its topics, which is more than is kept when they were not kept.
   */
  take(answer: MetadataAnswer, keep: (topic: string) => boolean): ClusterMetadata {
    const brokers = new Map(
      answer.brokers.map(({ nodeId: id, host, port, rack }) => [id, { id, host, port, rack }]),
    )
    const known = this.#snapshot.clusterId
    if (known !== null && answer.clusterId !== null && known !== answer.clusterId) this.#forgetTopics()

    const answered = new Map<string, TopicMetadata>()
    for (const topic of answer.topics) {
      if (topic.name !== null)
        answered.set(topic.name, topicOf(topic.name, topic, this.#lastGood.get(topic.name)))
    }
    const kept = new Map([...this.#snapshot.topics].filter(([name]) => keep(name)))
    for (const [name, topic] of answered) {
      if (!keep(name)) continue
      kept.set(name, topic)
      if (topic.errorCode === 0) this.#lastGood.set(name, topic)
    }
    for (const name of this.#lastGood.keys()) if (!keep(name)) this.#lastGood.delete(name)

    const { clusterId, controllerId } = answer
    this.#replace({ clusterId, controllerId, brokers, ...indexed(kept) })
    return { clusterId, controllerId, brokers, ...indexed(answered) }
  }

  /** M6: only when the epoch is newer. Returns whether anything was learnt. */
  learnLeader(
    topicName: string,
    partition: number,
    leader: { id: number; epoch: number },
    endpoints: readonly Broker[],
  ): boolean {
    const topic = this.#snapshot.topics.get(topicName)
    const known = topic?.partitions[partition]
    if (topic === undefined || known === undefined || leader.id < 0 || leader.epoch <= known.leaderEpoch)
      return false
    const partitions = topic.partitions.with(partition, {
      ...known,
      errorCode: 0,
      leader: leader.id,
      leaderEpoch: leader.epoch,
    })
    const topics = new Map(this.#snapshot.topics)
    const learnt = { ...topic, partitions }
    topics.set(topicName, learnt)
    this.#lastGood.set(topicName, learnt)
    const endpoint = endpoints.find(({ id }) => id === leader.id)
    this.#replace({ ...this.#snapshot, topics, brokers: this.#brokersWith(endpoint) })
    return true
  }

  /** A broker named by another answer (FindCoordinator): added only when metadata does not have it. */
  learnBroker(broker: Broker): void {
    if (this.#snapshot.brokers.has(broker.id)) return
    this.#replace({ ...this.#snapshot, brokers: this.#brokersWith(broker) })
  }

  #brokersWith(broker: Broker | undefined): ReadonlyMap<number, Broker> {
    if (broker === undefined || broker.host === '') return this.#snapshot.brokers
    return new Map(this.#snapshot.brokers).set(broker.id, broker)
  }

  /** Another cluster answers under the same addresses: nothing that was known of topics holds. */
  #forgetTopics(): void {
    this.#lastGood.clear()
    this.#snapshot = { ...this.#snapshot, topics: new Map(), topicNames: new Map() }
  }

  #replace(next: ClusterMetadata): void {
    this.#snapshot = next
    for (const listener of [...this.#listeners]) {
      try {
        listener(next)
      } catch (error) {
        this.#onListenerError(error)
      }
    }
  }
}

function indexed(topics: ReadonlyMap<string, TopicMetadata>): Pick<ClusterMetadata, 'topics' | 'topicNames'> {
  const topicNames = new Map<string, string>()
  for (const { id, name } of topics.values()) if (id !== undefined) topicNames.set(id, name)
  return { topics, topicNames }
}

function topicOf(name: string, answer: TopicAnswer, known: TopicMetadata | undefined): TopicMetadata {
  const id = answer.topicId === ZERO_UUID ? undefined : answer.topicId
  const isSame = known !== undefined && known.id === id
  return {
    name,
    id,
    errorCode: answer.errorCode,
    isInternal: answer.isInternal,
    partitions: answer.errorCode === 0 ? partitionsOf(name, answer, isSame ? known.partitions : []) : [],
  }
}

function partitionsOf(
  topic: string,
  answer: TopicAnswer,
  known: readonly PartitionMetadata[],
): readonly PartitionMetadata[] {
  const count = answer.partitions.reduce((most, { partitionIndex }) => Math.max(most, partitionIndex + 1), 0)
  // S5: one number must not make us fill millions of places.
  if (count > answer.partitions.length * 2 + 1000) {
    throw new ProtocolError(
      `metadata has partition ${count - 1} of ${topic}, which has ${answer.partitions.length}`,
      {
        topic,
      },
    )
  }
  const partitions = Array.from({ length: count }, (_, partition) => absent(partition))
  for (const each of answer.partitions) {
    if (each.partitionIndex < 0)
      throw new ProtocolError(`metadata has a negative partition of ${topic}`, { topic })
    const { partitionIndex: partition, errorCode, leaderId: leader, leaderEpoch } = each
    const before = known[partition]
    // M2: a broker that has not heard yet. Without an epoch (old brokers) there is nothing to compare.
    const isStale = before !== undefined && leaderEpoch >= 0 && leaderEpoch < before.leaderEpoch
    partitions[partition] = isStale
      ? before
      : {
          partition,
          errorCode,
          leader,
          leaderEpoch,
          replicas: each.replicaNodes,
          isr: each.isrNodes,
          offlineReplicas: each.offlineReplicas,
        }
  }
  return partitions
}

function absent(partition: number): PartitionMetadata {
  return {
    partition,
    errorCode: LEADER_NOT_AVAILABLE,
    leader: -1,
    leaderEpoch: -1,
    replicas: [],
    isr: [],
    offlineReplicas: [],
  }
}
