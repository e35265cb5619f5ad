// Scripted brokers that know of each other: a cluster whose metadata a test changes as it likes.
import { FindCoordinator, Metadata } from '../../../src/protocol/api/index.ts'
import { errorByName } from '../../../src/protocol/error-codes.ts'
import type { EncodableResponseOf } from '../../../src/protocol/schema.ts'
import { type Received, ScriptedBroker } from './broker.ts'

export type MetadataResponse = EncodableResponseOf<typeof Metadata>

export interface ScriptedTopic {
  id?: string
  errorCode?: number
  /** Leader and epoch of each partition. */
  partitions?: readonly { leader: number; epoch?: number; errorCode?: number }[]
}

const UNKNOWN_TOPIC_ID = errorByName('UNKNOWN_TOPIC_ID').code

/** 22 characters of base64url, told apart by a letter. */
export const topicId = (letter: string) => `${letter}AAAAAAAAAAAAAAAAAAAAA`

export class ScriptedCluster {
  readonly brokers: ScriptedBroker[]
  readonly topics = new Map<string, ScriptedTopic>()
  clusterId: string | null = 'scripted'
  controllerId = 1
  /** Brokers that metadata names; by default all. */
  named: readonly number[]
  /** Topics that are made when they are asked for with leave to do so. */
  autoCreate: ScriptedTopic | undefined

  private constructor(brokers: ScriptedBroker[]) {
    this.brokers = brokers
    this.named = brokers.map((_, index) => index + 1)
    for (const broker of brokers) {
      broker.on(Metadata, (request) => request.respond(this.metadata(request)))
      broker.on(FindCoordinator, ({ body, version, respond }) => {
        const { nodeId, host, port } = this.endpoints()[0]!
        const found = { nodeId, host, port, errorCode: 0, errorMessage: null }
        if (version < 4) respond(found)
        else respond({ coordinators: body.coordinatorKeys.map((key) => ({ key, ...found })) })
      })
    }
  }

  static async start(size = 1): Promise<ScriptedCluster> {
    return new ScriptedCluster(await Promise.all(Array.from({ length: size }, () => ScriptedBroker.start())))
  }

  /** Node ids count from 1. */
  node(id: number): ScriptedBroker {
    return this.brokers[id - 1]!
  }

  get bootstrapServers(): { host: string; port: number }[] {
    return this.brokers.map(({ endpoint }) => endpoint)
  }

  endpoints(): { nodeId: number; host: string; port: number; rack: string | null }[] {
    return this.named.map((nodeId) => ({ nodeId, ...this.node(nodeId).endpoint, rack: null }))
  }

  metadata({ body }: Pick<Received<typeof Metadata>, 'body'>): MetadataResponse {
    const names = body.topics?.map(({ name, topicId }) => name ?? this.#nameOf(topicId)) ?? [
      ...this.topics.keys(),
    ]
    return {
      brokers: this.endpoints(),
      clusterId: this.clusterId,
      controllerId: this.controllerId,
      topics: names.map((name) => {
        if (name !== undefined && this.autoCreate && body.allowAutoTopicCreation && !this.topics.has(name)) {
          this.topics.set(name, this.autoCreate)
        }
        if (name === undefined) return { errorCode: UNKNOWN_TOPIC_ID, name: null, partitions: [] }
        const { id, errorCode = 0, partitions = [] } = this.topics.get(name) ?? { errorCode: 3 }
        return {
          errorCode,
          name,
          ...(id !== undefined && { topicId: id }),
          partitions: partitions.map(({ leader, epoch = 0, errorCode = 0 }, partitionIndex) => {
            const nodes = { replicaNodes: [leader], isrNodes: [leader] }
            return { errorCode, partitionIndex, leaderId: leader, leaderEpoch: epoch, ...nodes }
          }),
        }
      }),
    }
  }

  #nameOf(id: string): string | undefined {
    return [...this.topics].find(([, topic]) => topic.id === id)?.[0]
  }

  /** All Metadata requests, of all brokers. */
  get asked(): Received<typeof Metadata>[] {
    return this.brokers.flatMap((broker) => broker.received(Metadata))
  }

  get openConnections(): number {
    return this.brokers.reduce((sum, broker) => sum + broker.openConnections, 0)
  }

  async stop(): Promise<void> {
    await Promise.all(this.brokers.map((broker) => broker.stop()))
  }
}
