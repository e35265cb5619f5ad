// One cluster, seen from here: puts together metadata, lanes, coordinators and the retry loop, and ends them all.

import { ConnectionError, isKafkaError, KafkaError, TimeoutError } from '../../errors.ts'
import { FindCoordinator } from '../../protocol/api/index.ts'
import type { Api } from '../../protocol/schema.ts'
import type { BrokerLink, LinkSettings } from '../network/broker-link.ts'
import type { Connection } from '../network/connection.ts'
import { ConnectionLane } from '../network/connection-lane.ts'
import type { Endpoint } from '../network/open-connection.ts'
import { unobserved, within } from '../network/wait.ts'
import { Coordinators, type CoordinatorType } from './coordinators.ts'
import { MetadataRefresher } from './metadata-refresher.ts'
import { MetadataSource } from './metadata-source.ts'
import { MetadataStore } from './metadata-store.ts'
import { type RetryPolicy, retryUntil } from './retry.ts'
import type {
  Answer,
  Broker,
  Cluster,
  ClusterMetadata,
  Lane,
  RequestBody,
  RetryOptions,
  SendOptions,
} from './types.ts'

/** The resolved options of `new Kafka(...)`, as far as they concern the cluster. */
export interface ClusterOptions extends LinkSettings {
  readonly bootstrapServers: readonly Endpoint[]
  readonly retryBackoffMs: number
  readonly retryBackoffMaxMs: number
  readonly metadataMaxAgeMs: number
  /** C10. Default 300000. */
  readonly metadataRecoveryRebootstrapTriggerMs?: number | undefined
}

/** Nothing touches the network before the first call. */
export function createCluster(options: ClusterOptions): Cluster {
  return new ConnectedCluster(options)
}

type CallOptions = { readonly deadline: number; readonly signal?: AbortSignal }

class ConnectedCluster implements Cluster {
  readonly #options: ClusterOptions
  readonly #closing = new AbortController()
  readonly #policy: RetryPolicy
  readonly #store: MetadataStore
  readonly #source: MetadataSource
  readonly #refresher: MetadataRefresher
  readonly #coordinators: Coordinators
  readonly #lanes = new Set<ConnectionLane>()
  readonly #ordinary: ConnectionLane
  #closed: Promise<void> | undefined

  constructor(options: ClusterOptions) {
    const { logger, retryBackoffMs, retryBackoffMaxMs, metadataMaxAgeMs } = options
    this.#options = options
    this.#policy = { retryBackoffMs, retryBackoffMaxMs, closing: this.#closing.signal }
    this.#store = new MetadataStore((error) => logger.error('a listener of metadata threw', { error }))
    this.#ordinary = this.openLane('requests') as ConnectionLane
    this.#source = new MetadataSource({
      bootstrapServers: options.bootstrapServers,
      settings: options,
      rebootstrapTriggerMs: options.metadataRecoveryRebootstrapTriggerMs ?? 300_000,
      closing: this.#closing.signal,
      links: () => this.#linksByPreference(),
      onBootstrapped: (connection, endpoint) => this.#keepForUse(connection, endpoint),
    })
    this.#refresher = new MetadataRefresher({
      ...this.#policy,
      store: this.#store,
      metadataMaxAgeMs,
      ask: (question) => this.#source.ask(question),
      onFailure: (error, isFirst) => {
        // Once when it begins: what is retried for long would else be silent until its deadline.
        const message = `the cluster cannot be reached, trying on: ${messageOf(error)}`
        logger[isFirst ? 'warn' : 'debug'](message, { error })
      },
    })
    this.#coordinators = new Coordinators({
      send: (body) => this.#send(FindCoordinator, body, { to: 'any' }),
      onBroker: (broker) => this.#store.learnBroker(broker),
    })
    this.#store.onChange(({ brokers }) => {
      for (const lane of this.#lanes) lane.keepOnly(brokers)
    })
    if (options.tls?.rejectUnauthorized === false) {
      logger.warn(
        'TLS certificates are not verified (tls.rejectUnauthorized is false): anyone can pose as a broker',
      )
    }
  }

  get metadata(): ClusterMetadata {
    return this.#store.snapshot
  }

  get closing(): AbortSignal {
    return this.#closing.signal
  }

  topics(
    names: readonly string[],
    options: CallOptions & { readonly allowAutoCreate?: boolean },
  ): Promise<ClusterMetadata> {
    return unobserved(this.#refresher.topics(names, options))
  }

  allTopics(options: CallOptions): Promise<ClusterMetadata> {
    return unobserved(this.#refresher.allTopics(options))
  }

  refresh(options: { readonly signal?: AbortSignal } = {}): Promise<ClusterMetadata> {
    return unobserved(this.#refresher.refresh(options.signal))
  }

  onMetadata(listener: (metadata: ClusterMetadata) => void): () => void {
    return this.#store.onChange(listener)
  }

  learnLeader(
    topic: string,
    partition: number,
    leader: { readonly id: number; readonly epoch: number },
    endpoints: readonly { nodeId: number; host: string; port: number; rack: string | null }[],
  ): void {
    const brokers = endpoints.map(({ nodeId: id, host, port, rack }): Broker => ({ id, host, port, rack }))
    this.#store.learnLeader(topic, partition, leader, brokers)
  }

  send<A extends Api>(api: A, body: RequestBody<A>, options: SendOptions): Promise<Answer<A>> {
    return unobserved(this.#send(api, body, options))
  }

  sendWithoutAnswer<A extends Api>(api: A, body: RequestBody<A>, options: SendOptions): Promise<void> {
    return unobserved(this.#delivered(options, (link) => link.sendWithoutAnswer(api, body, options)))
  }

  coordinator(type: CoordinatorType, key: string, options: CallOptions): Promise<number> {
    const what = `finding the coordinator of ${type === 'group' ? 'group' : 'transactional id'} '${key}'`
    return this.retry({ what, ...options }, () => this.#coordinators.find(type, key))
  }

  forgetCoordinator(type: CoordinatorType, key: string): void {
    this.#coordinators.forget(type, key)
  }

  retry<T>(options: RetryOptions, attempt: (attempt: number, signal: AbortSignal) => Promise<T>): Promise<T> {
    const { retryBackoffMs, retryBackoffMaxMs } = { ...this.#policy, ...options }
    return unobserved(retryUntil({ ...this.#policy, retryBackoffMs, retryBackoffMaxMs }, options, attempt))
  }

  openLane(name: string): Lane {
    this.#closing.signal.throwIfAborted()
    const lane = new ConnectionLane(
      name,
      (nodeId) => ({
        nodeId,
        settings: this.#options,
        endpoint: () => this.#store.snapshot.brokers.get(nodeId),
        clusterId: () => this.#store.snapshot.clusterId,
        onFailure: (error) => this.#linkFailed(nodeId, error),
      }),
      () => this.#lanes.delete(lane),
    )
    this.#lanes.add(lane)
    return lane
  }

  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    if (this.#closed === undefined) {
      this.#closing.abort(new KafkaError('CLOSED', 'this client is closed'))
      this.#closed = Promise.all([...this.#lanes].map((lane) => lane.close(options))).then(() => {})
    }
    return this.#closed
  }

  #send<A extends Api>(api: A, body: RequestBody<A>, options: SendOptions): Promise<Answer<A>> {
    return this.#delivered(options, async (link) => {
      const { response, version } = await link.send(api, body, options)
      return { response, version, nodeId: link.nodeId }
    })
  }

  async #delivered<T>(options: SendOptions, deliver: (link: BrokerLink) => Promise<T>): Promise<T> {
    const { to, signal } = options
    this.#closing.signal.throwIfAborted()
    const lane = options.lane ?? this.#ordinary
    if (!(lane instanceof ConnectionLane)) {
      throw new KafkaError('INVALID_ARGUMENT', 'a lane must be one that openLane() returned')
    }
    // Where the broker is known nothing is awaited: requests are written in the order of their calls.
    const found = this.#destination(to, lane)
    const nodeId = typeof found === 'number' ? found : await abortable(found, signal)
    try {
      return await deliver(lane.to(nodeId))
    } catch (error) {
      if (typeof to === 'object' && (error instanceof ConnectionError || error instanceof TimeoutError)) {
        this.#coordinators.forget(to.coordinator, to.key, nodeId)
      }
      throw error
    }
  }

  #destination(to: SendOptions['to'], lane: ConnectionLane): number | Promise<number> {
    if (typeof to === 'object') return this.#coordinators.known(to.coordinator, to.key) ?? this.#find(to)
    if (this.#store.snapshot.brokers.size > 0) return this.#choose(to, lane)
    return this.#refresher.refresh().then(() => this.#choose(to, lane))
  }

  #find({ coordinator, key }: { coordinator: CoordinatorType; key: string }): Promise<number> {
    return this.#coordinators.find(coordinator, key)
  }

  #choose(to: number | 'any' | 'controller', lane: ConnectionLane): number {
    if (typeof to === 'number') return to
    const { controllerId, brokers } = this.#store.snapshot
    // In KRaft this is some broker, and every broker passes on what is the controller's.
    if (to === 'controller' && brokers.has(controllerId)) return controllerId
    const [best] = this.#linksByPreference(lane)
    if (best === undefined) {
      throw new ConnectionError('CONNECTION_FAILED', 'the cluster has told of no brokers')
    }
    return best.nodeId
  }

  /** Connected ones first, the least busy before the others; then those that failed least. */
  #linksByPreference(lane = this.#ordinary): readonly BrokerLink[] {
    const links = [...this.#store.snapshot.brokers.keys()].map((nodeId) => lane.to(nodeId))
    const ranked = links.map((link) => {
      return { link, isOpen: link.isOpen, load: link.load, failures: link.failures, chance: Math.random() }
    })
    ranked.sort(
      (a, b) =>
        Number(b.isOpen) - Number(a.isOpen) ||
        a.failures - b.failures ||
        a.load - b.load ||
        a.chance - b.chance,
    )
    return ranked.map(({ link }) => link)
  }

  #linkFailed(nodeId: number, error: unknown): void {
    if (this.#closing.signal.aborted) return
    this.#options.logger.debug('a connection failed', { nodeId, error })
    this.#coordinators.forgetNode(nodeId)
    if (isKafkaError(error, 'REBOOTSTRAP_REQUIRED')) this.#source.rebootstrap()
    this.#refresher.refreshSoon()
  }

  /** The bootstrap connection serves on as the ordinary one of its broker, if the broker goes by that address. */
  #keepForUse(connection: Connection, endpoint: Endpoint): void {
    const stop = this.#store.onChange(({ brokers }) => {
      stop()
      this.#closing.signal.removeEventListener('abort', destroy)
      const broker = [...brokers.values()].find(
        ({ host, port }) => host === endpoint.host && port === endpoint.port,
      )
      if (broker === undefined || !this.#ordinary.to(broker.id).adopt(connection, endpoint))
        void connection.close()
    })
    const destroy = () => connection.destroy(this.#closing.signal.reason)
    this.#closing.signal.addEventListener('abort', destroy, { once: true })
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return within(promise, { deadline: Number.POSITIVE_INFINITY, signal, late: () => undefined })
}
