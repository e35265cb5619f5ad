// Who is asked for metadata: a known broker, with others beside it when it is silent; the bootstrap servers before
// anything is known, and again when the known brokers have been gone for long (C10).

import { isKafkaError } from '../../errors.ts'
import { Metadata } from '../../protocol/api/index.ts'
import { brokerError } from '../../protocol/error-codes.ts'
import type { RequestOf } from '../../protocol/schema.ts'
import type { BrokerLink, LinkSettings } from '../network/broker-link.ts'
import type { Connection } from '../network/connection.ts'
import { allFailed } from '../network/connection-errors.ts'
import { firstToSucceed } from '../network/first-to-succeed.ts'
import type { Endpoint } from '../network/open-connection.ts'
import { bootstrap } from './bootstrap.ts'
import type { MetadataQuestion } from './metadata-refresher.ts'
import type { MetadataAnswer } from './metadata-store.ts'

/** How long a known broker may be silent before another is asked beside it, and how many are at most. */
const KNOWN_HEAD_START_MS = 1_000
const ASKED_AT_MOST = 4

export interface MetadataSourceOptions {
  readonly bootstrapServers: readonly Endpoint[]
  readonly settings: LinkSettings
  readonly rebootstrapTriggerMs: number
  readonly closing: AbortSignal
  /** Links to the known brokers, the best to ask first. Empty before the first answer. */
  readonly links: () => readonly BrokerLink[]
  /** The connection that a bootstrap was made on, with its answer taken: to be used further or closed. */
  readonly onBootstrapped: (connection: Connection, endpoint: Endpoint, answer: MetadataAnswer) => void
}

export class MetadataSource {
  readonly #options: MetadataSourceOptions
  /** Since when no known broker has answered. */
  #failingSince: number | undefined
  #mustBootstrap = true

  constructor(options: MetadataSourceOptions) {
    this.#options = options
  }

  /** The known brokers are not to be trusted any more: the next question goes to the bootstrap servers. */
  rebootstrap(): void {
    if (this.#mustBootstrap) return
    this.#mustBootstrap = true
    this.#options.settings.logger.warn('starting again from the bootstrap servers')
  }

  /** One attempt. */
  async ask(question: MetadataQuestion): Promise<MetadataAnswer> {
    const { links } = this.#options
    const known = this.#mustBootstrap ? [] : links()
    try {
      const answer = await (known.length === 0
        ? this.#askBootstrap(question)
        : this.#askKnown(question, known))
      if (answer.errorCode !== 0) throw brokerError(answer.errorCode, { api: Metadata.name, retriable: true })
      this.#failingSince = undefined
      return answer
    } catch (error) {
      const now = performance.now()
      this.#failingSince ??= now
      const isGone = now - this.#failingSince >= this.#options.rebootstrapTriggerMs
      if (isGone || isKafkaError(error, 'REBOOTSTRAP_REQUIRED')) this.rebootstrap()
      throw error
    }
  }

  async #askBootstrap(question: MetadataQuestion): Promise<MetadataAnswer> {
    const { bootstrapServers, settings, closing, onBootstrapped } = this.#options
    const { endpoint, connection, answer } = await bootstrap({
      bootstrapServers,
      settings,
      signal: closing,
      ask: async (connection, signal) =>
        (await connection.send(Metadata, bodyOf(question), { signal })).response,
    })
    this.#mustBootstrap = false
    onBootstrapped(connection, endpoint, answer)
    return answer
  }

  async #askKnown(question: MetadataQuestion, links: readonly BrokerLink[]): Promise<MetadataAnswer> {
    const asked = links.slice(0, ASKED_AT_MOST)
    try {
      return await firstToSucceed({
        candidates: asked,
        headStartMs: KNOWN_HEAD_START_MS,
        signal: this.#options.closing,
        discard: () => {},
        attempt: async (link, signal) => (await link.send(Metadata, bodyOf(question), { signal })).response,
      })
    } catch (error) {
      if (!(error instanceof AggregateError)) throw error
      throw allFailed(
        'no known broker answered',
        asked.map(({ nodeId }) => `broker ${nodeId}`),
        error.errors,
      )
    }
  }
}

function bodyOf({
  topics,
  allowAutoCreate,
}: MetadataQuestion): (version: number) => RequestOf<typeof Metadata> {
  return (version) => ({
    topics: topics?.map((name) => ({ name })) ?? null,
    // Before version 4 brokers create by their own setting.
    ...(version >= 4 && { allowAutoTopicCreation: allowAutoCreate }),
  })
}
