// What a consumer subscribes to: names, topics with their serdes, and RegExps matched here against the cluster's topics.
// Patterns that the broker matches are the membership's matter.

import { isKafkaError, type KafkaError } from '../../errors.ts'
import type { Cluster, ClusterMetadata } from '../cluster/types.ts'
import type { Logger } from '../logger.ts'
import { isTopic, type TopicName, topicNameOf } from '../topic.ts'
import type { Deserializers } from './assignment.ts'
import type { TopicInput, TopicPattern } from './types.ts'

export interface SubscriptionContext {
  readonly cluster: Cluster
  readonly logger: Logger
  readonly topics: readonly TopicInput[]
  readonly allowAutoCreateTopics: boolean
  /** How often patterns are matched against all topics again. */
  readonly metadataMaxAgeMs: number
  /** How long a topic that does not exist is waited for, before the loop is told. */
  readonly topicTimeoutMs: number
  readonly retryBackoffMs: number
  /** The names subscribed to have changed. */
  readonly onChange: (names: readonly string[]) => void
  /** A topic cannot be read; the others can. */
  readonly onProblem: (error: KafkaError) => void
}

export class Subscription {
  readonly #context: SubscriptionContext
  readonly #patterns: readonly RegExp[]
  readonly #named: ReadonlySet<string>
  #matched: ReadonlySet<string> = new Set()
  readonly #abort = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #stopListening: (() => void) | undefined

  constructor(context: SubscriptionContext) {
    this.#context = context
    this.#patterns = context.topics.flatMap((input) => (input instanceof RegExp ? stateless(input) : []))
    this.#named = new Set(namedIn(context.topics).map(topicNameOf))
  }

  get names(): readonly string[] {
    return [...new Set([...this.#named, ...this.#matched])].sort()
  }

  /**
   * Resolves when the names are known. A named topic that does not exist (yet) is waited for meanwhile, and reported
   * when it does not appear.
   */
  async start(options: {
    readonly deadline: number
    readonly signal?: AbortSignal | undefined
  }): Promise<void> {
    const { cluster } = this.#context
    for (const name of this.#named) void this.#await(name)
    if (this.#patterns.length === 0) return
    await this.#matchAll(options)
    this.#stopListening ??= cluster.onMetadata((metadata) => this.#match(metadata, false))
    this.#matchLater(this.#context.metadataMaxAgeMs)
  }

  stop(): void {
    this.#abort.abort()
    clearTimeout(this.#timer)
    this.#stopListening?.()
  }

  // ---- named topics

  async #await(name: string): Promise<void> {
    const { allowAutoCreateTopics, cluster, onProblem, topicTimeoutMs } = this.#context
    try {
      await cluster.topics([name], {
        deadline: performance.now() + topicTimeoutMs,
        allowAutoCreate: allowAutoCreateTopics,
        signal: this.#abort.signal,
      })
    } catch (error) {
      if (!this.#abort.signal.aborted && isKafkaError(error)) onProblem(error)
    }
  }

  // ---- patterns

  async #matchAll(options: {
    readonly deadline: number
    readonly signal?: AbortSignal | undefined
  }): Promise<void> {
    const { deadline, signal } = options
    this.#match(await this.#context.cluster.allTopics({ deadline, ...(signal && { signal }) }), true)
  }

  #matchLater(delayMs: number): void {
    if (this.#abort.signal.aborted) return
    this.#timer = setTimeout(async () => {
      const { logger, metadataMaxAgeMs, retryBackoffMs, topicTimeoutMs } = this.#context
      try {
        await this.#matchAll({ deadline: performance.now() + topicTimeoutMs, signal: this.#abort.signal })
        this.#matchLater(metadataMaxAgeMs)
      } catch (error) {
        if (this.#abort.signal.aborted) return
        logger.warn(`the topics of the subscription's patterns could not be looked up: ${String(error)}`)
        this.#matchLater(retryBackoffMs)
      }
    }, delayMs)
  }

  /** A snapshot that has all topics replaces what was matched; another one can only add to it. */
  #match({ topics }: ClusterMetadata, hasAll: boolean): void {
    if (this.#abort.signal.aborted) return
    const matched = new Set(hasAll ? [] : this.#matched)
    for (const { name, isInternal, errorCode } of topics.values()) {
      if (!isInternal && errorCode === 0 && this.#patterns.some((pattern) => pattern.test(name)))
        matched.add(name)
    }
    if (matched.size === this.#matched.size && [...matched].every((name) => this.#matched.has(name))) return
    this.#matched = matched
    this.#context.onChange(this.names)
  }
}

/** What is given as a topic, not as topics to look for. */
export function namedIn(inputs: readonly TopicInput[]): readonly TopicName[] {
  return inputs.flatMap((input) => (input instanceof RegExp || isPattern(input) ? [] : input))
}

/** What the broker is to match whole names against, in RE2 syntax; null: nothing. */
export function patternOf(inputs: readonly TopicInput[]): string | null {
  const patterns = inputs.filter(isPattern).map(({ pattern }) => pattern)
  if (patterns.length < 2) return patterns[0] ?? null
  return patterns.map((pattern) => `(?:${pattern})`).join('|')
}

function isPattern(input: TopicInput): input is TopicPattern {
  return typeof input === 'object' && 'pattern' in input
}

/** The deserializers of each topic: its own where it is a `topic(...)`, else the consumer's. */
export function deserializersOf(
  inputs: readonly TopicInput[],
  fallback: Deserializers,
): (topic: string) => Deserializers {
  const own = new Map<string, Deserializers>()
  for (const input of inputs) if (isTopic(input)) own.set(input.name, { key: input.key, value: input.value })
  return (topic) => own.get(topic) ?? fallback
}

/** Without the flags that make `test` remember where it was. */
function stateless(pattern: RegExp): RegExp {
  return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''))
}
