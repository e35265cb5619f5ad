// The cluster as one client sees it: the same connections and metadata, with the client's own `requestTimeoutMs` and
// retry backoff as defaults.

import type { Api } from '../../protocol/schema.ts'
import type { Answer, Cluster, RequestBody, SendOptions } from './types.ts'

export interface ClientDefaults {
  readonly requestTimeoutMs: number
  readonly retryBackoffMs: number
  readonly retryBackoffMaxMs: number
}

/** Closing the view closes the cluster: it belongs to whoever made it. */
export function clientView(cluster: Cluster, defaults: ClientDefaults): Cluster {
  const { requestTimeoutMs, retryBackoffMs, retryBackoffMaxMs } = defaults
  const timed = (options: SendOptions): SendOptions => ({
    ...options,
    timeoutMs: options.timeoutMs ?? requestTimeoutMs,
  })
  return {
    get metadata() {
      return cluster.metadata
    },
    topics: (names, options) => cluster.topics(names, options),
    allTopics: (options) => cluster.allTopics(options),
    refresh: (options) => cluster.refresh(options),
    onMetadata: (listener) => cluster.onMetadata(listener),
    learnLeader: (topic, partition, leader, endpoints) =>
      cluster.learnLeader(topic, partition, leader, endpoints),
    send: <A extends Api>(api: A, body: RequestBody<A>, options: SendOptions): Promise<Answer<A>> =>
      cluster.send(api, body, timed(options)),
    sendWithoutAnswer: (api, body, options) => cluster.sendWithoutAnswer(api, body, timed(options)),
    coordinator: (type, key, options) => cluster.coordinator(type, key, options),
    forgetCoordinator: (type, key) => cluster.forgetCoordinator(type, key),
    retry: (options, attempt) => cluster.retry({ retryBackoffMs, retryBackoffMaxMs, ...options }, attempt),
    openLane: (name) => cluster.openLane(name),
    get closing() {
      return cluster.closing
    },
    close: (options) => cluster.close(options),
  }
}
