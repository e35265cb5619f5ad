// Connections of one purpose, one a broker, so that what waits on a broker is not waited for by others (C12).

import { KafkaError } from '../../errors.ts'
import { BrokerLink, type LinkOptions } from './broker-link.ts'

export class ConnectionLane {
  readonly name: string
  readonly #linkOptions: (nodeId: number) => LinkOptions
  readonly #onClosed: (lane: ConnectionLane) => void
  readonly #links = new Map<number, BrokerLink>()
  #closing: Promise<void> | undefined

  constructor(
    name: string,
    linkOptions: (nodeId: number) => LinkOptions,
    onClosed: (lane: ConnectionLane) => void = () => {},
  ) {
    this.name = name
    this.#linkOptions = linkOptions
    this.#onClosed = onClosed
  }

  /** The link to a broker, made on first use. Throws CLOSED after close. */
  to(nodeId: number): BrokerLink {
    if (this.#closing !== undefined) {
      throw new KafkaError('CLOSED', `the connections for ${this.name} are closed`)
    }
    let link = this.#links.get(nodeId)
    if (link === undefined) {
      link = new BrokerLink(this.#linkOptions(nodeId))
      this.#links.set(nodeId, link)
    }
    return link
  }

  /** The link to a broker, if it was ever used. */
  existing(nodeId: number): BrokerLink | undefined {
    return this.#links.get(nodeId)
  }

  /** Forgets unused links to brokers that are no more. */
  keepOnly(nodeIds: ReadonlyMap<number, unknown>): void {
    for (const [nodeId, link] of this.#links) {
      if (!nodeIds.has(nodeId) && link.isUnused) this.#links.delete(nodeId)
    }
  }

  /** Ends its connections in order (C9); called again it is the same promise. */
  close(options: { readonly timeoutMs?: number | undefined } = {}): Promise<void> {
    this.#closing ??= Promise.all([...this.#links.values()].map((link) => link.close(options))).then(() => {
      this.#links.clear()
      this.#onClosed(this)
    })
    return this.#closing
  }
}
