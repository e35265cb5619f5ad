// What the tests of the next generation group protocol are told with: members with a client of their own, as other
// processes would have, and what each owns. Two owners of a partition are a failure.

import { createCluster } from '../../src/client/cluster/cluster.ts'
import type { Cluster } from '../../src/client/cluster/types.ts'
import { consumerOptions, kafkaOptions } from '../../src/client/config/validate.ts'
import { createConsumer } from '../../src/client/consumer/consumer.ts'
import type { AnyRecord, Consumer, TopicInput } from '../../src/client/consumer/types.ts'
import type { TopicPartition } from '../../src/client/topic.ts'
import { ConnectionError } from '../../src/errors.ts'
import { ConsumerGroupDescribe, ConsumerGroupHeartbeat } from '../../src/protocol/api/index.ts'
import { errorByCode } from '../../src/protocol/error-codes.ts'
import type { RequestOf } from '../../src/protocol/schema.ts'
import { type Stage, until } from './consumer-support.ts'

type Heartbeat = RequestOf<typeof ConsumerGroupHeartbeat>

export const nameOf = ({ topic, partition }: TopicPartition): string => `${topic} ${partition}`

export class Group implements AsyncDisposable {
  readonly id: string
  readonly members: Member[] = []
  readonly violations: string[] = []
  readonly #stage: Stage
  readonly #bootstrapServers: string

  private constructor(stage: Stage, bootstrapServers: string) {
    this.#stage = stage
    this.#bootstrapServers = bootstrapServers
    this.id = stage.name('group')
  }

  /** Members give a sign of life often, and are missed soon. */
  static async start(stage: Stage, bootstrapServers: string, sessionTimeoutMs = 10_000): Promise<Group> {
    const group = new Group(stage, bootstrapServers)
    const configs = {
      'consumer.heartbeat.interval.ms': '50',
      'consumer.session.timeout.ms': String(sessionTimeoutMs),
    }
    const ops = Object.entries(configs).map(([name, value]) => ({ op: 'set', name, value }) as const)
    await stage.admin.incrementalAlterConfigs([{ type: 'group', name: group.id, ops }])
    return group
  }

  join(topics: readonly TopicInput[], options: MemberOptions = {}): Member {
    const member = new Member(this, this.#bootstrapServers, topics, options)
    this.members.push(member)
    return member
  }

  /** Resolves when so many partitions are owned by each, in some order. */
  shares(...counts: number[]): Promise<void> {
    return until(() => {
      const sizes = this.members.map(({ owned }) => owned.size).sort((a, b) => b - a)
      return String(sizes) === String(counts)
    })
  }

  checkOwner(member: Member, partition: string): void {
    const other = this.members.find((each) => each !== member && each.owned.has(partition))
    if (other !== undefined) this.violations.push(`${partition} is owned by two`)
  }

  async end(member: Member, how: 'close' | 'die' | 'leave for good' = 'close'): Promise<void> {
    if (how === 'die') await member.die()
    else await member.close(how === 'leave for good' ? { leaveGroup: true } : {})
    this.members.splice(this.members.indexOf(member), 1)
  }

  async describe() {
    const { response } = await this.#stage.cluster.send(
      ConsumerGroupDescribe,
      { groupIds: [this.id], includeAuthorizedOperations: false },
      { to: { coordinator: 'group', key: this.id } },
    )
    return response.groups[0]!
  }

  /** What another client, or an operator's, could send in a member's name; the name of the broker's error. */
  async heartbeat(body: Omit<Heartbeat, 'groupId'>): Promise<string> {
    const { response } = await this.#stage.cluster.send(
      ConsumerGroupHeartbeat,
      { groupId: this.id, ...body },
      { to: { coordinator: 'group', key: this.id } },
    )
    return errorByCode(response.errorCode).name
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.members.splice(0).map((member) => member.close()))
    if (this.violations.length > 0) throw new Error(this.violations.join('; '))
  }
}

/** Options of the consumer. `answersLost`: so many of its first heartbeats are heard, but not answered. */
export type MemberOptions = Record<string, unknown> & { readonly answersLost?: number }

export class Member {
  readonly consumer: Consumer<AnyRecord>
  readonly owned = new Set<string>()
  /** What its listeners were told: `assigned 0,1`. */
  readonly told: string[] = []
  /** The values of the records. */
  readonly processed: string[] = []
  /** What it told the log. */
  readonly account: string[] = []
  /** What it sent. */
  readonly heartbeats: Heartbeat[] = []
  /** What its loop ended with. */
  error: unknown
  /** Awaited by its listener before partitions are given up. */
  beforeRevocation: () => Promise<void> = async () => {}
  #beforeHeartbeat = async () => {}
  readonly #loop: Promise<void>
  readonly #cluster: Cluster

  constructor(
    group: Group,
    bootstrapServers: string,
    topics: readonly TopicInput[],
    { answersLost = 0, ...options }: MemberOptions,
  ) {
    const tell = (message: string) => void this.account.push(message.replace(`group ${group.id}: `, ''))
    const logger = { debug() {}, info: tell, warn: tell, error: tell }
    const kafka = kafkaOptions({ bootstrapServers, metadataMaxAgeMs: 1_000, logger })
    this.#cluster = this.#watched(createCluster(kafka), answersLost)
    const given = {
      ...{ groupId: group.id, topics, groupProtocol: 'consumer', autoOffsetReset: 'earliest' },
      onPartitionsAssigned: (partitions: readonly TopicPartition[]) => {
        this.#tell('assigned', partitions)
        for (const partition of partitions.map(nameOf)) {
          group.checkOwner(this, partition)
          this.owned.add(partition)
        }
      },
      onPartitionsRevoked: async (partitions: readonly TopicPartition[]) => {
        this.#tell('revoked', partitions)
        await this.beforeRevocation()
        for (const partition of partitions.map(nameOf)) this.owned.delete(partition)
      },
      onPartitionsLost: (partitions: readonly TopicPartition[]) => {
        this.#tell('lost', partitions)
        for (const partition of partitions.map(nameOf)) this.owned.delete(partition)
      },
      ...options,
    }
    this.consumer = createConsumer(this.#cluster, consumerOptions(given, kafka), kafka)
    this.#loop = this.#read()
  }

  /** The numbers of its partitions; of one topic. */
  get partitions(): number[] {
    return [...this.owned].map((name) => Number(name.split(' ')[1])).sort()
  }

  get memberId(): string {
    return this.consumer.groupMetadata().memberId
  }

  get epoch(): number {
    return this.consumer.groupMetadata().generationId
  }

  /** The next heartbeat is not sent before the function is called that this resolves to when it is due. */
  holdHeartbeat(): Promise<() => void> {
    return new Promise((isDue) => {
      this.#beforeHeartbeat = () => {
        this.#beforeHeartbeat = async () => {}
        return new Promise<void>((release) => isDue(release))
      }
    })
  }

  async close(options: { leaveGroup?: boolean } = {}): Promise<void> {
    await this.consumer.close(options)
    await this.#cluster.close({ timeoutMs: 1_000 })
    await this.#loop
  }

  /** Without a word. */
  async die(): Promise<void> {
    this.owned.clear()
    await this.#cluster.close({ timeoutMs: 0 })
    await this.close()
  }

  #tell(what: string, partitions: readonly TopicPartition[]): void {
    this.told.push(`${what} ${partitions.map(({ partition }) => partition).sort()}`)
  }

  async #read(): Promise<void> {
    try {
      for await (const { value } of this.consumer) this.processed.push(String(value))
    } catch (error) {
      this.error = error
    }
  }

  #watched(cluster: Cluster, answersLost: number): Cluster {
    const send: Cluster['send'] = async (api, body, options) => {
      const isHeartbeat = api.name === 'ConsumerGroupHeartbeat'
      const seen: typeof body = (version) => {
        const request = typeof body === 'function' ? body(version) : body
        if (isHeartbeat) this.heartbeats.push(request as Heartbeat)
        return request
      }
      if (isHeartbeat) await this.#beforeHeartbeat()
      const answer = await cluster.send(api, seen, options)
      if (isHeartbeat && this.heartbeats.length <= answersLost) {
        throw new ConnectionError('CONNECTION_CLOSED', 'the answer was lost')
      }
      return answer
    }
    return new Proxy(cluster, {
      get(target, name) {
        if (name === 'send') return send
        const value = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }
}
