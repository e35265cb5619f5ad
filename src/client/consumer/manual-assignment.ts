// Partitions that a consumer assigns itself. Those that do not exist (yet), or may not be read, are told to the loop
// once, and read as soon as they can be.

import { isKafkaError, KafkaError } from '../../errors.ts'
import type { Cluster } from '../cluster/types.ts'
import { backoffMs } from '../network/backoff.ts'
import { sleep } from '../network/wait.ts'
import { topicNameOf } from '../topic.ts'
import type { Assignment } from './assignment.ts'
import type { HandOut } from './hand-out.ts'
import type { Partition } from './partition.ts'
import type { ManualAssignment } from './types.ts'

export interface AssignByHandContext {
  readonly cluster: Cluster
  readonly assignment: Assignment
  readonly handOut: HandOut
  /** Aborts when the consumer closes. */
  readonly signal: AbortSignal
  readonly allowAutoCreateTopics: boolean
  /** How long a topic is waited for before the loop is told. */
  readonly topicTimeoutMs: number
  readonly onChange: () => void
}

/** Between two looks at a topic that may not be read: someone may have allowed it. */
const REFUSED_PAUSE_MS = 1_000
const REFUSED_PAUSE_MAX_MS = 60_000

export class AssignedByHand {
  readonly #context: AssignByHandContext

  constructor(partitions: readonly ManualAssignment[], context: AssignByHandContext) {
    this.#context = context
    for (const { topic, partition: number, offset } of partitions) {
      const partition = context.assignment.add({ topic: topicNameOf(topic), partition: number })
      partition.hold = undefined
      if (typeof offset === 'number') partition.startAt({ offset, leaderEpoch: -1 })
      else if (offset !== undefined) partition.reset(offset)
    }
  }

  /** Resolves when all topics were looked up, to the first error; those go on to be looked for. */
  async begin(): Promise<KafkaError | undefined> {
    const topics = [...new Set([...this.#context.assignment].map(({ topic }) => topic))]
    const failures = await Promise.all(topics.map((topic) => this.#find(topic)))
    return failures.find((failure) => failure !== undefined)
  }

  /** Of a topic that is known: has it all partitions that are to be read? */
  check(topic: string): KafkaError | undefined {
    const { assignment, cluster, handOut, onChange } = this.#context
    const count = cluster.metadata.topics.get(topic)?.partitions.length ?? 0
    if (count === 0) return undefined
    let failure: KafkaError | undefined
    for (const partition of assignment) {
      if (partition.topic !== topic) continue
      if (partition.partition >= count) {
        failure = noSuchPartition(partition, count)
        if (!isMissing(partition)) handOut.fail(partition, failure)
      } else if (isMissing(partition)) partition.tryAgain()
    }
    onChange()
    return failure
  }

  /** Partitions may have been added to topics. */
  readonly checkAll = (): void => {
    const missing = [...this.#context.assignment].filter(isMissing)
    for (const topic of new Set(missing.map(({ topic }) => topic))) this.check(topic)
  }

  async #find(topic: string): Promise<KafkaError | undefined> {
    const failure = await this.#look(topic)
    if (failure === undefined) return this.check(topic)
    this.#fail(topic, failure)
    if (failure.code !== 'INVALID_TOPIC_EXCEPTION') void this.#lookOn(topic, failure)
    return failure
  }

  async #lookOn(topic: string, first: KafkaError): Promise<void> {
    const { signal } = this.#context
    let failure: KafkaError | undefined = first
    try {
      for (let failures = 0; failure !== undefined; failures++) {
        // Others have been waited for already.
        if (failure.code === 'TOPIC_AUTHORIZATION_FAILED') {
          await sleep(backoffMs(REFUSED_PAUSE_MS, REFUSED_PAUSE_MAX_MS, failures), signal)
        }
        failure = await this.#look(topic)
      }
    } catch (error) {
      if (signal.aborted) return
      throw error
    }
    for (const partition of this.#context.assignment) if (partition.topic === topic) partition.tryAgain()
    this.check(topic)
  }

  async #look(topic: string): Promise<KafkaError | undefined> {
    const { allowAutoCreateTopics: allowAutoCreate, cluster, signal, topicTimeoutMs } = this.#context
    const deadline = performance.now() + topicTimeoutMs
    try {
      await cluster.topics([topic], { deadline, signal, allowAutoCreate })
      return undefined
    } catch (error) {
      if (signal.aborted || !isKafkaError(error)) throw error
      return error
    }
  }

  #fail(topic: string, failure: KafkaError): void {
    const { assignment, handOut } = this.#context
    for (const partition of assignment) if (partition.topic === topic) handOut.fail(partition, failure)
  }
}

function isMissing({ phase }: Partition): boolean {
  return phase.name === 'failed' && phase.error.code === 'UNKNOWN_PARTITION'
}

function noSuchPartition({ topic, partition }: Partition, count: number): KafkaError {
  const message = `Topic ${topic} has no partition ${partition}: it has ${count}, from 0 to ${count - 1}`
  return new KafkaError('UNKNOWN_PARTITION', message, { topic, partition })
}
