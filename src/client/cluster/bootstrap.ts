// The way into a cluster: the first of the bootstrap addresses that connects and tells of its brokers. A dead one is
// passed over at once, a silent one after a moment.

import { ConnectionError } from '../../errors.ts'
import type { LinkSettings } from '../network/broker-link.ts'
import type { Connection } from '../network/connection.ts'
import { allFailed } from '../network/connection-errors.ts'
import { firstToSucceed } from '../network/first-to-succeed.ts'
import { type Endpoint, HEAD_START_MS, labelOf, openConnection } from '../network/open-connection.ts'
import type { MetadataAnswer } from './metadata-store.ts'

export interface Bootstrapped {
  readonly endpoint: Endpoint
  readonly connection: Connection
  readonly answer: MetadataAnswer
}

export interface BootstrapOptions {
  readonly bootstrapServers: readonly Endpoint[]
  readonly settings: LinkSettings
  readonly signal: AbortSignal
  /** Asks for metadata on a connection. */
  readonly ask: (connection: Connection, signal: AbortSignal) => Promise<MetadataAnswer>
}

/** Rejects with one error that says what each address did. */
export async function bootstrap(options: BootstrapOptions): Promise<Bootstrapped> {
  const { bootstrapServers, settings, signal, ask } = options
  try {
    return await firstToSucceed({
      candidates: bootstrapServers,
      headStartMs: HEAD_START_MS,
      signal,
      discard: ({ connection }) => connection.destroy(undefined),
      attempt: async (endpoint, attemptSignal): Promise<Bootstrapped> => {
        const connection = await openConnection(endpoint, {
          settings,
          identity: { clusterId: null, nodeId: -1 },
          setupTimeoutMs: settings.socketConnectionSetupTimeoutMs,
          signal: attemptSignal,
          advertised: false,
        })
        try {
          const answer = await ask(connection, attemptSignal)
          if (answer.brokers.length === 0) throw noBrokers(endpoint)
          return { endpoint, connection, answer }
        } catch (error) {
          connection.destroy(error)
          throw error
        }
      },
    })
  } catch (error) {
    if (!(error instanceof AggregateError)) throw error
    throw allFailed(
      'none of the bootstrap servers could be used',
      bootstrapServers.map((each) => labelOf(each)),
      error.errors,
    )
  }
}

function noBrokers(endpoint: Endpoint): ConnectionError {
  const broker = labelOf(endpoint)
  const message = `${broker} knows of no brokers yet: is it still starting?`
  return new ConnectionError('CONNECTION_FAILED', message, { broker })
}
