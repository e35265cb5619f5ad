// Which broker coordinates a group or a transactional id: found with FindCoordinator, several in one request where the
// broker takes them (KIP-699), and kept until someone says that it is not so any more.

import { FindCoordinator } from '../../protocol/api/index.ts'
import { brokerError, errorByName } from '../../protocol/error-codes.ts'
import type { ResponseOf } from '../../protocol/schema.ts'
import { unobserved } from '../network/wait.ts'
import type { Answer, Broker, RequestBody } from './types.ts'

export type CoordinatorType = 'group' | 'transaction'

export interface CoordinatorsOptions {
  readonly send: (body: RequestBody<typeof FindCoordinator>) => Promise<Answer<typeof FindCoordinator>>
  readonly onBroker: (broker: Broker) => void
}

const KEY_TYPES: { readonly [type in CoordinatorType]: number } = { group: 0, transaction: 1 }
const BATCHED_FROM_VERSION = 4
const COORDINATOR_NOT_AVAILABLE = errorByName('COORDINATOR_NOT_AVAILABLE').code

interface Search {
  readonly promise: Promise<number>
  resolve(nodeId: number): void
  reject(error: unknown): void
}

type Found = Pick<
  ResponseOf<typeof FindCoordinator>['coordinators'][number],
  'nodeId' | 'host' | 'port' | 'errorCode' | 'errorMessage'
>

export class Coordinators {
  readonly #options: CoordinatorsOptions
  readonly #known = { group: new Map<string, number>(), transaction: new Map<string, number>() }
  readonly #searching = { group: new Map<string, Search>(), transaction: new Map<string, Search>() }
  readonly #gathered: { readonly [type in CoordinatorType]: Set<string> } = {
    group: new Set(),
    transaction: new Set(),
  }

  constructor(options: CoordinatorsOptions) {
    this.#options = options
  }

  known(type: CoordinatorType, key: string): number | undefined {
    return this.#known[type].get(key)
  }

  /** One attempt, shared by all who ask meanwhile. Rejects with the broker's error, or why it was not reached. */
  find(type: CoordinatorType, key: string): Promise<number> {
    const known = this.#known[type].get(key)
    if (known !== undefined) return Promise.resolve(known)
    const searching = this.#searching[type].get(key)
    if (searching !== undefined) return searching.promise
    const search = newSearch()
    this.#searching[type].set(key, search)
    if (this.#gathered[type].size === 0) queueMicrotask(() => void this.#askGathered(type))
    this.#gathered[type].add(key)
    return search.promise
  }

  /** With a node, only if that is the one that is known. */
  forget(type: CoordinatorType, key: string, nodeId?: number): void {
    if (nodeId === undefined || this.#known[type].get(key) === nodeId) this.#known[type].delete(key)
  }

  /** Forgets all that a broker coordinates: it cannot be reached. */
  forgetNode(nodeId: number): void {
    for (const known of Object.values(this.#known)) {
      for (const [key, node] of known) if (node === nodeId) known.delete(key)
    }
  }

  async #askGathered(type: CoordinatorType): Promise<void> {
    const keys = [...this.#gathered[type]]
    this.#gathered[type].clear()
    try {
      const alone = await this.#ask(type, keys)
      await Promise.all(
        alone.map((key) => this.#ask(type, [key]).catch((error) => this.#fail(type, [key], error))),
      )
    } catch (error) {
      this.#fail(type, keys, error)
    }
  }

  /** Returns the keys that the broker's version had no room for. */
  async #ask(type: CoordinatorType, keys: readonly string[]): Promise<readonly string[]> {
    const keyType = KEY_TYPES[type]
    const { response, version } = await this.#options.send((version) =>
      version >= BATCHED_FROM_VERSION ? { keyType, coordinatorKeys: keys } : { keyType, key: keys[0]! },
    )
    if (version < BATCHED_FROM_VERSION) {
      this.#settle(type, keys[0]!, response)
      return keys.slice(1)
    }
    const found = new Map(response.coordinators.map((each) => [each.key, each]))
    for (const key of keys) this.#settle(type, key, found.get(key))
    return []
  }

  #settle(type: CoordinatorType, key: string, found: Found | undefined): void {
    const errorCode = found === undefined ? COORDINATOR_NOT_AVAILABLE : found.errorCode
    if (found === undefined || errorCode !== 0) {
      const context = { api: FindCoordinator.name, ...(type === 'group' && { groupId: key }) }
      this.#fail(type, [key], brokerError(errorCode, context, found?.errorMessage))
      return
    }
    const { nodeId, host, port } = found
    this.#options.onBroker({ id: nodeId, host, port, rack: null })
    this.#known[type].set(key, nodeId)
    this.#take(type, key)?.resolve(nodeId)
  }

  #fail(type: CoordinatorType, keys: readonly string[], error: unknown): void {
    for (const key of keys) this.#take(type, key)?.reject(error)
  }

  #take(type: CoordinatorType, key: string): Search | undefined {
    const search = this.#searching[type].get(key)
    this.#searching[type].delete(key)
    return search
  }
}

function newSearch(): Search {
  let resolve!: (nodeId: number) => void
  let reject!: (error: unknown) => void
  const promise = new Promise<number>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise: unobserved(promise), resolve, reject }
}
