// The topics of a group as its leader knows them: how many partitions each has, on which racks, whether it exists at
// all, and when that changes (G10).

import { Metadata } from '../../../protocol/api/index.ts'
import { errorByName } from '../../../protocol/error-codes.ts'
import { ZERO_UUID } from '../../../protocol/schema.ts'
import type { Cluster, ClusterMetadata } from '../../cluster/types.ts'
import type { Logger } from '../../logger.ts'
import { maintenanceAfter, unobserved } from '../../network/wait.ts'

/** How often topics that may not exist are looked for: nobody tells of them. */
const LOOK_INTERVAL_MS = 5_000
const UNKNOWN_TOPIC_OR_PARTITION = errorByName('UNKNOWN_TOPIC_OR_PARTITION').code
const TOPIC_AUTHORIZATION_FAILED = errorByName('TOPIC_AUTHORIZATION_FAILED').code

export interface WatchedTopicsContext {
  readonly cluster: Cluster
  readonly groupId: string
  readonly logger: Logger
  /** Something is not as it was when it was looked up. */
  readonly onChange: (reason: string) => void
}

/** A topic as it was seen when its partitions were assigned. */
export interface Sighting {
  /** Undefined where the broker is too old to tell. */
  readonly id: string | undefined
  /** The id that the cluster's snapshot still had for its name. */
  readonly former: string | undefined
  /** 0: there is no such topic, or its partitions may not be known. */
  readonly count: number
  readonly errorCode: number
  /** By partition, sorted: the racks of its replicas, as far as they are known. */
  readonly racks: readonly (readonly string[])[]
}

export type AskOptions = { readonly timeoutMs: number; readonly signal: AbortSignal }

export class WatchedTopics {
  readonly #context: WatchedTopicsContext
  #watched = new Map<string, Sighting>()
  #areRacksWatched = false
  /** Topics of which it is not known whether they exist. */
  readonly #doubtful = new Set<string>()
  #stopWatching = () => {}
  #cancelLook = () => {}

  constructor(context: WatchedTopicsContext) {
    this.#context = context
  }

  /** Tells of changes from now on, until stopped. */
  watch(
    seen: ReadonlyMap<string, Sighting>,
    options: { readonly areRacksUsed: boolean; readonly signal: AbortSignal; readonly timeoutMs: number },
  ): void {
    const { cluster } = this.#context
    this.stop()
    this.#watched = new Map(seen)
    this.#areRacksWatched = options.areRacksUsed
    // Makes the cluster keep them fresh. Nothing is to be waited for: whether they exist is known already.
    const existing = [...seen].filter(([, { count }]) => count > 0)
    const isNews = existing.some(([topic, { id, count }]) => {
      const known = cluster.metadata.topics.get(topic)
      return known?.partitions.length !== count || known.id !== id
    })
    const names = existing.map(([topic]) => topic)
    unobserved(cluster.topics(names, { deadline: performance.now() + 60_000, signal: options.signal }))
    if (isNews) unobserved(cluster.refresh({ signal: options.signal }))
    this.#stopWatching = cluster.onMetadata((metadata) => this.#compare(metadata, options))
    const missing = [...seen].filter(([, { count }]) => count === 0)
    this.#tellMissing(missing)
    for (const [topic] of missing) this.#doubt(topic, options)
    // The snapshot may have been replaced between the answer and the watch.
    this.#compare(cluster.metadata, options)
  }

  stop(): void {
    this.#stopWatching()
    this.#stopWatching = () => {}
    this.#cancelLook()
    this.#watched = new Map()
    this.#doubtful.clear()
  }

  #tellMissing(missing: readonly (readonly [topic: string, Sighting])[]): void {
    const { groupId, logger } = this.#context
    const isRefused = ({ errorCode }: Sighting) => errorCode === TOPIC_AUTHORIZATION_FAILED
    const refused = missing.filter(([, sighting]) => isRefused(sighting)).map(([topic]) => topic)
    const unknown = missing.filter(([, sighting]) => !isRefused(sighting)).map(([topic]) => topic)
    if (refused.length > 0) {
      const message =
        `this member leads the group and may not describe ${refused.join(', ')} ` +
        '(TOPIC_AUTHORIZATION_FAILED): nobody is given any partitions of that. Grant it DESCRIBE on the topic'
      logger.warn(message, { groupId, topics: refused })
    }
    if (unknown.length > 0) {
      const message = `no partitions are known of ${unknown.join(', ')}: nobody is given any`
      logger.warn(message, { groupId, topics: unknown })
    }
  }

  /** Fewer partitions, or none, is what a broker says that is behind, too, unless the topic is another. */
  #compare(metadata: ClusterMetadata, options: AskOptions): void {
    for (const [topic, sighting] of this.#watched) {
      const { id, former, count } = sighting
      const known = metadata.topics.get(topic)
      if (known?.errorCode === UNKNOWN_TOPIC_OR_PARTITION && count > 0) this.#doubt(topic, options)
      if (known === undefined || known.errorCode !== 0) continue
      if (former !== undefined && known.id === former) continue
      const now = known.partitions.length
      const isAnew = known.id !== undefined && known.id !== id
      if (isAnew || now > count) {
        const racks = known.partitions.map(({ replicas }) => racksIn(metadata, replicas).known)
        this.#watched.set(topic, { id: known.id, former: id, count: now, errorCode: 0, racks })
      }
      if (now !== count && (now > count || isAnew)) {
        return this.#context.onChange(`topic ${topic} has ${now} partitions, where ${count} were assigned`)
      }
      if (this.#areRacksWatched && this.#haveRacksChanged(topic, sighting, metadata)) {
        return this.#context.onChange(`replicas of topic ${topic} are on other racks`)
      }
    }
  }

  /** Replicas on brokers that are away now are where they were. */
  #haveRacksChanged(topic: string, sighting: Sighting, metadata: ClusterMetadata): boolean {
    const { partitions } = metadata.topics.get(topic)!
    const changed = sighting.racks.some((before, partition) => {
      const replicas = partitions[partition]?.replicas
      if (replicas === undefined) return false
      const { known, areAllKnown } = racksIn(metadata, replicas)
      return areAllKnown && known.join() !== before.join()
    })
    if (!changed) return false
    const racks = partitions.map(({ replicas }) => racksIn(metadata, replicas).known)
    this.#watched.set(topic, { ...sighting, racks })
    return true
  }

  /** Whether there is such a topic is asked after a while, and again until it is known. */
  #doubt(topic: string, options: AskOptions): void {
    this.#doubtful.add(topic)
    if (this.#doubtful.size === 1) this.#lookLater(options)
  }

  #lookLater(options: AskOptions): void {
    this.#cancelLook = maintenanceAfter(LOOK_INTERVAL_MS, () => void this.#look(options))
  }

  async #look(options: AskOptions): Promise<void> {
    const { onChange } = this.#context
    const watched = this.#watched
    const seen = await lookUpTopics(this.#context.cluster, [...this.#doubtful], options).catch(
      () => new Map<string, Sighting>(),
    )
    if (this.#watched !== watched || options.signal.aborted) return
    for (const [topic, { count, errorCode }] of seen) {
      const assigned = watched.get(topic)?.count ?? 0
      const isGone = errorCode === UNKNOWN_TOPIC_OR_PARTITION && count === 0
      if (assigned === 0 && count > 0) return onChange(`topic ${topic} has appeared`)
      if (assigned > 0 && isGone) return onChange(`topic ${topic} was deleted`)
      if (assigned > 0 && errorCode === 0) this.#doubtful.delete(topic)
    }
    if (this.#doubtful.size > 0) this.#lookLater(options)
  }
}

/** Asked afresh, and of topics that do not exist told by their absence: nobody waits for those. */
export async function lookUpTopics(
  cluster: Cluster,
  topics: readonly string[],
  { timeoutMs, signal }: AskOptions,
): Promise<ReadonlyMap<string, Sighting>> {
  const { response } = await cluster.send(
    Metadata,
    (version) => ({
      topics: topics.map((name) => ({ name })),
      ...(version >= 4 && { allowAutoTopicCreation: false }),
    }),
    { to: 'any', timeoutMs, signal },
  )
  const rackOf = new Map(response.brokers.map(({ nodeId, rack }) => [nodeId, rack]))
  const seen = new Map<string, Sighting>()
  for (const topic of topics) {
    const answered = response.topics.find(({ name }) => name === topic)
    const known = cluster.metadata.topics.get(topic)
    const { errorCode = UNKNOWN_TOPIC_OR_PARTITION, partitions = [] } = answered ?? {}
    const id = errorCode === 0 && answered?.topicId !== ZERO_UUID ? answered?.topicId : known?.id
    // The broker asked may be behind those that this cluster's snapshot came from; a topic made anew is another.
    const fromSnapshot = known?.id === id ? (known?.partitions.length ?? 0) : 0
    const former = known?.id === id ? undefined : known?.id
    const count = Math.max(partitions.length, fromSnapshot)
    const racks: string[][] = Array.from({ length: count }, () => [])
    for (const { partitionIndex, replicaNodes } of partitions) {
      if (partitionIndex < count) racks[partitionIndex] = racksOf(replicaNodes, (id) => rackOf.get(id)).known
    }
    seen.set(topic, { id, former, count, errorCode, racks })
  }
  return seen
}

/** `areAllKnown`: every replica's broker is in the metadata, with a rack or without. */
function racksOf(
  replicas: readonly number[],
  rackOf: (nodeId: number) => string | null | undefined,
): { readonly known: string[]; readonly areAllKnown: boolean } {
  const racks = replicas.map(rackOf)
  const known = [...new Set(racks.flatMap((rack) => rack ?? []))].sort()
  return { known, areAllKnown: racks.every((rack) => rack !== undefined) }
}

function racksIn({ brokers }: ClusterMetadata, replicas: readonly number[]) {
  return racksOf(replicas, (nodeId) => brokers.get(nodeId)?.rack)
}
